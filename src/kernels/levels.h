/* SPDX-License-Identifier: MIT */
/* What each file of each level offers: a function that puts its kernels into a table. A new
 * level adds its functions here, a row in kernels.c and a row in meson.build; nothing above
 * this room hears of it. */
#ifndef PWI_KERNELS_LEVELS_H
#define PWI_KERNELS_LEVELS_H

#include "kernels/kernels.h"

/* Put a product where `first` and the precisions below it are asked for: what comes later for a
 * lower precision overwrites its places. */
void pwi_products_put(pwi_kernels *kernels, pw_precision first, const pwi_product *product);

void pwi_kernels_ref_activation(pwi_kernels *kernels);
void pwi_kernels_ref_add(pwi_kernels *kernels);
void pwi_kernels_ref_attention(pwi_kernels *kernels);
void pwi_kernels_ref_gemm(pwi_kernels *kernels);
void pwi_kernels_ref_integers(pwi_kernels *kernels);
void pwi_kernels_ref_layer_norm(pwi_kernels *kernels);
void pwi_kernels_ref_widen(pwi_kernels *kernels);

void pwi_kernels_avx2_activation(pwi_kernels *kernels);
void pwi_kernels_avx2_add(pwi_kernels *kernels);
void pwi_kernels_avx2_attention(pwi_kernels *kernels);
void pwi_kernels_avx2_gemm(pwi_kernels *kernels);
void pwi_kernels_avx2_layer_norm(pwi_kernels *kernels);
void pwi_kernels_avx2_widen(pwi_kernels *kernels);

#endif

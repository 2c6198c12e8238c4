/* SPDX-License-Identifier: MIT */
/* What each file of each level offers: a function that puts its kernels into a table. A new
 * level adds its functions here, a row in kernels.c and a row in meson.build; nothing above
 * this room hears of it. */
#ifndef PWI_KERNELS_LEVELS_H
#define PWI_KERNELS_LEVELS_H

#include "kernels/kernels.h"

/* Levels above avx2 are built twice: natively for the library, and emulated with AVX2 alone for
 * checkkern (docs/kernels.md). Their functions with external names are named through this. */
#ifdef PWI_EMULATED
#define PWI_FILL(name) pwi_kernels_emulated_##name
#else
#define PWI_FILL(name) pwi_kernels_##name
#endif

/* Put a product where `first` and the precisions below it are asked for: what comes later for a
 * lower precision overwrites its places. */
void pwi_products_put(pwi_kernels *kernels, pw_precision first, const pwi_product *product);

void pwi_kernels_ref_activation(pwi_kernels *kernels);
void pwi_kernels_ref_add(pwi_kernels *kernels);
void pwi_kernels_ref_attention(pwi_kernels *kernels);
void pwi_kernels_ref_gemm(pwi_kernels *kernels);
void pwi_kernels_ref_integers(pwi_kernels *kernels);
void pwi_kernels_ref_layer_norm(pwi_kernels *kernels);
void pwi_kernels_ref_peak(pwi_kernels *kernels);
void pwi_kernels_ref_widen(pwi_kernels *kernels);

void pwi_kernels_avx2_activation(pwi_kernels *kernels);
void pwi_kernels_avx2_add(pwi_kernels *kernels);
void pwi_kernels_avx2_attention(pwi_kernels *kernels);
void pwi_kernels_avx2_gemm(pwi_kernels *kernels);
void pwi_kernels_avx2_gemm_i16(pwi_kernels *kernels);
void pwi_kernels_avx2_integers(pwi_kernels *kernels);
void pwi_kernels_avx2_layer_norm(pwi_kernels *kernels);
void pwi_kernels_avx2_peak(pwi_kernels *kernels, unsigned features);
void pwi_kernels_avx2_widen(pwi_kernels *kernels);
void pwi_kernels_avxvnni_gemm_i16(pwi_kernels *kernels);

/* Everything of the level, by level_avx512.c. */
void PWI_FILL(avx512)(pwi_kernels *kernels, unsigned features);
void PWI_FILL(avx512_activation)(pwi_kernels *kernels);
void PWI_FILL(avx512_add)(pwi_kernels *kernels);
void PWI_FILL(avx512_attention)(pwi_kernels *kernels);
void PWI_FILL(avx512_gemm)(pwi_kernels *kernels);
void PWI_FILL(avx512_gemm_i16)(pwi_kernels *kernels);
void PWI_FILL(avx512_gemm_u8)(pwi_kernels *kernels);
void PWI_FILL(avx512vnni_gemm_i16)(pwi_kernels *kernels);
void PWI_FILL(avx512vnni_gemm_u8)(pwi_kernels *kernels);
void PWI_FILL(avx512_integers)(pwi_kernels *kernels);
void PWI_FILL(avx512_layer_norm)(pwi_kernels *kernels);
void PWI_FILL(avx512_widen)(pwi_kernels *kernels);
void PWI_FILL(avx512_peak)(pwi_kernels *kernels, unsigned features);

/* Everything that the amx level has beyond avx512bf16, by level_amx.c. */
void PWI_FILL(amx)(pwi_kernels *kernels, unsigned features);
void PWI_FILL(amx_gemm_bf16)(pwi_kernels *kernels);
void PWI_FILL(amx_gemm_u8)(pwi_kernels *kernels);

#endif

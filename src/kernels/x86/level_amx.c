/* SPDX-License-Identifier: MIT */
/* The amx level: products in tiles; everything else is avx512's. One text for the native build,
 * which kernels.c calls, and for the emulated one, which checkkern does. */
#include "kernels/levels.h"

void PWI_FILL(amx)(pwi_kernels *kernels, unsigned features)
{
    (void)features;
    PWI_FILL(amx_gemm_bf16)(kernels);
    PWI_FILL(amx_gemm_u8)(kernels);
}

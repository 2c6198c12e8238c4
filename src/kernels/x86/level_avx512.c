/* SPDX-License-Identifier: MIT */
/* The avx512 level: every file's kernels into a table. One text for the native build, which
 * kernels.c calls, and for the emulated one, which checkkern does. */
#include "kernels/levels.h"

void PWI_FILL(avx512)(pwi_kernels *kernels, unsigned features)
{
    PWI_FILL(avx512_activation)(kernels);
    PWI_FILL(avx512_add)(kernels);
    PWI_FILL(avx512_attention)(kernels);
    PWI_FILL(avx512_gemm)(kernels);
    PWI_FILL(avx512_gemm_i16)(kernels);
    PWI_FILL(avx512_gemm_u8)(kernels);
    if (features & PWI_CPU_AVX512_VNNI) {
        PWI_FILL(avx512vnni_gemm_i16)(kernels);
        PWI_FILL(avx512vnni_gemm_u8)(kernels);
    }
    PWI_FILL(avx512_integers)(kernels);
    PWI_FILL(avx512_layer_norm)(kernels);
    PWI_FILL(avx512_widen)(kernels);
    PWI_FILL(avx512_peak)(kernels, features);
}

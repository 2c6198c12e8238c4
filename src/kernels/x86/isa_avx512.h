/* SPDX-License-Identifier: MIT */
/* The instructions of the avx512 level, for its files alone: the compiler's own, or in an
 * emulated build (PWI_EMULATED: checkkern, on machines with AVX2) SIMDe's and, where SIMDe has
 * none, loops in C. Both give the same bits; no file above avx2 includes immintrin.h itself. */
#ifndef PWI_KERNELS_X86_ISA_AVX512_H
#define PWI_KERNELS_X86_ISA_AVX512_H

#ifdef PWI_EMULATED
#include "kernels/x86/isa_avx512_emulated.inc"
#else
#include <immintrin.h>
#endif

#endif

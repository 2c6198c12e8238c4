/* SPDX-License-Identifier: MIT */
/* Fills the kernel table: every reference first, then each level that build and machine have,
 * lowest first, overwrites what it has (dav1d's and libwebp's way). */
#include "kernels/kernels.h"

#include "base/cpu.h"
#include "kernels/levels.h"

static void fill_ref(pwi_kernels *kernels, unsigned features)
{
    (void)features;
    pwi_kernels_ref_activation(kernels);
    pwi_kernels_ref_add(kernels);
    pwi_kernels_ref_attention(kernels);
    pwi_kernels_ref_gemm(kernels);
    pwi_kernels_ref_integers(kernels);
    pwi_kernels_ref_layer_norm(kernels);
    pwi_kernels_ref_peak(kernels);
    pwi_kernels_ref_widen(kernels);
}

#ifdef PWI_HAVE_AVX2
static void fill_avx2(pwi_kernels *kernels, unsigned features)
{
    pwi_kernels_avx2_activation(kernels);
    pwi_kernels_avx2_add(kernels);
    pwi_kernels_avx2_attention(kernels);
    pwi_kernels_avx2_gemm(kernels);
    pwi_kernels_avx2_gemm_i16(kernels);
    pwi_kernels_avx2_integers(kernels);
    pwi_kernels_avx2_layer_norm(kernels);
    pwi_kernels_avx2_peak(kernels, features);
    pwi_kernels_avx2_widen(kernels);
    if (features & PWI_CPU_AVX_VNNI)
        pwi_kernels_avxvnni_gemm_i16(kernels);
}
#endif

static const struct {
    pw_level level;
    void (*fill)(pwi_kernels *kernels, unsigned features);
} levels[] = {
    {PW_LEVEL_REF, fill_ref},
#ifdef PWI_HAVE_AVX2
    {PW_LEVEL_AVX2, fill_avx2},
#endif
#ifdef PWI_HAVE_AVX512
    {PW_LEVEL_AVX512, pwi_kernels_avx512},
#endif
#ifdef PWI_HAVE_AMX
    {PW_LEVEL_AMX, pwi_kernels_amx},
#endif
};

#define N_LEVELS (sizeof(levels) / sizeof(*levels))

void pwi_kernels_select(pwi_kernels *kernels, pw_level max, unsigned features)
{
    const pw_level machine = pwi_cpu_level();
    const pw_level limit = max < machine ? max : machine;

    for (size_t i = 0; i < N_LEVELS; i++)
        if (levels[i].level <= limit)
            levels[i].fill(kernels, features & pwi_cpu_features());
    for (size_t i = 0; i < PW_N_PRECISIONS; i++)
        PW_ASSERT(kernels->products[i].gemm != NULL && kernels->products[i].nr % 8 == 0 &&
                  kernels->products[i].nr <= PWI_NR_MAX);
#define PW_KERNEL(name, ret, args, tolerance) PW_ASSERT(kernels->name != NULL);
#include "kernels/kernels.def"
#undef PW_KERNEL
}

bool pw_level_built(pw_level level)
{
    for (size_t i = 0; i < N_LEVELS; i++)
        if (levels[i].level == level)
            return true;
    return false;
}

const char *const pwi_kernel_names[] = {
#define PW_KERNEL(name, ret, args, tolerance) #name,
#include "kernels/kernels.def"
#undef PW_KERNEL
};
const size_t pwi_n_kernels = sizeof(pwi_kernel_names) / sizeof(*pwi_kernel_names);

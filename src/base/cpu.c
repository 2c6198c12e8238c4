/* SPDX-License-Identifier: MIT */
/* Level detection by cpuid, XCR0 and, for AMX, arch_prctl. Other architectures have `ref` only,
 * for now. */
#define _GNU_SOURCE
#include "base/cpu.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA  18

struct features {
    uint32_t ecx_1, ebx_7, ecx_7, edx_7, eax_7_1;
    uint64_t xcr0;
};

static uint64_t read_xcr0(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static struct features read_features(void)
{
    struct features f = {0, 0, 0, 0, 0, 0};
    uint32_t a, b, c, d;

    if (__get_cpuid(1, &a, &b, &c, &d))
        f.ecx_1 = c;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        const uint32_t last_subleaf = a;

        f.ebx_7 = b;
        f.ecx_7 = c;
        f.edx_7 = d;
        if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
            f.eax_7_1 = a;
    }
    if (f.ecx_1 & bit_OSXSAVE)
        f.xcr0 = read_xcr0();
    return f;
}

static bool has(uint64_t word, uint64_t bits)
{
    return (word & bits) == bits;
}

static bool may_use_amx(const struct features *f)
{
    const uint32_t tile_bf16_int8 = 1u << 24 | 1u << 22 | 1u << 25;

    return has(f->edx_7, tile_bf16_int8) && has(f->xcr0, 3u << 17) &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

pw_level pwi_cpu_level(void)
{
    const struct features f = read_features();
    const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F DQ BW VL */
    const uint32_t fma_f16c = bit_FMA | bit_F16C | bit_AVX;

    if (!has(f.ecx_1, fma_f16c) || !has(f.ebx_7, bit_AVX2) || !has(f.xcr0, 0x6))
        return PW_LEVEL_REF;
    if (!has(f.ebx_7, avx512) || !has(f.xcr0, 0xE6))
        return PW_LEVEL_AVX2;
    if (!has(f.eax_7_1, 1u << 5))
        return PW_LEVEL_AVX512;
    return may_use_amx(&f) ? PW_LEVEL_AMX : PW_LEVEL_AVX512BF16;
}

unsigned pwi_cpu_features(void)
{
    const struct features f = read_features();

    return (has(f.eax_7_1, 1u << 4) ? PWI_CPU_AVX_VNNI : 0) |
           (has(f.ecx_7, 1u << 11) ? PWI_CPU_AVX512_VNNI : 0);
}

#else

pw_level pwi_cpu_level(void)
{
    return PW_LEVEL_REF;
}

unsigned pwi_cpu_features(void)
{
    return 0;
}

#endif

static const char *const level_names[] = {"ref", "avx2", "avx512", "avx512bf16", "amx"};

const char *pw_level_name(pw_level level)
{
    return (unsigned)level <= PW_LEVEL_HIGHEST ? level_names[level] : "?";
}

int32_t pw_level_from_name(const char *name)
{
    for (int32_t i = 0; i <= PW_LEVEL_HIGHEST; i++)
        if (strcmp(level_names[i], name) == 0)
            return i;
    return -1;
}

bool pw_level_available(pw_level level)
{
    return level <= pwi_cpu_level();
}

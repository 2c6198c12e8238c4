/* SPDX-License-Identifier: MIT */
/* Tables of the emulated builds: the library's up to avx2, then the emulated fillers of the
 * levels above. Built with PWI_EMULATED, so levels.h names those. */
#include "checkkern.h"
#include "kernels/levels.h"

bool check_fill_emulated(const struct check_table *table, pwi_kernels *kernels)
{
    if (!pw_level_available(PW_LEVEL_AVX2))
        return false;
    pwi_kernels_select(kernels, PW_LEVEL_AVX2, 0);
    if (table->level >= PW_LEVEL_AVX512)
        PWI_FILL(avx512)(kernels, table->features);
    if (table->level >= PW_LEVEL_AMX)
        PWI_FILL(amx)(kernels, table->features);
    return true;
}

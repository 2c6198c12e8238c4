/* SPDX-License-Identifier: MIT */
/* Peaks of one thread, for pw_roofline_measure and for checkkern --bench. */
#ifndef PWI_KERNELS_ROOFLINE_H
#define PWI_KERNELS_ROOFLINE_H

#include "kernels/kernels.h"

/* What is multiplied: a spin_* kernel each. */
typedef enum pwi_spin {
    PWI_SPIN_F32,
    PWI_SPIN_BF16,
    PWI_SPIN_I16,
    PWI_SPIN_I8,
    PWI_N_SPINS
} pwi_spin;

/* Operations per second of the calling thread, two for each product and its sum: the fastest of
 * short runs within `seconds`. 0 where the table has no instruction of its own for it. */
double pwi_spin_rate(const pwi_kernels *kernels, pwi_spin spin, double seconds);

#endif

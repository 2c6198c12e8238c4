/* SPDX-License-Identifier: MIT */
/* The activations in double: what the reference kernels and epilogues apply. */
#ifndef PWI_KERNELS_REF_ACTIVATION_REF_H
#define PWI_KERNELS_REF_ACTIVATION_REF_H

/* x sigmoid(1.702 x) (Hendrycks and Gimpel 2016, section 2, as CLIP has it). */
double pwi_quick_gelu_ref(double x);

/* x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, by erfc so that the left tail keeps its digits. */
double pwi_gelu_ref(double x);

#endif

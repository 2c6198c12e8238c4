/* SPDX-License-Identifier: MIT */
/* What classifier-free guidance amplifies, cond - uncond: its norm by row, the share of each
 * role, and whether two unconds point the same way. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "lab/lab_scan.h"

static pw_status check_shapes(const pw_rows *cond, const pw_rows *uncond, pw_error *err)
{
    PWI_TRY(pwi_rows_check_width(cond, uncond, err));
    if (cond->n_rows == uncond->n_rows)
        return PW_OK;
    return PWI_FAIL(
        err, PW_ERR_MISMATCH,
        "%zu rows and %zu rows have no difference: guidance takes two conditionings "
        "of one length (--length)",
        cond->n_rows, uncond->n_rows);
}

pw_status pw_rows_delta(pw_delta *out, double *l2, const pw_rows *cond, const pw_rows *uncond,
                        pw_error *err)
{
    double squares = 0.0;

    *out = (pw_delta){.n_rows = cond->n_rows};
    PWI_TRY(check_shapes(cond, uncond, err));
    for (size_t i = 0; i < cond->n_rows; i++) {
        const size_t at = i * cond->width;
        pw_pair pair;

        pw_row_compare(&pair, cond->values + at, uncond->values + at, cond->width);
        out->n_bitwise += pair.is_bitwise;
        out->share[cond->roles[i]] += pair.l2 * pair.l2;
        squares += pair.l2 * pair.l2;
        if (l2 != NULL)
            l2[i] = pair.l2;
    }
    out->l2 = sqrt(squares);
    for (size_t role = 0; role < PW_N_ROW_ROLES; role++)
        out->share[role] = squares > 0.0 ? out->share[role] / squares : NAN;
    return PW_OK;
}

pw_status pw_deltas_cosine(double *out, const pw_rows *cond, const pw_rows *a, const pw_rows *b,
                           pw_error *err)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;

    *out = NAN;
    PWI_TRY(check_shapes(cond, a, err));
    PWI_TRY(check_shapes(cond, b, err));
    for (size_t i = 0; i < cond->n_rows * cond->width; i++) {
        const double from_a = (double)cond->values[i] - (double)a->values[i];
        const double from_b = (double)cond->values[i] - (double)b->values[i];

        ab += from_a * from_b;
        aa += from_a * from_a;
        bb += from_b * from_b;
    }
    *out = pwi_cosine(ab, aa, bb);
    return PW_OK;
}

size_t pw_rows_match_pads(float *out, const pw_rows *cond, const pw_rows *uncond)
{
    const size_t n = uncond->n_rows * uncond->width;
    size_t n_taken = 0;

    if (out != uncond->values)
        memcpy(out, uncond->values, n * sizeof(*out));
    if (check_shapes(cond, uncond, NULL) != PW_OK)
        return 0;
    for (size_t i = 0; i < cond->n_rows; i++) {
        const size_t at = i * cond->width;

        if (cond->roles[i] != PW_ROW_PAD || uncond->roles[i] != PW_ROW_PAD)
            continue;
        memcpy(out + at, cond->values + at, cond->width * sizeof(*out));
        n_taken++;
    }
    return n_taken;
}

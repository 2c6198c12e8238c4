/* SPDX-License-Identifier: MIT */
/* Two encodings row by row: pairs, what changed in rows of a role, and where two sequences of
 * ids agree. */
#include <math.h>

#include "base/error.h"
#include "lab/lab_scan.h"

pw_status pwi_rows_check_width(const pw_rows *a, const pw_rows *b, pw_error *err)
{
    if (a->width == b->width)
        return PW_OK;
    return PWI_FAIL(err, PW_ERR_MISMATCH,
                    "rows of %zu and of %zu numbers come from different encoders and cannot be "
                    "compared",
                    a->width, b->width);
}

pw_status pw_rows_pairs(pw_pair *out, const pw_rows *a, const pw_rows *b, pw_error *err)
{
    const size_t n = a->n_rows < b->n_rows ? a->n_rows : b->n_rows;

    PWI_TRY(pwi_rows_check_width(a, b, err));
    for (size_t i = 0; i < n; i++)
        pw_row_compare(&out[i], a->values + i * a->width, b->values + i * b->width, a->width);
    return PW_OK;
}

static void note_cosine(pw_change *out, double cosine, size_t at)
{
    if (isnan(cosine) || out->cos_min <= cosine)
        return;
    out->cos_min = cosine;
    out->cos_min_at = at;
}

static void note_l2(pw_change *out, double l2, size_t at)
{
    if (out->l2_max_at != PW_NO_ROW && out->l2_max >= l2)
        return;
    out->l2_max = l2;
    out->l2_max_at = at;
}

void pw_pairs_change(pw_change *out, const pw_pair *pairs, const pw_row_role *roles, size_t n,
                     pw_row_role role)
{
    double squares = 0.0;

    *out = (pw_change){
        .first = PW_NO_ROW, .cos_min = NAN, .cos_min_at = PW_NO_ROW, .l2_max_at = PW_NO_ROW};
    for (size_t i = 0; i < n; i++) {
        if (role != PW_N_ROW_ROLES && roles[i] != role)
            continue;
        out->n++;
        out->n_bitwise += pairs[i].is_bitwise;
        if (!pairs[i].is_bitwise && out->first == PW_NO_ROW)
            out->first = i;
        squares += pairs[i].l2 * pairs[i].l2;
        if (!pairs[i].is_bitwise)
            note_cosine(out, pairs[i].cosine, i);
        note_l2(out, pairs[i].l2, i);
    }
    out->l2 = sqrt(squares);
}

void pw_change_add(pw_change *sum, const pw_change *other)
{
    sum->n += other->n;
    sum->n_bitwise += other->n_bitwise;
    sum->first = other->first < sum->first ? other->first : sum->first;
    sum->l2 = sqrt(sum->l2 * sum->l2 + other->l2 * other->l2);
    note_cosine(sum, other->cos_min, other->cos_min_at);
    if (other->l2_max_at != PW_NO_ROW)
        note_l2(sum, other->l2_max, other->l2_max_at);
}

void pw_ids_align(size_t *n_before, size_t *n_behind, const int32_t *a, size_t n_a,
                  const int32_t *b, size_t n_b)
{
    const size_t n = n_a < n_b ? n_a : n_b;
    size_t before = 0, behind = 0;

    while (before < n && a[before] == b[before])
        before++;
    while (behind < n - before && a[n_a - 1 - behind] == b[n_b - 1 - behind])
        behind++;
    *n_before = before;
    *n_behind = behind;
}

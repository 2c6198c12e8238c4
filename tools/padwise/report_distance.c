/* SPDX-License-Identifier: MIT */
/* How far two inputs are from each other, all rows as one vector. */
#include <math.h>
#include <string.h>

#include "report.h"

struct distance {
    double l2, relative, cosine, max_abs, l2_pads;
    size_t n_bitwise;
};

static bool is_pad_of_either(const pw_rows *a, const pw_rows *b, size_t i)
{
    return a->roles[i] == PW_ROW_PAD || b->roles[i] == PW_ROW_PAD;
}

static void measure(const pw_rows *a, const pw_rows *b, struct distance *out)
{
    const size_t width = a->width, n = a->n_rows * width;
    double squared = 0, squared_pads = 0, norm_a = 0, norm_b = 0, dot = 0;

    *out = (struct distance){0};
    for (size_t i = 0; i < n; i++) {
        const double x = a->values[i], y = b->values[i], d = x - y;

        squared += d * d;
        squared_pads += is_pad_of_either(a, b, i / width) ? d * d : 0;
        norm_a += x * x;
        norm_b += y * y;
        dot += x * y;
        out->max_abs = fmax(out->max_abs, fabs(d));
    }
    for (size_t i = 0; i < a->n_rows; i++)
        out->n_bitwise +=
            memcmp(a->values + i * width, b->values + i * width, width * sizeof(float)) == 0;
    out->l2 = sqrt(squared);
    out->l2_pads = sqrt(squared_pads);
    out->relative = norm_a > 0 ? sqrt(squared / norm_a) : NAN;
    out->cosine = norm_a > 0 && norm_b > 0 ? dot / sqrt(norm_a * norm_b) : NAN;
}

void report_distance(struct builder *out, const pw_rows *a, const pw_rows *b, bool has_all)
{
    struct distance distance;

    measure(a, b, &distance);
    html_number(out, 2, distance.l2);
    html_number(out, 4, distance.relative);
    html_number(out, 4, distance.cosine);
    html_number(out, 3, distance.max_abs);
    if (!has_all)
        return;
    html_number(out, 2, distance.l2_pads);
    html_cell(out, "%zu of %zu", distance.n_bitwise, a->n_rows);
}

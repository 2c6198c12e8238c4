/* SPDX-License-Identifier: MIT */
/* Verdicts: numbers against limits, and nothing that could be said without them. */
#include <math.h>

#include "lab/lab_rows.h"

#include <padwise/audit.h>

const char *pw_verdict_name(pw_verdict verdict)
{
    static const char *const names[PW_N_VERDICTS] = {"not decidable here", "true", "false"};

    return (size_t)verdict < PW_N_VERDICTS ? names[verdict] : "?";
}

pw_verdict pw_verdict_not(pw_verdict verdict)
{
    return verdict == PW_VERDICT_TRUE    ? PW_VERDICT_FALSE
           : verdict == PW_VERDICT_FALSE ? PW_VERDICT_TRUE
                                         : PW_VERDICT_OPEN;
}

pw_verdict pw_judge_mean(const pw_estimate *estimate, double limit)
{
    if (isnan(estimate->low) || isnan(estimate->high) ||
        estimate->n_items < PW_VERDICT_PROMPTS_MIN)
        return PW_VERDICT_OPEN;
    return estimate->low >= limit   ? PW_VERDICT_TRUE
           : estimate->high < limit ? PW_VERDICT_FALSE
                                    : PW_VERDICT_OPEN;
}

pw_verdict pw_judge_all(size_t n_hold, size_t n, size_t n_prompts)
{
    if (n == 0 || n_prompts < PW_VERDICT_PROMPTS_MIN)
        return PW_VERDICT_OPEN;
    return n_hold == n ? PW_VERDICT_TRUE : PW_VERDICT_FALSE;
}

double pw_row_unexplained(const float *row, const float *plain, const float *from,
                          double weight, size_t width)
{
    double left = 0.0, whole = 0.0;

    for (size_t i = 0; i < width; i++) {
        const double start = from == NULL ? 0.0 : from[i];
        const double difference = row[i] - (start + (plain[i] - start) * weight);

        left += difference * difference;
        whole += (double)row[i] * row[i];
    }
    return left == 0.0 ? 0.0 : sqrt(left / whole);
}

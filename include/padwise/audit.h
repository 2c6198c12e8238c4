/* SPDX-License-Identifier: MIT */
/* Verdicts: whether a claim holds, by numbers that were measured and a limit that was named
 * before. What is measured is lab.h's and scan.h's; the claims are the caller's.
 *
 * Experimental, as lab.h: declares nothing unless PADWISE_EXPERIMENTAL is defined before it.
 * Every function: threads any. */
#ifndef PADWISE_AUDIT_H
#define PADWISE_AUDIT_H

#ifdef PADWISE_EXPERIMENTAL

#include "lab.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Fewer prompts give no verdict: of two there is a single pair, and no interval. */
#define PW_VERDICT_PROMPTS_MIN 3

typedef enum pw_verdict {
    PW_VERDICT_OPEN = 0, /* not decidable here */
    PW_VERDICT_TRUE,
    PW_VERDICT_FALSE,
    PW_N_VERDICTS
} pw_verdict;

/** "not decidable here", "true", "false"; "?" for none.   Since: 0.1 */
PW_API const char *pw_verdict_name(pw_verdict verdict);

/** Of the opposite claim: an open one stays open.   Since: 0.1 */
PW_API pw_verdict pw_verdict_not(pw_verdict verdict);

/** Whether a mean is at least a limit: true where its whole interval is, false where the whole
 * interval lies below, else open; without an interval open.   Since: 0.1 */
PW_API pw_verdict pw_judge_mean(const pw_estimate *estimate, double limit);

/** Whether all of n cases hold: true where all do, false where one does not; open below
 * PW_VERDICT_PROMPTS_MIN prompts, and without cases.   Since: 0.1 */
PW_API pw_verdict pw_judge_all(size_t n_hold, size_t n, size_t n_prompts);

/** What a formula for a weighted row leaves unexplained: |row - (from + (plain - from) weight)|
 * / |row|.
 *  @param from  f32 [width], where the weight counts from: the empty prompt's row; NULL: zeros,
 *  which makes the formula plain weight.
 *  @return 0 where the row is all zeros and so is the formula; infinity where only the row
 * is.   Since: 0.1 */
PW_API double pw_row_unexplained(const float *row, const float *plain, const float *from,
                                 double weight, size_t width);

#ifdef __cplusplus
}
#endif

#endif

#endif

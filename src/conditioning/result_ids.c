/* SPDX-License-Identifier: MIT */
/* The tokens behind the rows of an output. A part of a weighting stands on the sequence of its
 * first term: for what is filled up or repeated as well. */
#include "conditioning/job.h"

/* Start, content and end of the chunk that a sequence was made of; what fills up has no
 * content. */
static size_t n_real(const pwi_track *track, const pw_plan_output *output, size_t i_sequence)
{
    const pw_prompt_encoder *encoder = &track->prompt_encoder;
    size_t n = (size_t)(encoder->start_id >= 0) + (size_t)(encoder->end_id >= 0);

    for (size_t i = 0; i < output->n_chunks; i++)
        if (output->chunks[i].i_sequence == i_sequence)
            return n + output->chunks[i].n_content;
    return n;
}

static void part_ids(const pwi_job *job, const pwi_track *track, const pw_plan_output *output,
                     const pw_weighting_part *part, int64_t *ids, int64_t *mask)
{
    const size_t i_sequence = part->terms[0].i_encoding, n = n_real(track, output, i_sequence);
    const pw_sequence *sequence = pw_plan_sequence(track->plan, i_sequence);

    for (size_t t = 0; t < part->n_rows; t++) {
        const size_t row = part->first_row + t;
        const int32_t id = row < sequence->n_tokens ? sequence->ids[row] : 0;

        if (ids != NULL)
            ids[t] = id;
        if (mask != NULL)
            mask[t] = job->options.mask == PW_MASK_LECTURE ? id != track->prompt_encoder.pad_id
                                                           : row < n;
    }
}

void pwi_output_ids(const pwi_job *job, const pwi_track *track, size_t i_output, int64_t *ids,
                    int64_t *mask)
{
    const pw_plan_output *output = pw_plan_output_at(track->plan, i_output);
    size_t at = 0;

    for (size_t i = 0; i < output->weighting.n_parts; i++) {
        const pw_weighting_part *part = &output->weighting.parts[i];

        part_ids(job, track, output, part, ids == NULL ? NULL : ids + at,
                 mask == NULL ? NULL : mask + at);
        at += part->n_rows;
    }
}

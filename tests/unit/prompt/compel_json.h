/* SPDX-License-Identifier: MIT */
/* What Compel's grammar made of a prompt, as JSON in the form of prompt-weighting-cases.json.
 * Weights that are not finite are null. */
#ifndef PWI_TESTS_COMPEL_JSON_H
#define PWI_TESTS_COMPEL_JSON_H

#include "base/buf.h"
#include "formats/json.h"
#include "prompt/compel.h"

static void put_segments(pwi_buf *buf, const pwi_segments *segments);

static inline void put_named(pwi_buf *buf, const char *name, double value)
{
    pwi_buf_format(buf, "\"%s\": ", name);
    pwi_json_put_f64(buf, value);
}

static inline void put_swap(pwi_buf *buf, const pwi_swap *swap)
{
    pwi_buf_text(buf, "{\"swap\": {\"original\": ");
    put_segments(buf, &swap->original);
    pwi_buf_text(buf, ", \"edited\": ");
    put_segments(buf, &swap->edited);
    pwi_buf_text(buf, ", \"options\": {");
    put_named(buf, "s_start", swap->s_start);
    pwi_buf_text(buf, ", ");
    put_named(buf, "s_end", swap->s_end);
    pwi_buf_text(buf, ", ");
    put_named(buf, "t_start", swap->t_start);
    pwi_buf_text(buf, ", ");
    put_named(buf, "t_end", swap->t_end);
    pwi_buf_text(buf, "}}}");
}

/* .swap() nests at most PWI_COMPEL_SWAP_DEPTH_MAX deep. */
static void put_segments(pwi_buf *buf, const pwi_segments *segments)
{
    pwi_buf_byte(buf, '[');
    for (size_t i = 0; i < segments->n; i++) {
        const pwi_segment *segment = &segments->items[i];

        pwi_buf_text(buf, i > 0 ? ", " : "");
        if (segment->kind == PWI_SEGMENT_SWAP) {
            put_swap(buf, segment->swap);
            continue;
        }
        pwi_buf_byte(buf, '[');
        pwi_json_put_string(buf, segment->text, segment->size);
        pwi_buf_text(buf, ", ");
        pwi_json_put_f64(buf, segment->weight);
        pwi_buf_byte(buf, ']');
    }
    pwi_buf_byte(buf, ']');
}

static inline void put_part(pwi_buf *buf, const pwi_compel_part *part)
{
    if (!part->is_blend) {
        put_segments(buf, &part->prompts[0]);
        return;
    }
    pwi_buf_text(buf, "{\"blend\": [");
    for (size_t i = 0; i < part->n_prompts; i++) {
        pwi_buf_text(buf, i > 0 ? ", " : "");
        put_segments(buf, &part->prompts[i]);
    }
    pwi_buf_text(buf, "], \"weights\": [");
    for (size_t i = 0; i < part->n_prompts; i++) {
        pwi_buf_text(buf, i > 0 ? ", " : "");
        pwi_json_put_f64(buf, part->weights[i]);
    }
    pwi_buf_format(buf, "], \"normalize\": %s}", part->is_normalized ? "true" : "false");
}

static inline void put_loras(pwi_buf *buf, const pwi_compel *parsed)
{
    if (parsed->n_loras == 0)
        return;
    pwi_buf_text(buf, ", \"loras\": [");
    for (size_t i = 0; i < parsed->n_loras; i++) {
        pwi_buf_text(buf, i > 0 ? ", [" : "[");
        pwi_json_put_string(buf, parsed->loras[i].name, parsed->loras[i].size);
        pwi_buf_text(buf, ", ");
        pwi_json_put_f64(buf, parsed->loras[i].weight);
        pwi_buf_byte(buf, ']');
    }
    pwi_buf_byte(buf, ']');
}

static inline void put_parsed(pwi_buf *buf, const pwi_compel *parsed, pw_status status)
{
    if (status != PW_OK) {
        pwi_buf_format(buf, "{\"error\": \"%s\"}", pwi_compel_error_name(parsed->error));
        return;
    }
    pwi_buf_text(buf, "{\"prompts\": [");
    for (size_t i = 0; i < parsed->n_parts; i++) {
        pwi_buf_text(buf, i > 0 ? ", " : "");
        put_part(buf, &parsed->parts[i]);
    }
    pwi_buf_text(buf, "], \"weights\": [");
    for (size_t i = 0; i < parsed->n_parts; i++) {
        pwi_buf_text(buf, i > 0 ? ", " : "");
        pwi_json_put_f64(buf, parsed->parts[i].weight);
    }
    pwi_buf_byte(buf, ']');
    put_loras(buf, parsed);
    pwi_buf_byte(buf, '}');
}

#endif

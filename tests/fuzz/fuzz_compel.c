/* SPDX-License-Identifier: MIT */
/* Compel's grammar on arbitrary bytes. A finding is a crash, a failure that the header does not
 * name, or a result that breaks a promise: texts are UTF-8, their bytes come from the prompt in
 * its order, a blend has a weight for each prompt. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "prompt/compel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const pwi_segment *segment, size_t size)
{
    require(pwi_utf8_valid_prefix(segment->text, segment->size) == segment->size);
    for (size_t i = 0; i < segment->size; i++) {
        require(segment->source[i] < size);
        require(i == 0 || segment->source[i - 1] <= segment->source[i]);
    }
}

/* .swap() nests at most PWI_COMPEL_SWAP_DEPTH_MAX deep. */
static void check_segments(const pwi_segments *segments, size_t size, int depth)
{
    require(depth <= PWI_COMPEL_SWAP_DEPTH_MAX && segments->n > 0);
    for (size_t i = 0; i < segments->n; i++) {
        const pwi_segment *segment = &segments->items[i];

        if (segment->kind == PWI_SEGMENT_SWAP) {
            check_segments(&segment->swap->original, size, depth + 1);
            check_segments(&segment->swap->edited, size, depth + 1);
        } else {
            require(segment->kind == PWI_SEGMENT_TEXT);
            check_text(segment, size);
        }
    }
}

static void check(const pwi_compel *parsed, size_t size)
{
    for (size_t i = 0; i < parsed->n_parts; i++) {
        const pwi_compel_part *part = &parsed->parts[i];

        require(part->is_blend == (part->weights != NULL));
        require(part->n_prompts > 0 && (part->is_blend || part->n_prompts == 1));
        for (size_t k = 0; k < part->n_prompts; k++)
            check_segments(&part->prompts[k], size, 0);
    }
    for (size_t i = 0; i < parsed->n_loras; i++)
        require(parsed->loras[i].size > 0 && parsed->loras[i].source < size);
}

static void check_failure(const pwi_compel *parsed, pw_status status, const pw_error *err)
{
    require(status == err->status && strlen(err->text) > 0);
    require(status == PW_ERR_UTF8 || status == PW_ERR_LIMIT || status == PW_ERR_DEPTH ||
            status == PW_ERR_FORMAT);
    require((status == PW_ERR_FORMAT) == (parsed->error != PWI_COMPEL_NO_ERROR));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pwi_compel parsed;
    pwi_arena arena;
    pw_error err;
    pw_status status;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    status = pwi_compel_parse(&parsed, (const char *)data, size, &arena, &err);
    if (status == PW_OK)
        check(&parsed, size);
    else
        check_failure(&parsed, status, &err);
    pwi_arena_free(&arena);
    return 0;
}

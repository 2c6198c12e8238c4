/* SPDX-License-Identifier: MIT */
/* Running a weighting case: its params become options, its inputs prompts, and these go as far
 * as its system says. A param that is not known is a failure: the case would mean something
 * else than what was run. */
#include "weighting_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setup {
    pw_prompt_options prompt;
    pw_plan_options plan;
    pw_prompt_encoder encoder;
    pw_embedding embeddings[N_EMBEDDINGS_MAX];
    const json_node *second; /* a negative prompt, or NULL */
};

bool differ(char why[WHY_SIZE], const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(why, WHY_SIZE, format, list);
    va_end(list);
    return false;
}

/* ---- Params, one function a kind of value. */

static bool take_count(const json_node *value, size_t *out)
{
    if (value->kind != PWI_JSON_NUMBER || value->number < 0 || value->number > 1e9)
        return false;
    *out = (size_t)value->number;
    return true;
}

static bool take_int(const json_node *value, int32_t *out)
{
    if (value->kind == PWI_JSON_NULL)
        return true;
    if (value->kind != PWI_JSON_NUMBER || value->number < -1e9 || value->number > 1e9)
        return false;
    *out = (int32_t)value->number;
    return true;
}

static bool take_bool(const json_node *value, bool *out)
{
    *out = value->kind == PWI_JSON_TRUE;
    return value->kind == PWI_JSON_TRUE || value->kind == PWI_JSON_FALSE;
}

/* Index of the value's text in a list of names; -1. */
static int find(const json_node *value, const char *const *names, int n)
{
    for (int i = 0; value->kind == PWI_JSON_STRING && i < n; i++) {
        if (strcmp(names[i], value->text) == 0)
            return i;
    }
    return -1;
}

static bool take_emphasis(const json_node *value, struct setup *setup)
{
    static const char *const names[] = {"Original", "No norm", "Ignore", "None"};
    const int i = find(value, names, 4);

    setup->prompt.emphasis = i < 0 ? PW_EMPHASIS_ORIGINAL : (pw_emphasis)i;
    return i >= 0;
}

static bool take_split(const json_node *value, struct setup *setup)
{
    static const char *const names[] = {"SENTENCES", "PHRASES", "WORDS", "BRUTAL"};
    const int i = find(value, names, 4);

    setup->plan.split = i < 0 ? PW_SPLIT_SENTENCES : (pw_split)i;
    return i >= 0;
}

static bool take_embeddings(const json_node *value, struct setup *setup)
{
    if (value->kind != PWI_JSON_OBJECT_BEGIN || value->n > N_EMBEDDINGS_MAX)
        return false;
    for (size_t i = 0; i < value->n; i++) {
        setup->embeddings[i].name = value->items[i].key;
        if (!take_count(&value->items[i], &setup->embeddings[i].n_vectors))
            return false;
    }
    setup->encoder.embeddings = setup->embeddings;
    setup->encoder.n_embeddings = value->n;
    return true;
}

/* An object of params that are params themselves. */
static bool take_object(const json_node *value, struct setup *setup);

/* A length that no prompt reaches means none. */
static bool take_length_max(const json_node *value, struct setup *setup)
{
    if (!take_count(value, &setup->encoder.length_max))
        return false;
    if (setup->encoder.length_max >= 99999999)
        setup->encoder.length_max = 0;
    return true;
}

static bool take_downweight(const json_node *value, struct setup *setup)
{
    static const char *const names[] = {"MASK", "REMOVE"};
    const int i = find(value, names, 2);

    setup->plan.removes_fragments = i == 1;
    return i >= 0;
}

static bool take_masks_padding(const json_node *value, struct setup *setup)
{
    setup->plan.masks_padding = value->kind == PWI_JSON_NUMBER && value->number == 0.0;
    return value->kind == PWI_JSON_NUMBER && (value->number == 0.0 || value->number == 1.0);
}

static bool take_second(const json_node *value, struct setup *setup)
{
    setup->second = value;
    return value->kind == PWI_JSON_STRING;
}

static bool take_param(const char *key, const json_node *value, struct setup *setup)
{
    static const char *const for_people[] = {
        "tokenizer",     "stub_tokenizer",     "toy_encoder",         "shown",
        "both_encoders", "returned_batch_row", "token_normalization", "weight_interpretation"};

    for (size_t i = 0; i < sizeof(for_people) / sizeof(*for_people); i++) {
        if (strcmp(key, for_people[i]) == 0)
            return true;
    }
    if (strcmp(key, "steps") == 0)
        return take_int(value, &setup->prompt.steps);
    if (strcmp(key, "hires_steps") == 0)
        return take_int(value, &setup->prompt.hires_steps);
    if (strcmp(key, "old_scheduling") == 0)
        return take_bool(value, &setup->prompt.old_scheduling);
    if (strcmp(key, "emphasis") == 0)
        return take_emphasis(value, setup);
    if (strcmp(key, "comma_padding_backtrack") == 0)
        return take_int(value, &setup->plan.comma_backtrack);
    if (strcmp(key, "embeddings") == 0)
        return take_embeddings(value, setup);
    if (strcmp(key, "special") == 0 || strcmp(key, "tokenizer_options") == 0)
        return take_object(value, setup);
    if (strcmp(key, "start") == 0)
        return take_int(value, &setup->encoder.start_id);
    if (strcmp(key, "end") == 0)
        return take_int(value, &setup->encoder.end_id);
    if (strcmp(key, "pad") == 0 || strcmp(key, "id_pad") == 0)
        return take_int(value, &setup->encoder.pad_id);
    if (strcmp(key, "max_length") == 0)
        return take_length_max(value, setup);
    if (strcmp(key, "min_length") == 0 || strcmp(key, "t5xxl_min_length") == 0)
        return take_count(value, &setup->encoder.length_min);
    if (strcmp(key, "t5xxl_min_padding") == 0)
        return take_count(value, &setup->encoder.min_padding);
    if (strcmp(key, "split_long_text_mode") == 0)
        return take_split(value, setup);
    if (strcmp(key, "downweight_mode") == 0)
        return take_downweight(value, setup);
    if (strcmp(key, "max_embeddings_multiples") == 0)
        return take_int(value, &setup->plan.chunks_max);
    if (strcmp(key, "truncate_long_prompts") == 0)
        return take_bool(value, &setup->plan.truncates);
    if (strcmp(key, "padding_attention_mask_value") == 0)
        return take_masks_padding(value, setup);
    if (strcmp(key, "no_boseos_middle") == 0)
        return take_bool(value, &setup->plan.drops_middle);
    if (strcmp(key, "pad_last_block") == 0)
        return take_bool(value, &setup->plan.pads_last_chunk);
    return (strcmp(key, "uncond") == 0 || strcmp(key, "neg") == 0) && take_second(value, setup);
}

static bool take_object(const json_node *value, struct setup *setup)
{
    if (value->kind != PWI_JSON_OBJECT_BEGIN)
        return false;
    for (size_t i = 0; i < value->n; i++) {
        if (!take_param(value->items[i].key, &value->items[i], setup))
            return false;
    }
    return true;
}

/* ---- Setting up. */

/* Which dialect, by the system or by the params. */
static bool set_dialect(const struct weighting_case *one, const struct weighting_system *system,
                        struct setup *setup, char why[WHY_SIZE])
{
    const char *normalisation = json_string(one->params, "token_normalization");
    const char *interpretation = json_string(one->params, "weight_interpretation");
    char name[64];

    (void)snprintf(name, sizeof(name), "adv:%s+%s", normalisation != NULL ? normalisation : "",
                   interpretation != NULL ? interpretation : "");
    if (system->dialect != NULL)
        (void)snprintf(name, sizeof(name), "%s", system->dialect);
    setup->prompt.dialect = pw_dialect_find(name);
    return setup->prompt.dialect >= 0 || differ(why, "the dialect %s is not there", name);
}

/* Lengths of the encoders that the systems are named after. */
static void set_encoder(const struct weighting_case *one, const struct weighting_system *system,
                        struct setup *setup)
{
    pw_prompt_encoder *encoder = &setup->encoder;

    pw_prompt_encoder_init(encoder, one->clip);
    encoder->length_max = 77;
    if ((system->steps & WEIGHTING_PAD_0) != 0)
        encoder->pad_id = 0;
    if ((system->steps & WEIGHTING_T5) == 0)
        return;
    encoder->tokenize = toy_tokenize_t5;
    encoder->token_text = NULL;
    encoder->start_id = -1;
    encoder->end_id = 1;
    encoder->pad_id = 0;
    encoder->pad_to_max = false;
    encoder->length_max = strstr(one->system, "hidream") != NULL ? 128 : 0;
    encoder->length_min = strstr(one->system, "sd3") != NULL      ? 77
                          : strstr(one->system, "flux") != NULL   ? 256
                          : strstr(one->system, "pixart") != NULL ? 1
                                                                  : encoder->length_max;
}

static bool set_up(const struct weighting_case *one, const struct weighting_system *system,
                   struct setup *setup, char why[WHY_SIZE])
{
    memset(setup, 0, sizeof(*setup));
    pw_prompt_options_init(&setup->prompt);
    pw_plan_options_init(&setup->plan);
    set_encoder(one, system, setup);
    setup->prompt.is_negative = (system->steps & WEIGHTING_BARE) != 0;
    setup->prompt.keep_comments = setup->prompt.is_negative;
    setup->prompt.steps = 0;
    setup->plan.truncates = (system->steps & WEIGHTING_TRUNCATES) != 0;
    setup->plan.wants_pooled = (system->steps & WEIGHTING_POOLED) != 0;
    setup->prompt.compel = (system->steps & WEIGHTING_2_0_3) != 0   ? PW_COMPEL_2_0_3
                           : (system->steps & WEIGHTING_2_4_0) != 0 ? PW_COMPEL_2_4_0
                                                                    : PW_COMPEL_2_5_1;
    for (size_t i = 0; one->params != NULL && i < one->params->n; i++) {
        const json_node *param = &one->params->items[i];

        if (!take_param(param->key, param, setup))
            return differ(why, "the param \"%.40s\" is not known or has a wrong value",
                          param->key);
    }
    return set_dialect(one, system, setup, why);
}

/* ---- Running. */

static bool add_prompt(const struct weighting_case *one, const json_node *text,
                       const struct setup *setup, struct weighting_made *made)
{
    pw_prompt **prompt = &made->prompts[made->n_prompts];

    made->status =
        pw_prompt_parse(prompt, one->ctx, text->text, text->size, &setup->prompt, &made->err);
    made->n_prompts += made->status == PW_OK;
    return made->status == PW_OK;
}

static bool parse_all(const struct weighting_case *one, struct setup *setup,
                      struct weighting_made *made, char why[WHY_SIZE])
{
    const json_node *input = json_member(&one->node, "input");
    const json_node *texts = json_is_array(input) ? input->items : input;
    const size_t n = json_is_array(input) ? input->n : 1;

    if (input == NULL || n == 0 || n >= N_INPUTS_MAX)
        return differ(why, "the case has no \"input\", or too many");
    for (size_t i = 0; i < n; i++) {
        if (texts[i].kind != PWI_JSON_STRING)
            return differ(why, "\"input\" is no text");
        if (!add_prompt(one, &texts[i], setup, made))
            return true;
    }
    setup->plan.is_one_batch = n > 1;
    if (setup->second != NULL)
        (void)add_prompt(one, setup->second, setup, made);
    return true;
}

static pw_status run_plan(struct weighting_made *made)
{
    const size_t n = pw_plan_n_outputs(made->plan);
    float **pooled = calloc(n, sizeof(*pooled));
    pw_status status = PW_OK;

    made->rows = calloc(n, sizeof(*made->rows));
    if (made->rows == NULL || pooled == NULL)
        status = pwi_fail_memory(&made->err);
    for (size_t i = 0; status == PW_OK && i < n; i++) {
        made->rows[i] = calloc(pw_plan_output_at(made->plan, i)->n_rows + 1,
                               TOY_DIM * sizeof(**made->rows));
        if (made->rows[i] == NULL)
            status = pwi_fail_memory(&made->err);
    }
    if (status == PW_OK && pw_plan_output_at(made->plan, 0)->i_pooled != SIZE_MAX)
        pooled[0] = made->pooled;
    if (status == PW_OK)
        status = pw_plan_run(made->plan, toy_encode, NULL, TOY_DIM, TOY_DIM, made->rows, pooled,
                             &made->err);
    free(pooled);
    return status;
}

bool weighting_run(const struct weighting_case *one, const struct weighting_system *system,
                   struct weighting_made *made, char why[WHY_SIZE])
{
    struct setup setup;

    memset(made, 0, sizeof(*made));
    if (!set_up(one, system, &setup, why) || !parse_all(one, &setup, made, why))
        return false;
    if (made->status == PW_OK && (system->steps & WEIGHTING_PLAN) != 0)
        made->status =
            pw_plan_create(&made->plan, one->ctx, (const pw_prompt *const *)made->prompts,
                           made->n_prompts, &setup.encoder, &setup.plan, &made->err);
    if (made->status == PW_OK && (system->steps & WEIGHTING_RUN) != 0)
        made->status = run_plan(made);
    return true;
}

void weighting_made_free(struct weighting_made *made)
{
    for (size_t i = 0; made->rows != NULL && i < pw_plan_n_outputs(made->plan); i++)
        free(made->rows[i]);
    free(made->rows);
    pw_plan_free(made->plan);
    for (size_t i = 0; i < made->n_prompts; i++)
        pw_prompt_free(made->prompts[i]);
    memset(made, 0, sizeof(*made));
}

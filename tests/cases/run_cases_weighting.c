/* SPDX-License-Identifier: MIT */
/* Prompt weighting cases: what the original of each dialect made of a prompt, from the parse to
 * the vectors of a toy encoder. Every case is run through <padwise/prompt.h>; a case may have
 * several right answers (expected_any_of), and an error is compared by its class. */
#include "run_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weighting_case.h"

#define BARE (WEIGHTING_BARE)
#define PLAN (WEIGHTING_PLAN)
#define RUN  (WEIGHTING_PLAN | WEIGHTING_RUN)

static const struct weighting_system systems[] = {
    {"a1111-1.10.1/comments.strip_comments", "a1111", match_text, 0},
    {"a1111-1.10.1/extra_networks.parse_prompt", "a1111", match_networks, 0},
    {"a1111-1.10.1/get_multicond_prompt_list", "a1111", match_parts, 0},
    {"a1111-1.10.1/prompt_schedule", "a1111", match_schedule, BARE},
    {"a1111-1.10.1/parse_prompt_attention", "a1111", match_pairs, BARE},
    {"a1111-1.10.1/tokenize_line", "a1111", match_a1111_chunks, BARE | PLAN},
    {"a1111-1.10.1/forward(toy)", "a1111", match_vectors, BARE | RUN},
    {"comfyui/token_weights", "comfyui", match_pairs, 0},
    {"comfyui/tokenize_with_weights/clip_l", "comfyui", match_chunks, PLAN},
    {"comfyui/tokenize_with_weights/clip_g_or_clip_h", "comfyui", match_chunks,
     PLAN | WEIGHTING_PAD_0},
    {"comfyui/tokenize_with_weights/t5xxl_sd3", "comfyui", match_chunks, PLAN | WEIGHTING_T5},
    {"comfyui/tokenize_with_weights/t5xxl_flux", "comfyui", match_chunks, PLAN | WEIGHTING_T5},
    {"comfyui/tokenize_with_weights/t5xxl_pixart", "comfyui", match_chunks,
     PLAN | WEIGHTING_T5},
    {"comfyui/tokenize_with_weights/t5xxl_hidream", "comfyui", match_chunks,
     PLAN | WEIGHTING_T5},
    {"comfyui/encode_token_weights(toy)", "comfyui", match_vectors, RUN | WEIGHTING_POOLED},
    {"adv_clip_emb/token_normalization", "adv:none+comfy", match_normalisation, 0},
    {"adv_clip_emb/advanced_encode_from_tokens(toy)", NULL, match_vectors, RUN},
    {"compel-2.4.0/PromptParser.parse_conjunction", "compel", match_compel_parse, 0},
    {"compel-2.4.0/split_long_text", "compel", match_split, PLAN | WEIGHTING_2_4_0},
    {"compel-2.4.0/Compel.__call__(toy)", "compel", match_vectors,
     RUN | WEIGHTING_2_4_0 | WEIGHTING_TRUNCATES},
    {"compel-2.0.3/PromptParser.parse_conjunction", "compel", match_compel_parse, 0},
    {"compel-2.0.3/split_long_text", "compel", match_split, PLAN | WEIGHTING_2_0_3},
    {"compel-2.0.3/Compel.__call__(toy)", "compel", match_vectors,
     RUN | WEIGHTING_2_0_3 | WEIGHTING_TRUNCATES},
    {"compel-2.5.1/PromptParser.parse_conjunction", "compel", match_compel_parse, 0},
    {"compel-2.5.1/split_long_text", "compel", match_split, PLAN},
    {"compel-2.5.1/Compel.__call__(toy)", "compel", match_vectors, RUN | WEIGHTING_TRUNCATES},
    {"diffusers/lpw_stable_diffusion/parse_prompt_attention", "lpw", match_pairs, 0},
    {"diffusers/lpw_stable_diffusion(toy)", "lpw", match_vectors, RUN},
    {"diffusers/lpw_stable_diffusion_xl/parse_prompt_attention", "lpw-xl", match_pairs, 0},
    {"diffusers/lpw_stable_diffusion_xl(toy)", "lpw-xl", match_vectors, RUN},
    {"sd_embed/parse_prompt_attention", "sd-embed", match_pairs, 0},
    {"sd_embed/sd15(toy)", "sd-embed", match_vectors, RUN},
    {"sd_embed/sdxl(toy)", "sd-embed", match_vectors, RUN},
};

/* The exception of the original, and the status that stands for it here. */
static const struct {
    const char *name;
    pw_status status;
} error_classes[] = {
    {"ValueError", PW_ERR_ARGUMENT},       /* what should be a number is none */
    {"OverflowError", PW_ERR_ARGUMENT},    /* a number that no step can have */
    {"IndexError", PW_ERR_FIELD},          /* something is not there */
    {"ParseException", PW_ERR_TRAILING},   /* the grammar stops before the end */
    {"ParsingException", PW_ERR_MISMATCH}, /* counts that do not belong together */
    {"TypeError", PW_ERR_UNSUPPORTED},     /* the original cannot do it */
    {"RuntimeError", PW_ERR_SIZE},         /* tensors that do not fit each other */
    {"ZeroDivisionError", PW_ERR_FORMAT},
};

const struct weighting_system *weighting_system_find(const char *name)
{
    for (size_t i = 0; i < sizeof(systems) / sizeof(*systems); i++) {
        if (strcmp(systems[i].name, name) == 0)
            return &systems[i];
    }
    return NULL;
}

static bool match_error(const struct weighting_made *made, const char *name, char why[WHY_SIZE])
{
    for (size_t i = 0; i < sizeof(error_classes) / sizeof(*error_classes); i++) {
        if (strcmp(error_classes[i].name, name) == 0)
            return made->status == error_classes[i].status ||
                   differ(why, "%s was expected (%s), it gave %s", name,
                          pw_status_name(error_classes[i].status),
                          made->status == PW_OK ? "a result" : made->err.text);
    }
    return differ(why, "the error class %.40s is not known", name);
}

static bool matches(const struct weighting_case *one, const struct weighting_system *system,
                    const struct weighting_made *made, const json_node *expected,
                    char why[WHY_SIZE])
{
    const char *error = json_string(expected, "error");

    if (error != NULL)
        return match_error(made, error, why);
    if (made->status != PW_OK)
        return differ(why, "%s: %s", pw_status_name(made->status), made->err.text);
    return system->matches(one, made, expected, why);
}

/* Whatever the form of the expectation: one, or a list of which one must be met. */
static bool judge(const struct weighting_case *one, const struct weighting_system *system,
                  char why[WHY_SIZE])
{
    const json_node *expected = json_member(&one->node, "expected");
    const json_node *any = json_member(&one->node, "expected_any_of");
    struct weighting_made made;
    bool is_met = false;

    if ((expected == NULL) == !json_is_array(any))
        return differ(why, "the case has neither or both of expected and expected_any_of");
    if (weighting_run(one, system, &made, why)) {
        if (expected != NULL)
            is_met = matches(one, system, &made, expected, why);
        for (size_t i = 0; any != NULL && !is_met && i < any->n; i++)
            is_met = matches(one, system, &made, &any->items[i], why);
    }
    weighting_made_free(&made);
    return is_met;
}

/* Members of a case that mean something, or are for people. */
static bool is_known_member(const char *key)
{
    static const char *const known[] = {"id",       "system",   "input",
                                        "params",   "expected", "expected_any_of",
                                        "verified", "note",     "nondeterministic"};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(known[i], key) == 0)
            return true;
    }
    return false;
}

static void run_case(struct weighting_case *one, struct tally *tally)
{
    const struct weighting_system *system;
    const char *id = json_string(&one->node, "id");
    char why[WHY_SIZE] = "";

    (void)snprintf(one->id, sizeof(one->id), "%s", id != NULL ? id : "-");
    one->system = json_string(&one->node, "system");
    one->params = json_member(&one->node, "params");
    if (one->system == NULL)
        one->system = "(no system)";
    if (!case_is_wanted(tally, one->id, one->system))
        return;
    for (size_t i = 0; i < one->node.n; i++) {
        if (!is_known_member(one->node.items[i].key)) {
            case_failed(tally, one->id, one->system, "the member \"%.40s\" is not known",
                        one->node.items[i].key);
            return;
        }
    }
    system = weighting_system_find(one->system);
    if (system == NULL)
        case_failed(tally, one->id, one->system, "this system is not known");
    else if (judge(one, system, why))
        case_passed(tally);
    else
        case_failed(tally, one->id, one->system, "%s", why);
}

/* CLIP's vocabulary of ../shared, or the built-in one where the file says so. */
static bool open_tokenizer(struct weighting_case *one, pw_tokenizer **tokenizer,
                           const char *vocabulary, struct tally *tally)
{
    const char *shared = getenv("PADWISE_SHARED");
    char path[4096];
    pw_error err;
    pw_status status;

    status = pw_context_create(&one->ctx, NULL, &err);
    (void)snprintf(path, sizeof(path), "%s/data/tokenizers/clip",
                   shared != NULL ? shared : "../shared");
    if (status == PW_OK && strcmp(vocabulary, "builtin") == 0)
        status = pw_tokenizer_open_builtin(tokenizer, one->ctx, NULL, &err);
    else if (status == PW_OK)
        status = pw_tokenizer_open(tokenizer, one->ctx, path, NULL, &err);
    if (status != PW_OK)
        case_failed(tally, "-", "tokenizer", "%s: %s", err.where, err.text);
    one->clip = *tokenizer;
    return status == PW_OK;
}

static void run_file(struct weighting_case *one, struct case_file *file, const char *path,
                     struct tally *tally)
{
    while (case_file_next(file, path, tally)) {
        pw_error err;
        const pw_status status = json_tree_read(&file->json, &one->node, &err);

        if (status == PW_OK)
            run_case(one, tally);
        else
            case_failed(tally, "-", path, "cannot be read: %s", err.text);
        json_tree_free(&one->node);
        if (status != PW_OK)
            return;
    }
}

void run_cases_weighting(const char *path, struct tally *tally)
{
    struct weighting_case one = {.ctx = NULL};
    pw_tokenizer *tokenizer = NULL;
    struct case_file file;

    if (case_file_open(&file, path, tally) &&
        (tally->list || open_tokenizer(&one, &tokenizer, file.vocabulary, tally)))
        run_file(&one, &file, path, tally);
    case_file_close(&file);
    pw_tokenizer_free(tokenizer);
    pw_context_free(one.ctx);
}

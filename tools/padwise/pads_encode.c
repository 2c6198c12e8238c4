/* SPDX-License-Identifier: MIT */
/* Prompts as inputs of the lab: through the model of -m, as `padwise encode` takes them. */
#include <string.h>

#include "encode.h"
#include "pads.h"
#include "progress.h"
#include "talk.h"
#include "token_view.h"

/* Without -r the encoder's own rows are asked for, whatever pipeline the model belongs to. */
static int read_plan(struct app *app, struct plan *plan)
{
    const char *mask = option_text(app, OPTION_MASK);
    int64_t pad_id = -1, skip = PW_CLIP_SKIP_NONE;

    pw_conditioning_options_init(&plan->options);
    pw_model_options_init(&plan->model);
    plan->options.recipe = option_text(app, OPTION_RECIPE);
    if (plan->options.recipe == NULL)
        plan->options.recipe = pw_recipe_name(0);
    plan->options.flavour = option_text(app, OPTION_FLAVOUR);
    plan->options.dialect = option_text(app, OPTION_DIALECT);
    plan->options.no_negative = true;
    TRY(option_integer(app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    TRY(option_integer(app, OPTION_CLIP_SKIP, -PW_MODEL_LAYERS_MAX, PW_MODEL_LAYERS_MAX,
                       &skip));
    plan->options.pad_id = (int32_t)pad_id;
    plan->options.clip_skip = (int32_t)skip;
    TRY(tokens_read_length(app, &plan->options.length, &plan->options.n_length));
    if (mask != NULL)
        plan->options.mask = pw_mask_rule_from_name(mask);
    return app_model_options(app, &plan->model);
}

struct looking {
    const struct pads *pads;
    const struct encode *encode;
    int status; /* of what failed between the library's calls; it has been said */
};

static void look_on(void *user, const pw_planned *planned)
{
    struct looking *looking = user;
    const struct pads *pads = looking->pads;

    if (pads->look != NULL && looking->status == DONE)
        looking->status = pads->look(pads->look_user, pads->n,
                                     &looking->encode->given[planned->i_encoder], planned);
}

static int run(const struct pads *pads, struct encode *encode, const pw_prompt_texts *prompts,
               size_t n, pw_tensor_set **set, const char **name)
{
    struct app *app = encode->app;
    pw_conditioning_options *options = &encode->plan.options;
    struct looking looking = {.pads = pads, .encode = encode, .status = DONE};
    const char *only[1];
    pw_status status;
    pw_error err;

    TRY(read_plan(app, &encode->plan));
    TRY(encode_open(encode));
    *name =
        strcmp(options->recipe, pw_recipe_name(0)) == 0 ? "last_hidden_state" : "prompt_embeds";
    only[0] = *name;
    options->only = only;
    options->n_only = 1;
    options->on_plan = look_on;
    options->user = &looking;
    progress_start(&app->progress, "encoding", "prompts");
    status = pw_conditioning_encode(set, app->ctx, encode->given, encode->places.n, prompts, n,
                                    options, &err);
    progress_stop(&app->progress);
    if (looking.status != DONE)
        return looking.status;
    return status == PW_OK ? DONE : fail_with(app, &err);
}

int pads_encode(struct pads *pads, const pw_prompt_texts *prompts, size_t n,
                pw_tensor_set **set, const char **name)
{
    struct encode encode = {.app = pads->app};
    int status;

    *set = NULL;
    status = run(pads, &encode, prompts, n, set, name);
    encode_close(&encode);
    return status;
}

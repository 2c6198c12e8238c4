/* SPDX-License-Identifier: MIT */
/* What a dialect is: a reader, the rule for equal neighbours, a chunker and a formula,
 * together. The rows are in dialects.def; nothing else in the room asks for a dialect by name.
 */
#ifndef PWI_PROMPT_DIALECT_H
#define PWI_PROMPT_DIALECT_H

#include "prompt/plan.h"
#include "prompt/prompt.h"

/* Text to weighted pieces, for dialects whose prompt is one text. */
typedef pw_status (*pwi_grammar_fn)(pwi_segments *segments, const pwi_script *text,
                                    pw_error *err);

/* The whole prompt into parts and conditions. */
typedef pw_status (*pwi_read_fn)(pw_prompt *prompt, pw_error *err);

/* How weights become the numbers that multiply. */
typedef enum pwi_weight_dtype {
    PWI_WEIGHTS_F64,
    PWI_WEIGHTS_F16
} pwi_weight_dtype;

/* How outputs are made equally long. */
typedef enum pwi_equal {
    PWI_EQUAL_NOT,    /* they are */
    PWI_EQUAL_REPEAT, /* whole, to the least common multiple */
    PWI_EQUAL_EMPTY   /* with the encoding of the empty prompt */
} pwi_equal;

typedef enum pwi_pooled {
    PWI_POOLED_FIRST, /* chunk, unweighted */
    PWI_POOLED_LAST,
    PWI_POOLED_RAW /* the prompt with its syntax, as one chunk */
} pwi_pooled;

/* ADV_CLIP_emb's weights, in this order. */
#define PWI_ADV_NONE   0u
#define PWI_ADV_LENGTH 1u /* a long piece weighs less a token */
#define PWI_ADV_MEAN   2u /* the mean weight becomes 1 */
#define PWI_ADV_SCALE  4u /* the greatest weight becomes 1 */

typedef struct pwi_dialect {
    const char *name, *summary;
    pwi_read_fn read;
    pwi_grammar_fn grammar; /* of readers that take one */
    const char *joint;      /* between equal neighbours; NULL: they stay apart */
    pwi_cut_fn cut;         /* pieces to tokens (names of embeddings among them) */
    pwi_chunk_fn chunk;     /* tokens to chunks */
    pwi_weigh_fn weigh;     /* chunks to maps */
    pwi_equal equal;
    pwi_pooled pooled;
    pwi_weight_dtype weights;
    bool has_batches; /* the texts of a schedule are encoded together and share means */
    unsigned adv;     /* of adv: what is done to weights before the formula */
} pwi_dialect;

const pwi_dialect *pwi_dialect_at(int32_t i);

/* Readers. */
pw_status pwi_read_text(pw_prompt *prompt, pw_error *err);     /* one text by the grammar */
pw_status pwi_read_or_empty(pw_prompt *prompt, pw_error *err); /* "" is the word "empty" */

pw_status pwi_read_a1111(pw_prompt *prompt, pw_error *err);
pw_status pwi_read_compel(pw_prompt *prompt, pw_error *err);

/* Grammars. */
pw_status pwi_grammar_plain(pwi_segments *segments, const pwi_script *text, pw_error *err);
pw_status pwi_grammar_lecture(pwi_segments *segments, const pwi_script *text, pw_error *err);
pw_status pwi_grammar_a1111(pwi_segments *segments, const pwi_script *text, pw_error *err);
pw_status pwi_grammar_lpw(pwi_segments *segments, const pwi_script *text, pw_error *err);
pw_status pwi_grammar_lpw_xl(pwi_segments *segments, const pwi_script *text, pw_error *err);
pw_status pwi_grammar_sd_embed(pwi_segments *segments, const pwi_script *text, pw_error *err);
pw_status pwi_grammar_comfyui(pwi_segments *segments, const pwi_script *text, pw_error *err);

/* Cuts. */
pw_status pwi_cut_segments(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_cut_comfyui(pwi_plan_build *build, pwi_layout *layout, pw_error *err);

/* Chunkers. */
pw_status pwi_chunk_cut(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_chunk_comfyui(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_chunk_adv(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_chunk_a1111(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_chunk_lpw(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_chunk_groups(pwi_plan_build *build, pwi_layout *layout, pw_error *err);
pw_status pwi_chunk_compel(pwi_plan_build *build, pwi_layout *layout, pw_error *err);

/* Formulas. */
pw_status pwi_weigh_scale(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                          pw_error *err);
pw_status pwi_weigh_a1111(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                          pw_error *err);
pw_status pwi_weigh_mean(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                         pw_error *err);
pw_status pwi_weigh_lpw(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                        pw_error *err);
pw_status pwi_weigh_to_end(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                           pw_error *err);
pw_status pwi_weigh_comfyui(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                            pw_error *err);
pw_status pwi_weigh_adv_compel(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                               pw_error *err);
pw_status pwi_weigh_adv_comfy(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                              pw_error *err);
pw_status pwi_weigh_adv_down(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                             pw_error *err);
pw_status pwi_weigh_compel(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                           pw_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/* The claims about pads and masks that are made in public, as data: a new claim is a new row.
 * What decides it is named before anything is measured; the verdict is the check's, by that. */
#include "audit_run.h"

#define PROMPTS     "Pads across prompts, and within one"
#define DEPENDENCE  "What depends on pads"
#define MASKS       "Masks, zeros, the empty prompt"
#define OTHERS      "Encoders that are not here"
#define LECTURE     "The lecture's weights and masks"
#define BELIEF      "a common belief"
#define NOTEBOOK    "notebook of the \"Latent Vandalism\" workshop"
#define THE_LECTURE "the lecture that padwise comes from (Vogel 2025)"
#define KOHYA       "a comment on kohya-ss/sd-scripts, issue 1374"

/* Cosines from here on are called "nearly identical" where claims do. */
#define ALIKE 0.9

/* What a weight may be off, and what of a row's norm a formula may leave unexplained. */
#define WEIGHT_OFF  0.001
#define UNEXPLAINED 0.001

const struct claim audit_claims[] = {
    {"same-position", PROMPTS, "Pads at the same position are nearly identical across prompts.",
     NOTEBOOK ", from position 50",
     "true if they are equal in every bit, or if their mean cosine is at least {} even at the "
     "position where it is least; false if its 95 % interval there lies below",
     ALIKE, NULL, audit_same_position, TAKES_NOTHING},
    {"one-prompt", NULL, "Within one prompt pads differ only slightly by position.",
     "said of the workshop's tensors",
     "true if the least cosine between two pads of a prompt, as a mean over prompts, is at "
     "least {}; false if its 95 % interval lies below",
     ALIKE, NULL, audit_one_prompt, TAKES_NOTHING},
    {"noise", NULL, "Pads are noise: they do not tell which prompt they belong to.", BELIEF,
     "false if the pads' mean is nearest to its own prompt's EOS more often than chance (its "
     "95 % interval lies above); true if pads are equal in every bit across prompts",
     0, NULL, audit_noise, TAKES_NOTHING},
    {"placeholders", NULL, "Pads are placeholders; the picture takes nothing from them.",
     BELIEF, NULL, 0,
     "it is about pictures. Measured elsewhere: false for LDM, LLaMA-UNet, SD 1.4 and MM-DiTs, "
     "true on averages for SD2 and SDXL (Padding Tone; CVPR 2026, arXiv 2605.02908)",
     audit_placeholders, TAKES_NOTHING},
    {"frozen-encoder", NULL, "Pads are ignored wherever the encoder was frozen.",
     "Padding Tone (NAACL 2025, arXiv 2501.06751)", NULL, 0,
     "it is about pictures of several generators. It was not tested on SD 1, whose pad is EOS, "
     "and SD 1.4 contradicts it (arXiv 2605.02908)",
     audit_frozen, TAKES_NOTHING},

    {"flux-pads", DEPENDENCE, "Editing CLIP's pads changes what Flux draws.", NOTEBOOK,
     "true if the pooled row, which is all that Flux takes from CLIP, changes a bit under some "
     "edit of the pads; false if it keeps every bit under all",
     0, NULL, audit_flux, TAKES_NOTHING},
    {"pooled-last", NULL, "The pooled vector is the last row.",
     "the same notebook, which gives Flux row 76",
     "true if every padded prompt's pooled vector has the bits of its last row; false if one "
     "has not",
     0, NULL, audit_pooled_last, TAKES_NOTHING},
    {"bos-gathers", NULL, "BOS gathers what the prompt says.",
     "Attend-and-Excite (text; issue 9 of its repository)",
     "true if the BOS rows of some prompts differ; false if all are equal in every bit", 0,
     NULL, audit_bos, TAKES_NOTHING},
    {"padding-neutral", NULL, "With the correct mask padding changes nothing.", BELIEF,
     "true if rows up to EOS and the pooled vector keep every bit at every length, and alone "
     "as in a batch; false if one does not",
     0, NULL, audit_padding_neutral, TAKES_ENCODER},

    {"sd-masks", MASKS, "Stable Diffusion masks the pads in CLIP.", BELIEF,
     "true if the pads of recipe sd15 have the bits of those under a mask; false if they have "
     "the bits of those under none",
     0, NULL, audit_sd_masks, TAKES_ENCODER},
    {"mask-improves", NULL, "Masking always improves the result.", BELIEF, NULL, 0,
     "it is about pictures, and depends on the mask that the generator was trained with",
     audit_mask_improves, TAKES_NOTHING},
    {"zeros-uncond", NULL, "Zeros are the unconditional embedding.", BELIEF, NULL, 0,
     "it depends on what the generator was trained with: zeros hold for SDXL without a "
     "negative prompt and for some trainings of SD3",
     audit_zeros, TAKES_NOTHING},
    {"empty-prompt", NULL, "The empty prompt is no prompt.", BELIEF,
     "true if all rows of the encoded \"\" are zeros, which is what no prompt becomes where it "
     "differs from \"\"; false if one is not",
     0, NULL, audit_empty, TAKES_ENCODER},

    {"t5-repeats", OTHERS, "T5's pads repeat the last token.", KOHYA, NULL, 0,
     "this version has no T5 encoder (T5 pads with id 0 behind </s>)", NULL, TAKES_NOTHING},
    {"t5-flux", NULL, "T5 handles pads correctly in Flux and SD3.", KOHYA, NULL, 0,
     "this version has no T5 encoder (both pipelines pass it no mask)", NULL, TAKES_NOTHING},
    {"bert-padding", NULL, "With the correct mask padding changes nothing, on either side.",
     BELIEF ", of BERT and sentence embeddings", NULL, 0, "this version has no BERT encoder",
     NULL, TAKES_NOTHING},

    {"brackets", LECTURE, "[x] weighs x by 0.9.", THE_LECTURE,
     "true if [x] gives 0.9, to within {}, in every dialect that reads it as a weight; false "
     "if one gives another number",
     WEIGHT_OFF, NULL, audit_brackets, TAKES_NOTHING},
    {"compel-scales", NULL, "Compel's weights scale rows.", THE_LECTURE,
     "true if every row of a weight is the unweighted row times it, to within {} of its norm; "
     "false if one is not",
     UNEXPLAINED, NULL, audit_compel, TAKES_NOTHING},
    {"maskpad-eos", NULL, "MaskPAD, a_i = 0 where the id is the pad's, keeps EOS visible.",
     THE_LECTURE, "true if it leaves EOS visible in every prompt; false if it hides it in one",
     0, NULL, audit_maskpad, TAKES_NOTHING},
    {"weights-above-1", NULL, "Weights are above 1.", THE_LECTURE,
     "true if no dialect reads a weight below 1; false if one does", 0, NULL, audit_above_one,
     TAKES_NOTHING},
};

const size_t n_audit_claims = sizeof(audit_claims) / sizeof(*audit_claims);

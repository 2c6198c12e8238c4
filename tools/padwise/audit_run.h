/* SPDX-License-Identifier: MIT */
/* `padwise audit`, shared by its files: the claims, what is at hand, and what was found. */
#ifndef TOOL_AUDIT_RUN_H
#define TOOL_AUDIT_RUN_H

#include "scan.h"

#include <padwise/audit.h>

#define AUDIT_NUMBERS_MAX 16

struct audit;
struct claim;

/* What a check hands over. Pool memory but for the builders. */
struct finding {
    struct builder measured, n, reason; /* sentences, without a full stop */
    size_t n_prompts;
    size_t tokens_min, tokens_max; /* of them; 0: not of prompts */
    pw_estimate estimate;          /* whose interval is shown */
    const char *estimate_of;       /* NULL: nothing was measured that has one */
    pw_verdict verdict;

    struct {
        const char *key;
        double value;
    } numbers[AUDIT_NUMBERS_MAX];

    size_t n_numbers;
};

/* What a check cannot do without; it is not asked where that is not there. */
enum claim_takes {
    TAKES_NOTHING, /* beside the inputs */
    TAKES_ENCODER
};

struct claim {
    const char *name, *group; /* group NULL: that of the claim before */
    const char *text, *where;
    const char *criterion; /* "{}" stands for the limit; NULL: nothing here decides it */
    double limit;
    const char *open; /* why nothing here decides it; NULL: something may */
    int (*check)(struct audit *audit, const struct claim *claim, struct finding *finding);
    enum claim_takes takes;
};

extern const struct claim audit_claims[];
extern const size_t n_audit_claims;

/* An encoder, its texts, and these under the mask hf at full length. */
struct audit_encoder {
    struct scan_encoder scan;
    bool is_open, is_encoded;
    struct scan_text *texts; /* [n] */
    size_t n, n_tokens;
    struct scan_batch base, scratch; /* scratch: room for as many, of any length up to that */
};

struct audit {
    struct pads pads;
    bool *chosen;                /* [n_audit_claims] */
    bool has_prompts;            /* some inputs were encoded here */
    bool is_default;             /* inputs are the prompts of our own */
    bool encodes;                /* there is an encoder that the inputs belong to */
    struct audit_encoder of_own; /* the one of the inputs; else the built-in one */
    const char *group;           /* of the claim that was shown last */
};

/* ---- audit_finding.c: what checks say. */

void finding_number(struct finding *finding, const char *key, double value);

/* The mean of one value a prompt, with its interval: what the finding shows. */
int finding_estimate(struct audit *audit, struct finding *finding, const double *values,
                     size_t n, const char *of);

/* The same of one value an input: no interval where inputs share prompts. */
int finding_estimate_inputs(struct audit *audit, struct finding *finding, const double *values,
                            const char *of);

/* The estimate into what was measured, times a factor: "0.12 (0.08 to 0.20 by prompt)". */
void finding_spread(struct finding *finding, int n_decimals, double factor, const char *unit);

/* Verdicts, each with the reason that follows from the numbers. */
void finding_judge_mean(const struct claim *claim, struct finding *finding);

/* cases: "prompts", in the plural. */
void finding_judge_all(const struct claim *claim, struct finding *finding, size_t n_hold,
                       size_t n, const char *cases);

/* The finding is about the inputs' rows; "n" says how many. */
void finding_of_inputs(const struct audit *audit, struct finding *finding);

/* The finding is about the encoder's texts. */
void finding_of_texts(const struct audit *audit, struct finding *finding);

/* Nothing could be measured: why, and the command line that would decide it, where more inputs
 * or an encoder would. */
void finding_lacks(const struct claim *claim, struct finding *finding, const char *why,
                   const char *arguments);
void finding_lacks_encoder(const struct claim *claim, struct finding *finding);

/* Nothing here decides the claim, and what is near it was not measured: what measures it. */
void finding_near(const struct claim *claim, struct finding *finding, const char *arguments);

/* "all 15", "3 of 15" */
void finding_count(struct builder *out, size_t n_hold, size_t n);

/* ---- audit_inputs.c: inputs, prompts of our own, encoder. */

int audit_read(struct audit *audit);
void audit_close(struct audit *audit);

/* Opens what dialects are asked with: the inputs' encoder, else the built-in one. */
int audit_open(struct audit *audit);

/* Opens, and encodes the texts. */
int audit_encode(struct audit *audit);

/* The texts under other conditions, into the scratch batch: length 0 is the full one. Texts
 * that are longer than the length are left out: *n are in. pad_id -1: the encoder's. */
int audit_variant(struct audit *audit, size_t n_tokens, pw_mask_rule mask, int32_t pad_id,
                  size_t *n);

/* Text i's rows in a batch, and how many of them are no pads. */
const float *audit_row(const struct audit *audit, const struct scan_batch *batch, size_t i,
                       size_t row);
size_t audit_n_real(const struct audit *audit, size_t i);

/* ---- The checks. */

/* audit_pads.c */
int audit_same_position(struct audit *, const struct claim *, struct finding *);
int audit_one_prompt(struct audit *, const struct claim *, struct finding *);
int audit_noise(struct audit *, const struct claim *, struct finding *);
int audit_placeholders(struct audit *, const struct claim *, struct finding *);
int audit_bos(struct audit *, const struct claim *, struct finding *);

/* audit_unet.c */
int audit_frozen(struct audit *, const struct claim *, struct finding *);

/* audit_pooled.c */
int audit_flux(struct audit *, const struct claim *, struct finding *);
int audit_pooled_last(struct audit *, const struct claim *, struct finding *);

/* audit_masks.c */
int audit_padding_neutral(struct audit *, const struct claim *, struct finding *);
int audit_sd_masks(struct audit *, const struct claim *, struct finding *);
int audit_mask_improves(struct audit *, const struct claim *, struct finding *);
int audit_zeros(struct audit *, const struct claim *, struct finding *);
int audit_empty(struct audit *, const struct claim *, struct finding *);

/* audit_lecture.c */
int audit_brackets(struct audit *, const struct claim *, struct finding *);
int audit_compel(struct audit *, const struct claim *, struct finding *);
int audit_maskpad(struct audit *, const struct claim *, struct finding *);
int audit_above_one(struct audit *, const struct claim *, struct finding *);

/* ---- audit_show.c */
int audit_show_start(struct audit *audit);

/* Also frees what the finding holds. */
int audit_show(struct audit *audit, const struct claim *claim, struct finding *finding);
int audit_show_end(struct audit *audit, const size_t n_verdicts[PW_N_VERDICTS]);
int audit_show_list(struct audit *audit);

#endif

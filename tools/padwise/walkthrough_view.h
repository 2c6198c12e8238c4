/* SPDX-License-Identifier: MIT */
/* `padwise walkthrough`, shared by its files: the steps as paragraphs and sheets, which are
 * then written as text or as a page. */
#ifndef TOOL_WALKTHROUGH_VIEW_H
#define TOOL_WALKTHROUGH_VIEW_H

#include "app.h"

#define PADWISE_EXPERIMENTAL
#include <padwise/walkthrough.h>

#define WALK_STEPS 10

struct walk {
    struct app *app;
    pw_walkthrough *walkthrough;
    pw_walkthrough_numbers numbers;
    pw_walkthrough_facts facts;
    const char *source; /* where the embeddings are from: "the built-in model", a path */
    size_t first_step, end_step; /* steps that are shown, from 0 */
    bool is_file;                /* --embeddings */
    bool is_untrained;           /* the built-in model */
    bool pad_is_end;             /* pads have the id of the tokenizer's end token */
    pw_text *sentences;          /* [N] or NULL */
    const char **labels;         /* [N,T]: each position's token as it is shown */
};

/* walkthrough_labels.c: the words of a file, or the tokenizer's texts. */
int walk_label_words(struct walk *walk);
int walk_label_tokens(struct walk *walk, const pw_tokenizer *tokenizer);

/* walkthrough_prose.c: title of a step from 0, its one-line answer, and its paragraphs, one a
 * line. Code stands in backticks. */
const char *walk_title(size_t step);
void walk_prose(const struct walk *walk, size_t step, struct builder *out);

/* walkthrough_sheets.c: tables that are not built but asked for their cells. */
enum cell_style {
    CELL_PLAIN,
    CELL_HIDDEN, /* a key that the query may not see */
    CELL_STRONG,
    CELL_PAD
};

struct cell {
    char text[40];
    enum cell_style style;
    double shade; /* 0 to 1: how dark it is; below 0: not shaded */
};

struct sheet {
    const struct walk *walk;
    char caption[96], corner[12]; /* corner: what stands over the row labels */
    size_t n_rows, n_columns;
    size_t cell_width; /* columns of a terminal that its cells need */
    bool is_left;      /* cells are texts */
    bool is_picture;   /* shades say what the numbers say */
    void (*put_cell)(const struct sheet *sheet, size_t row, size_t column, struct cell *cell);
    const char *(*row_label)(const struct sheet *sheet, size_t row);
    /* In `buffer` or elsewhere. */
    const char *(*column_label)(const struct sheet *sheet, size_t column, char buffer[24]);
    bool (*is_dim)(const struct sheet *sheet, size_t row); /* NULL: none */
    /* Of one sentence: */
    size_t i_sentence;
    const pw_walkthrough_pass *pass; /* NULL: what the sheet shows is hidden from nobody */
    const double *values;            /* [N,T,T] or [N,T,D] */
};

/* Sheets that belong beside each other. */
#define WALK_BESIDE_MAX 2

struct spread {
    struct sheet sheets[WALK_BESIDE_MAX];
    size_t n;
};

/* Of n rows or columns so many are shown: n, or some from both ends around a gap. */
struct window {
    size_t n_shown; /* with the gap */
    size_t gap;     /* which of those shown is the gap; n_shown: none */
    size_t skipped; /* how many it stands for, less itself */
};

struct window walk_window(size_t n, size_t n_max);
size_t walk_window_at(const struct window *window, size_t shown);

/* Sheets of sentences that are shown; --json has all. */
size_t walk_n_shown(const struct walk *walk, size_t n_max);

/* The i-th spread of a step; sentences after the first n_sentences are left out. */
bool walk_spread(const struct walk *walk, size_t step, size_t i, size_t n_sentences,
                 struct spread *spread);

/* walkthrough_text.c, walkthrough_html.c, walkthrough_json.c */
int walk_text(struct walk *walk);
int walk_html(struct walk *walk);
int walk_json(struct walk *walk);

/* walkthrough_plot.c: the picture of --plot. */
int walk_draw(const struct walk *walk, const char *path);

#endif

/* SPDX-License-Identifier: MIT */
/* `padwise info`: what is known of a path, and the two ways to say it. */
#ifndef TOOL_INFO_H
#define TOOL_INFO_H

#include <padwise/edit.h>

#include "app.h"
#include "find.h"
#include "json_out.h"

#define ENCODERS_MAX 8

struct info {
    struct app *app;
    const char *given, *path; /* as written, and the path of a hub name */
    const char *kind, *layout;
    pw_file *file;                      /* NULL for a pipeline's folder */
    pw_model_scan *scans[ENCODERS_MAX]; /* one, or one an encoder folder of a pipeline */
    size_t n_scans;
    const pw_model_info *encoders[ENCODERS_MAX];
    size_t n_encoders;
    const char *encoder_folder;       /* of a pipeline: the first; its tokenizer is shown */
    pw_pipeline_info pipeline;        /* class_name "" where it is no pipeline's folder */
    const char *recipe;               /* NULL: none, or none that is known */
    struct found_tokenizer tokenizer; /* zeroed where none was found */
    const char *manifest_text;        /* NULL unless this is a conditioning file */
    pw_manifest *manifest;
    pw_manifest_info manifest_info;
    pw_edits *edits; /* NULL: none are written down */
    char fingerprint[PW_FINGERPRINT_HEX + 1], digest[PW_FINGERPRINT_HEX + 1];
};

int info_print_json(struct info *info, bool *stop);
int info_print_text(struct info *info, bool *stop);

/* diagram.c: the blocks of an encoder. */
void diagram_draw(struct builder *out, const pw_model_info *model);

#endif

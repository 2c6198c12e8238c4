/* SPDX-License-Identifier: MIT */
/* Finding the text encoders of a path: a file, a folder, or a diffusers folder with its
 * text_encoder subfolders. */
#ifndef PWI_MODELS_SCAN_H
#define PWI_MODELS_SCAN_H

#include "base/arena.h"
#include "models/clip_config.h"
#include "models/clip_text.h"
#include "models/layouts.h"

/* One encoder of one file. */
typedef struct pwi_found {
    const pw_file *file;
    const pwi_layout *layout;
    const char *
        folder; /* "text_encoder_2" in a diffusers folder, else NULL: `which` may name it too */
    pwi_clip_text clip; /* sizes, epsilon and activation; no weights */
    pw_model_info info;
} pwi_found;

#define PWI_SCAN_FILES_MAX    4
#define PWI_SCAN_ENCODERS_MAX 16

struct pw_model_scan {
    pw_context *ctx;
    pwi_arena arena;
    pw_model_options options;
    pw_file *files[PWI_SCAN_FILES_MAX];
    size_t n_files;
    pwi_found found[PWI_SCAN_ENCODERS_MAX];
    size_t n_found;
};

/* The encoder that `which` names, or the only one. PW_ERR_NOT_FOUND, naming those that there
 * are. */
pw_status pwi_scan_choose(const pw_model_scan *scan, const char *path, const char *which,
                          const pwi_found **out, pw_error *err);

/* The file of an encoder, for the caller to free; the scan is of no use any more. */
pw_file *pwi_scan_take_file(pw_model_scan *scan, const pwi_found *found);

/* The caller's options over the defaults, checked. */
pw_status pwi_model_options_of(pw_model_options *options, const pw_model_options *given,
                               pw_error *err);

#endif

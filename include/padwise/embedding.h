/* SPDX-License-Identifier: MIT */
/* Textual inversion: files whose vectors stand for a name in a prompt. pw_embeddings lists
 * folders of such files, says what a dialect calls each, and hands every encoder the array that
 * pw_prompt_encoder wants; docs/embeddings.md has the rules.
 *
 *     pw_embeddings_open       folders -> names; of every file the header is read
 *     pw_embeddings_of         -> pw_prompt_encoder.embeddings of each encoder
 *     pw_plan_create           names in the prompt -> pw_injection
 *     pw_embeddings_load_used  the vectors that the plan injects, and no others
 *
 * A name is looked up among the files that were found, never as a path: a prompt cannot lead
 * out of the folders. */
#ifndef PADWISE_EMBEDDING_H
#define PADWISE_EMBEDDING_H

#include "prompt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named limits; over one is PW_ERR_LIMIT. Those of a file matter only when the file is used. */
#define PW_EMBEDDING_FOLDERS_MAX  4096
#define PW_EMBEDDING_DEPTH_MAX    16 /* folders below one that was given */
#define PW_EMBEDDING_FILES_MAX    16384
#define PW_EMBEDDING_TENSORS_MAX  64   /* of a file */
#define PW_EMBEDDING_VECTORS_MAX  1024 /* of a name; their width: PW_MODEL_WIDTH_MAX */
#define PW_EMBEDDING_ENCODERS_MAX 8

/** Whom vectors are for. */
typedef struct pw_embedding_encoder {
    const char *name; /* "clip_l", "clip_g", "clip_h", "t5"; NULL: has none */
    size_t width;     /* of its token embeddings: 768, ... */
} pw_embedding_encoder;

/** Threads: one at a time while vectors are loaded; else any. */
typedef struct pw_embeddings pw_embeddings;

/** List folders, and all folders in them, for the encoders of one pipeline. Links are followed.
 * Files are .safetensors; .pt and .bin are listed and refused when used, with a sentence that
 * says how to convert them. Of each file the header is read; one that cannot be read is listed,
 * too, and refused when used.
 *  @param folders   [n_folders], in the order in which they are searched.
 *  @param dialect   pw_dialect_find: how names are written, and which file fits. Dialects that
 * know no embeddings get no names.
 *  @param encoders  [n_encoders], all encoders of the pipeline; copied.
 *  @return PW_OK; PW_ERR_NOT_FOUND and PW_ERR_IO (err->where is the folder); PW_ERR_LIMIT;
 * PW_ERR_ARGUMENT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_embeddings_open(pw_embeddings **out, pw_context *ctx,
                                                 const char *const *folders, size_t n_folders,
                                                 int32_t dialect,
                                                 const pw_embedding_encoder *encoders,
                                                 size_t n_encoders, pw_error *err);
PW_API void pw_embeddings_free(pw_embeddings *embeddings);

/** The names as encoder i_encoder sees them, for pw_prompt_encoder.embeddings: [*n], the same
 * names in the same order for every encoder; one file may have several. vectors is NULL until
 * they are loaded. Set pw_prompt_encoder.width, too: the plan compares. Lives as long as the
 * object.   Since: 0.1 */
PW_API const pw_embedding *pw_embeddings_of(const pw_embeddings *embeddings, size_t i_encoder,
                                            size_t *n);

/** The path of the file behind name i, NULL past the end.   Since: 0.1 */
PW_API const char *pw_embeddings_path(const pw_embeddings *embeddings, size_t i);

/** Load the vectors of name i for an encoder, as f32; once, later calls do nothing. Values that
 * are not finite are kept, with a warning.
 *  @return PW_OK; PW_ERR_FOREIGN (a pickle); PW_ERR_UNSUPPORTED (no tensor in it can be meant);
 * PW_ERR_LIMIT; PW_ERR_MISMATCH (the file changed since it was listed); PW_ERR_ARGUMENT; what
 * the file breaks (file.h).   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_embeddings_load(pw_embeddings *embeddings, size_t i_encoder,
                                                 size_t i, pw_error *err);

/** Load what the sequences of a plan inject. The plan was made with this encoder's array.
 *  @return as pw_embeddings_load.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_embeddings_load_used(pw_embeddings *embeddings,
                                                      size_t i_encoder, const pw_plan *plan,
                                                      pw_error *err);

#ifdef __cplusplus
}
#endif

#endif

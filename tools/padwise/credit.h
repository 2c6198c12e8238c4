/* SPDX-License-Identifier: MIT */
/* Whose data it is: the line under every table and picture that is made from somebody's
 * tensors.
 */
#ifndef TOOL_CREDIT_H
#define TOOL_CREDIT_H

#include "app.h"

/* The credit that is due for a set: --credit, else the file's own fields (author, credit,
 * license, licence, source), else, for the form of the Latent Vandalism workshop, its author
 * and licence. *credit is NULL where nothing is known; in the pool. Data that was changed is
 * called modified. */
int credit_of(struct app *app, const pw_tensor_set *set, const char **credit);

/* The same for a file, of which no tensor need be read. */
int credit_of_file(struct app *app, const pw_file *file, const char **credit);

/* A file's fields as a set without tensors, which the caller frees. */
int credit_fields(struct app *app, const pw_file *file, pw_tensor_set **fields);

/* Both credits as one line, in the pool; either may be NULL. What the line has already is not
 * said twice: where only one of the two is modified it says "partly modified". */
int credit_join(struct app *app, const char **credit, const char *other);

/* A credit without ", modified" or ", partly modified", in the pool: as a file keeps it, whose
 * reader finds that out anew. */
int credit_bare(struct app *app, const char **credit);

/* The line under a table, in words that fit the output; nothing where credit is NULL. */
void credit_put(struct app *app, struct builder *out, const char *credit);

#endif

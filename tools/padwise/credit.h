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

#endif

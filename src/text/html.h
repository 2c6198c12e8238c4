/* SPDX-License-Identifier: MIT */
/* HTML character references: the tables of names (html_entities_table.c, made by
 * scripts/gen_html_entities.py) and numbers as Python's html.unescape reads them. */
#ifndef PWI_TEXT_HTML_H
#define PWI_TEXT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

#define PWI_ENTITY_NAME_MAX        31
#define PWI_ENTITY_LEGACY_NAME_MAX 6

/* "amp" means "&": one to three characters, then zeros. */
typedef struct pwi_entity {
    char name[PWI_ENTITY_NAME_MAX + 1]; /* without "&" and ";" */
    uint32_t to[3];
    bool is_legacy; /* known without the ";" too */
} pwi_entity;

/* Sorted by name. */
extern const pwi_entity pwi_html5_entities[];
extern const size_t pwi_n_html5_entities;
extern const pwi_entity pwi_capital_entities[]; /* ftfy's "&NTILDE;" */
extern const size_t pwi_n_capital_entities;

/* The entity of that name, or NULL. */
const pwi_entity *pwi_entity_find(const pwi_entity *table, size_t n, const char *name,
                                  size_t size);

/* Characters of the number "&#65" or "&#x41" that begins at character i, without the ";"; 0 if
 * none does. *code is what it means; PWI_NO_CHARACTER for a number that stands for nothing. */
#define PWI_NO_CHARACTER UINT32_MAX
size_t pwi_entity_number(const pwi_text *text, size_t i, uint32_t *code);

/* ASCII letters and digits from character i on into name, at most size_max of them; their
 * count. */
size_t pwi_entity_name(const pwi_text *text, size_t i, char *name, size_t size_max);

/* Reads the reference that begins with the "&" at character i: appends what it means, and
 * returns the characters read; 0: it is none. */
typedef size_t (*pwi_reference_fn)(pwi_text *out, const pwi_text *in, size_t i);

/* The text with its references read: "&#..." by put_number, others by put_named. */
void pwi_references_read(pwi_text *out, const pwi_text *in, pwi_reference_fn put_number,
                         pwi_reference_fn put_named);

/* Append the characters of an entity for characters first .. last - 1 of `in`. */
void pwi_entity_put(pwi_text *out, const pwi_entity *entity, const pwi_text *in, size_t first,
                    size_t last);

#endif

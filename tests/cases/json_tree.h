/* SPDX-License-Identifier: MIT */
/* A JSON value held whole: what a case expects comes in many forms and is looked at in any
 * order. For test programs, on malloc. */
#ifndef PWI_TESTS_JSON_TREE_H
#define PWI_TESTS_JSON_TREE_H

#include "formats/json.h"

typedef struct json_node {
    pwi_json_event kind; /* NULL, FALSE, TRUE, NUMBER, STRING, ARRAY_BEGIN, OBJECT_BEGIN */
    double number;
    char *text; /* of STRING and NUMBER: size bytes, terminated */
    size_t size;
    char *key;               /* of a member of an object */
    struct json_node *items; /* of arrays and objects */
    size_t n;
} json_node;

/* The value whose first event was just read. Free it even after a failure. */
pw_status json_tree_read(pwi_json *json, json_node *node, pw_error *err);
void json_tree_free(json_node *node);

/* The member of that name, or NULL (also where node is NULL or no object). */
const json_node *json_member(const json_node *node, const char *key);

/* The text of a string member, or NULL. */
const char *json_string(const json_node *node, const char *key);

bool json_is_array(const json_node *node);

/* The i-th item of an array is this number. */
bool json_item_is(const json_node *array, size_t i, double number);

#endif

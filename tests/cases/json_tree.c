/* SPDX-License-Identifier: MIT */
/* JSON values as trees, read by the streaming reader. The reader bounds the depth. */
#include "json_tree.h"

#include <stdlib.h>
#include <string.h>

static char *copy(const char *text, size_t size)
{
    char *made = malloc(size + 1);

    if (made != NULL) {
        memcpy(made, text, size);
        made[size] = '\0';
    }
    return made;
}

static json_node *add_item(json_node *node)
{
    json_node *grown = realloc(node->items, (node->n + 1) * sizeof(*grown));

    if (grown == NULL)
        return NULL;
    node->items = grown;
    memset(&grown[node->n], 0, sizeof(*grown));
    return &grown[node->n++];
}

static pw_status read_items(pwi_json *json, json_node *node, pw_error *err)
{
    const bool is_object = node->kind == PWI_JSON_OBJECT_BEGIN;

    for (;;) {
        json_node *item;

        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END || json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        item = add_item(node);
        if (item == NULL)
            return pwi_fail_memory(err);
        if (is_object) {
            item->key = copy(json->text, json->size);
            if (item->key == NULL)
                return pwi_fail_memory(err);
            PWI_TRY(pwi_json_next(json, err));
        }
        PWI_TRY(json_tree_read(json, item, err));
    }
}

pw_status json_tree_read(pwi_json *json, json_node *node, pw_error *err)
{
    node->kind = json->event;
    if (json->event == PWI_JSON_NUMBER)
        PWI_TRY(pwi_json_f64(json, "a number", &node->number, err));
    if (json->event == PWI_JSON_NUMBER || json->event == PWI_JSON_STRING) {
        node->text = copy(json->text, json->size);
        node->size = json->size;
        return node->text == NULL ? pwi_fail_memory(err) : PW_OK;
    }
    if (json->event == PWI_JSON_ARRAY_BEGIN || json->event == PWI_JSON_OBJECT_BEGIN)
        return read_items(json, node, err);
    return PW_OK;
}

void json_tree_free(json_node *node)
{
    for (size_t i = 0; i < node->n; i++)
        json_tree_free(&node->items[i]);
    free(node->items);
    free(node->text);
    free(node->key);
    memset(node, 0, sizeof(*node));
}

const json_node *json_member(const json_node *node, const char *key)
{
    if (node == NULL || node->kind != PWI_JSON_OBJECT_BEGIN)
        return NULL;
    for (size_t i = 0; i < node->n; i++) {
        if (strcmp(node->items[i].key, key) == 0)
            return &node->items[i];
    }
    return NULL;
}

const char *json_string(const json_node *node, const char *key)
{
    const json_node *member = json_member(node, key);

    return member != NULL && member->kind == PWI_JSON_STRING ? member->text : NULL;
}

bool json_is_array(const json_node *node)
{
    return node != NULL && node->kind == PWI_JSON_ARRAY_BEGIN;
}

bool json_item_is(const json_node *array, size_t i, double number)
{
    return json_is_array(array) && i < array->n && array->items[i].kind == PWI_JSON_NUMBER &&
           array->items[i].number == number;
}

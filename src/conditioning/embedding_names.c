/* SPDX-License-Identifier: MIT */
/* What dialects call a file. ComfyUI tries a name in each folder, as it is and with the known
 * endings: a file is found by its path from any folder that it lies in. A1111 takes the file's
 * own name without ending. Of several files of one name the one whose folder is searched first
 * is used. */
#include <string.h>

#include "conditioning/embeddings.h"

#include "base/hash.h"
#include "formats/tensor_set.h"

pw_status pwi_embedding_name_comfyui(pwi_embedding_names *names, pwi_arena *arena,
                                     const pwi_embedding_list *list, uint32_t i_file,
                                     pw_error *err)
{
    const pwi_embedding_file *file = &list->files.items[i_file];
    const pwi_embedding_folder *folder;

    for (uint32_t i = file->i_folder; i != PWI_NONE; i = folder->i_parent) {
        folder = &list->folders.items[i];

        const pwi_embedding_name whole = {file->path + folder->names_at, i_file, PWI_NONE, i,
                                          0};
        const pwi_embedding_name short_name = {file->stem + folder->names_at, i_file, PWI_NONE,
                                               i, 1 + (uint32_t)file->ending};

        PWI_LIST_ADD(arena, names, whole, err);
        PWI_LIST_ADD(arena, names, short_name, err);
    }
    return PW_OK;
}

pw_status pwi_embedding_name_a1111(pwi_embedding_names *names, pwi_arena *arena,
                                   const pwi_embedding_list *list, uint32_t i_file,
                                   pw_error *err)
{
    const pwi_embedding_file *file = &list->files.items[i_file];
    const pwi_embedding_folder *folder = &list->folders.items[file->i_folder];
    const pwi_embedding_name name = {file->stem + folder->names_at, i_file, PWI_NONE,
                                     file->i_folder, (uint32_t)file->ending};

    PWI_LIST_ADD(arena, names, name, err);
    return PW_OK;
}

static bool is_used_before(const void *context, uint32_t a, uint32_t b)
{
    const pwi_embedding_name *names = context, *x = &names[a], *y = &names[b];

    if (x->i_searched != y->i_searched)
        return x->i_searched < y->i_searched;
    return x->rank != y->rank ? x->rank < y->rank : a < b;
}

/* The name's file is used; tell it of the other one unless that is only its twin with another
 * ending. */
static void meet_rival(pwi_embedding_name *name, const pwi_embedding_list *list,
                       uint32_t i_file)
{
    const pwi_embedding_file *used = &list->files.items[name->i_file];
    const pwi_embedding_file *other = &list->files.items[i_file];

    if (name->i_rival == PWI_NONE && strcmp(used->stem, other->stem) != 0)
        name->i_rival = i_file;
}

static pw_status keep_first(pwi_embedding_names *names, pwi_map *known, pwi_arena *arena,
                            const pwi_embedding_list *list, const pwi_embedding_names *all,
                            pw_error *err)
{
    uint32_t *order = pwi_arena_alloc(arena, (all->n + 1) * sizeof(*order));

    if (order == NULL)
        return pwi_fail_memory(err);
    for (uint32_t i = 0; i < all->n; i++)
        order[i] = i;
    pwi_sort(order, all->n, is_used_before, all->items);
    for (size_t i = 0; i < all->n; i++) {
        const pwi_embedding_name *name = &all->items[order[i]];
        const size_t size = strlen(name->text);
        bool added;

        if (!pwi_map_add(known, name->text, size, (uint32_t)names->n, &added))
            return pwi_fail_memory(err);
        if (added)
            PWI_LIST_ADD(arena, names, *name, err);
        else
            meet_rival(&names->items[pwi_map_find(known, name->text, size)], list,
                       name->i_file);
    }
    return PW_OK;
}

pw_status pwi_embedding_names_fill(pwi_embedding_names *names, pwi_arena *arena,
                                   const pwi_embedding_list *list,
                                   pwi_embedding_name_fn name_file, pw_error *err)
{
    pwi_embedding_names all = {.n = 0};
    pwi_arena scratch;
    pwi_map known;
    pw_status status = PW_OK;

    pwi_arena_init(&scratch, arena->allocator);
    pwi_map_init(&known, arena->allocator);
    for (uint32_t i = 0; i < list->files.n && status == PW_OK; i++) {
        if (list->files.items[i].state != PWI_EMBEDDING_UNFIT)
            status = name_file(&all, &scratch, list, i, err);
    }
    if (status == PW_OK)
        status = keep_first(names, &known, arena, list, &all, err);
    pwi_map_free(&known);
    pwi_arena_free(&scratch);
    return status;
}

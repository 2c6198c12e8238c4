/* SPDX-License-Identifier: MIT */
/* A1111's chunks: 75 tokens each, BREAK ends one, and where one is full what follows its last
 * comma may move to the next. Names of embeddings are found in the tokens. Two known defects of
 * the original change numbers and are kept: a move takes the tokens of an embedding along but
 * not its place, and an embedding of more vectors than a chunk holds makes a longer chunk. */
#include <string.h>

#include "prompt/a1111.h"
#include "prompt/dialect.h"

/* Names as ids: those that begin with the same id are a chain, the longest first. */
struct pwi_name_ids {
    struct name {
        const int32_t *ids;
        size_t n, i_embedding;
        uint32_t next; /* or PWI_MAP_NONE */
    } * names;

    pwi_map first; /* by the first id */
};

struct place {
    size_t offset, i_embedding;
};

struct layer {
    pwi_plan_build *build;
    pwi_layout *layout;
    PWI_LIST(pwi_token) content;
    PWI_LIST(struct place) places;
    size_t room, last_comma; /* SIZE_MAX: none */
    int32_t comma_id;
};

/* ---- Embeddings by their ids. */

static pw_status read_name(pwi_plan_build *build, size_t i, struct name *name, pw_error *err)
{
    const char *text = build->encoder->embeddings[i].name;
    pwi_token_list tokens = {.n = 0};
    int32_t *ids;

    PWI_TRY(pwi_tokens_of(build, text, strlen(text), &tokens, err));
    ids = pwi_arena_alloc(build->arena, (tokens.n + 1) * sizeof(*ids));
    if (ids == NULL)
        return pwi_fail_memory(err);
    for (size_t k = 0; k < tokens.n; k++)
        ids[k] = tokens.items[k].id;
    *name = (struct name){ids, tokens.n, i, PWI_MAP_NONE};
    return PW_OK;
}

/* Put name i into the chain of its first id, behind all that are not shorter. */
static void chain(struct pwi_name_ids *all, uint32_t first, uint32_t i)
{
    struct name *names = all->names;
    uint32_t at = first;

    /* The chain's head keeps its place in the map: a longer name takes over its contents. */
    if (names[i].n > names[first].n) {
        const struct name head = names[first];

        names[first] = names[i];
        names[i] = head;
        names[first].next = i;
        return;
    }
    while (names[at].next != PWI_MAP_NONE && names[names[at].next].n >= names[i].n)
        at = names[at].next;
    names[i].next = names[at].next;
    names[at].next = i;
}

static pw_status find_names(pwi_plan_build *build, pw_error *err)
{
    const size_t n = build->encoder->n_embeddings;
    struct pwi_name_ids *all = pwi_arena_alloc(build->arena, sizeof(*all));

    if (all == NULL)
        return pwi_fail_memory(err);
    pwi_map_init(&all->first, build->arena->allocator);
    build->name_ids = all;
    all->names = pwi_arena_alloc(build->arena, (n + 1) * sizeof(*all->names));
    if (all->names == NULL)
        return pwi_fail_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        struct name *name = &all->names[i];
        uint32_t first;
        bool added;

        PWI_TRY(read_name(build, i, name, err));
        if (name->n == 0)
            continue;
        if (!pwi_map_add(&all->first, (const char *)name->ids, sizeof(*name->ids), i, &added))
            return pwi_fail_memory(err);
        first = pwi_map_find(&all->first, (const char *)name->ids, sizeof(*name->ids));
        if (!added)
            chain(all, first, i);
    }
    return PW_OK;
}

void pwi_names_free(pwi_plan_build *build)
{
    if (build->name_ids != NULL)
        pwi_map_free(&build->name_ids->first);
}

/* The longest name that begins at a token, or NULL. */
static const struct name *name_at(const pwi_plan_build *build, const pwi_token *tokens,
                                  size_t n)
{
    const struct pwi_name_ids *all = build->name_ids;
    uint32_t at = pwi_map_find(&all->first, (const char *)&tokens[0].id, sizeof(tokens[0].id));

    for (; at != PWI_MAP_NONE; at = all->names[at].next) {
        const struct name *name = &all->names[at];
        size_t k = 0;

        while (k < name->n && k < n && tokens[k].id == name->ids[k])
            k++;
        if (k == name->n)
            return name;
    }
    return NULL;
}

/* ---- Chunks. */

/* Vectors stand from their place on, whatever is there, up to the end of the chunk. */
static pw_status inject(struct layer *layer, pwi_chunker *chunker, pw_error *err)
{
    for (size_t i = 0; i < layer->places.n; i++) {
        const struct place *place = &layer->places.items[i];
        const size_t n = layer->build->encoder->embeddings[place->i_embedding].n_vectors;

        for (size_t k = 0; k < n && place->offset + 1 + k < chunker->tokens.n; k++)
            PWI_TRY(
                pwi_chunker_inject(chunker, place->offset + 1 + k, place->i_embedding, k, err));
    }
    return PW_OK;
}

/* Where the pad is not the end token, it replaces all that follow the first one. */
static void set_pads(pwi_chunker *chunker)
{
    const pw_prompt_encoder *encoder = chunker->build->encoder;
    size_t at = 0;

    while (at < chunker->tokens.n && chunker->tokens.items[at].id != encoder->end_id)
        at++;
    for (at++; at < chunker->tokens.n; at++)
        chunker->tokens.items[at].id = encoder->pad_id;
}

static pw_status close(struct layer *layer, pw_error *err)
{
    const pw_prompt_encoder *encoder = layer->build->encoder;
    const size_t n = layer->content.n;
    pwi_chunker chunker = {.build = layer->build, .layout = layer->layout};

    PWI_TRY(pwi_chunker_add(&chunker, encoder->start_id, 1, err));
    for (size_t i = 0; i < n; i++)
        PWI_TRY(pwi_chunker_put(&chunker, &layer->content.items[i], err));
    PWI_TRY(pwi_chunker_add(&chunker, encoder->end_id,
                            1 + (n < layer->room ? layer->room - n : 0), err));
    set_pads(&chunker);
    PWI_TRY(inject(layer, &chunker, err));
    PWI_TRY(pwi_chunker_close(&chunker, err));
    layer->content.n = layer->places.n = 0;
    layer->last_comma = SIZE_MAX;
    return PW_OK;
}

/* Close the chunk after its last comma; the rest begins the next one. */
static pw_status close_at_comma(struct layer *layer, pw_error *err)
{
    const size_t first = layer->last_comma + 1, n = layer->content.n - first;

    layer->content.n = first;
    PWI_TRY(close(layer, err));
    memmove(layer->content.items, layer->content.items + first,
            n * sizeof(*layer->content.items));
    layer->content.n = n;
    return PW_OK;
}

static pw_status put(struct layer *layer, const pwi_token *token, pw_error *err)
{
    PWI_LIST_ADD(layer->build->arena, &layer->content, *token, err);
    return PW_OK;
}

static pw_status put_embedding(struct layer *layer, const pwi_token *tokens,
                               const struct name *name, pw_error *err)
{
    const size_t n = layer->build->encoder->embeddings[name->i_embedding].n_vectors;
    struct place place = {.i_embedding = name->i_embedding};
    pwi_token token = tokens[0];

    layer->build->n_tokens += n;
    if (n > PW_PROMPT_TOKENS_MAX || layer->build->n_tokens > PW_PROMPT_TOKENS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the prompt has more than %u tokens: make it shorter",
                        PW_PROMPT_TOKENS_MAX);
    if (layer->content.n + n > layer->room)
        PWI_TRY(close(layer, err));
    place.offset = layer->content.n;
    PWI_LIST_ADD(layer->build->arena, &layer->places, place, err);
    token.id = 0;
    token.end = tokens[name->n - 1].end;
    for (size_t i = 0; i < n; i++)
        PWI_TRY(put(layer, &token, err));
    return PW_OK;
}

static bool moves_at_comma(const struct layer *layer)
{
    return layer->build->options.comma_backtrack > 0 && layer->content.n == layer->room &&
           layer->last_comma != SIZE_MAX &&
           layer->room - layer->last_comma <= (size_t)layer->build->options.comma_backtrack;
}

static pw_status lay_piece(struct layer *layer, const pwi_token *tokens, size_t n,
                           pw_error *err)
{
    size_t at = 0;

    while (at < n) {
        const struct name *name;

        if (tokens[at].id == layer->comma_id)
            layer->last_comma = layer->content.n;
        else if (moves_at_comma(layer))
            PWI_TRY(close_at_comma(layer, err));
        if (layer->content.n == layer->room)
            PWI_TRY(close(layer, err));
        name = name_at(layer->build, tokens + at, n - at);
        if (name != NULL) {
            PWI_TRY(put_embedding(layer, tokens + at, name, err));
            at += name->n;
        } else {
            PWI_TRY(put(layer, &tokens[at], err));
            at++;
        }
    }
    return PW_OK;
}

/* The option "use old emphasis implementation": a token with brackets in its text changes the
 * weight of what follows and is left out; 75 tokens and no more. */
static pw_status lay_old(struct layer *layer, pw_error *err)
{
    const pw_prompt_encoder *encoder = layer->build->encoder;
    double weight = 1.0, multiplier;
    char text[256];

    for (size_t i = 0; i < layer->layout->tokens.n; i++) {
        pwi_token token = layer->layout->tokens.items[i];
        const size_t size =
            encoder->token_text == NULL
                ? 0
                : encoder->token_text(encoder->user, token.id, text, sizeof(text));

        if (size < sizeof(text) && pwi_a1111_old_emphasis(text, size, &multiplier)) {
            weight *= multiplier;
        } else if (layer->content.n < layer->room) {
            token.weight = weight;
            PWI_TRY(put(layer, &token, err));
        }
    }
    return PW_OK;
}

pw_status pwi_chunk_a1111(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    struct layer layer = {.build = build,
                          .layout = layout,
                          .room = pwi_chunk_room(build),
                          .last_comma = SIZE_MAX};

    if (build->encoder->start_id < 0 || build->encoder->end_id < 0 || layer.room == SIZE_MAX)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "A1111's chunks are those of CLIP: with start and end tokens, and a "
                        "length");
    if (build->name_ids == NULL)
        PWI_TRY(find_names(build, err));
    PWI_TRY(pwi_token_id(build, ",", &layer.comma_id, err));
    if (build->prompt_options->emphasis == PW_EMPHASIS_OLD)
        PWI_TRY(lay_old(&layer, err));
    for (size_t i = 0;
         build->prompt_options->emphasis != PW_EMPHASIS_OLD && i < layout->pieces.n; i++) {
        const pwi_piece *piece = &layout->pieces.items[i];

        if (piece->is_break)
            PWI_TRY(close(&layer, err));
        else
            PWI_TRY(lay_piece(&layer, pwi_token_at(layout->tokens.items, piece->first),
                              piece->n, err));
    }
    return layer.content.n > 0 || layout->chunks.n == 0 ? close(&layer, err) : PW_OK;
}

/* SPDX-License-Identifier: MIT */
/* Prompts for the bench: captions, class names and templates of our own, put together from
 * lists by a seed. */
#include <string.h>

#include "bench.h"
#include "talk.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const makes[] = {
    "wooden", "paper",   "glass",  "copper",  "striped", "spotted", "tiny",    "giant",
    "old",    "broken",  "winter", "garden",  "desert",  "river",   "forest",  "mountain",
    "silver", "painted", "woolen", "folding", "night",   "market",  "kitchen", "harbour",
    "toy",    "stone",   "velvet", "crooked", "sleepy",  "flying"};

static const char *const things[] = {
    "beaver",  "teapot",     "lantern",  "bicycle",    "owl",      "cactus",   "accordion",
    "boat",    "umbrella",   "mushroom", "typewriter", "fox",      "windmill", "piano",
    "turtle",  "kettle",     "railway",  "cupboard",   "heron",    "pumpkin",  "telescope",
    "sailor",  "bridge",     "carpet",   "candle",     "otter",    "suitcase", "statue",
    "ladder",  "crane",      "balloon",  "clock",      "hedgehog", "wardrobe", "violin",
    "tractor", "lighthouse", "sparrow",  "bakery",     "raincoat"};

static const char *const places[] = {"on a quiet lake at dawn",
                                     "in a crowded street",
                                     "under a starry sky",
                                     "beside an open window",
                                     "in the fog of a harbour",
                                     "on top of a hill",
                                     "between two tall houses in rain",
                                     "in a library",
                                     "at the edge of the woods",
                                     "in the light of a single candle",
                                     "on a rooftop garden",
                                     "in front of a red wall"};

static const char *const styles[] = {
    "oil painting",           "35mm photograph, shallow depth of field",
    "watercolour sketch",     "pencil drawing",
    "isometric illustration", "woodcut print",
    "soft morning light",     "highly detailed, 8k",
    "muted colours",          "children's book page",
    "stained glass",          "charcoal on paper"};

/* 80, each with one place for a class. */
static const char *const templates[BENCH_TEMPLATES] = {
    "a photo of a %s.",
    "a photo of the %s.",
    "a photo of one %s.",
    "a photo of many %s.",
    "a photo of a small %s.",
    "a photo of a large %s.",
    "a photo of a clean %s.",
    "a photo of a dirty %s.",
    "a photo of an unusual %s.",
    "a photo of a %s in the rain.",
    "a photo of a %s at night.",
    "a photo of a %s from above.",
    "a photo of my %s.",
    "a photo of our neighbour's %s.",
    "a dark photo of a %s.",
    "a bright photo of a %s.",
    "a blurred photo of a %s.",
    "a sharp photo of a %s.",
    "a grainy photo of a %s.",
    "a close photo of a %s.",
    "a distant photo of a %s.",
    "a cropped photo of a %s.",
    "a faded photo of a %s.",
    "a black and white photo of a %s.",
    "a wide photo of the %s.",
    "a good picture of a %s.",
    "a poor picture of a %s.",
    "a picture of a hidden %s.",
    "a picture of half a %s.",
    "a picture of two of the %s.",
    "a drawing of a %s.",
    "a drawing of the %s by a child.",
    "a quick sketch of a %s.",
    "a careful sketch of a %s.",
    "a painting of a %s.",
    "a painting of the %s in oil.",
    "a watercolour of a %s.",
    "a print of a %s.",
    "a woodcut of a %s.",
    "a poster of a %s.",
    "a postcard of the %s.",
    "a stamp with a %s.",
    "a carving of a %s.",
    "a clay figure of a %s.",
    "a plastic model of a %s.",
    "a paper model of a %s.",
    "a knitted %s.",
    "an embroidered %s.",
    "a mosaic of a %s.",
    "a mural of the %s.",
    "a cartoon %s.",
    "a %s in a comic book.",
    "a %s in a video game.",
    "a %s in a film scene.",
    "a rendering of a %s.",
    "a low polygon %s.",
    "a pixel image of a %s.",
    "a neon sign of a %s.",
    "a shadow of a %s.",
    "a silhouette of the %s.",
    "a reflection of a %s.",
    "a %s behind glass.",
    "a %s on a table.",
    "a %s on the grass.",
    "a %s by the sea.",
    "a %s in snow.",
    "a %s under a tree.",
    "a %s in a museum.",
    "a %s in a shop window.",
    "a %s in a box.",
    "the %s, seen from behind.",
    "the %s, seen from the side.",
    "the %s, half finished.",
    "the %s, very old.",
    "the %s, brand new.",
    "there is a %s.",
    "there is no other %s.",
    "this is a %s.",
    "this could be a %s.",
    "one of the last %s.",
};

/* SplitMix64 (Steele, Lea, Flood 2014), below n. */
static size_t draw(uint64_t *state, size_t n)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return (size_t)((x ^ x >> 31) % n);
}

#define DRAW(state, list) (list)[draw(&(state), COUNT(list))]

static int keep(struct bench *bench, const char *made, pw_text *text)
{
    if (made == NULL)
        return fail_memory(bench->app);
    *text = (pw_text){made, strlen(made)};
    return DONE;
}

int bench_captions(struct bench *bench, struct pool *pool, size_t n, pw_text *texts)
{
    uint64_t state = bench->seed;

    for (size_t i = 0; i < n; i++) {
        const char *make = DRAW(state, makes), *thing = DRAW(state, things);
        const char *other_make = DRAW(state, makes), *other = DRAW(state, things);
        const char *place = DRAW(state, places), *style = DRAW(state, styles);
        const char *joint = draw(&state, 2) == 0 ? "with a" : "and the";

        TRY(keep(bench,
                 pool_format(pool, "a %s %s %s %s %s %s, %s", make, thing, joint, other_make,
                             other, place, style),
                 &texts[i]));
    }
    return DONE;
}

/* "wooden beaver": class i of a seed's order; makes and things together give 1,200. */
static const char *class_name(struct bench *bench, struct pool *pool, size_t i)
{
    const size_t n_all = COUNT(makes) * COUNT(things);
    const size_t at =
        (i * 7 + (size_t)(bench->seed % n_all)) % n_all; /* 7 and 1,200: every one */

    return pool_format(pool, "%s %s", makes[at % COUNT(makes)], things[at / COUNT(makes)]);
}

/* The template with the class in its place. */
static const char *filled(struct pool *pool, const char *template, const char *name)
{
    const char *place = strstr(template, "%s");

    return pool_format(pool, "%.*s%s%s", (int)(place - template), template, name, place + 2);
}

int bench_class_prompts(struct bench *bench, struct pool *pool, size_t n, pw_text *texts)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = class_name(bench, pool, i * BENCH_CLASSES / n);

        if (name == NULL)
            return fail_memory(bench->app);
        TRY(keep(bench, filled(pool, templates[i % BENCH_TEMPLATES], name), &texts[i]));
    }
    return DONE;
}

/* SPDX-License-Identifier: MIT */
/* Sharing and leaving out must not change a bit: whatever a batch shares, drops or cuts into
 * windows, each sequence gets what it gets alone, with every row computed. And they must pay:
 * rows and operations are counted. */
#include "models_check.h"

#include "failing_allocator.h"
#include "models/init.h"

#define VOCAB         70
#define EOS           3
#define LONG          77
#define N_PROMPTS_MAX 14
#define N_OUTPUTS_MAX 4
#define N_CASES       120

static const pwi_init_kind sizes = {"trie", 48, 3, 3, 80, 24, PW_ACTIVATION_QUICK_GELU};
static char folder[64], config_path[96], weights_path[96];

static const char config[] =
    "{\"model_type\": \"clip_text_model\", \"hidden_size\": 48, \"num_hidden_layers\": 3, "
    "\"num_attention_heads\": 3, \"intermediate_size\": 80, \"projection_dim\": 24, "
    "\"vocab_size\": 70, \"max_position_embeddings\": 77, \"eos_token_id\": 3, "
    "\"hidden_act\": \"quick_gelu\"}";

static int setup(void **state)
{
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_tensor_set *set = NULL;
    FILE *file;

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/padwise-trie-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(config_path, sizeof(config_path), "%s/config.json", folder);
    snprintf(weights_path, sizeof(weights_path), "%s/model.safetensors", folder);
    file = fopen(config_path, "w");
    if (file == NULL || fputs(config, file) < 0 || fclose(file) != 0)
        return -1;
    if (pwi_init_tensors(&set, ctx, &sizes, VOCAB, 7, PW_F32, NULL) != PW_OK ||
        pw_tensor_set_save(set, ctx, weights_path, NULL, NULL) != PW_OK)
        return -1;
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return remove(config_path) + remove(weights_path) + remove(folder);
}

static pw_model *open_model(pw_context *ctx, pw_pool_rule pool)
{
    pw_model_options options;
    pw_model *model = NULL;
    pw_error err;

    pw_model_options_init(&options);
    options.pool = pool;
    if (pw_model_open(&model, ctx, folder, NULL, &options, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    return model;
}

static uint32_t draw(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % n;
}

/* A batch that shares much, in no order: sequences are new, or begin as an earlier one does, or
 * are it. */
struct drawn {
    int32_t ids[N_PROMPTS_MAX * LONG];
    uint8_t mask[N_PROMPTS_MAX * LONG];
    pw_batch batch;
};

static void draw_ids(struct drawn *d, uint64_t *state)
{
    const uint32_t n_tokens = (uint32_t)d->batch.n_tokens, n_ids = 2 + draw(state, VOCAB - 1);

    for (size_t i = 0; i < d->batch.n_prompts; i++) {
        int32_t *ids = d->ids + i * n_tokens;
        const size_t like = i == 0 ? 0 : draw(state, (uint32_t)i);
        const uint32_t n_shared = i == 0 || draw(state, 4) == 0 ? 0 : draw(state, n_tokens + 2);

        for (uint32_t t = 0; t < n_tokens; t++)
            ids[t] = t < n_shared ? d->ids[like * n_tokens + t] : (int32_t)draw(state, n_ids);
    }
}

/* None, by length, from the left, or by chance: where most bits agree, prefixes meet. */
static void draw_mask(struct drawn *d, uint64_t *state)
{
    const uint32_t kind = draw(state, 4), n_tokens = (uint32_t)d->batch.n_tokens;

    d->batch.mask = kind == 0 ? NULL : d->mask;
    for (size_t i = 0; i < d->batch.n_prompts; i++) {
        const uint32_t length = draw(state, n_tokens + 1);
        uint8_t *mask = d->mask + i * n_tokens;

        for (uint32_t t = 0; t < n_tokens; t++)
            mask[t] = kind == 1   ? t < length
                      : kind == 2 ? (uint8_t)(t >= length / 2)
                                  : draw(state, 8) != 0;
    }
}

static void draw_batch(struct drawn *d, uint64_t *state)
{
    d->batch = (pw_batch){d->ids,
                          NULL,
                          1 + draw(state, N_PROMPTS_MAX),
                          draw(state, 3) == 0 ? LONG : 1 + draw(state, 20),
                          NULL,
                          0};
    draw_ids(d, state);
    draw_mask(d, state);
}

static size_t width_of(const pw_output *output, size_t n_tokens)
{
    if (output->kind == PW_OUTPUT_TEXT_EMBEDS)
        return (size_t)sizes.projection;
    if (output->kind == PW_OUTPUT_ATTENTION)
        return (size_t)sizes.n_heads * n_tokens * n_tokens;
    return (size_t)sizes.width * (output->kind == PW_OUTPUT_POOLED ? 1 : n_tokens);
}

static pw_output draw_output(uint64_t *state)
{
    const pw_output_kind kind = (pw_output_kind)draw(state, 5);
    const int32_t first = kind == PW_OUTPUT_ATTENTION ? 1 : 0;

    return (pw_output){.kind = kind,
                       .layer = first + (int32_t)draw(state, (uint32_t)(4 - first)),
                       .final_norm = draw(state, 2) == 0};
}

/* The pooled token by its definition. */
static size_t pooled_token(pw_pool_rule pool, const int32_t *ids, size_t n_tokens)
{
    size_t best = 0;

    for (size_t t = 0; t < n_tokens; t++) {
        if (pool == PW_POOL_FIRST_EOS && ids[t] == EOS)
            return t;
        if (pool == PW_POOL_ARGMAX && ids[t] > ids[best])
            best = t;
    }
    return best;
}

/* One sequence alone, every row of it in every layer: last_hidden_state is asked for too. The
 * pooled row is taken from there by hand. */
static float *alone(pw_session *session, pw_pool_rule pool, const pw_batch *batch, size_t i,
                    pw_output output)
{
    static float last[LONG * 48];
    const size_t n_tokens = batch->n_tokens, n = width_of(&output, n_tokens);
    const int32_t *ids = batch->ids + i * n_tokens;
    const pw_batch one = {
        ids, batch->mask == NULL ? NULL : batch->mask + i * n_tokens, 1, n_tokens, NULL, 0};
    pw_output both[2] = {
        {.kind = PW_OUTPUT_LAST_HIDDEN_STATE, .data = last, .capacity = LONG * 48}, output};

    both[1].data = calloc(n, sizeof(float));
    both[1].capacity = n;
    assert_int_equal(pw_model_encode(session, &one, both, 2, NULL), PW_OK);
    if (output.kind == PW_OUTPUT_POOLED)
        memcpy(both[1].data, last + pooled_token(pool, ids, n_tokens) * n, n * sizeof(float));
    return both[1].data;
}

static void check_outputs(pw_session *session, pw_pool_rule pool, const pw_batch *batch,
                          const pw_output *outputs, size_t n_outputs, uint64_t seed)
{
    for (size_t k = 0; k < n_outputs; k++)
        for (size_t i = 0; i < batch->n_prompts; i++) {
            const size_t n = width_of(&outputs[k], batch->n_tokens);
            float *expected = alone(session, pool, batch, i, outputs[k]);

            if (memcmp(outputs[k].data + i * n, expected, n * sizeof(float)) != 0)
                fail_msg("seed %llu: output %zu (kind %d, layer %d) of prompt %zu of %zu "
                         "differs from its own",
                         (unsigned long long)seed, k, (int)outputs[k].kind,
                         (int)outputs[k].layer, i, batch->n_prompts);
            free(expected);
        }
}

struct house {
    pw_context *ctx;
    pw_model *models[2]; /* argmax, first eos */
};

static const pw_pool_rule pools[2] = {PW_POOL_ARGMAX, PW_POOL_FIRST_EOS};

static void run_case(const struct house *house, struct house *plain, uint64_t seed)
{
    static struct drawn d;
    static const size_t rows_max[] = {1, 78, 100, 231, 0};
    uint64_t state = seed;
    const size_t i_pool = draw(&state, 2), n_outputs = 1 + draw(&state, N_OUTPUTS_MAX);
    pw_output outputs[N_OUTPUTS_MAX];
    pw_session *session = NULL, *reference = NULL;
    pw_error err;

    draw_batch(&d, &state);
    for (size_t k = 0; k < n_outputs; k++) {
        outputs[k] = draw_output(&state);
        outputs[k].capacity = d.batch.n_prompts * width_of(&outputs[k], d.batch.n_tokens);
        outputs[k].data = calloc(outputs[k].capacity, sizeof(float));
    }
    assert_int_equal(
        pw_session_create(&session, house->models[i_pool], rows_max[draw(&state, 5)], &err),
        PW_OK);
    assert_int_equal(pw_session_create(&reference, plain->models[i_pool], 0, &err), PW_OK);
    if (pw_model_encode(session, &d.batch, outputs, n_outputs, &err) != PW_OK)
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    check_outputs(reference, pools[i_pool], &d.batch, outputs, n_outputs, seed);
    for (size_t k = 0; k < n_outputs; k++)
        free(outputs[k].data);
    pw_session_free(session);
    pw_session_free(reference);
}

static void open_house(struct house *house, int32_t n_threads, pw_level level)
{
    house->ctx = context_with(n_threads, level);
    for (size_t i = 0; i < 2; i++)
        house->models[i] = open_model(house->ctx, pools[i]);
}

static void close_house(struct house *house)
{
    for (size_t i = 0; i < 2; i++)
        pw_model_free(house->models[i]);
    pw_context_free(house->ctx);
}

static void a_sequence_gets_the_same_bits_in_any_company(void **state)
{
    static const pw_level levels[2] = {PW_LEVEL_REF, PW_LEVEL_HIGHEST};

    (void)state;
    for (size_t l = 0; l < 2; l++) {
        struct house plain;

        open_house(&plain, 1, levels[l]);
        for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
            struct house house;

            open_house(&house, n_threads, levels[l]);
            for (uint64_t i = 0; i < (levels[l] == PW_LEVEL_REF ? N_CASES / 6 : N_CASES); i++)
                run_case(&house, &plain, 1000 * (uint64_t)n_threads + i);
            close_house(&house);
        }
        close_house(&plain);
    }
}

/* A model on one thread, and a session of it. */
struct bench {
    pw_context *ctx;
    pw_model *model;
    pw_session *session;
    pw_session_stats stats;
};

static struct bench open_bench(size_t n_rows_max)
{
    struct bench bench = {.ctx = context_with(1, PW_LEVEL_HIGHEST)};

    bench.model = open_model(bench.ctx, PW_POOL_ARGMAX);
    assert_int_equal(pw_session_create(&bench.session, bench.model, n_rows_max, NULL), PW_OK);
    pw_session_stats_init(&bench.stats);
    return bench;
}

static void close_bench(struct bench *bench)
{
    pw_session_free(bench->session);
    pw_model_free(bench->model);
    pw_context_free(bench->ctx);
}

/* Encode for the counts alone. */
static void count(struct bench *bench, const pw_batch *batch, const pw_output *wanted,
                  size_t n_outputs)
{
    pw_output outputs[N_OUTPUTS_MAX];

    for (size_t k = 0; k < n_outputs; k++) {
        outputs[k] = wanted[k];
        outputs[k].capacity = batch->n_prompts * width_of(&outputs[k], batch->n_tokens);
        outputs[k].data = calloc(outputs[k].capacity, sizeof(float));
    }
    assert_int_equal(pw_model_encode(bench->session, batch, outputs, n_outputs, NULL), PW_OK);
    pw_session_get_stats(bench->session, &bench->stats);
    for (size_t k = 0; k < n_outputs; k++)
        free(outputs[k].data);
}

enum {
    D = 48,
    F = 80,
    P = 24
};

/* Operations of a block by hand: n_keys rows have keys and values, n_queries the rest, each
 * pair of a query and a key it sees one score and one weighted value. */
static uint64_t block_flops(uint64_t n_keys, uint64_t n_queries, uint64_t n_pairs)
{
    return 2 * (n_keys * 2 * D * D + n_queries * (2 * D * D + 2 * D * F) + n_pairs * 2 * D);
}

/* n rows of one sequence, all visible. */
static uint64_t triangle(uint64_t n)
{
    return n * (n + 1) / 2;
}

static void equal_prompts_cost_once_and_nothing_behind_the_pooled_token(void **state)
{
    const int32_t ids[2 * 9] = {1, 5, 6, 7, 39, 0, 0, 0, 0, 1, 5, 6, 7, 39, 0, 0, 0, 0};
    const pw_batch batch = {ids, NULL, 2, 9, NULL, 0};
    const pw_output pooled = {.kind = PW_OUTPUT_POOLED},
                    embeds = {.kind = PW_OUTPUT_TEXT_EMBEDS};
    const uint64_t flops = 2 * block_flops(5, 5, triangle(5)) + block_flops(5, 1, 5);
    struct bench bench = open_bench(0);

    (void)state;
    pw_session_get_stats(bench.session, &bench.stats);
    assert_int_equal(bench.stats.n_windows + bench.stats.flops, 0);
    count(&bench, &batch, &pooled, 1);
    assert_int_equal(bench.stats.n_sequences, 2);
    assert_int_equal(bench.stats.n_rows_given, 18);
    assert_int_equal(bench.stats.n_rows_computed, 5);
    assert_int_equal(bench.stats.n_windows, 1);
    assert_int_equal(bench.stats.flops, flops);
    count(&bench, &batch, &embeds, 1);
    assert_int_equal(bench.stats.flops, flops + 2 * D * P);
    close_bench(&bench);
}

static void a_shared_prefix_is_computed_once(void **state)
{
    static int32_t ids[64 * LONG];
    static uint8_t mask[64 * LONG];
    const pw_output last = {.kind = PW_OUTPUT_LAST_HIDDEN_STATE};
    pw_batch batch = {ids, NULL, 64, LONG, NULL, 0};
    struct bench bench = open_bench(0);

    (void)state;
    for (int32_t i = 0; i < 64; i++)
        for (int32_t t = 0; t < LONG; t++) {
            ids[i * LONG + t] = t < 60 ? t % 7 : t == 60 ? i : t % 5;
            mask[i * LONG + t] = 1;
        }
    count(&bench, &batch, &last, 1);
    assert_int_equal(bench.stats.n_rows_computed, 60 + 64 * 17);
    assert_int_equal(bench.stats.n_windows, 1);
    assert_int_equal(
        bench.stats.flops,
        3 * block_flops(1148, 1148, triangle(60) + 64 * (triangle(77) - triangle(60))));
    /* A hidden key makes another prefix, even of the same ids. */
    batch.mask = mask;
    mask[63 * LONG + 30] = 0;
    count(&bench, &batch, &last, 1);
    assert_int_equal(bench.stats.n_rows_computed, 60 + 63 * 17 + 77 - 30);
    close_bench(&bench);
}

static void layers_and_rows_that_nobody_wants_are_left_out(void **state)
{
    const int32_t ids[9] = {1, 5, 6, 7, 39, 0, 0, 0, 0};
    const pw_batch batch = {ids, NULL, 1, 9, NULL, 0};
    const pw_output sdxl[2] = {{.kind = PW_OUTPUT_HIDDEN_STATE, .layer = -2},
                               {.kind = PW_OUTPUT_TEXT_EMBEDS}},
                    early[2] = {{.kind = PW_OUTPUT_HIDDEN_STATE, .layer = 1},
                                {.kind = PW_OUTPUT_POOLED}},
                    both[2] = {{.kind = PW_OUTPUT_LAST_HIDDEN_STATE},
                               {.kind = PW_OUTPUT_POOLED}};
    const uint64_t whole = block_flops(9, 9, triangle(9));
    struct bench bench = open_bench(0);

    (void)state;
    count(&bench, &batch, early, 1);
    assert_int_equal(bench.stats.flops, whole);
    count(&bench, &batch, early, 2);
    assert_int_equal(bench.stats.n_rows_computed, 9);
    assert_int_equal(bench.stats.flops,
                     whole + block_flops(5, 5, triangle(5)) + block_flops(5, 1, 5));
    count(&bench, &batch, sdxl, 2);
    assert_int_equal(bench.stats.flops, 2 * whole + block_flops(5, 1, 5) + 2 * D * P);
    count(&bench, &batch, both, 2);
    assert_int_equal(bench.stats.flops, 3 * whole);
    close_bench(&bench);
}

static void hidden_keys_are_not_counted_and_a_blind_row_sees_itself(void **state)
{
    const int32_t ids[6] = {1, 5, 6, 7, 39, 0};
    const uint8_t mask[6] = {0, 0, 1, 0, 1, 1};
    const pw_batch batch = {ids, mask, 1, 6, NULL, 0};
    const pw_output last = {.kind = PW_OUTPUT_LAST_HIDDEN_STATE};
    struct bench bench = open_bench(0);

    (void)state;
    count(&bench, &batch, &last, 1);
    assert_int_equal(bench.stats.flops, 3 * block_flops(6, 6, 1 + 1 + 1 + 1 + 2 + 3));
    close_bench(&bench);
}

/* More sequences than are sorted together, more rows than a window: every pair of ids, often.
 */
static void a_batch_larger_than_one_sort_is_whole(void **state)
{
    const size_t n = PW_ENCODE_SORT_MAX + 3000;
    int32_t *ids = calloc(n * 2, sizeof(*ids));
    float *got = calloc(n * D, sizeof(*got));
    static float expected[VOCAB * VOCAB][2][D];
    const pw_batch batch = {ids, NULL, n, 2, NULL, 0};
    const pw_output pooled = {.kind = PW_OUTPUT_POOLED, .data = got, .capacity = n * D};
    struct bench bench = open_bench(200);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        ids[2 * i] = (int32_t)(i * 7919 % VOCAB);
        ids[2 * i + 1] = (int32_t)(i * 7919 / VOCAB % VOCAB);
    }
    for (size_t i = 0; i < VOCAB * VOCAB; i++) {
        const int32_t pair[2] = {(int32_t)(i / VOCAB), (int32_t)(i % VOCAB)};
        const pw_batch one = {pair, NULL, 1, 2, NULL, 0};
        const pw_output last = {.kind = PW_OUTPUT_LAST_HIDDEN_STATE,
                                .data = expected[i][0],
                                .capacity = sizeof(expected[i]) / sizeof(float)};

        assert_int_equal(pw_model_encode(bench.session, &one, &last, 1, NULL), PW_OK);
    }
    assert_int_equal(pw_model_encode(bench.session, &batch, &pooled, 1, NULL), PW_OK);
    pw_session_get_stats(bench.session, &bench.stats);
    assert_true(bench.stats.n_windows > 2 && bench.stats.n_rows_computed < 4 * VOCAB * VOCAB);
    for (size_t i = 0; i < n; i++) {
        const int32_t *pair = ids + 2 * i;

        assert_memory_equal(got + i * D, expected[pair[0] * VOCAB + pair[1]][pair[1] > pair[0]],
                            D * sizeof(float));
    }
    close_bench(&bench);
    free(ids);
    free(got);
}

/* All scratch is there from the start. */
static void encoding_allocates_nothing(void **state)
{
    static struct drawn d;
    static float room[N_PROMPTS_MAX * 3 * LONG * LONG]; /* weights of 3 heads: the most */
    struct failing f = {0};
    pw_context_options options;
    pw_context *ctx = NULL;
    pw_model *model;
    pw_session *session = NULL;

    (void)state;
    pw_context_options_init(&options);
    options.n_threads = 2;
    options.allocator = failing_allocator(&f);
    assert_int_equal(pw_context_create(&ctx, &options, NULL), PW_OK);
    model = open_model(ctx, PW_POOL_ARGMAX);
    assert_int_equal(pw_session_create(&session, model, 1, NULL), PW_OK);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const size_t n_calls = f.n_calls;
        uint64_t random = seed;
        pw_output output = draw_output(&random);

        draw_batch(&d, &random);
        output.data = room;
        output.capacity = sizeof(room) / sizeof(*room);
        assert_int_equal(pw_model_encode(session, &d.batch, &output, 1, NULL), PW_OK);
        assert_int_equal(f.n_calls, n_calls);
    }
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
    assert_int_equal(f.n_out, 0);
}

struct stopper {
    size_t calls_left;
    uint64_t done, total;
};

static bool stop_later(void *user, const pw_progress *progress)
{
    struct stopper *stopper = user;

    if (strcmp(progress->stage, "encoding") != 0)
        return false;
    assert_true(progress->done >= stopper->done && progress->done <= progress->total);
    stopper->done = progress->done;
    stopper->total = progress->total;
    return stopper->calls_left-- == 0;
}

/* At any step, in any window; the session is good for the next call. */
static void a_call_can_be_cancelled_at_every_step(void **state)
{
    static int32_t ids[3 * LONG];
    static float room[3 * D], again[3 * D];
    const pw_batch batch = {ids, NULL, 3, LONG, NULL, 0};
    pw_output pooled = {.kind = PW_OUTPUT_POOLED, .data = room, .capacity = 3 * D};
    struct stopper stopper = {SIZE_MAX, 0, 0};
    pw_context_options options;
    pw_context *ctx = NULL;
    pw_model *model;
    pw_session *session = NULL;

    (void)state;
    for (int32_t i = 0; i < 3 * LONG; i++)
        ids[i] = i % LONG == LONG - 1 ? VOCAB - 1 : (i * 7 + i / LONG) % (VOCAB - 1);
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.progress = stop_later;
    options.progress_user = &stopper;
    assert_int_equal(pw_context_create(&ctx, &options, NULL), PW_OK);
    model = open_model(ctx, PW_POOL_ARGMAX);
    assert_int_equal(pw_session_create(&session, model, 1, NULL), PW_OK);
    assert_int_equal(pw_model_encode(session, &batch, &pooled, 1, NULL), PW_OK);
    assert_int_equal(stopper.done, stopper.total);
    for (size_t step = 0; step < 3 * 4; step++) {
        stopper = (struct stopper){step, 0, 0};
        pooled.data = again;
        assert_int_equal(pw_model_encode(session, &batch, &pooled, 1, NULL), PW_ERR_CANCELLED);
    }
    stopper = (struct stopper){3 * 4, 0, 0};
    assert_int_equal(pw_model_encode(session, &batch, &pooled, 1, NULL), PW_OK);
    assert_memory_equal(again, room, sizeof(room));
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_sequence_gets_the_same_bits_in_any_company),
    cmocka_unit_test(equal_prompts_cost_once_and_nothing_behind_the_pooled_token),
    cmocka_unit_test(a_shared_prefix_is_computed_once),
    cmocka_unit_test(layers_and_rows_that_nobody_wants_are_left_out),
    cmocka_unit_test(hidden_keys_are_not_counted_and_a_blind_row_sees_itself),
    cmocka_unit_test(a_batch_larger_than_one_sort_is_whole),
    cmocka_unit_test(encoding_allocates_nothing),
    cmocka_unit_test(a_call_can_be_cancelled_at_every_step),
};

PW_TEST_MAIN(tests, setup, teardown)

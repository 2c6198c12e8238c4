/* SPDX-License-Identifier: MIT */
/* Weights of attention and the trace: against formulas in double, exact zeros where nothing is
 * seen, the weights that the pass itself used, and nothing else changed by a bit. */
#include "models_check.h"

enum {
    D = 32,
    LAYERS = 3,
    HEADS = 4,
    K = D / HEADS,
    F = 96,
    T = 16,
    B = 3,
    MAP = HEADS * T * T,
    STATE = T * D
};

#define TOLERANCE 1e-6 /* of a weight; the largest that was seen: 3.5e-7 */

/* Two prompts that begin alike, and one of its own. */
static const int32_t ids[B * T] = {
    97, 5, 6,  7,  8,  98, 98, 98, 98, 98, 98, 98, 98, 98, 98, 98, /* a word at 4 */
    97, 5, 6,  7,  9,  10, 98, 98, 98, 98, 98, 98, 98, 98, 98, 98, /* and at 4 another */
    97, 1, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 98, 98,
};

static const char *const mask_names[] = {"none", "by length", "from the left", "with holes"};

#define N_MASKS 4

static const uint8_t *make_mask(size_t kind, uint8_t mask[B * T])
{
    static const size_t lengths[B] = {6, 7, 15};

    for (size_t i = 0; i < B; i++)
        for (size_t t = 0; t < T; t++)
            mask[i * T + t] = kind == 1   ? t < lengths[i]
                              : kind == 2 ? t >= lengths[i] / 2
                                          : t % 3 != 1;
    return kind == 0 ? NULL : mask;
}

static void path_of(char *path, size_t size, const char *file)
{
    const char *source = getenv("PADWISE_SOURCE");

    snprintf(path, size, "%s/tests/golden/clip-quick%s", source != NULL ? source : ".", file);
}

static pw_model *open_model(pw_context *ctx, pw_weights_mode weights, pw_precision precision)
{
    pw_model_options options;
    pw_model *model = NULL;
    char path[512];
    pw_error err;

    path_of(path, sizeof(path), "");
    pw_model_options_init(&options);
    options.weights = weights;
    options.precision = precision;
    if (pw_model_open(&model, ctx, path, NULL, &options, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    return model;
}

static pw_output attention_of(int32_t layer, float *data)
{
    return (pw_output){
        .kind = PW_OUTPUT_ATTENTION, .layer = layer, .data = data, .capacity = B * MAP};
}

static pw_output state_of(int32_t layer, float *data)
{
    return (pw_output){
        .kind = PW_OUTPUT_HIDDEN_STATE, .layer = layer, .data = data, .capacity = B * STATE};
}

static void run(pw_model *model, const pw_batch *batch, const pw_output *outputs, size_t n,
                pw_trace_fn trace, void *user)
{
    pw_session *session = NULL;
    pw_error err;

    assert_int_equal(pw_session_create(&session, model, 0, &err), PW_OK);
    pw_session_set_trace(session, trace, user);
    if (pw_model_encode(session, batch, outputs, n, &err) != PW_OK)
        fail_msg("%s", err.text);
    pw_session_free(session);
}

/* ---- Who sees whom. */

static bool sees(const uint8_t *mask, size_t t, size_t s)
{
    size_t n_visible = 0;

    if (mask == NULL)
        return s <= t;
    for (size_t i = 0; i <= t; i++)
        n_visible += mask[i];
    return n_visible == 0 ? s == t : s <= t && mask[s] != 0;
}

static void check_row(const float *row, const uint8_t *mask, size_t t, const char *what)
{
    double sum = 0.0;

    for (size_t s = 0; s < T; s++) {
        sum += row[s];
        if (sees(mask, t, s) ? !(row[s] > 0.0f) : row[s] != 0.0f || signbit(row[s]))
            fail_msg("mask %s: query %zu takes %g of key %zu", what, t, (double)row[s], s);
    }
    if (!(fabs(sum - 1.0) <= 1e-6))
        fail_msg("mask %s: the weights of query %zu sum to %.9g", what, t, sum);
}

static void a_row_sums_to_one_and_takes_nothing_of_what_it_does_not_see(void **state)
{
    static float maps[LAYERS][B * MAP];
    pw_context *ctx = context_with(2, PW_LEVEL_HIGHEST);
    pw_model *model = open_model(ctx, PW_WEIGHTS_RESIDENT, PW_PRECISION_HIGHEST);

    (void)state;
    for (size_t kind = 0; kind < N_MASKS; kind++) {
        uint8_t bits[B * T];
        const uint8_t *mask = make_mask(kind, bits);
        const pw_batch batch = {ids, mask, B, T, NULL, 0};
        const pw_output outputs[] = {attention_of(1, maps[0]), attention_of(2, maps[1]),
                                     attention_of(-1, maps[2])};

        run(model, &batch, outputs, 3, NULL, NULL);
        for (size_t row = 0; row < LAYERS * B * HEADS * T; row++)
            check_row(maps[0] + row * T, mask == NULL ? NULL : mask + row / (HEADS * T) % B * T,
                      row % T, mask_names[kind]);
    }
    pw_model_free(model);
    pw_context_free(ctx);
}

/* ---- The formula, from the file's weights and the hidden state before. */

struct weights {
    float gain[D], bias[D], q[D * D], q_bias[D], k[D * D], k_bias[D];
};

static void read_tensor(const pw_file *file, int layer, const char *name, float *out, size_t n)
{
    char whole[96];
    int64_t i;

    snprintf(whole, sizeof(whole), "text_model.encoder.layers.%d.%s", layer, name);
    i = pw_file_find(file, whole);
    assert_true(i >= 0);
    assert_int_equal(pw_file_read(file, (size_t)i, out, n * sizeof(*out), NULL), PW_OK);
}

static void read_weights(pw_context *ctx, int layer, struct weights *w)
{
    pw_file *file = NULL;
    char path[512];

    path_of(path, sizeof(path), "/model.safetensors");
    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    read_tensor(file, layer, "layer_norm1.weight", w->gain, D);
    read_tensor(file, layer, "layer_norm1.bias", w->bias, D);
    read_tensor(file, layer, "self_attn.q_proj.weight", w->q, D * D);
    read_tensor(file, layer, "self_attn.q_proj.bias", w->q_bias, D);
    read_tensor(file, layer, "self_attn.k_proj.weight", w->k, D * D);
    read_tensor(file, layer, "self_attn.k_proj.bias", w->k_bias, D);
    pw_file_free(file);
}

static void project(double out[D], const double x[D], const float *weight, const float *bias)
{
    for (size_t n = 0; n < D; n++) {
        out[n] = (double)bias[n];
        for (size_t i = 0; i < D; i++)
            out[n] += x[i] * (double)weight[n * D + i];
    }
}

/* Queries and keys of one row of a hidden state. */
static void make_row(const struct weights *w, const float *hidden, double q[D], double k[D])
{
    double x[D], mean = 0.0, variance = 0.0;

    for (size_t i = 0; i < D; i++)
        mean += (double)hidden[i] / D;
    for (size_t i = 0; i < D; i++)
        variance += ((double)hidden[i] - mean) * ((double)hidden[i] - mean) / D;
    for (size_t i = 0; i < D; i++)
        x[i] = ((double)hidden[i] - mean) / sqrt(variance + 1e-5) * (double)w->gain[i] +
               (double)w->bias[i];
    project(q, x, w->q, w->q_bias);
    project(k, x, w->k, w->k_bias);
}

/* The weights of one sequence by the book. */
static void make_map(const struct weights *w, const float *hidden, const uint8_t *mask,
                     double out[MAP])
{
    static double q[T][D], k[T][D];

    for (size_t t = 0; t < T; t++)
        make_row(w, hidden + t * D, q[t], k[t]);
    for (size_t i = 0; i < HEADS * T; i++) {
        const size_t head = i / T, t = i % T;
        double total = 0.0;

        for (size_t s = 0; s < T; s++) {
            double score = 0.0;

            for (size_t c = head * K; c < (head + 1) * K; c++)
                score += q[t][c] * k[s][c];
            out[i * T + s] = sees(mask, t, s) ? exp(score / sqrt(K)) : 0.0;
            total += out[i * T + s];
        }
        for (size_t s = 0; s < T; s++)
            out[i * T + s] /= total;
    }
}

static double largest_difference(const float *map, const double *expected)
{
    double largest = 0.0;

    for (size_t j = 0; j < MAP; j++)
        if (fabs((double)map[j] - expected[j]) > largest)
            largest = fabs((double)map[j] - expected[j]);
    return largest;
}

static void weights_equal_the_formula_in_double(void **state)
{
    static float maps[B * MAP], hidden[B * STATE];
    static double expected[MAP];
    static struct weights w;
    pw_context *ctx = context_with(1, PW_LEVEL_HIGHEST);
    pw_model *model = open_model(ctx, PW_WEIGHTS_RESIDENT, PW_PRECISION_HIGHEST);
    double worst = 0.0;

    (void)state;
    for (size_t kind = 0; kind < N_MASKS; kind++)
        for (int layer = 0; layer < LAYERS; layer++) {
            uint8_t bits[B * T];
            const uint8_t *mask = make_mask(kind, bits);
            const pw_batch batch = {ids, mask, B, T, NULL, 0};
            const pw_output outputs[] = {attention_of(layer + 1, maps),
                                         state_of(layer, hidden)};

            run(model, &batch, outputs, 2, NULL, NULL);
            read_weights(ctx, layer, &w);
            for (size_t i = 0; i < B; i++) {
                make_map(&w, hidden + i * STATE, mask == NULL ? NULL : mask + i * T, expected);
                worst = fmax(worst, largest_difference(maps + i * MAP, expected));
            }
        }
    print_message("largest difference from the formula: %.2g\n", worst);
    assert_true(worst <= TOLERANCE);
    pw_model_free(model);
    pw_context_free(ctx);
}

/* ---- The weights that the pass used: its context is the traced values, weighed with them. */

struct traced {
    float v[STATE], context[STATE];
    size_t n_steps;
    int32_t layer; /* whose v and context are kept */
};

static void keep_rows(float *out, const pw_trace *trace)
{
    assert_int_equal(trace->n_rows, T);
    for (size_t row = 0; row < trace->n_rows; row++)
        memcpy(out + row * trace->width, trace->rows + row * trace->stride,
               trace->width * sizeof(*out));
}

static void keep_values(void *user, const pw_trace *trace)
{
    struct traced *traced = user;

    traced->n_steps++;
    if (trace->layer == traced->layer && strcmp(trace->name, "v") == 0)
        keep_rows(traced->v, trace);
    if (trace->layer == traced->layer && strcmp(trace->name, "attention") == 0)
        keep_rows(traced->context, trace);
}

/* The largest difference, in units of the largest value. */
static double context_error(const float *map, const struct traced *traced)
{
    double worst = 0.0, largest = 0.0;

    for (size_t t = 0; t < T; t++)
        for (size_t c = 0; c < D; c++) {
            double sum = 0.0;

            for (size_t s = 0; s < T; s++)
                sum += (double)map[(c / K * T + t) * T + s] * (double)traced->v[s * D + c];
            worst = fmax(worst, fabs(sum - (double)traced->context[t * D + c]));
            largest = fmax(largest, fabs((double)traced->v[t * D + c]));
        }
    return worst / largest;
}

static void the_kernel_used_these_weights(void **state)
{
    static float map[B * MAP];
    static struct traced traced;

    (void)state;
    for (pw_level level = PW_LEVEL_REF; level <= PW_LEVEL_HIGHEST; level++) {
        double worst = 0.0;
        pw_context *ctx;
        pw_model *model;

        if (!pw_level_available(level))
            continue;
        ctx = context_with(1, level);
        model = open_model(ctx, PW_WEIGHTS_RESIDENT, PW_PRECISION_HIGHEST);
        for (size_t kind = 0; kind < N_MASKS; kind++)
            for (int32_t layer = 1; layer <= LAYERS; layer++) {
                uint8_t bits[B * T];
                const pw_batch batch = {ids + 2 * T, make_mask(kind, bits), 1, T, NULL, 0};
                const pw_output output = attention_of(layer, map);

                traced.layer = layer;
                run(model, &batch, &output, 1, keep_values, &traced);
                worst = fmax(worst, context_error(map, &traced));
            }
        print_message("%s: %.2g of the largest value\n", pw_level_name(level), worst);
        assert_true(worst <= TOLERANCE);
        pw_model_free(model);
        pw_context_free(ctx);
    }
}

/* ---- Nothing else changes. */

struct results {
    float maps[LAYERS][B * MAP];
    float states[LAYERS + 1][B * STATE], last[B * STATE], pooled[B * D], embeds[B * D];
};

/* Everything but attention. */
static size_t list_outputs(struct results *results, pw_output *outputs)
{
    size_t n = 0;

    for (int32_t layer = 0; layer <= LAYERS; layer++)
        outputs[n++] = state_of(layer, results->states[layer]);
    outputs[n++] = (pw_output){
        .kind = PW_OUTPUT_LAST_HIDDEN_STATE, .data = results->last, .capacity = B * STATE};
    outputs[n++] =
        (pw_output){.kind = PW_OUTPUT_POOLED, .data = results->pooled, .capacity = B * D};
    outputs[n++] =
        (pw_output){.kind = PW_OUTPUT_TEXT_EMBEDS, .data = results->embeds, .capacity = B * D};
    return n;
}

static void check_nothing_changes(pw_level level, pw_precision precision, const pw_batch *batch)
{
    static struct results plain, watched, streamed;
    static struct traced traced;
    pw_output outputs[LAYERS + 4 + LAYERS];
    pw_context *one = context_with(1, level), *two = context_with(2, level);
    pw_model *resident = open_model(one, PW_WEIGHTS_RESIDENT, precision),
             *slow = open_model(two, PW_WEIGHTS_STREAMED, precision);
    size_t n = list_outputs(&plain, outputs);

    run(resident, batch, outputs, n, NULL, NULL);
    n = list_outputs(&watched, outputs);
    for (int32_t layer = 1; layer <= LAYERS; layer++)
        outputs[n++] = attention_of(layer, watched.maps[layer - 1]);
    run(resident, batch, outputs, n, keep_values, &traced);
    assert_memory_equal(plain.states, watched.states,
                        sizeof(plain) - offsetof(struct results, states));
    n = list_outputs(&streamed, outputs);
    for (int32_t layer = 1; layer <= LAYERS; layer++)
        outputs[n++] = attention_of(layer, streamed.maps[layer - 1]);
    run(slow, batch, outputs, n, NULL, NULL);
    assert_memory_equal(&watched, &streamed, sizeof(watched));
    pw_model_free(slow);
    pw_model_free(resident);
    pw_context_free(two);
    pw_context_free(one);
}

static void outputs_are_the_same_bits_with_attention_and_a_trace(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < N_MASKS; kind++) {
        uint8_t bits[B * T];
        /* One sequence: of several, a traced step has other rows than keep_values takes. */
        const pw_batch batch = {ids + 2 * T, make_mask(kind, bits), 1, T, NULL, 0};

        for (pw_precision precision = PW_PRECISION_HIGHEST; precision <= PW_PRECISION_INT8;
             precision++)
            check_nothing_changes(PW_LEVEL_HIGHEST, precision, &batch);
        check_nothing_changes(PW_LEVEL_REF, PW_PRECISION_HIGHEST, &batch);
    }
}

static void a_batch_has_each_sequences_own_weights(void **state)
{
    static struct results all, alone;
    pw_context *ctx = context_with(3, PW_LEVEL_HIGHEST);
    pw_model *model = open_model(ctx, PW_WEIGHTS_RESIDENT, PW_PRECISION_HIGHEST);

    (void)state;
    for (size_t kind = 0; kind < N_MASKS; kind++) {
        uint8_t bits[B * T];
        const uint8_t *mask = make_mask(kind, bits);
        const pw_batch batch = {ids, mask, B, T, NULL, 0};
        pw_output output = attention_of(2, all.maps[0]);

        run(model, &batch, &output, 1, NULL, NULL);
        for (size_t i = 0; i < B; i++) {
            const pw_batch single = {
                ids + i * T, mask == NULL ? NULL : mask + i * T, 1, T, NULL, 0};

            output.data = alone.maps[0];
            run(model, &single, &output, 1, NULL, NULL);
            assert_memory_equal(all.maps[0] + i * MAP, alone.maps[0], MAP * sizeof(float));
        }
    }
    pw_model_free(model);
    pw_context_free(ctx);
}

/* ---- The trace. */

/* The residual stream as the steps add up to it, and the names in their order. */
struct chain {
    char names[512];
    float stream[STATE], sums[STATE], hidden[LAYERS + 1][STATE];
    double worst;
};

static void add_step(void *user, const pw_trace *trace)
{
    struct chain *chain = user;
    const size_t used = strlen(chain->names);
    float rows[T * F];

    snprintf(chain->names + used, sizeof(chain->names) - used, "%d.%s ", (int)trace->layer,
             trace->name);
    assert_int_equal(trace->width, strcmp(trace->name, "fc1") == 0 ? F : D);
    keep_rows(rows, trace);
    if (strcmp(trace->name, "out") == 0 || strcmp(trace->name, "fc2") == 0)
        for (size_t i = 0; i < STATE; i++)
            chain->stream[i] += rows[i];
    if (strcmp(trace->name, "block") == 0)
        chain->worst = fmax(chain->worst, relative_l2(chain->stream, rows, STATE));
    if (strcmp(trace->name, "block") == 0 || strcmp(trace->name, "embedding") == 0) {
        memcpy(chain->stream, rows, sizeof(chain->stream));
        memcpy(chain->hidden[trace->layer], rows, sizeof(chain->stream));
    }
}

#define BLOCK(i)                                                                               \
#i ".norm1 " #i ".q " #i ".k " #i ".v " #i ".attention " #i ".out " #i ".norm2 " #i        \
       ".fc1 " #i ".fc2 " #i ".block "

static void the_trace_is_the_chain_in_its_order(void **state)
{
    static struct chain chain;
    static float states[LAYERS + 1][B * STATE];
    const pw_batch batch = {ids, NULL, 1, T, NULL, 0};
    pw_context *ctx = context_with(2, PW_LEVEL_HIGHEST);
    pw_model *model = open_model(ctx, PW_WEIGHTS_RESIDENT, PW_PRECISION_HIGHEST);
    pw_output outputs[LAYERS + 1];

    (void)state;
    for (int32_t layer = 0; layer <= LAYERS; layer++)
        outputs[layer] = state_of(layer, states[layer]);
    run(model, &batch, outputs, LAYERS + 1, add_step, &chain);
    assert_string_equal(chain.names, "0.embedding " BLOCK(1) BLOCK(2) BLOCK(3));
    for (int32_t layer = 0; layer <= LAYERS; layer++)
        assert_memory_equal(chain.hidden[layer], states[layer], STATE * sizeof(float));
    print_message("largest difference of a block from the sum of its steps: %.2g\n",
                  chain.worst);
    assert_true(chain.worst <= 1e-6);
    pw_model_free(model);
    pw_context_free(ctx);
}

/* ---- Misuse. */

static void layers_that_are_not_there_are_refused(void **state)
{
    static const int32_t layers[] = {0, LAYERS + 1, -LAYERS - 1, INT32_MIN, INT32_MAX};
    static float maps[B * MAP];
    const pw_batch batch = {ids, NULL, B, T, NULL, 0};
    pw_context *ctx = context_with(1, PW_LEVEL_REF);
    pw_model *model = open_model(ctx, PW_WEIGHTS_RESIDENT, PW_PRECISION_HIGHEST);
    pw_output output = attention_of(1, maps);
    pw_session *session = NULL;
    pw_error err;

    (void)state;
    assert_int_equal(pw_session_create(&session, model, 0, &err), PW_OK);
    for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++) {
        output.layer = layers[i];
        assert_int_equal(pw_model_encode(session, &batch, &output, 1, &err), PW_ERR_ARGUMENT);
        assert_non_null(strstr(err.text, "this encoder has blocks 1 to 3"));
    }
    output.layer = 1;
    output.capacity--;
    assert_int_equal(pw_model_encode(session, &batch, &output, 1, &err), PW_ERR_CAPACITY);
    pw_session_free(session);
    pw_model_free(model);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_row_sums_to_one_and_takes_nothing_of_what_it_does_not_see),
    cmocka_unit_test(weights_equal_the_formula_in_double),
    cmocka_unit_test(the_kernel_used_these_weights),
    cmocka_unit_test(outputs_are_the_same_bits_with_attention_and_a_trace),
    cmocka_unit_test(a_batch_has_each_sequences_own_weights),
    cmocka_unit_test(the_trace_is_the_chain_in_its_order),
    cmocka_unit_test(layers_that_are_not_there_are_refused),
};

PW_TEST_MAIN(tests, NULL, NULL)

/* SPDX-License-Identifier: MIT */
/* Cross-attention of U-Nets: layers are found under both namings, keys and values and what
 * softmax makes of them agree with the formulas in double, and other models are refused. */
#include "kv_check.h"

#define WIDTH  12
#define INNER  8
#define N_ROWS 6
#define N_REAL 4

#define SD1_STEM "down_blocks.0.attentions.0.transformer_blocks.0.attn2"
#define LDM_STEM "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2"

struct input {
    float values[N_ROWS * WIDTH];
    pw_row_role roles[N_ROWS];
    pw_rows rows;
};

/* Pads are copies of EOS. */
static void fill(struct input *input)
{
    for (size_t i = 0; i < N_ROWS * WIDTH; i++)
        input->values[i] = unet_number(i, 91);
    input->rows = check_rows(input->values, N_ROWS, WIDTH, N_REAL, input->roles);
    for (size_t i = N_REAL; i < N_ROWS; i++)
        memcpy(&input->values[i * WIDTH], &input->values[(N_REAL - 1) * WIDTH],
               WIDTH * sizeof(float));
}

static pw_kv *opened(const struct unet *unet, size_t n_heads)
{
    pw_kv_options options;
    pw_kv *kv;
    pw_error err;

    pw_kv_options_init(&options);
    options.n_heads = n_heads;
    if (pw_kv_open(&kv, unet->ctx, unet->path, &options, &err) != PW_OK)
        fail_msg("%s", err.text);
    return kv;
}

/* ---- Finding. */

static void layers_come_in_block_order(void **state)
{
    static const char *const names[] = {
        "down_blocks.1.attentions.0.transformer_blocks.2.attn2",
        "down_blocks.1.attentions.0.transformer_blocks.10.attn2",
        "mid_block.attentions.0.transformer_blocks.0.attn2",
        "up_blocks.0.attentions.0.transformer_blocks.0.attn2",
    };
    struct unet unet;
    pw_kv *kv;

    (void)state;
    unet_start(&unet);
    for (size_t i = 4; i-- > 0;)
        unet_add_layer(&unet, names[i], PW_F32, INNER, WIDTH, i);
    unet_add(&unet, "down_blocks.1.attentions.0.transformer_blocks.2.attn1.to_k.weight", PW_F32,
             INNER, INNER, 3); /* self-attention: none of ours */
    unet_save(&unet);
    kv = opened(&unet, 2);
    assert_int_equal(pw_kv_n_layers(kv), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(pw_kv_layer_at(kv, i)->name, names[i]);
    assert_null(pw_kv_layer_at(kv, 4));
    assert_string_equal(pw_kv_naming(kv), "diffusers");
    pw_kv_free(kv);
    unet_end(&unet);
}

static void ldm_names_are_known_and_shortened(void **state)
{
    struct unet unet;
    pw_kv *kv;

    (void)state;
    unet_start(&unet);
    unet_add_layer(&unet, LDM_STEM, PW_BF16, INNER, WIDTH, 1);
    unet_add(&unet, "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
             PW_F32, 4, WIDTH, 2);
    unet_save(&unet);
    kv = opened(&unet, 2);
    assert_int_equal(pw_kv_n_layers(kv), 1);
    assert_string_equal(pw_kv_layer_at(kv, 0)->name,
                        "input_blocks.1.1.transformer_blocks.0.attn2");
    assert_string_equal(pw_kv_naming(kv), "ldm");
    pw_kv_free(kv);
    unet_end(&unet);
}

static size_t heads_of(int64_t inner, int64_t width, const pw_kv_options *options)
{
    struct unet unet;
    size_t n_heads;
    pw_kv *kv;
    pw_error err;

    unet_start(&unet);
    unet_add_layer(&unet, SD1_STEM, PW_F16, inner, width, 1);
    unet_save(&unet);
    assert_int_equal(pw_kv_open(&kv, unet.ctx, unet.path, options, &err), PW_OK);
    n_heads = pw_kv_layer_at(kv, 0)->n_heads;
    pw_kv_free(kv);
    unet_end(&unet);
    return n_heads;
}

static void heads_follow_the_rule_or_the_caller(void **state)
{
    pw_kv_options options;

    (void)state;
    assert_int_equal(heads_of(320, 768, NULL), 8); /* SD 1: eight, whatever their width */
    assert_int_equal(heads_of(1280, 768, NULL), 8);
    assert_int_equal(heads_of(320, 1024, NULL), 5); /* SD 2, SDXL: 64 wide */
    assert_int_equal(heads_of(1280, 2048, NULL), 20);
    assert_int_equal(heads_of(100, 2048, NULL), 0); /* the rule has no answer */
    pw_kv_options_init(&options);
    options.head_width = 80;
    assert_int_equal(heads_of(320, 768, &options), 4);
    options.n_heads = 10;
    assert_int_equal(heads_of(320, 768, &options), 10);
}

/* ---- Numbers. */

/* sum over the width, in double, of weight `seed`. */
static double expected_key(const struct input *input, size_t row, size_t i, size_t seed)
{
    double sum = 0.0;

    for (size_t j = 0; j < WIDTH; j++)
        sum += (double)unet_number(i * WIDTH + j, seed) * input->values[row * WIDTH + j];
    return sum;
}

static void check_projection(pw_dtype dtype)
{
    float k[N_ROWS * INNER], v[N_ROWS * INNER];
    struct input input;
    struct unet unet;
    pw_kv *kv;
    pw_error err;

    fill(&input);
    unet_start(&unet);
    unet_add_layer(&unet, SD1_STEM, dtype, INNER, WIDTH, 1);
    unet_save(&unet);
    kv = opened(&unet, 2);
    assert_int_equal(pw_kv_layer_at(kv, 0)->dtype, dtype);
    assert_int_equal(pw_kv_project(kv, 0, &input.rows, k, v, &err), PW_OK);
    for (size_t i = 0; i < N_ROWS * INNER; i++) {
        assert_near(k[i], expected_key(&input, i / INNER, i % INNER, 1), 1e-5);
        assert_near(v[i], expected_key(&input, i / INNER, i % INNER, 2), 1e-5);
    }
    /* A key depends on its row alone: pads that are copies of EOS have its keys, to the bit. */
    assert_memory_equal(&k[4 * INNER], &k[3 * INNER], INNER * sizeof(*k));
    assert_memory_equal(&v[5 * INNER], &v[3 * INNER], INNER * sizeof(*v));
    pw_kv_free(kv);
    unet_end(&unet);
}

static void keys_and_values_are_products(void **state)
{
    (void)state;
    check_projection(PW_F32);
    check_projection(PW_F16);
    check_projection(PW_BF16);
}

static void norms_and_cosines_by_row(void **state)
{
    static const float x[] = {3, 4, 0, 2, 0, 2, 0, 0};
    static const float values[4] = {0};
    pw_row_role roles[4];
    const pw_rows rows = check_rows(values, 4, 1, 3, roles);
    double norm[4], cosine[4];

    (void)state;
    pw_kv_measure(norm, cosine, x, 2, &rows);
    assert_near(norm[0], 5.0, 0.0);
    assert_near(norm[3], 0.0, 0.0);
    assert_near(cosine[0], 0.8, 1e-15);
    assert_near(cosine[1], 1.0, 0.0);
    assert_near(cosine[2], 1.0, 0.0); /* EOS itself */
    assert_true(isnan(cosine[3]));
    pw_row_roles_fill(roles, 4, 0);
    pw_kv_measure(NULL, cosine, x, 2, &rows);
    assert_true(isnan(cosine[0])); /* no EOS is known */
}

/* A layer of one head of two: row, keys and queries. */
static const float keys[N_ROWS * 4] = {1, 0,  2, 1, 0, 1,  -1, 0, 1, 1,  0.5f, 2,
                                       2, -1, 1, 1, 2, -1, 1,  1, 2, -1, 1,    1};
static const float queries[3 * 4] = {1, 2, 0, 1, -1, 0.5f, 2, 2, 0, 0, 0, 0};

static double score(size_t head, size_t query, size_t row)
{
    double sum = 0.0;

    for (size_t j = 0; j < 2; j++)
        sum += (double)queries[query * 4 + head * 2 + j] * (double)keys[row * 4 + head * 2 + j];
    return sum / sqrt(2.0);
}

static void attend(pw_kv_attention *attention)
{
    pw_context *ctx;
    pw_error err;

    check_start(&ctx);
    attention->k = keys;
    attention->q = queries;
    attention->n_rows = N_ROWS;
    attention->n_queries = 3;
    attention->inner = 4;
    attention->n_heads = 2;
    assert_int_equal(pw_kv_attend(attention, ctx, &err), PW_OK);
    pw_context_free(ctx);
}

static void mass_is_the_mean_softmax(void **state)
{
    double mass[2 * N_ROWS], entropy[2], sum = 0.0;
    pw_kv_attention attention;

    (void)state;
    pw_kv_attention_init(&attention);
    attention.mass = mass;
    attention.entropy = entropy;
    attend(&attention);
    for (size_t head = 0; head < 2; head++) {
        double expected[N_ROWS] = {0}, expected_entropy = 0.0;

        for (size_t i = 0; i < 3; i++) {
            double total = 0.0;

            for (size_t r = 0; r < N_ROWS; r++)
                total += exp(score(head, i, r));
            for (size_t r = 0; r < N_ROWS; r++) {
                const double share = exp(score(head, i, r)) / total;

                expected[r] += share / 3.0;
                expected_entropy -= share * log(share) / 3.0;
            }
        }
        for (size_t r = 0; r < N_ROWS; r++)
            assert_near(mass[head * N_ROWS + r], expected[r], 1e-14);
        assert_near(entropy[head], expected_entropy, 1e-14);
    }
    for (size_t r = 0; r < N_ROWS; r++)
        sum += mass[r];
    assert_near(sum, 1.0, 1e-14);
    assert_true(mass[3] == mass[4] && mass[4] == mass[5]); /* equal keys, equal mass */
}

static void copies_multiply_the_odds(void **state)
{
    static const uint8_t kept[N_ROWS] = {1, 1, 1, 0, 0, 0};
    static const size_t counts[] = {0, 1, 3, 1000000};
    double copies[2 * 4], mass[2 * N_ROWS];
    pw_kv_attention attention;

    (void)state;
    pw_kv_attention_init(&attention);
    attention.kept = kept;
    attention.i_copied = 3;
    attention.counts = counts;
    attention.n_counts = 4;
    attention.copies = copies;
    attention.mass = mass;
    attend(&attention);
    for (size_t head = 0; head < 2; head++)
        for (size_t c = 0; c < 4; c++) {
            double expected = 0.0;

            for (size_t i = 0; i < 3; i++) {
                const double e = exp(score(head, i, 3));
                const double others =
                    exp(score(head, i, 0)) + exp(score(head, i, 1)) + exp(score(head, i, 2));

                expected += (double)counts[c] * e / ((double)counts[c] * e + others) / 3.0;
            }
            assert_near(copies[head * 4 + c], expected, 1e-14);
        }
    /* Rows 3, 4 and 5 are three copies of one key. */
    assert_near(copies[2], mass[3] + mass[4] + mass[5], 1e-14);
}

static void scores_beyond_exp_still_sum_to_one(void **state)
{
    static const float k[] = {1e18f, -1e18f, 1e18f}, q[] = {1e18f};
    static const uint8_t kept[] = {1, 1, 0};
    static const size_t counts[] = {0, 1, 9};
    double mass[3], copies[3];
    pw_kv_attention attention;
    pw_context *ctx;
    pw_error err;

    (void)state;
    check_start(&ctx);
    pw_kv_attention_init(&attention);
    attention = (pw_kv_attention){.struct_size = sizeof(attention),
                                  .k = k,
                                  .q = q,
                                  .n_rows = 3,
                                  .n_queries = 1,
                                  .inner = 1,
                                  .n_heads = 1,
                                  .kept = kept,
                                  .i_copied = 2,
                                  .counts = counts,
                                  .n_counts = 3,
                                  .mass = mass,
                                  .copies = copies};
    assert_int_equal(pw_kv_attend(&attention, ctx, &err), PW_OK);
    assert_near(mass[0], 0.5, 1e-15);
    assert_near(mass[1], 0.0, 0.0);
    assert_near(copies[0], 0.0, 0.0);
    assert_near(copies[1], 0.5, 1e-15);
    assert_near(copies[2], 0.9, 1e-15);
    pw_context_free(ctx);
}

/* The scale is that of the rows that are no pads, by head. */
static void queries_do_not_depend_on_pads(void **state)
{
    const pw_kv_layer layer = {.name = "x", .width = 1, .inner = 4, .n_heads = 2};
    static float a[64 * 4], b[64 * 4];
    float other[N_ROWS * 4];
    pw_row_role roles[N_ROWS];
    static const float values[N_ROWS] = {0};
    const pw_rows rows = check_rows(values, N_ROWS, 1, 4, roles);
    double squares = 0.0, wanted = 0.0;

    (void)state;
    memcpy(other, keys, sizeof(keys));
    other[5 * 4] = 1000.0f;
    pw_kv_draw_queries(a, 64, &layer, keys, &rows, 7);
    pw_kv_draw_queries(b, 64, &layer, other, &rows, 7);
    assert_memory_equal(a, b, sizeof(a));
    pw_kv_draw_queries(b, 32, &layer, keys, &rows, 7);
    assert_memory_equal(a, b, 32 * 4 * sizeof(*a)); /* fewer are the first of more */
    pw_kv_draw_queries(b, 64, &layer, keys, &rows, 8);
    assert_true(memcmp(a, b, sizeof(a)) != 0);
    for (size_t i = 0; i < 64; i++)
        squares += (double)a[i * 4] * a[i * 4] + (double)a[i * 4 + 1] * a[i * 4 + 1];
    for (size_t r = 0; r < 4; r++)
        wanted += (double)keys[r * 4] * keys[r * 4] + (double)keys[r * 4 + 1] * keys[r * 4 + 1];
    assert_near(sqrt(squares / 128.0), sqrt(wanted / 8.0), 0.25 * sqrt(wanted / 8.0));
}

/* ---- Refusals. */

static void rows_of_another_width_are_refused(void **state)
{
    float k[N_ROWS * INNER];
    struct input input;
    struct unet unet;
    pw_kv *kv;
    pw_error err;

    (void)state;
    fill(&input);
    unet_start(&unet);
    unet_add_layer(&unet, SD1_STEM, PW_F32, INNER, 2048, 1);
    unet_save(&unet);
    kv = opened(&unet, 2);
    assert_int_equal(pw_kv_project(kv, 0, &input.rows, k, NULL, &err), PW_ERR_MISMATCH);
    assert_non_null(strstr(err.text, "2048 numbers (SDXL)"));
    assert_non_null(strstr(err.text, "rows of 12"));
    assert_int_equal(pw_kv_project(kv, 1, &input.rows, k, NULL, &err), PW_ERR_ARGUMENT);
    pw_kv_free(kv);
    unet_end(&unet);
}

static void weights_that_are_not_finite_are_refused(void **state)
{
    float k[N_ROWS * INNER];
    struct input input;
    struct unet unet;
    pw_kv *kv;
    pw_error err;

    (void)state;
    fill(&input);
    unet_start(&unet);
    unet_add_layer(&unet, SD1_STEM, PW_F32, INNER, WIDTH, 1);
    ((float *)pw_tensor_set_tensor(unet.set, 0)->data)[5] = NAN;
    unet_save(&unet);
    kv = opened(&unet, 2);
    assert_int_equal(pw_kv_project(kv, 0, &input.rows, k, NULL, &err), PW_ERR_FORMAT);
    assert_non_null(strstr(err.text, "not finite"));
    pw_kv_free(kv);
    unet_end(&unet);
}

static void wrong_questions_are_refused(void **state)
{
    static const uint8_t kept[] = {1, 1};
    static const size_t counts[] = {PW_KV_COPIES_MAX + 1};
    pw_kv_attention a;
    pw_context *ctx;
    pw_error err;

    (void)state;
    check_start(&ctx);
    pw_kv_attention_init(&a);
    assert_int_equal(pw_kv_attend(&a, ctx, &err), PW_ERR_ARGUMENT);
    a.k = keys;
    a.q = queries;
    a.n_rows = 2;
    a.n_queries = 1;
    a.inner = 4;
    assert_int_equal(pw_kv_attend(&a, ctx, &err), PW_ERR_ARGUMENT); /* heads are not known */
    a.n_heads = 3;
    assert_int_equal(pw_kv_attend(&a, ctx, &err), PW_ERR_ARGUMENT);
    a.n_heads = 2;
    a.counts = counts;
    a.n_counts = 1;
    a.i_copied = 2;
    assert_int_equal(pw_kv_attend(&a, ctx, &err), PW_ERR_ARGUMENT); /* no such row */
    a.i_copied = 1;
    assert_int_equal(pw_kv_attend(&a, ctx, &err), PW_ERR_ARGUMENT); /* what stands beside? */
    a.kept = kept;
    assert_int_equal(pw_kv_attend(&a, ctx, &err), PW_ERR_ARGUMENT); /* beside itself */
    pw_context_free(ctx);
}

/* ---- Memory. */

static pw_status run_all(pw_context *ctx, const char *path, const struct input *input)
{
    float k[N_ROWS * INNER], v[N_ROWS * INNER], q[2 * INNER];
    double mass[2 * N_ROWS];
    pw_kv_attention a;
    pw_kv_options options;
    pw_status status;
    pw_kv *kv;

    pw_kv_options_init(&options);
    options.n_heads = 2;
    status = pw_kv_open(&kv, ctx, path, &options, NULL);
    if (status != PW_OK)
        return status;
    status = pw_kv_project(kv, 0, &input->rows, k, v, NULL);
    if (status == PW_OK) {
        pw_kv_draw_queries(q, 2, pw_kv_layer_at(kv, 0), k, &input->rows, 0);
        pw_kv_attention_init(&a);
        a.k = k;
        a.q = q;
        a.n_rows = N_ROWS;
        a.n_queries = 2;
        a.inner = INNER;
        a.n_heads = 2;
        a.mass = mass;
        status = pw_kv_attend(&a, ctx, NULL);
    }
    pw_kv_free(kv);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    struct unet unet;
    struct input input;
    pw_status status = PW_ERR_NO_MEMORY;
    size_t n = 0;

    (void)state;
    fill(&input);
    unet_start(&unet);
    unet_add_layer(&unet, SD1_STEM, PW_F16, INNER, WIDTH, 1);
    unet_add_layer(&unet, LDM_STEM, PW_F32, INNER, WIDTH, 1);
    unet_save(&unet);
    while (status != PW_OK) {
        struct failing failing = {.fail_at = ++n};
        pw_context_options options;
        pw_context *ctx = NULL;

        pw_context_options_init(&options);
        options.allocator = failing_allocator(&failing);
        options.n_threads = 1;
        status = pw_context_create(&ctx, &options, NULL);
        if (status == PW_OK)
            status = run_all(ctx, unet.path, &input);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
        pw_context_free(ctx);
        assert_int_equal(failing.n_out, 0);
    }
    assert_true(n > 10);
    unet_end(&unet);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(layers_come_in_block_order),
    cmocka_unit_test(ldm_names_are_known_and_shortened),
    cmocka_unit_test(heads_follow_the_rule_or_the_caller),
    cmocka_unit_test(keys_and_values_are_products),
    cmocka_unit_test(norms_and_cosines_by_row),
    cmocka_unit_test(mass_is_the_mean_softmax),
    cmocka_unit_test(copies_multiply_the_odds),
    cmocka_unit_test(scores_beyond_exp_still_sum_to_one),
    cmocka_unit_test(queries_do_not_depend_on_pads),
    cmocka_unit_test(rows_of_another_width_are_refused),
    cmocka_unit_test(weights_that_are_not_finite_are_refused),
    cmocka_unit_test(wrong_questions_are_refused),
    cmocka_unit_test(every_allocation_may_fail),
};

PW_TEST_MAIN(tests, NULL, NULL)

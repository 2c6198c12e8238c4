/* SPDX-License-Identifier: MIT */
/* ComfyUI's grammar: the published examples, and the published rule, which walks a string and
 * calls itself, on random brackets against the reader that does neither. */
#include "prompt_check.h"

#include "prompt/dialect.h"
#include "prompt/python_float.h"

struct pieces {
    char text[64][256];
    double weights[64];
    size_t n;
};

/* ---- The rule as prompt-weighting.md 2.1 states it. Escapes are two bytes there, too. */

static void weigh(struct pieces *out, const char *text, size_t size, double weight);

static void weigh_item(struct pieces *out, const char *item, size_t size, double weight)
{
    double value = weight * 1.1;
    size_t colon;

    if (size < 2 || item[0] != '(' || item[size - 1] != ')') {
        assert_true(out->n < 64 && size < 256);
        memcpy(out->text[out->n], item, size);
        out->text[out->n][size] = '\0';
        out->weights[out->n++] = weight;
        return;
    }
    item++;
    size -= 2;
    colon = size;
    while (colon > 0 && item[colon - 1] != ':')
        colon--;
    if (colon > 1 && pwi_python_float(item + colon, size - colon, &value))
        size = colon - 1;
    weigh(out, item, size, value);
}

static void weigh(struct pieces *out, const char *text, size_t size, double weight)
{
    char current[256];
    size_t n = 0;
    int depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '(') {
            if (depth == 0) {
                if (n > 0)
                    weigh_item(out, current, n, weight);
                n = 0;
            }
            current[n++] = '(';
            depth++;
        } else if (text[i] == ')') {
            depth--;
            current[n++] = ')';
            if (depth == 0) {
                weigh_item(out, current, n, weight);
                n = 0;
            }
        } else {
            current[n++] = text[i];
        }
    }
    if (n > 0)
        weigh_item(out, current, n, weight);
}

/* Random text of few letters; its seed names it. */
static size_t random_text(char *text, uint32_t seed)
{
    static const char *const parts[] = {"(",   ")", "(", ")",    "a", ":",   ":1.2",
                                        ":2)", " ", "b", ":nan", "1", ":1_0"};
    const size_t n_parts = 1 + seed % 14;
    size_t size = 0;

    for (size_t i = 0; i < n_parts; i++) {
        const char *part = parts[(seed = seed * 1664525u + 1013904223u) / 65536 % 13];

        memcpy(text + size, part, strlen(part));
        size += strlen(part);
    }
    text[size] = '\0';
    return size;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void random_brackets_as_the_rule_says(void **state)
{
    pw_context *ctx = test_context();

    (void)state;
    for (uint32_t seed = 1; seed <= 60000; seed++) {
        struct pieces expected = {.n = 0};
        char text[256];
        const size_t size = random_text(text, seed * 2654435761u);
        pw_prompt *prompt = parsed(ctx, "comfyui", text);
        const pw_branch *branch = &pw_prompt_condition(prompt, 0)->spans[0].branches[0];

        weigh(&expected, text, size, 1.0);
        if (branch->n_segments != expected.n)
            fail_msg("seed %u: %s gave %zu pieces, not %zu", (unsigned)seed, text,
                     branch->n_segments, expected.n);
        for (size_t i = 0; i < expected.n; i++) {
            const pw_segment *segment = &branch->segments[i];

            if (segment->size != strlen(expected.text[i]) ||
                memcmp(segment->text, expected.text[i], segment->size) != 0 ||
                !same(segment->weight, expected.weights[i]))
                fail_msg("seed %u: piece %zu of %s", (unsigned)seed, i, text);
            for (size_t k = 0; k < segment->size; k++)
                assert_int_equal(text[segment->source[k]], segment->text[k]);
        }
        pw_prompt_free(prompt);
    }
    pw_context_free(ctx);
}

static void check_pieces(const char *text, const char *const *texts, const double *weights,
                         size_t n)
{
    pw_context *ctx = test_context();
    pw_prompt *prompt = parsed(ctx, "comfyui", text);
    const pw_branch *branch = &pw_prompt_condition(prompt, 0)->spans[0].branches[0];

    assert_int_equal(branch->n_segments, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(branch->segments[i].size, strlen(texts[i]));
        assert_memory_equal(branch->segments[i].text, texts[i], strlen(texts[i]));
        assert_true(branch->segments[i].weight == weights[i]);
    }
    pw_prompt_free(prompt);
    pw_context_free(ctx);
}

static void the_innermost_number_wins(void **state)
{
    (void)state;
    check_pieces("((a:1.2):1.5)", (const char *const[]){"a"}, (const double[]){1.2}, 1);
    check_pieces("((a):0.5)", (const char *const[]){"a"}, (const double[]){0.55}, 1);
    check_pieces("(a (b) c:1.5)", (const char *const[]){"a ", "b", " c"},
                 (const double[]){1.5, 1.6500000000000001, 1.5}, 3);
}

static void escapes_and_strays(void **state)
{
    (void)state;
    check_pieces("\\(a\\) \\x", (const char *const[]){"(a) \\x"}, (const double[]){1.0}, 1);
    check_pieces("(a\\):1.2)", (const char *const[]){"a)"}, (const double[]){1.2}, 1);
    check_pieces("a)b(c)d", (const char *const[]){"a)b(c)d"}, (const double[]){1.0}, 1);
    check_pieces("(a))b", (const char *const[]){"a", ")b"}, (const double[]){1.1, 1.0}, 2);
    check_pieces("(:1.2)", (const char *const[]){":1.2"}, (const double[]){1.1}, 1);
    check_pieces("[a] BREAK", (const char *const[]){"[a] BREAK"}, (const double[]){1.0}, 1);
    check_pieces("()", NULL, NULL, 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_innermost_number_wins),
        cmocka_unit_test(escapes_and_strays),
        cmocka_unit_test(random_brackets_as_the_rule_says),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}

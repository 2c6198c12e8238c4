/* SPDX-License-Identifier: MIT */
/* The text passes and attention grammars against what the originals answered
 * (shared/cases/prompt-weighting-cases.json). Wanted and found values are compared as JSON with
 * all numbers written the same way, so weights are equal to the last bit. */
#include "a1111_check.h"

#include "base/file_read.h"

struct weighting_case {
    pwi_buf id, system, input;
    pwi_buf wanted; /* alternatives, a newline behind each */
    pwi_schedule_options options;
};

static void put_value(pwi_buf *out, pwi_json *json);

/* The rest of an array or object whose first event was read. */
static void put_members(pwi_buf *out, pwi_json *json, pwi_json_event end)
{
    for (bool is_first = true;; is_first = false) {
        assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        if (json->event == end)
            return;
        if (!is_first)
            pwi_buf_byte(out, ',');
        if (json->event == PWI_JSON_KEY) {
            pwi_json_put_string(out, json->text, json->size);
            pwi_buf_byte(out, ':');
            assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        }
        put_value(out, json);
    }
}

static void put_value(pwi_buf *out, pwi_json *json)
{
    double number;

    switch (json->event) {
    case PWI_JSON_ARRAY_BEGIN:
        pwi_buf_byte(out, '[');
        put_members(out, json, PWI_JSON_ARRAY_END);
        pwi_buf_byte(out, ']');
        return;
    case PWI_JSON_OBJECT_BEGIN:
        pwi_buf_byte(out, '{');
        put_members(out, json, PWI_JSON_OBJECT_END);
        pwi_buf_byte(out, '}');
        return;
    case PWI_JSON_NUMBER:
        assert_int_equal(pwi_json_f64(json, "it", &number, NULL), PW_OK);
        pwi_json_put_f64(out, number);
        return;
    case PWI_JSON_STRING:
        pwi_json_put_string(out, json->text, json->size);
        return;
    default:
        pwi_buf_text(out, pwi_json_event_name(json->event));
        return;
    }
}

static void read_params(struct weighting_case *it, pwi_json *json)
{
    for (;;) {
        char key[32];
        uint64_t number = 0;

        assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        if (json->event != PWI_JSON_KEY)
            return;
        snprintf(key, sizeof(key), "%s", json->text);
        assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        if (json->event == PWI_JSON_NUMBER)
            (void)pwi_json_u64(json, "it", &number, NULL);
        if (strcmp(key, "steps") == 0)
            it->options.n_steps = (uint32_t)number;
        else if (strcmp(key, "hires_steps") == 0)
            it->options.n_hires_steps = (uint32_t)number;
        else if (strcmp(key, "old_scheduling") == 0)
            it->options.is_old = json->event == PWI_JSON_TRUE;
        else
            assert_int_equal(pwi_json_skip(json, NULL), PW_OK);
    }
}

static void read_wanted(struct weighting_case *it, pwi_json *json, bool any_of)
{
    if (!any_of) {
        put_value(&it->wanted, json);
        pwi_buf_byte(&it->wanted, '\n');
        return;
    }
    for (;;) {
        assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        if (json->event == PWI_JSON_ARRAY_END)
            return;
        put_value(&it->wanted, json);
        pwi_buf_byte(&it->wanted, '\n');
    }
}

static void read_field(struct weighting_case *it, pwi_json *json)
{
    char key[32];
    pwi_buf *into = NULL;

    snprintf(key, sizeof(key), "%s", json->text);
    assert_int_equal(pwi_json_next(json, NULL), PW_OK);
    if (strcmp(key, "id") == 0)
        into = &it->id;
    else if (strcmp(key, "system") == 0)
        into = &it->system;
    else if (strcmp(key, "input") == 0)
        into = &it->input;
    if (into != NULL && json->event == PWI_JSON_STRING)
        pwi_buf_append(into, json->text, json->size);
    else if (strcmp(key, "params") == 0)
        read_params(it, json);
    else if (strcmp(key, "expected") == 0)
        read_wanted(it, json, false);
    else if (strcmp(key, "expected_any_of") == 0)
        read_wanted(it, json, true);
    else
        assert_int_equal(pwi_json_skip(json, NULL), PW_OK);
}

static bool next_case(struct weighting_case *it, pwi_json *json)
{
    pwi_buf_clear(&it->id);
    pwi_buf_clear(&it->system);
    pwi_buf_clear(&it->input);
    pwi_buf_clear(&it->wanted);
    it->options = (pwi_schedule_options){0, 0, false};
    assert_int_equal(pwi_json_next(json, NULL), PW_OK);
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return false;
    for (;;) {
        assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        if (json->event == PWI_JSON_OBJECT_END)
            return true;
        read_field(it, json);
    }
}

static bool same_name(const pwi_a1111_network *a, const pwi_a1111_network *b)
{
    return a->name.size == b->name.size &&
           memcmp(a->name.text, b->name.text, a->name.size) == 0;
}

static void put_arguments(pwi_buf *out, const pwi_a1111_network *network)
{
    pwi_buf_byte(out, '[');
    for (size_t i = 0; i < network->n_arguments; i++) {
        pwi_buf_text(out, i > 0 ? "," : "");
        pwi_json_put_string(out, network->arguments[i].text, network->arguments[i].size);
    }
    pwi_buf_byte(out, ']');
}

/* The original gathers them by name. */
static void put_networks(pwi_buf *out, const pwi_a1111_networks *networks,
                         const pwi_prompt_text *text)
{
    const pwi_a1111_network *items = networks->items;

    pwi_buf_text(out, "{\"text\":");
    pwi_json_put_string(out, text->text, text->size);
    pwi_buf_text(out, ",\"networks\":{");
    for (size_t i = 0; i < networks->n; i++) {
        size_t first = 0;

        while (!same_name(&items[first], &items[i]))
            first++;
        if (first < i)
            continue;
        pwi_buf_text(out, i > 0 ? "," : "");
        pwi_json_put_string(out, items[i].name.text, items[i].name.size);
        pwi_buf_text(out, ":[");
        for (size_t k = i; k < networks->n; k++) {
            if (!same_name(&items[i], &items[k]))
                continue;
            pwi_buf_text(out, k > i ? "," : "");
            put_arguments(out, &items[k]);
        }
        pwi_buf_byte(out, ']');
    }
    pwi_buf_text(out, "}}");
}

static void answer_pass(pwi_buf *out, const struct weighting_case *it, const char *function)
{
    pwi_arena arena;
    pwi_prompt_text text;
    pwi_a1111_networks networks;
    pwi_a1111_parts parts;
    pwi_schedule schedule;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    text = whole_text(&arena, it->input.data != NULL ? it->input.data : "", it->input.size);
    if (strcmp(function, "comments.strip_comments") == 0) {
        assert_int_equal(pwi_a1111_strip_comments(&text, &arena, &text, NULL), PW_OK);
        pwi_json_put_string(out, text.text, text.size);
    } else if (strcmp(function, "extra_networks.parse_prompt") == 0) {
        assert_int_equal(pwi_a1111_take_networks(&text, &networks, &arena, &text, NULL), PW_OK);
        put_networks(out, &networks, &text);
    } else if (strcmp(function, "get_multicond_prompt_list") == 0) {
        assert_int_equal(pwi_a1111_split_and(&parts, &arena, &text, NULL), PW_OK);
        put_parts(out, &parts);
    } else {
        assert_string_equal(function, "prompt_schedule");
        assert_int_equal(pwi_schedule_expand(&schedule, &arena, &text, &it->options, NULL),
                         PW_OK);
        put_schedule(out, &schedule);
    }
    pwi_arena_free(&arena);
}

static const struct {
    const char *system, *dialect; /* no dialect: a pass */
} systems[] = {
    {"a1111-1.10.1/parse_prompt_attention", "a1111"},
    {"a1111-1.10.1/get_multicond_prompt_list", NULL},
    {"a1111-1.10.1/prompt_schedule", NULL},
    {"a1111-1.10.1/extra_networks.parse_prompt", NULL},
    {"a1111-1.10.1/comments.strip_comments", NULL},
    {"diffusers/lpw_stable_diffusion/parse_prompt_attention", "lpw"},
    {"diffusers/lpw_stable_diffusion_xl/parse_prompt_attention", "lpw-xl"},
    {"sd_embed/parse_prompt_attention", "sd-embed"},
};

#define N_SYSTEMS (sizeof(systems) / sizeof(*systems))

/* One of the wanted lines; an error is wanted as an object, whose message is the original's. */
static bool is_wanted(const struct weighting_case *it, const pwi_buf *answer)
{
    const char *line = it->wanted.data;

    if (strncmp(line, "{\"error\"", 8) == 0)
        return strcmp(answer->data, "{\"error\"}") == 0;
    while (*line != '\0') {
        const char *end = strchr(line, '\n');

        if ((size_t)(end - line) == answer->size &&
            memcmp(line, answer->data, answer->size) == 0)
            return true;
        line = end + 1;
    }
    return false;
}

/* Which system a case is of, after its check; N_SYSTEMS: none of these. */
static size_t check_case(const struct weighting_case *it, bool *is_right)
{
    pwi_buf answer;
    size_t i = 0;

    while (i < N_SYSTEMS && strcmp(systems[i].system, it->system.data) != 0)
        i++;
    if (i == N_SYSTEMS)
        return i;
    pwi_buf_init(&answer, &pwi_malloc_allocator);
    if (systems[i].dialect != NULL)
        put_attention(&answer, it->input.data, it->input.size, systems[i].dialect, NULL);
    else
        answer_pass(&answer, it, strchr(it->system.data, '/') + 1);
    *is_right = is_wanted(it, &answer);
    if (!*is_right)
        print_message("%s %s: %s: %s, wanted %s", it->id.data, it->system.data, it->input.data,
                      answer.data, it->wanted.data);
    pwi_buf_free(&answer);
    return i;
}

/* Up to the array of cases. */
static void open_cases(pwi_json *json, const pwi_input *file)
{
    assert_int_equal(
        pwi_json_open_file(json, &pwi_malloc_allocator, file, 0, file->size, NULL, NULL),
        PW_OK);
    assert_int_equal(pwi_json_next(json, NULL), PW_OK);
    for (;;) {
        assert_int_equal(pwi_json_next(json, NULL), PW_OK);
        assert_int_equal(json->event, PWI_JSON_KEY);
        if (pwi_json_is(json, "cases"))
            break;
        assert_int_equal(pwi_json_skip(json, NULL), PW_OK);
    }
    assert_int_equal(pwi_json_next(json, NULL), PW_OK);
}

static void originals_agree(void **state)
{
    const char *shared = getenv("PADWISE_SHARED");
    char path[1024];
    size_t n_right[N_SYSTEMS] = {0}, n_wrong = 0;
    struct weighting_case it;
    pwi_input file;
    pwi_json json;

    (void)state;
    if (shared == NULL)
        PW_SKIP("PADWISE_SHARED is not set: the originals' cases are not here");
    snprintf(path, sizeof(path), "%s/cases/prompt-weighting-cases.json", shared);
    if (pwi_input_open(&file, path, NULL) != PW_OK)
        PW_SKIP("cases/prompt-weighting-cases.json is not in PADWISE_SHARED");
    pwi_buf_init(&it.id, &pwi_malloc_allocator);
    pwi_buf_init(&it.system, &pwi_malloc_allocator);
    pwi_buf_init(&it.input, &pwi_malloc_allocator);
    pwi_buf_init(&it.wanted, &pwi_malloc_allocator);
    open_cases(&json, &file);
    while (next_case(&it, &json)) {
        bool is_right = true;
        const size_t i = check_case(&it, &is_right);

        n_wrong += !is_right;
        if (i < N_SYSTEMS)
            n_right[i] += is_right;
    }
    for (size_t i = 0; i < N_SYSTEMS; i++) {
        print_message("%s: %zu right\n", systems[i].system, n_right[i]);
        assert_true(n_right[i] > 0);
    }
    pwi_json_close(&json);
    pwi_input_close(&file);
    pwi_buf_free(&it.id);
    pwi_buf_free(&it.system);
    pwi_buf_free(&it.input);
    pwi_buf_free(&it.wanted);
    assert_int_equal(n_wrong, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(originals_agree),
};

PW_TEST_MAIN(tests, NULL, NULL)

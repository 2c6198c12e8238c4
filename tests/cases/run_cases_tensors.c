/* SPDX-License-Identifier: MIT */
/* Exchange JSON files, each a case: read, written, read again. Every number of the file is
 * compared with strtod's reading of its literal, in both sets and in the file written; every
 * other field with its text. The scanner here is its own, so that a mistake of the library's
 * reader shows; it sees only what that reader accepted. */
#include "run_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <padwise/file.h>

/* A piece of a document's text. */
struct span {
    const char *begin, *end;
};

struct field {
    struct span key, value; /* as they stand in the text, the key's quotes included */
    char *name;             /* the key as the library has it */
};

/* A file, scanned, and what the library makes of it. */
struct document {
    char *text;
    size_t size;
    struct field *fields;
    size_t n_fields;
    pw_tensor_set *set;
};

static const char *skip_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* The end of the string whose opening quote is at p. */
static const char *string_end(const char *p)
{
    for (p++; *p != '"' && *p != '\0'; p++)
        p += *p == '\\' && p[1] != '\0';
    return *p == '"' ? p + 1 : p;
}

/* The end of the value that begins at p. */
static const char *value_end(const char *p)
{
    size_t depth = 0;

    for (; *p != '\0'; p++) {
        if (*p == '"')
            p = string_end(p) - 1;
        else if (*p == '[' || *p == '{')
            depth++;
        else if (depth == 0 && strchr(",]} \t\r\n", *p) != NULL)
            return p;
        else if (*p == ']' || *p == '}')
            depth--;
        if (depth == 0 && strchr("\"]}", *p) != NULL)
            return p + 1;
    }
    return p;
}

/* The code unit of the \u escape at p. */
static unsigned hex4(const char *p)
{
    const char digits[5] = {p[2], p[3], p[4], p[5], '\0'};

    return (unsigned)strtoul(digits, NULL, 16);
}

static char *put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (code & 0x3F));
    return out;
}

/* The character that the escape at *p stands for. */
static unsigned read_escape(const char **p)
{
    static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
    const char *name = strchr(names, (*p)[1]);
    unsigned code = (unsigned char)(*p)[1];

    if (code == 'u') {
        code = hex4(*p);
        *p += 4;
        if (code >= 0xD800 && code < 0xDC00 && (*p)[2] == '\\') {
            code = 0x10000 + ((code - 0xD800) << 10) + (hex4(*p + 2) - 0xDC00);
            *p += 6;
        }
    } else if (name != NULL) {
        code = (unsigned char)values[name - names];
    }
    *p += 2;
    return code;
}

/* The text with no white space between tokens and one way to write each character: quotes,
 * backslashes and NUL behind a backslash, all others as themselves. Two texts that say the same
 * become the same. The caller frees it. */
static char *plain_text(struct span span)
{
    char *text = malloc((size_t)(span.end - span.begin) + 1), *out = text;
    bool in_string = false;

    if (text == NULL)
        return NULL;
    for (const char *p = span.begin; p < span.end;) {
        if (*p == '"')
            in_string = !in_string;
        if (in_string && *p == '\\') {
            const unsigned code = read_escape(&p);

            if (code == '"' || code == '\\' || code == 0)
                *out++ = '\\';
            out = put_utf8(out, code == 0 ? '0' : code);
        } else if (!in_string && strchr(" \t\r\n", *p) != NULL) {
            p++;
        } else {
            *out++ = *p++;
        }
    }
    *out = '\0';
    return text;
}

/* A key without its quotes and escapes. */
static char *name_of(struct span key)
{
    char *name = plain_text(key), *out = name;

    if (name == NULL)
        return NULL;
    for (const char *p = name + 1; p[0] != '\0' && p[1] != '\0'; p++) {
        p += *p == '\\';
        *out++ = *p;
    }
    *out = '\0';
    return name;
}

static bool add_field(struct document *document, const struct field *field)
{
    struct field *grown = realloc(document->fields, (document->n_fields + 1) * sizeof(*grown));

    if (grown == NULL)
        return false;
    document->fields = grown;
    grown[document->n_fields] = *field;
    grown[document->n_fields].name = name_of(field->key);
    return grown[document->n_fields++].name != NULL;
}

static bool scan(struct document *document)
{
    const char *p = skip_space(document->text);

    if (*p++ != '{')
        return false;
    for (p = skip_space(p); *p == '"'; p = skip_space(p)) {
        struct field field = {.key = {p, string_end(p)}};

        p = skip_space(field.key.end);
        if (*p++ != ':')
            return false;
        field.value.begin = skip_space(p);
        field.value.end = value_end(field.value.begin);
        if (!add_field(document, &field))
            return false;
        p = skip_space(field.value.end);
        if (*p == '}')
            return *skip_space(p + 1) == '\0';
        if (*p++ != ',')
            return false;
    }
    return *p == '}';
}

static bool open_document(struct document *document, pw_context *ctx, const char *path,
                          pw_error *err)
{
    memset(document, 0, sizeof(*document));
    if (pw_tensor_set_load(&document->set, ctx, path, NULL, err) != PW_OK ||
        pwi_read_whole(&pwi_malloc_allocator, path, (size_t)1 << 30, &document->text,
                       &document->size, err) != PW_OK)
        return false;
    if (scan(document))
        return true;
    snprintf(err->text, sizeof(err->text), "is read, but is no JSON object");
    return false;
}

static void close_document(struct document *document)
{
    for (size_t i = 0; i < document->n_fields; i++)
        free(document->fields[i].name);
    free(document->fields);
    pw_tensor_set_free(document->set);
    if (document->text != NULL)
        pwi_free_array(&pwi_malloc_allocator, document->text, document->size + 1, 1);
}

/* The next literal at *p, or false at the end. */
static bool next_number(const char **p, const char *end, double *value)
{
    char *after;

    while (*p < end && strchr("[], \t\r\n", **p) != NULL)
        ++*p;
    if (*p == end)
        return false;
    *value = strtod(*p, &after);
    *p = after > *p ? after : end;
    return true;
}

static size_t n_brackets(struct span span)
{
    size_t n = 0;

    for (const char *p = span.begin; p < span.end; p++)
        n += *p == '[';
    return n;
}

/* The lists of a tensor: one, and one for each index of all dimensions but the last. */
static size_t n_lists(const pw_tensor *tensor)
{
    size_t n = 1, n_index = 1;

    for (int32_t i = 0; i + 1 < tensor->rank; i++) {
        n_index *= (size_t)tensor->shape[i];
        n += n_index;
    }
    return n;
}

/* Each element is the literal's double; F32 only where that loses nothing. */
static bool is_value(const pw_tensor *tensor, size_t i, double expected)
{
    double value;

    if (tensor->dtype == PW_F64)
        memcpy(&value, (const char *)tensor->data + i * sizeof(value), sizeof(value));
    else
        value = (double)((const float *)tensor->data)[i];
    return memcmp(&value, &expected, sizeof(value)) == 0;
}

/* A field's numbers against a tensor; what is wrong into text, or true. */
static bool check_numbers(const struct field *field, const pw_tensor *tensor, char text[128])
{
    const size_t n_elements = (size_t)pw_tensor_n_elements(tensor);
    const char *p = field->value.begin;
    double value;
    size_t i = 0;

    if (tensor->dtype != PW_F32 && tensor->dtype != PW_F64) {
        snprintf(text, 128, "is %s", pw_dtype_name(tensor->dtype));
        return false;
    }
    for (; next_number(&p, field->value.end, &value); i++) {
        if (i < n_elements && is_value(tensor, i, value))
            continue;
        snprintf(text, 128, "number %zu is not %.17g", i, value);
        return false;
    }
    if (i == n_elements && n_brackets(field->value) == n_lists(tensor))
        return true;
    snprintf(text, 128, "has another shape: %zu numbers for %zu", i, n_elements);
    return false;
}

static bool same_text(struct span a, struct span b)
{
    char *x = plain_text(a), *y = plain_text(b);
    const bool same = x != NULL && y != NULL && strcmp(x, y) == 0;

    free(x);
    free(y);
    return same;
}

/* These must be tensors; of others the library may say that they are fields. */
static bool must_be_tensor(const char *name)
{
    return strcmp(name, "embedding") == 0 || strcmp(name, "clip_l_sequence") == 0 ||
           strcmp(name, "clip_g_sequence") == 0 || strcmp(name, "combined_pooled") == 0;
}

/* A field of the file against a set. */
static bool check_field(const struct field *field, const pw_tensor_set *set, char text[128])
{
    const pw_tensor *tensor = pw_tensor_set_find(set, field->name);
    const char *value = pw_tensor_set_metadata(set, field->name);

    if (tensor != NULL)
        return check_numbers(field, tensor, text);
    if (value == NULL || must_be_tensor(field->name)) {
        snprintf(text, 128, "is %s", value == NULL ? "lost" : "no tensor");
        return false;
    }
    if (same_text(field->value, (struct span){value, value + strlen(value)}))
        return true;
    snprintf(text, 128, "has another value: %.80s", value);
    return false;
}

static const struct field *find_field(const struct document *document, const char *name)
{
    for (size_t i = 0; i < document->n_fields; i++) {
        if (strcmp(document->fields[i].name, name) == 0)
            return &document->fields[i];
    }
    return NULL;
}

/* The same numbers, or the same text. */
static bool check_written(const struct field *field, const struct document *written,
                          bool is_tensor, char text[128])
{
    const struct field *again = find_field(written, field->name);
    const char *p = field->value.begin, *q = again == NULL ? NULL : again->value.begin;
    double a = 0, b = 0;
    bool more = again != NULL && is_tensor;

    snprintf(text, 128, "is %s in the file written", again == NULL ? "lost" : "different");
    if (again == NULL || !is_tensor)
        return again != NULL && same_text(field->value, again->value);
    while (more) {
        more = next_number(&p, field->value.end, &a);
        if (more != next_number(&q, again->value.end, &b) || memcmp(&a, &b, sizeof(a)) != 0)
            return false;
    }
    return true;
}

/* All fields of the file, in both sets and in the file written; and no others, except that a
 * "shape" may be added. */
static bool compare(const struct document *file, const struct document *written, char text[256])
{
    const size_t n_items = pw_tensor_set_n(file->set) + pw_tensor_set_n_metadata(file->set);
    const size_t n_added =
        find_field(file, "shape") == NULL && find_field(written, "shape") != NULL;
    char what[128];

    for (size_t i = 0; i < file->n_fields; i++) {
        const struct field *field = &file->fields[i];
        const bool is_tensor = pw_tensor_set_find(file->set, field->name) != NULL;

        if (check_field(field, file->set, what) && check_field(field, written->set, what) &&
            check_written(field, written, is_tensor, what))
            continue;
        snprintf(text, 256, "the field \"%.100s\" %s", field->name, what);
        return false;
    }
    if (n_items == file->n_fields && written->n_fields == file->n_fields + n_added)
        return true;
    snprintf(text, 256, "%zu fields became %zu, and %zu in the file written", file->n_fields,
             n_items, written->n_fields);
    return false;
}

static bool write_again(const pw_tensor_set *set, pw_context *ctx, char path[64], pw_error *err)
{
    pw_save_options options;
    int fd;

    snprintf(path, 64, "/tmp/padwise-case-XXXXXX");
    fd = mkstemp(path);
    if (fd < 0) {
        snprintf(err->text, sizeof(err->text), "no temporary file can be made");
        path[0] = '\0';
        return false;
    }
    close(fd);
    pw_save_options_init(&options);
    options.format = PW_FORMAT_JSON;
    return pw_tensor_set_save(set, ctx, path, &options, err) == PW_OK;
}

static void run_file(pw_context *ctx, const char *path, const char *id, struct tally *tally)
{
    struct document file, written = {.text = NULL};
    pw_error err = {.status = PW_OK};
    char copy[64] = "", text[256];

    if (!open_document(&file, ctx, path, &err))
        case_failed(tally, id, path, "cannot be read: line %u, column %u: %s",
                    (unsigned)err.line, (unsigned)err.column, err.text);
    else if (!write_again(file.set, ctx, copy, &err) ||
             !open_document(&written, ctx, copy, &err))
        case_failed(tally, id, path, "cannot be written and read again: %s", err.text);
    else if (!compare(&file, &written, text))
        case_failed(tally, id, path, "%s", text);
    else
        case_passed(tally);
    if (copy[0] != '\0')
        unlink(copy);
    close_document(&written);
    close_document(&file);
}

void run_cases_tensors(const char *path, struct tally *tally)
{
    const char *slash = strrchr(path, '/');
    const char *id = slash == NULL ? path : slash + 1;
    pw_context *ctx = NULL;
    pw_error err = {.status = PW_OK};

    if (!case_is_wanted(tally, id, path))
        return;
    if (pw_context_create(&ctx, NULL, &err) != PW_OK)
        case_failed(tally, id, path, "%s", err.text);
    else
        run_file(ctx, path, id, tally);
    pw_context_free(ctx);
}

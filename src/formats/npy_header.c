/* SPDX-License-Identifier: MIT */
/* The header of an npy file: a Python dict literal of three known keys, read by hand, and
 * written as numpy does (numpy.lib.format describes it). */
#include "formats/npy.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/error.h"
#include "formats/dtype.h"

/* numpy 1.23 and later leave room for the first dimension to grow to 21 digits. */
#define GROWTH_DIGITS 21
#define ALIGNMENT     64

/* dtypes of both worlds: numpy's kind and item size. */
static const struct dtype_row {
    pw_dtype dtype;
    char code[3];
} dtype_rows[] = {
    {PW_BOOL, "b1"}, {PW_I8, "i1"},  {PW_U8, "u1"},  {PW_I16, "i2"}, {PW_U16, "u2"},
    {PW_I32, "i4"},  {PW_U32, "u4"}, {PW_I64, "i8"}, {PW_U64, "u8"}, {PW_F16, "f2"},
    {PW_F32, "f4"},  {PW_F64, "f8"}, {PW_C64, "c8"},
};

#define N_DTYPE_ROWS (sizeof(dtype_rows) / sizeof(dtype_rows[0]))

/* What stands at the cursor of the dict literal. */
struct literal {
    const char *p, *end, *begin;
};

static pw_status bad(const struct literal *literal, const char *expected, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const size_t left = (size_t)(literal->end - literal->p);

    return PWI_FAIL(err, PW_ERR_FORMAT,
                    "the npy header is damaged: at its byte %zu %s was expected, not %s",
                    (size_t)(literal->p - literal->begin), expected,
                    left == 0 ? "its end"
                              : pwi_quote(quoted, literal->p, left < 16 ? left : 16));
}

static void skip_blanks(struct literal *literal)
{
    while (literal->p < literal->end && (*literal->p == ' ' || *literal->p == '\n'))
        literal->p++;
}

/* Whether the byte comes next, and past it. */
static bool accept(struct literal *literal, char byte)
{
    skip_blanks(literal);
    if (literal->p == literal->end || *literal->p != byte)
        return false;
    literal->p++;
    return true;
}

static bool accept_word(struct literal *literal, const char *word)
{
    const size_t size = strlen(word);

    skip_blanks(literal);
    if ((size_t)(literal->end - literal->p) < size || memcmp(literal->p, word, size) != 0)
        return false;
    literal->p += size;
    return true;
}

/* A string in either kind of quotes. numpy writes no escapes into this header. */
static pw_status read_text(struct literal *literal, const char *what, const char **text,
                           size_t *size, pw_error *err)
{
    const char *p;

    skip_blanks(literal);
    if (literal->p == literal->end || (*literal->p != '\'' && *literal->p != '"'))
        return bad(literal, what, err);
    for (p = literal->p + 1; p < literal->end && *p != *literal->p; p++)
        if (*p == '\\' || *p == '\n')
            return bad(literal, what, err);
    if (p == literal->end)
        return bad(literal, what, err);
    *text = literal->p + 1;
    *size = (size_t)(p - *text);
    literal->p = p + 1;
    return PW_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static pw_status read_dimension(struct literal *literal, int64_t *dimension, pw_error *err)
{
    const char *begin;
    uint64_t value = 0;

    skip_blanks(literal);
    for (begin = literal->p; literal->p < literal->end && is_digit(*literal->p); literal->p++) {
        if (!pwi_mul_u64(value, 10, &value) ||
            !pwi_add_u64(value, (uint64_t)(*literal->p - '0'), &value) || value > INT64_MAX)
            return PWI_FAIL(err, PW_ERR_OVERFLOW,
                            "a dimension of the npy array does not fit 64 bits");
    }
    if (literal->p == begin)
        return bad(literal, "a dimension", err);
    *dimension = (int64_t)value;
    return PW_OK;
}

/* A tuple: "()", "(3,)", "(77, 768)". Python takes (3) for a number, so a single dimension has
 * its comma. */
static pw_status read_shape(struct literal *literal, pw_tensor *tensor, pw_error *err)
{
    bool comma = true;

    if (!accept(literal, '('))
        return bad(literal, "the shape in parentheses", err);
    tensor->rank = 0;
    while (!accept(literal, ')')) {
        if (!comma)
            return bad(literal, "a comma", err);
        if (tensor->rank == PW_RANK_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT,
                            "the npy array has more than %d dimensions, the most there may be",
                            PW_RANK_MAX);
        PWI_TRY(read_dimension(literal, &tensor->shape[tensor->rank++], err));
        comma = accept(literal, ',');
    }
    if (tensor->rank == 1 && !comma)
        return bad(literal, "a tuple with a comma", err);
    return PW_OK;
}

/* What a type that is no plain number is, for the person who saved it. */
static const char *kind_of(char kind)
{
    switch (kind) {
    case 'O':
        return "Python objects, which only unpickling could read, and a pickle can run "
               "programs: it is never loaded";
    case 'S':
    case 'a':
        return "byte strings, not numbers";
    case 'U':
        return "text, not numbers";
    case 'M':
    case 'm':
        return "dates or times, not numbers";
    case 'V':
        return "records (a structured dtype), not plain numbers";
    default:
        return "a dtype that is not supported";
    }
}

static pw_status unknown_dtype(const char *text, size_t size, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    return PWI_FAIL(err, PW_ERR_DTYPE,
                    "the npy array of dtype %s holds %s; save it with .astype('float32')",
                    pwi_quote(quoted, text, size), kind_of(size > 1 ? text[1] : '?'));
}

static pw_status read_descr(struct literal *literal, pwi_npy *npy, pw_error *err)
{
    const char *text;
    size_t size;

    if (accept(literal, '['))
        return PWI_FAIL(err, PW_ERR_DTYPE,
                        "the npy array has a structured dtype (named fields): save each field "
                        "as an array of its own");
    PWI_TRY(read_text(literal, "the dtype in quotes", &text, &size, err));
    for (size_t i = 0; i < N_DTYPE_ROWS; i++) {
        const char *code = dtype_rows[i].code;
        const bool is_byte = code[1] == '1';

        if (size != 3 || memcmp(text + 1, code, 2) != 0)
            continue;
        if (text[0] != '<' && text[0] != '>' && !(text[0] == '|' && is_byte))
            break;
        npy->tensor.dtype = dtype_rows[i].dtype;
        npy->is_big_endian = text[0] == '>' && !is_byte;
        return PW_OK;
    }
    return unknown_dtype(text, size, err);
}

enum {
    HAS_DESCR = 1,
    HAS_ORDER = 2,
    HAS_SHAPE = 4,
    HAS_ALL = 7
};

/* One "key: value". *seen says which keys came, and comes to include this one. */
static pw_status read_pair(struct literal *literal, pwi_npy *npy, unsigned *seen, pw_error *err)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    const char *text;
    size_t size;
    unsigned i_key = 0;

    PWI_TRY(read_text(literal, "a key in quotes", &text, &size, err));
    while (i_key < 3 && (size != strlen(keys[i_key]) || memcmp(text, keys[i_key], size) != 0))
        i_key++;
    if (i_key == 3 || (*seen & 1u << i_key) != 0)
        return PWI_FAIL(err, i_key == 3 ? PW_ERR_FIELD : PW_ERR_DUPLICATE,
                        "the npy header must hold descr, fortran_order and shape, each once");
    *seen |= 1u << i_key;
    if (!accept(literal, ':'))
        return bad(literal, "a colon", err);
    if (i_key == 0)
        return read_descr(literal, npy, err);
    if (i_key == 2)
        return read_shape(literal, &npy->tensor, err);
    npy->fortran_order = accept_word(literal, "True");
    if (!npy->fortran_order && !accept_word(literal, "False"))
        return bad(literal, "True or False", err);
    return PW_OK;
}

static pw_status find_size(pw_tensor *tensor, pw_error *err)
{
    uint64_t n_elements, size;

    if (!pwi_shape_elements(tensor->shape, tensor->rank, &n_elements) ||
        !pwi_dtype_size(tensor->dtype, n_elements, &size) || size > SIZE_MAX)
        return PWI_FAIL(err, PW_ERR_OVERFLOW,
                        "the shape of the npy array has more bytes than 64 bits can count");
    tensor->size_bytes = (size_t)size;
    return PW_OK;
}

pw_status pwi_npy_parse(pwi_npy *npy, const char *text, size_t size, pw_error *err)
{
    struct literal literal = {text, text + size, text};
    unsigned seen = 0;
    bool comma = true;

    memset(npy, 0, sizeof(*npy));
    if (!accept(&literal, '{'))
        return bad(&literal, "an opening brace", err);
    while (!accept(&literal, '}')) {
        if (!comma)
            return bad(&literal, "a comma", err);
        PWI_TRY(read_pair(&literal, npy, &seen, err));
        comma = accept(&literal, ',');
    }
    skip_blanks(&literal);
    if (literal.p != literal.end)
        return bad(&literal, "its end", err);
    if (seen != HAS_ALL)
        return PWI_FAIL(err, PW_ERR_FIELD, "the npy header misses %s",
                        (seen & HAS_DESCR) == 0   ? "\"descr\""
                        : (seen & HAS_ORDER) == 0 ? "\"fortran_order\""
                                                  : "\"shape\"");
    return find_size(&npy->tensor, err);
}

static const char *code_of(pw_dtype dtype)
{
    size_t i = 0;

    while (i + 1 < N_DTYPE_ROWS && dtype_rows[i].dtype != dtype)
        i++;
    PW_ASSERT(dtype_rows[i].dtype == dtype);
    return dtype_rows[i].code;
}

static void put_dict(pwi_buf *buf, pw_dtype dtype, int32_t rank, const int64_t *shape)
{
    const char *code = code_of(dtype);
    size_t first_begin, first_size = 0;

    pwi_buf_format(buf, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                   code[1] == '1' ? '|' : '<', code);
    for (int32_t i = 0; i < rank; i++) {
        first_begin = buf->size;
        pwi_buf_format(buf, i == 0 ? "%" PRId64 : ", %" PRId64, shape[i]);
        if (i == 0)
            first_size = buf->size - first_begin;
    }
    pwi_buf_text(buf, rank == 1 ? ",), }" : "), }");
    for (size_t i = first_size; rank > 0 && i < GROWTH_DIGITS; i++)
        pwi_buf_byte(buf, ' ');
}

void pwi_npy_put_header(pwi_buf *buf, pw_dtype dtype, int32_t rank, const int64_t *shape)
{
    static const char magic[] = "\x93NUMPY\x01\x00\x00\x00"; /* version 1.0, size to come */
    const size_t magic_size = sizeof(magic) - 1, begin = buf->size;
    size_t size;

    pwi_buf_append(buf, magic, magic_size);
    put_dict(buf, dtype, rank, shape);
    /* numpy adds at least one blank, and so a whole line of them where none were needed. */
    do
        pwi_buf_byte(buf, ' ');
    while ((buf->size - begin + 1) % ALIGNMENT != 0 && !buf->failed);
    pwi_buf_byte(buf, '\n');
    if (buf->failed)
        return;
    /* Eight dimensions of 19 digits are far from the 65,535 bytes of version 1.0. */
    size = buf->size - begin - magic_size;
    PW_ASSERT(size <= UINT16_MAX);
    buf->data[begin + 8] = (char)(size & 0xFF);
    buf->data[begin + 9] = (char)(size >> 8);
}

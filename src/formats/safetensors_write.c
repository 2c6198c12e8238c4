/* SPDX-License-Identifier: MIT */
/* Writing safetensors. The same set gives the same bytes, in whatever order it was filled:
 *
 *   - tensors whose size is a multiple of 64 bytes come first, by name; then the others, those
 *     with the wider elements first, then by name;
 *   - the header is padded with spaces so that the data begins at a multiple of 64.
 *
 * So the tensors of the first group and the first one of the second begin at multiples of 64
 * bytes, and all others at multiples of their own elements' size. More is not possible: the
 * format allows no bytes between tensors, and a tensor made for padding would be a stranger to
 * pipe(**load_file(f)). Metadata stands in the order of the set. */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "formats/dtype.h"
#include "formats/json.h"
#include "formats/tensor_set.h"

#define ALIGNMENT 64u

/* A set on its way to a file. */
struct writing {
    const pw_tensor_set *set;
    pw_context *ctx;
    const pw_save_options *options;
    size_t n;
    uint32_t *order; /* [n] which tensor comes i-th */
    uint64_t *sizes; /* [n] bytes of tensor i in the file */
};

static bool is_written_before(const void *context, uint32_t a, uint32_t b)
{
    const struct writing *w = context;
    const bool a_odd = w->sizes[a] % ALIGNMENT != 0, b_odd = w->sizes[b] % ALIGNMENT != 0;

    if (a_odd != b_odd)
        return b_odd;
    if (a_odd) {
        const pw_tensor *x = pw_tensor_set_tensor(w->set, a);
        const pw_tensor *y = pw_tensor_set_tensor(w->set, b);
        const uint32_t x_bits = pw_dtype_bits(pwi_dtype_for_save(x->dtype, w->options));
        const uint32_t y_bits = pw_dtype_bits(pwi_dtype_for_save(y->dtype, w->options));

        if (x_bits != y_bits)
            return x_bits > y_bits;
    }
    return strcmp(pw_tensor_set_name(w->set, a), pw_tensor_set_name(w->set, b)) < 0;
}

static bool is_utf8(const char *text)
{
    const size_t size = strlen(text);

    return pwi_utf8_valid_prefix(text, size) == size;
}

/* What the format cannot hold as it is, is refused rather than changed. */
static pw_status check_set(const struct writing *w, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (w->n > PW_FILE_TENSORS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a file holds at most %d tensors, not %zu",
                        PW_FILE_TENSORS_MAX, w->n);
    for (size_t i = 0; i < w->n; i++) {
        const char *name = pw_tensor_set_name(w->set, i);

        if (strcmp(name, "__metadata__") == 0 || !is_utf8(name))
            return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                            "a safetensors file cannot hold a tensor named %s",
                            pwi_quote(quoted, name, strlen(name)));
    }
    for (size_t i = 0; i < pw_tensor_set_n_metadata(w->set); i++) {
        const char *key = pw_tensor_set_metadata_key(w->set, i);

        if (!is_utf8(key) || !is_utf8(pw_tensor_set_metadata_value(w->set, i)))
            return PWI_FAIL(
                err, PW_ERR_UNSUPPORTED,
                "the metadata entry %s is not valid UTF-8, which a safetensors file "
                "cannot hold",
                pwi_quote(quoted, key, strlen(key)));
    }
    return PW_OK;
}

static pw_status measure(struct writing *w, pw_error *err)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        const pw_tensor *tensor = pw_tensor_set_tensor(w->set, i);

        if (!pwi_dtype_size(pwi_dtype_for_save(tensor->dtype, w->options),
                            (uint64_t)pw_tensor_n_elements(tensor), &w->sizes[i]) ||
            !pwi_add_u64(total, w->sizes[i], &total))
            return PWI_FAIL(err, PW_ERR_OVERFLOW, "the tensors have more bytes than 64 bits");
        w->order[i] = i;
    }
    pwi_sort(w->order, w->n, is_written_before, w);
    return PW_OK;
}

static void put_metadata(pwi_buf *header, const pw_tensor_set *set)
{
    const size_t n = pw_tensor_set_n_metadata(set);

    if (n == 0)
        return;
    pwi_buf_text(header, "\"__metadata__\":{");
    for (size_t i = 0; i < n; i++) {
        const char *key = pw_tensor_set_metadata_key(set, i);
        const char *value = pw_tensor_set_metadata_value(set, i);

        if (i > 0)
            pwi_buf_byte(header, ',');
        pwi_json_put_string(header, key, strlen(key));
        pwi_buf_byte(header, ':');
        pwi_json_put_string(header, value, strlen(value));
    }
    pwi_buf_byte(header, '}');
}

static void put_tensor(pwi_buf *header, const struct writing *w, uint32_t i, uint64_t begin)
{
    const pw_tensor *tensor = pw_tensor_set_tensor(w->set, i);
    const char *name = pw_tensor_set_name(w->set, i);

    if (header->size > 1)
        pwi_buf_byte(header, ',');
    pwi_json_put_string(header, name, strlen(name));
    pwi_buf_format(header, ":{\"dtype\":\"%s\",\"shape\":[",
                   pw_dtype_name(pwi_dtype_for_save(tensor->dtype, w->options)));
    for (int32_t k = 0; k < tensor->rank; k++)
        pwi_buf_format(header, "%s%" PRId64, k > 0 ? "," : "", tensor->shape[k]);
    pwi_buf_format(header, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin,
                   begin + w->sizes[i]);
}

/* The eight bytes of length, and the JSON with its padding. */
static void put_header(pwi_buf *header, const struct writing *w)
{
    uint64_t begin = 0;

    pwi_buf_byte(header, '{');
    put_metadata(header, w->set);
    for (size_t i = 0; i < w->n; i++) {
        put_tensor(header, w, w->order[i], begin);
        begin += w->sizes[w->order[i]];
    }
    pwi_buf_byte(header, '}');
    while (!header->failed && (8 + header->size) % ALIGNMENT != 0)
        pwi_buf_byte(header, ' ');
}

static pw_status write_header(const struct writing *w, pwi_output *output, pw_error *err)
{
    unsigned char length[8];
    pwi_buf header;
    pw_status status = PW_OK;

    pwi_buf_init(&header, &w->ctx->allocator);
    put_header(&header, w);
    for (unsigned i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)header.size >> (8 * i));
    if (header.failed)
        status = pwi_fail_memory(err);
    else if (header.size > PW_SAFETENSORS_HEADER_MAX)
        status = PWI_FAIL(err, PW_ERR_LIMIT,
                          "the header would have %zu bytes, and the format allows %u",
                          header.size, PW_SAFETENSORS_HEADER_MAX);
    if (status == PW_OK)
        status = pwi_output_write(output, length, sizeof(length), err);
    if (status == PW_OK)
        status = pwi_output_write(output, header.data, header.size, err);
    pwi_buf_free(&header);
    return status;
}

static pw_status write_tensor(const struct writing *w, uint32_t i, pwi_output *output,
                              pw_error *err)
{
    const void *bytes;
    void *converted;
    pw_dtype dtype;
    size_t size;
    pw_status status;

    PWI_TRY(pwi_tensor_for_save(w->ctx, pw_tensor_set_tensor(w->set, i), w->options, &dtype,
                                &bytes, &size, &converted, err));
    PW_ASSERT(size == w->sizes[i]);
    status = pwi_output_write(output, bytes, size, err);
    pwi_free_array(&w->ctx->allocator, converted, size, 1);
    return status;
}

static pw_status write_all(struct writing *w, pwi_output *output, pw_error *err)
{
    PWI_TRY(check_set(w, err));
    PWI_TRY(measure(w, err));
    PWI_TRY(write_header(w, output, err));
    for (size_t i = 0; i < w->n; i++) {
        PWI_TRY(write_tensor(w, w->order[i], output, err));
        PWI_TRY(pwi_progress(w->ctx, "writing", i + 1, w->n, err));
    }
    return PW_OK;
}

pw_status pwi_safetensors_save(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                               const pw_save_options *options, pw_error *err)
{
    const size_t n = pw_tensor_set_n(set);
    struct writing w = {set,
                        ctx,
                        options,
                        n,
                        PWI_ARRAY(&ctx->allocator, uint32_t, n),
                        PWI_ARRAY(&ctx->allocator, uint64_t, n)};
    pw_status status;

    if (w.order == NULL || w.sizes == NULL)
        status = pwi_fail_memory(err);
    else
        status = write_all(&w, output, err);
    pwi_free_array(&ctx->allocator, w.order, n, sizeof(*w.order));
    pwi_free_array(&ctx->allocator, w.sizes, n, sizeof(*w.sizes));
    return status;
}

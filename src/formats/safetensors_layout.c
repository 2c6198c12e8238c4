/* SPDX-License-Identifier: MIT */
/* Whether the tensors of a safetensors file fill its data: sorted by their offsets, each begins
 * where the one before it ends, and the last ends with the file. No hole, no overlap, no byte
 * that belongs to nothing: a file is then one thing only, whoever reads it. */
#include "formats/tensor_set.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "formats/dtype.h"

static const char *quoted_name(char buffer[PWI_QUOTE_SIZE], const pwi_file_entry *entry)
{
    return pwi_quote(buffer, entry->name, strlen(entry->name));
}

/* By begin, then by size, so that empty tensors stand before the one that begins there; then by
 * name, so that the order is the same whatever the header's. */
static bool lies_before(const void *context, uint32_t a, uint32_t b)
{
    const pwi_file_entry *x = (const pwi_file_entry *)context + a;
    const pwi_file_entry *y = (const pwi_file_entry *)context + b;

    if (x->begin != y->begin)
        return x->begin < y->begin;
    if (x->tensor.size_bytes != y->tensor.size_bytes)
        return x->tensor.size_bytes < y->tensor.size_bytes;
    return strcmp(x->name, y->name) < 0;
}

/* Bring the entries into that order: number i of `order` says which one comes i-th. Each cycle
 * of the permutation is walked once. */
static void permute(pwi_file_entry *entries, uint32_t *order, size_t n)
{
    for (uint32_t start = 0; start < n; start++) {
        const pwi_file_entry first = entries[start];
        uint32_t to = start;

        while (order[to] != start) {
            const uint32_t from = order[to];

            entries[to] = entries[from];
            order[to] = to;
            to = from;
        }
        entries[to] = first;
        order[to] = to;
    }
}

static pw_status sort_entries(pw_file *file, size_t first_entry, pw_error *err)
{
    const pw_allocator *allocator = &file->ctx->allocator;
    const size_t n = file->n_entries - first_entry;
    pwi_file_entry *entries;
    uint32_t *order;

    if (n == 0)
        return PW_OK;
    entries = file->entries + first_entry;
    order = PWI_ARRAY(allocator, uint32_t, n);
    if (order == NULL)
        return pwi_fail_memory(err);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    pwi_sort(order, n, lies_before, entries);
    permute(entries, order, n);
    pwi_free_array(allocator, order, n, sizeof(*order));
    return PW_OK;
}

/* `entry` does not begin at `expected`, where `before` (NULL: the data's start) ends. */
static pw_status misplaced(const pwi_file_entry *entry, const pwi_file_entry *before,
                           uint64_t expected, pw_error *err)
{
    char name[PWI_QUOTE_SIZE], other[PWI_QUOTE_SIZE];

    quoted_name(name, entry);
    if (before == NULL)
        return PWI_FAIL(err, PW_ERR_OFFSET,
                        "the first tensor, %s, begins at byte %" PRIu64
                        " of the data, and must at 0; the file was not made by a safetensors "
                        "writer, or was damaged",
                        name, entry->begin);
    if (entry->begin < expected)
        return PWI_FAIL(err, PW_ERR_OFFSET,
                        "tensor %s begins at byte %" PRIu64
                        " of the data, inside tensor %s, which ends at %" PRIu64
                        ": tensors may not overlap",
                        name, entry->begin, quoted_name(other, before), expected);
    return PWI_FAIL(err, PW_ERR_OFFSET,
                    "tensor %s begins at byte %" PRIu64
                    " of the data, but the tensor before it, %s, ends at %" PRIu64
                    ": bytes between belong to no tensor",
                    name, entry->begin, quoted_name(other, before), expected);
}

/* Whether shape and dtype need the bytes that the offsets give. */
static pw_status check_size(const pwi_file_entry *entry, pw_error *err)
{
    const pw_tensor *tensor = &entry->tensor;
    const uint32_t element_bits = pw_dtype_bits(tensor->dtype);
    char name[PWI_QUOTE_SIZE];
    uint64_t n_elements, bits;

    if (!pwi_shape_elements(tensor->shape, tensor->rank, &n_elements) ||
        !pwi_mul_u64(n_elements, element_bits, &bits))
        return PWI_FAIL(err, PW_ERR_OVERFLOW,
                        "tensor %s: the product of its shape does not fit 64 bits",
                        quoted_name(name, entry));
    if (bits % 8 != 0)
        return PWI_FAIL(err, PW_ERR_SUBBYTE,
                        "tensor %s: %" PRIu64 " elements of %" PRIu32
                        " bits do not fill whole bytes",
                        quoted_name(name, entry), n_elements, element_bits);
    if (bits / 8 != tensor->size_bytes)
        return PWI_FAIL(err, PW_ERR_SIZE,
                        "tensor %s: shape and dtype %s need %" PRIu64
                        " bytes, data_offsets give it %zu",
                        quoted_name(name, entry), pw_dtype_name(tensor->dtype), bits / 8,
                        tensor->size_bytes);
    return PW_OK;
}

/* The tensors end at `end` of the data; the file's data at data_size. */
static pw_status check_end(const pwi_file_part *part, const pwi_file_entry *last, uint64_t end,
                           pw_error *err)
{
    const uint64_t data_size = part->input.size - part->header_size;
    char name[PWI_QUOTE_SIZE];

    if (end > data_size)
        return pwi_fail_at(err, PW_ERR_TRUNCATED, part->input.size,
                           "tensor %s ends at byte %" PRIu64
                           " of the data but the file has %" PRIu64
                           " bytes of it: the download is incomplete; fetch it again",
                           quoted_name(name, last), end, data_size);
    if (end < data_size)
        return pwi_fail_at(err, PW_ERR_TRAILING, part->header_size + end,
                           "%" PRIu64 " byte%s after the last tensor belong to none; the file "
                           "was not made by a safetensors writer, or was damaged",
                           data_size - end, data_size - end == 1 ? "" : "s");
    return PW_OK;
}

pw_status pwi_safetensors_layout(pw_file *file, uint32_t i_part, size_t first_entry,
                                 pw_error *err)
{
    const pwi_file_part *part = &file->parts[i_part];
    const pwi_file_entry *before = NULL;
    uint64_t end = 0;

    PWI_TRY(sort_entries(file, first_entry, err));
    for (size_t i = first_entry; i < file->n_entries; i++) {
        pwi_file_entry *entry = &file->entries[i];

        if (entry->begin != end)
            return misplaced(entry, before, end, err);
        PWI_TRY(check_size(entry, err));
        end = entry->begin + entry->tensor.size_bytes;
        before = entry;
    }
    PWI_TRY(check_end(part, before, end, err));
    for (size_t i = first_entry; i < file->n_entries; i++)
        file->entries[i].begin += part->header_size;
    return PW_OK;
}

pw_status pwi_safetensors_too_many(pw_file *file, size_t first_entry, pw_error *err)
{
    const pwi_file_entry *furthest = NULL;
    uint64_t end = 0;

    PWI_TRY(sort_entries(file, first_entry, err));
    for (size_t i = first_entry; i < file->n_entries; i++) {
        const pwi_file_entry *entry = &file->entries[i];

        if (entry->begin < end)
            return misplaced(entry, furthest, end, err);
        end = entry->begin + entry->tensor.size_bytes;
        furthest = entry;
    }
    return PWI_FAIL(err, PW_ERR_LIMIT, "the file holds more than %d tensors, padwise's limit",
                    PW_FILE_TENSORS_MAX);
}

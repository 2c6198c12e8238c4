/* SPDX-License-Identifier: MIT */
/* Guarded memory: a kernel that reads or writes beyond its arrays dies at once, and the crash
 * handler names it. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "checkkern.h"
#include "formats/dtype.h"

#define POISON 0xA5

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

struct guarded guarded_new(size_t size, enum guard_side side)
{
    const size_t page = page_size(), inner = (size + page - 1) / page * page;
    struct guarded g = {NULL, inner + 2 * page, NULL, size};
    char *start;

    g.map = mmap(NULL, g.map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED ||
        (inner > 0 && mprotect((char *)g.map + page, inner, PROT_READ | PROT_WRITE) != 0)) {
        fprintf(stderr, "checkkern: out of memory for %zu bytes\n", size);
        exit(2);
    }
    start = (char *)g.map + page;
    memset(start, POISON, inner);
    g.data = side == GUARD_END ? start + inner - size : start;
    return g;
}

void guarded_free(struct guarded *guarded)
{
    munmap(guarded->map, guarded->map_size);
    memset(guarded, 0, sizeof(*guarded));
}

float *guarded_floats(struct guarded *guarded, size_t n, enum guard_side side)
{
    *guarded = guarded_new(n * sizeof(float), side);
    return guarded->data;
}

bool is_poison(float value)
{
    unsigned char bytes[sizeof(float)];

    memcpy(bytes, &value, sizeof(bytes));
    return bytes[0] == POISON && bytes[1] == POISON && bytes[2] == POISON && bytes[3] == POISON;
}

struct matrix matrix_new(size_t n_rows, size_t n_columns, size_t stride, enum guard_side side)
{
    struct matrix m = {{NULL, 0, NULL, 0}, NULL, n_rows, n_columns, stride};

    m.data =
        guarded_floats(&m.memory, n_rows == 0 ? 0 : (n_rows - 1) * stride + n_columns, side);
    return m;
}

void matrix_free(struct matrix *matrix)
{
    guarded_free(&matrix->memory);
}

void matrix_fill(struct check *check, struct matrix *matrix, float scale)
{
    for (size_t row = 0; row < matrix->n_rows; row++)
        check_fill(check, matrix->data + row * matrix->stride, matrix->n_columns, scale);
}

void matrix_check_padding(struct check *check, const struct matrix *matrix, const char *what)
{
    for (size_t row = 0; row + 1 < matrix->n_rows; row++)
        for (size_t i = matrix->n_columns; i < matrix->stride; i++)
            if (!is_poison(matrix->data[row * matrix->stride + i]))
                check_fail(check, "%s: wrote behind row %zu, column %zu", what, row, i);
}

/* The block is preceded by its struct guarded, one page before the forbidden one at most. */
static void *guarded_alloc(void *ctx, size_t size, size_t align)
{
    const size_t whole = (size + align - 1) / align * align;
    struct guarded *guarded = malloc(sizeof(*guarded));
    struct guarded **list = ctx;

    (void)list;
    if (guarded == NULL)
        return NULL;
    *guarded = guarded_new(whole + align, GUARD_END);
    memcpy((char *)guarded->data + align - sizeof(guarded), &guarded, sizeof(guarded));
    return (char *)guarded->data + align;
}

static void guarded_release(void *ctx, void *p, size_t size, size_t align)
{
    struct guarded *guarded;

    (void)ctx, (void)size, (void)align;
    memcpy(&guarded, (char *)p - sizeof(guarded), sizeof(guarded));
    guarded_free(guarded);
    free(guarded);
}

const pw_allocator guarded_allocator = {NULL, guarded_alloc, guarded_release};

/* One value rounded into the file's dtype, at bytes. */
static void put_element(pw_dtype dtype, char *bytes, float value)
{
    const uint16_t half = dtype == PW_BF16 ? pwi_f32_to_bf16(value) : pwi_f32_to_f16(value);

    if (dtype == PW_F32)
        memcpy(bytes, &value, 4);
    else if (dtype == PW_F8_E4M3)
        *bytes = (char)pwi_f32_to_e4m3(value);
    else if (dtype == PW_F8_E5M2)
        *bytes = (char)pwi_f32_to_e5m2(value);
    else
        memcpy(bytes, &half, 2);
}

static float get_element(pw_dtype dtype, const char *bytes)
{
    uint16_t half;
    float value;

    if (dtype == PW_F8_E4M3)
        return pwi_e4m3_to_f32((uint8_t)*bytes);
    if (dtype == PW_F8_E5M2)
        return pwi_e5m2_to_f32((uint8_t)*bytes);
    if (dtype == PW_F32) {
        memcpy(&value, bytes, 4);
        return value;
    }
    memcpy(&half, bytes, 2);
    return dtype == PW_BF16 ? pwi_bf16_to_f32(half) : pwi_f16_to_f32(half);
}

struct weight weight_new(struct check *check, pw_dtype dtype, size_t n, size_t k, float scale)
{
    const size_t size = pw_dtype_bits(dtype) / 8;
    const float deviation = k > 0 ? 1.0f / sqrtf((float)k) / scale : 1.0f;
    char *rows = malloc(n * k * size + 1);
    struct weight weight = {.values = malloc((n * k + 1) * sizeof(float))};

    if (rows == NULL || weight.values == NULL ||
        pwi_pack(&weight.packed, &guarded_allocator, check->product, dtype, n, k, scale,
                 NULL) != PW_OK) {
        fprintf(stderr, "checkkern: out of memory\n");
        exit(2);
    }
    for (size_t i = 0; i < n * k; i++) {
        put_element(dtype, rows + i * size, check_normal(check) * deviation);
        weight.values[i] = get_element(dtype, rows + i * size) * scale;
    }
    pwi_pack_rows(&weight.packed, check->kernels, 0, n, rows, dtype);
    free(rows);
    return weight;
}

void weight_free(struct weight *weight)
{
    free(weight->values);
    pwi_packed_free(&weight->packed);
}

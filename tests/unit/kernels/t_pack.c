/* SPDX-License-Identifier: MIT */
/* Packed weights: the layout that kernels.h states, in pieces as in one go, in exactly the
 * memory that it promises. */
#include "check.h"
#include "kernels/kernels.h"

/* An allocator that counts bytes and fails from the n-th call on. */
struct counter {
    size_t n_calls, fails_from, bytes_live;
};

static void *counted_alloc(void *ctx, size_t size, size_t align)
{
    struct counter *counter = ctx;

    if (++counter->n_calls >= counter->fails_from)
        return NULL;
    counter->bytes_live += size;
    return pwi_malloc_allocator.alloc(NULL, size, align);
}

static void counted_free(void *ctx, void *p, size_t size, size_t align)
{
    ((struct counter *)ctx)->bytes_live -= size;
    pwi_malloc_allocator.free(NULL, p, size, align);
}

static const struct {
    pw_dtype dtype;
    size_t size;
} dtypes[] = {{PW_F32, 4}, {PW_F16, 2}, {PW_BF16, 2}, {PW_F8_E4M3, 1}, {PW_F8_E5M2, 1}};

#define N_DTYPES (sizeof(dtypes) / sizeof(*dtypes))

/* W [n, k] of bytes that tell their place. */
static void fill(unsigned char *rows, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        rows[i] = (unsigned char)(i * 7 + i / 251 + 1);
}

static void element_lies_where_the_header_says(void **state)
{
    const size_t n = 37, k = 71; /* what fills squares and cache lines, and what does not */
    static unsigned char rows[37 * 71 * 4];
    pwi_kernels kernels;

    (void)state;
    pwi_kernels_select(&kernels, PW_LEVEL_HIGHEST, PWI_CPU_ALL);
    fill(rows, sizeof(rows));
    for (size_t d = 0; d < N_DTYPES; d++) {
        const size_t size = dtypes[d].size, nr = kernels.products[0].nr;
        pwi_packed packed;

        assert_int_equal(pwi_pack(&packed, &pwi_malloc_allocator, &kernels.products[0],
                                  dtypes[d].dtype, n, k, 1.0f, NULL),
                         PW_OK);
        pwi_pack_rows(&packed, &kernels, 0, n, rows, dtypes[d].dtype);
        for (size_t row = 0; row < (n + nr - 1) / nr * nr; row++)
            for (size_t i = 0; i < k; i++) {
                const char *at =
                    (const char *)packed.data + ((row / nr * k + i) * nr + row % nr) * size;
                const unsigned char zeros[4] = {0};

                assert_memory_equal(at, row < n ? rows + (row * k + i) * size : zeros, size);
            }
        pwi_packed_free(&packed);
    }
}

static void rows_may_come_in_any_pieces_and_order(void **state)
{
    const size_t n = 50, k = 9, cuts[] = {50, 49, 31, 16, 15, 3, 0};
    static unsigned char rows[50 * 9 * 4 + 1];
    pwi_kernels kernels;

    (void)state;
    pwi_kernels_select(&kernels, PW_LEVEL_HIGHEST, PWI_CPU_ALL);
    fill(rows, sizeof(rows));
    for (size_t d = 0; d < N_DTYPES; d++) {
        const unsigned char *odd = rows + 1; /* rows of a file may lie anywhere */
        pwi_packed whole, pieces;

        assert_int_equal(pwi_pack(&whole, &pwi_malloc_allocator, &kernels.products[0],
                                  dtypes[d].dtype, n, k, 1.0f, NULL),
                         PW_OK);
        assert_int_equal(pwi_pack(&pieces, &pwi_malloc_allocator, &kernels.products[0],
                                  dtypes[d].dtype, n, k, 1.0f, NULL),
                         PW_OK);
        pwi_pack_rows(&whole, &kernels, 0, n, odd, dtypes[d].dtype);
        for (size_t i = 0; i + 1 < sizeof(cuts) / sizeof(*cuts); i++)
            pwi_pack_rows(&pieces, &kernels, cuts[i + 1], cuts[i] - cuts[i + 1],
                          odd + cuts[i + 1] * k * dtypes[d].size, dtypes[d].dtype);
        assert_memory_equal(whole.data, pieces.data, whole.size_bytes);
        pwi_packed_free(&whole);
        pwi_packed_free(&pieces);
    }
}

/* Memory is the file's: ceil(n / nr) * nr * k elements and nothing else. */
static void memory_is_exact(void **state)
{
    struct counter counter = {0, SIZE_MAX, 0};
    const pw_allocator allocator = {&counter, counted_alloc, counted_free};
    pwi_kernels kernels;
    pwi_packed packed;

    (void)state;
    pwi_kernels_select(&kernels, PW_LEVEL_HIGHEST, PWI_CPU_ALL);
    for (size_t d = 0; d < N_DTYPES; d++) {
        const size_t nr = kernels.products[0].nr,
                     want = (100 + nr - 1) / nr * nr * 33 * dtypes[d].size;

        assert_int_equal(pwi_pack(&packed, &allocator, &kernels.products[0], dtypes[d].dtype,
                                  100, 33, 1.0f, NULL),
                         PW_OK);
        assert_int_equal(packed.size_bytes, want);
        assert_int_equal(counter.bytes_live, want);
        assert_int_equal((uintptr_t)packed.data % 64, 0);
        pwi_packed_free(&packed);
        assert_int_equal(counter.bytes_live, 0);
    }
}

static void failures_leave_nothing_behind(void **state)
{
    struct counter counter = {0, 1, 0};
    const pw_allocator allocator = {&counter, counted_alloc, counted_free};
    pwi_kernels kernels;
    pwi_packed packed;
    pw_error err;

    (void)state;
    pwi_kernels_select(&kernels, PW_LEVEL_HIGHEST, PWI_CPU_ALL);
    assert_int_equal(
        pwi_pack(&packed, &allocator, &kernels.products[0], PW_F16, 10, 10, 1.0f, &err),
        PW_ERR_NO_MEMORY);
    assert_null(packed.data);
    pwi_packed_free(&packed);
    assert_int_equal(pwi_pack(&packed, &allocator, &kernels.products[0], PW_F32, SIZE_MAX / 8,
                              16, 1.0f, &err),
                     PW_ERR_OVERFLOW);
    assert_int_equal(
        pwi_pack(&packed, &allocator, &kernels.products[0], PW_F32, SIZE_MAX, 1, 1.0f, &err),
        PW_ERR_OVERFLOW);
    assert_int_equal(
        pwi_pack(&packed, &allocator, &kernels.products[0], PW_I64, 10, 10, 1.0f, &err),
        PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "I64"));
    assert_int_equal(counter.bytes_live, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(element_lies_where_the_header_says),
    cmocka_unit_test(rows_may_come_in_any_pieces_and_order),
    cmocka_unit_test(memory_is_exact),
    cmocka_unit_test(failures_leave_nothing_behind),
};

PW_TEST_MAIN(tests, NULL, NULL)

/* SPDX-License-Identifier: MIT */
/* Sorting numbers by what they stand for: a heap sort, because libc's qsort may allocate behind
 * our back and may take n^2 steps on a hostile order. */
#include "formats/tensor_set.h"

struct heap {
    uint32_t *numbers;
    bool (*before)(const void *context, uint32_t a, uint32_t b);
    const void *context;
};

static void sift_down(const struct heap *heap, size_t root, size_t n)
{
    uint32_t *numbers = heap->numbers;
    const uint32_t number = numbers[root];
    size_t child;

    while ((child = 2 * root + 1) < n) {
        if (child + 1 < n && heap->before(heap->context, numbers[child], numbers[child + 1]))
            child++;
        if (!heap->before(heap->context, number, numbers[child]))
            break;
        numbers[root] = numbers[child];
        root = child;
    }
    numbers[root] = number;
}

static bool is_sorted(const struct heap *heap, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (heap->before(heap->context, heap->numbers[i], heap->numbers[i - 1]))
            return false;
    }
    return true;
}

void pwi_sort(uint32_t *numbers, size_t n,
              bool (*before)(const void *context, uint32_t a, uint32_t b), const void *context)
{
    const struct heap heap = {numbers, before, context};

    if (is_sorted(&heap, n)) /* as most files are */
        return;
    for (size_t root = n / 2; root-- > 0;)
        sift_down(&heap, root, n);
    for (size_t last = n - 1; last > 0; last--) {
        const uint32_t largest = numbers[0];

        numbers[0] = numbers[last];
        numbers[last] = largest;
        sift_down(&heap, 0, last);
    }
}

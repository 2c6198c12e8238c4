/* SPDX-License-Identifier: MIT */
/* PNG by zlib alone. libpng as cairo drives it tries five filters a row, which costs a heat map
 * more than all drawing and makes it larger: cells repeat exactly, so no filter is best (1200 x
 * 1020 pixels of CLIP-L, Sapphire Rapids, 2026-11-22: 38 ms and 209 kB there, 16 ms and 195 kB
 * here). */
#include "plot/png.h"

#include <string.h>
#include <zlib.h>

#include "base/threads.h"

#define OUT_STEP (1u << 14)

static void append_u32(pwi_buf *out, uint32_t value)
{
    const unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                                    (unsigned char)(value >> 8), (unsigned char)value};

    pwi_buf_append(out, bytes, sizeof(bytes));
}

/* A chunk begins: where its length will stand. */
static size_t begin_chunk(pwi_buf *out, const char type[5])
{
    const size_t start = out->size;

    append_u32(out, 0);
    pwi_buf_append(out, type, 4);
    return start;
}

/* It ends: its length and the CRC of type and data. */
static void end_chunk(pwi_buf *out, size_t start)
{
    const size_t size = out->size - start - 8;

    if (out->failed)
        return;
    for (size_t i = 0; i < 4; i++)
        out->data[start + i] = (char)(unsigned char)(size >> (24 - 8 * i));
    append_u32(out, (uint32_t)crc32(0, (const Bytef *)out->data + start + 4, (uInt)(size + 4)));
}

static void append_header(pwi_buf *out, const struct pwi_png_image *image)
{
    /* 8 bits, RGB or palette, deflate, the five filters, not interlaced. */
    const char kind[5] = {8, image->palette != NULL ? 3 : 2, 0, 0, 0};
    const uint32_t density = (uint32_t)(image->pixels_per_metre + 0.5);
    size_t start;

    pwi_buf_append(out, "\x89PNG\r\n\x1A\n", 8);
    start = begin_chunk(out, "IHDR");
    append_u32(out, image->width);
    append_u32(out, image->height);
    pwi_buf_append(out, kind, sizeof(kind));
    end_chunk(out, start);
    if (density == 0)
        return;
    start = begin_chunk(out, "pHYs");
    append_u32(out, density);
    append_u32(out, density);
    pwi_buf_byte(out, 1);
    end_chunk(out, start);
}

static void append_palette(pwi_buf *out, const struct pwi_png_image *image)
{
    size_t start;

    if (image->palette == NULL)
        return;
    start = begin_chunk(out, "PLTE");
    for (size_t i = 0; i < image->n_colors; i++) {
        const pwi_color color = image->palette[i];
        const unsigned char bytes[3] = {color.red, color.green, color.blue};

        pwi_buf_append(out, bytes, sizeof(bytes));
    }
    end_chunk(out, start);
}

static void append_text(pwi_buf *out, const char *keyword, const char *text)
{
    size_t start;

    if (text[0] == '\0')
        return;
    start = begin_chunk(out, "iTXt");
    pwi_buf_append(out, keyword, strlen(keyword) + 1);
    pwi_buf_append(out, "\0\0\0\0", 4); /* not compressed, no language, keyword as it is */
    pwi_buf_text(out, text);
    end_chunk(out, start);
}

/* What deflate has to give, at the end of `out`. */
static bool drain(z_stream *stream, pwi_buf *out, int flush)
{
    int result;

    do {
        if (!pwi_buf_reserve(out, OUT_STEP))
            return false;
        stream->next_out = (Bytef *)out->data + out->size;
        stream->avail_out = OUT_STEP;
        result = deflate(stream, flush);
        out->size += OUT_STEP - stream->avail_out;
    } while (result == Z_OK && stream->avail_out == 0);
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

/* A row as the file has it: filter 0, then RGB or indexes. */
static void fill_row(unsigned char *row, const struct pwi_png_image *image, uint32_t y)
{
    const unsigned char *from = image->rows + y * image->stride;

    row[0] = 0;
    if (image->palette != NULL) {
        memcpy(row + 1, from, image->width);
        return;
    }
    for (uint32_t x = 0; x < image->width; x++) {
        uint32_t pixel;

        memcpy(&pixel, from + (size_t)x * 4, 4);
        row[1 + 3 * (size_t)x] = (unsigned char)(pixel >> 16);
        row[2 + 3 * (size_t)x] = (unsigned char)(pixel >> 8);
        row[3 + 3 * (size_t)x] = (unsigned char)pixel;
    }
}

/* Rows are deflated in stripes that know nothing of each other, so that threads can share them.
 * Their number is fixed: the file does not depend on the threads. */
#define N_STRIPES 4

struct stripe {
    pwi_buf bytes;
    uint32_t sum; /* Adler-32 of what went in */
    bool is_whole;
};

struct stripes {
    const struct pwi_png_image *image;
    size_t row_size;
    struct stripe stripe[N_STRIPES];
};

static uint32_t first_row(const struct pwi_png_image *image, size_t i)
{
    return (uint32_t)((uint64_t)image->height * i / N_STRIPES);
}

static bool deflate_rows(z_stream *stream, struct stripes *stripes, size_t i,
                         unsigned char *row)
{
    struct stripe *stripe = &stripes->stripe[i];
    const uint32_t end = first_row(stripes->image, i + 1);

    stripe->sum = (uint32_t)adler32(0, NULL, 0);
    for (uint32_t y = first_row(stripes->image, i); y < end; y++) {
        fill_row(row, stripes->image, y);
        stripe->sum = (uint32_t)adler32(stripe->sum, row, (uInt)stripes->row_size);
        stream->next_in = row;
        stream->avail_in = (uInt)stripes->row_size;
        if (!drain(stream, &stripe->bytes, Z_NO_FLUSH))
            return false;
    }
    /* A flush ends on a whole byte, where the next stripe can begin. */
    return drain(stream, &stripe->bytes, i + 1 < N_STRIPES ? Z_SYNC_FLUSH : Z_FINISH);
}

static void deflate_stripe(void *argument, size_t i)
{
    struct stripes *stripes = argument;
    const pw_allocator *allocator = stripes->stripe[i].bytes.allocator;
    unsigned char *row = PWI_ARRAY(allocator, unsigned char, stripes->row_size);
    z_stream stream = {.zalloc = pwi_alloc_remembering,
                       .zfree = pwi_free_remembered,
                       .opaque = (void *)(uintptr_t)allocator};

    /* -15: no head and no sum of zlib's around it. */
    if (row != NULL && deflateInit2(&stream, stripes->image->level, Z_DEFLATED, -15, 9,
                                    Z_DEFAULT_STRATEGY) == Z_OK) {
        stripes->stripe[i].is_whole = deflate_rows(&stream, stripes, i, row);
        (void)deflateEnd(&stream);
    }
    pwi_free_array(allocator, row, stripes->row_size, 1);
}

/* The stripes one behind the other as one zlib stream. */
static bool append_stripes(pwi_buf *out, const struct stripes *stripes)
{
    uint32_t sum = (uint32_t)adler32(0, NULL, 0);
    bool is_whole = true;

    pwi_buf_append(out, "\x78\x01", 2); /* deflate, 32 KiB of history, fastest */
    for (size_t i = 0; i < N_STRIPES; i++) {
        const struct stripe *stripe = &stripes->stripe[i];
        const uint32_t n_rows = first_row(stripes->image, i + 1) - first_row(stripes->image, i);

        is_whole = is_whole && stripe->is_whole;
        sum =
            (uint32_t)adler32_combine(sum, stripe->sum, (z_off_t)(n_rows * stripes->row_size));
        pwi_buf_append(out, stripe->bytes.data, stripe->bytes.size);
    }
    append_u32(out, sum);
    return is_whole;
}

static bool append_pixels(pwi_buf *out, const pw_context *ctx,
                          const struct pwi_png_image *image)
{
    const size_t n_channels = image->palette != NULL ? 1 : 3;
    struct stripes stripes = {image, 1 + n_channels * image->width, {{.sum = 0}}};
    const size_t start = begin_chunk(out, "IDAT");
    bool is_whole;

    for (size_t i = 0; i < N_STRIPES; i++)
        pwi_buf_init(&stripes.stripe[i].bytes, out->allocator);
    pwi_parallel(ctx, deflate_stripe, &stripes, N_STRIPES);
    is_whole = append_stripes(out, &stripes);
    for (size_t i = 0; i < N_STRIPES; i++)
        pwi_buf_free(&stripes.stripe[i].bytes);
    end_chunk(out, start);
    return is_whole;
}

pw_status pwi_png_write(pwi_buf *out, const pw_context *ctx, const struct pwi_png_image *image,
                        pw_error *err)
{
    append_header(out, image);
    append_palette(out, image);
    append_text(out, "Title", image->title);
    append_text(out, "Description", image->description);
    append_text(out, "Source", image->source);
    if (!append_pixels(out, ctx, image))
        return pwi_fail_memory(err);
    end_chunk(out, begin_chunk(out, "IEND"));
    return out->failed ? pwi_fail_memory(err) : PW_OK;
}

/* ---- Few colours. */

#define N_SLOTS 1024 /* a power of two, and many for 256 */

struct palette {
    pwi_color colors[PWI_PNG_COLORS_MAX];
    size_t n;
    uint16_t slots[N_SLOTS]; /* 1 + the index of a colour; 0: free */
};

static bool is_same(pwi_color a, pwi_color b)
{
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

/* false: the colour is one too many. */
static bool find_color(struct palette *palette, pwi_color color, unsigned char *index)
{
    const uint32_t key = (uint32_t)color.red << 16 | (uint32_t)color.green << 8 | color.blue;
    size_t slot = (key * 2654435761u) >> 22;

    while (palette->slots[slot] != 0 &&
           !is_same(palette->colors[palette->slots[slot] - 1], color))
        slot = (slot + 1) % N_SLOTS;
    if (palette->slots[slot] == 0) {
        if (palette->n == PWI_PNG_COLORS_MAX)
            return false;
        palette->colors[palette->n++] = color;
        palette->slots[slot] = (uint16_t)palette->n;
    }
    *index = (unsigned char)(palette->slots[slot] - 1);
    return true;
}

static bool fill_indexes(struct palette *palette, unsigned char *indexes,
                         const pwi_color *pixels, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (i > 0 && is_same(pixels[i], pixels[i - 1]))
            indexes[i] = indexes[i - 1];
        else if (!find_color(palette, pixels[i], &indexes[i]))
            return false;
    return true;
}

bool pwi_png_write_few_colors(pwi_buf *out, const pw_context *ctx, const pwi_color *pixels,
                              size_t n_x, size_t n_y)
{
    const size_t n = n_x * n_y;
    struct palette palette = {.n = 0};
    unsigned char *indexes = PWI_ARRAY(out->allocator, unsigned char, n);
    struct pwi_png_image image = {.rows = indexes,
                                  .stride = n_x,
                                  .width = (uint32_t)n_x,
                                  .height = (uint32_t)n_y,
                                  .palette = palette.colors,
                                  .level = 6,
                                  .title = "",
                                  .description = "",
                                  .source = ""};
    bool is_written = false;

    if (indexes != NULL && fill_indexes(&palette, indexes, pixels, n)) {
        image.n_colors = palette.n;
        is_written = pwi_png_write(out, ctx, &image, NULL) == PW_OK;
    }
    pwi_free_array(out->allocator, indexes, n, 1);
    return is_written;
}

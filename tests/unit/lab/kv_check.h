/* SPDX-License-Identifier: MIT */
/* U-Nets of a few numbers, for tests of their cross-attention. */
#ifndef PWI_TESTS_KV_CHECK_H
#define PWI_TESTS_KV_CHECK_H

#include "lab_check.h"

#include <unistd.h>

#include "lab/kv.h"

/* A file that is being built, and its path. */
struct unet {
    pw_context *ctx;
    pw_tensor_set *set;
    char path[64];
    pw_dtype dtype; /* of the file: that of the first tensor */
};

static inline void unet_start(struct unet *unet)
{
    pw_error err;
    int fd;

    *unet = (struct unet){.path = "/tmp/padwise-kv-XXXXXX"};
    fd = mkstemp(unet->path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(pw_context_create(&unet->ctx, NULL, &err), PW_OK);
    assert_int_equal(pw_tensor_set_create(&unet->set, unet->ctx, &err), PW_OK);
}

/* The number at `i` of a tensor: small, exact in every float dtype, another for each seed. */
static inline float unet_number(size_t i, size_t seed)
{
    return (float)((int)((i * 7 + i / 3 + seed * 5) % 17) - 8) / 8.0f;
}

static inline void unet_add(struct unet *unet, const char *name, pw_dtype dtype, int64_t n,
                            int64_t k, size_t seed)
{
    const int64_t shape[] = {n, k};
    void *data;
    pw_error err;

    if (pw_tensor_set_n(unet->set) == 0)
        unet->dtype = dtype;
    assert_int_equal(pw_tensor_set_add(unet->set, name, dtype, 2, shape, &data, &err), PW_OK);
    for (size_t i = 0; i < (size_t)(n * k); i++) {
        const float number = unet_number(i, seed);

        assert_int_equal(pw_f32_to_dtype(dtype, (char *)data + i * pw_dtype_bits(dtype) / 8,
                                         &number, 1, &err),
                         PW_OK);
    }
}

/* to_k of `seed` and to_v of seed + 1. */
static inline void unet_add_layer(struct unet *unet, const char *stem, pw_dtype dtype,
                                  int64_t inner, int64_t width, size_t seed)
{
    char name[256];

    snprintf(name, sizeof(name), "%s.to_k.weight", stem);
    unet_add(unet, name, dtype, inner, width, seed);
    snprintf(name, sizeof(name), "%s.to_v.weight", stem);
    unet_add(unet, name, dtype, inner, width, seed + 1);
}

static inline void unet_save(struct unet *unet)
{
    pw_save_options options;
    pw_error err;

    pw_save_options_init(&options);
    options.float_dtype = unet->dtype;
    assert_int_equal(pw_tensor_set_save(unet->set, unet->ctx, unet->path, &options, &err),
                     PW_OK);
}

static inline void unet_end(struct unet *unet)
{
    pw_tensor_set_free(unet->set);
    pw_context_free(unet->ctx);
    unlink(unet->path);
}

/* Save, open, and see it refused: the status and a part of the sentence. */
static inline void unet_refused(struct unet *unet, const pw_kv_options *options,
                                pw_status status, const char *part)
{
    pw_kv *kv;
    pw_error err;

    unet_save(unet);
    assert_int_equal(pw_kv_open(&kv, unet->ctx, unet->path, options, &err), status);
    assert_null(kv);
    assert_string_equal(err.where, unet->path);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
    unet_end(unet);
}

#endif

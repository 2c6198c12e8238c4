/* SPDX-License-Identifier: MIT */
/* A tensor as numpy can hold it: its own bytes, or rounded as the caller asks, or widened to
 * F32 from a float that numpy has not. */
#include "formats/npy.h"

#include <string.h>

#include "base/error.h"
#include "formats/tensor_set.h"

static bool numpy_lacks(pw_dtype dtype)
{
    switch (dtype) {
    case PW_BF16:
    case PW_F8_E4M3:
    case PW_F8_E5M2:
    case PW_F8_E8M0:
    case PW_F8_E4M3FNUZ:
    case PW_F8_E5M2FNUZ:
    case PW_F6_E2M3:
    case PW_F6_E3M2:
    case PW_F4:
        return true;
    default:
        return false;
    }
}

/* Replace the image's bytes by their F32 values. */
static pw_status widen(pwi_npy_image *image, pw_context *ctx, const char *name,
                       const pw_tensor *tensor, pw_error *err)
{
    const size_t n_elements = (size_t)pw_tensor_n_elements(tensor);
    pw_tensor narrow = *tensor;
    char quoted[PWI_QUOTE_SIZE];
    pw_status status;
    float *wide;

    pwi_quote(quoted, name, strlen(name));
    if (!pw_dtype_is_computable(image->dtype))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "tensor %s is %s, which numpy has not: save it as safetensors", quoted,
                        pw_dtype_name(image->dtype));
    wide = PWI_ARRAY(&ctx->allocator, float, n_elements);
    if (wide == NULL)
        return pwi_fail_memory(err);
    narrow.dtype = image->dtype;
    narrow.data = (void *)(uintptr_t)image->bytes;
    narrow.size_bytes = image->size;
    status = pw_tensor_to_f32(&narrow, wide, n_elements, err);
    pwi_npy_image_free(image, ctx);
    image->converted = wide;
    image->converted_size = n_elements * sizeof(float);
    if (status != PW_OK)
        return status;
    pwi_warn(ctx, "npy", "tensor %s is %s, which numpy has not: written as F32", quoted,
             pw_dtype_name(image->dtype));
    image->dtype = PW_F32;
    image->bytes = wide;
    image->size = image->converted_size;
    return PW_OK;
}

pw_status pwi_npy_image_make(pwi_npy_image *image, pw_context *ctx, const char *name,
                             const pw_tensor *tensor, const pw_save_options *options,
                             pw_error *err)
{
    pw_status status;

    *image = (pwi_npy_image){.converted = NULL};
    PWI_TRY(pwi_tensor_for_save(ctx, tensor, options, &image->dtype, &image->bytes,
                                &image->size, &image->converted, err));
    image->converted_size = image->size;
    if (!numpy_lacks(image->dtype))
        return PW_OK;
    status = widen(image, ctx, name, tensor, err);
    if (status != PW_OK)
        pwi_npy_image_free(image, ctx);
    return status;
}

void pwi_npy_image_free(pwi_npy_image *image, pw_context *ctx)
{
    pwi_free_array(&ctx->allocator, image->converted, image->converted_size, 1);
    image->converted = NULL;
}

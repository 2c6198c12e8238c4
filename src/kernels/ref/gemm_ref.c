/* SPDX-License-Identifier: MIT */
/* A tile of a product, the definition: products of two floats are exact in double and summed in
 * double in the order of k; bias, activation and residual follow in double; one rounding at the
 * end. */
#include "kernels/levels.h"
#include "kernels/ref/activation_ref.h"
#include "kernels/ref/widen_ref.h"

#define NR 16

/* The panel as f32 [k, NR]: where it is, or widened into the scratch. */
static const float *widened(const pwi_gemm_args *args, size_t panel)
{
    const pwi_packed *w = args->w;
    const char *data = (const char *)w->data + panel * pwi_packed_panel_bytes(w);

    if (w->dtype == PW_F32 && w->scale == 1.0f)
        return (const float *)(const void *)data;
    pwi_widen_ref(args->panel, data, w->dtype, w->k * NR, w->scale);
    return args->panel;
}

static void store(float *out, double value, pwi_epilogue epilogue)
{
    switch (epilogue) {
    case PWI_EPILOGUE_ADD:
        *out = (float)((double)*out + value);
        break;
    case PWI_EPILOGUE_QUICK_GELU:
        *out = (float)pwi_quick_gelu_ref(value);
        break;
    case PWI_EPILOGUE_GELU:
        *out = (float)pwi_gelu_ref(value);
        break;
    default:
        *out = (float)value;
    }
}

static void product_row(const pwi_gemm_args *args, const float *panel, size_t row,
                        size_t first_column)
{
    const size_t n = args->w->n - first_column < NR ? args->w->n - first_column : NR;
    const float *x =
        (const float *)(const void *)((const char *)args->x + row * args->x_stride);
    float *out = args->out + row * args->out_stride + first_column;
    double sums[NR] = {0.0};

    for (size_t i_k = 0; i_k < args->w->k; i_k++, panel += NR)
        for (size_t column = 0; column < NR; column++)
            sums[column] += (double)x[i_k] * (double)panel[column];
    for (size_t column = 0; column < n; column++) {
        const double bias =
            args->bias == NULL ? 0.0 : (double)args->bias[first_column + column];

        store(out + column, sums[column] + bias, args->epilogue);
    }
}

static void gemm_ref(const pwi_gemm_args *args)
{
    PW_ASSERT(args->w->product->nr == NR);
    for (size_t i = args->first_panel; i < args->first_panel + args->n_panels; i++) {
        const float *panel = widened(args, i);

        for (size_t row = 0; row < args->m; row++)
            product_row(args, panel, row, i * NR);
    }
}

static size_t panel_bytes(size_t k)
{
    return k * NR * sizeof(float);
}

/* One product for every precision: the definition. */
void pwi_kernels_ref_gemm(pwi_kernels *kernels)
{
    static const pwi_product f64 = {
        .name = "f64",
        .precision = PW_PRECISION_HIGHEST,
        .nr = NR,
        .mr = 1,
        .k_group = 1,
        .k_unit = 1,
        .store = PW_F32,
        .panel_bytes = panel_bytes,
        .gemm = gemm_ref,
    };

    pwi_products_put(kernels, PW_PRECISION_HIGHEST, &f64);
}

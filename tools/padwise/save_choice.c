/* SPDX-License-Identifier: MIT */
/* --dtype and --format; that their words are known ones, the options table has seen to. */
#include "save_choice.h"

#include <string.h>

pw_dtype save_dtype(const struct app *app, pw_dtype otherwise)
{
    const char *text = option_text(app, OPTION_DTYPE);

    if (text == NULL)
        return otherwise;
    return strcmp(text, "f16") == 0 ? PW_F16 : strcmp(text, "bf16") == 0 ? PW_BF16 : PW_F32;
}

static const struct {
    const char *name, *ending;
    pw_format format;
} formats[] = {{"safetensors", ".safetensors", PW_FORMAT_SAFETENSORS},
               {"npz", ".npz", PW_FORMAT_NPZ},
               {"npy", ".npy", PW_FORMAT_NPY},
               {"json", ".json", PW_FORMAT_JSON}};

#define N_FORMATS (sizeof(formats) / sizeof(*formats))

int32_t save_format(const struct app *app)
{
    const char *text = option_text(app, OPTION_FORMAT);

    for (size_t i = 0; text != NULL && i < N_FORMATS; i++)
        if (strcmp(text, formats[i].name) == 0)
            return (int32_t)formats[i].format;
    return -1;
}

const char *save_ending(pw_format format)
{
    for (size_t i = 0; i < N_FORMATS; i++)
        if (formats[i].format == format)
            return formats[i].ending;
    return formats[0].ending;
}

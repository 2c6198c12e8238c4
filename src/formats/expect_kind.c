/* SPDX-License-Identifier: MIT */
/* The first check of a reader whose caller asked for its format by name: told by its first
 * bytes, the file is another one's. */
#include "formats/tensor_set.h"

/* Formats that have a reader of their own here; what else is foreign says what to do. */
static bool is_read_here(pwi_file_kind kind)
{
    return kind == PWI_KIND_SAFETENSORS || kind == PWI_KIND_NPY || kind == PWI_KIND_ZIP ||
           kind == PWI_KIND_INDEX || kind == PWI_KIND_JSON;
}

pw_status pwi_file_expect_kind(const pw_file *file, pwi_file_kind expected, const char *what,
                               pw_error *err)
{
    pwi_file_kind kind;

    PWI_TRY(pwi_file_kind_read(&file->parts[0].input, &kind, err));
    if (kind == expected || kind == PWI_KIND_UNKNOWN)
        return PW_OK;
    if (!is_read_here(kind))
        PWI_TRY(pwi_file_refuse_kind(kind, err));
    return PWI_FAIL(err, PW_ERR_FOREIGN, "is no %s: open it as what it is", what);
}

/* SPDX-License-Identifier: MIT */
/* index.jsonl: where each prompt is. It is written under a temporary name while prompts come,
 * and gets its own when every shard is there: an index means a finished run. */
#include <inttypes.h>
#include <string.h>

#include "base/file_write.h"
#include "bulk/bulk.h"
#include "formats/json.h"

static bool has_index(const pw_bulk *bulk)
{
    return bulk->options.rank == 0 && bulk->options.shard_size > 0;
}

pw_status pwi_bulk_index_open(pw_bulk *bulk, pw_error *err)
{
    pwi_buf *path = &bulk->path;

    if (!has_index(bulk))
        return PW_OK;
    pwi_buf_clear(path);
    pwi_buf_append(path, bulk->options.folder, bulk->folder_size);
    pwi_buf_text(path, "/index.jsonl");
    if (path->failed)
        return pwi_fail_memory(err);
    return pwi_output_open(&bulk->index, &bulk->ctx->allocator, path->data, 0, err);
}

pw_status pwi_bulk_index_add(pw_bulk *bulk, const char *id, pw_error *err)
{
    const pwi_bulk_piece *piece = &bulk->filling;
    pwi_buf *line = &bulk->index_line;
    const char *name;

    if (!has_index(bulk))
        return PW_OK;
    PWI_TRY(pwi_bulk_path(bulk, piece, err));
    name = pwi_path_name(bulk->path.data);
    pwi_buf_clear(line);
    pwi_buf_text(line, "{\"id\":");
    if (id != NULL)
        pwi_json_put_string(line, id, strlen(id));
    else
        pwi_json_put_u64(line, piece->first + piece->n);
    pwi_buf_text(line, ",\"shard\":");
    pwi_json_put_string(line, name, strlen(name));
    pwi_buf_format(line, ",\"row\":%zu}\n", piece->n);
    if (line->failed)
        return pwi_fail_memory(err);
    return pwi_output_write(&bulk->index, line->data, line->size, err);
}

pw_status pw_bulk_write_index(pw_bulk *bulk, pw_error *err)
{
    if (!has_index(bulk))
        return PW_OK;
    PWI_TRY(pwi_bulk_check_beyond(bulk, err));
    return pwi_output_commit(&bulk->index, err);
}

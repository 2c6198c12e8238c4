/* SPDX-License-Identifier: MIT */
/* Shard indexes: the bytes as an index beside two small shards, "1.safetensors" with a and b,
 * "2.safetensors" with c. What is accepted reads, and never leaves the folder. */
#define _GNU_SOURCE
#include "tensor_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRY(name, begin, end)                                                                \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" begin "," end "]}"

static void write_file(const char *folder, const char *name, const void *head, size_t head_size,
                       const void *bytes, size_t size)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    EXPECT(file != NULL && fwrite(head, 1, head_size, file) == head_size);
    EXPECT(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static void write_shard(const char *folder, const char *name, const char *header,
                        const char *bytes)
{
    const char length[8] = {(char)strlen(header)};
    char body[256];

    snprintf(body, sizeof(body), "%s%s", header, bytes);
    write_file(folder, name, length, sizeof(length), body, strlen(body));
}

static void remove_file(const char *folder, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static pw_status open_index(pw_context *ctx, const char *folder, bool strict)
{
    char path[128], byte, hex[PW_FINGERPRINT_HEX + 1];
    pw_file_options options;
    pw_error err = {.status = PW_OK};
    pw_file *file = NULL;
    pw_status status;

    snprintf(path, sizeof(path), "%s/index.json", folder);
    pw_file_options_init(&options);
    options.expected_format = PW_FORMAT_SHARDED;
    options.strict = strict;
    status = pw_file_open(&file, ctx, path, &options, &err);
    EXPECT((status == PW_OK) == (file != NULL));
    EXPECT(status == PW_OK || (err.status == status && err.text[0] != '\0' &&
                               strncmp(err.where, folder, strlen(folder)) == 0));
    for (size_t i = 0; status == PW_OK && i < pw_file_n_tensors(file); i++) {
        EXPECT(pw_file_read(file, i, &byte, 1, NULL) == PW_OK);
        EXPECT(byte == *pw_file_tensor_name(file, i)); /* each tensor holds its own letter */
    }
    if (status == PW_OK)
        EXPECT(pw_file_fingerprint(file, false, hex, NULL) == PW_OK);
    pw_file_free(file);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[64];
    pw_context *ctx = test_context();
    pw_status by_default, strictly;

    snprintf(folder, sizeof(folder), "%s/padwise-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    EXPECT(mkdtemp(folder) != NULL);
    write_shard(folder, "1.safetensors", "{" ENTRY("a", "0", "1") "," ENTRY("b", "1", "2") "}",
                "ab");
    write_shard(folder, "2.safetensors", "{" ENTRY("c", "0", "1") "}", "c");
    write_file(folder, "index.json", "", 0, data, size);
    by_default = open_index(ctx, folder, false);
    strictly = open_index(ctx, folder, true);
    EXPECT(strictly != PW_OK || by_default == PW_OK);
    remove_file(folder, "1.safetensors");
    remove_file(folder, "2.safetensors");
    remove_file(folder, "index.json");
    EXPECT(rmdir(folder) == 0);
    pw_context_free(ctx);
    return 0;
}

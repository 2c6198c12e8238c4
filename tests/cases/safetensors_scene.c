/* SPDX-License-Identifier: MIT */
/* Cases that need more than bytes: special paths, failing reads, sweeps over a seed, generated
 * files, shard indexes. The case file describes them in words; a description that no row below
 * knows is a failure. */
#include "safetensors_case.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "safetensors_generate.h"

struct scene {
    struct safetensors_case *c;
    const char *folder;
    char path[512]; /* folder/case.safetensors */
    char *reason;
    size_t reason_size;
};

typedef enum verdict scene_fn(struct scene *scene);

static enum verdict both(struct scene *scene, enum fault fault)
{
    return run_both_modes(scene->c, scene->path, PW_FORMAT_SAFETENSORS, fault, scene->reason,
                          scene->reason_size);
}

static enum verdict skipped(struct scene *scene, const char *why)
{
    snprintf(scene->reason, scene->reason_size, "%s", why);
    return VERDICT_SKIPPED;
}

static enum verdict not_made(struct scene *scene)
{
    snprintf(scene->reason, scene->reason_size, "the environment cannot be made");
    return VERDICT_FAILED;
}

static bool make_seed(const struct scene *scene)
{
    unsigned char bytes[512];

    return write_bytes(scene->path, bytes, three_tensors(bytes, sizeof(bytes)));
}

/* Special paths. */

static enum verdict device(struct scene *scene)
{
    snprintf(scene->path, sizeof(scene->path), "%s", scene->c->env_value);
    return both(scene, FAULT_NONE);
}

static enum verdict symlink_loop(struct scene *scene)
{
    char other[520];

    snprintf(other, sizeof(other), "%s.b", scene->path);
    if (symlink(other, scene->path) != 0 || symlink(scene->path, other) != 0)
        return not_made(scene);
    return both(scene, FAULT_NONE);
}

static enum verdict no_permission(struct scene *scene)
{
    if (geteuid() == 0)
        return skipped(scene, "root may read every file");
    if (!make_seed(scene) || chmod(scene->path, 0) != 0)
        return not_made(scene);
    return both(scene, FAULT_NONE);
}

static enum verdict fifo(struct scene *scene)
{
    return mkfifo(scene->path, 0600) == 0 ? both(scene, FAULT_NONE) : not_made(scene);
}

static enum verdict folder(struct scene *scene)
{
    return mkdir(scene->path, 0700) == 0 ? both(scene, FAULT_NONE) : not_made(scene);
}

static enum verdict unix_socket(struct scene *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    enum verdict verdict = VERDICT_FAILED;

    if (fd >= 0 && strlen(scene->path) < sizeof(address.sun_path)) {
        strcpy(address.sun_path, scene->path);
        verdict = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0
                      ? both(scene, FAULT_NONE)
                      : not_made(scene);
    }
    close(fd);
    return verdict;
}

static enum verdict dangling_symlink(struct scene *scene)
{
    return symlink("nowhere", scene->path) == 0 ? both(scene, FAULT_NONE) : not_made(scene);
}

static enum verdict missing(struct scene *scene)
{
    return both(scene, FAULT_NONE);
}

/* Failing reads. Both modes get a fresh file: some faults change it. */

static enum verdict with_fault(struct scene *scene, enum fault fault)
{
    struct outcome outcome;

    for (int mode = 0; mode < 2; mode++) {
        if (!make_seed(scene))
            return not_made(scene);
        try_file(&outcome, scene->path, PW_FORMAT_SAFETENSORS, mode == 1, fault);
        if (!outcome_is_expected(scene->c, mode, &outcome, scene->reason, scene->reason_size))
            return VERDICT_FAILED;
    }
    return VERDICT_PASSED;
}

static enum verdict short_reads(struct scene *scene)
{
    return with_fault(scene, FAULT_SHORT);
}

static enum verdict interrupted_reads(struct scene *scene)
{
    return with_fault(scene, FAULT_INTERRUPTED);
}

static enum verdict failing_reads(struct scene *scene)
{
    return with_fault(scene, FAULT_EIO);
}

static enum verdict shrinking(struct scene *scene)
{
    return with_fault(scene, FAULT_SHRINK);
}

static enum verdict growing(struct scene *scene)
{
    return with_fault(scene, FAULT_GROW);
}

/* Sweeps. */

/* The verdicts on one file of a sweep; `where` is the byte or bit that was touched. A flipped
 * bit may leave a good file: then it is accepted, and what it says fits its size. */
static bool sweep_step(struct scene *scene, const char *what, size_t where, bool may_be_good)
{
    const size_t used =
        (size_t)snprintf(scene->reason, scene->reason_size, "%s %zu: ", what, where);

    for (int mode = 0; mode < 2; mode++) {
        struct outcome outcome;

        try_file(&outcome, scene->path, PW_FORMAT_SAFETENSORS, mode == 1, FAULT_NONE);
        if (may_be_good && outcome.status == PW_OK && outcome.is_consistent &&
            !scene->c->accept[mode])
            continue;
        if (!outcome_is_expected(scene->c, mode, &outcome, scene->reason + used,
                                 scene->reason_size - used))
            return false;
    }
    return true;
}

static bool is_seed_known(const struct scene *scene)
{
    return strcmp(scene->c->env_of, "valid_three_tensors") == 0;
}

static enum verdict unknown_scene(struct scene *scene)
{
    snprintf(scene->reason, scene->reason_size, "the runner does not know env %s \"%s\" %s",
             scene->c->env_key, scene->c->env_value, scene->c->env_of);
    return VERDICT_FAILED;
}

static enum verdict truncate_sweep(struct scene *scene)
{
    unsigned char bytes[512];
    const size_t size = three_tensors(bytes, sizeof(bytes));

    if (!is_seed_known(scene))
        return unknown_scene(scene);
    for (size_t n = 0; n < size; n++) {
        if (!write_bytes(scene->path, bytes, n))
            return not_made(scene);
        if (!sweep_step(scene, "cut at byte", n, false))
            return VERDICT_FAILED;
    }
    return VERDICT_PASSED;
}

static enum verdict bitflip_sweep(struct scene *scene)
{
    unsigned char bytes[512];
    const size_t size = three_tensors(bytes, sizeof(bytes));
    const size_t header = 8 + bytes[0]; /* the seed's header is shorter than 256 bytes */

    if (!is_seed_known(scene))
        return unknown_scene(scene);
    for (size_t bit = 0; bit < header * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        if (!write_bytes(scene->path, bytes, size))
            return not_made(scene);
        if (!sweep_step(scene, "flipped bit", bit, true))
            return VERDICT_FAILED;
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    return VERDICT_PASSED;
}

/* Generated files. */

static enum verdict same_range(struct scene *scene)
{
    const uint64_t n = first_number(scene->c->env_value);

    if (n == 0)
        return unknown_scene(scene);
    return generate_same_range(scene->path, n) ? both(scene, FAULT_NONE) : not_made(scene);
}

static enum verdict colliding_names(struct scene *scene)
{
    const uint64_t n =
        scene->c->env_count > 0 ? scene->c->env_count : first_number(scene->c->env_value);

    if (n == 0 || n > COLLIDING_NAMES_MAX)
        return unknown_scene(scene);
    return generate_colliding_names(scene->path, n) ? both(scene, FAULT_NONE) : not_made(scene);
}

static enum verdict sparse(struct scene *scene)
{
    if (strstr(scene->c->env_value, "2^40") == NULL)
        return unknown_scene(scene);
    if (!generate_sparse(scene->path, (uint64_t)1 << 40))
        return skipped(scene, "the file system makes no file of 2^40 bytes");
    return both(scene, FAULT_NONE);
}

/* Shard indexes. */

static enum verdict run_index(struct scene *scene, const char *json, size_t size)
{
    char path[512];

    snprintf(path, sizeof(path), "%.400s/model.safetensors.index.json", scene->folder);
    if (!write_bytes(path, json, size))
        return not_made(scene);
    return run_both_modes(scene->c, path, PW_FORMAT_SHARDED, FAULT_NONE, scene->reason,
                          scene->reason_size);
}

/* Two shards with the given tensors, and an index of "a" in the first and "b" in the second. */
static enum verdict run_two_shards(struct scene *scene, const char *in_first,
                                   const char *in_second)
{
    static const char index[] = "{\"metadata\":{\"total_size\":8},\"weight_map\":{"
                                "\"a\":\"model-00001-of-00002.safetensors\","
                                "\"b\":\"model-00002-of-00002.safetensors\"}}";

    if (!generate_shard(scene->folder, "model-00001-of-00002.safetensors", in_first) ||
        !generate_shard(scene->folder, "model-00002-of-00002.safetensors", in_second))
        return not_made(scene);
    return run_index(scene, index, sizeof(index) - 1);
}

static enum verdict tensor_in_two_shards(struct scene *scene)
{
    return run_two_shards(scene, "a", "ab");
}

static enum verdict tensor_missing(struct scene *scene)
{
    return run_two_shards(scene, "a", "c");
}

static enum verdict tensor_unlisted(struct scene *scene)
{
    return run_two_shards(scene, "a", "bc");
}

static enum verdict index_is_no_json(struct scene *scene)
{
    return run_index(scene, "{\"weight_map\":", 14);
}

/* The descriptions that are known: a word of env's value, in the order in which they are looked
 * for; key NULL: whatever the key. */
static const struct {
    const char *key, *word;
    scene_fn *run;
} scenes[] = {
    {"property", "truncate_sweep", truncate_sweep},
    {"property", "bitflip_sweep", bitflip_sweep},
    {"generate", "same_range", same_range},
    {"generate", "colliding", colliding_names},
    {"generate", "ftruncate", sparse},
    {"generate", "sparse", sparse},
    {"index", "duplicate", tensor_in_two_shards},
    {"index", "two shards", tensor_in_two_shards},
    {"index", "unlisted", tensor_unlisted},
    {"index", "extra", tensor_unlisted},
    {"index", "not in index", tensor_unlisted},
    {"index", "not in the index", tensor_unlisted},
    {"index", "missing", tensor_missing},
    {"index", "absent", tensor_missing},
    {"index", "lacks", tensor_missing},
    {"index", "not in its shard", tensor_missing},
    {"index", "JSON", index_is_no_json},
    {NULL, "/dev/", device},
    {NULL, "symlink loop", symlink_loop},
    {NULL, "dangling", dangling_symlink},
    {NULL, "chmod", no_permission},
    {NULL, "fifo", fifo},
    {NULL, "FIFO", fifo},
    {NULL, "pipe", fifo},
    {NULL, "socket", unix_socket},
    {NULL, "director", folder},
    {NULL, "mkdir", folder},
    {NULL, "folder", folder},
    {NULL, "missing", missing},
    {NULL, "nonexist", missing},
    {NULL, "not exist", missing},
    {NULL, "short read", short_reads},
    {NULL, "EINTR", interrupted_reads},
    {NULL, "EIO", failing_reads},
    {NULL, "shrink", shrinking},
    {NULL, "truncate", shrinking},
    {NULL, "grow", growing},
    {NULL, "append", growing},
};

static scene_fn *scene_of(const struct safetensors_case *c)
{
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        if ((scenes[i].key == NULL || strcmp(scenes[i].key, c->env_key) == 0) &&
            strstr(c->env_value, scenes[i].word) != NULL)
            return scenes[i].run;
    }
    return unknown_scene;
}

static void empty_folder(const char *folder)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    char path[1024];

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0)
            rmdir(path);
    }
    if (stream != NULL)
        closedir(stream);
}

enum verdict run_scene(struct safetensors_case *c, const char *folder_path, char *reason,
                       size_t reason_size)
{
    struct scene scene = {c, folder_path, "", reason, reason_size};
    enum verdict verdict;

    snprintf(scene.path, sizeof(scene.path), "%.400s/case.safetensors", folder_path);
    if (strcmp(c->env_key, "index") == 0 && c->index_size > 0)
        verdict = run_index(&scene, c->index, (size_t)c->index_size);
    else
        verdict = scene_of(c)(&scene);
    empty_folder(folder_path);
    return verdict;
}

/* SPDX-License-Identifier: MIT */
/* Replays a corpus: each file of the folder given, in the order of names, and the empty input,
 * through a fuzz target. In builds without libFuzzer this is the target's main, so every normal
 * test run goes through all inputs that fuzzing ever kept. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Whether the file was read and the target took it (a finding ends the process; -1 is
 * libFuzzer's word for "do not keep this input"). */
static bool replay_file(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *data = NULL;
    FILE *file;
    long size = -1;
    bool done = false;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    /* Named first and flushed: after a crash the last line says which input it was. */
    printf("%s\n", name);
    fflush(stdout);
    file = fopen(path, "rb");
    if (file == NULL)
        return false;
    if (fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    rewind(file);
    if (size >= 0)
        data = malloc(size > 0 ? (size_t)size : 1);
    if (data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size)
        done = LLVMFuzzerTestOneInput(data, (size_t)size) <= 0;
    free(data);
    fclose(file);
    return done;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    const int n_entries = argc > 1 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;
    const uint8_t nothing[1] = {0};
    int n_passed = 0, n_failed = 0, n_skipped = 0;

    if (LLVMFuzzerTestOneInput(nothing, 0) == 0)
        n_passed++;
    else
        n_failed++;
    if (n_entries < 0) {
        printf("skipped: there is no corpus folder %s\n", argc > 1 ? argv[1] : "(none given)");
        n_skipped++;
    }
    for (int i = 0; i < n_entries; i++) {
        if (replay_file(argv[1], entries[i]->d_name))
            n_passed++;
        else
            n_failed++;
        free(entries[i]);
    }
    free(entries);
    printf("%d passed, %d failed, %d skipped\n", n_passed, n_failed, n_skipped);
    return n_failed == 0 ? 0 : 1;
}

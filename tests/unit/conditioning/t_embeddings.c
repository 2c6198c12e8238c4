/* SPDX-License-Identifier: MIT */
/* Folders of embeddings: what each dialect calls a file, which of two is meant, what is passed
 * over, and that no prompt leads out of the folder. */
#include "embedding_check.h"

static void comfyui_finds_by_path_from_any_folder(void **state)
{
    pw_embeddings *embeddings;

    (void)state;
    put_one("in/cat.safetensors", "emb_params", 2, 8);
    put_one("in/people/betsy.safetensors", "emb_params", 2, 8);
    put_one("in/people/old/betsy.safetensors", "emb_params", 2, 8);
    put_one("in/people/old/v1.5.SafeTensors", "emb_params", 2, 8);
    put_one("in/.git/x.safetensors", "emb_params", 2, 8);
    put_one("in/.hidden.safetensors", "emb_params", 2, 8);
    put_bytes("in/notes.txt", "text", 4);
    mkdir(path_in("in/folder.safetensors"), 0777);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    assert_stands_for(embeddings, "cat", "in/cat.safetensors");
    assert_stands_for(embeddings, "cat.safetensors", "in/cat.safetensors");
    assert_stands_for(embeddings, "betsy", "in/people/betsy.safetensors");
    assert_stands_for(embeddings, "people/betsy", "in/people/betsy.safetensors");
    assert_stands_for(embeddings, "old/betsy", "in/people/old/betsy.safetensors");
    assert_stands_for(embeddings, "people/old/betsy.safetensors",
                      "in/people/old/betsy.safetensors");
    assert_stands_for(embeddings, "v1.5", "in/people/old/v1.5.SafeTensors");
    assert_int_equal(find(embeddings, "Cat"), -1);
    assert_int_equal(find(embeddings, "x"), -1);
    assert_int_equal(find(embeddings, ".hidden"), -1);
    assert_int_equal(find(embeddings, "notes"), -1);
    assert_int_equal(find(embeddings, "v1"), -1);
    assert_null(pw_embeddings_path(embeddings, 1000));
    pw_embeddings_free(embeddings);
}

static void a1111_finds_by_the_files_own_name(void **state)
{
    pw_embeddings *embeddings;
    size_t n;

    (void)state;
    put_one("in/cat.safetensors", "emb_params", 2, 8);
    put_one("in/people/betsy.v2.safetensors", "emb_params", 2, 8);
    embeddings = opened("a1111", &clip_l, 1, NULL);
    pw_embeddings_of(embeddings, 0, &n);
    assert_int_equal(n, 2);
    assert_stands_for(embeddings, "cat", "in/cat.safetensors");
    assert_stands_for(embeddings, "betsy.v2", "in/people/betsy.v2.safetensors");
    pw_embeddings_free(embeddings);
}

static void other_dialects_have_no_names(void **state)
{
    pw_embeddings *embeddings;
    size_t n = 1;

    (void)state;
    put_one("in/cat.safetensors", "emb_params", 2, 8);
    put_bytes("in/dog.pt", "\x80\x02", 2);
    embeddings = opened("compel", &clip_l, 1, NULL);
    assert_null(pw_embeddings_of(embeddings, 0, &n));
    assert_int_equal(n, 0);
    pw_embeddings_free(embeddings);
    embeddings = opened("adv:none+comfy++", &clip_l, 1, NULL);
    assert_true(find(embeddings, "cat") >= 0);
    assert_null(pw_embeddings_of(embeddings, 1, &n));
    pw_embeddings_free(embeddings);
}

/* Two folders, the second given first: the caller's order decides, then the depth. Whoever uses
 * such a name is told of the other file. */
static void the_first_folder_wins(void **state)
{
    struct warnings warnings = {0, ""};
    const char *folders[2];
    pw_context *ctx = context_noting(&warnings, NULL);
    pw_embeddings *embeddings;

    (void)state;
    put_one("in/a/x.safetensors", "emb_params", 1, 8);
    put_one("in/b/deep/x.safetensors", "emb_params", 1, 8);
    put_one("in/b/y.safetensors", "emb_params", 1, 8);
    folders[0] = path_in("in/b/");
    folders[1] = path_in("in/a");
    assert_int_equal(pw_embeddings_open(&embeddings, ctx, folders, 2,
                                        pw_dialect_find("comfyui"), &clip_l, 1, NULL),
                     PW_OK);
    assert_stands_for(embeddings, "x", "in/b/deep/x.safetensors");
    assert_int_equal(find(embeddings, "b/y"), -1);
    assert_int_equal(warnings.n, 0);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "y"), NULL),
                     PW_OK);
    assert_int_equal(warnings.n, 0);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "x"), NULL),
                     PW_OK);
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "x"), NULL),
                     PW_OK);
    assert_int_equal(warnings.n, 1); /* once */
    assert_non_null(strstr(warnings.last, "in/a/x.safetensors"));
    pw_embeddings_free(embeddings);
    pw_context_free(ctx);
}

/* Whatever order the file system has them in. */
static void folders_of_one_depth_go_by_name(void **state)
{
    static const char *const names[] = {"in/d/x.safetensors", "in/a/x.safetensors",
                                        "in/c/x.safetensors", "in/b/x.safetensors"};
    pw_embeddings *embeddings;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        put_one(names[i], "emb_params", 1, 8);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    assert_stands_for(embeddings, "x", "in/a/x.safetensors");
    pw_embeddings_free(embeddings);
}

/* Within a folder .safetensors comes before a pickle; ComfyUI looks at all endings before it
 * goes on to the next folder. */
static void safetensors_come_before_pickles(void **state)
{
    struct warnings warnings = {0, ""};
    pw_embeddings *embeddings;

    (void)state;
    put_one("in/x.safetensors", "emb_params", 1, 8);
    put_bytes("in/x.pt", "\x80\x02", 2);
    put_bytes("in/y.bin", "\x80\x02", 2);
    put_one("in/sub/y.safetensors", "emb_params", 1, 8);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    assert_stands_for(embeddings, "x", "in/x.safetensors");
    assert_stands_for(embeddings, "x.pt", "in/x.pt");
    assert_stands_for(embeddings, "y", "in/y.bin");
    assert_stands_for(embeddings, "sub/y", "in/sub/y.safetensors");
    pw_embeddings_free(embeddings);
    embeddings = opened("a1111", &clip_l, 1, &warnings);
    assert_stands_for(embeddings, "x", "in/x.safetensors");
    assert_int_equal(pw_embeddings_load(embeddings, 0, (size_t)find(embeddings, "x"), NULL),
                     PW_OK);
    assert_int_equal(warnings.n, 1); /* of pickles in the folder; x.pt is x's own source */
    pw_embeddings_free(embeddings);
}

static void a_prompt_cannot_leave_the_folder(void **state)
{
    static const char *const names[] = {"../secret",
                                        "sub/../../secret",
                                        "..\\secret",
                                        "/etc/passwd",
                                        "./../secret",
                                        "../secret.safetensors",
                                        "..",
                                        ".",
                                        "in/../../secret",
                                        "//secret",
                                        "%2e%2e/secret"};
    pw_context *ctx = test_context();
    pw_embeddings *embeddings;
    char text[600];
    pw_plan *plan;

    (void)state;
    put_one("secret.safetensors", "emb_params", 1, 8);
    put_one("in/sub/x.safetensors", "emb_params", 1, 8);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(text, sizeof(text), "a embedding:%s b", names[i]);
        plan = planned(ctx, "comfyui", text, strlen(text), embeddings, 0, 8);
        assert_int_equal(n_injected(plan), 0);
        assert_int_equal(pw_plan_n_warnings(plan), 1);
        pw_plan_free(plan);
    }
    memset(text, 'x', sizeof(text)); /* longer than any file's name */
    memcpy(text, "embedding:", 10);
    plan = planned(ctx, "comfyui", text, sizeof(text), embeddings, 0, 8);
    assert_int_equal(n_injected(plan), 0);
    pw_plan_free(plan);
    plan = planned(ctx, "comfyui", "embedding:x\0y", 13, embeddings, 0, 8);
    assert_int_equal(n_injected(plan), 0);
    pw_plan_free(plan);
    plan = planned(ctx, "comfyui", "embedding:x", 11, embeddings, 0, 8);
    assert_int_equal(n_injected(plan), 1);
    pw_plan_free(plan);
    pw_embeddings_free(embeddings);
    pw_context_free(ctx);
}

/* Links are the folder's owner's, so they are followed; a circle of them ends. */
static void links_are_followed_once(void **state)
{
    pw_embeddings *embeddings;
    size_t n;

    (void)state;
    put_one("elsewhere/x.safetensors", "emb_params", 1, 8);
    put_one("elsewhere/more/y.safetensors", "emb_params", 1, 8);
    assert_int_equal(symlink("../elsewhere/x.safetensors", path_in("in/linked.safetensors")),
                     0);
    assert_int_equal(symlink("../elsewhere/more", path_in("in/more")), 0);
    assert_int_equal(symlink("../in", path_in("in/circle")), 0);
    assert_int_equal(symlink("../../in", path_in("elsewhere/more/back")), 0);
    assert_int_equal(symlink("nowhere", path_in("in/lost.safetensors")), 0);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    pw_embeddings_of(embeddings, 0, &n);
    assert_int_equal(n, 2 + 4);
    assert_stands_for(embeddings, "linked", "in/linked.safetensors");
    assert_stands_for(embeddings, "more/y", "in/more/y.safetensors");
    pw_embeddings_free(embeddings);
}

static void names_that_no_prompt_can_hold_are_left_out(void **state)
{
    struct warnings warnings = {0, ""};
    pw_embeddings *embeddings;
    size_t n;

    (void)state;
    put_one("in/caf\xe9.safetensors", "emb_params", 1, 8);
    put_one("in/caf\xc3\xa9.safetensors", "emb_params", 1, 8);
    embeddings = opened("a1111", &clip_l, 1, &warnings);
    pw_embeddings_of(embeddings, 0, &n);
    assert_int_equal(n, 1);
    assert_int_equal(warnings.n, 1);
    assert_non_null(strstr(warnings.last, "UTF-8"));
    pw_embeddings_free(embeddings);
}

static void arguments_are_checked(void **state)
{
    const int32_t dialect = pw_dialect_find("comfyui");
    pw_embedding_encoder encoders[PW_EMBEDDING_ENCODERS_MAX + 1] = {{NULL, 0}};
    const char *folder = path_in("in"), *none = path_in("none"), *file = path_in("file");
    pw_context *ctx = test_context();
    pw_embeddings *out;
    pw_error err;

    (void)state;
    put_bytes("file", "x", 1);
    assert_int_equal(pw_embeddings_open(&out, ctx, &none, 1, dialect, &clip_l, 1, &err),
                     PW_ERR_NOT_FOUND);
    assert_string_equal(err.where, none);
    assert_null(out);
    assert_int_equal(pw_embeddings_open(&out, ctx, &file, 1, dialect, &clip_l, 1, &err),
                     PW_ERR_IO);
    assert_int_equal(pw_embeddings_open(&out, ctx, &folder, 1, -1, &clip_l, 1, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_embeddings_open(&out, ctx, &folder, 1, dialect, encoders, 1, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_embeddings_open(&out, ctx, &folder, 1, dialect, encoders, 0, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_embeddings_open(&out, ctx, &folder, 1, dialect, encoders,
                                        PW_EMBEDDING_ENCODERS_MAX + 1, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_embeddings_open(&out, ctx, NULL, 0, dialect, &clip_l, 1, &err), PW_OK);
    assert_int_equal(pw_embeddings_load(out, 0, 0, &err), PW_ERR_ARGUMENT);
    pw_embeddings_free(out);
    pw_embeddings_free(NULL);
    pw_context_free(ctx);
}

static void folders_nest_only_so_deep(void **state)
{
    char name[256] = "in";
    pw_context *ctx = test_context();
    pw_embeddings *embeddings;
    pw_error err;

    (void)state;
    for (int i = 0; i < PW_EMBEDDING_DEPTH_MAX; i++)
        strcat(name, "/d");
    strcat(name, "/x.safetensors");
    put_one(name, "emb_params", 1, 8);
    embeddings = opened("comfyui", &clip_l, 1, NULL);
    assert_int_equal(find(embeddings, "d/x") >= 0, 1);
    pw_embeddings_free(embeddings);
    name[strlen(name) - strlen("x.safetensors")] = '\0';
    strcat(name, "d/");
    make_folders_of(name);
    assert_int_equal(open_in(&embeddings, ctx, "comfyui", &clip_l, 1, &err), PW_ERR_LIMIT);
    assert_null(embeddings);
    pw_context_free(ctx);
}

/* As another user where root runs the tests: root may list every folder. */
static void a_folder_without_permission_is_passed_over(void **state)
{
    const bool is_root = geteuid() == 0;
    struct warnings warnings = {0, ""};
    pw_embeddings *embeddings;

    (void)state;
    put_one("in/x.safetensors", "emb_params", 1, 8);
    put_one("in/closed/y.safetensors", "emb_params", 1, 8);
    assert_int_equal(chmod(top, 0777), 0);
    assert_int_equal(chmod(path_in("in/closed"), 0), 0);
    if (is_root && seteuid(65534) != 0)
        PW_SKIP("root cannot become another user here");
    embeddings = opened("comfyui", &clip_l, 1, &warnings);
    assert_true(find(embeddings, "x") >= 0);
    assert_int_equal(find(embeddings, "y"), -1);
    assert_int_equal(warnings.n, 1);
    pw_embeddings_free(embeddings);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path_in("in/closed"), 0777), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        EMBEDDING_TEST(comfyui_finds_by_path_from_any_folder),
        EMBEDDING_TEST(a1111_finds_by_the_files_own_name),
        EMBEDDING_TEST(other_dialects_have_no_names),
        EMBEDDING_TEST(the_first_folder_wins),
        EMBEDDING_TEST(folders_of_one_depth_go_by_name),
        EMBEDDING_TEST(safetensors_come_before_pickles),
        EMBEDDING_TEST(a_prompt_cannot_leave_the_folder),
        EMBEDDING_TEST(links_are_followed_once),
        EMBEDDING_TEST(names_that_no_prompt_can_hold_are_left_out),
        EMBEDDING_TEST(arguments_are_checked),
        EMBEDDING_TEST(folders_nest_only_so_deep),
        EMBEDDING_TEST(a_folder_without_permission_is_passed_over),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}

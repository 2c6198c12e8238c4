/* SPDX-License-Identifier: MIT */
/* The door to libpadwise-draw: opened when a picture is drawn, and then kept, since GLib cannot
 * be unloaded. Who never draws never loads cairo. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "plot/draw_module.h"

#define LIBRARY "libpadwise-draw.so." PWI_DRAW_TEXT_OF(PW_VERSION_MAJOR)

#define PATH_SIZE 4096

/* Beside the library (or program) that this code is in, else where the loader looks. A run path
 * would do the same, but not under AddressSanitizer, which calls dlopen in our place. */
static void *open_library(void)
{
    const int mode = RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE;
    char path[PATH_SIZE];
    void *library = NULL;
    Dl_info here;
    const char *slash;

    if (dladdr(PWI_DRAW_MODULE_SYMBOL, &here) != 0 && here.dli_fname != NULL) {
        slash = strrchr(here.dli_fname, '/');
        if (slash != NULL &&
            (size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - here.dli_fname),
                             here.dli_fname, LIBRARY) < sizeof(path))
            library = dlopen(path, mode);
    }
    return library != NULL ? library : dlopen(LIBRARY, mode);
}

/* Each call counts the library up and down again; RTLD_NODELETE keeps it. */
static const pwi_draw_module *open_module(pw_error *err)
{
    void *library = open_library();
    const pwi_draw_module *module = NULL;

    if (library != NULL) {
        module = dlsym(library, PWI_DRAW_MODULE_SYMBOL);
        (void)dlclose(library);
    }
    if (module == NULL) {
        const char *reason = dlerror();

        (void)PWI_FAIL(
            err, PW_ERR_UNSUPPORTED,
            "SVG, PNG and PDF are drawn by %s, which cannot be opened (%s): install "
            "libcairo2 and libpangocairo-1.0-0, and padwise anew if that is not it (a "
            ".txt picture works without them)",
            LIBRARY, reason != NULL ? reason : "no reason given");
        return NULL;
    }
    if (strcmp(module->version, PWI_DRAW_VERSION) == 0 &&
        module->figure_size == sizeof(pw_figure))
        return module;
    (void)PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                   "%s is of another build (%s) than libpadwise (%s): install padwise anew",
                   LIBRARY, module->version, PWI_DRAW_VERSION);
    return NULL;
}

bool pw_plot_can_draw(void)
{
    return open_module(NULL) != NULL;
}

pw_status pwi_picture_draw(const pw_figure *figure, pw_picture_format format,
                           const pw_picture_options *options, bool is_blank, pwi_buf *bytes,
                           pw_error *err)
{
    const pwi_draw_module *module = open_module(err);

    if (module == NULL)
        return PW_ERR_UNSUPPORTED;
    return module->draw(figure, format, options, is_blank, bytes, err);
}

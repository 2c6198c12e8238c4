/* SPDX-License-Identifier: MIT */
/* The one symbol that libpadwise-draw exports. */
#include "plot/draw_module.h"

PW_API extern const pwi_draw_module pwi_draw_module_v1;

const pwi_draw_module pwi_draw_module_v1 = {PWI_DRAW_VERSION, sizeof(pw_figure),
                                            pwi_picture_draw};

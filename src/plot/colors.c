/* SPDX-License-Identifier: MIT */
/* Values, roles and series to colours. */
#include "plot/colors.h"

#include <math.h>

pwi_color pwi_color_of(const pw_color_scale *scale, double value)
{
    const unsigned char(*map)[3] =
        scale->map == PW_MAP_DIVERGING ? pwi_map_diverging : pwi_map_sequential;
    double place;
    size_t i;

    if (!isfinite(value))
        return PWI_MISSING;
    place = (value - scale->min) / (scale->max - scale->min);
    place = place > 0 ? place : 0;
    i = place < 1 ? (size_t)(place * (PWI_MAP_SIZE - 1) + 0.5) : PWI_MAP_SIZE - 1;
    return (pwi_color){map[i][0], map[i][1], map[i][2]};
}

/* Hues of the palette for colour blindness by Okabe and Ito (2008), darkened and lightened
 * until the steps between them show on grey paper too: lightness 0.39 0.73 0.56 0.87 0.64 in
 * OKLab. */
pwi_color pwi_role_color(pw_plot_role role)
{
    switch (role) {
    case PW_PLOT_BOS:
        return (pwi_color){0x00, 0x43, 0x78};
    case PW_PLOT_WORD:
        return (pwi_color){0xE0, 0x96, 0x00};
    case PW_PLOT_EOS:
        return (pwi_color){0xBC, 0x48, 0x00};
    case PW_PLOT_PAD:
        return (pwi_color){0xA9, 0xD8, 0xF5};
    default:
        return (pwi_color){0x8C, 0x8C, 0x8C};
    }
}

/* Okabe and Ito's palette, without the yellow that white paper swallows. */
pwi_color pwi_series_color(size_t i_series)
{
    static const pwi_color colors[PWI_N_SERIES] = {
        {0x00, 0x72, 0xB2}, {0xD5, 0x5E, 0x00}, {0x00, 0x9E, 0x73}, {0xCC, 0x79, 0xA7},
        {0xE6, 0x9F, 0x00}, {0x56, 0xB4, 0xE9}, {0x00, 0x00, 0x00},
    };

    return colors[i_series % PWI_N_SERIES];
}

/* Rec. 709 luma of the encoded values: near enough to lightness to choose between two. */
bool pwi_color_is_dark(pwi_color color)
{
    return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue < 140;
}

const char *pw_plot_role_name(pw_plot_role role)
{
    static const char *const names[PW_PLOT_N_ROLES] = {"bos", "word", "eos", "pad", "unknown"};

    return (unsigned)role < PW_PLOT_N_ROLES ? names[role] : "?";
}

/* SPDX-License-Identifier: MIT */
/* A build without cairo and pango: figures can be made and shown in a terminal, not drawn. */
#include "plot/picture.h"

bool pw_plot_can_draw(void)
{
    return false;
}

pw_status pwi_picture_draw(const pw_figure *figure, pw_picture_format format,
                           const pw_picture_options *options, bool is_blank, pwi_buf *bytes,
                           pw_error *err)
{
    (void)figure, (void)format, (void)options, (void)is_blank, (void)bytes;
    return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                    "this build of padwise draws no SVG, PNG or PDF: install libcairo2-dev and "
                    "libpango1.0-dev and build it again (a .txt picture works without them)");
}

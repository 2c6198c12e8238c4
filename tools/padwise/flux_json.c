/* SPDX-License-Identifier: MIT */
/* The numbers of `padwise flux-check` as JSON. */
#include "flux_view.h"

static void put_difference(struct json *json, const char *key,
                           struct flux_difference difference)
{
    json_key(json, key);
    json_open(json, '{');
    json_member_int(json, "n", (int64_t)difference.n);
    json_member_int(json, "n_differ", (int64_t)difference.n_differ);
    json_member_bool(json, "bitwise", difference.n_differ == 0);
    json_member_real(json, "rel_l2", difference.rel_l2);
    json_member_real(json, "max_abs", difference.max_abs);
    json_member_real(json, "cosine", difference.cosine);
    json_close(json, '}');
}

static void put_vector(struct json *json, const char *key, const struct flux_input *input,
                       const float *vector, int64_t row)
{
    pw_row_stats stats;

    pw_row_measure(&stats, vector, FLUX_CLIP_WIDTH);
    json_key(json, key);
    json_open(json, '{');
    if (row >= 0) {
        json_member_int(json, "row", row);
        json_member_text(json, "role", pw_row_role_name(input->rows->rows.roles[row]));
    } else {
        json_member_text(json, "tensor", input->pooled_name);
    }
    json_member_real(json, "l2", stats.l2);
    if (input->has_eos)
        put_difference(json, "to_eos", flux_compare(flux_row(input, input->i_eos), vector, 1));
    json_close(json, '}');
}

int flux_show_json(struct flux *flux, const struct flux_input *input)
{
    struct json *json = &flux->pads.json;

    json_open(json, '{');
    pads_put_input(json, input->rows);
    json_member_int(json, "n_rows_read", 1);
    if (input->has_eos)
        put_vector(json, "eos", input, flux_row(input, input->i_eos), (int64_t)input->i_eos);
    put_vector(json, "last", input, flux_row(input, input->i_last), (int64_t)input->i_last);
    if (input->pooled != NULL)
        put_vector(json, "own", input, input->pooled, -1);
    json_close(json, '}');
    return pads_print_json(&flux->pads);
}

int flux_show_pair_json(struct flux *flux, const struct flux_input *other,
                        const char *conclusion)
{
    const struct flux_input *first = &flux->inputs[0];
    struct json *json = &flux->pads.json;

    json_open(json, '{');
    json_member_int(json, "a", 0);
    json_member_int(json, "b", (int64_t)(other - flux->inputs));
    json_key(json, "rows");
    json_open(json, '{');
    for (int role = 0; role < PW_N_ROW_ROLES; role++)
        put_difference(json, pw_row_role_name((pw_row_role)role),
                       flux_compare_role(first, other, (pw_row_role)role));
    put_difference(json, "all", flux_compare_role(first, other, PW_N_ROW_ROLES));
    json_close(json, '}');
    json_key(json, "pooled");
    json_open(json, '{');
    if (first->has_eos && other->has_eos)
        put_difference(
            json, "eos",
            flux_compare(flux_row(first, first->i_eos), flux_row(other, other->i_eos), 1));
    put_difference(
        json, "last",
        flux_compare(flux_row(first, first->i_last), flux_row(other, other->i_last), 1));
    json_close(json, '}');
    json_member_text(json, "conclusion", conclusion);
    json_close(json, '}');
    return pads_print_json(&flux->pads);
}

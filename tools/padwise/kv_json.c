/* SPDX-License-Identifier: MIT */
/* The numbers of `padwise kv` as JSON. */
#include "kv_view.h"

static const pw_row_role roles[] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS, PW_ROW_PAD,
                                    PW_ROW_UNKNOWN};
#define N_ROLES (sizeof(roles) / sizeof(*roles))

static void put_means(const struct kv_run *run, struct json *json, const char *key,
                      const double *values)
{
    json_key(json, key);
    json_open(json, '{');
    for (size_t i = 0; i < N_ROLES; i++)
        json_member_real(json, pw_row_role_name(roles[i]), kv_role_mean(run, roles[i], values));
    json_close(json, '}');
}

static void put_mass(const struct kv_run *run, struct json *json, const struct kv_layer *layer,
                     size_t head)
{
    json_key(json, "mass");
    json_open(json, '{');
    for (size_t i = 0; i < N_ROLES; i++)
        json_member_real(json, pw_row_role_name(roles[i]),
                         kv_role_mass(run, layer, roles[i], head));
    json_close(json, '}');
}

static void put_rows(const struct kv_run *run, struct json *json, const struct kv_layer *layer)
{
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t i = 0; i < run->input->rows.n_rows; i++) {
        json_open(json, '{');
        json_member_int(json, "position", (int64_t)i);
        json_member_text(json, "role", pw_row_role_name(run->input->rows.roles[i]));
        json_member_real(json, "k_norm", layer->k_norm[i]);
        json_member_real(json, "v_norm", layer->v_norm[i]);
        json_member_real(json, "k_cos_eos", layer->k_cos_eos[i]);
        json_member_real(json, "mass", kv_row_mass(run, layer, i));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_heads(const struct kv_run *run, struct json *json, const struct kv_layer *layer)
{
    json_key(json, "heads");
    json_open(json, '[');
    for (size_t head = 0; layer->n_queries > 0 && head < layer->info->n_heads; head++) {
        json_open(json, '{');
        json_member_int(json, "head", (int64_t)head);
        put_mass(run, json, layer, head);
        json_member_real(json, "entropy", layer->entropy[head]);
        json_key(json, "copies");
        json_open(json, '[');
        for (size_t c = 0; run->has_copies && c < run->n_counts; c++)
            json_real(json, layer->copies[head * run->n_counts + c]);
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_layer(const struct kv_run *run, struct json *json, size_t i)
{
    const struct kv_layer *layer = &run->layers[i];

    json_open(json, '{');
    json_member_int(json, "layer", (int64_t)i);
    json_member_text(json, "name", layer->info->name);
    json_member_int(json, "inner", (int64_t)layer->info->inner);
    json_member_int(json, "n_heads", (int64_t)layer->info->n_heads);
    json_member_int(json, "n_queries", (int64_t)layer->n_queries);
    put_means(run, json, "k_norm", layer->k_norm);
    put_means(run, json, "v_norm", layer->v_norm);
    put_means(run, json, "k_cos_eos", layer->k_cos_eos);
    put_mass(run, json, layer, SIZE_MAX);
    json_member_real(json, "entropy", kv_entropy(layer));
    put_rows(run, json, layer);
    put_heads(run, json, layer);
    json_close(json, '}');
}

static void put_copies(const struct kv_run *run, struct json *json)
{
    json_key(json, "copies");
    if (!run->has_copies) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_member_int(json, "row", (int64_t)run->i_copied);
    json_key(json, "counts");
    json_open(json, '[');
    for (size_t i = 0; i < run->n_counts; i++)
        json_uint(json, run->counts[i]);
    json_close(json, ']');
    json_key(json, "mass");
    json_open(json, '[');
    for (size_t i = 0; i < run->n_counts; i++)
        json_real(json, kv_copies_spread(run, i).mean);
    json_close(json, ']');
    json_close(json, '}');
}

int kv_print_json(struct kv_run *run)
{
    struct json *json = &run->pads.json;

    json_open(json, '{');
    pads_put_input(json, run->input);
    json_member_text(json, "unet", run->path);
    json_member_text(json, "naming", pw_kv_naming(run->kv));
    json_member_text(json, "queries", run->queries == NULL ? "random" : "file");
    json_key(json, "seed");
    if (run->queries == NULL)
        json_uint(json, run->pads.seed);
    else
        json_null(json);
    put_copies(run, json);
    json_key(json, "layers");
    json_open(json, '[');
    for (size_t i = 0; i < run->n_layers; i++)
        put_layer(run, json, i);
    json_close(json, ']');
    json_close(json, '}');
    return pads_print_json(&run->pads);
}

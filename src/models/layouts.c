/* SPDX-License-Identifier: MIT */
/* The tables of names and layouts. A new layout is a new row. */
#include "models/layouts.h"

static const pwi_naming hugging_face = {
    .token_embedding = "text_model.embeddings.token_embedding.weight",
    .position_embedding = "text_model.embeddings.position_embedding.weight",
    .final_norm = "text_model.final_layer_norm.",
    .block = "text_model.encoder.layers.%zu.",
    .norm1 = "layer_norm1.",
    .norm2 = "layer_norm2.",
    .q = "self_attn.q_proj.",
    .k = "self_attn.k_proj.",
    .v = "self_attn.v_proj.",
    .out = "self_attn.out_proj.",
    .fc1 = "mlp.fc1.",
    .fc2 = "mlp.fc2.",
};

/* transformers >= 5.6 and very old LDM files: the same without "text_model.". */
static const pwi_naming flat = {
    .token_embedding = "embeddings.token_embedding.weight",
    .position_embedding = "embeddings.position_embedding.weight",
    .final_norm = "final_layer_norm.",
    .block = "encoder.layers.%zu.",
    .norm1 = "layer_norm1.",
    .norm2 = "layer_norm2.",
    .q = "self_attn.q_proj.",
    .k = "self_attn.k_proj.",
    .v = "self_attn.v_proj.",
    .out = "self_attn.out_proj.",
    .fc1 = "mlp.fc1.",
    .fc2 = "mlp.fc2.",
};

static const pwi_naming open_clip = {
    .token_embedding = "token_embedding.weight",
    .position_embedding = "positional_embedding",
    .final_norm = "ln_final.",
    .block = "transformer.resblocks.%zu.",
    .norm1 = "ln_1.",
    .norm2 = "ln_2.",
    .qkv = "attn.in_proj_",
    .out = "attn.out_proj.",
    .fc1 = "mlp.c_fc.",
    .fc2 = "mlp.c_proj.",
};

/* Two towers stand under one prefix in SD2's SGM form and the SDXL refiner: their width tells
 * them apart. */
#define LAYOUT(name, encoder, prefix, naming, width)                                           \
    {                                                                                          \
        name, encoder, prefix, &naming, width, prefix "text_projection.weight",                \
            prefix "text_projection"                                                           \
    }

const pwi_layout pwi_layouts[] = {
    LAYOUT("hf", NULL, "", hugging_face, 0),
    LAYOUT("hf-flat", NULL, "", flat, 0),
    LAYOUT("open_clip", NULL, "", open_clip, 0),
    LAYOUT("open_clip-text", NULL, "text.", open_clip, 0), /* CustomTextCLIP */
    LAYOUT("ldm-sd1", "clip_l", "cond_stage_model.transformer.", hugging_face, 0),
    LAYOUT("ldm-sd1-flat", "clip_l", "cond_stage_model.transformer.", flat, 0),
    LAYOUT("sd2", "clip_h", "cond_stage_model.model.", open_clip, 0),
    LAYOUT("sdxl", "clip_l", "conditioner.embedders.0.transformer.", hugging_face, 0),
    LAYOUT("sdxl", "clip_g", "conditioner.embedders.1.model.", open_clip, 0),
    LAYOUT("sd2-sgm", "clip_h", "conditioner.embedders.0.model.", open_clip, 1024),
    LAYOUT("sdxl-refiner", "clip_g", "conditioner.embedders.0.model.", open_clip, 0),
    LAYOUT("sd3", "clip_l", "text_encoders.clip_l.transformer.", hugging_face, 0),
    LAYOUT("sd3", "clip_g", "text_encoders.clip_g.transformer.", hugging_face, 0),
    LAYOUT("split", "clip_l", "clip_l.transformer.", hugging_face, 0),
    LAYOUT("split", "clip_g", "clip_g.transformer.", hugging_face, 0),
    LAYOUT("split", "clip_l", "clip_l.", hugging_face, 0),
    LAYOUT("split", "clip_g", "clip_g.", hugging_face, 0),
    {"cascade", "clip_g", "text_encoder.clip_g.transformer.", &hugging_face, 0,
     "text_encoder.clip_g.transformer.text_projection.weight",
     "text_encoder.clip_g.text_projection"},
    LAYOUT("cascade", "clip_g", "text_encoder.", hugging_face, 0),
};

const size_t pwi_n_layouts = sizeof(pwi_layouts) / sizeof(*pwi_layouts);

const char *pwi_encoder_name(int32_t width, int32_t n_layers)
{
    static const struct {
        int32_t width, n_layers; /* at least as many: SD2's folders hold 23 of 24 */
        const char *name;
    } towers[] = {
        {512, 12, "clip_b32"}, {768, 12, "clip_l"}, {1024, 23, "clip_h"}, {1280, 32, "clip_g"}};

    for (size_t i = 0; i < sizeof(towers) / sizeof(*towers); i++)
        if (width == towers[i].width && n_layers >= towers[i].n_layers)
            return towers[i].name;
    return "clip";
}

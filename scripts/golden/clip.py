#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden tensors of tests/golden: tiny random CLIP text towers, ids, and every hidden state in double.

The mathematics is written here in numpy, from docs/models/clip.md, in float64; transformers (float32) is asked whether it agrees to
1e-5 before anything is written. Weights are drawn once from a seed; no tokenizer is needed, tests feed the ids.

  scripts/golden/clip.py            (needs numpy, torch, safetensors, transformers 4.57)
"""
import hashlib
import json
import os

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "golden")
CASES = {
    # name: width, layers, heads, mlp, projection, vocabulary, positions, activation, eos_token_id, dtype of the file
    "clip-quick": (32, 3, 4, 96, 32, 99, 16, "quick_gelu", 2, np.float32),
    "clip-gelu": (40, 2, 5, 72, 24, 99, 16, "gelu", 98, np.float32),       # heads of 8, projection narrower than the width
    "clip-odd": (30, 2, 6, 50, 7, 99, 40, "gelu", 2, np.float32),          # nothing is a multiple of 8, long position table
    "clip-half": (32, 2, 2, 64, 32, 99, 16, "quick_gelu", 2, np.float16),
}
BOS, EOS = 97, 98


def draw(seed, name, shape, mean, std):
    key = int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key)).standard_normal(shape) * std + mean


def weights(case, seed, dtype):
    width, layers, _, mlp, projection, vocab, positions = case[:7]
    out = {}

    def put(name, *shape, mean=0.0, std=0.1):
        out[name] = draw(seed, name, shape, mean, std).astype(dtype)

    def norm(name):
        put(name + ".weight", width, mean=1.0, std=0.2)
        put(name + ".bias", width)

    def linear(name, n, k):
        put(name + ".weight", n, k, std=1.3 / k ** 0.5)
        put(name + ".bias", n)

    put("text_model.embeddings.token_embedding.weight", vocab, width, std=0.5)
    put("text_model.embeddings.position_embedding.weight", positions, width, std=0.25)
    for i in range(layers):
        block = f"text_model.encoder.layers.{i}."
        norm(block + "layer_norm1")
        for part in "qkv":
            linear(block + f"self_attn.{part}_proj", width, width)
        linear(block + "self_attn.out_proj", width, width)
        norm(block + "layer_norm2")
        linear(block + "mlp.fc1", mlp, width)
        linear(block + "mlp.fc2", width, mlp)
    norm("text_model.final_layer_norm")
    put("text_projection.weight", projection, width, std=1.3 / width ** 0.5)
    return out


def tower(case, w, ids, mask):
    """hidden_states, last_hidden_state, pooler_output, text_embeds in float64."""
    width, layers, heads, _, _, _, _, activation, eos_id = case[:9]
    w = {k: v.astype(np.float64) for k, v in w.items()}
    erf = np.vectorize(__import__("math").erf)
    act = {"quick_gelu": lambda x: x / (1 + np.exp(-1.702 * x)), "gelu": lambda x: x * (1 + erf(x / 2 ** 0.5)) / 2}[activation]

    def norm(name, x):
        d = x - x.mean(-1, keepdims=True)
        return d / np.sqrt((d * d).mean(-1, keepdims=True) + 1e-5) * w[name + ".weight"] + w[name + ".bias"]

    def linear(name, x):
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    n, t = ids.shape
    split = lambda x: x.reshape(n, t, heads, width // heads).transpose(0, 2, 1, 3)
    visible = np.tril(np.ones((t, t), bool))[None, None] & mask.astype(bool)[:, None, None, :]
    x = w["text_model.embeddings.token_embedding.weight"][ids] + w["text_model.embeddings.position_embedding.weight"][:t]
    states = [x]
    for i in range(layers):
        b = f"text_model.encoder.layers.{i}."
        y = norm(b + "layer_norm1", x)
        q, k, v = (split(linear(b + f"self_attn.{p}_proj", y)) for p in "qkv")
        scores = np.where(visible, q @ k.transpose(0, 1, 3, 2) / (width // heads) ** 0.5, -np.inf)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        context = (e / e.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(n, t, width)
        x = x + linear(b + "self_attn.out_proj", context)
        x = x + linear(b + "mlp.fc2", act(linear(b + "mlp.fc1", norm(b + "layer_norm2", x))))
        states.append(x)
    last = norm("text_model.final_layer_norm", x)
    at = ids.argmax(-1) if eos_id == 2 else (ids == eos_id).argmax(-1)
    pooled = last[np.arange(n), at]
    return {**{f"hidden_states.{i}": s for i, s in enumerate(states)}, "last_hidden_state": last, "pooler_output": pooled,
            "text_embeds": pooled @ w["text_projection.weight"].T}


def config_of(case, dtype):
    width, layers, heads, mlp, projection, vocab, positions, activation, eos_id = case[:9]
    return dict(architectures=["CLIPTextModelWithProjection"], model_type="clip_text_model", vocab_size=vocab, hidden_size=width,
                num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=mlp, projection_dim=projection,
                hidden_act=activation, max_position_embeddings=positions, layer_norm_eps=1e-5, bos_token_id=BOS,
                eos_token_id=eos_id, pad_token_id=1, torch_dtype=np.dtype(dtype).name)


def check_with_transformers(folder, ids, mask, expected):
    model = transformers.CLIPTextModelWithProjection.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        r = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), output_hidden_states=True)
    for i, h in enumerate(r.hidden_states):
        assert np.abs(h.numpy() - expected[f"hidden_states.{i}"]).max() < 1e-5, (folder, i)
    assert np.abs(r.text_embeds.numpy() - expected["text_embeds"]).max() < 1e-5, folder


def sequences(length):
    """Four sequences: short, cut to the full length, one with an early eos inside, empty."""
    rng = np.random.Generator(np.random.Philox(key=7))
    ids = np.full((4, length), EOS, np.int64)
    ids[:, 0] = BOS
    ids[0, 1:4] = rng.integers(0, 97, 3)
    ids[1, 1:length - 1] = rng.integers(0, 97, length - 2)
    ids[2, 1:7] = rng.integers(0, 97, 6)
    ids[2, 3] = EOS
    n_real = np.array([5, length, 8, 2])
    return ids, (np.arange(length)[None] < n_real[:, None]).astype(np.int64)


def main():
    for seed, (name, case) in enumerate(CASES.items(), 1):
        folder = os.path.join(ROOT, name)
        os.makedirs(folder, exist_ok=True)
        w = weights(case, seed, case[9])
        save_file(w, os.path.join(folder, "model.safetensors"), {"format": "pt"})
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
            json.dump(config_of(case, case[9]), f, indent=1)
            f.write("\n")
        ids, mask = sequences(12)
        masks = {"hf": mask, "none": np.ones_like(mask), "lecture": (ids != EOS).astype(np.int64)}
        out = {"input_ids": ids}
        for rule, m in masks.items():
            expected = tower(case, w, ids, m)
            check_with_transformers(folder, ids, m, expected)
            out[f"{rule}.attention_mask"] = m
            out.update({f"{rule}.{k}": v.astype(np.float32) for k, v in expected.items()})
        save_file(out, os.path.join(folder, "expected.safetensors"))
        how = dict(script="scripts/golden/clip.py", seed=seed, numpy=np.__version__, torch=torch.__version__,
                   transformers=transformers.__version__,
                   sha256={f: hashlib.sha256(open(os.path.join(folder, f), "rb").read()).hexdigest()
                           for f in ("model.safetensors", "expected.safetensors", "config.json")})
        with open(os.path.join(folder, "how.json"), "w", encoding="utf-8") as f:
            json.dump(how, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares `padwise attn --matrix` with transformers' output_attentions, and `padwise lens --trace` with its modules' outputs.

  scripts/parity_attention.py [--padwise PATH] [--level ref] [--kind clip-b32]

The model is a random one of `padwise init`; transformers runs it in f32 with eager attention. Prints the largest absolute difference of
a weight, and the largest difference of a step's mean or standard deviation, and fails over 1e-5. Needs torch and transformers 4.57.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file

LIMIT = 1e-5
PROMPTS = ["a beaver with blue teeth", "", "word " * 120]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class Command:
    def __init__(self, padwise, level, model):
        self.head, self.tail = padwise, ["-q", "-m", model, "--cpu", level]

    def run(self, command, *arguments):
        return subprocess.run([self.head, command, *self.tail, *arguments], check=True, capture_output=True).stdout

    def json(self, command, *arguments):
        return json.loads(self.run(command, "--json", *arguments))


def batch_of(command, folder, prompt, mask):
    path = os.path.join(folder, "batch.safetensors")
    command.run("encode", "--mask", mask, "--only", "input_ids,attention_mask", "-o", path, "--", prompt)
    file = load_file(path)
    return file if mask == "hf" else {"input_ids": file["input_ids"]}


def check_weights(command, model, batch, prompt, mask):
    expected = model(**batch, output_attentions=True).attentions
    got = command.json("attn", "--matrix", "--mask", mask, "--", prompt)["layers"]
    worst = 0.0
    assert len(got) == len(expected)
    for layer, reference in zip(got, expected):
        weights = torch.tensor([head["weights"] for head in layer["heads"]], dtype=torch.float64)
        worst = max(worst, (weights - reference[0]).abs().max().item())
    return worst


def record(model):
    """Every step in the order of docs/models/clip.md, by hooks."""
    steps = []

    def hook(name, layer):
        def keep(_module, _inputs, out):
            out = out[0] if isinstance(out, tuple) else out
            steps.append((layer, name, out.detach()))
        return keep

    text = model.text_model
    text.embeddings.register_forward_hook(hook("embedding", 0))
    for i, block in enumerate(text.encoder.layers, 1):
        attention = block.self_attn
        attention.out_proj.register_forward_pre_hook(lambda _m, inputs, i=i: steps.append((i, "attention", inputs[0].detach())))
        for name, module in (("norm1", block.layer_norm1), ("q", attention.q_proj), ("k", attention.k_proj), ("v", attention.v_proj),
                             ("out", attention.out_proj), ("norm2", block.layer_norm2), ("fc1", block.mlp.activation_fn),
                             ("fc2", block.mlp.fc2), ("block", block)):
            module.register_forward_hook(hook(name, i))
    text.final_layer_norm.register_forward_hook(hook("final_norm", None))
    model.text_projection.register_forward_pre_hook(lambda _m, inputs: steps.append((None, "pooled", inputs[0].detach())))
    model.text_projection.register_forward_hook(hook("projection", None))
    return steps


def check_trace(command, model, batch, prompt, mask):
    steps = record(model)
    model(**batch)
    expected = {(layer, name): (out.mean().item(), out.std(correction=0).item()) for layer, name, out in steps}
    order = [(layer, name) for layer, name, _ in steps]
    got = command.json("lens", "--trace", "--mask", mask, "--", prompt)["trace"]
    names = [(step["layer"], step["step"]) for step in got]
    assert names == order, (names, order)
    return max(abs(a - b) for step in got
               for a, b in zip((step["mean"], step["std"]), expected[step["layer"], step["step"]]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--padwise", default=os.path.join(ROOT, "build", "tools", "padwise", "padwise"))
    parser.add_argument("--level", default="amx")
    parser.add_argument("--kind", default="tiny")
    options = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = os.path.join(folder, "model")
        vocabulary = os.path.join(folder, "vocabulary")
        subprocess.run([options.padwise, "vocab", "train", "-q", "--from", os.path.abspath(__file__), "--merges", "400", "-o", vocabulary],
                       check=True)
        subprocess.run([options.padwise, "init", options.kind, "--seed", "3", "-q", "--tokenizer", vocabulary, "-o", path], check=True)
        command = Command(options.padwise, options.level, path)
        load = lambda: transformers.CLIPTextModelWithProjection.from_pretrained(  # noqa: E731
            path, attn_implementation="eager", dtype=torch.float32).eval()
        for mask in ("hf", "none"):
            for prompt in PROMPTS:
                batch = batch_of(command, folder, prompt, mask)
                weights = check_weights(command, load(), batch, prompt, mask)
                trace = check_trace(command, load(), batch, prompt, mask)
                print(f"{mask:5} {prompt[:24]!r:28} weights {weights:.2g}  trace {trace:.2g}", flush=True)
                worst = max(worst, weights, trace)
    print(f"largest difference {worst:.2g}, limit {LIMIT}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

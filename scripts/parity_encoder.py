#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares `padwise encode` with transformers in double, on random models in every layout and dtype.

  scripts/parity_encoder.py --kinds clip-l,clip-h,clip-bigg     full size (minutes; needs 12 GB)
  scripts/parity_encoder.py --kinds clip-narrow --seed 5        small and quick

Models come from ../shared/oracle/make_models.py, numbers from its encode_reference.py --dtype float64. Prints the relative L2 of each
tensor's worst case and fails over 1.2e-6. Needs numpy, torch, safetensors, transformers 4.57 (any virtual environment).
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SHARED = os.environ.get("PADWISE_SHARED", os.path.join(ROOT, "..", "shared"))
ORACLE = os.path.join(SHARED, "oracle")
LIMIT = 1.2e-6
PROMPTS = ["a beaver with blue teeth", "", "word " * 120, "A photo of a cat!!! in the style of <|endoftext|> nothing, 8k"]
SINGLE = {"clip-l": ["hf-flat", "ldm-sd1", "ldm-sd1-flat", "open_clip", "sharded", "split"],
          "clip-h": ["sd2", "sd2-sgm", "open_clip"], "clip-bigg": ["sdxl-refiner", "open_clip"],
          "clip-narrow": ["hf-flat", "ldm-sd1", "ldm-sd1-flat", "open_clip", "sharded", "split"],
          "clip-narrow-g": ["sd2", "sdxl-refiner", "open_clip"]}
DTYPES = ["fp16", "bf16", "fp8_e4m3", "fp8_e4m3_scaled"]


sys.path.insert(0, ORACLE)
import encode_reference  # noqa: E402
import make_models       # noqa: E402
import torch             # noqa: E402


def reference(folder, mask, weights=None):
    """What transformers computes in double, over the folder's weights or a lossy file's."""
    kind, model = encode_reference.load_model(folder, torch.float64, weights)
    tokenizer = encode_reference.load_tokenizer(folder, kind, "fast")
    with encode_reference.double_kept():
        return {k: v.numpy() for k, v in encode_reference.encode(kind, model, tokenizer, PROMPTS, mask=mask).items()}


class Checker:
    def __init__(self, padwise, level):
        self.padwise, self.level, self.worst, self.failed = padwise, level, {}, 0

    def encode(self, model, tokenizer, out, mask, extra):
        subprocess.run([self.padwise, "encode", "--quiet", "-m", model, "--tokenizer", tokenizer, "-r", "raw", "--hidden", "all",
                        "--mask", mask, "--cpu", self.level, "-o", out, *extra, "--", *PROMPTS], check=True)
        return load_file(out)

    def compare(self, what, got, expected):
        worst = 0.0
        for name, b in expected.items():
            if name not in got:
                if name == "text_embeds":
                    continue                              # the layout drops the projection
                print(f"MISSING {what} {name}")
                self.failed += 1
                continue
            a = got[name].astype(np.float64)
            b = b.astype(np.float64)
            if name in ("input_ids", "attention_mask"):
                error = 0.0 if np.array_equal(a, b) else float("inf")
            else:
                error = np.linalg.norm(a - b) / np.linalg.norm(b)
            worst = max(worst, error)
            if not error <= LIMIT:
                print(f"FAILED {what} {name}: relative L2 {error:.3g}")
                self.failed += 1
        print(f"{what:60} {worst:.3g}", flush=True)
        self.worst[what] = worst


def check_kind(checker, kind, seed, work, layouts, dtypes):
    folder, out = os.path.join(work, kind), os.path.join(work, "got.safetensors")
    make_models.new_model(folder, kind, seed)
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        act = ["--activation", json.load(f)["hidden_act"]]
    expected = {mask: reference(folder, mask) for mask in ("none", "hf")}
    for mask in expected:
        checker.compare(f"{kind} hf mask {mask}", checker.encode(folder, folder, out, mask, []), expected[mask])
    for layout in layouts:
        packed = os.path.join(work, "packed") + ("" if layout in ("sharded", "split") else ".safetensors")
        make_models.pack(packed, layout, [folder])
        model = os.path.join(packed, "clip_l.safetensors") if layout == "split" else packed
        checker.compare(f"{kind} {layout}", checker.encode(model, folder, out, "hf", act), expected["hf"])
        shutil.rmtree(packed) if os.path.isdir(packed) else os.remove(packed)
    for dtype in dtypes:
        packed = os.path.join(work, "packed.safetensors")
        make_models.pack(packed, "hf", [folder], dtype)
        checker.compare(f"{kind} {dtype}", checker.encode(packed, folder, out, "hf", act), reference(folder, "hf", packed))
        os.remove(packed)
    shutil.rmtree(folder)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kinds", default="clip-narrow,clip-narrow-g")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--cpu", default="avx2")
    p.add_argument("--padwise", default=os.path.join(ROOT, "build", "padwise"))
    p.add_argument("--layouts", help="only these, comma-separated")
    p.add_argument("--dtypes", default=",".join(DTYPES))
    a = p.parse_args()
    checker = Checker(a.padwise, a.cpu)
    with tempfile.TemporaryDirectory() as work:
        for kind in a.kinds.split(","):
            layouts = SINGLE[kind] if a.layouts is None else [x for x in a.layouts.split(",") if x]
            check_kind(checker, kind, a.seed, work, layouts, [x for x in a.dtypes.split(",") if x])
    print(f"worst relative L2: {max(checker.worst.values()):.3g} (limit {LIMIT})")
    n_failed = sum(not error <= LIMIT for error in checker.worst.values())
    print(f"{len(checker.worst) - n_failed} passed, {n_failed} failed, 0 skipped")
    return 1 if checker.failed else 0


if __name__ == "__main__":
    sys.exit(main())

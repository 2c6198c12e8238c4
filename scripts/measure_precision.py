#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Errors of every precision and level against transformers in double, beside PyTorch's bf16 autocast and ONNX Runtime's dynamic int8.

  scripts/measure_precision.py --padwise build/padwise               CLIP-L, full size, random weights (minutes; needs 4 GB)
  scripts/measure_precision.py --kind clip-narrow                    small and quick

Prints the relative L2 of last_hidden_state and pooler_output over the same prompts (docs/precision.md). Needs numpy, torch,
safetensors, transformers 4.57; onnx, onnxscript and onnxruntime for the int8 lines (a virtual environment of bench/peers has all).
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SHARED = os.environ.get("PADWISE_SHARED", os.path.join(ROOT, "..", "shared"))
sys.path.insert(0, os.path.join(SHARED, "oracle"))
import encode_reference  # noqa: E402
import make_models       # noqa: E402
import torch             # noqa: E402

PROMPTS = ["a beaver with blue teeth", "", "word " * 120, "A photo of a cat!!! in the style of <|endoftext|> nothing, 8k",
           "a highly detailed oil painting of a ship in a storm at night, lit by one lantern, in the manner of the old masters"]
OUTPUTS = ["last_hidden_state", "pooler_output"]


def relative_l2(got, expected):
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    return np.linalg.norm(got - expected) / np.linalg.norm(expected)


def report(name, got, expected):
    worst = max(relative_l2(g, e) for g, e in zip(got["last_hidden_state"], expected["last_hidden_state"]))
    errors = [f"{relative_l2(got[output], expected[output]):.2e}" for output in OUTPUTS]
    print(f"| {name} | {errors[0]} | {errors[1]} | {worst:.2e} |", flush=True)


def padwise(program, folder, work, level, precision):
    out = os.path.join(work, "got.safetensors")
    subprocess.run([program, "encode", "--quiet", "-m", folder, "-r", "raw", "--mask", "none", "--cpu", level,
                    "--precision", precision, "-o", out, "--", *PROMPTS], check=True)
    return load_file(out)


class Tower(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        out = self.model(input_ids=ids)
        text = getattr(out, "text_model_output", out)
        return out.last_hidden_state, text.pooler_output


def tower(folder):
    from transformers import CLIPTextModel
    return Tower(CLIPTextModel.from_pretrained(folder, dtype=torch.float32).eval())


def torch_bf16(folder, ids):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        return dict(zip(OUTPUTS, [out.float().numpy() for out in tower(folder)(ids)]))


def onnx_int8(folder, ids, work, per_channel):
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph, small = os.path.join(work, "clip.onnx"), os.path.join(work, f"clip-int8-{per_channel}.onnx")
    if not os.path.exists(graph):
        torch.onnx.export(tower(folder), (ids,), graph, input_names=["ids"], output_names=OUTPUTS, dynamo=True,
                          external_data=True, verbose=False)
    quantize_dynamic(graph, small, weight_type=QuantType.QInt8, per_channel=per_channel)
    session = onnxruntime.InferenceSession(small, providers=["CPUExecutionProvider"])
    return dict(zip(OUTPUTS, session.run(OUTPUTS, {"ids": ids.numpy()})))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kind", default="clip-l")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--padwise", default=os.path.join(ROOT, "build", "padwise"))
    p.add_argument("--levels", default="avx2,avx512")
    p.add_argument("--model", help="a folder that is there, instead of a random one")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = a.model or os.path.join(work, "model")
        if a.model is None:
            make_models.new_model(folder, a.kind, a.seed)
        kind, model = encode_reference.load_model(folder, torch.float64, None)
        tokenizer = encode_reference.load_tokenizer(folder, kind, "fast")
        with encode_reference.double_kept():
            expected = {k: v.numpy() for k, v in encode_reference.encode(kind, model, tokenizer, PROMPTS, mask="none").items()}
        del model
        ids = torch.from_numpy(expected["input_ids"])
        print("| what | last_hidden_state | pooler_output | worst prompt |\n| --- | --- | --- | --- |")
        for level in a.levels.split(","):
            for precision in ("highest", "high", "medium", "int8"):
                report(f"padwise {level} {precision}", padwise(a.padwise, folder, work, level, precision), expected)
        report("PyTorch, bf16 autocast", torch_bf16(folder, ids), expected)
        try:
            for per_channel in (False, True):
                name = "channel" if per_channel else "matrix"
                report(f"ONNX Runtime, dynamic int8, a scale per {name}", onnx_int8(folder, ids, work, per_channel), expected)
        except ImportError as error:
            print(f"ONNX Runtime skipped: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

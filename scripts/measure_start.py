#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Start to written file: wall time and peak memory of one `padwise encode`, on random CLIP-L weights.

  scripts/measure_start.py TOKENIZER_DIR [--padwise build/padwise] [--runs 7]

Makes CLIP-L in F32 and F16 with `padwise init`, encodes one prompt in fresh processes (files in the page cache), and prints the median
time, the peak resident size and the bound of the issue: the encoder's tensors in the file's dtype plus 15 % plus 64 MiB.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

PROMPT = "a beaver with blue teeth"


def run(words):
    """Seconds and peak KiB of one process."""
    begin = time.monotonic()
    process = subprocess.Popen(words)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{words[0]} failed")
    return time.monotonic() - begin, usage.ru_maxrss


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("tokenizer")
    p.add_argument("--padwise", default="build/padwise")
    p.add_argument("--runs", type=int, default=7)
    a = p.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        for dtype in ("f32", "f16"):
            model = os.path.join(work, dtype)
            run([a.padwise, "init", "clip-l", "--quiet", "--dtype", dtype, "--tokenizer", a.tokenizer, "--seed", "1", "-o", model + "/"])
            out = os.path.join(work, "out.safetensors")
            encode = [a.padwise, "encode", "--quiet", "-m", model, "-o", out, PROMPT]
            run(encode)
            results = [run(encode) for _ in range(a.runs)]
            size = os.path.getsize(os.path.join(model, "model.safetensors"))
            peak = max(r[1] for r in results) * 1024
            bound = size * 1.15 + (64 << 20)
            failed += peak > bound
            print(f"CLIP-L {dtype}: {statistics.median(r[0] for r in results):.2f} s, peak {peak / 1e6:.0f} MB "
                  f"(file {size / 1e6:.0f} MB, bound {bound / 1e6:.0f} MB)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the figures were taken on: the CPU, the versions, and the best that its multipliers were seen to do."""
import importlib.metadata
import json
import os
import platform
import re
import subprocess

import jobs
import timing

PACKAGES = ["torch", "transformers", "tokenizers", "onnxruntime", "openvino", "nncf", "safetensors", "numpy"]
FLAGS = re.compile(r"^(avx\w*|amx\w*|fma|f16c)$")
N_SGEMM = 1536


def cpu():
    """Model, counts and the flags that matter, as lscpu says them."""
    listed = json.loads(subprocess.run(["lscpu", "--json"], stdout=subprocess.PIPE, check=True, text=True).stdout)
    fields = {}

    def gather(items):
        for item in items:
            fields[item["field"].rstrip(":")] = item["data"]
            gather(item.get("children", []))
    gather(listed["lscpu"])
    kept = ["Model name", "CPU family", "Model", "Stepping", "CPU(s)", "Thread(s) per core", "L1d cache", "L2 cache",
            "L3 cache", "Hypervisor vendor"]
    return {"fields": {name: fields[name] for name in kept if name in fields},
            "flags": [flag for flag in fields.get("Flags", "").split() if FLAGS.match(flag)]}


def padwise_roofline(job):
    """GFLOP/s of f32 FMA by `padwise bench roofline --json`, or None where this build has no such figure."""
    done = subprocess.run([job["padwise"], "bench", "roofline", "--json", "--threads", str(job["threads"])],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode != 0:
        return None
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = [line["value"] for line in lines if re.search("fma|f32", line["figure"], re.IGNORECASE)
             and re.match("gflop", line.get("unit", ""), re.IGNORECASE) and line.get("threads", 1) == job["threads"]]
    return max(found, default=None)


def sgemm(job):
    """GFLOP/s of PyTorch's square f32 product: what a good library reaches, a little under the true peak."""
    import torch

    torch.set_num_threads(job["threads"])
    a = torch.rand(N_SGEMM, N_SGEMM)
    torch.mm(a, a)
    return 2e-9 * N_SGEMM ** 3 / min(timing.once(lambda: torch.mm(a, a)) for _ in range(20))


def peak(job):
    if job["peak"]:
        return {"gflops": job["peak"] * job["threads"], "by": "--peak"}
    roofline = padwise_roofline(job)
    if roofline:
        return {"gflops": roofline, "by": "`padwise bench roofline`"}
    return {"gflops": sgemm(job), "by": f"the fastest of 20 products {N_SGEMM} x {N_SGEMM} of PyTorch"}


def measure(job):
    return {"cpu": cpu(), "peak": peak(job), "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(), "load": os.getloadavg()[0],
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES}}


if __name__ == "__main__":
    jobs.main(measure)

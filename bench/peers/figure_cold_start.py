#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Process start to written conditioning of one prompt, the f16 file in the page cache: padwise against transformers.

Beside them the least that any program could take: reading the file once and computing the prompt once. This process
imports no engine: a child's peak memory begins with what its parent held when it forked.
"""
import os
import statistics
import subprocess
import sys
import time

import numpy as np
from safetensors.numpy import load_file

import clip
import jobs
import padwise_api
import timing

PROMPT = "a beaver with blue teeth"
HERE = os.path.dirname(os.path.abspath(__file__))


def run(words):
    """Seconds and peak bytes of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status != 0:
        raise RuntimeError(f"{' '.join(words)}: status {status}")
    return seconds, usage.ru_maxrss * 1024


def commands(job, outputs):
    script = [sys.executable, os.path.join(HERE, "cold_transformers.py"), job["model_f16"]]
    return {
        # Without the mask, as the script: transformers is called here as Stable Diffusion's pipelines call it.
        "padwise": [job["padwise"], "encode", "--quiet", "--threads", str(job["threads"]), "--mask", "none",
                    "-m", job["model_f16"], "-o", outputs["padwise"], PROMPT],
        "transformers, float32": [*script, outputs["transformers, float32"], "float32", PROMPT],
        "transformers, dtype of the file": [*script, outputs["transformers, dtype of the file"], "auto", PROMPT],
    }


def read_file(path):
    return np.fromfile(path, np.uint8).size


def floor_seconds(job):
    """Reading the file into fresh memory, and one encode of a session that is warm: medians of several, added."""
    context = padwise_api.Context(padwise_api.load(job["library"]), job["threads"])
    session = padwise_api.Session(padwise_api.Model(context, job["model_f16"]))
    encode, ids = session.encoder(1, clip.N_TOKENS, ["last_hidden_state", "text_embeds"]), clip.full_prompts(1)
    encode(ids)
    path = os.path.join(job["model_f16"], "model.safetensors")
    reads = [timing.once(lambda: read_file(path)) for _ in range(7)]
    encodes = [timing.once(lambda: encode(ids)) for _ in range(7)]
    return {"read": statistics.median(reads), "encode": statistics.median(encodes)}


def agreement(outputs):
    states = {name: clip.as_array(load_file(path)["last_hidden_state"]).reshape(-1) for name, path in outputs.items()}
    return {name: clip.relative_l2(state, states["padwise"]) for name, state in states.items()}


def measure(job):
    jobs.say(f"cold_start: {job['threads']} thread(s)")
    names = ["padwise", "transformers, float32", "transformers, dtype of the file"]
    outputs = {name: os.path.join(job["work"], f"cold-{i}.safetensors") for i, name in enumerate(names)}
    words = commands(job, outputs)
    read_file(os.path.join(job["model_f16"], "model.safetensors"))
    runs = {name: [] for name in words}
    for _ in range(max(job["repeats"], 1) + 1):
        for name, line in words.items():
            runs[name].append(run(line))
    timed = {name: found[1:] for name, found in runs.items()}  # the first brought programs into the page cache
    return {"threads": job["threads"], "prompt": PROMPT, "errors": agreement(outputs), "floor": floor_seconds(job),
            "seconds": {name: [seconds for seconds, _ in found] for name, found in timed.items()},
            "peak_bytes": {name: max(peak for _, peak in found) for name, found in timed.items()}}


if __name__ == "__main__":
    jobs.main(measure)

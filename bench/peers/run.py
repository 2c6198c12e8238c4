#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures padwise beside the engines that people would use instead, and writes the table.

  bench/peers/install.py                                     once: the peers, from PyPI
  bench/peers/run.py --write docs/performance.md             everything
  bench/peers/run.py --figures encode --threads 1 --repeats 3 --engines onnx,openvino
  bench/peers/run.py --figures "" --write docs/performance.md     only the table, from the results that are kept

Each figure runs in processes of its own (jobs.py); results are kept as JSON under --work, and the table is made from
all that are there. Take figures on a quiet machine: the load when each began is written beside it.
"""
import argparse
import datetime
import json
import os
import shlex
import subprocess
import sys

import install
import jobs
import render

ROOT = os.path.abspath(os.path.join(jobs.HERE, "..", ".."))
FIGURES = ["encode", "zero_shot", "cold_start", "tokenize", "threads"]
TOKENIZER = os.path.join(os.environ.get("PADWISE_SHARED", os.path.join(ROOT, "..", "shared")), "data", "tokenizers",
                         "clip")


def words(text):
    return [word for word in text.split(",") if word]


def numbers(text):
    return [int(word) for word in words(text)]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--figures", type=words, default=FIGURES, help=",".join(FIGURES))
    p.add_argument("--threads", type=numbers, default=[1, 2])
    p.add_argument("--batches", type=numbers, default=[1, 8], help="prompts a call of encode; 64 takes long")
    p.add_argument("--repeats", type=int, default=15, help="rounds (cold_start: processes); default 15")
    p.add_argument("--precisions", type=words, default=["highest", "high", "medium", "int8"])
    p.add_argument("--engines", type=words, default=[], help="only peers whose name holds one of these")
    p.add_argument("--classes", type=int, default=1000, help="of zero_shot, times 80 templates")
    p.add_argument("--sample", type=int, default=2000, help="prompts of zero_shot that the peers run")
    p.add_argument("--zero-shot-precisions", type=words, default=["highest"])
    p.add_argument("--zero-shot-repeats", type=int, default=1)
    p.add_argument("--prompts", type=int, default=20000, help="of tokenize")
    p.add_argument("--peak", type=float, default=0.0, help="GFLOP/s of f32 FMA of one core, where it is known")
    p.add_argument("--padwise", default=os.path.join(ROOT, "build", "padwise"))
    p.add_argument("--library", default=os.path.join(ROOT, "build", "src", "libpadwise.so"))
    p.add_argument("--tokenizer", default=TOKENIZER, help="CLIP's tokenizer folder")
    p.add_argument("--venv", default=install.VENV)
    p.add_argument("--work", default=os.path.join(ROOT, "build-peers"), help="models, graphs, results (3 GB)")
    p.add_argument("--write", metavar="FILE", help="write the table")
    return p.parse_args()


def make_model(a, dtype):
    """CLIP-L with random weights, in the layout that padwise and transformers both open."""
    folder = os.path.join(a.work, "clip-l-" + dtype)
    if not os.path.exists(os.path.join(folder, "model.safetensors")):
        subprocess.run([a.padwise, "init", "clip-l", "--quiet", "--seed", "1", "--dtype", dtype,
                        "--tokenizer", a.tokenizer, "-o", folder + "/"], check=True)
    return folder


def base_job(a):
    return {"model": make_model(a, "f32"), "model_f16": make_model(a, "f16"), "n_reference": 8,
            **{name: getattr(a, name) for name in (
                "batches", "repeats", "precisions", "engines", "classes", "sample", "zero_shot_precisions",
                "zero_shot_repeats", "prompts", "peak", "padwise", "library", "tokenizer", "work")}}


def planned(a):
    """(program, name of its result, threads) of each process to run."""
    most = max(a.threads)
    for figure in a.figures:
        if figure in ("encode", "zero_shot"):
            yield from ((f"figure_{figure}.py", f"{figure}-{n}", n) for n in a.threads)
        elif figure == "cold_start":
            yield "figure_cold_start.py", f"cold_start-{most}", most
        elif figure == "tokenize":
            yield "figure_tokenize.py", "tokenize-1", 1
        elif figure == "threads":
            yield "figure_threads.py", "threads-2", 2
        else:
            sys.exit(f"{figure}: no such figure; there are {', '.join(FIGURES)}")


def run_all(a, results):
    """Every planned process; the names of those that failed."""
    python, job, failed = os.path.join(a.venv, "bin", "python"), base_job(a), []

    def run(program, name, n_threads):
        began, load = datetime.datetime.now().isoformat(timespec="minutes"), os.getloadavg()[0]
        found = jobs.run(python, program, {**job, "threads": n_threads}, os.path.join(results, name + ".part"))
        if found is None:
            failed.append(name)
            return
        kept = {"name": name, "began": began, "load": load, "command": shlex.join(sys.argv), "result": found}
        with open(os.path.join(results, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=1)

    plan = list(planned(a))
    if plan:
        run("material.py", "material", max(a.threads))
    for n_threads in sorted({n for _, _, n in plan}):
        run("machine.py", f"machine-{n_threads}", n_threads)
    for step in plan:
        run(*step)
    return failed


def kept_results(results):
    found = {}
    for name in sorted(os.listdir(results)):
        if name.endswith(".json"):
            with open(os.path.join(results, name), encoding="utf-8") as file:
                entry = json.load(file)
            found[entry["name"]] = entry
    return found


def main():
    a = arguments()
    a.work, a.tokenizer = os.path.abspath(a.work), os.path.abspath(a.tokenizer)
    results = os.path.join(a.work, "results")
    os.makedirs(results, exist_ok=True)
    failed = run_all(a, results) if a.figures else []
    text = render.document(kept_results(results))
    if a.write:
        with open(a.write, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text, end="")
    for name in failed:
        jobs.say(f"{name} FAILED: see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

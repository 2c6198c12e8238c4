# SPDX-License-Identifier: MIT
"""How run.py talks to the programs that it starts: a job is a JSON file, its result is another.

Threads must be settled before the peers are imported, so each job runs in a process of its own, whose environment and
CPUs are set here; a program reads its job, measures, and writes what it found.
"""
import json
import os
import subprocess
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))


def environment(n_threads):
    """Every engine's own name for its threads; nothing is looked up on the net."""
    n = str(n_threads)
    return {**os.environ, "OMP_NUM_THREADS": n, "MKL_NUM_THREADS": n, "RAYON_NUM_THREADS": n,
            "TOKENIZERS_PARALLELISM": "false" if n_threads == 1 else "true", "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_VERBOSITY": "error", "PYTHONWARNINGS": "ignore"}


def run(python, program, job, result_path):
    """Run HERE/program over `job`; its result, or None if it failed (it has said why on stderr)."""
    job_path = result_path + ".job"
    with open(job_path, "w", encoding="utf-8") as file:
        json.dump(job, file, indent=1)
    status = subprocess.call([python, os.path.join(HERE, program), job_path, result_path],
                             env=environment(job["threads"]))
    if status != 0:
        return None
    with open(result_path, encoding="utf-8") as file:
        return json.load(file)


def use_cpus(n_threads):
    """Keep this process, and helper threads that an engine may start, on as many CPUs as it was given threads."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[-n_threads:])


def main(measure):
    """The main of every program that run() starts."""
    warnings.filterwarnings("ignore")
    job_path, result_path = sys.argv[1:]
    with open(job_path, encoding="utf-8") as file:
        job = json.load(file)
    use_cpus(job["threads"])
    result = measure(job)
    with open(result_path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    os.replace(result_path + ".tmp", result_path)


def say(text):
    print(text, file=sys.stderr, flush=True)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Full 77-row prompts: every engine and every precision of padwise in turn, in one process, for one batch size."""
import gc

import numpy as np

import clip
import engines
import jobs
import material
import timing


def build_peers(job, ids):
    """{name: call}, and {name: reason} of those that cannot run here."""
    calls, failed, kinds = {}, {}, {}
    for peer in engines.peers(job, len(ids), ["fp32", "bf16", "int8"]):
        jobs.say(f"  building {peer.name}")
        try:
            encode = peer.build(job, *ids.shape)
            encode(ids)
            calls[peer.name], kinds[peer.name] = (lambda encode=encode: encode(ids)), peer.kind
        except Exception as error:
            failed[peer.name] = f"{type(error).__name__}: {error}"[:300]
    return calls, kinds, failed


def build_padwise(job, ids):
    calls, models = {}, engines.open_padwise(job)
    for precision, model in models.items():
        encode = engines.padwise(model, *ids.shape)
        calls["padwise " + precision] = lambda encode=encode: encode(ids)
    return calls, models


def errors(job, calls):
    """Each engine's last_hidden_state against transformers in double and against padwise's highest."""
    with np.load(material.path(job, "reference.npz")) as kept:
        exact = kept["last_hidden_state"]
    states = {name: clip.as_array(call()[0])[:len(exact)] for name, call in calls.items()}
    own = next((state for name, state in states.items() if name.startswith("padwise")), None)
    exact = exact[:len(own)]
    return {name: {"to_f64": clip.relative_l2(state, exact), "to_padwise": clip.relative_l2(state, own)}
            for name, state in states.items()}


def measure_batch(job, n_prompts):
    ids = clip.full_prompts(max(n_prompts, job["n_reference"]))[:n_prompts]
    own, models = build_padwise(job, ids)
    theirs, kinds, failed = build_peers(job, ids)
    calls = {**own, **theirs}
    found = errors(job, calls)
    jobs.say(f"  timing {len(calls)} engines, {job['repeats']} rounds")
    return {"n_prompts": n_prompts, "threads": job["threads"], "failed": failed, "kinds": kinds,
            "flops": clip.flops(clip.sizes(job["model"]), [clip.N_TOKENS] * n_prompts),
            "levels": {"padwise " + name: model.level for name, model in models.items()},
            "errors": found, "seconds": timing.interleave(calls, job["repeats"])}


def measure(job):
    results = []
    for n_prompts in job["batches"]:
        jobs.say(f"encode: {n_prompts} x {clip.N_TOKENS}, {job['threads']} thread(s)")
        results.append(measure_batch(job, n_prompts))
        gc.collect()
    return results


if __name__ == "__main__":
    jobs.main(measure)

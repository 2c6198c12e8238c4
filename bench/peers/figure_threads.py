#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""padwise on two threads against itself on one, eight full prompts, the two interleaved; the bits must be equal."""
import numpy as np

import clip
import engines
import jobs
import timing

N_PROMPTS = 8


def measure(job):
    jobs.say("threads: padwise, 1 and 2")
    ids, results = clip.full_prompts(N_PROMPTS), []
    models = {n: engines.open_padwise(job, n) for n in (1, 2)}
    for precision in models[1]:
        encoders = {n: engines.padwise(models[n][precision], *ids.shape) for n in models}
        outputs = {n: encode(ids)[0].copy() for n, encode in encoders.items()}
        calls = {str(n): (lambda encode=encode: encode(ids)) for n, encode in encoders.items()}
        results.append({"precision": precision, "level": models[1][precision].level, "n_prompts": N_PROMPTS,
                        "equal": bool(np.array_equal(outputs[1], outputs[2])),
                        "seconds": timing.interleave(calls, job["repeats"])})
    return results


if __name__ == "__main__":
    jobs.main(measure)

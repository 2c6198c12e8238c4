# SPDX-License-Identifier: MIT
"""The encoder that is measured: its sizes, its arithmetic, ids to feed it, and how errors are told."""
import json
import os

import numpy as np

BOS, EOS = 49406, 49407
N_TOKENS = 77


def sizes(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        return json.load(file)


def flops(config, lengths):
    """Multiplications and additions that causal sequences of these lengths ask for: matrices, attention to itself and
    what stands before, projection. Every engine is charged the same, whatever it computes beyond."""
    d, f, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    rows = sum(lengths)
    pairs = sum(n * (n + 1) // 2 for n in lengths)
    return layers * (2 * rows * (4 * d * d + 2 * d * f) + 4 * d * pairs) + 2 * len(lengths) * d * config["projection_dim"]


def full_prompts(n_prompts, seed=1):
    """ids [n_prompts, 77] of full length, no two with the same first token: not a row can be shared or left out."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, BOS, (n_prompts, N_TOKENS))
    ids[:, 0] = random.permutation(BOS)[:n_prompts]
    ids[:, -1] = EOS
    return ids


def as_array(tensor):
    """A result of any engine in double."""
    if hasattr(tensor, "double"):
        tensor = tensor.double().numpy()
    return np.array(tensor, np.float64)


def relative_l2(got, expected):
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))

# SPDX-License-Identifier: MIT
"""Who answers whom, what issue 4 asks for, and whether it is reached: the first table of the page."""
import statistics

import timing

# Whom a precision of padwise is measured against: the kinds of arithmetic that answer the same question.
RIVALS = {"highest": ["fp32"], "high": ["fp32"], "medium": ["fp32", "bf16"], "int8": ["int8"]}

COLUMN = {"ref": "AVX2", "avx2": "AVX2", "avx512": "AVX-512", "avx512bf16": "AVX-512", "amx": "AMX"}
# AMX: f32 weights, which is what the bench encodes.
PEAK_SHARE = {"AVX2": 0.88, "AVX-512": 0.85, "AMX": 1.6}
TIMES_FASTER = {"highest": {"AVX2": 1.15, "AVX-512": 1.2, "AMX": 1.7},
                "medium": {"AVX2": 1.6, "AVX-512": 1.5, "AMX": 1.5},
                "int8": {"AVX2": 1.1, "AVX-512": 1.5, "AMX": 1.5}}
INT8_ERROR = {"AVX2": 1 / 5, "AVX-512": 1 / 2, "AMX": 1 / 2}
MEDIUM_ERROR_OF = "PyTorch autocast bf16"
ZERO_SHOT = {"padded": 15, "sorted": 2.5}
COLD_START, COLD_START_FLOOR, TOKENIZE, THREADS = 30, 1.5, 5, 1.8


def of_figure(results, figure):
    return [results[name] for name in sorted(results) if name.rsplit("-", 1)[0] == figure]


def peak_of(results, n_threads):
    entry = results.get(f"machine-{n_threads}")
    return entry["result"]["peak"] if entry else None


def best_rival(batch, precision):
    """The fastest peer of the kinds that this precision answers to, by its median; None if none ran."""
    rivals = [name for name, kind in batch["kinds"].items() if kind in RIVALS[precision]]
    return min(rivals, key=lambda name: statistics.median(batch["seconds"][name]), default=None)


def at_least(figure, asked, value, remark="", unit="x"):
    """A row of the table: reached, or how far it is from it."""
    factor = 100 if unit == " %" else 1
    met = "yes" if value >= asked else f"no, {100 * (1 - value / asked):.0f} % short"
    return [figure, f">= {factor * asked:.3g}{unit}", f"{factor * value:.3g}{unit}{remark}", met]


def at_most(figure, asked, value, remark=""):
    met = "yes" if value <= asked else f"no, {100 * (value / asked - 1):.0f} % over"
    return [figure, f"<= {asked:.3g}", f"{value:.3g}{remark}", met]


def error_rows(batch, precision, what, column, rival):
    errors = {name: error["to_f64"] for name, error in batch["errors"].items()}
    own = errors["padwise " + precision]
    if precision == "medium" and MEDIUM_ERROR_OF in errors:
        yield at_most(f"{what}: error against {MEDIUM_ERROR_OF}'s", errors[MEDIUM_ERROR_OF], own)
    if precision == "int8":
        yield at_most(f"{what}: error against {rival}'s {errors[rival]:.2g}", INT8_ERROR[column] * errors[rival], own)


def encode_rows(batch, peak):
    for precision, asked in TIMES_FASTER.items():
        name, what = "padwise " + precision, f"`{precision}`, {batch['n_prompts']} x 77, {batch['threads']} thread(s)"
        rival = best_rival(batch, precision)
        if name not in batch["seconds"]:
            yield [what, "", "not computed: a more exact precision stands in", ""]
            continue
        column, seconds = COLUMN[batch["levels"][name]], batch["seconds"][name]
        if precision == "highest" and peak and batch["threads"] == 1:
            share = batch["flops"] / statistics.median(seconds) / 1e9 / peak["gflops"]
            yield at_least(f"{what}: share of the f32 peak", PEAK_SHARE[column], share, unit=" %")
        if rival:
            found = timing.ratio(batch["seconds"][rival], seconds)
            yield at_least(what, asked[column], found["ratio"], f" against {rival}")
            yield from error_rows(batch, precision, what, column, rival)


def zero_shot_rows(found):
    for run in found["runs"]:
        for name, peer in run["peers"].items():
            ratio = timing.ratio(run["seconds"][name], run["seconds"]["padwise"])["ratio"]
            yield at_least(f"zero-shot set, `{run['precision']}`, {run['threads']} thread(s), peer {name}",
                           ZERO_SHOT[name], ratio, f" against {peer['name']}")


def cold_start_rows(found):
    own = found["seconds"]["padwise"]
    name = min((other for other in found["seconds"] if other != "padwise"),
               key=lambda other: statistics.median(found["seconds"][other]))
    yield at_least("cold start", COLD_START, timing.ratio(found["seconds"][name], own)["ratio"], f" against {name}")
    yield at_most("cold start: times reading and computing", COLD_START_FLOOR,
                  statistics.median(own) / (found["floor"]["read"] + found["floor"]["encode"]))


def tokenize_rows(found):
    """One by one against one by one, and the best way of each."""
    seconds = {name: statistics.median(values) for name, values in found["seconds"].items()}
    yield at_least("tokenize, one by one", TOKENIZE, seconds["HF tokenizers, one by one"] / seconds["padwise, one by one"])
    own = min((name for name in seconds if name.startswith("padwise")), key=seconds.get)
    theirs = min((name for name in seconds if not name.startswith("padwise")), key=seconds.get)
    yield at_least("tokenize, the best of each", TOKENIZE, seconds[theirs] / seconds[own], f": {own}; {theirs}")
    yield at_most("tokenize: prompts with other ids", 0, found["differing"]["n"]) if found["differing"]["n"] \
        else ["tokenize: prompts with other ids", "0", "0", "yes"]


def threads_rows(found):
    for run in found:
        ratio = timing.ratio(run["seconds"]["1"], run["seconds"]["2"])["ratio"]
        yield at_least(f"two threads, 8 x 77, `{run['precision']}`", THREADS, ratio)


def summary_rows(results):
    for entry in of_figure(results, "encode"):
        for batch in entry["result"]:
            yield from encode_rows(batch, peak_of(results, batch["threads"]))
    for figure, rows in (("zero_shot", zero_shot_rows), ("cold_start", cold_start_rows), ("tokenize", tokenize_rows),
                         ("threads", threads_rows)):
        for entry in of_figure(results, figure):
            yield from rows(entry["result"])

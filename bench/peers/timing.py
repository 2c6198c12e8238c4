# SPDX-License-Identifier: MIT
"""A, B, A, B: timing several calls side by side, and what their times say about each other.

A machine's speed drifts, and other people use it. Calls that alternate drift together, so the ratio within a round is
steadier than either time; its quartiles are the spread that the tables show.
"""
import statistics
import time

# Idle workers of the engine before (OpenMP, ONNX Runtime) spin for some milliseconds: they must not spin into the next.
SETTLE_S = 0.02


def interleave(calls, n_rounds, warm=True, settle_s=SETTLE_S):
    """Seconds of each call in each round, {name: [seconds]}.

    Every round begins with another call, so that nobody always follows the same neighbour; `warm` runs each call once
    untimed before it is timed, which brings its weights back into the caches as in a loop of its own.
    """
    names, seconds = list(calls), {name: [] for name in calls}
    for i_round in range(n_rounds):
        first = i_round % len(names)
        for name in names[first:] + names[:first]:
            time.sleep(settle_s)
            if warm:
                calls[name]()
            begin = time.perf_counter()
            calls[name]()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def once(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def quartiles(values):
    """Lower quartile, median, upper quartile; of one value, that value."""
    if len(values) < 2:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def ratio(of, to):
    """Ratio of medians of two lists of one length, and the quartiles of the ratios within the rounds."""
    low, _, high = quartiles([a / b for a, b in zip(of, to)])
    return {"ratio": statistics.median(of) / statistics.median(to), "low": low, "high": high}

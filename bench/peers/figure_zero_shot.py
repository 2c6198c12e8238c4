#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The text side of a zero-shot classifier, pooled vectors only: padwise in one call, the peers on a sample, scaled.

Each peer runs as people run it (padded to 77, batches of 64), and once more with the help of somebody who sorts the
prompts by length and cuts each batch to its longest.
"""
import time

import numpy as np
import tokenizers

import clip
import engines
import jobs
import targets
import timing
import zero_shot_set

BATCH = 64
N_CHECKED = 2


def token_lists(job, prompts):
    tokenizer = tokenizers.Tokenizer.from_file(job["model"] + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(clip.N_TOKENS)
    return [encoding.ids for encoding in tokenizer.encode_batch(prompts)]


def padded(sequences, n_tokens):
    ids = np.full((len(sequences), n_tokens), clip.EOS, np.int64)
    for row, sequence in zip(ids, sequences):
        row[:len(sequence)] = sequence
    return ids


def batches(sequences, order, longest):
    """[(which prompts, ids)]; `longest` cuts each batch to its longest prompt."""
    parts = [order[i:i + BATCH] for i in range(0, len(order), BATCH)]
    chosen = [[sequences[i] for i in part] for part in parts]
    return [(part, padded(rows, max(map(len, rows)) if longest else clip.N_TOKENS))
            for part, rows in zip(parts, chosen)]


def embed(encode, work, n):
    """text_embeds of all prompts of the work, in the order of the prompts."""
    out = None
    for part, ids in work:
        embeds = clip.as_array(encode(ids)[1])
        if out is None:
            out = np.zeros((n, embeds.shape[1]))
        out[part] = embeds
    return out


def fastest(job, kinds, batch, any_shape):
    """The peer that is quickest on one batch: (name, encode). Building and first calls are not timed."""
    best, seconds, failed = None, float("inf"), {}
    for peer in engines.peers(job, None if any_shape else len(batch), kinds):
        if any_shape and not peer.any_shape:
            continue
        try:
            encode = peer.build(job, *((None, None) if any_shape else batch.shape))
            encode(batch)
            took = min(timing.once(lambda: encode(batch)) for _ in range(3))
        except Exception as error:
            failed[peer.name] = f"{type(error).__name__}: {error}"[:300]
            continue
        jobs.say(f"  {peer.name}: {1e3 * took / len(batch):.2f} ms a prompt of {batch.shape[1]} tokens")
        if took < seconds:
            best, seconds = (peer.name, encode), took
    return (*best, failed) if best else (None, None, failed)


def peer_work(job, kinds, sequences, longest):
    """The fastest peer's name and its call over the sample."""
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i])) if longest else list(range(len(sequences)))
    work = batches(sequences, order, longest)
    whole = [item for item in work if len(item[0]) == BATCH] or work
    name, encode, failed = fastest(job, kinds, whole[len(whole) // 2][1], longest)
    if encode is None:
        raise RuntimeError(f"no peer ran: {failed}")
    if not longest and len(work[-1][0]) < len(work[0][0]):
        work = work[:-1]  # graphs of a fixed size; measure() divides by what was run
    for _, ids in {ids.shape: (0, ids) for _, ids in work}.values():
        encode(ids)
    return {"name": name, "failed": failed, "n": sum(len(part) for part, _ in work),
            "tokens": sum(ids.size for _, ids in work), "work": work, "encode": encode}


def padwise_call(job, model, sequences):
    """One call over every prompt, padded to 77 as the API takes them; what it leaves out is its own affair."""
    ids = padded(sequences, clip.N_TOKENS).astype(np.int32)
    encode = engines.padwise(model, *ids.shape, kinds=("text_embeds",))
    begin = time.perf_counter()
    embeds = encode(ids)[0]
    return time.perf_counter() - begin, embeds


def agreement(peer, embeds, sample):
    """Relative L2 between a peer's vectors and padwise's, over the first and the last batches that the peer ran."""
    work = peer["work"][:N_CHECKED] + peer["work"][N_CHECKED:][-N_CHECKED:]
    ran = sorted(i for part, _ in work for i in part)
    got = embed(peer["encode"], work, len(sample))
    return clip.relative_l2(got[ran], embeds[[sample[i] for i in ran]].astype(np.float64))


def measure_precision(job, model, sequences):
    sample = zero_shot_set.drawn(len(sequences), job["sample"])
    chosen = [sequences[i] for i in sample]
    kinds = targets.RIVALS[model.precision]
    peers = {"padded": peer_work(job, kinds, chosen, False), "sorted": peer_work(job, kinds, chosen, True)}
    seconds = {"padwise": [], **{name: [] for name in peers}}
    for _ in range(job["zero_shot_repeats"]):
        took, embeds = padwise_call(job, model, sequences)
        jobs.say(f"  padwise: {took:.1f} s for {len(sequences)} prompts")
        seconds["padwise"].append(took)
        for name, peer in peers.items():
            run = lambda peer=peer: [peer["encode"](ids) for _, ids in peer["work"]]
            seconds[name].append(timing.once(run) * len(sequences) / peer["n"])
            jobs.say(f"  {peer['name']}, {name}: {seconds[name][-1]:.1f} s, scaled from {peer['n']}")
    return {"precision": model.precision, "level": model.level, "threads": job["threads"], "seconds": seconds,
            "peers": {name: {key: peer[key] for key in ("name", "failed", "n", "tokens")}
                      for name, peer in peers.items()},
            "errors": {name: agreement(peer, embeds, sample) for name, peer in peers.items()}}


def measure(job):
    jobs.say(f"zero_shot: {job['classes']} classes, {job['threads']} thread(s)")
    sequences = token_lists(job, zero_shot_set.prompts(job["classes"]))
    nodes = zero_shot_set.trie_nodes(sequences)
    config = clip.sizes(job["model"])
    return {"n_prompts": len(sequences), "n_padded": len(sequences) * clip.N_TOKENS,
            "n_tokens": sum(map(len, sequences)), "n_trie": nodes,
            "flops_unpadded": clip.flops(config, [len(sequence) for sequence in sequences]),
            "runs": [measure_precision(job, model, sequences)
                     for name, model in engines.open_padwise(job).items() if name in job["zero_shot_precisions"]]}


if __name__ == "__main__":
    jobs.main(measure)

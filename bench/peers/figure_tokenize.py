#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""English prompts to ids on one thread: padwise against HF tokenizers (Rust), one by one and as a batch; ids equal."""
import os

import tokenizers

import jobs
import padwise_api
import timing
import wordnet


def hf_tokenizer(job):
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(job["tokenizer"], "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def differing(own, theirs, texts):
    """How many texts have other ids, and the first of them."""
    wrong = [text for text in texts if own.encode(text.encode()) != theirs.encode(text).ids]
    return {"n": len(wrong), "first": wrong[:1]}


def calls(own, theirs, texts):
    as_bytes = [text.encode() for text in texts]
    found = {
        "padwise, one by one": lambda: [own.encode(text) for text in as_bytes],
        "HF tokenizers, one by one": lambda: [theirs.encode(text).ids for text in texts],
        "HF tokenizers, batch": lambda: [encoding.ids for encoding in theirs.encode_batch(texts)],
        "HF tokenizers, batch without offsets": lambda: [e.ids for e in theirs.encode_batch_fast(texts)],
    }
    if own.has_batch:
        found["padwise, batch"] = lambda: own.encode_batch(as_bytes)
    return found


def measure(job):
    jobs.say(f"tokenize: {job['prompts']} prompts")
    context = padwise_api.Context(padwise_api.load(job["library"]), 1)
    own, theirs = padwise_api.Tokenizer(context, job["tokenizer"]), hf_tokenizer(job)
    texts = wordnet.glosses(job["prompts"])
    return {"n_prompts": len(texts), "bytes": sum(len(text.encode()) for text in texts), "threads": job["threads"],
            "n_tokens": sum(len(encoding.ids) for encoding in theirs.encode_batch(texts)),
            "differing": differing(own, theirs, texts),
            "seconds": timing.interleave(calls(own, theirs, texts), job["repeats"])}


if __name__ == "__main__":
    jobs.main(measure)

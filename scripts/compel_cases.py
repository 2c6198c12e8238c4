#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Weighting cases from Compel itself: random prompts with weights, blends, conjunctions and swaps, run through the package
(PyPI, 2.5.1) with the toy encoder of the shared case file in place of a model.

  scripts/compel_cases.py TOKENIZER_FOLDER SEED COUNT OUT.json      (needs torch, transformers 4, compel)
  tests/run-cases weighting OUT.json

TOKENIZER_FOLDER is CLIP's (../shared/data/tokenizers/clip), which run-cases uses too. What Compel refuses is a case as well: the class
of its exception is compared.
"""
import json
import logging
import random
import sys
import types

import torch
from compel import Compel
from compel.embeddings_provider import DownweightMode, SplitLongTextMode
from transformers import CLIPTokenizer

DIM = 4
WORDS = ['cat', 'dog', 'a red fox', 'snow.', 'old owl,', 'x; y', 'deep night', 'antidisestablishmentarianism']
WEIGHTS = ['+', '++', '-', '--', '0.5', '1.3', '0.2', '0', '1.0', '0.999', '']


def encode_one(ids, mask):
    rows, sums, n_seen = [], [0.0] * DIM, 0
    for t, one in enumerate(ids):
        h = [((one * (2 * d + 3) + 7 * d) % 97) / 97 - 0.5 + 0.5 * (((t * (d + 2)) % 13) / 13 - 0.5) for d in range(DIM)]
        if mask is None or mask[t]:
            n_seen += 1
            sums = [a + b for a, b in zip(sums, h)]
        rows.append([h[d] + (0.25 * sums[d] / n_seen if n_seen else 0.0) for d in range(DIM)])
    return rows


class Output(dict):
    """What Compel takes from a text encoder of transformers: names, and places."""
    def __getattr__(self, name):
        return self[name]

    def __getitem__(self, key):
        return list(self.values())[key] if isinstance(key, int) else dict.__getitem__(self, key)


class ToyEncoder(torch.nn.Module):
    device = torch.device('cpu')
    dtype = torch.float32

    def __init__(self):
        super().__init__()
        self.text_model = types.SimpleNamespace(final_layer_norm=lambda rows: rows)
        self.config = types.SimpleNamespace(hidden_size=DIM)

    def forward(self, input_ids=None, attention_mask=None, **_):
        masks = [None] * len(input_ids) if attention_mask is None else attention_mask.tolist()
        z = torch.tensor([encode_one(ids, mask) for ids, mask in zip(input_ids.tolist(), masks)])
        return Output(last_hidden_state=z, pooler_output=z[:, 0], hidden_states=[z, z])


def piece():
    words, kind = random.choice(WORDS), random.random()
    if kind < 0.4:
        return words
    if kind < 0.8:
        return f'({words}){random.choice(WEIGHTS)}'
    if kind < 0.9:
        return f'({words} ({random.choice(WORDS)}){random.choice(WEIGHTS)}){random.choice(WEIGHTS)}'
    return random.choice(['cat', 'dog']) + random.choice(['+', '-', '++'])


def text(n):
    return ' '.join(piece() for _ in range(n))


def prompt():
    kind, n = random.random(), random.choice([1, 2, 3, 5, 30, 60])
    if kind < 0.6:
        return text(n)
    if kind < 0.75:
        return f'("{text(2)}", "{text(n)}").and({random.choice(["", "1,0.5", "0.3,1.2"])})'
    if kind < 0.9:
        return f'("{text(2)}", "{text(n)}").blend({random.choice(["1,1", "0.3,0.7", "2,1,no_normalize", "1,-0.5"])})'
    return f'a {random.choice(["cat", "(red fox)"])}.swap({random.choice(["dog", "snow+"])}) b'


def choose_options():
    """The options of Compel, and the same as params of a case."""
    truncates = random.random() < 0.4
    options, params = {'truncate_long_prompts': truncates}, {'truncate_long_prompts': truncates}
    if not truncates:
        params['split_long_text_mode'] = random.choice(['SENTENCES', 'PHRASES', 'WORDS', 'BRUTAL'])
        options['split_long_text_mode'] = SplitLongTextMode[params['split_long_text_mode']]
    if random.random() < 0.3:
        options['padding_attention_mask_value'] = params['padding_attention_mask_value'] = 0
    if random.random() < 0.25:
        options['downweight_mode'], params['downweight_mode'] = DownweightMode.REMOVE, 'REMOVE'
    return options, params


def run(tokenizer, number):
    options, params = choose_options()
    case = {'id': f'compel-{number:04}', 'system': 'compel-2.5.1/Compel.__call__(toy)', 'input': prompt(), 'params': params}
    try:
        with torch.no_grad():
            rows = Compel(tokenizer=tokenizer, text_encoder=ToyEncoder(), **options)(case['input'])[0].tolist()
    except Exception as error:  # whatever it raises is what is compared
        return dict(case, expected={'error': type(error).__name__, 'message': str(error)[:80]})
    return dict(case, expected={'shape': [1, len(rows), DIM], 'rows_0_to_5': rows[:6], 'last_row': rows[-1],
                                'sum': sum(map(sum, rows))})


def main():
    folder, seed, count, out = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    random.seed(int(seed))
    tokenizer = CLIPTokenizer(f'{folder}/vocab.json', f'{folder}/merges.txt', model_max_length=77)
    cases = [run(tokenizer, number) for number in range(int(count))]
    with open(out, 'w', encoding='utf-8') as file:
        json.dump({'cases': cases}, file)


main()

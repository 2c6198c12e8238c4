#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/cases/data/weighting-cases.json: prompts with weights, in the form of ../shared/cases/prompt-weighting-cases.json,
for clones that have no ../shared.

Parses are written down here by the published rules (docs/dialects.md). Vectors are computed here, in double precision, from
those rules and the toy encoder of the file's header; only the ids of words come from padwise, with its built-in vocabulary.

  scripts/golden/weighting_cases.py build/tools/padwise/padwise
"""
import json
import math
import os
import subprocess
import sys

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tests', 'cases', 'data', 'weighting-cases.json')
DOWN = 1 / 1.1
BARE = {'steps': 10, 'hires_steps': None, 'old_scheduling': False}
PARSES = [
    ('comfyui/token_weights', None, [
        ('a red fox', [['a red fox', 1.0]]),
        ('a (red fox) at (dusk:0.8)', [['a ', 1.0], ['red fox', 1.1], [' at ', 1.0], ['dusk', 0.8]]),
        ('((fox:1.4):0.2)', [['fox', 1.4]]),
        ('((fox) snow:1.5)', [['fox', 1.5 * 1.1], [' snow', 1.5]]),
        ('(fox:1e1)(owl:2_0)', [['fox', 10.0], ['owl', 20.0]]),
        ('(fox: \uff12.5 )', [['fox', 2.5]]),
        ('fox) (owl', [['fox) (owl', 1.0]]),
        ('[fox] BREAK \\(owl\\)', [['[fox] BREAK (owl)', 1.0]]),
        ('(:3)', [[':3', 1.1]]),
        ('(()())', [])]),
    ('a1111-1.10.1/parse_prompt_attention', None, [
        ('a (red fox), [snow]', [['a ', 1.0], ['red fox', 1.1], [', ', 1.0], ['snow', DOWN]]),
        ('((fox:1.4):0.5)', [['fox', 1.4 * 0.5]]),
        ('(fox)(owl:1.1)', [['foxowl', 1.1]]),
        ('fox BREAK owl', [['fox', 1.0], ['BREAK', -1], ['owl', 1.0]]),
        ('(fox BREAK owl:2)', [['fox', 2.0], ['BREAK', -2.0], ['owl', 2.0]]),
        ('fo\\x \\[owl', [['fox [owl', 1.0]]),
        ('(fox:1.2.3)', {'error': 'ValueError'}),
        ('[[fox', [['fox', DOWN * DOWN]])]),
    ('a1111-1.10.1/prompt_schedule', BARE, [
        ('a [fox:owl:0.4]', [[4, 'a fox'], [10, 'a owl']]),
        ('a [fox::7] in [snow:3]', [[3, 'a fox in '], [7, 'a fox in snow'], [10, 'a  in snow']]),
        ('fox|owl [a:b:2]', [[10, 'fox|owl [a:b:2]']]),
        ('([fox:owl:5]:1.3)', [[5, '(fox:1.3)'], [10, '(owl:1.3)']])]),
    ('a1111-1.10.1/prompt_schedule', dict(BARE, steps=3), [
        ('[fox|owl|] den', [[1, 'fox den'], [2, 'owl den'], [3, ' den']])]),
    ('a1111-1.10.1/get_multicond_prompt_list', None, [
        ('a fox AND an owl:0.6', [['a fox', 1.0], [' an owl', 0.6]]),
        ('a fox, 4:3', [['a fox, 4', 3.0]]),
        ('SAND AND', [['SAND', 1.0], ['', 1.0]])]),
    ('a1111-1.10.1/extra_networks.parse_prompt', None, [
        ('a fox <lora:fur:0.7><lora:snow:1:0.5>', {'text': 'a fox ', 'networks': {'lora': [['fur', '0.7'], ['snow', '1', '0.5']]}}),
        ('a < b > c', {'text': 'a < b > c', 'networks': {}})]),
    ('a1111-1.10.1/comments.strip_comments', None, [('fox # red\nowl', 'fox \nowl')]),
    ('compel-2.4.0/PromptParser.parse_conjunction', None, [
        ('a fox++ (old owl)0.5', {'prompts': [[['a', 1.0], ['fox', 1.1 * 1.1], ['old owl', 0.5]]], 'weights': [1.0]}),
        ('("a fox", "an owl-").blend(0.25, 0.75)', {'prompts': [
            {'blend': [[['a fox', 1.0]], [['an', 1.0], ['owl', 0.9]]], 'weights': [0.25, 0.75], 'normalize': True}], 'weights': [1.0]}),
        ('("a fox", "snow").and(1, 0.5)', {'prompts': [[['a fox', 1.0]], [['snow', 1.0]]], 'weights': [1.0, 0.5]}),
        ('a fox withLora(fur, 0.5)', {'prompts': [[['a fox', 1.0]]], 'weights': [1.0], 'loras': [['fur', 0.5]]}),
        ('("a", "b").blend(1)', {'error': 'ParsingException'}),
        ('("a", "b").blend(1, 1) c', {'error': 'ParseException'})]),
    ('diffusers/lpw_stable_diffusion/parse_prompt_attention', None, [('(fox: 1.3 ) BREAK', [['fox: 1.3 ', 1.1], [' BREAK', 1.0]])]),
    ('sd_embed/parse_prompt_attention', None, [('fox BREAK (owl:2)', [['fox', 1.0], ['BREAK', -1], ['', 1.0], ['owl', 2.0]])]),
]
START, END = 8512, 8513
DIM = 4


def encode(ids, mask=None):
    """The toy encoder: rows, as in the header of the shared file."""
    rows, seen = [], []
    for t, one in enumerate(ids):
        h = [((one * (2 * d + 3) + 7 * d) % 97) / 97 - 0.5 + 0.5 * (((t * (d + 2)) % 13) / 13 - 0.5) for d in range(DIM)]
        if mask is None or mask[t]:
            seen.append(h)
        rows.append([h[d] + (0.25 * math.fsum(s[d] for s in seen) / len(seen) if seen else 0) for d in range(DIM)])
    return rows


def layout(words, pieces):
    """One chunk of 77: ids and weights."""
    ids = [one for text, _ in pieces for one in words(text)]
    weights = [weight for text, weight in pieces for _ in words(text)]
    n_pads = 75 - len(ids)
    return [START] + ids + [END] * (1 + n_pads), [1.0] + weights + [1.0] * (1 + n_pads)


def lerp(z, e, weights):
    return [[e[t][d] + (z[t][d] - e[t][d]) * w for d in range(DIM)] for t, w in enumerate(weights)]


def comfyui(words, pieces):
    ids, weights = layout(words, pieces)
    return lerp(encode(ids), encode(layout(words, [])[0]), weights)


def a1111(words, pieces):
    ids, weights = layout(words, pieces)
    z = encode(ids)
    weighted = [[x * w for x in row] for row, w in zip(z, weights)]
    ratio = math.fsum(map(math.fsum, z)) / math.fsum(map(math.fsum, weighted))
    return [[x * ratio for x in row] for row in weighted]


def compel(words, pieces):
    ids, weights = layout(words, pieces)
    empty = encode(layout(words, [])[0])
    sums, divisor, at = lerp(encode(ids), empty, weights), 1.0, 1
    for text, weight in pieces:
        n = len(words(text))
        if weight < 1:
            share = math.tan((1 - max(1e-5, weight)) * math.pi / 2)
            without = lerp(encode(ids, [not at <= t < at + n for t in range(77)]), empty, weights)
            sums = [[a + share * b for a, b in zip(x, y)] for x, y in zip(sums, without)]
            divisor += share
        at += n
    return [[x / divisor for x in row] for row in sums]


def sd_embed(words, pieces):
    ids, weights = layout(words, pieces)
    n = 2 + sum(len(words(text)) for text, _ in pieces)
    return [[x * w for x in row] for row, w in zip(encode(ids[:n]), weights)]


VECTORS = [
    ('comfyui/encode_token_weights(toy)', {'toy_encoder': True}, comfyui, 'a (red fox:1.3) (owl:0.4)',
     [('a', 1.0), ('red fox', 1.3), ('owl', 0.4)]),
    ('a1111-1.10.1/forward(toy)', {'toy_encoder': True, 'emphasis': 'Original'}, a1111, 'a (red fox:1.5) [owl]',
     [('a', 1.0), ('red fox', 1.5), ('owl', DOWN)]),
    ('compel-2.4.0/Compel.__call__(toy)', {'toy_encoder': True}, compel, 'a (red fox)0.5 owl++ snow-',
     [('a', 1.0), ('red fox', 0.5), ('owl', 1.21), ('snow', 0.9)]),
    ('sd_embed/sd15(toy)', {'toy_encoder': True}, sd_embed, 'a (red fox:1.5)', [('a', 1.0), ('red fox', 1.5)]),
    ('adv_clip_emb/advanced_encode_from_tokens(toy)',
     {'toy_encoder': True, 'token_normalization': 'none', 'weight_interpretation': 'A1111'}, a1111, 'a (red fox:1.5) (owl:0.5)',
     [('a', 1.0), ('red fox', 1.5), ('owl', 0.5)]),
]


def vectors(rows):
    shown = [[round(x, 6) for x in row] for row in rows]
    return {'shape': [1, len(rows), DIM], 'rows_0_to_5': shown[:6], 'last_row': shown[-1],
            'sum': round(math.fsum(map(math.fsum, rows)), 5)}


def main():
    known = {}

    def words(text):
        if text not in known:
            out = subprocess.run([sys.argv[1], 'tokenize', '--json', text], check=True, capture_output=True, text=True).stdout
            known[text] = json.loads(out)['ids'][1:-1]
        return known[text]

    cases = []
    for system, params, texts in PARSES:
        for text, expected in texts:
            case = {'id': f'own-{len(cases) + 1:03}', 'system': system, 'input': text}
            cases.append(dict(case, params=params, expected=expected) if params else dict(case, expected=expected))
    for system, params, formula, text, pieces in VECTORS:
        cases.append({'id': f'own-{len(cases) + 1:03}', 'system': system, 'input': text, 'params': params,
                      'expected': vectors(formula(words, pieces))})
    lines = ',\n'.join('  ' + json.dumps(case) for case in cases)
    with open(OUT, 'w', encoding='utf-8') as file:
        file.write('{"meta": {"vocabulary": "builtin", "made_by": "scripts/golden/weighting_cases.py"},\n "cases": [\n' + lines + '\n]}\n')


main()

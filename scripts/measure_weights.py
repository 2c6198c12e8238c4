#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What many weight settings of one prompt cost: time of `padwise encode` for 16 of them over the time for one.

  scripts/measure_weights.py build/padwise ../shared/data/tokenizers/clip [--kind clip-l] [--repeats 9] [--settings 16]

A random model of full size (`padwise init`), recipe sd15, one prompt with two weighted pieces, each dialect in its own spelling.
The tokens are the same in every setting, so the encoder has nothing more to do. Times are the command's own ("seconds" of --json),
one and 16 in turns, medians; a ratio over 1.2 fails.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

RATIO_MAX = 1.2
PROMPTS = {'a1111': 'a photo of a (red fox:{a}) in the deep snow, (soft light:{b}), 35mm film',
           'comfyui': 'a photo of a (red fox:{a}) in the deep snow, (soft light:{b}), 35mm film',
           'compel': 'a photo of a (red fox){a} in the deep snow, (soft light){b}, 35mm film'}


def settings(dialect, n):
    """Weights below 1 for one piece, over 1 for the other, so that each setting needs what the first does."""
    return [PROMPTS[dialect].format(a=f'{0.5 + 0.02 * i:.2f}', b=f'{1.1 + 0.03 * i:.2f}') for i in range(n)]


def seconds(a, model, dialect, prompts, out):
    command = [a.padwise, 'encode', '--json', '-m', f'clip_l={os.path.join(model, "model.safetensors")}', '--tokenizer', model,
               '-r', 'sd15', '--dialect', dialect, '--no-negative', '-o', out, *a.options.split(), '--', *prompts]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return max(json.loads(line)['seconds'] for line in lines)


def measure(a, model, dialect, out):
    """Medians of one prompt and of all."""
    prompts, one, many = settings(dialect, a.settings), [], []
    for _ in range(a.repeats):
        one.append(seconds(a, model, dialect, prompts[:1], out))
        many.append(seconds(a, model, dialect, prompts, out))
    return statistics.median(one), statistics.median(many)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('padwise')
    p.add_argument('tokenizer')
    p.add_argument('--kind', default='clip-l', help='of padwise init')
    p.add_argument('--dialects', default=','.join(PROMPTS))
    p.add_argument('--settings', type=int, default=16)
    p.add_argument('--repeats', type=int, default=9)
    p.add_argument('--options', default='', help='more of padwise encode: "--cpu avx2"')
    a = p.parse_args()
    a.padwise, n_failed, dialects = os.path.abspath(a.padwise), 0, a.dialects.split(',')
    with tempfile.TemporaryDirectory() as work:
        model = os.path.join(work, 'model')
        subprocess.run([a.padwise, 'init', a.kind, '-q', '--tokenizer', a.tokenizer, '--seed', '1', '-o', model + '/'],
                       check=True)
        for dialect in dialects:
            one, many = measure(a, model, dialect, os.path.join(work, 'out.safetensors'))
            is_good = many <= RATIO_MAX * one
            n_failed += not is_good
            print(f'{dialect:8} one {one * 1e3:.1f} ms, {a.settings} settings {many * 1e3:.1f} ms: {many / one:.2f} times'
                  f'{"" if is_good else f" (over {RATIO_MAX})"}', flush=True)
    print(f'{len(dialects) - n_failed} passed, {n_failed} failed, 0 skipped')
    return 1 if n_failed else 0


if __name__ == '__main__':
    sys.exit(main())

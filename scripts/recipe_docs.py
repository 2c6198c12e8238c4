#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""recipe_docs.py [--check]

The tables of docs/recipes.md from src/conditioning/recipes.def, between its two marks. --check compares and writes nothing: the
style test, so that the page cannot say something else than the table that is compiled.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE, PAGE = ROOT / 'src/conditioning/recipes.def', ROOT / 'docs/recipes.md'
BEGIN, END = '<!-- from recipes.def: scripts/recipe_docs.py -->\n', '<!-- end -->\n'

PADS = {'END': 'end token', 'ZERO': 'id 0 (`!`)', 'OWN': "the tokenizer's"}
MASKS = {'NONE': 'no', 'HF': 'by length', 'COMFYUI': 'to the end token'}
MODES = {'DEFAULT': "the tokenizer's", 'HF_FAST': 'hf-fast', 'HF_SLOW': 'hf-slow', 'HF_SLOW_FTFY': 'hf-slow-ftfy',
         'OPEN_CLIP': 'open_clip'}
ZEROS = {'NEVER': 'encoded, "" where none is given', 'WHEN_NONE': 'zeros where none is given, {default}',
         'WHEN_EMPTY': 'zeros where it is "" or none is given'}


def rows(macro):
    """The arguments of every row of a macro, quotes taken off."""
    text = re.sub(r'/\*.*?\*/', '', TABLE.read_text(encoding='utf-8'), flags=re.S)
    for arguments in re.findall(r'^%s\((.*?)\)$' % macro, text, flags=re.S | re.M):
        yield [a.strip().strip('"') for a in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', arguments)]


def table(head, lines):
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in [head, ['---'] * len(head), *lines]) + '\n'


def layer(number, norm, depth):
    where = {-1: 'after the last block', -2: 'before the last block'}[int(number)]
    return f'hidden state {number}{f" of {depth}" if depth != "0" else ""} ({where}), {"final norm" if norm == "true" else "no norm"}'


def clip_skip(kind, first):
    start = int(first)
    state = f'hidden state {start} - K' if start else 'hidden state -K'
    return {'NONE': 'refused', 'IGNORED': 'ignored, as there', 'POSITIVE': f'{state}, not on the negative',
            'BOTH': f'{state}, K from 1, both sides'}[kind]


def recipes():
    tensors = {}
    for recipe, name, kind in rows('OUTPUT'):
        tensors.setdefault(recipe, []).append(f'`{name}`' + {'EMBEDS_AS_ROW': ' [B, 1, P]'}.get(kind, ''))
    return table(['recipe', 'what', "pipelines' classes", 'layouts of single files', 'tensors'],
                 [[f'`{name}`', what, '-' if start == 'NULL' else f'{start}...' + (f' with {act.lower()}' if act != 'DEFAULT' else ''),
                   '-' if layouts == 'NULL' else layouts, ', '.join(tensors[name])]
                  for name, what, start, act, layouts, _ in rows('RECIPE')])


def encoders():
    return table(['recipe', 'flavour', 'encoder', 'text', '"!" is special', 'pads', 'mask', 'rows', 'clip_skip K', 'pooled'],
                 [[f'`{r[0]}`', r[1], r[2] or 'any', MODES[r[5]], {'ON': 'yes', 'OFF': 'no', 'AS_DECLARED': 'as declared'}[r[6]],
                   PADS[r[7]], MASKS[r[8]], layer(r[9], r[10], r[11]), clip_skip(r[12], r[13]), 'yes' if r[14] == 'true' else '']
                  for r in rows('ENCODER')])


def policies():
    lines = []
    for recipe, flavour, zeros, default, second, unequal in rows('POLICY'):
        configured = 'unless the pipeline says otherwise' if default == 'true' else 'if the pipeline says so'
        lines.append([f'`{recipe}`', flavour, ZEROS[zeros].format(default=configured),
                      'as none' if second == 'IS_ABSENT' else 'a text', 'cut to the shorter' if unequal == 'CUT' else 'refused'])
    return table(['recipe', 'flavour', 'negative', 'second text ""', "encoders' rows unequal"], lines)


def main():
    page = PAGE.read_text(encoding='utf-8')
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    made = head + BEGIN + '\n' + recipes() + '\n' + encoders() + '\n' + policies() + '\n' + END + tail
    if '--check' not in sys.argv:
        PAGE.write_text(made, encoding='utf-8')
        return 0
    is_same = made == page
    if not is_same:
        print('docs/recipes.md differs from src/conditioning/recipes.def: run scripts/recipe_docs.py')
    print(f'{int(is_same)} passed, {int(not is_same)} failed, 0 skipped')
    return 0 if is_same else 1


if __name__ == '__main__':
    sys.exit(main())

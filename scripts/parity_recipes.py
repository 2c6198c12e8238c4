#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the recipes of `padwise encode` with diffusers' own encode_prompt, in double, on tiny random models.

  scripts/parity_recipes.py build/padwise [--seeds 3] [--recipes sd15,sdxl] [--forms folder,file,split]

For each recipe and seed: negative given, absent and "", clip skip, prompt_2, prompts longer than 77 tokens, batches, texts of
many kinds; the flags of configurations that change numbers; the same weights as a single-file checkpoint and as separate encoder
files. Names of tensors (no more, no fewer), shapes, and the relative L2 of every row of a batch, which fails over 1.2e-6.
What the pipeline refuses padwise may do its own way: such cases are not made. Texts go through the fast tokenizer, as in
transformers 5; some also through the slow one with ftfy, under --tokenizer-mode hf-slow-ftfy.

Models and numbers come from ../shared/oracle. Needs torch, safetensors, diffusers 0.39, transformers 4.57, ftfy.
"""
import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
SHARED = os.environ.get('PADWISE_SHARED', os.path.join(ROOT, '..', 'shared'))
ORACLE = os.path.join(SHARED, 'oracle')
sys.path.insert(0, ORACLE)
LIMIT = 1.2e-6

LONG = 'an old stone bridge over a river, ' * 20
TEXTS = {
    'ascii': "A photo of the artist's cat, 35mm f/1.8 (sharp), 8K",
    'accents': 'Cr\u00e8me br\u00fbl\u00e9e \u00e0 la carte, \u00c5ngstr\u00f6m, na\u00efve fa\u00e7ade, \u03a9mega \ufb01ne',
    'decomposed': 'cre\u0300me bru\u0302le\u0301e by Jose\u0301',
    'emoji': 'a \U0001f9ab beaver with \U0001f9b7, \U0001f469\u200d\U0001f469\u200d\U0001f467 and \u2764\ufe0f \u2602',
    'cjk': '\u4e00\u53ea\u53ef\u7231\u7684\u732b in \u6771\u4eac, \u306d\u3053 \u30ab\u30ef\u30a4\u30a4 \uace0\uc591\uc774',
    'bang': 'wow! a cat!!! really ! yes!',
    'end token': 'a cat <|endoftext|> and a dog',
    'blanks': '  two   blanks \t and\na line ',
    'digits': '1girl, 2024, 3.14159, #tag @name a_b-c',
    'empty': '',
    'long': LONG,
    'fits': ' '.join(['cat'] * 75),
    'one too many': ' '.join(['cat'] * 76),
}


@dataclasses.dataclass
class Case:
    """What is asked of both: one value of negative, prompt_2, ... goes for all prompts."""
    prompts: list
    negative: str = None
    prompt_2: str = None
    negative_2: str = None
    clip_skip: int = None
    guidance: bool = True

    def options(self):
        pairs = (('-n', self.negative), ('--prompt-2', self.prompt_2), ('--negative-2', self.negative_2),
                 ('--clip-skip', self.clip_skip))
        found = [word for name, value in pairs if value is not None for word in (name, str(value))]
        return found + ([] if self.guidance else ['--no-negative'])

    def label(self):
        texts = [prompt if len(prompt) < 24 else prompt[:20] + '...' for prompt in self.prompts]
        options = [word if len(word) < 24 else word[:20] + '...' for word in self.options()]
        return ' '.join(options + [repr(text) for text in texts])


class Tally:
    """Counts, names what failed, remembers the worst error."""

    def __init__(self, limit=LIMIT, shows=False, error_name='relative L2'):
        self.limit, self.shows, self.error_name = limit, shows, error_name
        self.n_passed, self.n_failed, self.worst, self.worst_what = 0, 0, 0.0, '-'

    def report(self, what, problems, error=0.0):
        if error > self.worst and np.isfinite(error):
            self.worst, self.worst_what = error, what
        if problems:
            self.n_failed += 1
            print(f'FAILED {what}: ' + '; '.join(problems), flush=True)
        else:
            self.n_passed += 1
            if self.shows:
                print(f'passed {what} {error:.3g}', flush=True)

    def finish(self):
        print(f'worst {self.error_name}: {self.worst:.3g} (limit {self.limit}): {self.worst_what}')
        print(f'{self.n_passed} passed, {self.n_failed} failed, 0 skipped')
        return 1 if self.n_failed or not self.n_passed else 0


def relative_l2(got, expected):
    """The worst row of the batch; where nothing but zeros is expected, anything else is infinitely wrong."""
    worst = 0.0
    for a, b in zip(got.astype(np.float64), expected):
        norm, error = np.linalg.norm(b), np.linalg.norm(a - b)
        worst = max(worst, error / norm if norm > 0 else 0.0 if error == 0 else np.inf)
    return worst if np.isfinite(got).all() else np.inf


def compare(tally, what, got, expected, limits=None):
    """Both: name to array. limits: name to limit, where it is not the tally's."""
    problems, worst = [], 0.0
    for name in sorted(set(got) ^ set(expected)):
        problems.append(f'{name} is ' + ('missing' if name in expected else 'one too many'))
    for name in sorted(set(got) & set(expected)):
        a, b = got[name], np.asarray(expected[name], np.float64)
        if a.shape != b.shape or a.dtype != np.float32:
            problems.append(f'{name} is {a.dtype} {a.shape} in place of float32 {b.shape}')
            continue
        error = relative_l2(a, b)
        worst = max(worst, error)
        if not error <= (limits or {}).get(name, tally.limit):
            problems.append(f'{name} has relative L2 {error:.3g}')
    tally.report(what, problems, worst)


def run_padwise(padwise, arguments, prompts, out):
    """The tensors written, or the message of the failure."""
    command = [padwise, 'encode', '-q', '--threads', '1', *arguments, '-o', out, '--', *prompts]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return (result.stderr.strip().splitlines() or [f'exit {result.returncode}'])[-1]
    tensors = load_file(out)
    os.remove(out)
    return tensors


def check(tally, what, padwise, arguments, prompts, expected, out):
    got = run_padwise(padwise, arguments, prompts, out)
    if isinstance(got, str):
        tally.report(what, [got])
    else:
        compare(tally, what, got, expected)


# ---- What diffusers computes --------------------------------------------------------------------

class Reference:
    """encode_prompt of the pipeline in a folder, with the fast or the slow tokenizers."""

    def __init__(self, folder, mode='hf-fast'):
        import recipe_reference
        import torch
        import transformers
        self.module, self.pipe = recipe_reference, recipe_reference.load_pipeline(folder, torch.float64)
        for slot in ('tokenizer', 'tokenizer_2') if mode == 'hf-fast' else ():
            if getattr(self.pipe, slot, None) is not None:
                setattr(self.pipe, slot, transformers.CLIPTokenizerFast.from_pretrained(os.path.join(folder, slot)))

    def __call__(self, case):
        from encode_reference import double_kept
        n = len(case.prompts)

        def spread(value):
            return value if value is None or n == 1 else [value] * n

        options = {'negative_prompt': spread(case.negative), 'prompt_2': spread(case.prompt_2),
                   'negative_prompt_2': spread(case.negative_2), 'clip_skip': case.clip_skip}
        with double_kept():
            result = self.module.conditioning(self.pipe, case.prompts[0] if n == 1 else case.prompts, case.guidance, **options)
        if not case.guidance:
            result = {name: value for name, value in result.items() if not name.startswith('negative')}
        return {name: value.numpy() for name, value in result.items()}


def cases_of(recipe):
    """clip_skip and a second prompt only where encode_prompt takes them."""
    cat, blurry = TEXTS['ascii'], 'blurry, low quality!'
    cases = [Case([text]) for text in TEXTS.values()]
    cases += [Case([cat], negative) for negative in ('', blurry, LONG, TEXTS['cjk'], ' ')]
    cases += [Case(['', LONG]), Case([LONG], LONG), Case([cat], guidance=False), Case([cat, LONG], guidance=False),
              Case(list(TEXTS.values())), Case([cat, cat, 'a dog'], blurry), Case([cat, ''], '')]
    if recipe != 'cascade':
        cases += [Case([cat], negative, clip_skip=skip) for skip in (0, 1, 2) for negative in (None, blurry)]
        cases += [Case([cat, LONG], '', clip_skip=1)]
    if recipe.startswith('sdxl'):
        cases += [Case([cat], prompt_2='a dog!'), Case([cat], prompt_2=''), Case([cat], blurry, 'a dog', 'ugly'),
                  Case([cat], blurry, negative_2=''), Case([cat], None, 'a dog', 'ugly'), Case([cat], '', None, 'ugly'),
                  Case([cat], '', '', ''), Case([cat, LONG], blurry, 'a dog', 'ugly', 1), Case([LONG], prompt_2='a dog')]
    return cases


# ---- Models -------------------------------------------------------------------------------------

PIPELINE_OF = {'cascade': 'stable-cascade'}


def set_json(path, **values):
    """Sets keys of a JSON file; None takes one away."""
    with open(path, encoding='utf-8') as file:
        found = json.load(file)
    found.update(values)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({key: value for key, value in found.items() if value is not None}, file)


def sets(file, **values):
    return lambda folder: set_json(os.path.join(folder, *file.split('/')), **values)


VARIANTS = {     # by recipe: name, encoder slots that get a projection, what is changed in the folder
    'sd15': [('plain', (), None), ('attention mask', (), sets('text_encoder/config.json', use_attention_mask=True)),
             ('no attention mask', (), sets('text_encoder/config.json', use_attention_mask=False)),
             ('end id in config', (), sets('text_encoder/config.json', eos_token_id=49407))],
    'sd21': [('plain', (), None), ('attention mask', (), sets('text_encoder/config.json', use_attention_mask=True))],
    'sdxl': [('plain', (), None), ('no zeros', (), sets('model_index.json', force_zeros_for_empty_prompt=False)),
             ('flag absent', (), sets('model_index.json', force_zeros_for_empty_prompt=None)),
             ('projected L', ('text_encoder',), None),
             ('mask flag', (), sets('text_encoder/config.json', use_attention_mask=True)),
             ('end id in config', (), sets('text_encoder_2/config.json', eos_token_id=49407))],
    'sdxl-refiner': [('plain', (), None), ('zeros', (), sets('model_index.json', force_zeros_for_empty_prompt=True))],
    'cascade': [('plain', (), None)],
}


def write_folder(folder, recipe, seed, projected=(), kinds=None, changes=None):
    """A diffusers folder of recipe_reference.py; kinds replaces kinds of encoders by slot."""
    import recipe_reference
    name, flags, parts = recipe_reference.PIPELINES[PIPELINE_OF.get(recipe, recipe)]
    parts = [dict(part, kind=(kinds or {}).get(part['slot'], part['kind'])) for part in parts]
    for part in parts:
        if part['slot'] in projected:
            part['encoder'] = 'CLIPTextModelWithProjection'
    recipe_reference.PIPELINES['made here'] = (name, flags, parts)
    recipe_reference.write_models(folder, 'made here', seed)
    if changes:
        changes(folder)


def check_folder(tally, a, recipe, variant, seed, work):
    name, projected, changes = variant
    folder, out = os.path.join(work, 'folder'), os.path.join(work, 'got.safetensors')
    write_folder(folder, recipe, seed, projected, changes=changes)
    reference = Reference(folder)
    for i, case in enumerate(cases_of(recipe)):
        named = ['-r', recipe] if i % 3 == 0 else []
        what = f'{recipe} folder ({name}, seed {seed}{", -r" if named else ""}) {case.label()}'
        check(tally, what, a.padwise, ['-m', folder, *named, *case.options()], case.prompts, reference(case), out)
    if name == 'plain':
        slow = Reference(folder, 'hf-slow-ftfy')
        for text in TEXTS.values():
            case, what = Case([text]), f'{recipe} folder hf-slow-ftfy seed {seed} {text[:20]!r}'
            arguments = ['-m', folder, '--tokenizer-mode', 'hf-slow-ftfy', *case.options()]
            check(tally, what, a.padwise, arguments, case.prompts, slow(case), out)
    shutil.rmtree(folder)


# ---- Other forms of the same weights ------------------------------------------------------------
# Files do not say how many heads there are, so their encoders have heads of 64.

NARROW = {'sd15': {'text_encoder': 'clip-narrow'}, 'sd21': {'text_encoder': 'clip-narrow-g'},
          'sdxl': {'text_encoder': 'clip-narrow', 'text_encoder_2': 'clip-narrow-g'},
          'sdxl-refiner': {'text_encoder_2': 'clip-narrow-g'}, 'cascade': {'text_encoder': 'clip-narrow-g'}}
LAYOUTS = {'sd15': ['ldm-sd1', 'ldm-sd1-flat'], 'sd21': ['sd2', 'sd2-sgm'], 'sdxl': ['sdxl'], 'sdxl-refiner': ['sdxl-refiner'],
           'cascade': []}
TELLS = ('ldm-sd1', 'sd2', 'sdxl')       # layouts whose names say the recipe at any width
SPLIT = {'sd15': {'clip_l': 'text_encoder'}, 'sdxl': {'clip_l': 'text_encoder', 'clip_g': 'text_encoder_2'},
         'sdxl-refiner': {'clip_g': 'text_encoder_2'}, 'cascade': {'clip_g': 'text_encoder'}}
FORM_CASES = 4


def packed_file(work, folder, recipe, layout, seed):
    """One checkpoint file. SD2's has a block more than diffusers' folder, which left it out."""
    import make_models
    slots = sorted(NARROW[recipe])
    sources = [os.path.join(folder, slot) for slot in slots]
    if recipe == 'sd21':
        n_layers = make_models.KINDS['clip-narrow-g']['config']['num_hidden_layers']
        sources = [os.path.join(work, 'deeper')]
        make_models.new_model(sources[0], 'clip-narrow-g', seed * 100, True, tokenizer=False,
                              overrides={'num_hidden_layers': n_layers + 1})
    path = os.path.join(work, f'{layout}.safetensors')
    make_models.pack(path, layout, sources)
    return path


def form_cases(recipe):
    cat, blurry = TEXTS['ascii'], 'blurry!'
    cases = [Case([cat]), Case([LONG, cat], blurry), Case([cat], ''), Case(['a dog'], guidance=False)]
    if recipe != 'cascade':
        cases += [Case([cat], blurry, clip_skip=1), Case([cat], clip_skip=2)]
    return cases + ([Case([cat], blurry, 'a dog', 'ugly')] if recipe == 'sdxl' else [])


def check_forms(tally, a, recipe, seed, work):
    folder, out = os.path.join(work, 'narrow'), os.path.join(work, 'got.safetensors')
    write_folder(folder, recipe, seed, kinds=NARROW[recipe])
    tokenizer = os.path.join(folder, 'tokenizer' if os.path.exists(os.path.join(folder, 'tokenizer')) else 'tokenizer_2')
    forms = []
    for layout in LAYOUTS[recipe] if 'file' in a.forms else ():
        path = packed_file(work, folder, recipe, layout, seed)
        forms.append((layout, ['-m', path, '-r', recipe]))
        if layout in TELLS:
            forms.append((layout + ' detected', ['-m', path]))
    if 'split' in a.forms and recipe in SPLIT:
        files = [('-m', f'{name}={os.path.join(folder, slot, "model.safetensors")}') for name, slot in SPLIT[recipe].items()]
        forms.append(('split', [word for pair in files for word in pair] + ['-r', recipe]))
    reference = Reference(folder)
    for case in form_cases(recipe):
        expected = reference(case)
        for form, arguments in forms:
            what = f'{recipe} {form} (seed {seed}) {case.label()}'
            check(tally, what, a.padwise, [*arguments, '--tokenizer', tokenizer, *case.options()], case.prompts, expected, out)
    shutil.rmtree(folder)


# ---- A batch whose negatives differ -------------------------------------------------------------

def check_lines(tally, a, recipe, seed, work):
    """JSON Lines with texts of their own: each row is what its line alone gives."""
    folder, lines = os.path.join(work, 'lines'), os.path.join(work, 'prompts.jsonl')
    write_folder(folder, recipe, seed)
    cases = [Case(['a cat'], 'blurry'), Case([TEXTS['bang']]), Case(['a dog'], ''), Case([LONG], 'ugly')]
    if recipe == 'sdxl':
        cases += [Case(['a cat'], 'bad', 'a hat', 'hats'), Case(['a cat'], None, 'a hat', 'hats')]
    keys = ('negative', 'prompt_2', 'negative_2')
    with open(lines, 'w', encoding='utf-8') as file:
        for case in cases:
            texts = {key: getattr(case, key) for key in keys if getattr(case, key) is not None}
            file.write(json.dumps({'prompt': case.prompts[0], **texts}) + '\n')
    reference = Reference(folder)
    rows = [reference(case) for case in cases]
    expected = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    what, out = f'{recipe} JSON Lines (seed {seed})', os.path.join(work, 'got.safetensors')
    check(tally, what, a.padwise, ['-m', folder, '--from', lines], [], expected, out)
    shutil.rmtree(folder)


def settle():
    """No chatter, and one thread: the models are tiny."""
    import diffusers
    import torch
    import transformers
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    diffusers.utils.logging.set_verbosity_error()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('padwise')
    p.add_argument('--seeds', type=int, default=1, help='how many')
    p.add_argument('--first-seed', type=int, default=1)
    p.add_argument('--recipes', '--pipelines', default=','.join(VARIANTS))
    p.add_argument('--forms', default='folder,lines,file,split')
    p.add_argument('--show', action='store_true', help='what passes, too')
    a = p.parse_args()
    a.forms, a.padwise = a.forms.split(','), os.path.abspath(a.padwise)
    recipes = ['cascade' if recipe == 'stable-cascade' else recipe for recipe in a.recipes.split(',')]
    settle()
    tally = Tally(shows=a.show)
    with tempfile.TemporaryDirectory() as work, contextlib.suppress(KeyboardInterrupt):
        for seed in range(a.first_seed, a.first_seed + a.seeds):
            for recipe in recipes:
                for variant in VARIANTS[recipe] if 'folder' in a.forms else ():
                    check_folder(tally, a, recipe, variant, seed, work)
                if 'lines' in a.forms:
                    check_lines(tally, a, recipe, seed, work)
                if {'file', 'split'} & set(a.forms):
                    check_forms(tally, a, recipe, seed, work)
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the dialects of `padwise encode` with their originals' formulas on random models.

  scripts/parity_dialects.py build/padwise [--seeds 2] [--dialects a1111,comfyui,compel] [--compel FOLDER]

a1111 and comfyui: scripts/dialect_reference.py in double, over transformers in double; recipes sd15 and sdxl: weights, nesting,
escapes, BREAK, long prompts, negatives, clip skip, emphasis modes, schedules, AND, textual inversion. Relative L2 fails over
1.2e-6.
A mean that is restored is divided by: where it nearly vanishes the same error of the encoder shows as a larger one, so the limit
grows by the ratio of the tensor's size to that mean, which is printed.
compel: the package itself, by its wrappers of diffusers' pipelines, which computes in float32; fails over 3e-6. It is had by
pip install --no-deps --target FOLDER compel==2.5.1 pyparsing.

Models come from ../shared/oracle. Needs torch, transformers 4.57, ftfy, open_clip_torch, safetensors; diffusers for Compel.
"""
import argparse
import contextlib
import dataclasses
import io
import math
import os
import shutil
import sys
import tempfile

import numpy as np

from parity_recipes import Tally, compare, run_padwise, settle, write_folder
import dialect_reference as ours

LIMIT_COMPEL = 3e-6
CAT = 'a cat sits on a mat'
WORDS = ', '.join(f'{adjective} {noun}' for adjective in ('red', 'old', 'quiet', 'wooden', 'foggy', 'tiny')
                  for noun in ('house', 'river', 'lantern', 'forest', 'bridge'))


# ---- Encoders in double -------------------------------------------------------------------------

class Clip:
    """A text encoder of transformers in double: hidden state `layer` from the end, with the final norm or not."""

    def __init__(self, folder):
        import encode_reference
        import torch
        self.torch, self.kept = torch, encode_reference.double_kept
        self.model = encode_reference.load_model(folder, torch.float64)[1]
        self.vectors = []
        self.model.text_model.embeddings.token_embedding.register_forward_hook(self.inject)

    def inject(self, module, args, rows):
        for row, vectors in zip(rows, self.vectors):
            for place, values in vectors:
                row[place] = self.torch.from_numpy(np.asarray(values, np.float64))
        return rows

    def encoder(self, layer, has_norm):
        """A function as dialect_reference takes it."""
        def encode(ids, vectors):
            self.vectors = vectors
            with self.torch.no_grad(), self.kept():
                result = self.model(input_ids=self.torch.from_numpy(np.asarray(ids, np.int64)), output_hidden_states=True)
                rows = result.hidden_states[layer]
                rows = self.model.text_model.final_layer_norm(rows) if has_norm else rows
            pooled = result.text_embeds if hasattr(result, 'text_embeds') else result.pooler_output
            return rows.numpy(), pooled.numpy()
        return encode

    @property
    def n_layers(self):
        return self.model.config.num_hidden_layers


def slow_tokenizer(folder, has_ftfy):
    """transformers' own; without ftfy it cleans text as BERT does."""
    import transformers
    held = sys.modules.get('ftfy')
    if not has_ftfy:
        sys.modules['ftfy'] = None
    try:
        tokenizer = transformers.CLIPTokenizer(os.path.join(folder, 'vocab.json'), os.path.join(folder, 'merges.txt'))
    finally:
        if held is None:
            sys.modules.pop('ftfy', None)
        else:
            sys.modules['ftfy'] = held
    return lambda text: tokenizer(text, add_special_tokens=False)['input_ids']


@dataclasses.dataclass
class Part:
    """One encoder of a recipe under a flavour: its tokenizer, pad, and function from layer and norm to an encoder."""
    key: str
    tokenize: object
    clip: Clip
    pad: int


class Pipeline:
    """The encoders of a diffusers folder of the recipe sd15 or sdxl."""

    def __init__(self, folder, recipe):
        import open_clip
        clip_l = Clip(os.path.join(folder, 'text_encoder'))
        vocabulary = os.path.join(folder, 'tokenizer')
        with_ftfy, without = slow_tokenizer(vocabulary, True), slow_tokenizer(vocabulary, False)
        clip_g = [Clip(os.path.join(folder, 'text_encoder_2'))] if recipe == 'sdxl' else []
        self.folder, self.recipe = folder, recipe
        self.a1111 = [Part('clip_l', with_ftfy, clip_l, ours.END)]
        self.a1111 += [Part('clip_g', open_clip.tokenizer.SimpleTokenizer().encode, clip, 0) for clip in clip_g]
        self.comfyui = [Part('clip_l', without, clip_l, ours.END)] + [Part('clip_g', without, clip, 0) for clip in clip_g]

    def layer(self, clip, dialect, skip):
        """(hidden state, final norm). SDXL takes the last but one; A1111 knows no clip skip there."""
        if self.recipe == 'sdxl':
            layer = -skip if skip and dialect == 'comfyui' else -2
        else:
            layer = -(skip or 1)
        return (layer if -layer <= clip.n_layers else -1), self.recipe != 'sdxl'


def embeddings_for(part, files):
    """files: name to {key: vectors}. SDXL's have a key an encoder."""
    return [ours.Embedding(name, tensors.get(part.key, tensors.get('emb_params'))) for name, tensors in files.items()
            if tensors.get(part.key, tensors.get('emb_params')) is not None]


def beside(per_part):
    """Rows of the encoders beside each other, as many as the shorter one has; pooled of the last."""
    n = min(rows.shape[1] for rows, _ in per_part)
    return np.concatenate([rows[:, :n] for rows, _ in per_part], -1), per_part[-1][1]


def encode_texts(pipeline, dialect, texts, skip=None, emphasis='original', files=None, backtrack=20):
    """A batch of texts under A1111 (which share a mean), or one under ComfyUI: rows, pooled."""
    result = []
    for part in getattr(pipeline, dialect):
        encode, vectors = part.clip.encoder(*pipeline.layer(part.clip, dialect, skip)), embeddings_for(part, files or {})
        if dialect == 'a1111':
            result.append(ours.a1111_rows(texts, part.tokenize, encode, part.pad, emphasis, vectors, backtrack))
        else:
            result.append(ours.comfyui_rows(texts[0], part.tokenize, encode, part.pad, vectors))
    return beside(result)


def equally_long(dialect, rows, other, empty):
    """rows made as long as other: A1111 appends the encoding of "", ComfyUI repeats both up to the least common multiple."""
    n, n_other = rows.shape[1], other.shape[1]
    if dialect == 'a1111':
        return np.concatenate([rows] + [empty] * max(0, (n_other - n) // ours.LENGTH), 1)
    n_times = math.lcm(n, n_other) // min(n, n_other)
    return np.tile(rows, (1, math.lcm(n, n_other) // n, 1)) if n_times <= 4 else rows


def named(recipe, rows, pooled, prefix='', suffix=''):
    result = {f'{prefix}prompt_embeds{suffix}': rows}
    return {**result, f'{prefix}pooled_prompt_embeds{suffix}': pooled} if recipe == 'sdxl' else result


def positive_text(dialect, text):
    return ours.without_networks(ours.without_comments(text)) if dialect == 'a1111' else text


def pair_of(pipeline, dialect, prompt, negative, **options):
    """The tensors of a prompt and its negative."""
    rows, pooled = encode_texts(pipeline, dialect, [positive_text(dialect, prompt)], **options)
    other, other_pooled = encode_texts(pipeline, dialect, [negative], **options)
    if dialect == 'a1111' and pipeline.recipe == 'sdxl' and negative == '':
        other, other_pooled = np.zeros_like(other), np.zeros_like(other_pooled)
    empty, _ = encode_texts(pipeline, dialect, [''], **options)
    both = equally_long(dialect, rows, other, empty), equally_long(dialect, other, rows, empty)
    return {**named(pipeline.recipe, both[0], pooled), **named(pipeline.recipe, both[1], other_pooled, 'negative_')}


# ---- Cases --------------------------------------------------------------------------------------

PROMPTS = {
    'a1111': [
        CAT, '', 'a (cat) on a mat', 'a ((cat:1.2) dog:1.5) and (a (b) c:1.3)',
        '[[old]] house, (red:0.4) [roof]', '(open the door',
        r'\(a\) (cat\):1.3) \\ a\b', 'a cat)', '(cat:1.2)(dog:1.2) (cat:0)', 'a BREAK (b:1.4) BREAK c', '(a BREAK b:1.3)',
        'BREAK', WORDS + ', ' + WORDS, '(' + WORDS + ':1.2), ' + CAT, 'cat ' * 54 + ', ' + 'dog ' * 40,
        'cat ' * 55 + ', ' + 'dog ' * 40,
        'a cat # not this\n# nor this\nand a hat', 'a <lora:x:0.8>(cat:1.1)',
        'wow! a (cat!!!:1.2) !', '(Cr\u00e8me br\u00fbl\u00e9e:1.3), \ufb01ne \u201cart\u201d', '(\u4e00\u53ea\u732b:1.2) \U0001f9ab [\U0001f9b7]', '(a:-0.5) cat', '(red house:1.5) ' * 30],
    'comfyui': [
        CAT, '', '()', 'a (cat) on a mat', 'a ((cat:1.2) dog:1.5) and (a (b) c:1.3)',
        '((a)) (((b:0.5)))', '[old] house BREAK roof',
        r'\(a\) (cat\):1.3) \\ a\b', 'a)b(c)d', '(cat:1.2)(dog:1.2) (cat:0)', '(a:1e1) (b: 0.7 ) (c:1_0)', '(:1.2) (a:b:1.2)',
        WORDS + ', ' + WORDS, '(' + WORDS + ':1.2), ' + CAT, 'cat ' * 70 + '(seven words that move on as one:1.2) end',
        'cat ' * 70 + '(eight words that are cut where the chunk ends:1.2)', 'wow! a (cat!!!:1.2) !',
        '(Cr\u00e8me br\u00fbl\u00e9e:1.3), \ufb01ne \u201cart\u201d', '(\u4e00\u53ea\u732b:1.2) \U0001f9ab (\U0001f9b7)', '(a:-0.5) cat', '(red house:1.5) ' * 30, 'a (cat:1.0) dog'],
}
NEGATIVES = ['', 'blurry', '(blurry:1.4), (bad)', WORDS + ', ' + WORDS]
SCHEDULES = {      # under --steps 10: the texts of the conditions, by AND part
    'a [red:blue:5] cat': [['a red cat', 'a blue cat']],
    '(a:1.4) [cat:(dog:1.5):0.3]': [['(a:1.4) cat', '(a:1.4) (dog:1.5)']],
    'a cat AND (a dog:1.3)': [['a cat'], [' (a dog:1.3)']],
    'a cat :1.2  AND [a:b:4] dog:0.5': [['a cat'], [' a dog', ' b dog']],
}
INVERSIONS = {
    'a1111': ['a photo of mystyle cat', '(MyStyle:1.3), a cat', 'mystyle2 and mystyle', 'cat ' * 73 + 'mystyle end', 'mystylex'],
    'comfyui': ['a photo of embedding:mystyle cat', '(embedding:mystyle:1.3), a cat', 'embedding:mystyle2, embedding:mystyle',
                'cat ' * 73 + '(embedding:mystyle:1.2) end', 'a,embedding:mystyle', 'embedding:absent cat'],
}


class Runner:
    def __init__(self, a, tally, work):
        self.a, self.tally, self.work, self.pipeline = a, tally, work, None

    def judge(self, what, arguments, prompt, expected, limits=None):
        command = ['-m', self.pipeline.folder, *arguments]
        got = run_padwise(self.a.padwise, command, [prompt], os.path.join(self.work, 'got.safetensors'))
        what = f'{self.pipeline.recipe} {what} {prompt[:50]!r}'
        if isinstance(got, str):
            self.tally.report(what, [got])
        else:
            compare(self.tally, what, got, expected, limits)

    def pair(self, dialect, prompt, negative, arguments=(), is_given=True, **options):
        expected = pair_of(self.pipeline, dialect, prompt, negative, **options)
        given = ['-r', self.pipeline.recipe, '--flavour', dialect, '--dialect', dialect, *arguments]
        given += ['-n', negative] if is_given else []
        self.judge(f'{dialect} {" ".join(arguments)} negative {negative[:12] if is_given else None!r}', given, prompt, expected,
                   self.limits_for(dialect, prompt, negative, **options))

    def limits_for(self, dialect, prompt, negative, emphasis='original', **options):
        """By tensor, where a mean is restored that is small beside the rows."""
        limits = {}
        texts = {'prompt_embeds': positive_text(dialect, prompt), 'negative_prompt_embeds': negative}
        for name, text in texts.items() if (dialect, emphasis) == ('a1111', 'original') else ():
            ratio = worst_mean_ratio(self.pipeline, text, **options)
            if ratio > WELL_CONDITIONED:
                limits[name] = self.tally.limit * ratio / WELL_CONDITIONED
                print(f'note: {self.pipeline.recipe} {text[:50]!r}: size to mean {ratio:.0f}, limit {limits[name]:.3g}')
        return limits


WELL_CONDITIONED = 300


def worst_mean_ratio(pipeline, text, skip=None, files=None, backtrack=20):
    """How much larger rows are than their mean, by chunk, before and after weighting."""
    worst, pairs = 0.0, ours.read_attention(text)
    if all(weight == 1 or words == 'BREAK' for words, weight in pairs):
        return worst
    for part in pipeline.a1111:
        encode = part.clip.encoder(*pipeline.layer(part.clip, 'a1111', skip))
        for chunk in ours.a1111_chunks(pairs, part.tokenize, embeddings_for(part, files or {}), backtrack):
            rows, _ = encode(np.array([ours.with_pad(chunk.ids, part.pad)]), [chunk.vectors])
            weighted = rows[0] * np.asarray(chunk.weights)[:, None]
            worst = max([worst] + [np.sqrt((z ** 2).mean()) / abs(z.mean()) for z in (rows[0], weighted)])
    return worst


def check_prompts(runner, dialect):
    for i, prompt in enumerate(PROMPTS[dialect]):
        runner.pair(dialect, prompt, NEGATIVES[i % len(NEGATIVES)])
    for negative in NEGATIVES:
        runner.pair(dialect, 'a (cat:1.3)', negative)
        runner.pair(dialect, WORDS + ', (' + WORDS + ':1.1)', negative)
    runner.pair(dialect, 'a (cat:1.3) [dog]', '', is_given=False)


def check_options(runner, dialect):
    for skip in (1, 2, 3):
        runner.pair(dialect, 'a (cat:1.3) [dog]', 'blurry', ['--clip-skip', str(skip)], skip=skip)
    for mode in ('none', 'ignore', 'no-norm') if dialect == 'a1111' else ():
        for prompt in ('a (cat:1.3) [dog]', 'a (cat:1.3) BREAK [dog]'):
            runner.pair(dialect, prompt, '(bad:1.2)', ['--emphasis', mode], emphasis=mode)
    for backtrack in (0, 40) if dialect == 'a1111' else ():
        runner.pair(dialect, 'cat ' * 50 + ', ' + '(dog:1.2) ' * 40, '', ['--backtrack', str(backtrack)], backtrack=backtrack)


def check_schedules(runner):
    """Conditions are numbered through all parts; the texts of one part are one batch."""
    pipeline = runner.pipeline
    for prompt, parts in SCHEDULES.items():
        expected, i = {}, 0
        for texts in parts:
            rows, pooled = encode_texts(pipeline, 'a1111', texts)
            for one, one_pooled in zip(rows, pooled):
                expected.update(named(pipeline.recipe, one[None], one_pooled[None], suffix=f'.{i}'))
                i += 1
        runner.judge('a1111 schedule', ['-r', pipeline.recipe, '--flavour', 'a1111', '--dialect', 'a1111', '--steps', '10',
                                        '--no-negative'], prompt, expected)


def write_embeddings(folder, recipe, widths, seed):
    from safetensors.numpy import save_file
    os.makedirs(folder, exist_ok=True)
    random, files = np.random.default_rng(seed), {}
    for name, n in (('mystyle', 3), ('mystyle2', 1)):
        tensors = {key: random.normal(0, 0.5, (n, width)).astype(np.float32) for key, width in widths.items()}
        files[name] = tensors if recipe == 'sdxl' else {'emb_params': tensors['clip_l']}
        save_file(files[name], os.path.join(folder, name + '.safetensors'))
    return files


def check_inversion(runner, dialect, seed):
    folder = os.path.join(runner.work, 'embeddings')
    widths = {part.key: part.clip.model.config.hidden_size for part in runner.pipeline.a1111}
    files = write_embeddings(folder, runner.pipeline.recipe, widths, seed)
    for prompt in INVERSIONS[dialect]:
        runner.pair(dialect, prompt, 'blurry', ['--embedding-dir', folder], files=files)
    shutil.rmtree(folder)


# ---- Compel -------------------------------------------------------------------------------------

COMPEL_PROMPTS = [
    CAT, '', 'a (big cat)1.5 and a dog+', 'cat++ on a (mat)0.6', 'a cat- and (a red dog)0.3, snow--', '(a (b c)1.3 "d e"-)1.1 f',
    '("a cat", "a dog").blend(0.7, 0.3)',
    '("a cat+", "a (red dog)0.5").blend(1, 1)', '("a cat", "a dog").blend(1, -0.4, no_normalize)',
    '("a cat on a mat", "a dog+").and()', '("a cat", "a red dog").and(1, 0.5)', WORDS + '. ' + WORDS,
    WORDS + ', (old)1.3 ' + WORDS,
    '(a cat)0 in the snow', WORDS + '. (a red fox)0.5 ' + WORDS, '("' + WORDS + '. ' + WORDS + '", "a cat").blend(0.5, 0.5)']
COMPEL_NEGATIVES = ['', 'blurry-', WORDS + '. ' + WORDS]


def compel_for(folder, recipe, package):
    """The package's wrapper of a diffusers pipeline; as it comes it does not truncate."""
    if package and package not in sys.path:
        sys.path.insert(0, package)
    import compel
    import recipe_reference
    import torch
    wrapper = compel.CompelForSD if recipe == 'sd15' else compel.CompelForSDXL
    with contextlib.redirect_stdout(io.StringIO()):
        return wrapper(recipe_reference.load_pipeline(folder, torch.float32))


def compel_pair(compel, recipe, prompt, negative, style=None):
    import torch
    second = {} if style is None else {'style_prompt': style}
    with torch.no_grad():
        found = compel(prompt, negative_prompt=negative, **second)
    pooled = (found.pooled_embeds, found.negative_pooled_embeds) if recipe == 'sdxl' else (None, None)
    return {name: value.numpy() for name, value in {**named(recipe, found.embeds, pooled[0]),
                                                    **named(recipe, found.negative_embeds, pooled[1], 'negative_')}.items()}


def compare_compel(runner, compel, prompt, negative, style=None):
    recipe = runner.pipeline.recipe
    try:
        expected = compel_pair(compel, recipe, prompt, negative, style)
    except (AttributeError, IndexError, TypeError, ValueError) as error:        # what Compel refuses is not compared here
        print(f'left out: {recipe} compel {prompt[:50]!r}: {type(error).__name__}: {str(error)[:80]}')
        return
    second = [] if style is None else ['--prompt-2', style]
    runner.judge(f'compel {" ".join(second)} negative {negative[:12]!r}',
                 ['-r', recipe, '--dialect', 'compel', '-n', negative, *second], prompt, expected,
                 dict.fromkeys(expected, LIMIT_COMPEL))


def check_compel(runner):
    recipe = runner.pipeline.recipe
    compel = compel_for(runner.pipeline.folder, recipe, runner.a.compel)
    for i, prompt in enumerate(COMPEL_PROMPTS):
        compare_compel(runner, compel, prompt, COMPEL_NEGATIVES[i % len(COMPEL_NEGATIVES)])
    for style in ('a hat+', WORDS) if recipe == 'sdxl' else ():
        compare_compel(runner, compel, 'a (cat)1.3', 'blurry-', style)


def check_all(runner, recipe, seed):
    folder = os.path.join(runner.work, 'folder')
    write_folder(folder, recipe, seed)
    runner.pipeline = Pipeline(folder, recipe)
    for dialect in runner.a.dialects:
        if dialect == 'compel':
            check_compel(runner)
            continue
        check_prompts(runner, dialect)
        check_options(runner, dialect)
        check_inversion(runner, dialect, seed)
        if dialect == 'a1111':
            check_schedules(runner)
    shutil.rmtree(folder)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('padwise')
    p.add_argument('--seeds', type=int, default=1, help='how many')
    p.add_argument('--first-seed', type=int, default=1)
    p.add_argument('--recipes', default='sd15,sdxl')
    p.add_argument('--dialects', default='a1111,comfyui,compel')
    p.add_argument('--compel', metavar='FOLDER', help='where the package is, if python does not find it')
    p.add_argument('--show', action='store_true', help='what passes, too')
    a = p.parse_args()
    a.dialects, a.padwise = a.dialects.split(','), os.path.abspath(a.padwise)
    settle()
    tally = Tally(shows=a.show)
    with tempfile.TemporaryDirectory() as work:
        for seed in range(a.first_seed, a.first_seed + a.seeds):
            for recipe in a.recipes.split(','):
                check_all(Runner(a, tally, work), recipe, seed)
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())

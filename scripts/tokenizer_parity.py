#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares `padwise tokenize` with other programs on random texts: scripts, marks, emoji, controls, special tokens,
HTML entities, apostrophes, "!", long words.

  scripts/tokenizer_parity.py                                   hf-fast and pad-bang against the oracle (python3-regex)
  /opt/oracle/bin/python scripts/tokenizer_parity.py --peers    every mode against transformers and open_clip

The oracle is ../shared/oracle/tokenizer_reference.py, our own restatement of the rules; it does not know that the word
pattern of tokenizer.json begins with the special tokens, so texts with an "<|ENDOFTEXT|>" are skipped there. Peers are the real classes of
transformers 4.57 and open_clip; ftfy runs with fix_encoding off (we leave its repair of mojibake out), and texts with
characters whose class changed after Unicode 15 are not drawn, since their `regex` is newer. Prints what differs, and
"N passed, N failed, N skipped"; exit 1 if anything differs.
"""
import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import unicodedata

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
SHARED = os.environ.get('PADWISE_SHARED', os.path.join(ROOT, '..', 'shared'))
CLIP = os.path.join(SHARED, 'data', 'tokenizers', 'clip')
N_SHOWN = 8

WORDS = ('a photo of the cat dog beaver teeth blue oil painting 8k masterpiece trending on artstation DSLR Stra\u00dfe '
         '\u0130stanbul \u039f\u0394\u039f\u03a3 \u03a3\u03a3 na\u00efve caf\u00e9 e\u0301 fi\ufb01 \u01c5 \u212bngstr\u00f6m').split()
PIECES = ["'s", "'S", "'t", "'re", "'VE", "'m", "'ll", "'D", "'", "''", "!", "!!", "! !", "'\u017f", "\u017f", "\u2019s", "\u201cq\u201d",
          '<|startoftext|>', '<|endoftext|>', '<|ENDOFTEXT|>', '<|StartOfText|>', '<start_of_text>', '<END_OF_TEXT>',
          '<|endoftext|', '|>', '<|', '<|\u017ftartoftext|>', '<\u017ftart_of_text>',
          '&amp;', '&lt;', '&gt', '&AMP;', '&eacute;', '&EACUTE;', '&#65;', '&#x1F600;', '&#0;', '&#x110000;', '&amp;amp;', '&notit;',
          '&', '&;', '&nbsp;', '&hellip;', '&#128;', '\u0345', '\u1fb3', '\u03b1\u0345', '\u00b2', '\u2163', '\u0e33', '\u200d', '\u200b', '\ufeff',
          '\ufe0f', '\U0001F468\u200d\U0001F469\u200d\U0001F467', '\U0001F44D\U0001F3FD', '\U0001F1E9\U0001F1EA', '\uac00\u11a8', '\u1100\u1161',
          '\u3000', '\u00a0', '\u2028', '\u0085', '\x1c', '\x1b[31m', '\x00', '\ufffd', '\r\n', '\t', '\x7f', '\ue000', '\u4e2d\u6587', '\u65e5\u672c\u8a9e',
          '\uff21\uff22', '\uff76\uff9e', '\ufb03', '\ufb05', '\u0132', '\u037e', '\u2126', '\u0958', '\U0001D400', '\u00ad', '\u0301\u0327', 'q\u0323\u0307']
RANGES = [(0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x17F), (0x180, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F),
          (0x531, 0x58F), (0x591, 0x5F4), (0x600, 0x6FF), (0x900, 0xDFF), (0xE01, 0xE5B), (0x10A0, 0x10FF), (0x1100, 0x11FF),
          (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x218F), (0x2190, 0x27BF), (0x2C00, 0x2DFF), (0x3000, 0x30FF),
          (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAD9), (0xFB00, 0xFDFF), (0xFE00, 0xFFEF),
          (0x10000, 0x104FF), (0x11000, 0x11FFF), (0x1D000, 0x1D7FF), (0x1F000, 0x1FAFF), (0x20000, 0x2FA1D), (0x0, 0x1F),
          (0x7F, 0x9F), (0xE000, 0xE010), (0x0, 0x10FFFF)]


class Draw:
    """Random texts; `is_stable` says which characters may be used."""

    def __init__(self, seed, is_stable):
        self.random = random.Random(seed)
        self.is_stable = is_stable

    def char(self):
        while True:
            code = self.random.randint(*self.random.choice(RANGES))
            if not 0xD800 <= code < 0xE000 and self.is_stable(code):
                return chr(code)

    def piece(self):
        kind = self.random.random()
        if kind < 0.25:
            return self.random.choice(WORDS)
        if kind < 0.55:
            return self.random.choice(PIECES)
        if kind < 0.85:
            return self.char()
        if kind < 0.92:
            return ''.join(self.random.choice('abcdefghijklmnopqrstuvwxyzABC') for _ in range(self.random.randint(1, 60)))
        if kind < 0.97:
            low, high = self.random.choice(RANGES)
            chars = [chr(self.random.randint(low, high)) for _ in range(self.random.randint(1, 20))]
            return ''.join(c for c in chars if not 0xD800 <= ord(c) < 0xE000 and self.is_stable(ord(c)))
        return self.random.choice(['a', 'x!', '\u0301', '7', '\u4e2d', "'", '<|']) * self.random.randint(1, 300)

    def text(self):
        pieces = []
        for _ in range(self.random.randint(0, 14)):
            pieces.append(self.piece())
            if self.random.random() < 0.4:
                pieces.append(self.random.choice([' ', ' ', ' ', '  ', '\n', '\t']))
        return ''.join(pieces)


def ours(command, texts, mode, pad_bang):
    with tempfile.NamedTemporaryFile('w', suffix='.jsonl', encoding='utf-8') as file:
        file.writelines(json.dumps(text) + '\n' for text in texts)
        file.flush()
        words = [command, 'tokenize', '--tokenizer', CLIP, '--tokenizer-mode', mode, '--length', 'none', '--json', '--quiet',
                 '--from', file.name]
        done = subprocess.run(words + (['--pad-bang'] if pad_bang else []), stdout=subprocess.PIPE, check=True)
    return [json.loads(line)['ids'] for line in done.stdout.splitlines()]


def compare(name, command, texts, mode, pad_bang, encode):
    n_failed = 0
    for text, got in zip(texts, ours(command, texts, mode, pad_bang), strict=True):
        expected = list(encode(text))
        if got == expected:
            continue
        n_failed += 1
        if n_failed <= N_SHOWN:
            print(f'  {name}: {ascii(text)}\n    expected {expected}\n    got      {got}')
    print(f'{name}: {n_failed} of {len(texts)} differ')
    return n_failed


def oracle_rows():
    path = os.path.join(SHARED, 'oracle', 'tokenizer_reference.py')
    spec = importlib.util.spec_from_file_location('tokenizer_reference', path)
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    clip = oracle.Clip()
    yield 'hf-fast, oracle', 'hf-fast', False, clip.encode
    yield 'hf-fast with pad-bang, oracle', 'hf-fast', True, lambda text: clip.encode(text, True)


def without_ftfy(make):
    """What make() returns, made while ftfy cannot be imported."""
    import sys as system
    kept = system.modules.pop('ftfy', None)
    system.modules['ftfy'] = None
    try:
        return make()
    finally:
        del system.modules['ftfy']
        if kept is not None:
            system.modules['ftfy'] = kept


def peer_rows():
    os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
    import ftfy
    from transformers import CLIPTokenizer, CLIPTokenizerFast
    fix_text = ftfy.fix_text
    ftfy.fix_text = lambda text: fix_text(text, fix_encoding=False)
    files = os.path.join(CLIP, 'vocab.json'), os.path.join(CLIP, 'merges.txt')

    def ids(tokenizer):
        return lambda text: tokenizer(text)['input_ids']

    fast = CLIPTokenizerFast(tokenizer_file=os.path.join(CLIP, 'tokenizer.json'))
    bang = CLIPTokenizerFast(tokenizer_file=os.path.join(CLIP, 'tokenizer.json'), pad_token='!')
    yield 'hf-fast, CLIPTokenizerFast', 'hf-fast', False, ids(fast)
    yield 'hf-fast with pad-bang, CLIPTokenizerFast', 'hf-fast', True, ids(bang)
    yield 'hf-slow, CLIPTokenizer', 'hf-slow', False, ids(without_ftfy(lambda: CLIPTokenizer(*files)))
    yield 'hf-slow with pad-bang, CLIPTokenizer', 'hf-slow', True, ids(
        without_ftfy(lambda: CLIPTokenizer(*files, pad_token='!')))
    yield 'hf-slow-ftfy, CLIPTokenizer', 'hf-slow-ftfy', False, ids(CLIPTokenizer(*files))
    from open_clip.tokenizer import SimpleTokenizer
    simple = SimpleTokenizer()
    yield 'open_clip, SimpleTokenizer', 'open_clip', False, lambda text: [49406, *simple.encode(text), 49407]
    openai = as_openai(SimpleTokenizer())
    yield 'openai, SimpleTokenizer with its literals', 'openai', False, lambda text: [49406, *openai.encode(text), 49407]


def as_openai(simple):
    """open_clip's class with OpenAI's literals and white space."""
    import html

    import ftfy
    import regex
    literals = {'<|startoftext|>': 49406, '<|endoftext|>': 49407}
    for literal, number in literals.items():
        simple.encoder[literal] = number
        simple.cache[literal] = literal
    for literal in ('<start_of_text>', '<end_of_text>'):
        simple.cache.pop(literal, None)
        simple.encoder.pop(literal, None)
    simple.pat = regex.compile(
        r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE)

    def clean(text):
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        return regex.sub(r'\s+', ' ', text).strip().lower()

    simple.clean_fn = clean
    return simple


def stable_codes(peers):
    """Characters that all Unicode versions in play see alike: assigned in Python's own, and of the same class in the
    tables of our modes and in the `regex` that is imported."""
    if not peers:
        return lambda code: True
    import regex
    tables = json.load(open(os.path.join(SHARED, 'data', 'tokenizers', 'unicode', 'hf-tables.json'), encoding='utf-8'))
    letters, numbers = ({code for first, last in tables[key] for code in range(first, last + 1)} for key in ('onig_L', 'onig_N'))
    letter, number = regex.compile(r'\p{L}'), regex.compile(r'\p{N}')

    def is_stable(code):
        char = chr(code)
        return (unicodedata.category(char) != 'Cn' and (letter.match(char) is not None) == (code in letters) and
                (number.match(char) is not None) == (code in numbers))

    return is_stable


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--padwise', default=os.path.join(ROOT, 'build', 'padwise'))
    parser.add_argument('--texts', type=int, default=20000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--peers', action='store_true')
    options = parser.parse_args()
    draw = Draw(options.seed, stable_codes(options.peers))
    texts = [draw.text() for _ in range(options.texts)]
    n_run = n_failed = n_skipped = 0
    print(f'seed {options.seed}, {len(texts)} texts, {sum(len(text) for text in texts)} characters')
    rows = peer_rows() if options.peers else oracle_rows()
    known = texts if options.peers else [text for text in texts if '<|ENDOFTEXT|>' not in text]
    for name, mode, pad_bang, encode in rows:
        n_failed += compare(name, options.padwise, known, mode, pad_bang, encode)
        n_run += len(known)
        n_skipped += len(texts) - len(known)
    print(f'{n_run - n_failed} passed, {n_failed} failed, {n_skipped} skipped')
    return n_failed > 0


if __name__ == '__main__':
    sys.exit(main())

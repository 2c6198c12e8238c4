#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the cleaning steps of src/text with the originals on random hostile strings.

Originals: this Python's str methods, unicodedata and html.unescape, ftfy 6.3.1 if it is installed (run, not read), and
for BERT's cleaning and Rust's lower case the rules of encoders.md written down once more below. Only Python 3.11 and
ftfy 6.3.1 are what the reference ran; what is missing is skipped.

    compare_text.py BUILD/tests/unit/text/text_steps [--count 1000] [--seed 1]
"""
import argparse
import html
import html.entities
import json
import os
import random
import shlex
import subprocess
import sys
import unicodedata

try:
    import ftfy
except ImportError:
    ftfy = None

CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
       (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def collapse_space(text):
    result = ''
    for c in text:
        is_space = c.isspace() and not 0x1C <= ord(c) <= 0x1F
        if not is_space or not result.endswith('\0 '):
            result += '\0 ' if is_space else '\1' + c
    return ''.join(result[i + 1] for i in range(0, len(result), 2))


def bert_clean(text):
    result = ''
    for c in text:
        category = unicodedata.category(c)
        if c in '\t\n\r' or category == 'Zs':
            result += ' '
        elif c not in '\0\ufffd' and category[0] != 'C':
            result += c
    return result


def space_cjk(text):
    return ''.join(f' {c} ' if any(a <= ord(c) <= b for a, b in CJK) else c for c in text)


def originals():
    """Step -> function, and the reasons for those that are missing."""
    steps = {
        'lower_python': str.lower, 'python_strip': str.strip, 'python_split_join': lambda text: ' '.join(text.split()),
        'nfc': lambda text: unicodedata.normalize('NFC', text), 'html_unescape': html.unescape,
        'collapse_space': collapse_space, 'bert_clean': bert_clean, 'space_cjk': space_cjk,
    }
    missing = []
    if ftfy is not None and ftfy.__version__ == '6.3.1':
        steps['ftfy'] = lambda text: ftfy.fix_text(text, fix_encoding=False)
    else:
        missing.append('Python has no ftfy 6.3.1')
    try:
        tables = os.path.join(os.environ.get('PADWISE_SHARED', ''), 'data/tokenizers/unicode/hf-tables.json')
        with open(tables, encoding='utf-8') as file:
            lower = {int(code, 16): ''.join(map(chr, to)) for code, to in json.load(file)['rust_lower'].items()}
        steps['lower_rust'] = lambda text: text.translate(lower)
    except OSError:
        missing.append('no shared/data')
    return steps, missing


class Texts:
    """Random strings of what makes cleaning hard."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = list(html.entities.html5)
        self.capitals = [name.upper() for name in self.names if name.islower()]
        assigned = [code for code in CODES if unicodedata.category(chr(code)) not in ('Cn', 'Co')]
        plain = [*range(0x80, 0xA0), 0x132, 0x133, 0x149, *range(0x1C4, 0x1CD), *range(0x1F1, 0x1F4), 0x2BC, 0x3000,
                 *range(0x2018, 0x2020), *range(0x2028, 0x202A), *range(0x206A, 0x2070), *range(0xFB00, 0xFB07), 0xFEFF,
                 *range(0xFF00, 0xFFFE)]
        self.groups = [
            plain, range(0x20), range(0x20, 0x7F), CODES, assigned,
            [code for code in assigned if unicodedata.category(chr(code))[0] == 'M'],
            [code for code in assigned if unicodedata.decomposition(chr(code))],
            sorted({ord(part) for code in assigned if not 0xAC00 <= code <= 0xD7A3
                    for part in unicodedata.normalize('NFD', chr(code)) if ord(part) != code}),
            [*range(0x1100, 0x1200), 0xAC00, 0xAC01, 0xAC1C, 0xD788, 0xD7A3],
            [code for code in assigned if chr(code).lower() != chr(code)],
            [0x3A3, 0x3A3, 0x391, 0x130, 0x27, 0xAD, 0x2B0, 0x345], [0x4E00, 0x9FFF, 0xF900, 0x20000, 0x3042],
        ]

    def number(self):
        code = self.random.choice([self.random.randrange(300), self.random.randrange(0x120000), 13, 10, 27, 38, 59])
        style = self.random.choice(['%d', 'x%x', 'X%X', '%da'])
        return '&#' + style % code + self.random.choice([';', ';', ''])

    def entity(self):
        return self.random.choice([
            lambda: '&' + self.random.choice(self.names), lambda: '&' + self.random.choice(self.capitals),
            lambda: '&' + self.random.choice(self.names)[:self.random.randrange(1, 9)], self.number,
            lambda: self.random.choice(['&amp;amp;', '&amp;amp;lt;', '&am&#112;', '&am\u037e', '&amp\u037e', '&amp;#',
                                        '<', '&', '#', ';', 'x41', 'am', 'p;']),
        ])()

    def escape(self):
        inside = ''.join(self.random.choice('0123;\u0663\uff11a\x01') for _ in range(self.random.randrange(4)))
        return '\x1b' + self.random.choice(['[', '[', '']) + inside + self.random.choice(['m', 'K', '\xe9', ''])

    def atom(self):
        dice = self.random.random()
        if dice < 0.3:
            return self.entity()
        if dice < 0.36:
            return self.escape()
        if dice < 0.42:
            return self.random.choice(['\r\n', '\r', '\n', '\x0c', '\u2028', '  ', '\x1c'])
        return chr(self.random.choice(self.random.choice(self.groups)))

    def text(self):
        return ''.join(self.atom() for _ in range(self.random.randrange(1, 14)))


def answers(program, step, texts):
    lines = ''.join(f'{step} {text.encode().hex()}\n' for text in texts)
    runner = shlex.split(os.environ.get('MESON_EXE_WRAPPER', ''))  # of a cross build
    done = subprocess.run(runner + [program], input=lines, capture_output=True, text=True, check=True)
    return [bytes.fromhex(line).decode() for line in done.stdout.splitlines()]


def differences(program, step, original, texts):
    n = 0
    for text, answer in zip(texts, answers(program, step, texts), strict=True):
        wanted = original(text)
        if answer != wanted:
            n += 1
            if n <= 3:
                print(f'{step} of {text!a}\n  wanted {wanted!a}\n  got    {answer!a}')
    return n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()

    if unicodedata.unidata_version != '14.0.0':
        print('skipped: the reference is Python 3.11 (Unicode 14)\n0 passed, 0 failed, 1 skipped')
        return 0
    source = Texts(options.seed)
    texts = [source.text() for _ in range(options.count)]
    steps, missing = originals()
    n_failed = 0
    for step, original in steps.items():
        n = differences(options.program, step, original, texts)
        n_changed = sum(original(text) != text for text in texts)
        print(f'{step}: {n} of {len(texts)} strings differ (seed {options.seed}; {n_changed} are changed by the step)')
        n_failed += n > 0
    for reason in missing:
        print('skipped: ' + reason)
    print(f'{len(steps) - n_failed} passed, {n_failed} failed, {len(missing)} skipped')
    return 1 if n_failed else 0


if __name__ == '__main__':
    sys.exit(main())

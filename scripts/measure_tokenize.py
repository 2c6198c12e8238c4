#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed of tokenizing: padwise against Hugging Face `tokenizers` (Rust), on English prompts, interleaved in one process.

  /opt/oracle/bin/python scripts/measure_tokenize.py [--library build/src/libpadwise.so] [--texts 20000] [--repeats 15]

Prompts are drawn by seed from WordNet's glosses and phrases that prompts are made of, about 130 bytes each, no two alike; some
carry accents, typographic quotes, emoji or another script. First every prompt's ids are compared between the two, then A
and B take turns. Rust runs on one thread (TOKENIZERS_PARALLELISM=false) in each way that it has, and its best figure counts.
Loops over single calls run in C on our side; in Rust's they pay the call from Python, as its users do.
"""
import argparse
import ctypes
import glob
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

os.environ['TOKENIZERS_PARALLELISM'] = 'false'
os.environ['RAYON_NUM_THREADS'] = '1'

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
SHARED = os.environ.get('PADWISE_SHARED', os.path.join(ROOT, '..', 'shared'))
CLIP = os.path.join(SHARED, 'data', 'tokenizers', 'clip')

OPENINGS = ['a photo of', 'A close-up photograph of', 'an oil painting of', 'portrait of', 'Concept art of', 'a watercolor of',
            'a 3d render of', 'cinematic still,', 'anime style illustration of', 'a black and white photo of', 'isometric view of',
            'A blurry picture of', "a child's drawing of", 'macro shot,', 'low poly', 'a wide-angle shot of', 'studio photo of']
CLOSINGS = ['highly detailed', 'trending on artstation', '8k', '4K UHD', 'masterpiece, best quality', 'sharp focus', 'volumetric lighting',
            'by Greg Rutkowski and Alphonse Mucha', 'octane render', 'unreal engine 5', 'golden hour', 'depth of field, f/1.8, 50mm',
            'soft light', "bird's-eye view", 'intricate details', 'shot on Kodak Portra 400', 'hyperrealistic', 'no text', '(sharp:1.2)',
            'cyberpunk', 'in the style of Studio Ghibli', 'muted colors', 'award-winning', 'rim lighting', 'bokeh', 'vaporwave!!']
FOREIGN = ['caf\u00e9 terrace', 'na\u00efve art', '\u201cgolden\u201d light', 'S\u00e3o Paulo', 'Stra\u00dfe', 'Dal\u00ed', '\U0001F981', '\u2728',
           '\u5c71\u6c34\u753b', 'it\u2019s raining', 'Moskau \u041c\u043e\u0441\u043a\u0432\u0430', 'cre\u0301me', 'Kyoto \u4eac\u90fd \u2014 autumn']

HELPER = r'''
#include <padwise/padwise.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double time_singles(const pw_tokenizer *tokenizer, const char *const *texts, const size_t *sizes, size_t n)
{
    const double begin = seconds();

    for (size_t i = 0; i < n; i++) {
        pw_tokens tokens;

        if (pw_tokenizer_encode(tokenizer, texts[i], sizes[i], &tokens, NULL) != PW_OK)
            return -1.0;
        pw_tokens_free(&tokens);
    }
    return seconds() - begin;
}

double time_batch(const pw_tokenizer *tokenizer, const char *const *texts, const size_t *sizes, size_t n, pw_tokens *out)
{
    const double begin = seconds();

    if (pw_tokenizer_encode_batch(tokenizer, texts, sizes, n, out, NULL) != PW_OK)
        return -1.0;
    for (size_t i = 0; i < n; i++)
        pw_tokens_free(&out[i]);
    return seconds() - begin;
}

int open_at(const char *path, int threads, pw_tokenizer **out)
{
    pw_context *ctx = NULL;
    pw_context_options options;
    pw_tokenizer_options how;
    pw_status status;

    pw_context_options_init(&options);
    options.n_threads = threads;
    pw_tokenizer_options_init(&how);
    how.mode = PW_TOKENIZER_HF_FAST;
    status = pw_context_create(&ctx, &options, NULL);
    if (status == PW_OK)
        status = pw_tokenizer_open(out, ctx, path, &how, NULL);
    pw_context_free(ctx);
    return status;
}
'''


class Tokens(ctypes.Structure):
    _fields_ = [('ids', ctypes.POINTER(ctypes.c_int32)), ('begin', ctypes.c_void_p), ('end', ctypes.c_void_p),
                ('n_tokens', ctypes.c_size_t), ('n_real', ctypes.c_size_t), ('n_cut', ctypes.c_size_t), ('ctx', ctypes.c_void_p),
                ('capacity', ctypes.c_size_t)]


class Ours:
    """The library through a helper in C, which is compiled against this checkout's headers."""

    def __init__(self, library, work, texts):
        source, helper = os.path.join(work, 'helper.c'), os.path.join(work, 'helper.so')
        with open(source, 'w', encoding='ascii') as file:
            file.write(HELPER)
        subprocess.run(['cc', '-std=c11', '-D_POSIX_C_SOURCE=200809L', '-O2', '-fPIC', '-shared', '-I', os.path.join(ROOT, 'include'),
                        '-o', helper, source, os.path.abspath(library),
                        '-Wl,-rpath,' + os.path.dirname(os.path.abspath(library))], check=True)
        self.helper = ctypes.CDLL(helper)
        self.padwise = ctypes.CDLL(library)
        self.helper.time_singles.restype = self.helper.time_batch.restype = ctypes.c_double
        encoded = [text.encode() for text in texts]
        self.n = len(texts)
        self.texts = (ctypes.c_char_p * self.n)(*encoded)
        self.sizes = (ctypes.c_size_t * self.n)(*[len(text) for text in encoded])
        self.out = (Tokens * self.n)()

    def open(self, path, threads):
        tokenizer = ctypes.c_void_p()
        if self.helper.open_at(path.encode(), threads, ctypes.byref(tokenizer)) != 0:
            sys.exit(f'{path}: cannot be opened')
        return tokenizer

    def arguments(self, tokenizer):
        return tokenizer, self.texts, self.sizes, ctypes.c_size_t(self.n)

    def singles(self, tokenizer):
        return self.helper.time_singles(*self.arguments(tokenizer))

    def batch(self, tokenizer):
        return self.helper.time_batch(*self.arguments(tokenizer), self.out)

    def ids(self, tokenizer):
        if self.padwise.pw_tokenizer_encode_batch(*self.arguments(tokenizer), self.out, None) != 0:
            sys.exit('encoding failed')
        ids = [tokens.ids[:tokens.n_tokens] for tokens in self.out]
        for tokens in self.out:
            self.padwise.pw_tokens_free(ctypes.byref(tokens))
        return ids


def glosses():
    """Sentences of WordNet, Debian's package wordnet-base."""
    found = []
    for path in sorted(glob.glob('/usr/share/wordnet/data.*')):
        with open(path, encoding='utf-8') as file:
            for line in file:
                if not line.startswith('  ') and ' | ' in line:
                    found += [part.strip().strip('"') for part in re.split('; ', line.split(' | ', 1)[1]) if part.strip()]
    if not found:
        sys.exit('/usr/share/wordnet is not there: apt-get install wordnet-base')
    return found


def draw(n, seed):
    """n prompts, no two alike."""
    drawn = random.Random(seed)
    sentences = glosses()
    texts = {}
    while len(texts) < n:
        parts = [drawn.choice(OPENINGS) + ' ' + drawn.choice(sentences)]
        wanted = drawn.randint(60, 200)
        while len(', '.join(parts)) < wanted:
            kind = drawn.random()
            parts.append(drawn.choice(sentences) if kind < 0.4 else drawn.choice(FOREIGN) if kind < 0.42 else drawn.choice(CLOSINGS))
        texts[', '.join(parts)] = None
    return list(texts)


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--library', default=os.path.join(ROOT, 'build', 'src', 'libpadwise.so'))
    parser.add_argument('--texts', type=int, default=20000)
    parser.add_argument('--repeats', type=int, default=15)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    import tokenizers
    texts = draw(options.texts, options.seed)
    size = sum(len(text.encode()) for text in texts)
    rust = tokenizers.Tokenizer.from_file(os.path.join(CLIP, 'tokenizer.json'))
    with tempfile.TemporaryDirectory() as work:
        ours = Ours(options.library, work, texts)
        one, two = ours.open(CLIP, 1), ours.open(CLIP, 2)
        expected = [encoding.ids for encoding in rust.encode_batch(texts)]
        n_differ = sum(a != b for a, b in zip(expected, ours.ids(one), strict=True))
        n_differ += sum(a != b for a, b in zip(expected, ours.ids(two), strict=True))
        n_tokens = sum(map(len, expected))
        print(f'tokenizers {tokenizers.__version__}; seed {options.seed}, {len(texts)} prompts, {size / len(texts):.0f} bytes and '
              f'{n_tokens / len(texts):.1f} ids each, {sum(not text.isascii() for text in texts)} not ASCII; {n_differ} differ in ids')
        rows = {'Rust encode, one by one': lambda: timed(lambda: [rust.encode(text) for text in texts]),
                'Rust encode_batch': lambda: timed(lambda: rust.encode_batch(texts)),
                'Rust encode_batch_fast (no offsets)': lambda: timed(lambda: rust.encode_batch_fast(texts)),
                'padwise pw_tokenizer_encode, one by one': lambda: ours.singles(one),
                'padwise pw_tokenizer_encode_batch, 1 thread': lambda: ours.batch(one),
                'padwise pw_tokenizer_encode_batch, 2 threads': lambda: ours.batch(two)}
        times = {name: [] for name in rows}
        for _ in range(options.repeats):
            for name, run in rows.items():
                times[name].append(run())
    best = {key: min(key(times[name]) for name in rows if name.startswith('Rust')) for key in (min, statistics.median)}
    print(f'{"":46} {"us/prompt":>10} {"MB/s":>8} {"M ids/s":>8} {"x median":>9} {"x minimum":>10}')
    for name, taken in times.items():
        median, least = statistics.median(taken), min(taken)
        print(f'{name:46} {median / len(texts) * 1e6:10.2f} {size / median / 1e6:8.1f} {n_tokens / median / 1e6:8.2f} '
              f'{best[statistics.median] / median:9.2f} {best[min] / least:10.2f}')
    return n_differ > 0


if __name__ == '__main__':
    sys.exit(main())

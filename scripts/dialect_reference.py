#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A1111's and ComfyUI's prompts re-stated in double: how a text is read, cut into chunks, encoded and weighted.

Written from ../shared/spec/prompt-weighting.md (sections 1 and 2) and from nothing else, padwise's code least of all: it is what
scripts/parity_dialects.py compares padwise with. It knows no model. An encoder is a function

    encode(ids [N,77], vectors: a list a row of (position, values)) -> rows [N,77,D], pooled [N,P]

and a tokenizer a function from text to ids without start, end and pads. Schedules are left out: the caller expands them.

  scripts/dialect_reference.py ../shared/cases/prompt-weighting-cases.json ../shared/data/tokenizers/clip

checks this file itself, with the toy encoder of the cases, against what the originals gave. Needs numpy, and for that
transformers 4.
"""
import dataclasses
import json
import re
import sys

import numpy as np

START, END, COMMA, LENGTH, CONTENT = 49406, 49407, 267, 77, 75


@dataclasses.dataclass
class Embedding:
    """A name that stands for vectors [n, width]."""
    name: str
    vectors: np.ndarray


@dataclasses.dataclass
class Chunk:
    ids: list
    weights: list
    vectors: list      # (position among the 77, values)


# ---- A1111: text --------------------------------------------------------------------------------

def without_comments(text):
    """A whole line goes with the line ends round it, the rest of a line with the one behind it; a line end stays."""
    return re.sub(r'#[^\n]*(\n|\Z)', '\n', re.sub(r'(^|\n)#[^\n]*(\n|\Z)', '\n', text))


def without_networks(text):
    return re.sub(r'<\w+:[^>]+>', '', text)


def and_parts(text):
    """[(text, weight)] of a positive prompt."""
    number = re.compile(r'\s*:\s*([+-]?(?:[0-9]+\.?|[0-9]*\.[0-9]+))\s*$')
    parts = []
    for part in re.split(r'\bAND\b', text):
        found = number.search(part)
        parts.append((part[:found.start()], float(found[1])) if found else (part.rstrip(), 1.0))
    return parts


PIECE = re.compile(r'\\[()\[\]\\]|\\|\(|\[|:\s*(?P<number>[+-]?[.\d]+)\s*\)|\)|\]|[^\\()\[\]:]+|:')


class Attention:
    """The pairs so far, and where open brackets began."""

    def __init__(self):
        self.pairs, self.open = [], {'(': [], '[': []}

    def close(self, bracket, factor):
        for pair in self.pairs[self.open[bracket].pop():]:
            pair[1] *= factor

    def add(self, text):
        for i, piece in enumerate(re.split(r'\s*\bBREAK\b\s*', text)):
            if i > 0:
                self.pairs.append(['BREAK', -1.0])
            self.pairs.append([piece, 1.0])

    def take(self, found):
        token = found[0]
        if token.startswith('\\'):
            self.pairs.append([token[1:], 1.0])
        elif token in self.open:
            self.open[token].append(len(self.pairs))
        elif found['number'] is not None and self.open['(']:
            self.close('(', float(found['number']))
        elif token == ')' and self.open['(']:
            self.close('(', 1.1)
        elif token == ']' and self.open['[']:
            self.close('[', 1 / 1.1)
        else:
            self.add(token)


def read_attention(text):
    """[[text, weight]], neighbours of equal weight joined."""
    state = Attention()
    for found in PIECE.finditer(text):
        state.take(found)
    for bracket, factor in (('(', 1.1), ('[', 1 / 1.1)):
        while state.open[bracket]:
            state.close(bracket, factor)
    joined = []
    for text_, weight in state.pairs or [['', 1.0]]:
        if joined and joined[-1][1] == weight:
            joined[-1][0] += text_
        else:
            joined.append([text_, weight])
    return joined


# ---- A1111: chunks ------------------------------------------------------------------------------

class Chunker:
    def __init__(self, backtrack):
        self.backtrack, self.chunks = backtrack, []
        self.open([], [])

    def open(self, ids, weights):
        self.ids, self.weights, self.vectors, self.last_comma = ids, weights, [], -1

    def close(self):
        n_pads = max(0, CONTENT - len(self.ids))
        self.chunks.append(Chunk([START] + self.ids + [END] * (n_pads + 1), [1.0] + self.weights + [1.0] * (n_pads + 1),
                                 self.vectors))
        self.open([], [])

    def go_back_to_comma(self):
        """What follows the comma moves on; vectors that were noted stay, as in the original."""
        begin = self.last_comma + 1
        ids, weights = self.ids[begin:], self.weights[begin:]
        self.ids, self.weights = self.ids[:begin], self.weights[:begin]
        self.close()
        self.open(ids, weights)

    def make_room(self, id_):
        n = len(self.ids)
        if id_ == COMMA:
            self.last_comma = n
        elif self.backtrack and n == CONTENT and self.last_comma != -1 and CONTENT - self.last_comma <= self.backtrack:
            self.go_back_to_comma()
        if len(self.ids) == CONTENT:
            self.close()

    def embed(self, embedding, weight):
        n = len(embedding.vectors)
        if len(self.ids) + n > CONTENT:
            self.close()
        self.vectors += [(len(self.ids) + 1 + i, values) for i, values in enumerate(embedding.vectors)]
        self.ids += [0] * n
        self.weights += [weight] * n


def a1111_chunks(pairs, tokenize, embeddings=(), backtrack=20):
    names = sorted(((tokenize(e.name), e) for e in embeddings), key=lambda item: -len(item[0]))
    state = Chunker(backtrack)
    for text, weight in pairs:
        if text == 'BREAK' and weight == -1:
            state.close()
            continue
        ids, i = tokenize(text), 0
        while i < len(ids):
            state.make_room(ids[i])
            found = next(((name, e) for name, e in names if name and ids[i:i + len(name)] == name), None)
            if found:
                state.embed(found[1], weight)
            else:
                state.ids.append(ids[i])
                state.weights.append(weight)
            i += len(found[0]) if found else 1
    if state.ids or not state.chunks:
        state.close()
    return state.chunks


# ---- A1111: rows --------------------------------------------------------------------------------

def with_pad(ids, pad):
    """Ids of a chunk for an encoder whose pad is not the end token."""
    end = ids.index(END) + 1
    return ids if pad == END else ids[:end] + [pad] * (len(ids) - end)


def emphasized(rows, weights, mode):
    if mode in ('none', 'ignore'):
        return rows
    weighted = rows * np.asarray(weights)[:, :, None]
    return weighted * (rows.mean() / weighted.mean()) if mode == 'original' else weighted


def a1111_rows(texts, tokenize, encode, pad=END, emphasis='original', embeddings=(), backtrack=20):
    """Texts are one batch, as those of a schedule are. Rows [B, 77 n, D], pooled of chunk 0 [B, P]."""
    pairs = [[[text, 1.0]] if emphasis == 'none' else read_attention(text) for text in texts]
    chunks = [a1111_chunks(one, tokenize, embeddings, backtrack) for one in pairs]
    n_chunks, rows, pooled = max(map(len, chunks)), [], None
    empty = Chunk([START] + [END] * (LENGTH - 1), [1.0] * LENGTH, [])
    for i in range(n_chunks):
        column = [one[i] if i < len(one) else empty for one in chunks]
        z, p = encode(np.array([with_pad(chunk.ids, pad) for chunk in column]), [chunk.vectors for chunk in column])
        rows.append(emphasized(z, [chunk.weights for chunk in column], emphasis))
        pooled = p if pooled is None else pooled
    return np.concatenate(rows, 1), pooled


# ---- ComfyUI ------------------------------------------------------------------------------------

ESCAPES = (('\\)', '\0\1'), ('\\(', '\0\2'))


def outer_pieces(text):
    """Cut at brackets that stand in no other."""
    pieces, current, depth = [], '', 0
    for character in text:
        if character == '(':
            if depth == 0:
                pieces.append(current)
                current = ''
            current += character
            depth += 1
        elif character == ')':
            depth -= 1
            current += character
            if depth == 0:
                pieces.append(current)
                current = ''
        else:
            current += character
    return [piece for piece in pieces + [current] if piece]


def token_weights(text, weight=1.0):
    """[(text, weight)] of text whose escapes are hidden."""
    result = []
    for piece in outer_pieces(text):
        if len(piece) < 2 or piece[0] != '(' or piece[-1] != ')':
            result.append((piece, weight))
            continue
        inner, value = piece[1:-1], weight * 1.1
        colon = inner.rfind(':')
        if colon > 0:
            try:
                inner, value = inner[:colon], float(inner[colon + 1:])
            except ValueError:
                pass
        result += token_weights(inner, value)
    return result


def comfyui_segments(text):
    for escape, code in ESCAPES:
        text = text.replace(escape, code)
    result = []
    for piece, weight in token_weights(text):
        for escape, code in ESCAPES:
            piece = piece.replace(code, escape[1])
        result.append((piece, weight))
    return result


def named_embedding(piece, embeddings):
    """(embedding or None, the text behind it) of a piece that begins with "embedding:"."""
    words = piece.removeprefix('embedding:').split()
    name, rest = words[0], ' '.join(words[1:])
    if name in embeddings:
        return embeddings[name], rest
    bare = name.strip(',')
    return embeddings.get(bare), (name[len(bare):] + ' ' + rest if len(bare) < len(name) else rest).strip()


def comfyui_groups(text, tokenize, embeddings):
    """[[(id, vector or None, weight)]]: what is tokenized at once."""
    groups = []
    for segment, weight in comfyui_segments(text):
        pieces = re.split(r'[ \n]embedding:', segment)
        for i, piece in enumerate(pieces):
            piece = 'embedding:' + piece if i > 0 else piece
            if piece.startswith('embedding:'):
                found, piece = named_embedding(piece, embeddings)
                groups += [[(0, vector, weight) for vector in found.vectors]] if found else []
                if not piece:
                    continue
            groups.append([(id_, None, weight) for id_ in tokenize(piece)])
    return groups


def comfyui_chunks(text, tokenize, pad=END, embeddings=()):
    batches = [[]]
    for group in comfyui_groups(text, tokenize, {e.name: e for e in embeddings}):
        is_large = len(group) >= 8
        while len(batches[-1]) + len(group) > CONTENT:
            n_cut = CONTENT - len(batches[-1]) if is_large else 0
            batches[-1] += group[:n_cut]
            group = group[n_cut:]
            batches.append([])
        batches[-1] += group
    return [comfyui_chunk(batch, pad) for batch in batches]


def comfyui_chunk(batch, pad):
    n_pads = LENGTH - 2 - len(batch)
    return Chunk([START] + [id_ for id_, _, _ in batch] + [END] + [pad] * n_pads,
                 [1.0] + [weight for _, _, weight in batch] + [1.0] * (n_pads + 1),
                 [(i + 1, vector) for i, (_, vector, _) in enumerate(batch) if vector is not None])


def comfyui_rows(text, tokenize, encode, pad=END, embeddings=()):
    """Rows [1, 77 n, D], pooled of chunk 0 [1, P]."""
    chunks = comfyui_chunks(text, tokenize, pad, embeddings)
    ids = [chunk.ids for chunk in chunks] + [comfyui_chunk([], pad).ids]
    z, pooled = encode(np.array(ids), [chunk.vectors for chunk in chunks] + [[]])
    empty, rows = z[-1], []
    for chunk, one in zip(chunks, z):
        w = np.asarray(chunk.weights)[:, None]
        rows.append(np.where(w == 1, one, empty + (one - empty) * w))
    return np.concatenate(rows)[None], pooled[:1]


# ---- This file against the originals ------------------------------------------------------------

def toy_encode(ids, vectors):
    """The cases' encoder: a causal mean over a closed form of id and place."""
    t, d = np.arange(ids.shape[1])[:, None], np.arange(4)
    h = ((ids[:, :, None] * (2 * d + 3) + 7 * d) % 97) / 97 - 0.5 + 0.5 * ((t * (d + 2)) % 13 / 13 - 0.5)
    rows = h + 0.25 * np.cumsum(h, 1) / (t + 1)
    return rows, np.stack([one[list(line).index(END)] for line, one in zip(ids, rows)])


def run_lengths(values):
    runs = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return runs


def as_runs(chunks, vector_id=None):
    """Chunks as the cases write them; vector_id, where given, stands where vectors do."""
    result = []
    for chunk in chunks:
        places = {place for place, _ in chunk.vectors}
        ids = [vector_id if vector_id and i in places else id_ for i, id_ in enumerate(chunk.ids)]
        result.append({'ids_rle': run_lengths(ids), 'weights_rle': run_lengths(chunk.weights)})
    return result


def toy_summary(rows, pooled):
    return {'shape': list(rows.shape), 'rows': rows[0, :6].tolist(), 'last_row': rows[0, -1].tolist()}


def made_up(params):
    found = params.get('embeddings') or {}
    return [Embedding(name, np.zeros((n, 4))) for name, n in found.items()]


def answer(case, tokenize):
    """(what this file gives, what is expected), or None: not its business."""
    system, text, params, expected = case['system'], case['input'], case.get('params') or {}, case.get('expected', {})
    if 'expected' not in case or 'error' in expected:
        return None
    if system == 'a1111-1.10.1/parse_prompt_attention':
        return read_attention(text), expected
    if system == 'a1111-1.10.1/get_multicond_prompt_list':
        return [list(part) for part in and_parts(text)], expected
    if system == 'a1111-1.10.1/comments.strip_comments':
        return without_comments(text), expected
    if system == 'a1111-1.10.1/extra_networks.parse_prompt':
        return without_networks(text), expected['text']
    if system == 'comfyui/token_weights':
        return [list(pair) for pair in comfyui_segments(text)], expected
    if system == 'a1111-1.10.1/tokenize_line':
        chunks = a1111_chunks(read_attention(text), tokenize, made_up(params), params.get('comma_padding_backtrack', 20))
        return as_runs(chunks), [{key: chunk[key] for key in ('ids_rle', 'weights_rle')} for chunk in expected['chunks']]
    if system.startswith('comfyui/tokenize_with_weights/clip'):
        return as_runs(comfyui_chunks(text, tokenize, END if system.endswith('_l') else 0, made_up(params)), 'EMB'), expected
    return toy_answer(system, text, params, expected, tokenize)


def toy_answer(system, text, params, expected, tokenize):
    if system == 'a1111-1.10.1/forward(toy)':
        mode = params.get('emphasis', 'Original').lower().replace(' ', '-')
        texts = [text] if isinstance(text, str) else text
        rows, pooled = a1111_rows(texts, tokenize, toy_encode, params.get('id_pad', END), mode)
        result = rows[params.get('returned_batch_row', 0):][:1], pooled
    elif system == 'comfyui/encode_token_weights(toy)':
        result = comfyui_rows(text, tokenize, toy_encode, params['special']['pad'])
    else:
        return None
    return toy_summary(*result), {'shape': expected['shape'], 'rows': expected['rows_0_to_5'], 'last_row': expected['last_row']}


def agrees(got, expected):
    if isinstance(expected, dict) and 'rows' in expected:
        return got['shape'] == expected['shape'] and all(
            np.allclose(got[key], expected[key], rtol=0, atol=1e-5) for key in ('rows', 'last_row'))
    return got == expected


def main():
    import transformers
    path, vocabulary = sys.argv[1:]
    tokenizer = transformers.CLIPTokenizer(f'{vocabulary}/vocab.json', f'{vocabulary}/merges.txt')
    with open(path, encoding='utf-8') as file:
        cases = json.load(file)['cases']
    n_passed = n_failed = n_skipped = 0
    for case in cases:
        both = answer(case, lambda text: tokenizer(text, add_special_tokens=False)['input_ids'])
        if both is None:
            n_skipped += 1
        elif agrees(*both):
            n_passed += 1
        else:
            n_failed += 1
            print('FAILED', case['id'], case['system'], repr(case['input'])[:60])
            print('  here    ', both[0], '\n  original', both[1])
    print(f'{n_passed} passed, {n_failed} failed, {n_skipped} skipped')
    return 1 if n_failed or not n_passed else 0


if __name__ == '__main__':
    sys.exit(main())

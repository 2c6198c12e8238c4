#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/cases/data/tokenizer-cases.json: what Hugging Face's and open_clip's tokenizers make of our texts with the
built-in vocabulary, which pw_tokenizer_save writes for them.

Two Pythons are asked, one of which is told that there is no ftfy. Characters newer than Unicode 14 are left out: the
tools disagree about these among themselves.

  scripts/golden/tokenizer_cases.py build/src/libpadwise.so    (needs transformers 4.57, ftfy, open_clip_torch)
"""
import ctypes
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import unicodedata

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tests', 'cases', 'data', 'tokenizer-cases.json')
COLUMNS = {
    'clip_hf_fast': 'transformers CLIPTokenizerFast from the saved tokenizer.json',
    'clip_hf_fast_padbang': 'the same with pad_token "!"',
    'clip_hf_slow_basic': 'transformers CLIPTokenizer without ftfy',
    'clip_hf_slow_basic_padbang': 'the same with pad_token "!"',
    'clip_hf_slow_ftfy': 'transformers CLIPTokenizer with ftfy',
    'clip_open_clip': 'open_clip SimpleTokenizer over the same merges, clean="lower"',
}
TEXTS = {
    'english': [
        'a lighthouse keeper reading by lamplight', 'Two herons, one canal; a foggy Tuesday.', 'THE QUIET LIBRARY AT NOON',
        'macro photo of moss on a brick, f/2.8, soft light', 'an oil painting (detail): hands mending a net',
        'CamelCaseWordsAndsnake_case_words', 'portrait -- not a landscape -- of a miner', 'a [red:blue] kite, ((very)) bright',
        'bread', 'i', 'why? because! so...', 'A man, a plan, a canal: Panama', 'half-timbered, well-worn, un-re-done',
        'e.g. a U.S. mail-box vs. a P.O. box'],
    'space': [
        '', ' ', '   ', '\n', '\t\r\n', ' lead', 'trail ', 'two  blanks', 'a\tb\nc\rd\r\ne', 'no\u00a0break', 'thin\u2009space',
        'ideographic\u3000space', 'line\u2028sep\u2029para', 'next\u0085line', 'ogham\u1680mark'],
    'contraction': [
        "don't they've I'm she'd we'll you're it's", "DON'T THEY'VE I'M", "rock'n'roll o'clock", "'tis 'twas", "the cats' bowls",
        "x's'y", "'s", "''s", "!'s", "can\u2019t won\u2019t", "she\u02bcll", "'\u017f long s", "''''", "l'\u00e9t\u00e9 d'or"],
    'number': [
        '7', '1984', '3.14159', '1,000,000', '4k 60fps 16:9', '2x4=8', '\u00bd cup', 'x\u00b2 + y\u00b3', '\u2167 \u2460 \u216b',
        '\u0663\u0664\u0665', '\u0969\u096a', '0x1F', '-40\u00b0C', '1e-07'],
    'accent': [
        'caf\u00e9', 'cafe\u0301', 'na\u00efve fa\u00e7ade', '\u00c5ngstr\u00f6m A\u030angstr\u00f6m', 'Stra\u00dfe STRA\u1e9eE',
        '\u0130stanbul Isparta', 'i\u0307', '\u039f\u0394\u039f\u03a3 \u039f\u0394\u039f\u03a3. \u03a3', '\u0141\u00f3d\u017a \u0151r',
        'e\u0301\u0323\u0301', '\u1ec7 e\u0323\u0302', '\u212b \u2126 K\u212a', '\ufb01ne \ufb02oor \ufb03', '\u01c4 \u01c5 \u01c6', '\u0149 \u0133'],
    'script': [
        '\u5c71\u6c34\u753b', '\u732b cat \u72ac dog', 'ink\u58a8ink', '\u3072\u3089\u304c\u306a \u30ab\u30bf\u30ab\u30ca',
        '\u304c \u304b\u3099', '\uff21\uff22\uff43 \uff11\uff12\uff13', '\uff76\uff9e', '\ud55c\uad6d\uc5b4', '\u1112\u1161\u11ab',
        '\u65e5\u672c\u8a9e\u3001\u4e2d\u6587\u3002', '\U00020000\U0002a700', '\uf900\ufa0e', '\u043f\u043e\u0440\u0442\u0440\u0435\u0442 \u041c\u041e\u0420\u042f',
        '\u0634\u0645\u0633 \u0642\u0645\u0631', '\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd', '\u0939\u093f\u0928\u094d\u0926\u0940', '\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22',
        '\u10a0\u10d0 \u1c90', '\u13a0\uab70', '\U00010400\U00010428'],
    'emoji': [
        '\U0001f40c', 'a \U0001f98a in the snow \u2744\ufe0f', '\U0001f468\u200d\U0001f469\u200d\U0001f467', '\U0001f44b\U0001f3fd',
        '\U0001f1ee\U0001f1f8', '1\ufe0f\u20e3', '\u2764\u2764\u2764', ':-) \u263a', '\u2192\u21d2\u27f6', '\u2014 \u2026 \u2022 \u20ac \u2122'],
    'control': [
        'nul\x00byte', 'bell\x07 esc\x1b[31mred\x1b[0m', 'unit\x1fsep rec\x1ea', 'del\x7fete', 'c1\x84\x9f', 'soft\u00adhyphen',
        'zero\u200bwidth\u200cjoin\u200der', 'bom\ufeffhere', '\ufeffbom first', 'rtl\u202emark', 'repl\ufffdacement', 'priv\ue000ate',
        'non\uffffchar', 'tag\U000e0041s'],
    'html': [
        'salt &amp; pepper', '&lt;b&gt;bold&lt;/b&gt;', '&amp;amp;', '&copy; &eacute; &EACUTE;', '&#65;&#x42;&#x1F40C;', '&nosuch; &amp', '<i>tag</i> &amp; co',
        'a &amp; b\nc < d &amp; e', '&nbsp;&nbsp;', '&#0; &#128; &#xD800;', 'AT&T R&D'],
    'special': [
        '<|startoftext|>', '<|endoftext|>', 'a<|endoftext|>b', 'x <|startoftext|> y', '<|ENDOFTEXT|>', '<|StartOfText|>', '<|endoftext|><|endoftext|>',
        '< |endoftext| >', '<|endoftext', '<start_of_text>', 'a <end_of_text> b', '! a !! b !!!', 'wow!', 'no!pe', '<|pad|>', '</w>', 'end</w> of word'],
    'long': [
        'a' * 200, 'pneumonoultramicroscopicsilicovolcanoconiosis', 'ha' * 90, '\u00e9' * 60, '!' * 77, 'word ' * 90, '9' * 100,
        'antidisestablishmentarianism ' * 5, '\U0001f40c' * 40, 'qzxjkv' * 20],
    'mix': [
        'Caf\u00e9\u2019s \u201cspecial\u201d: \u00bd off \u2014 don\u2019t miss!', '(\u732b:1.2), [dog|\u72ac], <lora:x:0.5>', 'http://example.org/?q=a&amp;b=\u00e9#top',
        'C:\\Users\\me\\f.png', 'user@example.org', '#tag @name $5 50% a^b ~c `d` {e} \\f', "it's 5 o'clock\u2014&quot;tea&quot; \u2615", 'A\u0300\u0316B\u0327c'],
}


def save_builtin(library, folder):
    """pw_tokenizer_open_builtin and pw_tokenizer_save, through the library itself."""
    padwise = ctypes.CDLL(library)
    context, tokenizer, error = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.create_string_buffer(4096)
    if (padwise.pw_context_create(ctypes.byref(context), None, error) != 0
            or padwise.pw_tokenizer_open_builtin(ctypes.byref(tokenizer), context, None, error) != 0
            or padwise.pw_tokenizer_save(tokenizer, folder.encode(), error) != 0):
        raise SystemExit(f'the built-in tokenizer cannot be saved: {error.raw!r}')


def all_texts():
    return [text for texts in TEXTS.values() for text in texts]


def slow_basic(folder):
    """In a Python of its own, where ftfy cannot be imported: the ids, as JSON on stdout."""
    sys.modules['ftfy'] = None
    import transformers  # pylint: disable=import-outside-toplevel
    answers = {}
    for column, options in (('clip_hf_slow_basic', {}), ('clip_hf_slow_basic_padbang', {'pad_token': '!'})):
        tokenizer = transformers.CLIPTokenizer.from_pretrained(folder, **options)
        if tokenizer.fix_text is not None:
            raise SystemExit('this tokenizer has ftfy')
        answers[column] = [tokenizer(text)['input_ids'] for text in all_texts()]
    json.dump(answers, sys.stdout)


def open_clip_ids(folder):
    """open_clip reads a gzip of merges."""
    from open_clip.tokenizer import SimpleTokenizer  # pylint: disable=import-outside-toplevel
    path = os.path.join(folder, 'merges.txt.gz')
    with open(os.path.join(folder, 'merges.txt'), 'rb') as merges, gzip.open(path, 'wb') as packed:
        packed.write(merges.read().rstrip(b'\n'))
    tokenizer = SimpleTokenizer(bpe_path=path)
    return [[tokenizer.sot_token_id] + tokenizer.encode(text) + [tokenizer.eot_token_id] for text in all_texts()]


def ask(folder):
    import transformers  # pylint: disable=import-outside-toplevel
    output = subprocess.run([sys.executable, os.path.abspath(__file__), '--slow-basic', folder],
                            check=True, stdout=subprocess.PIPE).stdout
    answers = json.loads(output)
    for column, kind, options in (('clip_hf_fast', transformers.CLIPTokenizerFast, {}),
                                  ('clip_hf_fast_padbang', transformers.CLIPTokenizerFast, {'pad_token': '!'}),
                                  ('clip_hf_slow_ftfy', transformers.CLIPTokenizer, {})):
        tokenizer = kind.from_pretrained(folder, **options)
        answers[column] = [tokenizer(text)['input_ids'] for text in all_texts()]
    answers['clip_open_clip'] = open_clip_ids(folder)
    return answers


def case_of(category, text, ids):
    """ids by column; a column with the ids of an earlier one names it."""
    case = {'cat': category, 'text': text, 'utf8_hex': text.encode().hex()}
    for column in COLUMNS:
        same = [other for other in COLUMNS if other in case and case[other] == ids[column]]
        case[column] = same[0] if same else ids[column]
    return case


def versions():
    import ftfy  # pylint: disable=import-outside-toplevel
    import open_clip  # pylint: disable=import-outside-toplevel
    import regex  # pylint: disable=import-outside-toplevel
    import tokenizers  # pylint: disable=import-outside-toplevel
    import transformers  # pylint: disable=import-outside-toplevel
    return {'transformers': transformers.__version__, 'tokenizers': tokenizers.__version__, 'ftfy': ftfy.__version__,
            'open_clip_torch': open_clip.__version__, 'regex': regex.__version__,
            'python': f'{platform.python_version()} unicodedata {unicodedata.unidata_version}'}


def main():
    if sys.argv[1] == '--slow-basic':
        slow_basic(sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        save_builtin(sys.argv[1], folder)
        answers = ask(folder)
    cases = []
    for category, texts in TEXTS.items():
        for text in texts:
            i_text = len(cases)
            cases.append(case_of(category, text, {column: answers[column][i_text] for column in COLUMNS}))
    meta = {'about': 'Ids with bos and eos, nothing cut, nothing padded. A text as a value means: as the column of that name. '
                     'utf8_hex is the text, byte for byte.',
            'vocabulary': 'builtin', 'keys': COLUMNS, 'made_by': 'scripts/golden/tokenizer_cases.py', 'versions': versions(),
            'count': len(cases)}
    with open(OUT, 'w', encoding='ascii') as file:
        file.write('{"meta": ' + json.dumps(meta, indent=1) + ',\n"cases": [\n')
        file.write(',\n'.join(json.dumps(case) for case in cases))
        file.write('\n]}\n')
    print(f'{len(cases)} cases, {len(COLUMNS)} columns')


if __name__ == '__main__':
    main()

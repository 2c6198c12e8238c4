#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write src/text/unicode_table.c: properties and mappings of characters, as the tools that we mirror saw them.

Sources: ../shared/data/tokenizers/unicode/hf-tables.json (oniguruma's letters, numbers and white space, Rust's lower
case); this Python's own tables (Unicode 14: categories, str.lower, NFKC); libutf8proc 2.8 (Unicode 15: what Python's
`regex` 2022.10.31 calls a letter or a number). Other versions of these give another table, so they are refused.

    scripts/gen_unicode.py [hf-tables.json] > src/text/unicode_table.c
"""
import ctypes
import json
import os
import re
import sys
import unicodedata

N_CODES = 0x110000
BLOCK = 128  # the block size that makes the two stages smallest together

# Bits of a property, as src/text/properties.h names them.
BITS = ("LETTER", "NUMBER", "SPACE", "LETTER_15", "NUMBER_15", "OTHER", "CASED", "CASE_IGNORABLE", "LOWER", "LOWER_14",
        "DECIMAL", "PLAIN")
BIT = {name: 1 << i for i, name in enumerate(BITS)}


def is_character(code):
    return not 0xD800 <= code < 0xE000


def ranges_to_set(ranges):
    return {code for first, last in ranges for code in range(first, last + 1)}


def require_versions():
    if unicodedata.unidata_version != "14.0.0":
        sys.exit("gen_unicode.py: needs Python 3.11 (Unicode 14.0.0), this one has " + unicodedata.unidata_version)
    utf8proc = ctypes.CDLL("libutf8proc.so.2")
    utf8proc.utf8proc_unicode_version.restype = ctypes.c_char_p
    version = utf8proc.utf8proc_unicode_version().decode()
    if version != "15.0.0":
        sys.exit("gen_unicode.py: needs libutf8proc 2.8 (Unicode 15.0.0), this one has " + version)
    return utf8proc


def categories_15(utf8proc):
    """Code -> category as Unicode 15 has it ("Lu"), from libutf8proc."""
    utf8proc.utf8proc_category_string.restype = ctypes.c_char_p
    return [utf8proc.utf8proc_category_string(code).decode() for code in range(N_CODES)]


def cased_and_ignorable():
    """CPython does not show these two properties, but its final sigma rule tells them apart: after a cased letter a
    capital sigma is final, and characters that are case-ignorable do not count."""
    final = "\u03c2"
    cased, ignorable = set(), set()
    for code in filter(is_character, range(N_CODES)):
        if (chr(code) + "\u03a3").lower().endswith(final):
            cased.add(code)
        elif ("A" + chr(code) + "\u03a3").lower().endswith(final):
            ignorable.add(code)
    return cased, ignorable


def lower_maps(rust_lower):
    """Rust's map and the part of it that Python 3.11 has; both of one character each but for U+0130."""
    rust = {int(code, 16): to for code, to in rust_lower.items()}
    python = {code: [ord(c) for c in chr(code).lower()] for code in range(N_CODES) if chr(code).lower() != chr(code)}
    assert all(rust[code] == to for code, to in python.items())
    assert [code for code, to in rust.items() if len(to) != 1] == [0x130] and rust.pop(0x130) == [0x69, 0x307]
    return {code: to[0] for code, to in rust.items()}, set(python)


def plain_characters():
    """Steps 3 to 6 of ftfy (encoders.md 1.6), one after the other: C1 controls as windows-1252, Latin ligatures and
    wide forms as their compatibility decomposition, curly quotes as straight ones."""
    def c1(code):
        try:
            return bytes([code]).decode("windows-1252") if 0x80 <= code <= 0x9F else chr(code)
        except UnicodeDecodeError:
            return chr(code)

    ligatures = {0x132, 0x133, 0x149, *range(0x1C4, 0x1CD), *range(0x1F1, 0x1F4), *range(0xFB00, 0xFB07)}
    wide = {0x3000, *range(0xFF01, 0xFFBF), *range(0xFFC2, 0xFFC8), *range(0xFFCA, 0xFFD0), *range(0xFFD2, 0xFFD8),
            *range(0xFFDA, 0xFFDD), *range(0xFFE0, 0xFFE7), *range(0xFFE8, 0xFFEF)}
    plain = {}
    for code in filter(is_character, range(N_CODES)):
        text = c1(code)
        if code == 0xFB05:
            text = "\u017ft"  # keeps its long s, which NFKC would change
        elif code in ligatures or code in wide:
            text = unicodedata.normalize("NFKC", chr(code))
        text = re.sub("[\u201c-\u201f]", '"', re.sub("[\u02bc\u2018-\u201b]", "'", text))
        if text != chr(code):
            plain[code] = [ord(c) for c in text]
    assert max(map(len, plain.values())) == 3
    return plain


def property_of(code, sets):
    return sum(BIT[name] for name in BITS if code in sets[name])


def two_stages(values):
    blocks, index = {}, []
    for start in range(0, N_CODES, BLOCK):
        block = tuple(values[start:start + BLOCK])
        index.append(blocks.setdefault(block, len(blocks)))
    assert len(blocks) < 65536
    return index, [value for block in blocks for value in block]


def write_array(declaration, items, per_line):
    print("\n" + declaration + " = {")
    for i in range(0, len(items), per_line):
        print("    " + ", ".join(items[i:i + per_line]) + ",")
    print("};")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    source = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
        here, "..", "..", "shared", "data", "tokenizers", "unicode", "hf-tables.json")
    utf8proc = require_versions()
    with open(source, encoding="utf-8") as file:
        tables = json.load(file)
    assert tables["onig_space"] == tables["rust_whitespace"]

    category = categories_15(utf8proc)
    cased, ignorable = cased_and_ignorable()
    lower, lower_14 = lower_maps(tables["rust_lower"])
    plain = plain_characters()
    sets = {
        "LETTER": ranges_to_set(tables["onig_L"]),
        "NUMBER": ranges_to_set(tables["onig_N"]),
        "SPACE": ranges_to_set(tables["onig_space"]),
        "LETTER_15": {code for code in range(N_CODES) if category[code][0] == "L"},
        "NUMBER_15": {code for code in range(N_CODES) if category[code][0] == "N"},
        "OTHER": {code for code in range(N_CODES) if unicodedata.category(chr(code))[0] == "C"},
        "CASED": cased,
        "CASE_IGNORABLE": ignorable,
        "LOWER": set(lower),
        "LOWER_14": lower_14 - {0x130},
        "DECIMAL": {code for code in filter(is_character, range(N_CODES)) if re.match(r"\d", chr(code))},
        "PLAIN": set(plain),
    }
    assert {code for code in range(N_CODES) if chr(code).isspace()} == sets["SPACE"] | {0x1C, 0x1D, 0x1E, 0x1F}
    index, values = two_stages([property_of(code, sets) for code in range(N_CODES)])

    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by scripts/gen_unicode.py; do not edit. */")
    print('#include "text/properties.h"')
    write_array("const uint16_t pwi_property_blocks[PWI_PROPERTY_BLOCKS]", [str(i) for i in index], 24)
    write_array("const uint16_t pwi_property_values[]", [str(value) for value in values], 24)
    write_array("const pwi_mapping pwi_lower_table[]", ["{0x%X, {0x%X}}" % pair for pair in sorted(lower.items())], 5)
    print("\nconst size_t pwi_n_lower = %d;" % len(lower))
    write_array("const pwi_mapping pwi_plain_table[]",
                ["{0x%X, {%s}}" % (code, ", ".join("0x%X" % c for c in to)) for code, to in sorted(plain.items())], 5)
    print("\nconst size_t pwi_n_plain = %d;" % len(plain))


if __name__ == "__main__":
    main()

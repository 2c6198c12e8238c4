#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_builtin_vocab.py PADWISE: trains the built-in vocabulary (data/vocab/merges.txt) from text that Debian ships.

The text: the glosses of WordNet (package wordnet-base) and the English names and keywords of CLDR (unicode-cldr-core):
emoji, languages, scripts, territories. `scripts/install_packages.sh vocab` installs both packages. data/vocab/how.json
records what went in and what came out; the same packages give the same bytes.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

WORDNET = '/usr/share/wordnet'
CLDR = '/usr/share/unicode/cldr/common'
PACKAGES = ('wordnet-base', 'unicode-cldr-core')
N_MERGES = 8000
OUT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'data', 'vocab')


def wordnet_glosses():
    """The text behind the bar of every synset, in the order of the files."""
    for part in ('noun', 'verb', 'adj', 'adv'):
        with open(os.path.join(WORDNET, 'data.' + part), encoding='utf-8') as lines:
            for line in lines:
                if not line.startswith('  '):  # the licence at the top
                    yield line.split('|', 1)[1].strip()


def emoji_names():
    """Names and keywords of emoji: "beaver, dam"."""
    for folder in ('annotations', 'annotationsDerived'):
        for entry in ElementTree.parse(os.path.join(CLDR, folder, 'en.xml')).iter('annotation'):
            yield entry.text.replace(' | ', ', ').strip()


def display_names():
    """Names of languages, scripts and territories."""
    names = ElementTree.parse(os.path.join(CLDR, 'main', 'en.xml')).find('localeDisplayNames')
    for kind in ('language', 'script', 'territory'):
        for entry in names.iter(kind):
            if entry.text and entry.text.strip():
                yield entry.text.strip()


# What goes in, and how many times. The built-in model learns from emoji and their names, so their words should be few
# tokens: with 40 copies they weigh about as much as the glosses.
SOURCES = [('wordnet_glosses', wordnet_glosses, 1), ('cldr_emoji_names', emoji_names, 40),
           ('cldr_display_names', display_names, 4)]


def gather(path):
    counts, text = {}, b''
    for name, source, n_copies in SOURCES:
        lines = [re.sub(r'\s+', ' ', line) + '\n' for line in source()]
        counts[name] = {'lines': len(lines), 'copies': n_copies}
        text += ''.join(lines * n_copies).encode()
    with open(path, 'wb') as file:
        file.write(text)
    return {**counts, 'bytes': len(text), 'sha256': hashlib.sha256(text).hexdigest()}


def package_versions():
    return {package: subprocess.run(['dpkg-query', '-W', '-f', '${Version}', package], stdout=subprocess.PIPE,
                                    text=True, check=True).stdout for package in PACKAGES}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('padwise', help='the command, build/padwise')
    parser.add_argument('--text', help='keep the text here')
    parser.add_argument('--check', action='store_true', help='compare with what is committed, write nothing')
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as work:
        text = os.path.join(work, 'text.txt')
        how = {'made_by': 'scripts/make_builtin_vocab.py', 'packages': package_versions(), 'text': gather(text)}
        if options.text:
            shutil.copy(text, options.text)
        command = ['vocab', 'train', '--from', text, '--merges', str(N_MERGES), '-o', os.path.join(work, 'vocab')]
        subprocess.run([options.padwise] + command, check=True)
        with open(os.path.join(work, 'vocab', 'merges.txt'), 'rb') as file:
            merges = file.read()
    how['merges'] = {'command': f'padwise vocab train --from TEXT --merges {N_MERGES}', 'n_merges': N_MERGES,
                     'bytes': len(merges), 'sha256': hashlib.sha256(merges).hexdigest()}
    files = {'merges.txt': merges, 'how.json': (json.dumps(how, indent=2) + '\n').encode()}
    for name, content in files.items():
        path = os.path.join(OUT, name)
        if options.check:
            with open(path, 'rb') as file:
                if file.read() != content:
                    print(f'{path} is not what these packages give')
                    return 1
        else:
            with open(path, 'wb') as file:
                file.write(content)
    print(json.dumps(how, indent=2))
    return 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_builtin_vocab.py PADWISE: trains the built-in vocabulary (data/vocab/merges.txt) from text that Debian ships.

The text: the glosses of WordNet (package wordnet-base) and the English names and keywords of CLDR (unicode-cldr-core):
emoji, languages, scripts, territories. The names come ten times, because the built-in model learns from emoji and their
names: their words should be few tokens. `scripts/install_packages.sh vocab` installs both packages. data/vocab/how.json
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
N_NAME_COPIES = 10
OUT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'data', 'vocab')


def wordnet_glosses():
    """The text behind the bar of every synset, in the order of the files."""
    for part in ('noun', 'verb', 'adj', 'adv'):
        with open(os.path.join(WORDNET, 'data.' + part), encoding='utf-8') as lines:
            for line in lines:
                if not line.startswith('  '):  # the licence at the top
                    yield line.split('|', 1)[1].strip()


def cldr_names():
    """Emoji names with their keywords, then the names of languages, scripts and territories."""
    for folder in ('annotations', 'annotationsDerived'):
        for entry in ElementTree.parse(os.path.join(CLDR, folder, 'en.xml')).iter('annotation'):
            yield entry.text.replace(' | ', ', ').strip()
    names = ElementTree.parse(os.path.join(CLDR, 'main', 'en.xml')).find('localeDisplayNames')
    for kind in ('language', 'script', 'territory'):
        for entry in names.iter(kind):
            if entry.text and entry.text.strip():
                yield entry.text.strip()


def gather(path):
    glosses, names = list(wordnet_glosses()), list(cldr_names())
    lines = glosses + names * N_NAME_COPIES
    text = ''.join(re.sub(r'\s+', ' ', line) + '\n' for line in lines).encode()
    with open(path, 'wb') as file:
        file.write(text)
    return {'wordnet_glosses': len(glosses), 'cldr_names': len(names), 'copies_of_names': N_NAME_COPIES,
            'bytes': len(text), 'sha256': hashlib.sha256(text).hexdigest()}


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

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the built library shows to the linker.

check_symbols.py SHARED STATIC [--sanitized] [--update]
The shared library exports exactly docs/api/symbols.txt (--update rewrites it; new ones belong under "New API" in
CHANGELOG.md), which is exactly what the public headers declare. Global symbols of the static library begin with pw_ or
pwi_. Nothing that can change is global: no writable data at all.
"""
import os
import re
import subprocess
import sys

from tree import main

SYMBOLS = 'docs/api/symbols.txt'
DECLARATION = re.compile(r'\bPW_API\b[^;{]*?\b(\w+)\s*\([^;{]*?\)\s*;')
# objdump -t: address, flags, section, size, name.
OBJECT = re.compile(r'^[0-9a-f]+ .{7} (\S+)\t[0-9a-f]+ +(?:\.hidden )?(\S+)$')


def is_writable(section):
    """Constant pointers live in .data.rel.ro until they are relocated: those cannot change."""
    return re.match(r'\.(data|bss|tdata|tbss)\b(?!\.rel\.ro)|\*COM\*', section) is not None


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def exported(shared):
    lines = run('nm', '-D', '--defined-only', shared).splitlines()
    return sorted({line.split()[-1].split('@')[0] for line in lines})


def declared(tree):
    names = set()
    for path in tree.under('include', endings=('.h',)):
        names |= set(DECLARATION.findall(tree.code(path)))
    return sorted(names)


def listed(tree):
    if SYMBOLS not in tree.paths:
        return []
    return [line for line in tree.text(SYMBOLS).split('\n') if line and not line.startswith('#')]


def update(tree, shared):
    path = os.path.join(tree.root, SYMBOLS)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='ascii') as file:
        file.write('# What libpadwise.so exports. Written by: tests/style/check_symbols.py --update\n')
        file.writelines(name + '\n' for name in exported(shared))


def difference(a, b, only_a, only_b):
    for name in sorted(set(a) - set(b)):
        yield f'{name}: {only_a}'
    for name in sorted(set(b) - set(a)):
        yield f'{name}: {only_b}'


def rules(shared, static):
    def as_listed(tree):
        return difference(exported(shared), listed(tree), f'exported, but not in {SYMBOLS}',
                          f'in {SYMBOLS}, but not exported')

    def as_declared(tree):
        return difference(exported(shared), declared(tree), 'exported, but no public header declares it',
                          'a public header declares it, but the library has none')

    def prefixes(_tree):
        for line in run('nm', '--extern-only', '--defined-only', static).splitlines():
            name = line.split()[-1] if len(line.split()) == 3 else ''
            if name and not re.match(r'pwi?_', name):
                yield f'{name}: global in the static library, without pw_ or pwi_'

    def no_state(_tree):
        for line in run('objdump', '-t', static).splitlines():
            match = OBJECT.match(line)
            if match and is_writable(match.group(1)) and match.group(2) != match.group(1):
                yield f'{match.group(2)}: lives in {match.group(1)}: global state that can change'

    return [('exports as listed', as_listed), ('exports as declared', as_declared),
            ('prefixes in the static library', prefixes), ('no global state', no_state)]


if __name__ == '__main__':
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith('--')]
    if '--sanitized' in sys.argv:
        main([], skips=['symbols: a sanitizer adds its own'])
    if '--update' in sys.argv:
        from tree import Tree
        update(Tree(os.environ.get('PADWISE_SOURCE') or os.getcwd()), arguments[0])
    main(rules(*arguments))

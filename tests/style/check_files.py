#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What every file must have and must not have: SPDX line, header guard, clean line ends, ASCII, no leftovers."""
import re

from tree import C_ENDINGS, CODE_ENDINGS, is_generated, main

SPDX = 'SPDX-License-Identifier: MIT'
VERSION_HEADER = 'include/padwise/version.h'
LEFTOVER = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b|^[ \t]*#[ \t]*if 0\b')


def is_data(path):
    """Test material and third-party texts are kept byte for byte."""
    return path.startswith(('tests/golden/', 'tests/fuzz/corpus/', 'tests/cases/', 'tests/data/', 'licenses/',
                            'data/'))


def code_files(tree):
    named = {'Makefile', '.ci/run', 'tests/run-cases', 'meson_options.txt'}
    return [path for path in tree.paths
            if (path.endswith(CODE_ENDINGS) or path in named) and not is_data(path)]


def spdx(tree):
    """Every source file; the build description says it once, in the top meson.build."""
    for path in code_files(tree):
        if path.endswith(('/meson.build', 'meson_options.txt')):
            continue
        if SPDX not in '\n'.join(tree.text(path).split('\n')[:3]):
            yield f'{path}:1: the first lines lack "{SPDX}"'


def guard_name(path):
    parts = re.split(r'[/.]', path)
    if parts[0] == 'include':
        parts = parts[1:]
    elif parts[0] == 'src':
        parts = ['PWI'] + parts[1:]
    elif parts[0] == 'tools':
        parts = ['TOOL'] + parts[2:]
    else:
        return None
    return '_'.join(parts).upper().replace('-', '_')


def guards(tree):
    """src/base/buf.h is guarded by PWI_BASE_BUF_H, include/padwise/file.h by PADWISE_FILE_H, a tool's show.h by
    TOOL_SHOW_H."""
    for path in tree.paths:
        if not path.endswith('.h') or is_data(path):
            continue
        code = tree.code(path)
        found = re.match(r'\s*#ifndef (\w+)\s*#define (\w+)\s', code)
        wanted = guard_name(path)
        if not found or found.group(1) != found.group(2) or not code.rstrip().endswith('#endif'):
            yield f'{path}:1: has no header guard'
        elif wanted and found.group(1) != wanted:
            yield f'{path}:1: its guard is {found.group(1)}, not {wanted}'


def line_ends(tree):
    code = set(code_files(tree))
    for path in tree.paths:
        if is_data(path) or not (path in code or path.endswith(('.md', '.scd')) or path.startswith('.')):
            continue
        text = tree.text(path)
        for number, line in enumerate(text.split('\n'), 1):
            if line.endswith((' ', '\t', '\r')):
                yield f'{path}:{number}: blanks or a CR at the end of the line'
            if '\t' in line and path.endswith(C_ENDINGS + ('.py',)):
                yield f'{path}:{number}: a tab'
        if text and (not text.endswith('\n') or text.endswith('\n\n')):
            yield f'{path}:{text.count(chr(10))}: must end with one newline'


def ascii_only(tree):
    """Code is ASCII; tests may hold other characters in strings, where they are the test's data."""
    for path in code_files(tree):
        text = tree.text(path)
        if path.startswith('tests/') and path.endswith(C_ENDINGS):
            text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
        elif path.startswith('tests/'):
            continue
        for number, line in enumerate(text.split('\n'), 1):
            if not line.isascii():
                yield f'{path}:{number}: a character that is not ASCII: write it as an escape'


def leftovers(tree):
    for path in code_files(tree):
        if path == 'tests/style/check_files.py' or path == 'tests/style/selftest.py':
            continue
        for number, line in enumerate(tree.text(path).split('\n'), 1):
            if LEFTOVER.search(line):
                yield f'{path}:{number}: a leftover ({line.strip()[:40]})'


def one_version(tree):
    """The version stands in version.h; whoever else needs it asks there."""
    numbers = re.findall(r'^#define PW_VERSION_[A-Z]+\s+(\d+)$', tree.text(VERSION_HEADER), re.MULTILINE)
    version = '.'.join(numbers)
    if len(numbers) != 3:
        yield f'{VERSION_HEADER}:1: does not define the three numbers'
        return
    for path in code_files(tree):
        if path == VERSION_HEADER or is_generated(path):
            continue
        for number, line in enumerate(tree.text(path).split('\n'), 1):
            if re.search(rf'(?<![\d.]){re.escape(version)}(?![\d.])', line):
                yield f'{path}:{number}: the version, written a second time'


RULES = [('SPDX lines', spdx), ('header guards', guards), ('line ends', line_ends), ('ASCII', ascii_only),
         ('no leftovers', leftovers), ('version in one place', one_version)]

if __name__ == '__main__':
    main(RULES)

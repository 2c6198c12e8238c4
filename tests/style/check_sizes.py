#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Functions of at most 60 lines (100 with a reason: a comment "long: why"), files of at most 600 (1000 is the end),
internal headers of at most 200. Generated tables are exempt. The ten longest of each are shown, as curl does."""
import os
import re
import shutil
import subprocess

from tree import C_ENDINGS, is_generated, main

FUNCTION_LINES, FUNCTION_LINES_WITH_REASON = 60, 100
FILE_LINES, FILE_LINES_MAX, HEADER_LINES_MAX = 600, 1000, 200
N_SHOWN = 10
HAS_CTAGS = shutil.which('ctags') is not None


def c_files(tree):
    return [path for path in tree.paths if path.endswith(C_ENDINGS) and not is_generated(path)]


def functions(tree):
    """(lines, path, first line, name) of every C function, longest first."""
    paths = [path for path in c_files(tree) if not path.endswith('.def')]
    if not paths:
        return []
    listed = subprocess.run(['ctags', '--language-force=C', '--c-kinds=f', '--fields=+ne', '-L', '-', '-f', '-'],
                            input='\n'.join(paths), cwd=tree.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True, check=True)
    found = []
    for line in listed.stdout.splitlines():
        begin, end = re.search(r'\tline:(\d+)', line), re.search(r'\tend:(\d+)', line)
        if begin and end:
            name, path = line.split('\t')[:2]
            found.append((int(end.group(1)) - int(begin.group(1)) + 1, path, int(begin.group(1)), name))
    return sorted(found, reverse=True)


def has_reason(tree, path, first, n_lines):
    """A comment "long: why" in the function or in the ten lines above it."""
    around = tree.text(path).split('\n')[max(0, first - 11):first + n_lines]
    return any(re.search(r'\blong: \w+', line) for line in around)


def long_functions(tree):
    found = functions(tree)
    for n_lines, path, first, name in found[:N_SHOWN]:
        print(f'       {n_lines:5} {path}:{first} {name}')
    for n_lines, path, first, name in found:
        if n_lines > FUNCTION_LINES_WITH_REASON:
            yield f'{path}:{first}: {name} has {n_lines} lines; {FUNCTION_LINES_WITH_REASON} is the end: split it'
        elif n_lines > FUNCTION_LINES and not has_reason(tree, path, first, n_lines):
            yield (f'{path}:{first}: {name} has {n_lines} lines, over {FUNCTION_LINES}: split it, or say why in a '
                   'comment "long: ..."')


def long_files(tree):
    sizes = sorted(((tree.text(path).count('\n'), path) for path in c_files(tree)), reverse=True)
    for n_lines, path in sizes[:N_SHOWN]:
        print(f'       {n_lines:5} {path}{"  over " + str(FILE_LINES) if n_lines > FILE_LINES else ""}')
    for n_lines, path in sizes:
        if n_lines > FILE_LINES_MAX:
            yield f'{path}:1: {n_lines} lines; {FILE_LINES_MAX} is the end, {FILE_LINES} the aim: one idea a file'
        elif n_lines > HEADER_LINES_MAX and path.endswith('.h') and path.startswith('src/'):
            yield f'{path}:1: {n_lines} lines; an internal header has at most {HEADER_LINES_MAX}'


def unique_names(tree):
    """A file name says which file is meant: no two .c or .h of src/ share one (style.md 1)."""
    seen = {}
    for path in tree.under('src', endings=('.c', '.h')):
        other = seen.setdefault(os.path.basename(path), path)
        if other != path:
            yield f'{path}:1: has the same name as {other}'


RULES = [('file length', long_files), ('unique file names', unique_names)]
if HAS_CTAGS:
    RULES.insert(0, ('function length', long_functions))

if __name__ == '__main__':
    main(RULES, skips=[] if HAS_CTAGS else ['function length: ctags is not installed (universal-ctags)'])

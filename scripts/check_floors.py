#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rooms and floors (docs/adr/0002): a file includes its own room, lower floors and <padwise/...>; no circles.

tools/ and the examples include public headers only; public headers include each other and C's own. Includes with quotes
are written from src/, so the line itself names its room.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'style'))
from tree import C_ENDINGS, main  # noqa: E402

FLOORS = {
    'base': 0,
    'text': 1, 'formats': 1, 'images': 1, 'plot': 1,
    'kernels': 2, 'tokenizers': 2,
    'models': 3,
    'prompt': 4,
    'conditioning': 5, 'embed': 5,
    'lab': 6, 'train': 6, 'bulk': 6,
}
C_HEADERS = {'stddef.h', 'stdint.h', 'stdbool.h'}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(tree, path):
    text = tree.code(path, keep_strings=True)
    for match in INCLUDE.finditer(text):
        yield text.count('\n', 0, match.start()) + 1, match.group(1) == '<', match.group(2)


def floors(tree):
    """src/: own room, lower floors, public headers."""
    for path in tree.under('src', endings=C_ENDINGS):
        parts = path.split('/')
        room = parts[1]
        if len(parts) < 3 or room not in FLOORS:
            yield f'{path}:1: is in no room; the rooms and their floors are listed in scripts/check_floors.py'
            continue
        for line, in_brackets, name in includes(tree, path):
            if in_brackets:
                if name.startswith('padwise/') and f'include/{name}' not in tree.paths:
                    yield f'{path}:{line}: there is no public header <{name}>'
                continue
            other = name.split('/')[0]
            if f'src/{name}' not in tree.paths:
                yield f'{path}:{line}: "{name}" is not written from src/ (or is not there)'
            elif other != room and FLOORS.get(other, 99) >= FLOORS[room]:
                yield (f'{path}:{line}: "{name}": {room} (floor {FLOORS[room]}) may not include {other} '
                       f'(floor {FLOORS.get(other, "?")})')


def circles(tree):
    """No header includes itself through others."""
    graph = {path: [f'src/{name}' for _, in_brackets, name in includes(tree, path) if not in_brackets]
             for path in tree.under('src', endings=('.h',))}
    graph.update({path: [f'include/padwise/{os.path.basename(name)}' for _, in_brackets, name in includes(tree, path)
                         if not in_brackets] for path in tree.under('include', endings=('.h',))})
    done = set()
    for start in sorted(graph):
        stack = [(start, iter(graph[start]))]
        while stack and start not in done:
            names = [name for name, _ in stack]
            following = next(stack[-1][1], None)
            if following is None:
                done.add(stack.pop()[0])
            elif following in names:
                yield f'{following}:1: a circle: {" -> ".join(names[names.index(following):] + [following])}'
            elif following in graph and following not in done:
                stack.append((following, iter(graph[following])))


def public_headers(tree):
    """include/: each other and C's own headers."""
    for path in tree.under('include', endings=C_ENDINGS):
        for line, in_brackets, name in includes(tree, path):
            if in_brackets and name not in C_HEADERS:
                yield f'{path}:{line}: a public header may include {", ".join(sorted(C_HEADERS))}, not <{name}>'
            if not in_brackets and f'{os.path.dirname(path)}/{name}' not in tree.paths:
                yield f'{path}:{line}: there is no public header "{name}" beside it'


def tools(tree):
    """tools/ and docs/examples/: public headers, and files of their own folder."""
    for path in tree.under('tools', 'docs/examples', endings=C_ENDINGS):
        for line, in_brackets, name in includes(tree, path):
            if not in_brackets and f'{os.path.dirname(path)}/{name}' not in tree.paths:
                yield f'{path}:{line}: "{name}" is not in this folder: a tool sees the public headers only'
            if in_brackets and name.split('/')[0] in FLOORS:
                yield f'{path}:{line}: <{name}> is a room of the library'


RULES = [('floors', floors), ('no circles', circles), ('public headers stand alone', public_headers),
         ('tools see public headers only', tools)]

if __name__ == '__main__':
    main(RULES)

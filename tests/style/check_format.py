#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every C file is as clang-format leaves it (.clang-format; version 14, Debian 12's). Checks, never rewrites."""
import re
import shutil
import subprocess

from tree import is_generated, main

TOOL = shutil.which('clang-format-14') or shutil.which('clang-format')


def formatted(tree):
    paths = [path for path in tree.paths if path.endswith(('.c', '.h', '.inc')) and not is_generated(path)]
    if not paths:
        return
    result = subprocess.run([TOOL, '--dry-run', '-Werror', '--style=file'] + paths, cwd=tree.root,
                            stderr=subprocess.PIPE, text=True, check=False)
    seen = set()
    for match in re.finditer(r'^(.+?):(\d+):\d+: error: ', result.stderr, re.MULTILINE):
        if match.group(1) not in seen:
            seen.add(match.group(1))
            yield f'{match.group(1)}:{match.group(2)}: not as clang-format leaves it (make format)'
    if result.returncode != 0 and not seen:
        yield result.stderr.strip()


def reason_to_skip():
    if TOOL is None:
        return 'format: clang-format is not installed'
    version = subprocess.run([TOOL, '--version'], stdout=subprocess.PIPE, text=True, check=True).stdout
    if ' version 14.' not in version:
        return f'format: versions differ in what they leave, ours is 14, here is {version.strip()}'
    return None


SKIP = reason_to_skip()
RULES = [] if SKIP else [('formatted', formatted)]

if __name__ == '__main__':
    main(RULES, skips=[SKIP] if SKIP else [])

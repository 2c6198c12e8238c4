#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_headers.py CC [CXX]: each public header compiles alone as C99 and as C++, each internal one as C11, no warnings.

A header that needs another one before it, or that only our own flags forgive, fails here.
"""
import os
import platform
import shlex
import subprocess
import sys

# Experimental headers declare nothing without it.
EXPERIMENTAL = '-DPADWISE_EXPERIMENTAL'
WARNINGS = ['-Wall', '-Wextra', '-pedantic', '-Wshadow', '-Wundef', '-Werror', '-fsyntax-only']


def compiles(compiler, options, name):
    # Twice: the guard works.
    source = f'#include {name}\n#include {name}\nextern int not_empty;\n'
    result = subprocess.run(compiler + options + WARNINGS + ['-'], input=source, text=True, stderr=subprocess.PIPE,
                            check=False)
    if result.returncode != 0:
        print(f"FAILED {name} {' '.join(options)}\n{result.stderr}")
    return result.returncode == 0


def headers(folder):
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith('.h'):
                yield os.path.relpath(os.path.join(where, name), folder)


def main():
    root = os.environ.get('PADWISE_SOURCE') or os.getcwd()
    include, source = os.path.join(root, 'include'), os.path.join(root, 'src')
    c = shlex.split(sys.argv[1])
    cpp = shlex.split(sys.argv[2]) if len(sys.argv) > 2 else None
    results = []
    for name in headers(include):
        public = ['-Wstrict-prototypes', EXPERIMENTAL, '-I', include]
        results.append(compiles(c, ['-x', 'c', '-std=c99'] + public, f'<{name}>'))
        if cpp:
            results.append(compiles(cpp, ['-x', 'c++', '-std=c++11', '-Wold-style-cast', EXPERIMENTAL, '-I',
                                          include], f'<{name}>'))
    for name in headers(source):
        if name.startswith('kernels/x86/') and platform.machine() != 'x86_64':
            continue
        levels = ['-march=x86-64-v4'] if name.startswith('kernels/x86/') else []
        internal = levels + ['-D_POSIX_C_SOURCE=200809L', '-I', source, '-I', include]
        results.append(compiles(c, ['-x', 'c', '-std=c11'] + internal, f'"{name}"'))
    if not cpp:
        print('skipped: headers as C++: there is no C++ compiler')
    print(f'{sum(results)} passed, {len(results) - sum(results)} failed, {0 if cpp else 1} skipped')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls and constructs that the house does not use, each with its reason."""
import re

from tree import C_ENDINGS, main

# Memory comes through base/alloc.c, numbers through checked parsers, and a library neither prints, ends the process,
# nor reads the environment (style.md 3).
MEMORY = 'malloc calloc realloc free posix_memalign aligned_alloc strdup strndup alloca'
UNSAFE = 'strcpy strcat stpcpy sprintf vsprintf gets strtok'
PARSERS = 'atoi atol atoll atof strtol strtoll strtoul strtoull strtod strtof sscanf scanf fscanf'
ENDINGS = 'exit _exit quick_exit abort longjmp setjmp signal sigaction'
OUTPUT = 'printf vprintf puts putchar fprintf vfprintf fputs fputc putc perror'
STATE = 'getenv secure_getenv setenv putenv setlocale rand srand random srandom drand48 strerror system popen'
MAPPING = 'mmap'  # a file that another process shortens ends in SIGBUS: docs/adr/0008

IN_SRC = ' '.join([MEMORY, UNSAFE, PARSERS, ENDINGS, OUTPUT, STATE, MAPPING]).split()
IN_TOOLS = UNSAFE.split() + ['atoi', 'atol', 'atof', 'system', 'popen', 'sscanf', 'scanf', 'abort']
DOORS = {
    'src/base/alloc.c': {'malloc', 'free', 'posix_memalign'},  # the door itself
    'src/base/threads.c': {'fscanf'},                          # the kernel's own text: a cgroup's cpu.max
}

# A call, not a member (allocator->free) and not a declaration of a function pointer.
CALL = re.compile(r'(?<![\w.>*])(?<!->)(\w+)\s*\(')


def calls(tree, paths, banned):
    for path in paths:
        allowed = DOORS.get(path, set())
        for number, line in enumerate(tree.code(path).split('\n'), 1):
            for match in CALL.finditer(line):
                if match.group(1) in banned and match.group(1) not in allowed:
                    yield f'{path}:{number}: {match.group(1)}() is not used here'


def banned_in_src(tree):
    return calls(tree, tree.under('src', endings=C_ENDINGS), set(IN_SRC))


def banned_in_tools(tree):
    return calls(tree, tree.under('tools', 'docs/examples', endings=C_ENDINGS), set(IN_TOOLS))


def plain_asserts(tree):
    """PW_ASSERT is gone in release builds by our own switch; assert() is not ours to switch."""
    for path in tree.under('src', endings=C_ENDINGS):
        for number, line in enumerate(tree.code(path).split('\n'), 1):
            if re.search(r'(?<!\w)assert\s*\(', line) and path != 'src/base/error.h':
                yield f'{path}:{number}: assert(): use PW_ASSERT, for our own bugs only'


def isa_above_kernels(tree):
    """No instruction set is asked for above kernels/ (base/cpu.c finds out which there are)."""
    for path in tree.under('src', 'tools', endings=C_ENDINGS):
        if path.startswith('src/kernels/') or path == 'src/base/cpu.c':
            continue
        for number, line in enumerate(tree.code(path).split('\n'), 1):
            if re.search(r'__(AVX|AMX|SSE|FMA|ARM_NEON)|<immintrin\.h>|_mm\d*_', line):
                yield f'{path}:{number}: instruction sets belong to kernels/'


def build_flags(tree):
    """Results must not depend on who compiled: no -ffast-math, no -march=native."""
    for path in tree.paths:
        if path.endswith(('meson.build', 'Makefile')) or path == '.ci/run':
            for number, line in enumerate(tree.text(path).split('\n'), 1):
                if re.search(r'-ffast-math|-Ofast|-march=native|-funsafe-math', line):
                    yield f'{path}:{number}: a flag that changes results'


RULES = [('no banned calls in src/', banned_in_src), ('no banned calls in tools/', banned_in_tools),
         ('PW_ASSERT instead of assert', plain_asserts), ('no instruction sets above kernels/', isa_above_kernels),
         ('no flags that change results', build_flags)]

if __name__ == '__main__':
    main(RULES)

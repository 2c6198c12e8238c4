#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""readme.py PADWISE LIBRARY CC: what the README tells a newcomer to do is done.

Every line of its shell blocks that runs build/padwise with the built-in model is run, in order, in one empty folder; its
C lines are built as the body of a program and run there too.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap

SOURCE = os.environ['PADWISE_SOURCE']
PROGRAM = '#include <padwise/padwise.h>\n#include <stdio.h>\n\nint main(void)\n{\n%s    return 0;\n}\n'


def blocks(text, language):
    return re.findall(rf'^```{language}\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)


def needs_a_model(line):
    return re.search(r' -m | tokenizer add ', line) is not None


def run_in(folder, command, **options):
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                            stdin=subprocess.DEVNULL, **options)
    if result.returncode != 0:
        print(f'FAILED {command}: exit status {result.returncode}\n{result.stdout}')
    return result.returncode == 0


def main():
    padwise, library, compiler = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), shlex.split(sys.argv[3])
    with open(os.path.join(SOURCE, 'README.md'), encoding='utf-8') as file:
        text = file.read()
    lines = [line for block in blocks(text, 'sh') for line in block.splitlines() if line.startswith('build/padwise ')]
    lines = [line for line in lines if not needs_a_model(line)]
    results = []
    with tempfile.TemporaryDirectory(prefix='padwise-readme-') as folder:
        os.mkdir(os.path.join(folder, 'build'))
        os.symlink(padwise, os.path.join(folder, 'build', 'padwise'))
        results += [run_in(folder, ['sh', '-c', line]) for line in lines]
        for body in blocks(text, 'c'):
            with open(os.path.join(folder, 'lines.c'), 'w', encoding='utf-8') as file:
                file.write(PROGRAM % textwrap.indent(body, '    '))
            built = run_in(folder, compiler + ['-Wall', '-Wextra', '-Werror', '-I', os.path.join(SOURCE, 'include'),
                                               'lines.c', library, '-o', 'lines'])
            environment = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(library))
            results.append(built and run_in(folder, ['./lines'], env=environment)
                           and os.path.getsize(os.path.join(folder, 'beaver.safetensors')) > 0)
    assert len(results) >= 4, 'the README has lost its commands'
    print(f'{sum(results)} passed, {len(results) - sum(results)} failed, 0 skipped')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())

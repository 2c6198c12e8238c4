#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lint.py BUILD [FILE...]: clang-tidy (.clang-tidy) over the library and the command; any finding is a failure."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

TOOL = shutil.which('clang-tidy-14') or shutil.which('clang-tidy')


def shipped_commands(build):
    """What is compiled for the product alone, in a folder for clang-tidy: the tests compile kernels once more, emulated."""
    with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as file:
        commands = [command for command in json.load(file) if '-DPWI_EMULATED' not in command['command']]
    folder = os.path.join(build, 'lint')
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'compile_commands.json'), 'w', encoding='utf-8') as file:
        json.dump(commands, file)
    return folder, commands


def sources(commands, wanted):
    paths = {os.path.relpath(os.path.join(command['directory'], command['file'])) for command in commands}
    return sorted(path for path in paths
                  if path.startswith(('src/', 'tools/')) and not path.endswith('_table.c')
                  and (not wanted or path in wanted))


def tidy(build, path):
    result = subprocess.run([TOOL, '-p', build, '--quiet', '--extra-arg=-Wno-unknown-warning-option', path],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return path, result.returncode == 0, result.stdout


def main():
    if TOOL is None:
        print('skipped: clang-tidy is not installed\n0 passed, 0 failed, 1 skipped')
        return 0
    build, commands = shipped_commands(sys.argv[1])
    n_passed = n_failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, good, output in pool.map(lambda path: tidy(build, path), sources(commands, set(sys.argv[2:]))):
            n_passed += good
            n_failed += not good
            if not good:
                print(f'FAILED {path}\n{output}')
    print(f'{n_passed} passed, {n_failed} failed, 0 skipped')
    return 0 if n_failed == 0 and n_passed > 0 else 1


if __name__ == '__main__':
    sys.exit(main())

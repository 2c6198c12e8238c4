#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the command's tests: each NAME.sh in this folder, in a fresh folder with a space in its name.

usage: tests/cli/run.py [--command PATH] [--update] [--filter TEXT] [--list] [--keep]

A script finds the command as `padwise`. What it prints must be NAME.stdout.exact, or match NAME.stdout.glob line by line
(fnmatch; a line "..." stands for any lines); without either it must print nothing. NAME.stderr.exact and .glob likewise,
but without them stderr is free. NAME.exit holds the exit status, 0 without it. Exit 77 is a skip; the last line of stderr
says why. --update writes the .exact files again (and NAME.exit); a glob is written by hand.

The command is --command, else PADWISE, else build/padwise; PADWISE_SHARED names the test material of ../shared.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SKIPPED = 77
TIMEOUT_S = 120
# What a user may have set and a test must not see.
CLEARED = ('PADWISE_MODEL', 'PADWISE_TOKENIZERS', 'PADWISE_CPU', 'HF_HOME', 'HF_HUB_CACHE', 'XDG_CACHE_HOME',
           'XDG_DATA_HOME', 'VIRTUAL_ENV', 'NO_COLOR', 'COLUMNS', 'BASH_ENV', 'ENV')


def read(name):
    path = os.path.join(HERE, name)
    if not os.path.exists(path):
        return None
    with open(path, encoding='utf-8', errors='surrogateescape') as file:
        return file.read()


def glob_matches(lines, patterns):
    """Whether the lines match the patterns; "..." matches any number of lines."""
    reachable = {0}
    for line in lines + [None]:
        for at in sorted(reachable):
            while at < len(patterns) and patterns[at] == '...':
                at += 1
                reachable.add(at)
        if line is None:
            return len(patterns) in reachable
        reachable = ({at + 1 for at in reachable if at < len(patterns) and patterns[at] != '...'
                      and fnmatch.fnmatchcase(line, patterns[at])}
                     | {at for at in reachable if at < len(patterns) and patterns[at] == '...'})
    return False


def escape_brackets(pattern):
    """fnmatch's [...] is off: JSON and shapes are full of brackets."""
    return pattern.replace('[', '[[]')


def difference(wanted, got):
    wanted, got = wanted.split('\n'), got.split('\n')
    for i in range(max(len(wanted), len(got))):
        a = wanted[i] if i < len(wanted) else '(nothing)'
        b = got[i] if i < len(got) else '(nothing)'
        if a != b:
            return f'line {i + 1}\n      wanted: {a}\n      got:    {b}'
    return ''


def check_stream(name, stream, got, must):
    """What is wrong with one stream, or ''."""
    exact, glob = read(f'{name}.{stream}.exact'), read(f'{name}.{stream}.glob')
    if exact is not None:
        return f'{stream} {difference(exact, got)}' if exact != got else ''
    if glob is not None:
        patterns = [escape_brackets(line) for line in glob.rstrip('\n').split('\n')]
        if not glob_matches(got.rstrip('\n').split('\n'), patterns):
            return f'{stream} does not match {name}.{stream}.glob; it was:\n{got}'
        return ''
    return f'{stream} should be empty; it was:\n{got}' if must and got else ''


def environment(work, command):
    env = {key: value for key, value in os.environ.items() if key not in CLEARED}
    tools = os.path.join(work, 'bin')
    os.mkdir(tools)
    os.symlink(command, os.path.join(tools, 'padwise'))
    os.mkdir(os.path.join(work, 'home'))
    env.update(PATH=tools + ':' + env.get('PATH', ''), HOME=os.path.join(work, 'home'), LC_ALL='C.UTF-8',
               TERM='xterm', PADWISE=command, PADWISE_CLI_TESTS=HERE, PADWISE_SOURCE=ROOT)
    env.setdefault('PADWISE_SHARED', os.path.join(ROOT, '..', 'shared'))
    return env


def update(name, status, streams):
    for stream, got in streams.items():
        exact = os.path.join(HERE, f'{name}.{stream}.exact')
        has_glob = read(f'{name}.{stream}.glob') is not None
        if os.path.exists(exact) or (stream == 'stdout' and got and not has_glob):
            with open(exact, 'w', encoding='utf-8', errors='surrogateescape') as file:
                file.write(got)
    path = os.path.join(HERE, f'{name}.exit')
    if status != 0:
        with open(path, 'w', encoding='ascii') as file:
            file.write(f'{status}\n')
    elif os.path.exists(path):
        os.remove(path)


def run(name, command, options):
    """('passed' | 'failed' | 'skipped', why)"""
    work = tempfile.mkdtemp(prefix='padwise cli ')
    try:
        folder = os.path.join(work, 'a folder')
        os.mkdir(folder)
        try:
            done = subprocess.run(['bash', os.path.join(HERE, name + '.sh')], cwd=folder, stdin=subprocess.DEVNULL,
                                  env=environment(work, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return 'failed', f'did not end within {TIMEOUT_S} s'
        streams = {stream: text.decode('utf-8', 'surrogateescape').replace(work, '$WORK')
                   for stream, text in (('stdout', done.stdout), ('stderr', done.stderr))}
        if done.returncode == SKIPPED:
            return 'skipped', streams['stderr'].strip().split('\n')[-1]
        if options.update:
            update(name, done.returncode, streams)
        problems = [check_stream(name, 'stdout', streams['stdout'], True),
                    check_stream(name, 'stderr', streams['stderr'], False)]
        wanted = int(read(name + '.exit') or 0)
        if done.returncode != wanted:
            problems.append(f'exit status {done.returncode}, wanted {wanted}; stderr was:\n{streams["stderr"]}')
        problems = [problem for problem in problems if problem]
        return ('failed', '\n    '.join(problems)) if problems else ('passed', '')
    finally:
        if options.keep:
            print(f'kept: {work}')
        else:
            subprocess.run(['chmod', '-R', 'u+w', work], check=False)
            shutil.rmtree(work)


def main():
    parser = argparse.ArgumentParser(description='tests of the command')
    parser.add_argument('--command', help='the command to test')
    parser.add_argument('--update', action='store_true', help='write the .exact files again')
    parser.add_argument('--filter', default='', help='only names with this text in them')
    parser.add_argument('--list', action='store_true', help='names only')
    parser.add_argument('--keep', action='store_true', help='keep the working folders')
    options = parser.parse_args()
    names = sorted(re.sub(r'\.sh$', '', file) for file in os.listdir(HERE) if file.endswith('.sh'))
    names = [name for name in names if options.filter in name]
    if options.list:
        print('\n'.join(names))
        return 0
    command = os.path.abspath(options.command or os.environ.get('PADWISE') or os.path.join(ROOT, 'build', 'padwise'))
    if not os.access(command, os.X_OK):
        sys.exit(f'{command}: no such command; build it or set PADWISE')
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        results = pool.map(lambda name: run(name, command, options), names)
        for name, (result, why) in zip(names, results):
            counts[result] += 1
            if result == 'skipped':
                print(f'skipped: {name}: {why}')
            elif result == 'failed':
                print(f'FAILED: {name}\n    {why}')
    print('{passed} passed, {failed} failed, {skipped} skipped'.format(**counts))
    return 1 if counts['failed'] or sum(counts.values()) == counts['skipped'] else 0


if __name__ == '__main__':
    sys.exit(main())

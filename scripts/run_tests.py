#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs `meson test` and sums what the programs counted.

Every test program of ours ends with "N passed, N failed, N skipped"; one without such a line counts as one test. What
failed is named with the end of its output, what was skipped with its reason, and the last line is the sum. Meson's own
summary counts programs and is left out.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys

CLOSING = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', re.MULTILINE)
PROGRESS = re.compile(r'^ *\d+/\d+ ')
SKIPPED = re.compile(r'^skipped(?:: | [^:\n]*: | )(.+)$', re.MULTILINE)
LOG_BASE = 'padwise-tests'
N_TAIL_LINES = 40


def run_meson(options):
    logs = os.path.join(options.build, 'meson-logs', LOG_BASE + '*.json')
    for log in glob.glob(logs):
        os.remove(log)
    command = ['meson', 'test', '-C', options.build, '--no-rebuild', '--logbase', LOG_BASE]
    for suite in options.suite:
        command += ['--suite', suite]
    for suite in options.no_suite:
        command += ['--no-suite', suite]
    if options.wrapper:
        command += ['--wrapper', options.wrapper]
    if options.timeout_multiplier:
        command += ['--timeout-multiplier', options.timeout_multiplier]
    command += options.test
    output = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            output.append(line)
            if PROGRESS.match(line):
                print(line, end='', flush=True)
    records = []
    for log in glob.glob(logs):
        with open(log, encoding='utf-8') as lines:
            records += [json.loads(line) for line in lines]
    if not records:
        sys.stdout.writelines(output)
    return records


def count(record):
    """(passed, failed, skipped, what is wrong beyond the count) of one program."""
    closings = CLOSING.findall(record.get('stdout') or '')
    ended_well = record['result'] in ('OK', 'EXPECTEDFAIL', 'SKIP')
    if not closings:
        return {'OK': (1, 0, 0, ''), 'SKIP': (0, 0, 1, '')}.get(record['result'], (0, 1, 0, record['result']))
    passed, failed, skipped = map(int, closings[-1])
    if passed + failed + skipped == 0:
        return 0, 1, 0, 'it ran no test'
    if failed == 0 and not ended_well:
        return passed, 1, skipped, f"{record['result']}, exit status {record.get('returncode')}"
    if failed > 0 and ended_well:
        return passed, failed, skipped, 'it counts failures but exits 0'
    return passed, failed, skipped, ''


def tail(record):
    text = (record.get('stdout') or '') + (record.get('stderr') or '')
    return '\n'.join('    ' + line for line in text.splitlines()[-N_TAIL_LINES:])


def show_skips(records):
    """Each reason once ("skipped: why" or "skipped WHAT: why"), with how often it was given and by whom."""
    reasons = {}
    for record in records:
        found = SKIPPED.findall(record.get('stdout') or '')
        if not found and record['result'] == 'SKIP':
            found = ['no reason given']
        for reason in found:
            reasons.setdefault(reason, []).append(record['name'].split(' / ')[-1])
    if reasons:
        print('\nSkipped, and why:')
    for reason, names in sorted(reasons.items()):
        times = f'{len(names)} times ' if len(names) > len(set(names)) else ''
        print(f"  {reason} ({times}{', '.join(sorted(set(names)))})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('build')
    parser.add_argument('test', nargs='*', help='run these tests only')
    parser.add_argument('--suite', action='append', default=[])
    parser.add_argument('--no-suite', action='append', default=[])
    parser.add_argument('--wrapper')
    parser.add_argument('--timeout-multiplier')
    options = parser.parse_intermixed_args()

    records = run_meson(options)
    records.sort(key=lambda record: record['name'])
    totals = [0, 0, 0]
    failures = []
    for record in records:
        *counts, wrong = count(record)
        totals = [total + n for total, n in zip(totals, counts)]
        if counts[1] > 0:
            failures.append((record, wrong))
    for record, wrong in failures:
        print(f"\nFAILED {record['name']}{': ' + wrong if wrong else ''}\n{tail(record)}")
    show_skips(records)
    passed, failed, skipped = totals
    if passed + failed == 0:
        print('\nno test ran')
        failed = 1
    print(f'\n{passed} passed, {failed} failed, {skipped} skipped')
    return 0 if failed == 0 else 1


if __name__ == '__main__':
    sys.exit(main())

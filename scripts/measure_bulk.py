#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""measure_bulk.py PADWISE [--small N] [--large N] [--kills N] [--shard-size N] [--ranks N] [--length RULE]
                [--folder DIR]

Bulk encoding at scale, with a tiny random model and generated captions, `--only pooler_output`: peak memory of N small and N
large (which must be within 5 %), captions/s; then the large run is killed with SIGKILL at random moments and continued each
time, and every byte is compared with the undisturbed run's. With --ranks, once more under mpirun. Needs about 1.1 kB of disk a
caption, twice. Figures of docs/bulk.md come from here.
"""
import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SYLLABLES = 'ba be ti to ra ka li mo nu sa de fo gu vi zo pra ste'.split()
MEMORY_RATIO_MAX = 1.05


def make_inputs(padwise, n):
    """captions.jsonl with n captions of 5 to 15 words out of 600, and a model with a vocabulary of their syllables."""
    generator = random.Random(1)
    words = [''.join(generator.choices(SYLLABLES, k=generator.randint(1, 4))) for _ in range(600)]
    lines = (' '.join(generator.choices(words, k=generator.randint(5, 15))) for _ in range(n))
    with open('captions.jsonl', 'w', encoding='ascii') as file, open('words.txt', 'w', encoding='ascii') as sample:
        for i, line in enumerate(lines):
            file.write(f'{{"id":"c{i}","prompt":"{line}"}}\n')
            if i < 2000:
                sample.write(line + '\n')
    subprocess.run([padwise, 'vocab', 'train', '-q', '--from', 'words.txt', '--merges', '200', '-o', 'vocab'], check=True)
    subprocess.run([padwise, 'init', 'tiny', '-q', '--tokenizer', 'vocab', '--seed', '1', '-o', 'model/'], check=True)


def head(n):
    name = f'captions-{n}.jsonl'
    with open('captions.jsonl', encoding='ascii') as file, open(name, 'w', encoding='ascii') as out:
        for _, line in zip(range(n), file):
            out.write(line)
    return name


def command(options, captions, folder):
    return [options.padwise, 'encode', '-q', '-m', 'model', '--only', 'pooler_output', '--length', options.length, '--from',
            captions, '--shard-size', str(options.shard_size), '-o', folder + '/']


def digests(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def measured(options, n, folder):
    """Peak resident kB and seconds of an undisturbed run: what /usr/bin/time -v calls maximum resident set size."""
    started = time.monotonic()
    process = subprocess.Popen(command(options, head(n), folder))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f'{n} captions: exit status {process.returncode}')
    seconds = time.monotonic() - started
    print(f'{n} captions: {seconds:.1f} s, {n / seconds:.0f} captions/s, peak {usage.ru_maxrss / 1024:.1f} MiB', flush=True)
    return usage.ru_maxrss, seconds


def kill_and_continue(options, captions, seconds):
    """The folder of a run that is killed options.kills times, at random moments of the work that is left."""
    generator = random.Random(options.kills)
    n_killed = 0
    for _ in range(options.kills):
        process = subprocess.Popen(command(options, captions, 'killed'), stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0.02, 1.5 * seconds / options.kills))
        process.send_signal(signal.SIGKILL)
        n_killed += process.wait() == -signal.SIGKILL
        n_shards = sum(name.startswith('shard-') for name in os.listdir('killed')) if os.path.isdir('killed') else 0
        print(f'  killed with {n_shards} shards', flush=True)
    subprocess.run(command(options, captions, 'killed'), check=True)
    return n_killed


def run(options):
    make_inputs(options.padwise, options.large)
    small, _ = measured(options, options.small, 'small')
    shutil.rmtree('small')
    large, seconds = measured(options, options.large, 'large')
    failures = []
    print(f'memory: {large / small:.3f} times (at most {MEMORY_RATIO_MAX})', flush=True)
    if large > MEMORY_RATIO_MAX * small:
        failures.append('memory is not flat')
    captions, wanted = f'captions-{options.large}.jsonl', digests('large')
    n_killed = kill_and_continue(options, captions, seconds)
    same = digests('killed') == wanted
    print(f"{n_killed} kills, then to the end: {'the same' if same else 'OTHER'} bytes in {len(wanted)} files", flush=True)
    if not same or n_killed == 0:
        failures.append('kill -9 and resume')
    shutil.rmtree('killed')
    if options.ranks > 1:
        subprocess.run(['mpirun', '--allow-run-as-root', '--oversubscribe', '-n', str(options.ranks)]
                       + command(options, captions, 'ranks'), check=True)
        same = digests('ranks') == wanted
        print(f"{options.ranks} ranks: {'the same' if same else 'OTHER'} bytes")
        if not same:
            failures.append('ranks')
    for failure in failures:
        print(f'FAILED: {failure}')
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description='bulk encoding at scale')
    parser.add_argument('padwise')
    parser.add_argument('--small', type=int, default=100000)
    parser.add_argument('--large', type=int, default=1000000)
    parser.add_argument('--kills', type=int, default=6)
    parser.add_argument('--shard-size', type=int, default=10000)
    parser.add_argument('--ranks', type=int, default=0)
    parser.add_argument('--length', default='model', help='of sequences: a number is faster where a look is enough')
    parser.add_argument('--folder', help='where to work (default: the temporary folder)')
    options = parser.parse_args()
    options.padwise = os.path.abspath(options.padwise)
    with tempfile.TemporaryDirectory(prefix='padwise-bulk-', dir=options.folder) as folder:
        os.chdir(folder)
        status = run(options)
        os.chdir('/')
    return status


if __name__ == '__main__':
    sys.exit(main())

# SPDX-License-Identifier: MIT
"""Kills `padwise encode` with SIGKILL when so many shards are there, continues it, compares every byte. Run by
bulk_resume.sh; kills at each system call are tests/fault's."""
import os
import random
import shutil
import signal
import subprocess
import time

N_PROMPTS = 600
COMMAND = ['padwise', 'encode', '-q', '-m', 'model', '--only', 'pooler_output', '--from', 'captions.jsonl', '--shard-size',
           '15', '-o']


def make_inputs():
    generator = random.Random(5)
    words = 'a beaver with blue teeth and the river tree otter'.split()
    with open('captions.jsonl', 'w', encoding='ascii') as file:
        for i in range(N_PROMPTS):
            text = ' '.join(generator.choices(words, k=generator.randint(1, 12)))
            file.write(f'{{"prompt":"{text}","id":"caption {i}"}}\n')
    with open('words.txt', 'w', encoding='ascii') as file:
        file.writelines(f'a {word} with a {word} and the {word}\n' for word in words for _ in range(5))
    for command in (['vocab', 'train', '-q', '--from', 'words.txt', '--merges', '20', '-o', 'vocab'],
                    ['init', 'tiny', '-q', '--tokenizer', 'vocab', '--seed', '3', '-o', 'model/']):
        subprocess.run(['padwise', *command], check=True)


def contents(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as file:
            found[name] = file.read()
    return found


def n_shards(folder):
    return sum(name.startswith('shard-') for name in os.listdir(folder)) if os.path.isdir(folder) else 0


def kill_at(folder, n):
    """Kill a run once n shards are there (or it is over); whether it was killed."""
    process = subprocess.Popen(COMMAND + [folder + '/'], stderr=subprocess.DEVNULL)
    while process.poll() is None and n_shards(folder) < n:
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def main():
    make_inputs()
    subprocess.run(COMMAND + ['whole/'], check=True)
    whole = contents('whole')
    print(f'{len(whole)} files')
    n_killed = 0
    for n in (0, 1, 2, 7, 20, 33):
        shutil.rmtree('out', ignore_errors=True)
        os.mkdir('out')
        n_killed += kill_at('out', n)
        if any(found != whole[name] for name, found in contents('out').items() if not name.startswith('.')):
            print(f'killed at {n} shards: a file is not whole')
        kept = {name: os.stat(f'out/{name}').st_mtime_ns for name in os.listdir('out') if name.startswith('shard-')}
        n_killed += kill_at('out', n + 3)
        subprocess.run(COMMAND + ['out/'], check=True)
        if contents('out') != whole:
            print(f'killed at {n} shards: continued to other bytes')
        if any(os.stat(f'out/{name}').st_mtime_ns != time_ns for name, time_ns in kept.items()):
            print(f'killed at {n} shards: a finished shard was written again')
    print('killed' if n_killed >= 6 else f'only {n_killed} kills')


main()

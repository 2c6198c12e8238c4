#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sweep.py SHIM PADWISE [FILTER]: every system call of the command's main jobs fails in turn.

Each job runs once untouched; its files are the reference. Then, for each kind of call and of failure, the first call
fails, the second, ... until no fault is met. Whatever failed: the command ends with exit status 0 or 1, says why, leaves
no temporary file, and each file is the old one or the new one, whole. A short count and an interrupted read or write are
no failures: then the job must succeed. And the command is killed before each of these calls in turn, and started again: the
folder must be that of an untouched run.
"""
import os
import shutil
import subprocess
import sys
import tempfile

PADWISE = os.path.abspath(sys.argv[2])
FILTER = sys.argv[3] if len(sys.argv) > 3 else ''
OLD = b'the old file\n'
N_MAX = 400
# One thread: what is looked at is files, and a pool that waits costs more than the work.
ENCODE = ['encode', '--threads', '1']

# (call, kind of failure, whether the job must succeed all the same)
OUTPUT_FAULTS = [
    ('open', 'EMFILE', False), ('open', 'EINTR', False), ('write', 'ENOSPC', False), ('write', 'EINTR', True),
    ('write', 'short', True), ('fsync', 'EIO', False), ('close', 'EIO', False), ('close', 'EINTR', True),
    ('rename', 'EIO', False), ('fallocate', 'ENOSPC', False), ('mkdir', 'ENOSPC', False),
    ('fwrite', 'ENOSPC', False), ('fflush', 'ENOSPC', False), ('fclose', 'EIO', False),
]
INPUT_FAULTS = [
    ('open', 'EMFILE', False), ('read', 'EIO', False), ('read', 'EINTR', True), ('read', 'short', True),
    ('pread', 'EIO', False), ('pread', 'EINTR', True), ('pread', 'short', True),
]
STDOUT_FAULTS = [('write', 'ENOSPC', False), ('write', 'EINTR', True), ('write', 'short', True),
                 ('fwrite', 'ENOSPC', False), ('fflush', 'ENOSPC', False)]


class Job:
    """A command line with its inputs ready; OUT in it is an empty folder, IN the folder of inputs."""

    def __init__(self, name, faults, path, arguments, old_files=(), environment=None, stdout=False):
        self.name, self.faults, self.path, self.arguments = name, faults, path, arguments
        self.old_files, self.environment, self.keeps_stdout = old_files, environment or {}, stdout

    def fill(self, text, folder):
        return text.replace('OUT', os.path.join(folder, 'out')).replace('IN', os.path.join(folder, 'in'))

    def run(self, folder, fault=None, continues=False):
        """Exit status, what it wrote (standard output under the name "-"), standard error, whether the fault was met."""
        out, fired = os.path.join(folder, 'out'), os.path.join(folder, 'fired')
        if not continues:
            shutil.rmtree(out, ignore_errors=True)
            os.mkdir(out)
        for name in self.old_files:
            with open(os.path.join(out, name), 'wb') as file:
                file.write(OLD)
        if os.path.exists(fired):
            os.remove(fired)
        environment = dict(os.environ, LC_ALL='C', **{key: self.fill(value, folder)
                                                     for key, value in self.environment.items()})
        if fault:
            call, kind, nth, stays = fault
            environment.update(LD_PRELOAD=os.path.join(folder, 'fault_io.so'), FAULT_CALL=call, FAULT_KIND=kind,
                               FAULT_NTH=str(nth), FAULT_STAYS=str(int(stays)), FAULT_FIRED=fired,
                               FAULT_PATH=self.fill(self.path, folder))
        result = subprocess.run([PADWISE] + [self.fill(argument, folder) for argument in self.arguments],
                                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False, timeout=300)
        files = {'-': result.stdout} if self.keeps_stdout else {}
        for where, _, names in os.walk(out):
            for name in names:
                with open(os.path.join(where, name), 'rb') as file:
                    files[os.path.relpath(os.path.join(where, name), out)] = file.read()
        return result.returncode, files, result.stderr.decode(errors='replace'), os.path.exists(fired)

    def wrong(self, outcome, reference, must_succeed):
        """What is wrong with the outcome of a run that met its fault, or None."""
        status, files, said, _ = outcome
        if status not in (0, 1):
            return f'exit status {status}: {said[-300:]}'
        if status == 0 and files != reference:
            return 'exit status 0, but the files are not those of an untouched run'
        if status == 1 and must_succeed:
            return f'a short count or an interruption is no failure: {said[-300:]}'
        if status == 1 and 'padwise: ' not in said and '{"error":' not in said:
            return f'it failed without a word: {said[-300:]}'
        for name, content in files.items():
            if name != '-' and name not in reference:
                return f'it left {name}'
            whole = [reference[name]] + ([OLD] if name in self.old_files else [])
            if name != '-' and content not in whole:
                return f'{name} is neither the old file nor the new one'
        for name in self.old_files:
            if name not in files:
                return f'the old file {name} is gone'
        return None


JOBS = [
    Job('encode', OUTPUT_FAULTS, 'OUT', ENCODE + ['-o', 'OUT/a.safetensors', 'a beaver'], ['a.safetensors']),
    Job('encode-npz', OUTPUT_FAULTS, 'OUT', ENCODE + ['-o', 'OUT/a.npz', 'a beaver'], ['a.npz']),
    Job('encode-folder', OUTPUT_FAULTS, 'OUT', ENCODE + ['-o', 'OUT/many/', 'a beaver', 'blue teeth']),
    Job('encode-shards', OUTPUT_FAULTS, 'OUT',
        ENCODE + ['-o', 'OUT/many/', '--shard-size', '1', 'a beaver', 'blue teeth']),
    Job('encode-from', INPUT_FAULTS, 'IN/prompts.txt',
        ENCODE + ['--from', 'IN/prompts.txt', '-o', 'OUT/a.safetensors'], ['a.safetensors']),
    Job('encode-model', INPUT_FAULTS, 'IN/tiny', ENCODE + ['-m', 'IN/tiny', '-o', 'OUT/a.safetensors', 'a beaver'],
        ['a.safetensors']),
    Job('encode-stdout', STDOUT_FAULTS, '-', ENCODE + ['-o', '-', 'a beaver'], stdout=True),
    Job('tokenize-stdout', STDOUT_FAULTS, '-', ['tokenize', '--json', 'a beaver'], stdout=True),
    Job('init', OUTPUT_FAULTS, 'OUT', ['init', 'tiny', '--seed', '7', '-o', 'OUT/tiny/']),
    Job('vocab', OUTPUT_FAULTS, 'OUT', ['vocab', 'train', '--from', 'IN/prompts.txt', '--merges', '5', '-o', 'OUT/vocab/']),
    Job('tokenizer-add', OUTPUT_FAULTS, 'OUT', ['tokenizer', 'add', 'IN/vocab'], environment={'XDG_DATA_HOME': 'OUT'}),
    Job('tokenizer-read', INPUT_FAULTS, 'IN/vocab', ['tokenizer', 'add', 'IN/vocab'], environment={'XDG_DATA_HOME': 'OUT'}),
    Job('info', INPUT_FAULTS, 'IN/tiny', ['info', '--json', 'IN/tiny'], stdout=True),
    Job('compare', INPUT_FAULTS, 'IN/a', ['compare', 'IN/a.safetensors', 'IN/a.npz'], stdout=True),
]


KILLED = [
    Job('killed-shards', ('open', 'write', 'fsync', 'close', 'rename', 'mkdir', 'fallocate'), 'OUT',
        ENCODE + ['-m', 'IN/tiny', '-o', 'OUT/many/', '--shard-size', '2', '--only', 'pooler_output', '--from',
                  'IN/captions.txt']),
    Job('killed-folder', ('open', 'write', 'fsync', 'rename'), 'OUT',
        ENCODE + ['-m', 'IN/tiny', '-o', 'OUT/many/', '--only', 'pooler_output', '--from', 'IN/captions.txt']),
]


def make_inputs(folder):
    inputs = os.path.join(folder, 'in')
    os.mkdir(inputs)
    with open(os.path.join(inputs, 'prompts.txt'), 'w', encoding='utf-8') as file:
        file.write('a beaver with blue teeth\nthe other beavers gather there\n')
    with open(os.path.join(inputs, 'captions.txt'), 'w', encoding='utf-8') as file:
        file.writelines(f'the other beaver {"there " * n}\n' for n in range(7))
    for command in (['vocab', 'train', '--from', 'IN/prompts.txt', '--merges', '5', '-o', 'IN/vocab/'],
                    ['init', 'tiny', '--seed', '7', '--tokenizer', 'IN/vocab', '-o', 'IN/tiny/'],
                    ENCODE + ['-o', 'IN/a.safetensors', 'a beaver'], ENCODE + ['-o', 'IN/a.npz', 'a beaver']):
        subprocess.run([PADWISE] + [argument.replace('IN', inputs) for argument in command], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sweep(job, folder):
    """(faults met, what went wrong) over all failures of a job."""
    status, reference, said, _ = job.run(folder)
    if status != 0:
        return 0, [f'untouched: exit status {status}: {said}']
    n_met, problems = 0, []
    for call, kind, must_succeed in job.faults:
        # An interruption that never ends is no interruption.
        for stays in (False,) if kind == 'EINTR' else (False, True):
            for nth in range(1, N_MAX):
                outcome = job.run(folder, (call, kind, nth, stays))
                if not outcome[3]:
                    break
                n_met += 1
                wrong = job.wrong(outcome, reference, must_succeed)
                if wrong:
                    problems.append(f"{call} number {nth}{' and on' if stays else ''} {kind}: {wrong}")
                if stays:
                    break  # from the first on says it all; later ones equal single faults
            else:
                problems.append(f'{call} {kind}: still met after {N_MAX} calls')
    return n_met, problems


def kill_and_continue(job, folder):
    """(kills, what went wrong): before each call, and then the same command again."""
    status, reference, said, _ = job.run(folder)
    if status != 0:
        return 0, [f'untouched: exit status {status}: {said}']
    n_killed, problems = 0, []
    for call in job.faults:
        for nth in range(1, N_MAX):
            status, files, _, is_met = job.run(folder, (call, 'KILL', nth, False))
            if not is_met:
                break
            n_killed += 1
            halves = [name for name, content in files.items()
                      if not os.path.basename(name).startswith('.') and content != reference.get(name)]
            status, files, said, _ = job.run(folder, continues=True)
            if halves:
                problems.append(f'killed at {call} number {nth}: {", ".join(halves)} not whole')
            if status != 0 or files != reference:
                problems.append(f'killed at {call} number {nth}: continued to {sorted(files)}: {said[-300:]}')
    return n_killed, problems


def main():
    n_passed = n_failed = 0
    with tempfile.TemporaryDirectory(prefix='padwise-fault-') as folder:
        # LD_PRELOAD separates names by spaces: the shim goes where there is none.
        shutil.copy(sys.argv[1], os.path.join(folder, 'fault_io.so'))
        make_inputs(folder)
        for job in JOBS + KILLED:
            if FILTER not in job.name:
                continue
            n_met, problems = (sweep if job in JOBS else kill_and_continue)(job, folder)
            print(f"{'FAILED' if problems or not n_met else 'ok':6} {job.name}: {n_met} faults met")
            for problem in problems:
                print(f'       {problem}')
            n_failed += len(problems) if problems else n_met == 0
            n_passed += n_met - len(problems) if n_met else 0
    print(f'{n_passed} passed, {n_failed} failed, 0 skipped')
    return 1 if n_failed else 0


if __name__ == '__main__':
    sys.exit(main())

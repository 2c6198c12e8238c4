# SPDX-License-Identifier: MIT
"""Starts long encodings, signals them after their first file, looks at what they left. Run by interrupt.sh."""
import glob
import os
import signal
import subprocess
import time


def default_signals():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def wait_for(pattern, process):
    deadline = time.monotonic() + 60
    while not glob.glob(pattern):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f'no {pattern}: {process.poll()} {process.communicate()}')
        time.sleep(0.005)


def leftovers(folder):
    return [name for name in os.listdir(folder) if name.startswith('.')]


def case(label, words, pattern, folder, number):
    process = subprocess.Popen(['padwise', 'encode', *words], preexec_fn=default_signals, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    wait_for(pattern, process)
    process.send_signal(number)
    error = process.communicate(timeout=60)[1]
    files = glob.glob(pattern)
    whole = subprocess.run(['padwise', 'info', '--json', *files], stdout=subprocess.DEVNULL, check=False).returncode
    print(f'{label}: exit {process.returncode}, leftovers {leftovers(folder)}, files readable {whole == 0}, '
          f'index {os.path.exists(folder + "/index.jsonl")}, says so {"interrupted" in error}')


def main():
    with open('many.txt', 'w', encoding='ascii') as file:
        file.writelines(f'a beaver {i} with blue teeth\n' for i in range(200000))
    case('SIGINT', ['-q', '--from', 'many.txt', '-o', 'a/'], 'a/*.safetensors', 'a', signal.SIGINT)
    case('SIGTERM', ['-q', '--from', 'many.txt', '-o', 'b/', '--shard-size', '3'], 'b/*.safetensors', 'b', signal.SIGTERM)
    # Reading prompts from a pipe that stays open must end, too.
    process = subprocess.Popen(['padwise', 'encode', '-q', '--from', '-', '-o', 'c/'], preexec_fn=default_signals,
                               stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdin.write(b'first\n')
    process.stdin.flush()
    wait_for('c/00000.safetensors', process)
    process.send_signal(signal.SIGINT)
    print(f'waiting for a pipe: exit {process.wait(timeout=60)}')


main()

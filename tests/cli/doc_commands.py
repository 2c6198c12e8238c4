#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every command of a page, in the folder it is started in, and says where a page is wrong.

usage: tests/cli/doc_commands.py PAGE [--update]

A command is a line "$ COMMAND" in a ```console block or in indented code, goes on in lines "> ...", and prints on standard
output what stands below it, blanks at the ends of lines aside. Each picture img/NAME.png of the page is the file NAME.png
that a command has written, pixel by pixel but for what other versions of cairo do to edges.

--update writes the outputs into the page and the pictures into its folder img, unless a command failed: read and look before
they are committed.
"""
import argparse
import itertools
import os
import re
import struct
import subprocess
import sys
import zlib

# The limits of tests/unit/plot/t_pictures.c; there nothing is written in letters, here other renderings of them are allowed.
FAR = 40
FAR_PART_MAX = 0.02
MEAN_MAX = 2.0


class Command:
    def __init__(self, i_line, indent, text):
        self.i_line = i_line
        self.indent = indent
        self.text = text
        self.i_output = i_line + 1
        self.output = []


def commands_of(lines):
    """The commands of a page with the lines that stand below each."""
    found, current, in_console = [], None, False
    for i, line in enumerate(lines):
        if line.startswith('```'):
            in_console, current = line == '```console', None
            continue
        indent = '' if in_console else '    '
        if not line.startswith(indent) and line != '':
            current = None
        elif line.startswith(indent + '$ '):
            current = Command(i, indent, line[len(indent) + 2:])
            found.append(current)
        elif current and not current.output and line.startswith(indent + '> '):
            current.text += '\n' + line[len(indent) + 2:]
            current.i_output = i + 1
        elif current:
            current.output.append(line[len(indent):])
    for command in found:
        # Between commands of indented code, and behind the last, blank lines are the page's own.
        while command.indent and command.output and command.output[-1] == '':
            command.output.pop()
    return found


def run(command):
    """What a command prints, as lines, and whether its exit status is that of success."""
    ran = subprocess.run(['bash', '-o', 'pipefail', '-c', command.text], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, encoding='utf-8', check=False)
    lines = [line.rstrip() for line in ran.stdout.split('\n')]
    if lines[-1] == '':
        lines.pop()
    # `compare` says by 1 that there is a difference; 141 is a writer whose reader, head, has seen enough.
    is_fine = ran.returncode in (0, 141) or (ran.returncode == 1 and 'padwise compare' in command.text)
    return lines, ran.returncode if not is_fine else 0


def check_output(page, command, got, status):
    where = f'{page}:{command.i_line + 1}: {command.text.splitlines()[0]}'
    if status != 0:
        print(f'{where}\n  exit {status}')
    for wanted, line in itertools.zip_longest(command.output, got):
        if wanted != line:
            print(f'{where}\n  page: {wanted}\n  got:  {line}')
            return


def chunks_of(path):
    """The chunks of a PNG, as kind and data."""
    with open(path, 'rb') as file:
        data = file.read()
    at = 8
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        yield kind, data[at + 8:at + 8 + size]
        at += 12 + size


def read_png(path):
    """Width, height and rows of RGB of a PNG as padwise writes it: 8 bits, no filter."""
    packed, header = b'', None
    for kind, data in chunks_of(path):
        if kind == b'IHDR':
            header = struct.unpack('>IIBB', data[:10])
        if kind == b'IDAT':
            packed += data
    width, height, depth, color = header
    raw, stride = zlib.decompress(packed), 1 + 3 * width
    if (depth, color) != (8, 2) or any(raw[::stride]):
        raise ValueError(f'{path}: not a PNG as padwise writes it')
    return width, height, [raw[y * stride + 1:(y + 1) * stride] for y in range(height)]


def keep_png(path, target):
    """A copy, packed as tightly as zlib can: padwise prefers to be fast, a repository keeps what it is given for good."""
    out, packed = [], b''
    for kind, data in chunks_of(path):
        if kind == b'IDAT':
            packed += data
            continue
        if kind == b'IEND':
            out.append((b'IDAT', zlib.compress(zlib.decompress(packed), 9)))
        out.append((kind, data))
    with open(target, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n')
        for kind, data in out:
            file.write(struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data)))


def picture_fault(wanted_path, got_path):
    """What is wrong with a picture, or ''."""
    width, height, wanted = read_png(wanted_path)
    got_width, got_height, got = read_png(got_path)
    if (width, height) != (got_width, got_height):
        return f'{got_width} x {got_height} pixels, committed are {width} x {height}'
    total = far = 0
    for row, other in zip(wanted, got):
        if row != other:
            distances = [abs(a - b) for a, b in zip(row, other)]
            total += sum(distances)
            far += sum(max(distances[i:i + 3]) > FAR for i in range(0, len(distances), 3))
    mean, far_part = total / (3 * width * height), far / (width * height)
    if mean > MEAN_MAX or far_part > FAR_PART_MAX:
        return f'mean distance {mean:.2f} of 255, {100 * far_part:.1f} % of pixels far'
    return ''


def has_the_font():
    """Widths of letters decide where lines break; with other fonts pictures are other ones."""
    try:
        ran = subprocess.run(['fc-match', 'DejaVu Sans'], stdout=subprocess.PIPE, encoding='utf-8', check=False)
    except FileNotFoundError:
        return True
    return 'DejaVu Sans' in ran.stdout


def check_picture(page, name):
    committed = os.path.join(os.path.dirname(page), 'img', name)
    if not os.path.exists(name):
        print(f'{page}: no command makes img/{name}')
    elif not os.path.exists(committed):
        print(f'{committed}: is not there')
    elif has_the_font():
        fault = picture_fault(committed, name)
        if fault:
            print(f'{committed}: {fault}')


def update(page, lines, outputs, pictures):
    for command, got in reversed(outputs):
        lines[command.i_output:command.i_output + len(command.output)] = [
            (command.indent + line).rstrip() for line in got]
    with open(page, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))
    for name in pictures:
        os.makedirs(os.path.join(os.path.dirname(page), 'img'), exist_ok=True)
        keep_png(name, os.path.join(os.path.dirname(page), 'img', name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('page')
    parser.add_argument('--update', action='store_true')
    args = parser.parse_args()
    with open(args.page, encoding='utf-8') as file:
        text = file.read()
    lines = text.split('\n')
    pictures = re.findall(r'!\[[^\]]*\]\(img/([^)/]+)\)', text)
    outputs, n_failed = [], 0
    for command in commands_of(lines):
        got, status = run(command)
        outputs.append((command, got))
        n_failed += status != 0
        if not args.update or status != 0:
            check_output(os.path.basename(args.page), command, got, status)
    if args.update and n_failed == 0:
        update(args.page, lines, outputs, pictures)
    elif not args.update:
        for name in pictures:
            check_picture(args.page, name)
    print(f'{len(outputs)} commands' + (f', pictures: {len(pictures)}' if pictures else ''))


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""terminal_shot.py OUT.svg [options] -- COMMAND...: what a command prints in a terminal, as an SVG picture.

The command runs on a pseudo-terminal of the given width, so it shows what a person would see, colours included. The same
output gives the same bytes; what changes from run to run (a time) is replaced by --replace 'REGEX=TEXT'.

    scripts/terminal_shot.py docs/img/encode.svg --show 'padwise encode "a beaver"' -- build/padwise encode "a beaver"
"""
import argparse
import fcntl
import html
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
import unicodedata

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE = 8.4, 19, 14
MARGIN, TITLE_HEIGHT = 18, 34
BACKGROUND, FOREGROUND, PROMPT = '#1d2330', '#d7dce5', '#8fd18f'
# The sixteen colours of a terminal on the background above.
COLOURS = ['#5c6675', '#e8736c', '#8fd18f', '#e5c07b', '#7fb2f0', '#c99bee', '#6fc8c8', '#d7dce5',
           '#8a94a6', '#f28b84', '#a8e0a8', '#f0d399', '#9cc5f7', '#dab6f5', '#90dada', '#ffffff']
SEQUENCE = re.compile(r'\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*\x07|([\r\n\t])|([^\x1b])', re.DOTALL)


class Style:
    """How characters look: colour, bold, dim, underlined."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.colour, self.bold, self.dim, self.underline = None, False, False, False

    def apply(self, codes):
        numbers = [int(code or 0) for code in codes.split(';')]
        while numbers:
            code = numbers.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 2, 4):
                setattr(self, {1: 'bold', 2: 'dim', 4: 'underline'}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code == 24:
                self.underline = False
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.colour = COLOURS[code - 30 if code < 90 else code - 82]
            elif code == 39:
                self.colour = None
            elif code == 38 and numbers[:1] == [5]:
                self.colour = COLOURS[numbers[1]] if numbers[1] < 16 else cube(numbers[1])
                del numbers[:2]

    def attributes(self):
        parts = [f'fill="{self.colour}"'] if self.colour else []
        parts += ['font-weight="bold"'] if self.bold else []
        parts += ['opacity="0.6"'] if self.dim else []
        parts += ['text-decoration="underline"'] if self.underline else []
        return ' '.join(parts)


def cube(index):
    """One of the 256 colours above the sixteen."""
    if index >= 232:
        return '#' + f'{8 + 10 * (index - 232):02x}' * 3
    index -= 16
    return '#' + ''.join(f'{0 if part == 0 else 55 + 40 * part:02x}' for part in (index // 36, index // 6 % 6, index % 6))


def screen_lines(text):
    """Lines of (character, attributes) cells; a carriage return overwrites, as a progress bar does."""
    lines, style, column = [[]], Style(), 0
    for match in SEQUENCE.finditer(text):
        codes, final, control, character = match.groups()
        line = lines[-1]
        if final == 'm':
            style.apply(codes)
        elif final == 'K':
            del line[column:]
        elif control == '\n':
            lines.append([])
            column = 0
        elif control == '\r':
            column = 0
        elif control == '\t' or character:
            for cell in ' ' * (8 - column % 8) if control else character:
                line.extend([(' ', '')] * (column - len(line)))
                line[column:column + 1] = [(cell, style.attributes())]
                column += 1
    while lines and not lines[-1]:
        lines.pop()
    return lines


def cells(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in 'WF' else 1


def runs(line):
    """(first column, columns, text, attributes) of each stretch of one look."""
    column = 0
    found = []
    for character, attributes in line:
        width = cells(character)
        if found and found[-1][3] == attributes and width <= 1:
            found[-1][1] += width
            found[-1][2] += character
        else:
            found.append([column, width, character, attributes])
        column += width
    return [run for run in found if run[2].strip()]


def svg(lines, columns, title):
    width = round(columns * CELL_WIDTH + 2 * MARGIN)
    height = TITLE_HEIGHT + len(lines) * LINE_HEIGHT + MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           f'role="img" aria-label="{html.escape(title)}">',
           f'<title>{html.escape(title)}</title>',
           f'<rect width="{width}" height="{height}" rx="9" fill="{BACKGROUND}"/>']
    out += [f'<circle cx="{MARGIN + 18 * i}" cy="17" r="5.5" fill="{colour}"/>'
            for i, colour in enumerate(('#e8736c', '#e5c07b', '#8fd18f'))]
    out.append(f'<g font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{FONT_SIZE}" '
               f'fill="{FOREGROUND}" xml:space="preserve">')
    for i, line in enumerate(lines):
        y = TITLE_HEIGHT + (i + 1) * LINE_HEIGHT - 5
        for column, n_columns, text, attributes in runs(line):
            x = MARGIN + column * CELL_WIDTH
            out.append(f'<text x="{x:.1f}" y="{y}" textLength="{n_columns * CELL_WIDTH:.1f}" '
                       f'lengthAdjust="spacingAndGlyphs"{" " + attributes if attributes else ""}>{html.escape(text)}</text>')
    return '\n'.join(out + ['</g>', '</svg>', ''])


def run_on_terminal(command, columns):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, columns, 0, 0))
    environment = dict(os.environ, TERM='xterm-256color', COLUMNS=str(columns), LC_ALL='C.UTF-8')
    environment.pop('NO_COLOR', None)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        output = b''
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not piece:
                break
            output += piece
    os.close(master)
    return process.returncode, output.decode('utf-8', errors='replace')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('out')
    parser.add_argument('--columns', type=int, default=80)
    parser.add_argument('--show', help='the command line to show (default: as given)')
    parser.add_argument('--replace', action='append', default=[], metavar='REGEX=TEXT')
    parser.add_argument('command', nargs='+')
    options = parser.parse_args()

    status, output = run_on_terminal(options.command, options.columns)
    for rule in options.replace:
        pattern, text = rule.split('=', 1)
        output = re.sub(pattern, text, output)
    shown = options.show or shlex.join(options.command)
    lines = screen_lines(output)
    prompt = [('$', f'fill="{PROMPT}" font-weight="bold"')] + [(character, 'font-weight="bold"') for character in ' ' + shown]
    with open(options.out, 'w', encoding='utf-8') as file:
        file.write(svg([prompt] + lines, options.columns, shown))
    return status


if __name__ == '__main__':
    sys.exit(main())

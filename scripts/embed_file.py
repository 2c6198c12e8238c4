#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed_file.py IN OUT NAME: a file as a C array, so that the library needs no file at run time.

OUT defines `const unsigned char NAME[]` and `const size_t NAME_size`.
"""
import sys

N_A_LINE = 32


def main():
    source, target, name = sys.argv[1:]
    with open(source, 'rb') as file:
        content = file.read()
    with open(target, 'w', encoding='ascii') as file:
        file.write(f'/* Made by scripts/embed_file.py. */\n#include <stddef.h>\n\n'
                   f'extern const unsigned char {name}[];\nextern const size_t {name}_size;\n\n'
                   f'const unsigned char {name}[] = {{\n')
        for i in range(0, len(content), N_A_LINE):
            file.write('    ' + ','.join(map(str, content[i:i + N_A_LINE])) + ',\n')
        file.write(f'}};\nconst size_t {name}_size = sizeof({name});\n')


if __name__ == '__main__':
    main()

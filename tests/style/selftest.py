#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A check that finds nothing proves nothing: every rule must find what is planted here, and nothing in a clean tree."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'scripts'))
sys.path.insert(0, HERE)
import check_banned
import check_files
import check_floors
import check_format
import check_sizes
import check_symbols
from tree import Tree

HEAD = '/* SPDX-License-Identifier: MIT */\n'
VERSION = (HEAD + '#ifndef PADWISE_VERSION_H\n#define PADWISE_VERSION_H\n#define PW_VERSION_MAJOR 7\n'
           '#define PW_VERSION_MINOR 8\n#define PW_VERSION_PATCH 9\n#endif\n')


def header(guard, body=''):
    return f'{HEAD}#ifndef {guard}\n#define {guard}\n{body}#endif\n'


CLEAN = {
    'include/padwise/version.h': VERSION,
    'src/base/buf.h': header('PWI_BASE_BUF_H'),
    'src/base/buf.c': HEAD + '#include "base/buf.h"\n\n/* free(p) and "malloc(1)" in a comment are no calls. */\n'
                             'void pwi_buf_free(struct a *a)\n{\n    a->free(a->p);\n    log("exit(1)");\n}\n',
    'src/models/clip.c': HEAD + '#include "base/buf.h"\n#include <padwise/version.h>\n#include <string.h>\n',
    'tools/padwise/main.c': HEAD + '#include <padwise/version.h>\n#include <stdio.h>\n',
}
LONG_BODY = '    a();\n' * 70
FUNCTION = 'void f(void)\n{\n%s}\n'

# rule: (files to plant, part of the message that must appear)
PLANTED = [
    (check_floors.floors, {'src/base/bad.c': HEAD + '#include "formats/json.h"\n',
                           'src/formats/json.h': header('PWI_FORMATS_JSON_H')}, 'may not include formats'),
    (check_floors.floors, {'src/text/bad.c': HEAD + '#include "formats/json.h"\n',
                           'src/formats/json.h': header('PWI_FORMATS_JSON_H')}, 'may not include formats'),
    (check_floors.floors, {'src/base/bad.c': HEAD + '#include "buf.h"\n'}, 'not written from src/'),
    (check_floors.floors, {'src/base/bad.c': HEAD + '#include <padwise/none.h>\n'}, 'no public header'),
    (check_floors.floors, {'src/attic/bad.c': HEAD}, 'is in no room'),
    (check_floors.circles, {'src/base/a.h': header('PWI_BASE_A_H', '#include "base/b.h"\n'),
                            'src/base/b.h': header('PWI_BASE_B_H', '#include "base/a.h"\n')}, 'a circle'),
    (check_floors.public_headers, {'include/padwise/a.h': header('PADWISE_A_H', '#include <stdio.h>\n')}, 'stdio.h'),
    (check_floors.public_headers, {'include/padwise/a.h': header('PADWISE_A_H', '#include "b.h"\n')}, '"b.h"'),
    (check_floors.tools, {'tools/padwise/bad.c': HEAD + '#include "base/buf.h"\n'}, 'public headers only'),
    (check_floors.tools, {'tools/padwise/bad.c': HEAD + '#include <base/buf.h>\n'}, 'is a room'),
    (check_banned.banned_in_src, {'src/base/bad.c': HEAD + 'int f(void)\n{\n    return x(malloc(3));\n}\n'}, 'malloc()'),
    (check_banned.banned_in_src, {'src/base/bad.c': HEAD + 'int f(void)\n{\n    exit (1);\n}\n'}, 'exit()'),
    (check_banned.banned_in_src, {'src/base/bad.c': HEAD + 'int f(void)\n{\n    /* a */ printf("x");\n}\n'}, 'printf()'),
    (check_banned.banned_in_tools, {'tools/padwise/bad.c': HEAD + 'int f(void)\n{\n    atoi("1");\n}\n'}, 'atoi()'),
    (check_banned.plain_asserts, {'src/base/bad.c': HEAD + 'void f(void)\n{\n    assert(1);\n}\n'}, 'PW_ASSERT'),
    (check_banned.isa_above_kernels, {'src/models/bad.c': HEAD + '#ifdef __AVX2__\n#endif\n'}, 'instruction sets'),
    (check_banned.build_flags, {'meson.build': "c_args: '-ffast-math'\n"}, 'changes results'),
    (check_sizes.long_functions, {'src/base/bad.c': HEAD + FUNCTION % LONG_BODY}, 'over 60'),
    (check_sizes.long_functions, {'src/base/bad.c': HEAD + '/* long: one table. */\n' + FUNCTION % (LONG_BODY * 2)},
     'is the end'),
    (check_sizes.long_files, {'src/base/bad.c': HEAD + '\n' * 1001}, '1000 is the end'),
    (check_sizes.long_files, {'src/base/bad.h': header('PWI_BASE_BAD_H', '\n' * 201)}, 'at most 200'),
    (check_sizes.unique_names, {'src/models/buf.c': HEAD}, 'same name'),
    (check_files.spdx, {'src/base/bad.c': 'int a;\n'}, 'lack'),
    (check_files.spdx, {'scripts/bad.py': 'import os\n'}, 'lack'),
    (check_files.guards, {'src/base/bad.h': HEAD + 'int a;\n'}, 'no header guard'),
    (check_files.guards, {'src/base/bad.h': header('PWI_BASE_GOOD_H')}, 'not PWI_BASE_BAD_H'),
    (check_files.line_ends, {'src/base/bad.c': HEAD + 'int a; \n'}, 'blanks'),
    (check_files.line_ends, {'src/base/bad.c': HEAD + 'int a;\r\n'}, 'CR'),
    (check_files.line_ends, {'src/base/bad.c': HEAD + '\tint a;\n'}, 'a tab'),
    (check_files.line_ends, {'src/base/bad.c': HEAD + 'int a;'}, 'one newline'),
    (check_files.ascii_only, {'src/base/bad.c': HEAD + '/* \u00e9 */\n'}, 'not ASCII'),
    (check_files.ascii_only, {'tests/unit/base/bad.c': HEAD + '/* \u00e9 */\n'}, 'not ASCII'),
    (check_files.leftovers, {'src/base/bad.c': HEAD + '/* TO' 'DO: later */\n'}, 'leftover'),
    (check_files.leftovers, {'src/base/bad.c': HEAD + '#if 0\n#endif\n'}, 'leftover'),
    (check_files.one_version, {'tools/padwise/bad.c': HEAD + 'char *v = "7.8.9";\n'}, 'second time'),
    (check_files.one_version, {'include/padwise/version.h': header('PADWISE_VERSION_H')}, 'three numbers'),
    (check_format.formatted, {'src/base/bad.c': HEAD + 'int  f( void ){return 1;}\n'}, 'clang-format'),
]
# What must pass: the nearest thing to a violation that is none.
ALLOWED = [
    (check_sizes.long_functions, {'src/base/good.c': HEAD + '/* long: one table. */\n' + FUNCTION % LONG_BODY}),
    (check_files.ascii_only, {'tests/unit/base/good.c': HEAD + 'char *a = "\u00e9";\n'}),
    (check_files.one_version, {'tools/padwise/good.c': HEAD + 'char *v = "7.8.90 17.8.9";\n'}),
]


def plant(files):
    root = tempfile.mkdtemp(prefix='padwise-style-')
    for path, text in {**CLEAN, **files}.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), 'w', encoding='utf-8', newline='') as file:
            file.write(text)
    shutil.copy(os.path.join(HERE, '..', '..', '.clang-format'), root)
    return root


def problems(rule, files):
    root = plant(files)
    stdout, sys.stdout = sys.stdout, open(os.devnull, 'w', encoding='utf-8')
    try:
        return list(rule(Tree(root)))
    finally:
        sys.stdout.close()
        sys.stdout = stdout
        shutil.rmtree(root)


def check_planted():
    for rule, files, message in PLANTED:
        found = problems(rule, files)
        yield (f'{rule.__name__}: {message}', any(message in problem for problem in found),
               f'planted {list(files)}, found {found}')


def check_clean():
    for rule in sorted({rule for rule, _, _ in PLANTED}, key=lambda rule: rule.__name__):
        found = problems(rule, {})
        yield f'{rule.__name__}: clean tree', not found, f'found {found}'
    for rule, files in ALLOWED:
        found = problems(rule, files)
        yield f'{rule.__name__}: near miss', not found, f'found {found}'


LIBRARY = ('__attribute__((visibility("default"))) int pw_listed(void) { return 1; }\n'
           '__attribute__((visibility("default"))) int pw_planted(void) { return 1; }\n'
           'int planted_name(void) { return 1; }\nint pwi_planted_state = 3;\n'
           'static int count(void) { static int planted_counter; return ++planted_counter; }\n'
           'int pwi_count(void) { return count(); }\n'
           'extern const char *const pwi_names[];\nconst char *const pwi_names[] = {"a", "b"};\n')


def check_library(compiler):
    """A library with one undeclared export, one bad name and two globals: each rule names its own, and no more."""
    public = 'PW_API int pw_listed(void);\nPW_API int pw_missing(int a,\n    int b);\n'
    root = plant({'include/padwise/listed.h': header('PADWISE_LISTED_H', public),
                  'docs/api/symbols.txt': 'pw_listed\npw_missing\n', 'planted.c': LIBRARY})
    source, thing = os.path.join(root, 'planted.c'), os.path.join(root, 'planted.o')
    shared, static = os.path.join(root, 'libplanted.so'), os.path.join(root, 'libplanted.a')
    subprocess.run(compiler + ['-fPIC', '-fvisibility=hidden', '-c', source, '-o', thing], check=True)
    subprocess.run(compiler + ['-shared', thing, '-o', shared], check=True)
    subprocess.run(['ar', 'rc', static, thing], check=True)
    wanted = {
        'exports as listed': ['pw_planted', 'pw_missing'],
        'exports as declared': ['pw_planted', 'pw_missing'],
        'prefixes in the static library': ['planted_name'],
        'no global state': ['pwi_planted_state', 'planted_counter'],
    }
    for name, rule in check_symbols.rules(shared, static):
        found = list(rule(Tree(root)))
        good = len(found) == len(wanted[name]) and all(any(part in problem for problem in found)
                                                       for part in wanted[name])
        yield f'symbols: {name}', good, f'found {found}'
    shutil.rmtree(root)


def main():
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    missing = set()
    if not check_sizes.HAS_CTAGS:
        missing.add(check_sizes.long_functions)
        print('skipped: function length: ctags is not installed (universal-ctags)')
    if check_format.SKIP:
        missing.add(check_format.formatted)
        print(f'skipped: {check_format.SKIP}')
    counts['skipped'] = len(missing)
    global PLANTED, ALLOWED
    PLANTED = [row for row in PLANTED if row[0] not in missing]
    ALLOWED = [row for row in ALLOWED if row[0] not in missing]
    for checks in (check_planted(), check_clean(), check_library(sys.argv[1:] or ['cc'])):
        for name, good, detail in checks:
            counts['passed' if good else 'failed'] += 1
            if not good:
                print(f'FAILED {name}: {detail}')
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())

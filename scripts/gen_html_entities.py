#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write src/text/html_entities_table.c: the named characters of HTML5, from Python's html.entities.html5.

Two tables, both sorted by name. The first is HTML5's own: names are written without their ";", and a flag says which
may also stand without it. The second holds the all-capitals names that ftfy adds (encoders.md 1.6): the capitals of an
all-lower-case name mean the capitals of its characters, unless html.unescape already makes something of them
("&LTRI;" begins with the old name "LT"). Probed on ftfy 6.3.1 as a black box: all 1376 names and values agree.

    scripts/gen_html_entities.py > src/text/html_entities_table.c
"""
import html
import html.entities
import sys
import unicodedata

FTFY_NAME_MAX = 24


def html5_names():
    table = html.entities.html5
    names = {name[:-1]: value for name, value in table.items() if name.endswith(";")}
    legacy = {name for name in table if not name.endswith(";")}
    assert all(names[name] == table[name] for name in legacy)
    return names, legacy


def capital_names(names):
    capitals = {}
    for name, value in names.items():
        upper = name.upper()
        if name.islower() and len(name) <= FTFY_NAME_MAX and html.unescape("&%s;" % upper) == "&%s;" % upper:
            capitals[upper] = value.upper()
    return capitals


def write_table(declaration, names, legacy):
    print("\n" + declaration + " = {")
    for name in sorted(names):
        codes = ", ".join("0x%X" % ord(c) for c in names[name])
        print('    {"%s", {%s}, %s},' % (name, codes, "true" if name in legacy else "false"))
    print("};")


def main():
    if unicodedata.unidata_version != "14.0.0":
        sys.exit("gen_html_entities.py: needs Python 3.11 (its str.upper is Unicode 14.0.0), this one has "
                 + unicodedata.unidata_version)
    names, legacy = html5_names()
    capitals = capital_names(names)
    assert all(name.isascii() and name.isalnum() and len(name) <= 31 for name in names)
    assert max(map(len, legacy)) == 6 and min(map(len, legacy)) == 2
    assert all(1 <= len(value) <= 3 for value in [*names.values(), *capitals.values()])

    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by scripts/gen_html_entities.py; do not edit. */")
    print('#include "text/html.h"')
    write_table("const pwi_entity pwi_html5_entities[]", names, legacy)
    print("\nconst size_t pwi_n_html5_entities = %d;" % len(names))
    write_table("const pwi_entity pwi_capital_entities[]", capitals, ())
    print("\nconst size_t pwi_n_capital_entities = %d;" % len(capitals))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds padwise(1): fills what the command's own tables know into padwise.1.scd and runs scdoc.

usage: scripts/man_page.py PADWISE SCDOC IN.scd OUT
"""
import subprocess
import sys


def main(padwise, scdoc, source, target):
    with open(source, encoding="utf-8") as file:
        text = file.read()
    for mark, topic in (("@COMMANDS@", "man-commands"), ("@OPTIONS@", "man-options")):
        if mark not in text:
            sys.exit(f"{source}: the mark {mark} is missing")
        part = subprocess.run([padwise, "help", topic], check=True, capture_output=True).stdout
        text = text.replace(mark, part.decode().strip())
    page = subprocess.run([scdoc], input=text.encode(), check=True, capture_output=True).stdout
    with open(target, "wb") as file:
        file.write(page)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])

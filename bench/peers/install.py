#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the virtual environment of the peers: everything in requirements.txt, from PyPI (about 6 GB, PyTorch most of it)."""
import argparse
import os
import subprocess
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = "/opt/peers"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", default=VENV)
    folder = parser.parse_args().venv
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
    pip = [python, "-m", "pip"]
    subprocess.run([*pip, "install", "-r", os.path.join(HERE, "requirements.txt")], check=True)
    # It would report every import to its makers, from a process of its own that runs beside what is being timed.
    subprocess.run([*pip, "uninstall", "-y", "openvino-telemetry"], check=True)


if __name__ == "__main__":
    main()

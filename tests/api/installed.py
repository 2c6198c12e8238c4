#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""installed.py BUILD CC [CXX]: padwise as a stranger has it.

Installs the build into an empty folder, then builds and runs docs/examples there: the C and the C++ one through
pkg-config, shared and static, and the CMake project. They must find everything in what was installed.
"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ['PADWISE_SOURCE']
EXAMPLES = os.path.join(SOURCE, 'docs', 'examples')
STRICT = ['-Wall', '-Wextra', '-pedantic', '-Werror']


class Installed:
    """An installation under a folder of its own, and the environment that finds it."""

    def __init__(self, build, folder):
        self.folder = folder
        root = os.path.join(folder, 'root')
        run(['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', root])
        # With a system root pkg-config puts it before the folders of other packages too; CMake wants them to exist.
        os.makedirs(os.path.join(root, 'usr', 'include'))
        found = [where for where, _, files in os.walk(root) if 'padwise.pc' in files]
        assert len(found) == 1, f'padwise.pc is installed {len(found)} times'
        self.libraries = os.path.dirname(found[0])
        self.environment = dict(os.environ, PKG_CONFIG_PATH=found[0], PKG_CONFIG_SYSROOT_DIR=root,
                                LD_LIBRARY_PATH=self.libraries, LC_ALL='C')

    def flags(self, *arguments):
        return shlex.split(run(['pkg-config', *arguments, 'padwise'], env=self.environment))


def run(command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


def encodes(installed, program, name):
    """The example writes a file that is there, whole, and equal however it was linked."""
    out = os.path.join(installed.folder, name + '.safetensors')
    said = run([program, 'a beaver with blue teeth', out], env=installed.environment)
    assert f'tensors in {out}' in said, said
    with open(out, 'rb') as file:
        content = file.read()
    header = int.from_bytes(content[:8], 'little')
    assert b'"last_hidden_state"' in content[8:8 + header], 'no last_hidden_state in the file'
    other = os.path.join(installed.folder, 'reference.safetensors')
    if os.path.exists(other):
        with open(other, 'rb') as file:
            assert file.read() == content, f'{name} wrote other bytes'
    shutil.copy(out, other)


def c_shared(installed, compilers):
    program = os.path.join(installed.folder, 'c-shared')
    run(compilers['c'] + ['-std=c99'] + STRICT + [os.path.join(EXAMPLES, 'encode.c'), '-o', program]
        + installed.flags('--cflags', '--libs'))
    encodes(installed, program, 'c-shared')


def c_static(installed, compilers):
    """--static names everything that the archive needs; the archive alone is there to be found."""
    program = os.path.join(installed.folder, 'c-static')
    flags = ['-Wl,-Bstatic,-lpadwise,-Bdynamic' if flag == '-lpadwise' else flag
             for flag in installed.flags('--static', '--cflags', '--libs')]
    run(compilers['c'] + ['-std=c99'] + STRICT + [os.path.join(EXAMPLES, 'encode.c'), '-o', program] + flags)
    encodes(installed, program, 'c-static')


def cpp(installed, compilers):
    program = os.path.join(installed.folder, 'cpp')
    run(compilers['cpp'] + ['-std=c++11'] + STRICT + [os.path.join(EXAMPLES, 'encode.cpp'), '-o', program]
        + installed.flags('--cflags', '--libs'))
    same = run([program, 'a beaver', 'a beaver'], env=installed.environment)
    other = run([program, 'a beaver', 'a castle at night'], env=installed.environment)
    assert same == 'cosine 1.000000\n', same
    assert other != same and other.startswith('cosine '), other


def cmake(installed, _compilers):
    build = os.path.join(installed.folder, 'cmake')
    run(['cmake', '-S', os.path.join(EXAMPLES, 'cmake'), '-B', build], env=installed.environment)
    run(['cmake', '--build', build], env=installed.environment)
    encodes(installed, os.path.join(build, 'encode'), 'cmake')


def command(installed, _compilers):
    found = [os.path.join(where, 'padwise') for where, _, files in os.walk(installed.folder)
             if 'padwise' in files and os.path.basename(where) == 'bin']
    assert found, 'the command is not installed'
    said = run([found[0], '--version'], env=installed.environment)
    assert said.startswith('padwise '), said


def main():
    compilers = {'c': shlex.split(sys.argv[2]), 'cpp': shlex.split(sys.argv[3]) if len(sys.argv) > 3 else None}
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    with tempfile.TemporaryDirectory(prefix='padwise-installed-') as folder:
        installed = Installed(sys.argv[1], folder)
        for test in (c_shared, c_static, cpp, cmake, command):
            if test is cpp and not compilers['cpp'] or test is cmake and not shutil.which('cmake'):
                print(f'skipped: installed example {test.__name__}: its compiler is not here')
                counts['skipped'] += 1
                continue
            try:
                test(installed, compilers)
                counts['passed'] += 1
            except AssertionError as error:
                print(f'FAILED {test.__name__}: {error}')
                counts['failed'] += 1
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())

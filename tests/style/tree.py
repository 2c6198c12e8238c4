# SPDX-License-Identifier: MIT
"""What every style check shares: the files of the tree, C without its comments and strings, and the closing line."""
import os
import re
import shutil
import subprocess
import sys

C_ENDINGS = ('.c', '.h', '.inc', '.def', '.cpp')
CODE_ENDINGS = C_ENDINGS + ('.py', '.sh', '.build')
SKIPPED_FOLDERS = {'.git', '__pycache__', 'dist'}

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


class Tree:
    """The files of one source tree: what git knows or would add; without git, everything but build folders."""

    def __init__(self, root):
        self.root = root
        self._texts = {}
        self.paths = sorted(path for path in self._list() if os.path.isfile(os.path.join(root, path)))

    def _list(self):
        if shutil.which('git') and os.path.exists(os.path.join(self.root, '.git')):
            listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=self.root,
                                    stdout=subprocess.PIPE, check=False)
            if listed.returncode == 0:
                return set(os.fsdecode(listed.stdout).split('\0')) - {''}
        paths = set()
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders
                          if name not in SKIPPED_FOLDERS and not name.startswith('build')]
            paths |= {os.path.relpath(os.path.join(folder, name), self.root) for name in files}
        return paths

    def under(self, *folders, endings=()):
        return [path for path in self.paths
                if path.startswith(tuple(folder + '/' for folder in folders)) and path.endswith(endings or ('',))]

    def text(self, path):
        """The file's text; bytes that are not UTF-8 become surrogates, which no rule accepts as ASCII."""
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding='utf-8', errors='surrogateescape', newline='') as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def code(self, path, keep_strings=False):
        """C text with comments (and what stands in strings) blanked; line numbers stay."""
        def blank(match):
            token = match.group()
            if keep_strings and not token.startswith('/'):
                return token
            return token[0] + re.sub(r'[^\n]', ' ', token[1:-1]) + token[-1] if token[0] in '"\'' \
                else re.sub(r'[^\n]', ' ', token)
        return _TOKEN.sub(blank, self.text(path))


def is_generated(path):
    return re.search(r'_table\.[ch]$', path) is not None


def main(rules, root=None, skips=()):
    """Run the rules, (name, function of a tree giving "path:line: what") pairs, and end with the closing line."""
    tree = Tree(root or os.environ.get('PADWISE_SOURCE') or os.getcwd())
    n_failed = 0
    for name, rule in rules:
        problems = list(rule(tree))
        print(f"{'FAILED' if problems else 'ok':6} {name}")
        for problem in problems:
            print(f'       {problem}')
        n_failed += bool(problems)
    for reason in skips:
        print(f'skipped: {reason}')
    print(f'{len(rules) - n_failed} passed, {n_failed} failed, {len(skips)} skipped')
    sys.exit(1 if n_failed else 0)

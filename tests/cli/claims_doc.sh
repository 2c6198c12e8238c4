# SPDX-License-Identifier: MIT
# Each command of docs/claims.md prints what stands below it there.
. "$PADWISE_CLI_TESTS/helpers.bash"
[ -f "$PADWISE_SHARED/data/clip-l-tensors/a_mute_swan.json" ] && [ -f "$PADWISE_SHARED/data/tokenizers/clip/merges.txt" ] ||
    skip "the tensors or CLIP's vocabulary are not under PADWISE_SHARED"
mkdir tensors
cp "$PADWISE_SHARED"/data/clip-l-tensors/*.json tensors
ln -s "$(realpath "$PADWISE_SHARED/data/tokenizers/clip")" tensors/clip
cd tensors
python3 - <<'END'
import os
import re
import subprocess
with open(os.environ['PADWISE_SOURCE'] + '/docs/claims.md', encoding='utf-8') as file:
    blocks = re.findall(r'^```console\n\$ (.*)\n((?:.*\n)*?)```$', file.read(), re.MULTILINE)
for command, expected in blocks:
    got = subprocess.run(['bash', '-o', 'pipefail', '-c', command], stdout=subprocess.PIPE, text=True, check=False)
    wrong = [f'  wanted: {a}\n  got:    {b}' for a, b in zip(expected.splitlines(), got.stdout.splitlines()) if a != b]
    if got.returncode != 0 or got.stdout != expected:
        print(f'{command}\n  exit {got.returncode}, lines {len(got.stdout.splitlines())}', *wrong[:1], sep='\n')
print(f'{len(blocks)} commands')
END

# SPDX-License-Identifier: MIT
# docs/scans.md: every command in it prints what the page says.
. "$PADWISE_CLI_TESTS/helpers.bash"
export PADWISE_CPU=ref
python3 - "$PADWISE_CLI_TESTS/../../docs/scans.md" <<'END'
import subprocess, sys
n = 0
lines = open(sys.argv[1]).read().split('\n')
starts = [i for i, line in enumerate(lines) if line.startswith('    $ ')]
for i in starts:
    end = i + 1
    while end < len(lines) and (lines[end] == '' or lines[end].startswith('    ')) and end not in starts:
        end += 1
    wanted = [line[4:] for line in lines[i + 1:end]]
    ran = subprocess.run(['bash', '-c', lines[i][6:]], stdout=subprocess.PIPE, text=True).stdout.split('\n')
    while wanted and wanted[-1] == '':
        wanted.pop()
    if wanted != [line.rstrip() for line in ran][:len(ran) - 1]:
        print(lines[i], *(f'wanted {a}\ngot    {b}' for a, b in zip(wanted, ran) if a != b.rstrip()), sep='\n')
    n += 1
print(n, 'commands')
END

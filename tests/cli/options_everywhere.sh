# SPDX-License-Identifier: MIT
# Each option of options.def stands in the help of its commands, the three completions and the man page's source, and
# each command in them all. The names are read from the .def files by other means than the command's own.
python3 - <<'END'
import os, re, subprocess
tools = os.environ['PADWISE_SOURCE'] + '/tools/padwise/'
run = lambda *words: subprocess.run(['padwise', *words], check=True, capture_output=True, text=True).stdout
text = re.sub(r'/\*.*?\*/', '', open(tools + 'options.def').read(), flags=re.S)
rows = re.findall(r'^OPTION\((\w+), "([\w-]+)", (0|\'.\')', text, re.M)
commands = [name.replace('_', '-') for name in
            re.findall(r'^COMMAND\(\w+, (\w+),', open(tools + 'commands.def').read(), re.M)]
later = re.findall(r'^LATER_COMMAND\("([\w-]+)"', open(tools + 'commands.def').read(), re.M)
assert len(rows) > 40 and len(commands) > 10 and len(later) > 5, (len(rows), len(commands), len(later))
man = run('help', 'man-options').replace('\\', '')
helps = run('help', 'options') + ''.join(run('help', command) for command in commands)
overview = run('help')
shells = {shell: run('completion', shell) for shell in ('bash', 'zsh', 'fish')}
for identity, name, letter in rows:
    for place, body in (('help', helps), ('bash', shells['bash']), ('zsh', shells['zsh'])):
        if not re.search(rf'--{name}(?![\w-])', body):
            print(f'--{name} is not in {place}')
    if not re.search(rf'-l {name}(?![\w-])', shells['fish']):
        print(f'--{name} is not in fish')
    if f'*--{name}*' not in man:
        print(f'--{name} is not in the man page')
    if letter != '0' and f'*-{letter[1]}*, *--{name}*' not in man:
        print(f'-{letter[1]} is not in the man page')
for command in commands:
    if not re.search(rf'^  {command} ', overview, re.M):
        print(f'{command} is not in the overview')
    for shell, body in shells.items():
        if not re.search(rf'\b{command}\b', body):
            print(f'{command} is not in {shell}')
for command in later:
    done = subprocess.run(['padwise', command], capture_output=True, text=True)
    if done.returncode != 2 or 'not in this version' not in done.stderr or done.stderr.count('\n') != 1:
        print(f'{command}: {done.returncode} {done.stderr}')
print('checked')
END

# SPDX-License-Identifier: MIT
# audit: every claim with its measurement and verdict, as text that fits 80 columns and as JSON; some of them; what they take.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise audit -q >all.txt
echo "exit $?"
head -n 2 all.txt
grep -E '^[a-z][a-z0-9-]+$|^  verdict|claims' all.txt | cut -c 1-60
awk 'length > 80 { print "wide: " $0 }' all.txt
grep -v '^  "' all.txt | grep -iE 'nan|identical'
echo "== the same claims as JSON, and the same numbers whatever the level and the threads"
padwise audit --json >all.json 2>stderr && [ ! -s stderr ] && wc -l <all.json
python3 - <<'END'
import json
text = open('all.txt').read()
for line in open('all.json'):
    o = json.loads(line)
    for key in ('claim', 'name', 'where', 'criterion', 'measured', 'n', 'tokens', 'of', 'interval', 'interval_of',
                'numbers', 'encoder', 'verdict', 'reason'):
        if key not in o:
            print(o['name'], 'has no', key)
    is_open = o['verdict'] == 'not decidable here'
    if o['name'] + '\n' not in text or f'"{o["claim"]}"' not in text or not o['reason']:
        print(o['name'], 'is not in the text, or has no reason')
    if o['criterion'] is None and not is_open or o['verdict'] not in ('true', 'false', 'not decidable here'):
        print(o['name'], o['verdict'], 'by no criterion')
    if not is_open and (o['measured'] is None or o['n'] < 3 or o['interval'] is None or not o['numbers']):
        print(o['name'], 'was judged by too little')
    if o['interval'] is not None and not o['interval'][0] <= o['interval'][1]:
        print(o['name'], o['interval'])
END
few=(--claim same-position,mask-improves "a beaver" "the river" "a tree by the river")
padwise audit -q "${few[@]}" >few.txt
padwise audit -q --threads 1 --cpu ref "${few[@]}" | cmp - few.txt && echo same
echo "== some of them, in their order"
padwise audit -q --claim brackets,bos-gathers
padwise audit -q --json --claim bos-gathers,t5-flux "a beaver" "a river" "two trees" | json 'o["name"], o["n"], o["tokens"], o["verdict"]'
echo "== --list"
padwise audit --list | head -n 3
padwise audit --list | wc -l
padwise audit --list --json | head -n 1
echo "== two prompts are a single pair"
padwise audit -q --claim same-position,one-prompt,noise,bos-gathers,pooled-last "a beaver" "two old trees" | grep -A 2 '^  verdict'
padwise audit -q --json "a beaver" "two old trees" | json 'o["verdict"]' | sort | uniq -c
echo "== -o, --plot"
padwise audit -q --claim bos-gathers,same-position --plot p.txt --width 60 -o listing.txt && wc -l <listing.txt && head -n 1 p.txt
printf 'a beaver\na river\na tree by a river\n' >prompts.txt
padwise audit -q --claim maskpad-eos --from prompts.txt | head -n 1

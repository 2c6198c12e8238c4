# SPDX-License-Identifier: MIT
# The report stands alone, is well formed, escapes strangers' text, and says the numbers of `pads`.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json, random
random.seed(1)
def save(name, prompt, **fields):
    rows = [[1.0] * 4] + [[random.uniform(-1, 1) for _ in range(4)] for _ in range(7)]
    json.dump(dict(prompt=prompt, embedding=rows, shape=[8, 4], **fields), open(name, 'w'))
save('a.json', 'x\0</title><img src=x onerror=alert(1)>\u202e<!--', author='A. Author', license='CC0')
save('b.json', '<style>' * 150000)
save('c.json', 'a tree')
END
cat >check.py <<'END'
import sys
from html.parser import HTMLParser
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open_tags, self.n, self.ids, self.bad = [], {}, set(), []
    def handle_starttag(self, tag, attributes):
        self.n[tag] = self.n.get(tag, 0) + 1
        for key, value in attributes:
            if key == 'id' and value in self.ids:
                self.bad.append('id ' + value)
            self.ids.add(value if key == 'id' else None)
            if key.startswith('on') or key in ('src', 'href', 'xlink:href') and value[0] != '#' and value[:5] != 'data:':
                self.bad.append(key)
        if tag not in ('meta', 'link', 'img'):
            self.open_tags.append(tag)
    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)
    def handle_endtag(self, tag):
        if tag not in ('meta', 'link', 'img') and self.open_tags.pop() != tag:
            self.bad.append(tag)
page = Page()
page.feed(open(sys.argv[1], encoding='utf-8').read())
print(page.open_tags, page.bad, {key: page.n.get(key, 0) for key in ('script', 'h2', 'table', 'svg', 'img')})
END
padwise report --n-real 4 -q a.json b.json c.json -o page.html 2>stderr.txt
if grep -q 'SVG, PNG and PDF' stderr.txt; then skip "this build draws no pictures"; fi
cat stderr.txt
python3 check.py page.html
grep -c '@media print' page.html
grep -c 'prefers-color-scheme: dark' page.html
grep -c 'A. Author, CC0' page.html | awk '{ print ($1 > 2) }'
python3 -c 'text = open("page.html", encoding="utf-8").read(); print("\u202e" in text, "\0" in text)'
grep -o '<li>These are 3 inputs[^:]*' page.html
wc -c <page.html | awk '{ print ($1 < 3000000) }'

# The same figures as on the terminal.
cat >same.py <<'END'
import json, sys
page = open('page.html', encoding='utf-8').read()
for line in sys.stdin:
    o = json.loads(line)
    wanted = [o['conclusion']] if 'conclusion' in o else ['<td>%.2f</td>' % row['l2'] for row in o.get('rows', [])[:4]]
    wanted += ['<td>%.3f</td><td>%.3f</td>' % (x['cos_eos'], x['cos_bos']) for x in o.get('regimes', [])]
    print(len(wanted) > 0, [text for text in wanted if text not in page])
END
padwise pads stats --json --n-real 4 a.json b.json c.json | python3 same.py
padwise pads regime --json --n-real 4 a.json b.json | head -n 2 | python3 same.py

echo "== where pads start is not known; one input"
padwise report -q c.json -o one.html && python3 check.py one.html && grep -c 'n-real N' one.html && grep -o 'This is one prompt' one.html
echo "== prompts through the built-in model"
padwise report -q "a beaver" "a <b>" -o prompts.html && python3 check.py prompts.html
grep -o 'The built-in model is untrained' prompts.html
grep -o '<td class="text">beaver&lt;/w&gt;</td>' prompts.html
padwise report -q "a beaver" "a <b>" | cmp - prompts.html && echo "the same bytes"
padwise encode -q -r raw "a (beaver:1.3)" --dialect a1111 -o w.safetensors
padwise report -q w.safetensors -o w.html && grep -c '<td>1.3</td>' w.html

echo "== variants: zeroed pads are as far as the pads are long"
cat >zeroed.py <<'END'
import json, math, re, sys
rows = json.loads(sys.stdin.readline())['rows']
page = re.sub(r'\s*<[^>]+>\s*', '|', open('prompts.html', encoding='utf-8').read())
edits = re.findall(r'\|pads: ([^|]+)\|+[^|]+\|+([\d.]+)\|', page[:page.index('2. a &lt;b&gt;')])
print([name for name, _ in edits])
print('%.2f' % math.sqrt(sum(row['l2'] ** 2 for row in rows if row['role'] == 'pad')) == dict(edits)['zero'])
END
padwise pads stats --json --positions 0..76 "a beaver" 2>stderr.txt | python3 zeroed.py
echo "== attention: the numbers of attn, in the mask of the rows"
cat >attention.py <<'END'
import json, re, sys
page = open(sys.argv[1], encoding='utf-8').read()
missing = 0
for layer in json.load(sys.stdin)['layers']:
    mean = lambda get: sum(get(head) for head in layer['heads']) / len(layer['heads'])
    cells = [mean(lambda head: head['mass'][role]) for role in ('bos', 'word', 'eos', 'pad')] + [mean(lambda head: head['entropy'])]
    row = '<tr><td>%d</td>' % layer['layer'] + ''.join('<td>%.3f</td>' % cell for cell in cells)
    missing += row not in page
first = page[page.index('Attention</h3>'):page.index('id="input-2"')]
print(missing, first.count('<figure>'), re.findall(r'(?:No row|No mask)[^:;<]*', first))
END
for mask in hf none; do
    padwise report -q --mask $mask "a beaver" "a <b>" -o $mask.html
    padwise attn -q --json --mask $mask "a beaver" 2>stderr.txt | python3 attention.py $mask.html
done
grep -o 'Attention in layer [0-9]*' none.html | head -n 1
padwise report -q --layer 2 "a beaver" | grep -o 'Attention in layer [0-9]*' | head -n 1
grep -c 'Attention is in no file' page.html
grep -c 'Attention over the prompts' hf.html
echo "== several encoders"
small_vocabulary vocab
mkdir -p xl
for i in 1 2; do
    padwise init -q tiny --tokenizer vocab --seed $i -o encoder$i && cp -r encoder$i xl/text_encoder${i/1/} && cp -r vocab xl/tokenizer${i/1/}
done
mv xl/text_encoder2 xl/text_encoder_2 && mv xl/tokenizer2 xl/tokenizer_2
echo '{"_class_name":"StableDiffusionXLPipeline","text_encoder":["transformers","CLIPTextModel"],"text_encoder_2":["transformers","CLIPTextModelWithProjection"]}' >xl/model_index.json
padwise report -q -m xl -r sdxl "a beaver" "a <b>" -o sdxl.html && python3 check.py sdxl.html
grep -o 'Attention in clip_[lg]</h3>' sdxl.html | uniq -c
grep -o 'what block [0-9] of [0-9] leaves' sdxl.html | sort | uniq -c
padwise encode -q -m xl -r sdxl -n "no" -o sdxl.safetensors "a beaver" "a <b>"
padwise report -q -m xl -r sdxl "an otter" sdxl.safetensors -o mixed.html && python3 check.py mixed.html
for recipe in cascade sdxl-refiner; do padwise report -q -m xl -r $recipe "a beaver" -o $recipe.html && grep -o 'Attention in clip_[a-z]*' $recipe.html; done
padwise report -q -m encoder1 -r sd15 --flavour a1111 "$(printf 'beaver %.0s' $(seq 90))" "a (beaver:1.4)" -o chunks.html && python3 check.py chunks.html
grep -o 'The prompt fills [0-9] chunks' chunks.html
grep -o "The prompt's weights act on rows behind the encoder" chunks.html
grep -o '<tr class="dim"><td>[0-9]* to 230</td>' chunks.html
echo "== prompts of all sorts"
padwise report -q "" "$(printf 'otter %.0s' $(seq 200))" "$(printf '\360\237\246\253 \330\243 \351\235\222 \342\200\256x')" '<script>alert(1)</script>' -o sorts.html && python3 check.py sorts.html
grep -o 'There are no pads here' sorts.html | head -n 1
grep -o '[0-9]* tokens at its end are cut off' sorts.html
grep -c '&lt;script&gt;alert(1)&lt;/script&gt;' sorts.html | awk '{ print ($1 > 2) }'
wc -c <prompts.html | awk '{ print ($1 < 800000) }'

echo "== files without a vocabulary: no columns of strokes; variants of one prompt: no interval; what was done to them"
for i in 1 2 3; do padwise edit -q a.json --n-real 4 --edit "pads: scale 0.$i" -o "scaled_$i.json"; done
padwise report -q --n-real 4 a.json scaled_1.json scaled_2.json scaled_3.json -o variants.html && python3 check.py variants.html
grep -c -E '<th>id</th>|<th class="text">token</th>' variants.html
grep -o '<h1>[^<]*' variants.html
grep -o '4 variants of one prompt of[^,.]*' variants.html | head -n 1
grep -o 'no interval over prompts' variants.html | head -n 1
grep -o '<li>These are 4 variants[^<]*' variants.html
grep -o 'edited: <code>[^<]*' variants.html
sed -n '/Cosine between inputs</,/<.tbody>/p' variants.html | grep -o '<td class="text">BOS row</td><td>6</td><td>[^<]*</td><td>[^<]*</td>'
padwise report -q --n-real 4 a.json c.json scaled_1.json -o mixed.html && grep -o '<li>These are 3 inputs[^<]*' mixed.html

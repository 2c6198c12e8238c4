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

# SPDX-License-Identifier: MIT
# The page stands alone: no scripts, nothing from the net, text of strangers as text; written whole or not at all.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise walkthrough --html -o page.html '<script>alert(1)</script> & "quotes"' "two"
grep -ciE '<script|src=|href=|url\(|@import|http' page.html
grep -c 'prefers-color-scheme: dark' page.html
grep -c '@media print' page.html
python3 - <<'END'
from html.parser import HTMLParser
class Page(HTMLParser):
    open_tags, n = [], {}
    def handle_starttag(self, tag, attributes):
        self.n[tag] = self.n.get(tag, 0) + 1
        if tag != 'meta':
            self.open_tags.append(tag)
    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag, tag
page = Page()
page.feed(open('page.html', encoding='utf-8').read())
print(page.open_tags, page.n['h2'], page.n['table'], 'script' in page.n)
END
padwise walkthrough --html "a" | tail -n 1
padwise walkthrough --html "a" | wc -l | awk '{ print ($1 > 100) }'
mkdir folder
try padwise walkthrough --html -o folder "a"
try padwise walkthrough --html -o new.html --embeddings nosuch.json
ls | grep -c new.html
true

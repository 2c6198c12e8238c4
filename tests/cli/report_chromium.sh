# SPDX-License-Identifier: MIT
# The page in a browser: no request leaves it, nothing is complained of, light, dark, a phone's width, paper.
. "$PADWISE_CLI_TESTS/helpers.bash"
for name in chromium chromium-browser google-chrome; do
    browser=$(command -v $name) && break
done
[ -n "$browser" ] || skip "no Chromium on this machine (apt-get install chromium)"
padwise report -q '<script>alert(1)</script><img src=//example.com/x>' "$(printf 'bidi \342\200\256 and \033[31m')" "a tree & a \"river\"" "" -o page.html 2>stderr.txt
if grep -q 'SVG, PNG and PDF' stderr.txt; then skip "this build draws no pictures"; fi
python3 "$PADWISE_CLI_TESTS/report_chromium.py" "$browser" page.html >seen.json 2>stderr.txt || skip "Chromium does not run here: $(tail -n 1 stderr.txt)"
json '"requests:", [url.split("/")[-1] for url in o["requests"]], "complaints:", o["complaints"]' <seen.json
json '"light:", o["light"]["paper"] > 0.9, o["light"]["ink"] < 0.3, "dark:", o["dark"]["paper"] < 0.2, o["dark"]["ink"] > 0.7' <seen.json
json '"fits:", [o[k]["fits"] for k in ("light", "dark", "narrow", "phone")], "prints:", o["pdf_bytes"] > 10000' <seen.json
json '"attention:", o["light"]["attention"], "letters without a shape:", o["light"]["letters"]' <seen.json
json 'o["light"]["figures"], o["light"]["broken"], o["light"]["unnamed"], o["light"]["scripts"], o["light"]["title"]' <seen.json
echo '<script src="http://localhost:9/x.js"></script><script>console.error("x")</script>' >bad.html
python3 "$PADWISE_CLI_TESTS/report_chromium.py" "$browser" bad.html | json '"a bad page:", len(o["requests"]), len(o["complaints"]) >= 2'

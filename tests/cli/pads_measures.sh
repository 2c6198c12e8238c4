# SPDX-License-Identifier: MIT
# pads regime, svd, probe, signature: rows that turn from EOS to BOS, so that every answer is known.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json
# EOS of each file has a direction of its own; pads are copies of it, then like BOS with a little of it, and EOS again.
for name, eos in ('a', [2, 0, 1, 0, 0]), ('b', [2, 0, 0, 1, 0]), ('c', [2, 0, 0, 0, 1]), ('d', [2, 0, 1, 0.5, 0]):
    bos = [0, 8, 0, 0, 0]
    late = [0, 8, eos[2], eos[3], eos[4]]
    rows = [bos, [1, 1, 1, 1, 1], eos] + [eos] * 5 + [late] * 4 + [eos]
    json.dump({'prompt': name, 'embedding': rows, 'shape': [len(rows), 5]}, open(name + '.json', 'w'))
END
padwise pads regime --n-real 3 a.json b.json c.json
echo ---
padwise pads regime --n-real 3 --json a.json >out.json
json 'o.get("change_points"), o.get("norm_change_points"), o.get("conclusion")' <out.json
head -n 1 out.json | json '[(r["first"], r["last"], r["kind"], r["coordinates"][0]["index"]) for r in o["regimes"]]'
echo ---
padwise pads svd --n-real 3 a.json
padwise pads svd --n-real 3 --positions 3..7 --json a.json b.json | json 'o.get("rank_99"), o.get("first"), o.get("last"), o.get("inputs")'
echo ---
padwise pads probe --n-real 3 --labels x,y,y,x a.json b.json c.json d.json
printf 'x\r\ny\r\ny\r\nx\r\n' >labels.txt
padwise pads probe --n-real 3 --json --labels labels.txt --positions 12 a.json b.json c.json d.json |
    json 'o["chance"], [i["label"] for i in o["inputs"]], [(p["place"], p["nearest"], p["purity"]["mean"]) for p in o["places"]]'
echo ---
padwise pads signature --n-real 3 a.json b.json c.json d.json
padwise pads signature --n-real 3 --json a.json b.json | json '[p["found"]["mean"] for p in o["parts"]], o["conclusion"]'
for measure in regime svd probe signature; do
    padwise pads $measure --n-real 3 a.json b.json c.json d.json | awk -v m=$measure 'length > 80 { print m ": " $0 }'
done

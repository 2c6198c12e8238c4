# SPDX-License-Identifier: MIT
# --plot of pads and sweep: the picture beside the table; refused before the work where it cannot be.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json, random
random.seed(3)
for name in 'abc':
    rows = [[1.0] * 4] + [[random.uniform(-1, 1) for _ in range(4)] for _ in range(7)]
    json.dump({'prompt': name, 'embedding': rows, 'shape': [8, 4], 'author': 'A. Author', 'license': 'CC0'}, open(name + '.json', 'w'))
END
for measure in stats regime svd probe signature; do
    echo "== $measure"
    padwise pads $measure -q --n-real 3 --plot p.txt --width 60 a.json b.json c.json >table.txt
    head -n 1 p.txt
    tail -n 1 p.txt
    padwise pads $measure -q --n-real 3 a.json b.json c.json | cmp - table.txt && echo "the table stays"
done
padwise pads stats -q --n-real 3 --plot one.txt a.json >table.txt && head -n 2 one.txt
echo "== sweep"
padwise sweep -q a.json --n-real 3 --edit "pads: scale {x}" --values 0..2/4 -o out/ --plot s.txt --width 50 >table.txt
cat s.txt
echo "== refused"
try padwise pads stats --n-real 3 --plot p.gif a.json
try padwise pads stats --n-real 3 --json --plot - a.json
try padwise sweep a.json --n-real 3 --edit "pads: scale {x}" --values 0,1 -o new/ --plot nofolder/s.svg
padwise pads stats --json --n-real 3 --plot j.txt a.json | json '"rows" in o' && head -n 1 j.txt
ls -d new 2>/dev/null
true

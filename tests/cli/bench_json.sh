# SPDX-License-Identifier: MIT
# bench --json: every figure once for each thread count, with the fields of every figure and its own; nothing is timed
# here. Operations are counted: a tiny model's are known.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init -q tiny --tokenizer vocab -o tiny
padwise bench all -m tiny --json --repeats 1 --threads 2,1,2 --rows 2x7,1x77 --limit 40 >lines 2>stderr; echo "exit $?"
[ -s stderr ] && cat stderr
json '(o["figure"], o["threads"], o.get("shape"))' <lines
echo "fields of every figure:"
json '[k for k in ("figure", "value", "unit", "roofline_share", "level", "precision", "threads", "cpu", "version") if k not in o]' <lines | sort -u
echo "wrong values:"
json 'o if not (o["value"] > 0 or o["figure"].startswith("roofline.")) or (o["roofline_share"] is None) != (o["value"] == 0 or o["figure"].startswith("lab.")) else ""' <lines | sort -u
grep '"encode"' lines | json '(o["shape"], o["flops"], o["precision"], o["asked"], o["n"], o["median"] >= o["best"] > 0, o["random_weights"])' | sort -u
grep -E '"(bulk|zero-shot)"' lines | json '(o["figure"], o["prompts"], o["precision"], o["flops"] > 0)'
grep '"zero-shot"' lines | json '0 < o["distinct_tokens"] < o["tokens"]'
# What was not computed as asked says so.
padwise bench encode -m tiny --json --repeats 1 --threads 1 --rows 1x7 --precision high --precision highest --cpu ref | json '(o["asked"], o["precision"], o["level"])'

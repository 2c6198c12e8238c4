# SPDX-License-Identifier: MIT
# Wrong lines: one sentence on stderr, exit 2, nothing written.
. "$PADWISE_CLI_TESTS/helpers.bash"
try padwise frobnicate
try padwise tokenzie x
try padwise --json
try padwise serve x
try padwise encode
try padwise encode --lenght 3 x
try padwise encode --qqq x
try padwise encode --rtol 1 x
try padwise encode -z x
try padwise encode --edit "pads: clean" x
try padwise encode --dtype
try padwise encode --dtype f64 x
try padwise encode --json=1 x
try padwise encode -r sdxl x
try padwise encode -r sd3 x
try padwise encode -r nonsense x
try padwise encode --flavour forge x
try padwise encode --dialect esperanto x
try padwise encode --dialect adv:up+comfy x
try padwise encode -r sd15 --hidden all x
try padwise encode -r cascade --flavour a1111 x
try padwise encode -m clip_l=. -m clip_l=b x
try padwise encode --emphasis loud x
try padwise encode --backtrack 75 x
try padwise encode --steps -1 x
try padwise encode --clip-skip 2 x
try padwise encode --prompt-2 y x
try padwise encode -n bad --no-negative x
try padwise encode --length 1 x
try padwise encode --length short x
try padwise encode --pad-id -1 x
try padwise encode --hidden 1,,2 x
try padwise encode --only "" x
try padwise encode --threads many x
try padwise encode --shard-size 2 x
try padwise encode -o x.pt x
try padwise encode -o x.npy x
try padwise encode --from a --from b
try padwise encode --from a x
try padwise encode -o - --json x
try padwise encode -m . -m b x
try padwise compare a
try padwise compare a b --rtol -1
try padwise init
try padwise init clip-k -o x/
try padwise init bert-base -o x/
try padwise init tiny
try padwise init tiny --seed -1 -o x/
try padwise vocab
try padwise vocab train
try padwise tokenizer
try padwise tokenizer add
try padwise info
try padwise bench nosuch
try padwise bench encod
try padwise bench --rows 8
try padwise bench --rows 0x77
try padwise bench --threads 1,,2
try padwise bench --precision nosuch
try padwise bench --repeats 0
try padwise bench --limit -1
try padwise help nosuch
PADWISE_CPU=sse try padwise tokenize x
padwise >/dev/null 2>stderr
echo "no command: exit $?, $(grep -c . stderr) lines of help on stderr"
rm -f try.stderr stderr
ls

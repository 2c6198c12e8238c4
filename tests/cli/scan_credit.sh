# SPDX-License-Identifier: MIT
# Under every table and picture that is made from the published tensors: author, licence, source; "modified" where an edit
# has changed the rows. Of each command how often its table, its JSON and its picture say so.
. "$PADWISE_CLI_TESTS/helpers.bash"
enter_tensors
a=a_mute_swan.json b=a_great_horned.json c=short_prompts_max.json
python3 - <<'END_PYTHON'
from tensor_file import save
values = [((i * 7) % 13 - 6) / 64 for i in range(16 * 768)]
save('unet.safetensors', {f'mid_block.attentions.0.transformer_blocks.0.attn2.{what}.weight': ([16, 768], values)
                          for what in ('to_k', 'to_v')})
END_PYTHON
# What is said in a file: author and licence, and "modified" behind them. Tables break their lines.
said() {
    tr -s '\n ' ' ' <"$1" | python3 -c '
import html, re, sys
text = html.unescape(sys.stdin.read().replace("\\\"", "\"").replace("</text> <text", " "))
found = re.findall("Laura Wagner.{0,90}?laurajul/latent-vandalism-workshop.{0,3}? CC BY 4.0(, (?:partly )?modified)?", text)
print(len(found), "of them modified:", len([x for x in found if x]))'
}
show() {
    padwise "$@" >out 2>err || [ $? = 1 ] || cat err
    printf '%-34s %s\n' "$name" "$(said out)"
}
each() {
    name=$1; shift
    show "$@"
    name="$name --json" show "$@" --json
}
pictured() {
    each "$@" --plot picture.txt
    printf '%-34s %s\n' "$1 --plot" "$(said picture.txt)"
}
T="--tokenizer clip"
pictured "compare --rows" compare --rows $T $a $b
each compare compare $a $b
pictured cfg-delta cfg-delta $T -n $c $a
pictured pool-compare pool-compare $T --labels bird,bird,text $a $b $c
pictured kv kv --unet unet.safetensors --heads 2 $T $a
each flux-check flux-check $T $a
for measure in stats regime svd; do pictured "pads $measure" pads $measure $T $a $b; done
for measure in probe signature; do pictured "pads $measure" pads $measure $T $a $b $c; done
for kind in heat diff norms curves similarity; do
    for ending in txt svg; do
        padwise plot -q $kind $T $a $b -o picture.$ending && printf '%-34s %s\n' "plot $kind $ending" "$(said picture.$ending)"
    done
done
echo "# edited"
pictured sweep sweep $T $a --edit "pads: scale {x}" --values 0,1 -o steps/
each "edit --variants" edit $T $a --variants workshop -o variants/
padwise edit $T $a --edit "pads: zero" -o zero.json 2>err; printf '%-34s %s\n' "edit" "$(said err)"
padwise edit --json $T $a --edit "pads: zero" -o zero.json >out 2>err; printf '%-34s %s\n' "edit --json" "$(said out)"
echo "# files that came out: read again, and edited again"
for format in safetensors npz; do padwise edit -q $T $a --edit "pads: zero" -o zero.$format; done
for file in zero.json zero.safetensors zero.npz steps/000_0.json variants/a_mute_swan_{normal,padding_50_percent}.json; do
    name=$file show pads stats $T $file
done
each "flux-check zeroed" flux-check $T $a zero.json
padwise flux-check -q $T zero.json -o flux.safetensors >out
name=flux.safetensors show compare flux.safetensors flux.safetensors
echo "# published and edited beside each other: one line, and that a part of it is modified"
line() { tr -s '\n ' ' ' <"$1" | grep -oi 'data: Laura.*CC BY 4.0[a-z, ]*\(; [^"]*\)\?'; }
padwise pads stats $T $a zero.json $b zero.safetensors >out && line out
padwise plot heat -q $T zero.json $a -o picture.txt && line picture.txt
padwise compare --json $a zero.json | json 'o["credit"]'
padwise pads stats $T zero.json zero.npz >out && line out
padwise pads stats $T zero.json $a --credit "A. Person; CC0" >out; tail -1 out
echo "# rows of the published tensors in somebody else's file"
echo '{"prompt":"mine","author":"A. Person","license":"CC0","embedding":['"$(for i in $(seq 77); do printf '[%s0],' "$(printf '1,%.0s' $(seq 767))"; done | sed 's/,$//')"'],"shape":[77,768],"n_real":5}' >mine.json
padwise edit -q mine.json --edit "pads: from $a" -o both.json
padwise pads stats --json both.json | json 'o["credit"]'
padwise edit -q mine.json --edit "pads: from zero.safetensors" -o both.safetensors
padwise pads stats --json both.safetensors | json 'o["credit"]'
padwise edit -q $b $T --edit "pads: from $a" -o birds.json
padwise pads stats --json $T birds.json | json 'o["credit"]'
padwise plot heat -q $T mine.json both.json zero.json $b -o picture.txt && tail -3 picture.txt

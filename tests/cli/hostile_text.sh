# SPDX-License-Identifier: MIT
# No text of strangers moves the cursor or changes colours: names, prompts, messages; on stdout and stderr.
escape=$(printf '\033')
name=$(printf 'a\033[31m\n\342\200\256b.safetensors')
padwise encode -q -o "$name" "$(printf 'red \033[31m \302\233 \377 text')" 2>log
padwise encode -o "$name" "$(printf 'red \033[31m text')" >>log 2>&1
padwise info "$name" >>log 2>&1
padwise info "no$name" >>log 2>&1
padwise compare "$name" "no$name" >>log 2>&1
padwise tokenize "$(printf 'red \033[31m \302\233 text')" >>log 2>&1
padwise encode "--$name" x >>log 2>&1
padwise "$name" >>log 2>&1
printf '{"prompt":"x","id":"%s/"}\n' '\u001b[31m' | padwise encode --jsonl --from - -o out/ >>log 2>&1
grep -c "$escape" log
python3 -c '
text = open("log", "rb").read().decode("utf-8", "replace")
print("hostile:", sorted({hex(ord(c)) for c in text if ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 or 0x2028 <= ord(c) <= 0x202e}))
print("shown:", "\\x1b[31m" in text, "\\u202e" in text, "\\x9b" in text)'

# SPDX-License-Identifier: MIT
# Without -o the file is named after the prompt: small letters, digits and dashes, cut between words.
padwise encode -q "a beaver with blue teeth"
padwise encode -q "A Beaver, with  TEETH!!!"
padwise encode -q "one" "two" "three"
padwise encode -q "../../etc/passwd"
padwise encode -q "海狸"
padwise encode -q ""
padwise encode -q "a prompt of so many words that its name would be far too long for a file"
padwise encode -q aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
printf 'x\ny\n' >"My captions.v2.txt"
padwise encode -q --from "My captions.v2.txt" --format npz
ls | sort

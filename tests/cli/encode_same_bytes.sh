# SPDX-License-Identifier: MIT
# The same prompt gives the same file: run twice, with other threads, and its rows do not depend on the others.
padwise encode -q --threads 1 -o one.safetensors "a beaver"
padwise encode -q --threads 2 -o two.safetensors "a beaver"
padwise encode -q --threads 2 -o three.safetensors -- "a beaver"
cmp one.safetensors two.safetensors && cmp one.safetensors three.safetensors && echo "same bytes"
padwise encode -q -o - "a beaver" | cmp - one.safetensors && echo "same bytes on stdout"
padwise encode -q --only last_hidden_state -o first.npz "a beaver" "an otter in the river"
padwise encode -q --only last_hidden_state -o second.npz "an otter in the river" "a beaver"
padwise compare first.npz second.npz --json >differ.json; echo "compare: exit $?"

# SPDX-License-Identifier: MIT
# What a first user sees: the note on the built-in model, the token table with the pads in one row, the tensors, the file.
padwise encode --threads 1 --cpu ref "a beaver with blue teeth"
awk 'length > 80' <(padwise encode "a beaver with blue teeth" 2>&1)

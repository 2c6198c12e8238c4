#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cold_transformers.py FOLDER OUT DTYPE PROMPT: what a person writes to get one prompt's conditioning from transformers."""
import sys

import torch
from safetensors.torch import save_file
from transformers import CLIPTextModelWithProjection, CLIPTokenizerFast

folder, out, dtype, prompt = sys.argv[1:]
tokenizer = CLIPTokenizerFast.from_pretrained(folder)
model = CLIPTextModelWithProjection.from_pretrained(folder, dtype=dtype if dtype == "auto" else getattr(torch, dtype))
with torch.inference_mode():
    tokens = tokenizer(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    result = model(input_ids=tokens.input_ids)
save_file({"last_hidden_state": result.last_hidden_state.contiguous(), "text_embeds": result.text_embeds}, out)

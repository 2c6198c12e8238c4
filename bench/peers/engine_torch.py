# SPDX-License-Identifier: MIT
"""PyTorch as people run it: transformers' model in inference mode, eager or compiled."""
import torch

import material


def threads(job):
    torch.set_num_threads(job["threads"])


def runner(module, autocast=False):
    """A function of numpy ids."""
    def encode(ids):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            return module(torch.from_numpy(ids))
    return encode


def compiled_module(module, n_prompts):
    """Static shapes, weights frozen (packed at compile time) and kernels chosen by timing them."""
    return torch.compile(module, dynamic=n_prompts is None,
                         options={"freezing": True, "max_autotune": True, "triton.cudagraphs": False})


def eager(job, n_prompts, n_tokens):
    threads(job)
    return runner(material.torch_encoder(job["model"]))


def compiled(job, n_prompts, n_tokens):
    threads(job)
    return runner(compiled_module(material.torch_encoder(job["model"]), n_prompts))


def autocast(job, n_prompts, n_tokens):
    threads(job)
    return runner(material.torch_encoder(job["model"]), autocast=True)


def compiled_bf16(job, n_prompts, n_tokens):
    threads(job)
    return runner(compiled_module(material.torch_encoder(job["model"], torch.bfloat16), n_prompts))


def int8(job, n_prompts, n_tokens):
    """Of the back ends of dynamic quantization, onednn ran fastest or level here (51 ms against 51 and 65)."""
    threads(job)
    torch.backends.quantized.engine = "onednn"
    return runner(torch.ao.quantization.quantize_dynamic(material.torch_encoder(job["model"]), {torch.nn.Linear},
                                                         dtype=torch.qint8))

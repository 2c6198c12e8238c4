# SPDX-License-Identifier: MIT
"""The engines, each in the best configuration that we found for it (README.md says what was tried).

An engine's `build(job, n_prompts, n_tokens)` gives a function of int64 ids [n_prompts, n_tokens] that returns
last_hidden_state and text_embeds in the engine's own tensors. With None for both sizes the function takes any.
"""
import dataclasses
import typing

import engine_onnxruntime
import engine_openvino
import engine_torch
import padwise_api


@dataclasses.dataclass(frozen=True)
class Engine:
    name: str
    kind: str  # fp32, bf16 or int8
    build: typing.Callable
    any_shape: bool = True  # can be built without sizes
    needs: typing.Callable = lambda job, n_prompts: True


def two_streams(job, n_prompts):
    return job["threads"] > 1 and n_prompts is not None and n_prompts >= job["threads"]


def openvino_has_bf16(job, n_prompts):
    return engine_openvino.has_bf16()


PEERS = [
    Engine("PyTorch eager", "fp32", engine_torch.eager),
    Engine("PyTorch compiled", "fp32", engine_torch.compiled, any_shape=False),
    Engine("ONNX Runtime", "fp32", engine_onnxruntime.fp32),
    Engine("OpenVINO", "fp32", engine_openvino.fp32),
    Engine("OpenVINO, a stream a thread", "fp32", engine_openvino.fp32_streams, any_shape=False, needs=two_streams),
    Engine("PyTorch autocast bf16", "bf16", engine_torch.autocast),
    Engine("PyTorch compiled, bf16 weights", "bf16", engine_torch.compiled_bf16, any_shape=False),
    Engine("OpenVINO bf16", "bf16", engine_openvino.bf16, needs=openvino_has_bf16),
    Engine("ONNX Runtime dynamic int8", "int8", engine_onnxruntime.int8),
    Engine("PyTorch dynamic int8", "int8", engine_torch.int8),
    Engine("OpenVINO static int8 (NNCF)", "int8", engine_openvino.static_int8),
    Engine("OpenVINO int8 weights, dynamic rows", "int8", engine_openvino.weights_int8),
]


def peers(job, n_prompts, kinds):
    """The peers of these kinds that make sense here; `engines` in the job keeps those whose name holds one of it."""
    wanted = [word.lower() for word in job["engines"]]
    return [peer for peer in PEERS if peer.kind in kinds and peer.needs(job, n_prompts)
            and (not wanted or any(word in peer.name.lower() for word in wanted))]


def open_padwise(job, n_threads=None):
    """{precision that is computed: Model}. One that falls back to another's arithmetic is that other's, once."""
    context = padwise_api.Context(padwise_api.load(job["library"]), n_threads or job["threads"])
    models = {}
    for precision in job["precisions"]:
        model = padwise_api.Model(context, job["model"], precision)
        models.setdefault(model.precision, model)
    return models


def padwise(model, n_prompts, n_tokens, kinds=("last_hidden_state", "text_embeds")):
    return padwise_api.Session(model).encoder(n_prompts, n_tokens, kinds)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the peers need made once: the ONNX graph of the HF folder, its int8 forms, and the answers in double.

Everything is kept in the job's work folder and made again only if it is not there.
"""
import os

import numpy as np
import torch
from transformers import CLIPTextModelWithProjection

import clip
import jobs

OUTPUTS = ["last_hidden_state", "text_embeds"]
N_CALIBRATION = 64


class Encoder(torch.nn.Module):
    """ids -> last_hidden_state, text_embeds: the tuple that every engine of the bench gives."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        out = self.model(input_ids=ids)
        return out.last_hidden_state, out.text_embeds


def torch_encoder(folder, dtype=torch.float32):
    model = CLIPTextModelWithProjection.from_pretrained(folder, attn_implementation="sdpa", dtype=dtype)
    return Encoder(model.eval())


def path(job, name):
    return os.path.join(job["work"], name)


def make_onnx(job):
    """One graph with free batch and length; the engines that gain from fixed sizes fix them when they load it."""
    dims = {0: torch.export.Dim("batch", min=1, max=1 << 16), 1: torch.export.Dim("tokens", min=2, max=clip.N_TOKENS)}
    torch.onnx.export(torch_encoder(job["model"]), (torch.from_numpy(clip.full_prompts(2)),), path(job, "clip.onnx"),
                      input_names=["input_ids"], output_names=OUTPUTS, dynamic_shapes={"ids": dims}, dynamo=True,
                      external_data=True, verbose=False)


def make_onnx_int8(job):
    """Dynamic quantization with one scale a channel: as fast as one a matrix here, and the smaller error."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(path(job, "clip.onnx"), path(job, "clip-int8.onnx"), weight_type=QuantType.QInt8,
                     per_channel=True)


def make_openvino_static(job):
    """NNCF's post-training quantization: weights and activations, calibrated on random prompts as the bench asks."""
    import nncf
    import openvino

    samples = [{"input_ids": row[None]} for row in clip.full_prompts(N_CALIBRATION, seed=2)]
    model = nncf.quantize(openvino.Core().read_model(path(job, "clip.onnx")), nncf.Dataset(samples),
                          subset_size=N_CALIBRATION, model_type=nncf.ModelType.TRANSFORMER)
    openvino.save_model(model, path(job, "clip-static-int8.xml"), compress_to_fp16=False)


def make_openvino_weights(job):
    import nncf
    import openvino

    model = nncf.compress_weights(openvino.Core().read_model(path(job, "clip.onnx")),
                                  mode=nncf.CompressWeightsMode.INT8_SYM)
    openvino.save_model(model, path(job, "clip-weights-int8.xml"), compress_to_fp16=False)


MADE_BY = {"clip.onnx": make_onnx, "clip-int8.onnx": make_onnx_int8, "clip-static-int8.xml": make_openvino_static,
           "clip-weights-int8.xml": make_openvino_weights}


def reference(job, ids):
    """last_hidden_state and text_embeds of transformers in double. (Its causal mask is made in the default dtype.)"""
    encoder = torch_encoder(job["model"]).double()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            return [out.numpy() for out in encoder(torch.from_numpy(ids))]
    finally:
        torch.set_default_dtype(torch.float32)


def measure(job):
    """Make what is missing. A form that cannot be made here is missing in the tables, with the reason."""
    failed = {}
    for name, make in MADE_BY.items():
        if os.path.exists(path(job, name)):
            continue
        jobs.say(f"making {name}")
        try:
            make(job)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"[:300]
    if not os.path.exists(path(job, "reference.npz")):
        states, embeds = reference(job, clip.full_prompts(job["n_reference"]))
        np.savez(path(job, "reference.npz"), last_hidden_state=states, text_embeds=embeds)
    return {"failed": failed}


if __name__ == "__main__":
    jobs.main(measure)

# SPDX-License-Identifier: MIT
"""OpenVINO on the CPU: latency hint with every thread in one stream, or a stream a thread for batches."""
import numpy as np
import openvino

import material


def has_bf16():
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def compiled(job, graph, n_prompts, n_tokens, precision, **settings):
    core = openvino.Core()
    model = core.read_model(material.path(job, graph))
    if n_prompts is not None:
        model.reshape([n_prompts, n_tokens])
    # Two threads of one core count as one unless hyper-threading is asked for: a virtual machine's CPUs may look so.
    options = {"INFERENCE_NUM_THREADS": job["threads"], "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False,
               "ENABLE_HYPER_THREADING": True, "INFERENCE_PRECISION_HINT": precision, **settings}
    return core.compile_model(model, "CPU", options)


def runner(compiled_model):
    request = compiled_model.create_infer_request()

    def encode(ids):
        out = request.infer({0: ids}, share_inputs=True, share_outputs=True)
        return [out[name] for name in material.OUTPUTS]
    return encode


def fp32(job, n_prompts, n_tokens):
    return runner(compiled(job, "clip.onnx", n_prompts, n_tokens, "f32"))


def bf16(job, n_prompts, n_tokens):
    return runner(compiled(job, "clip.onnx", n_prompts, n_tokens, "bf16"))


def static_int8(job, n_prompts, n_tokens):
    return runner(compiled(job, "clip-static-int8.xml", n_prompts, n_tokens, "f32"))


def weights_int8(job, n_prompts, n_tokens):
    """Groups as wide as a row (768), the fastest of 0, 32 and 768 here (143, 76 and 69 ms)."""
    return runner(compiled(job, "clip-weights-int8.xml", n_prompts, n_tokens, "f32",
                           DYNAMIC_QUANTIZATION_GROUP_SIZE=768))


def fp32_streams(job, n_prompts, n_tokens):
    """The batch in as many parts as there are threads, each part in a stream of one thread."""
    n_streams = job["threads"]
    whole, rest = divmod(n_prompts, n_streams)
    if rest:
        raise ValueError(f"{n_prompts} prompts do not divide over {n_streams} streams")
    model = compiled(job, "clip.onnx", whole, n_tokens, "f32", PERFORMANCE_HINT="THROUGHPUT", NUM_STREAMS=n_streams)
    requests = [model.create_infer_request() for _ in range(n_streams)]

    def encode(ids):
        for request, part in zip(requests, np.split(ids, n_streams)):
            request.start_async({0: part}, share_inputs=True)
        for request in requests:
            request.wait()
        return [np.concatenate([request.get_tensor(name).data for request in requests]) for name in material.OUTPUTS]
    return encode

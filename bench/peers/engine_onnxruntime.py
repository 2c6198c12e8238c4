# SPDX-License-Identifier: MIT
"""ONNX Runtime on its CPU provider: all graph optimisations, sizes fixed where they are known."""
import onnxruntime

import material


def session(job, graph, n_prompts, n_tokens):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    if n_prompts is not None:
        options.add_free_dimension_override_by_name("batch", n_prompts)
        options.add_free_dimension_override_by_name("tokens", n_tokens)
    return onnxruntime.InferenceSession(material.path(job, graph), options, providers=["CPUExecutionProvider"])


def runner(job, graph, n_prompts, n_tokens):
    opened = session(job, graph, n_prompts, n_tokens)
    return lambda ids: opened.run(material.OUTPUTS, {"input_ids": ids})


def fp32(job, n_prompts, n_tokens):
    return runner(job, "clip.onnx", n_prompts, n_tokens)


def int8(job, n_prompts, n_tokens):
    return runner(job, "clip-int8.onnx", n_prompts, n_tokens)

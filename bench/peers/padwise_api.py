#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""padwise's public C API through ctypes: as much of include/padwise/*.h as a benchmark needs, and nothing hidden.

The structs below mirror the headers by hand; `padwise_api.py` run as a program compiles the headers and compares every
size and offset, so that a field added there is found here and not by a crash.
"""
import ctypes
import os
import subprocess
import sys
import tempfile
import weakref

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, "..", "..", "include")

c_int, c_int32, c_size, c_char_p, c_void_p = (
    ctypes.c_int, ctypes.c_int32, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p)
c_uint8, c_uint32, c_uint64, c_bool, c_float = (
    ctypes.c_uint8, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_bool, ctypes.c_float)

ROWS_DEFAULT = 0
LEVEL_HIGHEST = 4  # PW_LEVEL_HIGHEST
OUTPUT_KINDS = {"last_hidden_state": 1, "pooler_output": 2, "text_embeds": 3}


class pw_error(ctypes.Structure):
    _fields_ = [("status", c_int), ("line", c_uint32), ("column", c_uint32), ("offset", c_uint64),
                ("where", ctypes.c_char * 512), ("text", ctypes.c_char * 768)]


class pw_allocator(ctypes.Structure):
    _fields_ = [("ctx", c_void_p), ("alloc", c_void_p), ("free", c_void_p)]


class pw_context_options(ctypes.Structure):
    _fields_ = [("struct_size", c_size), ("allocator", pw_allocator), ("n_threads", c_int32), ("cpu_max", c_int),
                ("progress", c_void_p), ("progress_user", c_void_p), ("log", c_void_p), ("log_user", c_void_p)]


class pw_model_options(ctypes.Structure):
    _fields_ = [("struct_size", c_size), ("precision", c_int), ("activation", c_int), ("pool", c_int),
                ("strict", c_bool), ("weights", c_int), ("skips_fingerprint", c_bool)]


class pw_model_info(ctypes.Structure):
    _fields_ = ([(name, c_char_p) for name in ("name", "kind", "layout", "tensor_prefix")]
                + [(name, c_int32) for name in ("width", "n_layers", "n_heads", "mlp", "n_vocab", "n_positions",
                                                "projection")]
                + [("activation", c_int), ("activation_is_guess", c_bool), ("pool", c_int), ("eos_id", c_int32),
                   ("epsilon", c_float), ("dtype", c_int), ("n_parameters", c_uint64), ("size_bytes", c_uint64),
                   ("precision", c_int), ("level", c_int), ("is_builtin", c_bool),
                   ("fingerprint", ctypes.c_char * 65), ("weights", c_int)])


class pw_output(ctypes.Structure):
    _fields_ = [("kind", c_int), ("layer", c_int32), ("final_norm", c_bool), ("data", c_void_p), ("capacity", c_size)]


class pw_batch(ctypes.Structure):
    _fields_ = [("ids", c_void_p), ("mask", c_void_p), ("n_prompts", c_size), ("n_tokens", c_size),
                ("vectors", c_void_p), ("n_vectors", c_size)]


class pw_tokenizer_options(ctypes.Structure):
    _fields_ = [("struct_size", c_size), ("mode", c_int), ("pad_bang", c_int)]


class pw_tokens(ctypes.Structure):
    _fields_ = [("ids", ctypes.POINTER(c_int32)), ("begin", ctypes.POINTER(c_uint64)),
                ("end", ctypes.POINTER(c_uint64)), ("n_tokens", c_size), ("n_real", c_size), ("n_cut", c_size),
                ("ctx", c_void_p), ("capacity", c_size)]


STRUCTS = [pw_error, pw_allocator, pw_context_options, pw_model_options, pw_model_info, pw_output, pw_batch,
           pw_tokenizer_options, pw_tokens]

_error = ctypes.POINTER(pw_error)
_handle = ctypes.POINTER(c_void_p)
PROTOTYPES = {
    "pw_context_create": (c_int, [_handle, ctypes.POINTER(pw_context_options), _error]),
    "pw_context_free": (None, [c_void_p]),
    "pw_context_level": (c_int, [c_void_p]),
    "pw_context_n_threads": (c_int32, [c_void_p]),
    "pw_level_name": (c_char_p, [c_int]),
    "pw_level_from_name": (c_int32, [c_char_p]),
    "pw_precision_name": (c_char_p, [c_int]),
    "pw_precision_from_name": (c_int32, [c_char_p]),
    "pw_model_open": (c_int, [_handle, c_void_p, c_char_p, c_char_p, ctypes.POINTER(pw_model_options), _error]),
    "pw_model_free": (None, [c_void_p]),
    "pw_model_get_info": (None, [c_void_p, ctypes.POINTER(pw_model_info)]),
    "pw_session_create": (c_int, [_handle, c_void_p, c_size, _error]),
    "pw_session_free": (None, [c_void_p]),
    "pw_model_encode": (c_int, [c_void_p, ctypes.POINTER(pw_batch), ctypes.POINTER(pw_output), c_size, _error]),
    "pw_tokenizer_open": (c_int, [_handle, c_void_p, c_char_p, ctypes.POINTER(pw_tokenizer_options), _error]),
    "pw_tokenizer_free": (None, [c_void_p]),
    "pw_tokenizer_encode": (c_int, [c_void_p, c_char_p, c_size, ctypes.POINTER(pw_tokens), _error]),
    "pw_tokens_free": (None, [ctypes.POINTER(pw_tokens)]),
}


# Newer than the first release: a library without them still runs the rest.
OPTIONAL = {
    "pw_tokenizer_encode_batch": (c_int, [c_void_p, ctypes.POINTER(c_char_p), ctypes.POINTER(c_size), c_size,
                                          ctypes.POINTER(pw_tokens), _error]),
}


class PadwiseError(RuntimeError):
    """A status other than PW_OK, with the sentence that the library wrote."""


def load(path):
    """The shared library with its prototypes declared."""
    library = ctypes.CDLL(path)
    for name, (result, arguments) in {**PROTOTYPES, **OPTIONAL}.items():
        if name in OPTIONAL and not hasattr(library, name):
            continue
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def check(status, error):
    if status != 0:
        raise PadwiseError(f"{error.where.decode()}: {error.text.decode()} (status {status})")


def created(owner, free, create, *arguments):
    """The handle that `create` writes; `free` gets it when `owner` goes."""
    handle, error = c_void_p(), pw_error()
    check(create(ctypes.byref(handle), *arguments, ctypes.byref(error)), error)
    weakref.finalize(owner, free, handle)
    return handle


class Context:
    def __init__(self, library, n_threads, level=None):
        self.library = library
        options = pw_context_options(struct_size=ctypes.sizeof(pw_context_options), n_threads=n_threads)
        options.cpu_max = LEVEL_HIGHEST if level is None else library.pw_level_from_name(level.encode())
        self.handle = created(self, library.pw_context_free, library.pw_context_create, ctypes.byref(options))

    @property
    def level(self):
        return self.library.pw_level_name(self.library.pw_context_level(self.handle)).decode()


class Model:
    def __init__(self, context, path, precision="highest"):
        self.context, self.library = context, context.library
        options = pw_model_options(struct_size=ctypes.sizeof(pw_model_options),
                                   precision=self.library.pw_precision_from_name(precision.encode()))
        self.handle = created(self, self.library.pw_model_free, self.library.pw_model_open, context.handle,
                              os.fsencode(path), None, ctypes.byref(options))
        self.info = pw_model_info()
        self.library.pw_model_get_info(self.handle, ctypes.byref(self.info))

    @property
    def precision(self):
        """What is computed, which may be more exact than what was asked for."""
        return self.library.pw_precision_name(self.info.precision).decode()

    @property
    def level(self):
        return self.library.pw_level_name(self.info.level).decode()


class Session:
    def __init__(self, model, n_rows_max=ROWS_DEFAULT):
        self.model, self.library = model, model.library
        self.handle = created(self, self.library.pw_session_free, self.library.pw_session_create, model.handle,
                              n_rows_max)

    def shape(self, kind, n_prompts, n_tokens):
        info = self.model.info
        return {"last_hidden_state": (n_prompts, n_tokens, info.width), "pooler_output": (n_prompts, info.width),
                "text_embeds": (n_prompts, info.projection)}[kind]

    def encoder(self, n_prompts, n_tokens, kinds):
        """A function of ids [n_prompts, n_tokens] that gives the arrays of `kinds`, the same memory every time."""
        arrays = [np.zeros(self.shape(kind, n_prompts, n_tokens), np.float32) for kind in kinds]
        outputs = (pw_output * len(kinds))(*[
            pw_output(kind=OUTPUT_KINDS[kind], data=array.ctypes.data, capacity=array.size)
            for kind, array in zip(kinds, arrays)])

        def encode(ids):
            error, ids = pw_error(), np.ascontiguousarray(ids, np.int32)
            batch = pw_batch(ids=ids.ctypes.data, n_prompts=n_prompts, n_tokens=n_tokens)
            check(self.library.pw_model_encode(self.handle, ctypes.byref(batch), outputs, len(kinds),
                                               ctypes.byref(error)), error)
            return arrays

        return encode


class Tokenizer:
    def __init__(self, context, path):
        self.library = context.library
        options = pw_tokenizer_options(struct_size=ctypes.sizeof(pw_tokenizer_options))
        self.handle = created(self, self.library.pw_tokenizer_free, self.library.pw_tokenizer_open, context.handle,
                              os.fsencode(path), ctypes.byref(options))

    def encode(self, text):
        """The ids of `text` (bytes), bos and eos included."""
        tokens, error = pw_tokens(), pw_error()
        check(self.library.pw_tokenizer_encode(self.handle, text, len(text), ctypes.byref(tokens),
                                               ctypes.byref(error)), error)
        return self._ids(tokens)

    @property
    def has_batch(self):
        return hasattr(self.library, "pw_tokenizer_encode_batch")

    def encode_batch(self, texts):
        """The ids of each text (bytes), on the context's threads."""
        n, error = len(texts), pw_error()
        tokens = (pw_tokens * n)()
        check(self.library.pw_tokenizer_encode_batch(self.handle, (c_char_p * n)(*texts),
                                                     (c_size * n)(*map(len, texts)), n, tokens,
                                                     ctypes.byref(error)), error)
        return [self._ids(one) for one in tokens]

    def _ids(self, tokens):
        ids = tokens.ids[:tokens.n_tokens]
        self.library.pw_tokens_free(ctypes.byref(tokens))
        return ids


def mirrored():
    """"struct.field offset" of every field here, and "struct size" of every struct."""
    for struct in STRUCTS:
        yield f"{struct.__name__} {ctypes.sizeof(struct)}"
        for name, *_ in struct._fields_:
            yield f"{struct.__name__}.{name} {getattr(struct, name).offset}"


def compiled():
    """The same lines from the headers, by the C compiler."""
    prints = []
    for struct in STRUCTS:
        prints.append(f'printf("{struct.__name__} %zu\\n", sizeof({struct.__name__}));')
        prints += [f'printf("{struct.__name__}.{name} %zu\\n", offsetof({struct.__name__}, {name}));'
                   for name, *_ in struct._fields_]
    source = "#include <padwise/padwise.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n"
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "layout")
        subprocess.run(["cc", "-I", INCLUDE, "-x", "c", "-", "-o", program], check=True, text=True,
                       input=source + "\n".join(prints) + "\n}\n")
        return subprocess.run([program], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()


def main():
    differing = [pair for pair in zip(mirrored(), compiled()) if pair[0] != pair[1]]
    for here, header in differing:
        print(f"padwise_api.py says {here}, the headers say {header}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

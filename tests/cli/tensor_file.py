# SPDX-License-Identifier: MIT
"""Small safetensors files for the scripts, by the standard library alone: `from tensor_file import save, load`."""
import json
import struct


def save(name, tensors, metadata=None):
    """tensors: name to (shape, flat values), written as F32."""
    header, data = {}, b''
    if metadata:
        header['__metadata__'] = metadata
    for key, (shape, values) in tensors.items():
        blob = struct.pack(f'<{len(values)}f', *values)
        header[key] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(name, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def load(name):
    """Name to (shape, bytes), and the metadata."""
    with open(name, 'rb') as file:
        blob = file.read()
    n = struct.unpack('<Q', blob[:8])[0]
    header = json.loads(blob[8:8 + n])
    metadata = header.pop('__metadata__', {})
    return {key: (t['shape'], blob[8 + n + t['data_offsets'][0]:8 + n + t['data_offsets'][1]])
            for key, t in header.items()}, metadata

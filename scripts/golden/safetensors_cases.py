#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/cases/data/safetensors-cases.json: files that are wrong in one way each, and good ones beside them.

Verdicts are written by hand from docs/formats.md; the safetensors package is asked about every file that is bytes alone,
and must not refuse what is accepted here.

  scripts/golden/safetensors_cases.py            (needs safetensors 0.8)
"""
import json
import os
import struct

import safetensors

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tests', 'cases', 'data', 'safetensors-cases.json')
HEX_MAX = 400          # longer files are given by their recipe alone
HOW = {
    'build.header_len': "'auto' = byte length of the header, else an unsigned 64-bit number written little-endian as is",
    'build.header': 'list of segments joined: a JSON string = its UTF-8 bytes; {hex}; {repeat,times,sep} ({i} in repeat = counter)',
    'build.data': 'len bytes of value fill after the header',
    'build.raw_hex': 'the whole file',
    'build.env': 'needs a test harness, not only bytes',
    'expect.default': 'verdict of the ordinary loader',
    'expect.strict': 'verdict with --strict',
    'expect.error': 'error class of the refusal',
    'reference.verdict': 'what safetensors.deserialize of the PyPI package says of these bytes',
    'limits': 'upper bounds for time and memory',
}


def entry(dtype, shape, begin, end, more=''):
    return '{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]%s}' % (dtype, json.dumps(shape, separators=(',', ':')), begin, end, more)


def one(text):
    """The one tensor of most cases: six bf16, twelve bytes."""
    return '{"mlp.w1":%s}' % text


GOOD = entry('BF16', [3, 2], 0, 12)
GATE = '"gate":' + entry('F16', [5], 0, 10)
CASES = []


def add(name, kind, why, build, default, strict=None, error=None, limits=None):
    strict = strict or default
    case = {'id': 'PW%03d' % (len(CASES) + 1), 'name': name, 'class': kind, 'why': why, 'build': build,
            'expect': {'default': default, 'strict': strict, 'error': error}}
    if limits:
        case['limits'] = limits
    CASES.append(case)


def header(text, n_data, length='auto', fill=0):
    segments = text if isinstance(text, list) else [text]
    return {'header_len': str(length), 'header': segments, 'data': {'len': n_data, 'fill': fill}}


def raw(data):
    return {'raw_hex': data.hex()}


def bad(name, kind, why, build, error, limits=None):
    add(name, kind, why, build, 'refuse', 'refuse', error, limits)


def lax(name, kind, why, build, error):
    """Accepted unless --strict."""
    add(name, kind, why, build, 'accept', 'refuse', error)


def good(name, why, build, limits=None):
    add(name, 'control', why, build, 'accept', limits=limits)


def lengths():
    size = len(one(GOOD))
    bad('three_bytes', 'length', 'shorter than the length', raw(b'\x10\0\0'), 'E_TRUNCATED')
    bad('blank_header', 'length', 'a header of spaces holds no object', header('    ', 0), 'E_JSON')
    bad('length_past_end_by_5', 'length', 'the header would end 5 bytes behind the file',
        header(one(GOOD), 0, size + 5), 'E_TRUNCATED')
    bad('length_2_40', 'length', '2^40 bytes of header', header(one(GOOD), 12, 1 << 40), 'E_HEADER_SIZE', {'ms': 100, 'rss_mb': 4})
    bad('length_all_ones', 'length', '2^64 - 1: added to 8 it wraps to 7', header(one(GOOD), 12, (1 << 64) - 1), 'E_HEADER_SIZE')
    bad('length_limit_less_1', 'length', '99,999,999 announced in a small file: nothing of it may be allocated',
        header(one(GOOD), 12, 99999999), 'E_TRUNCATED', {'ms': 100, 'rss_mb': 4})
    bad('length_short_by_3', 'length', 'the last three bytes of the JSON fall into the data', header(one(GOOD), 9, size - 3), 'E_JSON')
    bad('length_long_by_2', 'length', 'two data bytes fall into the header', header(one(GOOD), 12, size + 2, 0x5a), 'E_JSON')


def nested(times):
    """An unknown field in an entry, of so many lists: two levels more stand around it."""
    return ['{"mlp.w1":', GOOD[:-1], ',"why":', {'repeat': '[', 'times': times}, {'repeat': ']', 'times': times}, '}}']


def texts():
    bad('lone_continuation_byte', 'json', 'a name with byte 0xBF alone',
        header(['{"w', {'hex': 'bf'}, '":', GOOD, '}'], 12), 'E_UTF8')
    bad('cut_utf8_in_metadata', 'json', 'a character of three bytes, the last one missing',
        header(['{"__metadata__":{"note":"', {'hex': 'e282'}, '"},"mlp.w1":', GOOD, '}'], 12), 'E_UTF8')
    bad('missing_colon', 'json', 'no colon after a name', header('{"mlp.w1" %s}' % GOOD, 12), 'E_JSON')
    bad('trailing_comma', 'json', 'a comma before the closing brace', header('{"mlp.w1":%s,}' % GOOD, 12), 'E_JSON')
    bad('bad_escape', 'json', '\\x is no escape of JSON', header('{"mlp\\x2ew1":%s}' % GOOD, 12), 'E_JSON')
    bad('lone_high_surrogate', 'json', 'an escape that is half of a pair', header('{"w\\ud83d":%s}' % GOOD, 12), 'E_JSON')
    bad('tab_in_name', 'json', 'a control character that is not escaped', header('{"mlp\tw1":%s}' % GOOD, 12), 'E_JSON')
    bad('plus_sign', 'json', '+3 is no number of JSON', header('{"w":{"dtype":"U8","shape":[+3],"data_offsets":[0,3]}}', 3), 'E_JSON')
    bad('array_on_top', 'json', 'the top level is a list', header('[%s]' % one(GOOD), 12), 'E_HEADER_START')
    bad('depth_65', 'depth', 'an unknown field nested one deeper than 64', header(nested(63), 12), 'E_DEPTH')
    lax('depth_64', 'depth', 'an unknown field nested as deep as it may', header(nested(62), 12), 'E_FIELD')
    bad('depth_60000_objects', 'depth', 'nested objects that would eat a stack',
        header(['{"mlp.w1":', GOOD[:-1], ',"why":', {'repeat': '{"k":', 'times': 60000}, '0', {'repeat': '}', 'times': 60000}, '}}'], 12),
        'E_DEPTH', {'ms': 500, 'rss_mb': 8})


def names():
    bad('same_name_other_range', 'duplicate', 'one name, two ranges',
        header('{%s,"gate":%s}' % (GATE, entry('F16', [5], 10, 20)), 20), 'E_DUP_KEY')
    bad('same_name_by_escape', 'duplicate', 'the second name is the first one written with an escape',
        header('{%s,"g\\u0061te":%s}' % (GATE, entry('F16', [5], 10, 20)), 20), 'E_DUP_KEY')
    bad('same_metadata_key', 'duplicate', 'a key of __metadata__ twice',
        header('{"__metadata__":{"seed":"1","seed":"2"},%s}' % GATE, 10), 'E_DUP_KEY')
    bad('shape_twice', 'duplicate', 'shape twice in an entry',
        header('{"gate":{"dtype":"F16","shape":[5],"shape":[1,5],"data_offsets":[0,10]}}', 10), 'E_DUP_KEY')
    bad('nul_in_name', 'name', 'a name that C would cut', header('{"ga\\u0000te":%s}' % entry('F16', [5], 0, 10), 10), 'E_FIELD')
    bad('name_4097', 'name', 'one byte over the limit', header(['{"', {'repeat': 'n', 'times': 4097}, '":', entry('I8', [3], 0, 3), '}'], 3), 'E_LIMIT')
    good('name_4096', 'as long as a name may be', header(['{"', {'repeat': 'n', 'times': 4096}, '":', entry('I8', [3], 0, 3), '}'], 3))


def fields():
    bad('no_shape', 'field', 'an entry without shape', header('{"gate":{"dtype":"F16","data_offsets":[0,10]}}', 10), 'E_FIELD')
    bad('no_offsets', 'field', 'an entry without data_offsets', header('{"gate":{"dtype":"F16","shape":[5]}}', 10), 'E_FIELD')
    bad('entry_number', 'field', 'a number where an entry belongs', header('{"gate":7}', 0), 'E_FIELD')
    bad('entry_list', 'field', 'an entry as a list of its fields: read by position elsewhere', header('{"gate":["F16",[5],[0,10]]}', 10), 'E_FIELD')
    bad('metadata_true', 'metadata', 'a value of __metadata__ that is no text', header('{"__metadata__":{"ema":true},%s}' % GATE, 10), 'E_FIELD')
    bad('metadata_list', 'metadata', '__metadata__ as a list', header('{"__metadata__":["ema"],%s}' % GATE, 10), 'E_FIELD')
    bad('shape_null', 'shape', 'null as a dimension', header('{"gate":{"dtype":"F16","shape":[null],"data_offsets":[0,10]}}', 10), 'E_FIELD')
    bad('shape_fraction', 'shape', 'five and a half elements', header('{"gate":{"dtype":"F16","shape":[5.5],"data_offsets":[0,11]}}', 11), 'E_FIELD')
    bad('offsets_three', 'offset', 'three offsets', header('{"gate":{"dtype":"F16","shape":[5],"data_offsets":[0,10,10]}}', 10), 'E_FIELD')
    bad('offset_negative', 'offset', 'an offset below 0', header('{"gate":{"dtype":"F16","shape":[5],"data_offsets":[-10,0]}}', 10), 'E_FIELD')
    bad('dtype_torch_name', 'dtype', "PyTorch's name of F16", header('{"gate":%s}' % entry('float16', [5], 0, 10), 10), 'E_DTYPE')
    bad('dtype_space', 'dtype', 'a space behind the name', header('{"gate":%s}' % entry('F16 ', [5], 0, 10), 10), 'E_DTYPE')
    bad('dtype_null', 'dtype', 'null as dtype', header('{"gate":{"dtype":null,"shape":[5],"data_offsets":[0,10]}}', 10), 'E_DTYPE')


def sizes():
    bad('product_wraps_to_0', 'shape', '2^32 * 2^32 elements: 0 in 64 bits', header('{"w":%s}' % entry('U8', [1 << 32, 1 << 32], 0, 0), 0), 'E_OVERFLOW')
    bad('bits_wrap_to_12_bytes', 'shape', '(2^61 + 12) bytes are 12 in 64 bits of bits',
        header('{"w":%s}' % entry('I8', [(1 << 61) + 12], 0, 12), 12), 'E_OVERFLOW')
    bad('zero_between_large', 'shape', 'empty, but its strides do not fit 64 bits',
        header('{"w":%s}' % entry('F64', [1 << 40, 0, 1 << 40], 0, 0), 0), 'E_OVERFLOW')
    bad('rank_9', 'shape', 'nine dimensions', header('{"w":%s}' % entry('U16', [1] * 8 + [2], 0, 4), 4), 'E_LIMIT')
    bad('one_element_short', 'offset', 'five of six elements', header(one(entry('BF16', [3, 2], 0, 10)), 10), 'E_SIZE')
    bad('f32_as_f64', 'offset', 'bytes for f32, dtype F64', header('{"w":%s}' % entry('F64', [4], 0, 16), 16), 'E_SIZE')
    bad('f4_of_five', 'dtype', 'twenty bits', header('{"w":%s}' % entry('F4', [5], 0, 3), 3), 'E_SUBBYTE')
    bad('f6_of_three', 'dtype', 'eighteen bits', header('{"w":%s}' % entry('F6_E3M2', [3], 0, 3), 3), 'E_SUBBYTE')


def layouts():
    up = '"up":'
    bad('offsets_backwards', 'offset', 'end before begin', header('{"gate":%s}' % entry('F16', [5], 10, 0), 10), 'E_OFFSET')
    bad('first_at_2', 'offset', 'two bytes before the first tensor', header('{"gate":%s}' % entry('F16', [5], 2, 12), 12), 'E_OFFSET')
    bad('hole_of_1', 'offset', 'a byte between two tensors', header('{%s,%s%s}' % (GATE, up, entry('U8', [4], 11, 15)), 15), 'E_OFFSET')
    bad('overlap_of_1', 'offset', 'the second begins on the last byte of the first', header('{%s,%s%s}' % (GATE, up, entry('U8', [4], 9, 13)), 13), 'E_OFFSET')
    bad('empty_in_the_middle', 'offset', 'an empty tensor inside another', header('{%s,%s%s}' % (GATE, up, entry('U8', [0], 4, 4)), 10), 'E_OFFSET')
    bad('same_range_20000', 'resource', '20,000 names for one range',
        header(['{', {'repeat': '"layer.{i}":' + entry('F16', [5], 0, 10), 'times': 20000, 'sep': ','}, '}'], 10), 'E_OFFSET', {'ms': 1000, 'rss_mb': 64})
    bad('data_cut_by_7', 'trailing', 'seven bytes are missing', header(one(GOOD), 5), 'E_TRUNCATED')
    bad('data_longer_by_64', 'trailing', '64 bytes behind the last tensor', header(one(GOOD), 76), 'E_TRAILING')
    bad('only_metadata_with_data', 'trailing', 'data, and no tensor that it belongs to', header('{"__metadata__":{"a":"b"}}', 8), 'E_TRAILING')


def relaxed():
    lax('newline_first', 'start', 'white space before the brace', header('\n' + one(GOOD), 12), 'E_HEADER_START')
    lax('newline_last', 'start', 'padding that is not spaces', header(one(GOOD) + '\n', 12), 'E_JSON')
    lax('unknown_field', 'field', 'a field that the format does not know', header(one(entry('BF16', [3, 2], 0, 12, ',"quant":"nf4"')), 12), 'E_FIELD')
    lax('null_metadata', 'metadata', 'null in place of __metadata__', header('{"__metadata__":null,%s}' % GATE, 10), 'E_FIELD')
    bad('no_break_space_first', 'start', 'U+00A0 is no white space of JSON', header('\u00a0' + one(GOOD), 12), 'E_HEADER_START')
    bad('vertical_tab_first', 'start', 'nor is the vertical tab', header('\x0b' + one(GOOD), 12), 'E_HEADER_START')


def strangers():
    bad('web_page', 'foreign', 'a login page', raw(b'<html><body>Please sign in</body></html>'), 'E_FOREIGN')
    bad('lfs_pointer', 'foreign', 'what git has without git lfs',
        raw(b'version https://git-lfs.github.com/spec/v1\noid sha256:' + b'0' * 64 + b'\nsize 12\n'), 'E_FOREIGN')
    bad('gguf', 'foreign', 'llama.cpp weights', raw(b'GGUF' + struct.pack('<IQQ', 3, 1, 1)), 'E_FOREIGN')
    bad('npy', 'foreign', 'an array of numpy', raw(b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".ljust(127) + b'\n' + bytes(4)), 'E_FOREIGN')
    bad('pickle_protocol_2', 'foreign', 'an old torch.save', raw(b'\x80\x02}q\x00.' + bytes(16)), 'E_FOREIGN')
    bad('server_error', 'foreign', 'the message of a server', raw(b'{"error": "Access to model is restricted"}'), 'E_FOREIGN')
    bad('character_device', 'env', '/dev/zero never ends', {'env': {'make': '/dev/zero'}}, 'E_NOT_REGULAR', {'ms': 100})
    bad('folder', 'env', 'a folder where a file is wanted', {'env': {'make': 'directory'}}, 'E_NOT_REGULAR')
    bad('shard_in_parent', 'index', 'a shard outside the folder',
        {'env': {'index': {'weight_map': {'gate': '../model-00001-of-00001.safetensors'}}}}, 'E_INDEX')
    bad('shard_absent', 'index', 'a shard that is not there',
        {'env': {'index': {'metadata': {'total_size': 10}, 'weight_map': {'gate': 'model-00003-of-00003.safetensors'}}}}, 'E_INDEX')
    bad('weight_map_list', 'index', 'weight_map as a list', {'env': {'index': {'weight_map': ['gate']}}}, 'E_INDEX')


def controls():
    good('bf16_matrix', 'an ordinary file', header(one(GOOD), 12, fill=0x3c))
    good('padded_and_described', 'metadata, and spaces up to 8 bytes', header('{"__metadata__":{"format":"pt"},%s}   ' % GATE, 10))
    good('nothing', 'an empty object', header('{ }', 0))
    good('scalar_i64', 'rank 0', header('{"step":%s}' % entry('I64', [], 0, 8), 8, fill=1))
    good('rank_8', 'eight dimensions', header('{"w":%s}' % entry('U16', [1] * 7 + [2], 0, 4), 4))
    good('empties_around', 'empty tensors before and behind another',
         header('{"z":%s,%s,"a":%s}' % (entry('F32', [0, 7], 10, 10), GATE, entry('BF16', [0], 0, 0)), 10))
    good('backwards_and_odd', 'listed from the end, an f32 at an odd byte',
         header('{"tail":%s,"head":%s}' % (entry('F32', [2], 3, 11), entry('U8', [3], 0, 3)), 11))
    good('small_floats', 'each 8-, 6- and 4-bit float', header('{%s}' % ','.join(
        '"%s":%s' % (name, entry(name, [8], begin, begin + size)) for name, begin, size in (
            ('F8_E4M3', 0, 8), ('F8_E5M2', 8, 8), ('F8_E8M0', 16, 8), ('F8_E4M3FNUZ', 24, 8), ('F8_E5M2FNUZ', 32, 8),
            ('F6_E2M3', 40, 6), ('F6_E3M2', 46, 6), ('F4', 52, 4))), 56))
    good('complex_and_bool', 'dtypes that are not computed with', header('{"c":%s,"m":%s}' % (entry('C64', [2], 0, 16), entry('BOOL', [3], 16, 19)), 19))
    good('foreign_names', 'letters of several scripts, an escape, an empty name', header(
        '{"\u91cd\u307f":%s,"\\u0436\\n\\"":%s,"":%s}' % (entry('U8', [1], 0, 1), entry('U8', [1], 1, 2), entry('U8', [1], 2, 3)), 3))
    good('header_1mb_of_spaces', 'much padding', header([one(GOOD), {'repeat': ' ', 'times': 1000000}], 12), {'ms': 500, 'rss_mb': 8})


def segment_bytes(segment):
    if isinstance(segment, str):
        return segment.encode()
    if 'hex' in segment:
        return bytes.fromhex(segment['hex'])
    return segment.get('sep', '').join(segment['repeat'].replace('{i}', str(i)) for i in range(segment['times'])).encode()


def file_bytes(build):
    if 'raw_hex' in build:
        return bytes.fromhex(build['raw_hex'])
    head = b''.join(map(segment_bytes, build['header']))
    length = len(head) if build['header_len'] == 'auto' else int(build['header_len'])
    return struct.pack('<Q', length) + head + bytes([build['data']['fill']]) * build['data']['len']


def ask_reference(case):
    if 'env' in case['build']:
        case['reference'] = {'verdict': 'n/a'}
        return
    data = file_bytes(case['build'])
    case['file_size'] = len(data)
    if len(data) <= HEX_MAX and 'raw_hex' not in case['build']:
        case['file_hex'] = data.hex()
    try:
        safetensors.deserialize(data)
        case['reference'] = {'verdict': 'accept'}
    except safetensors.SafetensorError as error:
        # Which of many equal tensors it names differs from run to run: the name is left out.
        case['reference'] = {'verdict': 'refuse', 'message': str(error).split('`')[0][:120].strip()}
    if case['expect']['default'] == 'accept' and case['reference']['verdict'] != 'accept':
        raise SystemExit(f"{case['name']}: accepted here, but the reference says {case['reference']['message']}")


def main():
    for group in (lengths, texts, names, fields, sizes, layouts, relaxed, strangers, controls):
        group()
    for case in CASES:
        ask_reference(case)
    head = {'format': 'padwise bad-safetensors cases', 'version': 1, 'how_to_read': HOW,
            'made_by': 'scripts/golden/safetensors_cases.py', 'versions': {'safetensors': safetensors.__version__}}
    with open(OUT, 'w', encoding='ascii') as file:
        file.write(json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n')
        file.write(',\n'.join('  ' + json.dumps(case) for case in CASES))
        file.write('\n ]\n}\n')
    stricter = [case['name'] for case in CASES
                if case['expect']['default'] == 'refuse' and case['reference']['verdict'] == 'accept']
    print(f'{len(CASES)} cases; refused here and not by the reference: {", ".join(stricter)}')


if __name__ == '__main__':
    main()

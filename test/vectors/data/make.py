"""Makes npy.json, safetensors.json and text.json: small files and the numbers in them, by programs other than fpsim.

Provenance: .npy files written by NumPy 2.4.6 (numpy.save, numpy.lib.format.write_array) under Python 3; their values by
NumPy's own conversion to float64. .safetensors files written by hand here with struct and json, after the format's
description (8 bytes of length, JSON header, data); BF16 values by widening the bits to binary32 with struct, 8-bit
values by the formula of OCP OFP8 1.0 and of the fnuz types, in exact fractions. Texts: values by Python's float() and
float.fromhex(). Values are float64 as 16 hex digits; every NaN is written 7ff8000000000000.

Run: python3 test/vectors/data/make.py   (in the root of the repository; the same bytes each time)
"""
import base64, io, json, os, random, struct
from fractions import Fraction
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def hex64(x):
    x = float(x)
    return '7ff8000000000000' if x != x else struct.pack('>d', x).hex()


def write(name, cases):
    with open(os.path.join(HERE, name), 'w', encoding='utf-8', newline='\n') as out:
        out.write('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=True) for c in cases) + '\n]\n')


def b64(data):
    return base64.b64encode(data).decode()


# --- .npy

def samples(kind, n):
    r = np.random.RandomState(20240 + n)
    info = np.finfo(kind)
    tiny = {'f2': 2.0 ** -24, 'f4': 2.0 ** -149, 'f8': 2.0 ** -1074}[kind]
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, float(info.max), float(info.tiny), tiny, -3 * tiny, -1 / 3]
    with np.errstate(over='ignore'):
        rest = r.standard_normal(n) * np.exp2(r.randint(-20, 12, n))
        return np.array((special + list(rest))[:n] if n > 4 else [-1 / 3] * n, dtype=kind)


def npy(a, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, a, version=version)
    return out.getvalue()


def case(name, a, data):
    # In the order in which they lie in the file.
    order = 'F' if a.flags.f_contiguous and not a.flags.c_contiguous else 'C'
    return {'name': name, 'file': b64(data), 'values': [hex64(x) for x in a.ravel(order=order).astype('<f8')]}


def npy_cases():
    for kind in ('f2', 'f4', 'f8'):
        for end in '<>':
            for shape in ((), (11,), (2, 3, 4), (0, 3), (1, 1, 1, 1, 2)):
                a = samples(kind, int(np.prod(shape))).reshape(shape).astype(end + kind)
                for order in 'CF':
                    b = np.asarray(a, order=order)
                    yield case(f'{end}{kind} {shape} {order}', b, npy(b))
    a = samples('f4', 24).reshape(4, 6).astype('<f4')
    for version in ((1, 0), (2, 0), (3, 0)):
        yield case(f'version {version[0]}.{version[1]}', a, npy(a, version))
    # Signs of byte order that NumPy reads but does not write itself; on a little-endian machine both mean '<'.
    for sign in b'=|':
        yield case(f'sign {chr(sign)}', a, npy(a).replace(b"'<f4'", b"'" + bytes([sign]) + b"f4'"))
    # The header of another writer: other order of keys, double quotes, no padding.
    header = b'{"shape": (4, 6), "fortran_order": False, "descr": "<f4"}'
    yield case('other writer', a, b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header + a.tobytes())


def refused_npy_cases():
    """Files that NumPy writes and fpsim refuses."""
    arrays = {
        'npy-dtype': [np.arange(3), np.arange(3, dtype='u1'), np.array([True]), np.array([1j]), np.array(['a']),
                      np.array([1], 'm8[s]'), np.zeros(2, 'V2')],
        'npy-structured': [np.zeros(2, [('x', '<f4'), ('y', '<f8')])],
        'npy-object': [np.array([{}, 1], dtype=object)],
    }
    for problem, all_of in arrays.items():
        for a in all_of:
            out = io.BytesIO()
            np.save(out, a, allow_pickle=True)
            yield {'name': str(a.dtype), 'file': b64(out.getvalue()), 'problem': problem}


# --- .safetensors

def small(code, exponent, fraction, bias, kind):
    """The value of an 8-bit code, by its fields."""
    s, e, m = code >> 7, (code >> fraction) & ((1 << exponent) - 1), code & ((1 << fraction) - 1)
    if kind == 'fn' and code & 0x7f == 0x7f:
        return float('nan')
    if kind == 'fnuz' and code == 0x80:
        return float('nan')
    if kind == 'ieee' and e == (1 << exponent) - 1:
        return float('nan') if m else (float('-inf') if s else float('inf'))
    x = Fraction(m, 1 << fraction) * Fraction(2) ** (1 - bias) if e == 0 else \
        (1 + Fraction(m, 1 << fraction)) * Fraction(2) ** (e - bias)
    return -float(x) if s else float(x)


def safetensors(tensors, metadata=None, padding=0):
    header, data = {}, b''
    if metadata is not None:
        header['__metadata__'] = metadata
    for name, dtype, shape, raw in tensors:
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode() + b' ' * padding
    return struct.pack('<Q', len(text)) + text + data


def codes(fmt, all_of):
    return b''.join(struct.pack(fmt, c) for c in all_of)


def safetensors_cases():
    bits16 = sorted(set(range(0, 65536, 1021)) | {0, 1, 0x7f, 0x80, 0x3ff, 0x400, 0x7bff, 0x7c00, 0x7c01, 0x7f7f, 0x7f80,
                                                 0x7f81, 0x7fff, 0x8000, 0x8001, 0xfbff, 0xfc00, 0xff80, 0xffff})
    half = [struct.unpack('<e', struct.pack('<H', c))[0] for c in bits16]
    brain = [struct.unpack('<f', struct.pack('<I', c << 16))[0] for c in bits16]
    f32 = list(samples('f4', 12))
    f64 = list(samples('f8', 9))
    every = range(256)
    tensors = [
        ('layer.0.weight', 'F32', [3, 4], np.array(f32, '<f4').tobytes(), f32),
        ('layer.0.bias', 'F64', [9], np.array(f64, '<f8').tobytes(), f64),
        ('half', 'F16', [len(bits16)], codes('<H', bits16), half),
        ('brain', 'BF16', [1, len(bits16)], codes('<H', bits16), brain),
        ('fp8.e4m3', 'F8_E4M3', [16, 16], codes('<B', every), [small(c, 4, 3, 7, 'fn') for c in every]),
        ('fp8.e5m2', 'F8_E5M2', [256], codes('<B', every), [small(c, 5, 2, 15, 'ieee') for c in every]),
        ('fp8.e4m3fnuz', 'F8_E4M3FNUZ', [256], codes('<B', every), [small(c, 4, 3, 8, 'fnuz') for c in every]),
        ('fp8.e5m2fnuz', 'F8_E5M2FNUZ', [256], codes('<B', every), [small(c, 5, 2, 16, 'fnuz') for c in every]),
        ('step', 'I64', [], struct.pack('<q', 400), None),
        ('mask', 'BOOL', [3], b'\1\0\1', None),
        ('odd', 'F32', [], struct.pack('<f', -0.0), [-0.0]),
        ('empty', 'F32', [0, 7], b'', []),
        ('\u5f20\u91cf \u00e9"\\', 'F16', [1], struct.pack('<e', 1.5), [1.5]),
    ]
    plain = [t[:4] for t in tensors]
    answer = {t[0]: [hex64(x) for x in t[4]] for t in tensors if t[4] is not None}
    for name, data in (
        ('every type', safetensors(plain)),
        ('metadata and padding', safetensors(plain, {'format': 'pt', 'a "quoted" one': '{}[]'}, 7)),
    ):
        yield {'name': name, 'file': b64(data), 'tensors': answer}


# --- text

def text_cases():
    r = random.Random(7)
    numbers = [struct.unpack('<d', struct.pack('<Q', r.getrandbits(64)))[0] for _ in range(60)]
    numbers = [x for x in numbers if x == x] + [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1e23, 8.41e21, 65504.0]
    decimals = [repr(x) for x in numbers] + ['+1.', '.5', '1E3', '1e-400', '0.1000000000000000055511151231257827', '007']
    words = ['nan', 'NaN', 'inf', '-inf', 'Infinity', '-Infinity']
    hexes = [x.hex() for x in numbers[:20]]
    def values(fields):
        return [hex64(float.fromhex(f) if 'x' in f else float(f)) for f in fields]
    fields = decimals + words + hexes
    for name, separator in (('commas', ','), ('commas and blanks', ', '), ('semicolons', ';'), ('tabs', '\t'),
                            ('blanks', '   '), ('lines', '\n'), ('CRLF', '\r\n'), ('CR', '\r'), ('blank lines', '\n \n\t\n')):
        yield {'name': name, 'text': separator.join(fields), 'values': values(fields)}
    quoted = ', '.join(f'"{f}"' for f in fields) + ',\n'
    yield {'name': 'quotes', 'text': quoted, 'values': values(fields)}
    few = ['1.5', '-6e-8', '3']
    for name, text in (
        ('BOM', '\ufeff1.5\n-6e-8\n3\n'),
        ('comments', '# a, b\n  # c "\n1.5,-6e-8 # 7, 8\n#\n3#4\n'),
        ('header', 'step,grad value,\u68af\u5ea6\n1.5,-6e-8,3\n'),
        ('header in quotes', '# c\n\n"a b","c, d",e\r\n1.5;-6e-8;3'),
        ('header of one word', 'gradient\n1.5\n-6e-8\n3'),
        ('header with an empty name', ',x,y\n1.5,-6e-8,3\n'),
        ('header of blanks', 'a   b c\n1.5 -6e-8 3'),
        ('trailing separators', '1.5,-6e-8,\n3;\n'),
        ('header after BOM, CR', '\ufeffa,b\r1.5,-6e-8\r3'),
    ):
        yield {'name': name, 'text': text, 'values': values(few)}
    yield {'name': 'powers of two', 'text': '2^-24,-2^-24,2^16,0x1p-24', 'values': values(['0x1p-24', '-0x1p-24', '0x1p16', '0x1p-24'])}


write('npy.json', list(npy_cases()))
write('npy-refused.json', list(refused_npy_cases()))
write('safetensors.json', list(safetensors_cases()))
write('text.json', list(text_cases()))

"""NumPy's own float64 -> float16, and the decode tables NumPy can give: writes numpy-fp16.tsv.gz and numpy-decode.tsv.

NumPy converts float64 to float16 in C directly from the bits (npy_doublebits_to_halfbits), with one rounding; this
script proves it on its inputs by comparing with Python's struct ('e', also direct) and with the exact oracle.py.

    python3 numpy_fp16.py
"""
import datetime
import hashlib
import os
import platform
import random
import struct

import numpy as np

import oracle

k = next(f for f in oracle.KINDS if f.name == 'fp16')
rng = random.Random(oracle.SEED)

bits = list(oracle.inputs(k, rng))
near = list(range(0, 40)) + list(range(1000, 1050)) + list(range(0x7BF0, 0x7BFF))
for body in near + sorted(rng.randrange(0x7BFF) for _ in range(2500)):
    a, b = k.magnitude(body), k.magnitude(body + 1)
    for b64 in sorted(oracle.around((a + b) / 2)):
        bits.append(b64 | (rng.getrandbits(1) << 63))
for _ in range(4000):
    bits.append((rng.randrange(1023 - 27, 1023 + 18) << 52) | rng.getrandbits(52) | (rng.getrandbits(1) << 63))
bits = list(dict.fromkeys(b for b in bits if oracle.from_bits(b) != 'nan'))

with np.errstate(over="ignore"):
    codes = np.array(bits, dtype=np.uint64).view(np.float64).astype(np.float16).view(np.uint16)

for b, c in zip(bits, codes):
    exact = k.encode(k.round(oracle.from_bits(b), 'nearest-even', 'ieee', oracle.Fraction(0))[0])
    assert exact == int(c), ('oracle', hex(b), hex(int(c)))
    try:
        c_library = int.from_bytes(struct.pack('>e', struct.unpack('>d', struct.pack('>Q', b))[0]), 'big')
    except OverflowError:
        continue
    assert c_library == int(c), ('struct', hex(b), hex(int(c)))

who = '# made by test/vectors/format/numpy_fp16.py, NumPy %s, Python %s, %s, seed %d' % (
    np.__version__, platform.python_version(), datetime.date.today().isoformat(), oracle.SEED)
oracle.write_gz(os.path.join(oracle.HERE, 'numpy-fp16.tsv.gz'), [
    who, '# float64 bits of x | code of numpy.float16(x)'] + ['%016x\t%04x' % (b, int(c)) for b, c in zip(bits, codes)])
print(len(bits), 'conversions; struct and oracle.py agree')

# Decoding: fp16 by float16; e5m2 is the upper byte of fp16; bf16 and tf32 are the upper 16 and 19 bits of fp32.
with np.errstate(invalid="ignore"):  # signalling NaNs
    every = {
        'fp16': np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64),
        'e5m2': (np.arange(1 << 8, dtype=np.uint16) << 8).view(np.float16).astype(np.float64),
        'bf16': (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32).astype(np.float64),
        'tf32': (np.arange(1 << 19, dtype=np.uint32) << 13).view(np.float32).astype(np.float64),
    }
lines = [who, '# format | SHA-256 of the big-endian float64 of every code in order (NaN as 7ff8000000000000)']
for name, values in every.items():
    raw = values.view(np.uint64).copy()
    raw[np.isnan(values)] = oracle.NAN64
    lines.append(name + '\t' + hashlib.sha256(raw.astype('>u8').tobytes()).hexdigest())
with open(os.path.join(oracle.HERE, 'numpy-decode.tsv'), 'w') as out:
    out.write('\n'.join(lines) + '\n')

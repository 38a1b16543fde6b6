"""The digest of fpsim verify --deep from another program: python3 digest.py NAME… [--all]; fp16 bf16 e4m3fn e5m2 e4m3 …

SHA-256 over the runs of equal codes of all 2^32 float32 in the order of their bit patterns: the first pattern of each run
and its code, 32-bit little-endian; every NaN as the quiet one with sign 0. The runs come from the values of all codes, as
NumPy's float16 and ml_dtypes' types decode them: a run begins where a float32 passes the exact midpoint of two of them, a
tie going to the even code. Then the library converts the first and the last float32 of every run; with --all, every
float32 there is.
"""

import hashlib
import sys
from fractions import Fraction

import numpy as np

np.seterr(all="ignore")


def dtype_of(name):
    if name == "fp16":
        return np.float16, 0x7E00
    import ml_dtypes as m

    return {
        "bf16": (m.bfloat16, 0x7FC0),
        "e5m2": (m.float8_e5m2, 0x7E),
        "e4m3fn": (m.float8_e4m3fn, 0x7F),
        "e4m3": (m.float8_e4m3, 0x7C),
        "e3m4": (m.float8_e3m4, 0x78),
        "e4m3fnuz": (m.float8_e4m3fnuz, 0x80),
        "e5m2fnuz": (m.float8_e5m2fnuz, 0x80),
        "e4m3b11fnuz": (m.float8_e4m3b11fnuz, 0x80),
    }[name]


def first_at_least(x, strictly):
    """The bit pattern of the smallest float32 >= (or >) a positive fraction."""
    low, high = 0, 0x7F800000
    while low < high:
        middle = (low + high) // 2
        value = np.uint32(middle).view(np.float32)
        enough = not np.isfinite(value) or (Fraction(float(value)) > x if strictly else Fraction(float(value)) >= x)
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def runs_of(dtype, nan):
    word = {1: np.uint8, 2: np.uint16}[np.dtype(dtype).itemsize]
    bits = 8 * np.dtype(dtype).itemsize
    values = np.arange(1 << bits, dtype=word).view(dtype).astype(np.float64)
    half = values[: 1 << (bits - 1)]
    last = int(np.flatnonzero(np.isfinite(half))[-1])
    unsigned_zero = nan == 1 << (bits - 1)
    beyond = last + 1 if np.isinf(half).any() else nan
    runs = []
    for sign in (0, 1):
        top = sign << (bits - 1)
        start = sign << 31
        runs.append((start, 0 if unsigned_zero else top))
        for code in range(last + 1):
            low = Fraction(float(half[code]))
            # Beyond the largest the next value would be as far again.
            high = Fraction(float(half[code + 1])) if code < last else 2 * low - Fraction(float(half[code - 1]))
            at = first_at_least((low + high) / 2, strictly=code % 2 == 0)
            runs.append((start + at, (top | code + 1) if code < last else beyond if beyond == nan else top | beyond))
        runs.append((start + 0x7F800001, nan))
    return [run for i, run in enumerate(runs) if i == 0 or run[1] != runs[i - 1][1]]


def digest_of(runs):
    return hashlib.sha256(np.array(runs, dtype="<u4").tobytes()).hexdigest()


def codes_of(patterns, dtype, nan):
    value = patterns.astype(np.uint32).view(np.float32).astype(dtype)
    code = value.view({1: np.uint8, 2: np.uint16}[np.dtype(dtype).itemsize]).astype(np.uint32)
    code[np.isnan(value)] = nan
    return code


def every(dtype, nan):
    runs, step = [], 1 << 18
    up = np.arange(step, dtype=np.uint64)
    for base in range(0, 1 << 32, step):
        code = codes_of(up + base, dtype, nan)
        for at in [0, *(np.flatnonzero(code[1:] != code[:-1]) + 1).tolist()]:
            if not runs or runs[-1][1] != code[at]:
                runs.append((base + at, int(code[at])))
    return runs


for name in [arg for arg in sys.argv[1:] if arg != "--all"]:
    dtype, nan = dtype_of(name)
    runs = runs_of(dtype, nan)
    starts, codes = (np.array(column, dtype=np.uint64) for column in zip(*runs))
    ends = np.append(starts[1:], 1 << 32) - 1
    assert (codes_of(starts, dtype, nan) == codes).all() and (codes_of(ends, dtype, nan) == codes).all()
    if "--all" in sys.argv:
        assert every(dtype, nan) == runs
    print(name, digest_of(runs), len(runs), "runs")

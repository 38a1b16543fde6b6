#!/usr/bin/env python3
"""Blocks encoded by the words of the specifications, with fractions (MX) and NumPy's float32 (NVFP4): see README.md.

    python3 make.py > answers.tsv && gzip -n9 answers.tsv
"""
import random
from fractions import Fraction as F

import numpy as np

f32 = np.float32
rng = random.Random(20261122)


def bits(x):
    return int(np.float32(x).view(np.uint32))


def value(b):
    return np.uint32(b).view(np.float32)


# Magnitudes of the elements in the order of their codes, written out from exponent bits, fraction bits and bias.
def magnitudes(exponent_bits, fraction_bits, bias, drop=0):
    out = []
    for e in range(2**exponent_bits):
        for m in range(2**fraction_bits):
            if e == 0:
                out.append(F(m, 2**fraction_bits) * F(2) ** (1 - bias))
            else:
                out.append((1 + F(m, 2**fraction_bits)) * F(2) ** (e - bias))
    return out[: len(out) - drop]


ELEMENTS = {
    # name: magnitudes, largest exponent, fraction bits, width
    "mxfp8-e4m3fn": (magnitudes(4, 3, 7, drop=1), 8, 3, 8),
    "mxfp8-e5m2": (magnitudes(5, 2, 15, drop=4), 15, 2, 8),
    "mxfp6-e3m2": (magnitudes(3, 2, 3), 4, 2, 6),
    "mxfp6-e2m3": (magnitudes(2, 3, 1), 2, 3, 6),
    "mxfp4": (magnitudes(2, 1, 1), 2, 1, 4),
    "mxint8": ([F(i, 64) for i in range(128)], 0, 6, 8),
}
assert max(ELEMENTS["mxfp8-e4m3fn"][0]) == 448 and max(ELEMENTS["mxfp8-e5m2"][0]) == 57344
assert max(ELEMENTS["mxfp6-e3m2"][0]) == 28 and max(ELEMENTS["mxfp6-e2m3"][0]) == F(15, 2)
assert [float(x) for x in ELEMENTS["mxfp4"][0]] == [0, 0.5, 1, 1.5, 2, 3, 4, 6]


def nearest(x, list_):
    """Index of the nearest magnitude, ties to the even code, the last for all beyond."""
    if x >= list_[-1]:
        return len(list_) - 1
    low = max(i for i, v in enumerate(list_) if v <= x)
    below, above = x - list_[low], list_[low + 1] - x
    if below == above:
        return low if low % 2 == 0 else low + 1
    return low if below < above else low + 1


def floor_log2(x):
    n = x.numerator.bit_length() - x.denominator.bit_length()
    return n - 1 if F(2) ** n > x else n


def ceil_log2(x):
    n = floor_log2(x)
    return n if F(2) ** n == x else n + 1


def scale_code(amax, name, rule):
    """E8M0 code, amax a finite float32."""
    mags, emax, m, _ = ELEMENTS[name]
    exact = F(float(amax))
    if rule == "rceil":
        with np.errstate(under="ignore"):
            ratio = amax * (f32(1) / f32(float(mags[-1])))
        if ratio == 0:
            return 0
        return min(max(ceil_log2(F(float(ratio))) + 127, 0), 254)
    if exact == 0:
        return 0
    if rule == "floor":
        e = floor_log2(exact)
    elif rule == "ceil":
        e = ceil_log2(exact)
    else:
        # The integer addition of torchao, on the bits; their exponent field, from the value that they stand for.
        raised = bits(amax) + (1 << (23 - m - 1))
        e = (raised >> 23) - 127
        if raised >> 23 == 0:
            e = floor_log2(F(raised, 2**149))
    return min(max(e - emax + 127, 0), 254)


def mx(block, name, rule):
    mags, _, _, width = ELEMENTS[name]
    if not all(np.isfinite(block)):
        nan = {"mxfp8-e4m3fn": 0x7F, "mxfp8-e5m2": 0x7E}.get(name, 0)
        return 255, [nan] * len(block)
    code = scale_code(max(abs(x) for x in block), name, rule)
    scale = F(2) ** (code - 127)
    codes = []
    for x in block:
        i = nearest(abs(F(float(x))) / scale, mags)
        negative = bool(np.signbit(x))
        if name == "mxint8":
            codes.append((256 - i) % 256 if negative else i)
        else:
            codes.append(i + (1 << (width - 1) if negative else 0))
    return code, codes


E4M3 = magnitudes(4, 3, 7, drop=1)
E2M1 = magnitudes(2, 1, 1)
MAX = np.finfo(f32).max


def nvfp4(blocks, whole):
    """TransformerEngine's reference in float32: scale codes, element codes, the bits of the tensor's scale."""
    with np.errstate(all="ignore"):
        amax = max((abs(x) for b in blocks for x in b), default=f32(0))
        encode = f32(1)
        if whole and amax != 0:
            encode = min(f32(2688) / amax, MAX)
            if encode == 0:
                encode = f32(1)
        decode = f32(1) / encode
        multiplier = encode * (f32(1) / f32(6))
        scales, codes = [], []
        for b in blocks:
            s = min(max(abs(x) for x in b) * multiplier, f32(448))
            i = nearest(F(float(s)), E4M3)
            factor = min(f32(1) / (f32(float(E4M3[i])) * decode), MAX)
            scales.append(i)
            for x in b:
                y = min(abs(x * factor), f32(6))
                codes.append(nearest(F(float(y)), E2M1) + (8 if np.signbit(x) else 0))
    return scales, codes, bits(decode)


def hexes(values, digits):
    return "".join(f"{v:0{digits}x}" for v in values)


def neighbours(x):
    b = bits(x)
    return [value(v) for v in (b - 1, b, b + 1) if 0 <= v < 0x7F800000]


def amaxes(name):
    """Largest sizes at which a rule decides: powers of two, the largest element, the bump of `even`, and beside them."""
    mags, emax, m, _ = ELEMENTS[name]
    for k in (-149, -140, -127, -126, -125, -119, -112, -20, 0, 1, 9, 60, 119, 126, 127):
        for factor in (F(1), F(3, 2), mags[-1] / F(2) ** emax, 2 - F(1, 2 ** (m + 1)), 2 - F(1, 2 ** (m + 2))):
            x = factor * F(2) ** k
            if x < F(2) ** 128:
                yield from neighbours(f32(float(x)))
    yield MAX
    yield f32(0)
    if name == "mxfp8-e4m3fn":
        yield f32(957)


def elements(name):
    """Every magnitude, every midpoint and its neighbours, in blocks of at most 32 that begin with the largest."""
    mags, emax, _, _ = ELEMENTS[name]
    pool = []
    for a, b in zip(mags, mags[1:]):
        mid = f32(float((a + b) / 2))
        pool += [f32(float(b)), *neighbours(mid)]
    for start in range(0, len(pool), 31):
        k = rng.choice((-100, -30, -3, 0, 5, 90))
        part = [f32(float(mags[-1]))] + pool[start : start + 31]
        with np.errstate(under="ignore"):
            yield [f32(x * f32(2.0**k)) * f32(rng.choice((1, -1))) for x in part]


def special():
    inf, nan, tiny = f32("inf"), f32("nan"), value(1)
    yield [f32(1), nan, f32(2)]
    yield [-inf, f32(0), f32(1), f32(3)]
    yield [f32(0)] * 5
    yield [-f32(0), f32(0), -tiny]
    yield [tiny]
    yield [MAX, tiny, -tiny, -f32(0)]


def spread():
    for width in (1, 4, 12, 40):
        for n in (32, 17):
            centre = rng.uniform(-80, 80)
            yield [f32(rng.gauss(0, 1) * 2.0 ** (centre + rng.uniform(-width, width))) for _ in range(n)]


def main():
    for name in ELEMENTS:
        blocks = [*special(), *spread(), *elements(name)]
        # Largest sizes, several to a line would share one scale: each is a block of its own, with a smaller neighbour.
        blocks += [[a, -a / f32(4), a / f32(3)] for a in amaxes(name)]
        for block in blocks:
            answers = [mx(block, name, rule) for rule in ("floor", "ceil", "even", "rceil")]
            fields = [f"{c:02x}:{hexes(codes, 2)}" for c, codes in answers]
            # Rules that agree are written once.
            short = [f if i == 0 or f != fields[i - 1] else "=" for i, f in enumerate(fields)]
            print(name, hexes([bits(x) for x in block], 8), *short, sep="\t")
    for name, whole in (("nvfp4", True), ("nvfp4-1", False)):
        tensors = [[f32(rng.gauss(0, 1) * 2.0 ** (c + rng.uniform(-w, w))) for _ in range(n)]
                   for c in (-100, -7, 0, 9, 100) for w in (0, 3, 9) for n in (16, 37)]
        tensors += [[f32(a * f32(j) / f32(48)) for j in range(-24, 25)] for a in (1, 40, 56, 3, 448, 6, 0.1, 1e-30)]
        tensors += [[f32(0)] * 20, [value(1), -value(3), -f32(0)], [MAX, f32(1), -MAX]]
        tensors += [[*[f32(8000)], *[f32(2.0**-k) for k in range(40)]]]
        tensors += [[f32("inf"), *[f32(k) for k in range(20)]]]
        for tensor in tensors:
            blocks = [tensor[i : i + 16] for i in range(0, len(tensor), 16)]
            scales, codes, whole_bits = nvfp4(blocks, whole)
            print(name, hexes([bits(x) for x in tensor], 8), f"{hexes(scales, 2)}:{hexes(codes, 2)}", f"{whole_bits:08x}", sep="\t")


if __name__ == "__main__":
    main()

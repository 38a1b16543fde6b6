"""Dot products of tensor cores in exact rationals; shares nothing with src/.

    python3 make.py      (in this folder; Python 3.11, no packages; writes answers.tsv.gz)

Written from the published description of the model (README.md). Numbers are fractions, infinities and NaN words; nothing
is computed in floating point. A line: gpu, input, output, instruction ("-": the usual one), c, a ..., b ..., d; numbers are
the hex bits of their float32 value, d "nan" for any NaN. a, b and c need not be values of the formats: they are rounded
first.
"""
import gzip
import struct
from fractions import Fraction

STATE = 20260801


def draw(n):
    """An integer below n from a 64-bit linear congruential generator, upper half."""
    global STATE
    STATE = (6364136223846793005 * STATE + 1442695040888963407) % 2**64
    return (STATE >> 33) % n


# precision, smallest normal exponent, largest exponent, what is beyond the largest
FORMATS = {
    "fp32": (24, -126, 127, "inf"),
    "e8m13": (14, -126, 127, "inf"),
    "fp16": (11, -14, 15, "inf"),
    "bf16": (8, -126, 127, "inf"),
    "tf32": (11, -126, 127, "inf"),
    "e5m2": (3, -14, 15, "inf"),
    "e4m3fn": (4, -6, 8, "nan"),
}
LARGEST = {"e4m3fn": Fraction(448)}


class Zero:
    """-0, the only number that a fraction cannot say."""


MINUS_ZERO = Zero()
INF, NINF, NAN = "inf", "-inf", "nan"


def pow2(k):
    return Fraction(2) ** k


def exponent(x, emin):
    """floor(log2 |x|), at least emin."""
    e = abs(x.numerator).bit_length() - x.denominator.bit_length()
    if abs(x) < pow2(e):
        e -= 1
    return max(e, emin)


def rounded(x, name, mode):
    """A fraction, -0 or a word to the format: nearest-even, or toward zero with overflow to infinity all the same."""
    precision, emin, emax, beyond = FORMATS[name]
    if x is MINUS_ZERO or x == NAN:
        return x
    if x in (INF, NINF):
        return NAN if beyond == "nan" else x
    if x == 0:
        return x
    unit = pow2(exponent(x, emin) - precision + 1)
    count, rest = divmod(abs(x), unit)
    if mode == "nearest" and (2 * rest > unit or (2 * rest == unit and count % 2)):
        count += 1
    size = count * unit
    top = LARGEST.get(name, pow2(emax + 1) - pow2(emax + 1 - precision))
    if size > top:
        return NAN if beyond == "nan" else (INF if x > 0 else NINF)
    if size == 0:
        return MINUS_ZERO if x < 0 else Fraction(0)
    return size if x > 0 else -size


def times(x, y):
    """The exact product; -0 counts as 0."""
    x, y = (Fraction(0) if v is MINUS_ZERO else v for v in (x, y))
    if x == NAN or y == NAN:
        return NAN
    infinite = [v in (INF, NINF) for v in (x, y)]
    if any(infinite):
        sign = 1
        for v in (x, y):
            if v == 0:
                return NAN
            if v == NINF or (v not in (INF, NINF) and v < 0):
                sign = -sign
        return INF if sign > 0 else NINF
    return x * y


def block(pairs, c, input_emin, output, kept, least, stored):
    """Step by step as the description numbers them: specials, exponents, alignment, sum, one rounding."""
    terms = []
    for x, y in pairs:
        p = times(x, y)
        if p not in (NAN, INF, NINF) and p != 0:
            terms.append((p, exponent(x, input_emin) + exponent(y, input_emin)))
        elif p in (NAN, INF, NINF):
            terms.append((p, None))
    if c in (NAN, INF, NINF):
        terms.append((c, None))
    elif c is not MINUS_ZERO and c != 0:
        terms.append((c, exponent(c, FORMATS[output][1])))
    words = {t for t, e in terms if e is None}
    if NAN in words or len(words) == 2:
        return NAN
    if words:
        return words.pop()
    largest = max([least] + [e for _, e in terms])
    unit = pow2(largest - kept)
    total = 0
    for t, _ in terms:
        n = abs(t) // unit
        total += n if t > 0 else -n
    if total == 0:
        return Fraction(0)
    return rounded(total * unit, stored, "nearest" if output == "fp16" else "zero")


def add(x, y, output):
    """An ordinary sum, nearest-even."""
    if NAN in (x, y) or {x, y} == {INF, NINF}:
        return NAN
    for v in (x, y):
        if v in (INF, NINF):
            return v
    if x is MINUS_ZERO and y is MINUS_ZERO:
        return MINUS_ZERO
    u, v = (Fraction(0) if w is MINUS_ZERO else w for w in (x, y))
    return rounded(u + v, output, "nearest")


def model(gpu, name, output, instruction):
    """(products a block, bits kept, lowest exponent, stored format, emulated) of the published table, or None."""
    family = {"a2": "a100", "l40s": "ada", "h200": "h100"}.get(gpu, gpu)
    fp8 = name in ("e4m3fn", "e5m2")
    if output == "fp16" and name in ("bf16", "tf32"):
        return None
    low = {
        "v100": (-131, -19),
        "a100": (-132, -20),
        "ada": (-132, -20),
        "h100": (-133, -21),
        "b200": (-133, -21),
    }[family][output == "fp16"]
    if family == "v100":
        return (4, 23, low, output, False) if name == "fp16" and instruction in ("-", "mma") else None
    if family in ("a100", "ada"):
        if instruction not in ("-", "mma"):
            return None
        if fp8:
            return (16, 13, low, "e8m13" if output == "fp32" else "fp16", False) if family == "ada" else None
        return (4 if name == "tf32" else 8, 24, low, output, False)
    other = "wgmma" if family == "h100" else "tcgen05"
    if instruction not in ("-", "mma", other):
        return None
    if not fp8:
        return (8 if name == "tf32" else 16, 25, low, output, False)
    if instruction == "mma":
        return (16, 25, low, output, True)
    if family == "h100":
        return (32, 13, low, "e8m13" if output == "fp32" else "fp16", False)
    return (32, 25, low, output, False)


def dot(a, b, c, name, output, found):
    n, kept, least, stored, emulated = found
    a = [rounded(x, name, "nearest") for x in a]
    b = [rounded(x, name, "nearest") for x in b]
    d = rounded(c, output, "nearest")
    step = 32 if emulated else n
    while len(a) % step:
        a.append(Fraction(0))
        b.append(Fraction(0))
    for at in range(0, len(a), step):
        both = list(zip(a, b))[at : at + step]
        if emulated:
            one = [both[i] for i in range(32) if i % 4 in (0, 1)]
            two = [both[i] for i in range(32) if i % 4 in (2, 3)]
            s = block(one, Fraction(0), -14, output, kept, least, stored)
            s = block(two, s, -14, output, kept, least, stored)
            d = add(s, d, output)
        else:
            d = block(both, d, FORMATS[name][1], output, kept, least, stored)
    return d


def from_bits(bits):
    sign, field, fraction = bits >> 31, bits >> 23 & 255, bits & 0x7FFFFF
    if field == 255:
        return NAN if fraction else (NINF if sign else INF)
    if field == 0 and fraction == 0:
        return MINUS_ZERO if sign else Fraction(0)
    size = Fraction(fraction + (0x800000 if field else 0)) * pow2(max(field, 1) - 150)
    return -size if sign else size


def to_bits(x):
    if x is MINUS_ZERO:
        return 0x80000000
    if x in (INF, NINF):
        return 0x7F800000 if x == INF else 0xFF800000
    if x == 0:
        return 0
    e = exponent(x, -126)
    n = abs(x) / pow2(e - 23)
    assert n.denominator == 1
    bits = int(n) + ((e + 126) << 23 if n >= 2**23 else 0)
    return bits + (0x80000000 if x < 0 else 0)


for probe in (1.5, -0.1, 1e-40, 3e38, -1.0):
    bits = struct.unpack("<I", struct.pack("<f", probe))[0]
    assert to_bits(from_bits(bits)) == bits


def number(low, high, bits):
    """A random float32 pattern with an exponent from low to high and so many fraction bits."""
    e = low + draw(high - low + 1)
    fraction = draw(1 << bits)
    x = (1 + Fraction(fraction, 1 << bits)) * pow2(e) * (1 if draw(2) else -1)
    return to_bits(rounded(x, "fp32", "nearest"))


SPECIAL = [0x7F800000, 0xFF800000, 0x7FC00000, 0, 0x80000000]


def case(kind, name, output):
    """Bits of a, b, c."""
    precision, emin, emax, _ = FORMATS[name]
    out_emin, out_emax = FORMATS[output][1:3]
    k = [draw(5), 4, 8, 16, 32, 1 + draw(70), 33][draw(7)]
    bits = precision - 1

    def both(make):
        return [make() for _ in range(k)], [make() for _ in range(k)]

    if kind == "usual":
        a, b = both(lambda: number(-5, 2, bits))
        c = number(-3, 3, 23)
    elif kind == "unrounded":
        a, b = both(lambda: number(-8, 4, 23))
        c = number(-20, 6, 23)
    elif kind == "wide":
        half = max(emin - bits, -70), min(emax, 60)
        a, b = both(lambda: number(*half, bits))
        c = number(max(out_emin - 9, -149), min(out_emax, 120), 23)
    elif kind == "bottom":
        # Products around the lowest exponent that counts.
        middle = max(emin - bits, (out_emin - 8) // 2)
        a, b = both(lambda: number(middle - 3, middle + 4, bits))
        c = [0, 0x80000000, number(out_emin - 10, out_emin + 1, 12)][draw(3)]
    elif kind == "subnormal":
        a, b = [number(emin - bits, emin + 1, bits) for _ in range(k)], [number(-2, 4, bits) for _ in range(k)]
        c = [0, number(max(emin - 8, out_emin - 9), max(emin, out_emin), 12)][draw(2)]
    elif kind == "top":
        high = min(emax, (out_emax + 1) // 2)
        a, b = both(lambda: number(high - 2, high, bits))
        c = number(out_emax - 3, out_emax, 23)
    elif kind == "cancel":
        a, b = both(lambda: number(-3, 3, bits))
        for i in range(0, k - 1, 2):
            a[i + 1], b[i + 1] = a[i] ^ 0x80000000, b[i]
        c = [0, 0x80000000, number(-30, -10, 23), number(-120, -110, 23)][draw(4)]
    elif kind == "special":
        a, b = both(lambda: SPECIAL[draw(5)] if draw(12) == 0 else number(-4, 4, bits))
        c = SPECIAL[draw(5)] if draw(4) == 0 else number(-4, 4, 23)
    else:
        a, b = both(lambda: [0, 0x80000000, number(-4, 4, bits)][draw(3) if kind == "zeros" else 0])
        c = [0, 0x80000000, number(out_emin - 8, out_emin, 12), number(-6, 6, 23)][draw(4)]
    return a, b, c


KINDS = ["usual", "unrounded", "wide", "bottom", "subnormal", "top", "cancel", "special", "zeros", "empty"]
lines = []
for gpu in ("v100", "a100", "a2", "ada", "l40s", "h100", "h200", "b200"):
    for name in ("fp16", "bf16", "tf32", "e4m3fn", "e5m2"):
        for output in ("fp32", "fp16"):
            for instruction in ("-", "mma", "wgmma", "tcgen05"):
                found = model(gpu, name, output, instruction)
                if found is None:
                    lines.append("\t".join([gpu, name, output, instruction, "none"]))
                    continue
                # GPUs that are alike need not be tried as often.
                for round_ in range(1 if gpu in ("a2", "l40s", "h200") or instruction == "mma" else 3):
                    for kind in KINDS:
                        a, b, c = case(kind, name, output)
                        d = dot([from_bits(x) for x in a], [from_bits(x) for x in b], from_bits(c), name, output, found)
                        text = "nan" if d == NAN else f"{to_bits(d):08x}"
                        words = [" ".join(f"{x:08x}" for x in v) for v in (a, b)]
                        lines.append("\t".join([gpu, name, output, instruction, f"{c:08x}", *words, text]))

with open("answers.tsv.gz", "wb") as out:
    out.write(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
print(len(lines), "lines")

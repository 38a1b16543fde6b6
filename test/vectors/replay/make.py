"""Answers for the metrics of `replay`, by exact rationals. Run in this folder: python3 make.py (about two minutes).

Shares no line and no method with src/: every value is a Fraction, every rounding is a floor and a comparison of Fractions,
the two scales of the window are found by trying all 2046 powers of two on every value. Formats are written here again from
the OCP and IEEE tables. The only float64 operations are the two that the definition names: x * scale and result / scale.

Writes the arrays (.npy, float64 unless noted) and answers.tsv.gz.
"""
import gzip
import math
import random
import sys
from collections import Counter
from fractions import Fraction as Q
from functools import cache

import numpy as np

# name: precision, emin, largest finite, what lies beyond ('inf', 'nan' or 'max'), whether there is a sign and a zero
FORMATS = {
    'fp16': (11, -14, Q(65504), 'inf', True),
    'bf16': (8, -126, Q(255, 128) * Q(2) ** 127, 'inf', True),
    'e4m3fn': (4, -6, Q(448), 'nan', True),
    'e5m2': (3, -14, Q(57344), 'inf', True),
    'e2m1': (2, 0, Q(6), 'max', True),
    'e5m6': (7, -14, Q(127, 64) * 2**15, 'inf', True),
    'e4m3fnuz': (4, -7, Q(240), 'nan', True),
    'fp64': (53, -1022, Q(sys.float_info.max), 'inf', True),
    'e8m0': (1, -127, Q(2) ** 127, 'nan', False),
}
SCALES = [('1', 1.0), ('1000', 1000.0), ('65536', 65536.0), ('2^-10', 2.0**-10), ('2^20', 2.0**20), ('3.7', 3.7)]
ROUNDINGS = ['nearest-even', 'toward-zero', 'up']
POLICIES = ['ieee', 'saturate']


@cache
def two_to(e):
    return Q(2) ** e


def floor_log2(a):
    """floor(log2 a) of a positive Fraction, by comparisons."""
    e = a.numerator.bit_length() - a.denominator.bit_length()
    return e if two_to(e) <= a else e - 1


def rounded(y, name, rounding, policy):
    """(result, beyond): result a Fraction, 'inf' or 'nan'; y a float64 that is not NaN."""
    p, emin, top, outside, signed = FORMATS[name]
    if not signed:
        if y == 0 or 0 < y < 2.0**emin:
            return two_to(emin), False
        if y < 0:
            return 'nan', False
    elif y == 0:
        return Q(0), False
    sign = -1 if y < 0 else 1
    out = {'inf': 'inf', 'nan': 'nan', 'max': sign * top}[outside]
    if math.isinf(y):
        return (sign * top if policy == 'saturate' else out), True
    a = abs(Q(y))
    e = max(floor_log2(a), emin)
    quantum = two_to(e - p + 1)
    steps = a / quantum
    n = steps.numerator // steps.denominator
    rest = steps - n
    odd = (e + 127) % 2 if p == 1 else n % 2
    if rounding == 'nearest-even':
        away = rest > Q(1, 2) or (rest == Q(1, 2) and odd == 1)
    elif rounding == 'toward-zero':
        away = False
    else:  # up
        away = rest > 0 and sign > 0
    size = (n + away) * quantum
    if size <= top:
        return sign * size, False
    inward = rounding == 'toward-zero' or (rounding == 'up' and sign < 0)
    return (sign * top if policy == 'saturate' or inward else out), True


def root(q):
    """sqrt of a Fraction as a float64, to a relative 1e-30 before the last rounding."""
    if q == 0:
        return 0.0
    shift = 300 + 2 * abs(floor_log2(q))
    n = math.isqrt((q.numerator << (2 * shift)) // q.denominator)
    return float(Q(n, 1 << shift))


def measure(values, name, scale, rounding, policy):
    p, emin, _, _, _ = FORMATS[name]
    lost = subnormal = overflow = bits = counted = 0
    error = energy = Q(0)
    endless = False
    for x in values:
        x = float(x)
        if x == 0 or not math.isfinite(x):
            continue
        counted += 1
        result, beyond = rounded(x * scale, name, rounding, policy)
        if beyond:
            overflow += 1
        elif result == 0:
            lost += 1
        elif result != 'nan':
            e = floor_log2(abs(result))
            if e < emin:
                subnormal += 1
                bits += p - (emin - e)
            else:
                bits += p
        if not isinstance(result, str):
            back = float(result) / scale
            energy += Q(x) ** 2
            if math.isinf(back):
                endless = True
            else:
                error += (Q(back) - Q(x)) ** 2
    if counted == 0:
        return [math.nan] * 5
    relative = math.nan if energy == 0 else math.inf if endless else root(error / energy)
    return [lost / counted, subnormal / counted, overflow / counted, bits / counted, relative]


def window(values, name):
    """(maxSafeScale, minGoodScale) by trying every power of two, nearest-even."""
    xs = Counter(float(x) for x in values if x != 0 and math.isfinite(x))
    if not xs:
        return math.nan, math.nan
    safe, good = [], []
    for k in range(-1022, 1024):
        scale = 2.0**k
        results = [(rounded(x * scale, name, 'nearest-even', 'ieee'), n) for x, n in xs.items()]
        if not any(beyond for (_, beyond), _ in results):
            safe.append(scale)
        if 1000 * sum(n for (result, _), n in results if result == 0) < sum(xs.values()):
            good.append(scale)
    return max(safe, default=math.nan), min(good, default=math.nan)


def arrays():
    rng = random.Random(20260101)
    two = 2.0
    quanta = [two**-24, two**-133, two**-9, two**-16, 0.5, two**-20]
    up = lambda x: float(np.nextafter(x, math.inf))
    down = lambda x: float(np.nextafter(x, 0.0))
    yield 'ties', np.array(
        [s * x for q in quanta for s in (1, -1) for x in (q / 2, up(q / 2), down(q / 2), q, 1.5 * q)]
    )
    tops = [65504.0, 65520.0, 448.0, 464.0, 6.0, 7.0, 57344.0, 61440.0, 240.0, 248.0, two**127, 1.5 * two**127]
    yield 'tops', np.array([x for t in tops for x in (t, down(t), up(t), -t)])
    yield 'powers', np.array([two**k * (-1) ** k for k in range(-30, 21)])
    yield 'extreme', np.array(
        [5e-324, -5e-324, 1e-320, 2.5e-310, -3.3e-308, two**-1022, two**-1021, 1e-200, -1e200, 1e300]
        + [sys.float_info.max, -sys.float_info.max, two**1023, two**400, two**401, -(two**399), two**-400, two**-401]
    )
    # Squares whose sums straddle every way of keeping them from overflowing.
    yield 'middling', np.array([two**399 * 1.1, two**400 * 1.2, two**401 * 1.3, two**402, 1.7 * two**398])
    yield 'faint', np.array([two**-399 * 1.1, two**-400 * 1.2, two**-401 * 1.3, two**-402, 1.7 * two**-398])
    yield 'specials', np.array([0.0, -0.0, math.nan, math.inf, -math.inf, 1.0, -2.0, 3e-8, 0.0, 1e-7])
    yield 'nothing', np.array([0.0, -0.0, math.nan, math.inf])
    yield 'zeros', np.zeros((2, 3))
    yield 'empty', np.zeros(0)
    yield 'negative', np.array([-1e-6, -3.0, -1e5, -2.0**-25, -7.0])
    # 1000 values of which exactly one (and then two) are small: the border of "less than 0.1 %".
    yield 'permille', np.array([two**-25] + [1.0 + i / 4 for i in range(3)] * 333)
    yield 'permille1', np.array([two**-25] + [1.0 + i / 4 for i in range(4)] * 250)
    yield 'lognormal', np.array([rng.choice((-1, 1)) * math.exp(rng.gauss(-12, 5)) for _ in range(60)])


def write(x):
    return repr(float(x)).replace('nan', 'NaN').replace('inf', 'Infinity')


def main():
    sources = list(arrays())
    for name, values in sources:
        np.save(f'{name}.npy', values)
    # Recorded gradients: see README.md.
    for name in ('recorded-cnn', 'recorded-mlp'):
        sources.append((name, np.load(f'{name}.npy')))
    with gzip.GzipFile('answers.tsv.gz', 'wb', mtime=0) as out:
        line = lambda *cells: out.write(('\t'.join(cells) + '\n').encode())
        line(f'# make.py, Python {sys.version.split()[0]}, NumPy {np.__version__}, 2026-11-21')
        for array, values in sources:
            flat = values.ravel()
            finite = [float(x) for x in flat if math.isfinite(x)]
            zeros = sum(x == 0 for x in finite)
            nonzero = [abs(x) for x in finite if x != 0]
            counts = [flat.size, zeros, flat.size - len(finite), max(nonzero, default=math.nan)]
            for fmt in FORMATS:
                if len(set(flat)) * 50 < len(flat) and fmt not in ('fp16', 'e2m1'):
                    continue
                edges = window(flat, fmt)
                for rounding in ROUNDINGS:
                    for policy in POLICIES:
                        plain = measure(flat, fmt, 1.0, rounding, policy)
                        for text, scale in SCALES:
                            own = measure(flat, fmt, scale, rounding, policy)
                            cells = [*counts, *own, *plain, *edges]
                            line(array, fmt, text, rounding, policy, *map(write, cells))
            print(array, flat.size)


main()

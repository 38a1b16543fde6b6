"""Slow, exact answers for fpsim's arithmetic: Python integers and fractions only, nothing shared with src/.

    python3 make.py          write NAME.tsv.gz for every format below

The formats and the one rounding are those of ../format/oracle.py (checked there against struct and MPFR); operations,
signs of zero, special values and flags are written here from the contract and IEEE 754-2019.
"""
import datetime
import gzip
import os
import platform
import random
import sys
from fractions import Fraction
from math import isqrt

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'format'))
from oracle import KINDS, MODES, POLICIES, floor_log2, ieee, two  # noqa: E402

SEED = 20261122
OPERATIONS = {'add': 2, 'sub': 2, 'mul': 2, 'div': 2, 'sqrt': 1, 'fma': 3}
ROWS = 260
NAMES = ['fp32', 'tf32', 'bf16', 'fp16', 'e4m3fn', 'e5m2', 'e4m3', 'e3m4', 'e4m3fnuz', 'e5m2fnuz', 'e4m3b11fnuz',
         'e3m2', 'e2m3', 'e2m1', 'e8m0', 'e6m9', 'e11m1', 'e11m10']
FORMATS = [k for n in NAMES for k in KINDS if k.name == n] + [ieee('e9m14', 9, 14), ieee('e11m23', 11, 23), ieee('e8m15', 8, 15)]
INEXACT, UNDERFLOW, OVERFLOW, BY_ZERO, INVALID = 1, 2, 4, 8, 16


def root(q):
    """A fraction that any rounding and any comparison with a short number takes for the square root of q."""
    n, d = q.numerator, q.denominator
    if isqrt(n) ** 2 == n and isqrt(d) ** 2 == d:
        return Fraction(isqrt(n), isqrt(d))
    shift = 2 * (1200 + abs(floor_log2(q)))  # irrational: 1200 bits, and a little more so that it ends nowhere short
    return Fraction(2 * isqrt((n << shift) // d) + 1, 2 << (shift // 2))


def is_nan(x):
    return x == 'nan'


def is_inf(x):
    return x != 'nan' and x[1] == 'inf'


def is_zero(x):
    return x != 'nan' and x[1] == 0


def real(x):
    return -x[1] if x[0] else x[1]


def number(q, zero_negative):
    return (q < 0, abs(q)) if q != 0 else (zero_negative, Fraction(0))


def negated(x):
    return x if is_nan(x) else (not x[0], x[1])


def add(a, b, mode):
    if is_inf(a) and is_inf(b):
        return (a, 0) if a[0] == b[0] else ('nan', INVALID)
    if is_inf(a) or is_inf(b):
        return (a if is_inf(a) else b), 0
    both = is_zero(a) and is_zero(b) and a[0] == b[0]
    return number(real(a) + real(b), a[0] if both else mode == 'down'), 0


def mul(a, b):
    negative = a[0] != b[0]
    if is_inf(a) or is_inf(b):
        return ('nan', INVALID) if is_zero(a) or is_zero(b) else ((negative, 'inf'), 0)
    return (negative, a[1] * b[1]), 0


def div(a, b):
    negative = a[0] != b[0]
    if is_inf(a):
        return ('nan', INVALID) if is_inf(b) else ((negative, 'inf'), 0)
    if is_inf(b):
        return (negative, Fraction(0)), 0
    if is_zero(b):
        return ('nan', INVALID) if is_zero(a) else ((negative, 'inf'), BY_ZERO)
    return (negative, a[1] / b[1]), 0


def exact(op, xs, mode):
    """The exact result and the flags that come before any rounding."""
    if any(is_nan(x) for x in xs):
        # 754 leaves open whether 0 * Inf + NaN is invalid; as in SoftFloat and x86 it is.
        product = op == 'fma' and not is_nan(xs[0]) and not is_nan(xs[1]) and mul(xs[0], xs[1])
        return 'nan', product[1] if product else 0
    if op == 'add':
        return add(xs[0], xs[1], mode)
    if op == 'sub':
        return add(xs[0], negated(xs[1]), mode)
    if op == 'mul':
        return mul(*xs)
    if op == 'div':
        return div(*xs)
    if op == 'sqrt':
        if is_zero(xs[0]):
            return xs[0], 0
        if xs[0][0]:
            return 'nan', INVALID
        return (xs[0] if is_inf(xs[0]) else (False, root(xs[0][1]))), 0
    product, flags = mul(xs[0], xs[1])
    if is_nan(product):
        return product, flags
    return add(product, xs[2], mode)


def unbounded(k, mag, negative, mode, u):
    """mag rounded to the precision of k as if there were no smallest exponent."""
    e = floor_log2(mag)
    unit = two(e - k.mbits)
    n = mag / unit
    whole = n.numerator // n.denominator
    rest = n - whole
    odd = (e + k.bias) % 2 == 1 if k.precision == 1 else whole % 2 == 1
    half = Fraction(1, 2)
    away = rest != 0 and {
        'nearest-even': rest > half or (rest == half and odd), 'nearest-away': rest >= half, 'toward-zero': False,
        'up': not negative, 'down': negative, 'to-odd': not odd, 'stochastic': u < rest}[mode]
    return (whole + (1 if away else 0)) * unit


def answer(k, op, xs, mode, policy, u):
    """(value, flags)."""
    x, flags = exact(op, xs, mode)
    value, _ = k.round(x, mode, policy, u)
    if is_nan(x) or x[1] == 'inf':
        return value, flags
    if k.special == 'scale' and x[0] and x[1] != 0:
        return value, INVALID
    if is_nan(value) or value[1] == 'inf' or value[1] != x[1]:
        flags |= INEXACT
        if x[1] == 0 or (x[1] < k.min_normal and unbounded(k, x[1], x[0], mode, u) < k.min_normal):
            flags |= UNDERFLOW
    if x[1] != 0 and unbounded(k, x[1], x[0], mode, u) > k.max:
        flags |= OVERFLOW
    return value, flags


def operands(k, op, rng):
    """Tuples of values: specials, neighbours in size, results near a midpoint, cancellation, the ends of the range."""
    codes = 1 << k.width
    one = (False, Fraction(1))
    ends = [(False, k.max), (True, k.max), (False, k.min_normal), (False, k.quantum), (True, k.quantum), (False, k.min_normal - k.quantum), one,
            (False, 1 + two(-k.mbits)), (False, Fraction(0)), (True, Fraction(0)), (False, 'inf'), (True, 'inf'), 'nan',
            (True, Fraction(2)), (False, 2 - two(-k.mbits)), (False, k.min_normal * 2), (True, k.magnitude(k.max_body - 1))]

    def fits(x):
        """Whether x is a value of k."""
        if is_nan(x):
            return k.nan_code() is not None
        if k.special == 'scale' and (x[0] or x[1] == 0 or x[1] == 'inf' or x[1] < k.min_normal):
            return False
        if x[1] == 'inf':
            return k.special == 'ieee'
        if x[1] == 0:
            return not x[0] or k.special not in ('fnuz', 'scale')
        return k.round(x, 'toward-zero', 'ieee', 0) in [(x, 'exact'), (x, 'subnormal')]

    ends = [x for x in ends if fits(x)]

    def any_value():
        while True:
            x = k.decode(rng.randrange(codes))
            if fits(x):
                return x

    def near(mag, negative=None):
        """A value of k close to mag."""
        x = k.round((rng.random() < 0.5 if negative is None else negative, mag), rng.choice(MODES[:4]), 'saturate', 0)[0]
        return x if fits(x) else any_value()

    def sized(e):
        return near(two(e) * (1 + Fraction(rng.getrandbits(60), 1 << 60)))

    def middle():
        """A value within a factor of 2^20 of 1, or of the ends of the range."""
        lo, hi = k.emin - k.mbits, floor_log2(k.max)
        at = rng.choice([0, 0, 0, lo, k.emin, hi, k.emin // 2, hi // 2])
        return sized(min(max(at + rng.randrange(-20, 21) // rng.choice([1, 4, 20]), lo), hi))

    def midpoint():
        x = middle()
        mag = x[1] if x not in ('nan',) and x[1] not in ('inf', 0) else Fraction(1)
        return mag + two(max(floor_log2(mag), k.emin) - k.mbits - 1)

    count = OPERATIONS[op]
    out = []
    if count == 1:
        out += [(x,) for x in ends]
    elif count == 2:
        out += [(x, y) for x in ends for y in ends][:: 3 if len(ends) > 12 else 1]
    else:
        out += [tuple(rng.choice(ends) for _ in range(3)) for _ in range(80)]
    while len(out) < ROWS:
        style = rng.randrange(5)
        if style == 0:
            out.append(tuple(any_value() for _ in range(count)))
        elif style == 1:
            out.append(tuple(middle() for _ in range(count)))
        elif op == 'sqrt':
            out.append((near(midpoint() ** 2, False),))
        elif op in ('add', 'sub'):
            a = middle()
            if is_nan(a) or a[1] in ('inf', 0):
                continue
            e = floor_log2(a[1]) + (rng.randrange(-3, 4) if style == 2 else rng.choice([-1, 1]) * rng.randrange(2 * k.precision + 5))
            out.append((a, sized(min(max(e, k.emin - k.mbits), floor_log2(k.max)))))
        elif op == 'mul':
            m, b = midpoint(), middle()
            out.append((near(m / b[1]) if not is_nan(b) and b[1] not in ('inf', 0) else b, b))
        elif op == 'div':
            m, b = midpoint(), middle()
            out.append((near(m * b[1]) if not is_nan(b) and b[1] not in ('inf', 0) else b, b))
        else:
            a, b = middle(), middle()
            if any(is_nan(x) or x[1] in ('inf', 0) for x in (a, b)):
                continue
            p = a[1] * b[1]
            negative = a[0] != b[0]
            if style == 2:  # cancellation
                c = near(p, not negative)
            elif style == 3:  # a tiny addend decides
                c = rng.choice([sized(k.emin - k.mbits), near(p * two(-rng.randrange(1, 4 * k.precision + 60)))])
                a = near(midpoint() / b[1])
            else:
                c = near(p * two(rng.randrange(-3, 2 * k.precision + 3)))
            out.append((a, b, c))
    return [xs for xs in out if all(fits(x) for x in xs)]


def draws(k, op, xs, rng):
    """A random number for stochastic rounding: often near, sometimes at, the exact discarded fraction."""
    x, _ = exact(op, xs, 'stochastic')
    if not is_nan(x) and x[1] not in ('inf', 0) and not (k.special == 'scale' and x[0]) and rng.random() < 0.7:
        rest = k.split(x[1])[1]
        n = int(rest * (1 << 53)) + rng.choice([0, 0, 1, -1])
        return min(max(n, 0), (1 << 53) - 1)
    return rng.getrandbits(53)


def show(k, value):
    code = k.encode(value)
    return '-' if code is None else format(code, 'x')


def write(k):
    rng = random.Random(f'{SEED} {k.name}')
    lines = [f'# {k.name}: make.py, Python {platform.python_version()}, {datetime.date.today()}, seed {SEED}; columns: README.md']
    seen = set()
    for op in OPERATIONS:
        for xs in operands(k, op, rng):
            if (op, xs) in seen:
                continue
            seen.add((op, xs))
            u = draws(k, op, xs, rng)
            results, which, flags = [], '', ''
            for mode in MODES:
                for policy in POLICIES:
                    value, raised = answer(k, op, xs, mode, policy, Fraction(u, 1 << 53))
                    code = show(k, value)
                    if code not in results:
                        results.append(code)
                    which += format(results.index(code), 'x')
                    if policy == 'ieee':
                        flags += '0123456789abcdefghijklmnopqrstuv'[raised]
                    else:
                        assert flags[-1] == '0123456789abcdefghijklmnopqrstuv'[raised]
            lines.append('\t'.join([op, ' '.join(show(k, x) for x in xs), format(u, 'x'), ' '.join(results), which, flags]))
    path = os.path.join(HERE, f'{k.name}.tsv.gz')
    with open(path, 'wb') as raw, gzip.GzipFile('', 'wb', 9, raw, 0) as f:
        f.write(('\n'.join(lines) + '\n').encode())
    print(k.name, len(lines) - 1, os.path.getsize(path))


if __name__ == '__main__':
    for kind in FORMATS:
        write(kind)

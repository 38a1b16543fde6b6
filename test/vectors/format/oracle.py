"""Slow, exact answers for fpsim's formats: integers and fractions only, nothing shared with src/.

Written from the public contract and the table of format parameters, not from the code under test. A float64 enters
as its 64 bits and leaves as its 64 bits; in between there are Python integers and fractions.Fraction, so nothing
rounds but the one rounding that is asked for.

    python3 oracle.py check          compare this program with struct ('e', 'f'), and with a second method
    python3 oracle.py write          write oracle/NAME.tsv.gz and decode.tsv
"""
import bisect
import datetime
import gzip
import hashlib
import os
import platform
import random
import struct
import sys
from fractions import Fraction

SEED = 20261121
HERE = os.path.dirname(os.path.abspath(__file__))
MODES = ['nearest-even', 'nearest-away', 'toward-zero', 'up', 'down', 'to-odd', 'stochastic']
POLICIES = ['ieee', 'saturate']
LETTER = {'exact': 'e', 'rounded': 'r', 'subnormal': 's', 'underflow': 'u', 'overflow': 'o', 'saturated': 't', 'nan': 'n'}

INF64 = 0x7FF << 52
NAN64 = 0x7FF8 << 48
SIGN64 = 1 << 63


def two(k):
    return Fraction(1 << k) if k >= 0 else Fraction(1, 1 << -k)


def floor_log2(q):
    """Largest k with 2^k <= q, for a fraction q > 0."""
    k = q.numerator.bit_length() - q.denominator.bit_length()
    return k if two(k) <= q else k - 1


class Kind:
    """One format, by the columns of the table: exponent bits, fraction bits, bias, and what is special.

    special: 'ieee' Inf and NaN in the last exponent; 'fn' only the all-ones body is NaN; 'finite' nothing;
    'fnuz' only the code of -0 is NaN; 'scale' e8m0: no sign, no zero, all ones is NaN.
    """

    def __init__(self, name, ebits, mbits, bias, special):
        self.name, self.ebits, self.mbits, self.bias, self.special = name, ebits, mbits, bias, special
        self.sbits = 0 if special == 'scale' else 1
        self.width = self.sbits + ebits + mbits
        self.precision = mbits + 1
        self.emin = -bias if special == 'scale' else 1 - bias
        body = (1 << (ebits + mbits)) - 1
        if special == 'ieee':
            body -= 1 << mbits  # all ones below the last exponent
        elif special in ('fn', 'scale'):
            body -= 1
        self.max_body = body
        self.max = self.magnitude(body)
        self.min_normal = two(self.emin)
        self.quantum = two(self.emin - mbits)

    def magnitude(self, body):
        """The value of a finite body (a code without its sign bit)."""
        field, fraction = body >> self.mbits, body & ((1 << self.mbits) - 1)
        if self.special == 'scale':
            return two(field - self.bias)
        if field == 0:
            return fraction * two(1 - self.bias - self.mbits)
        return ((1 << self.mbits) + fraction) * two(field - self.bias - self.mbits)

    def decode(self, code):
        """(negative, magnitude) with magnitude a fraction or 'inf', or 'nan'."""
        assert 0 <= code < 1 << self.width
        negative = bool(self.sbits and code >> (self.width - 1))
        body = code & ((1 << (self.width - self.sbits)) - 1)
        if self.special == 'fnuz' and negative and body == 0:
            return 'nan'
        if body <= self.max_body:
            return negative, self.magnitude(body)
        if self.special == 'ieee' and body == self.max_body + 1:
            return negative, 'inf'
        return 'nan'

    def nan_code(self):
        if self.special == 'ieee':  # quiet: the top fraction bit; sign 0
            return (((1 << self.ebits) - 1) << self.mbits) | (1 << (self.mbits - 1))
        if self.special == 'fn':
            return (1 << (self.width - 1)) - 1
        if self.special == 'scale':
            return (1 << self.width) - 1
        if self.special == 'fnuz':
            return 1 << (self.width - 1)
        return None

    def encode(self, value):
        """The code of a value of this format; None where it has none."""
        if value == 'nan':
            return self.nan_code()
        negative, mag = value
        sign = (1 << (self.width - 1)) if negative else 0
        if mag == 'inf':
            return sign | (((1 << self.ebits) - 1) << self.mbits)
        if mag == 0:
            return sign
        e = floor_log2(mag)
        if self.special == 'scale':
            return e + self.bias
        if e < self.emin:
            n = mag / self.quantum
            assert n.denominator == 1
            return sign | n.numerator
        n = mag / two(e - self.mbits)
        assert n.denominator == 1
        return sign | ((e + self.bias) << self.mbits) | (n.numerator - (1 << self.mbits))

    def split(self, mag):
        """mag = (n + rest) * unit, and whether the lower neighbour n * unit is odd. 0 <= rest < 1."""
        e = floor_log2(mag)
        if e < self.emin:
            e = self.emin
        unit = two(e - self.mbits)
        n = mag / unit
        whole = n.numerator // n.denominator
        odd = (e + self.bias) % 2 == 1 if self.precision == 1 else whole % 2 == 1
        return whole, n - whole, unit, odd

    def nearest_unbounded(self, mag, negative, mode, u):
        whole, rest, unit, odd = self.split(mag)
        half = Fraction(1, 2)
        if rest == 0:
            return mag
        away = {
            'nearest-even': rest > half or (rest == half and odd),
            'nearest-away': rest >= half,
            'toward-zero': False,
            'up': not negative,
            'down': negative,
            'to-odd': not odd,
            'stochastic': u < rest,
        }[mode]
        return (whole + (1 if away else 0)) * unit

    def round(self, x, mode, policy, u):
        """(value, fate) of x, a pair (negative, magnitude) or 'nan'."""
        if x == 'nan':
            return 'nan', 'nan'
        negative, mag = x
        signless_zero = self.special in ('fnuz', 'scale')
        if self.special == 'scale':
            if mag == 0:
                return (False, two(-127)), 'exact'
            if negative:
                return 'nan', 'nan'
            if mag != 'inf' and mag < two(-127):
                return (False, two(-127)), 'rounded'
        if mag == 0:
            return (negative and not signless_zero, Fraction(0)), 'exact'
        if mag == 'inf':
            beyond, inward = True, False
        else:
            r = self.nearest_unbounded(mag, negative, mode, u)
            beyond = r > self.max
            inward = mode in ('toward-zero', 'to-odd') or mode == ('up' if negative else 'down')
        if beyond:
            if policy == 'saturate' or inward or self.special == 'finite':
                return (negative, self.max), 'saturated'
            if self.special == 'ieee':
                return (negative, 'inf'), 'overflow'
            return 'nan', 'nan'
        if r == 0:
            return (negative and not signless_zero, Fraction(0)), 'underflow'
        if self.special != 'scale' and r < self.min_normal:
            return (negative, r), 'subnormal'
        return (negative, r), 'exact' if r == mag else 'rounded'


def ieee(name, e, m):
    return Kind(name, e, m, (1 << (e - 1)) - 1, 'ieee')


KINDS = [
    ieee('fp64', 11, 52), ieee('fp32', 8, 23), ieee('tf32', 8, 10), ieee('fp16', 5, 10), ieee('bf16', 8, 7),
    ieee('e5m2', 5, 2), Kind('e4m3fn', 4, 3, 7, 'fn'), ieee('e4m3', 4, 3), ieee('e3m4', 3, 4),
    Kind('e4m3fnuz', 4, 3, 8, 'fnuz'), Kind('e5m2fnuz', 5, 2, 16, 'fnuz'), Kind('e4m3b11fnuz', 4, 3, 11, 'fnuz'),
    Kind('e3m2', 3, 2, 3, 'finite'), Kind('e2m3', 2, 3, 1, 'finite'), Kind('e2m1', 2, 1, 1, 'finite'),
    Kind('e8m0', 8, 0, 127, 'scale'),
    ieee('e2m5', 2, 5), ieee('e3m1', 3, 1), ieee('e2m2', 2, 2), ieee('e4m7', 4, 7), ieee('e6m9', 6, 9),
    ieee('e5m20', 5, 20), ieee('e11m1', 11, 1), ieee('e11m10', 11, 10), ieee('e8m30', 8, 30), ieee('e11m41', 11, 41),
]
FP64 = KINDS[0]


def from_bits(b):
    """A float64's 64 bits as (negative, magnitude) or 'nan'."""
    return FP64.decode(b)


def to_bits(value):
    """The 64 bits of a value that float64 holds exactly."""
    code = FP64.encode(value)
    assert code is not None
    return code


def trunc_bits(mag):
    """The 64 bits of the largest float64 <= mag (a fraction >= 0)."""
    if mag == 0:
        return 0
    e = max(floor_log2(mag), -1022)
    n = mag / two(e - 52)
    whole = n.numerator // n.denominator
    return min(whole + ((e + 1022) << 52), INF64 - 1)


def around(mag):
    """The float64s at and next to a magnitude, as bits (positive)."""
    b = trunc_bits(mag)
    return {max(b - 1, 0), b, min(b + 1, INF64)}


def inputs(k, rng):
    """Adversarial float64 inputs, as bits, in a fixed order."""
    seen = set()
    mags = set()
    specials = [0, SIGN64, INF64, INF64 | SIGN64, NAN64, NAN64 | SIGN64, INF64 | 1, INF64 | SIGN64 | 0xABCDE,
                1, SIGN64 | 1, INF64 - 1, SIGN64 | (INF64 - 1), 1 << 52, (1 << 52) - 1]
    top_unit = k.max - k.magnitude(k.max_body - 1) if k.precision > 1 else k.max
    q = k.quantum
    key = [k.max, k.max + top_unit / 2, k.max + top_unit, k.max + 2 * top_unit, k.max + 3 * top_unit / 2,
           k.max + top_unit / 4, k.max + 3 * top_unit / 4, k.max - top_unit / 2, k.max * 2, k.max * 4,
           q, q / 2, q / 4, 3 * q / 4, 3 * q / 2, 5 * q / 4, 5 * q / 2, 7 * q / 2, q * 2, q * 3,
           k.min_normal, k.min_normal - q, k.min_normal - q / 2, k.min_normal - q / 4, k.min_normal + q,
           k.min_normal + q / 2, k.min_normal + 3 * q / 2, 2 * k.min_normal, 2 * k.min_normal - q / 2,
           2 * k.min_normal + q, Fraction(1), Fraction(1, 3), Fraction(1, 10), Fraction(2049), Fraction(1 << 24) + 1]
    for m in key:
        mags |= around(m)
    lo, hi = k.emin - k.mbits - 4, floor_log2(k.max) + 4
    exponents = range(lo, hi) if hi - lo <= 80 else sorted(set(
        list(range(lo, lo + 12)) + list(range(k.emin - 3, k.emin + 4)) + list(range(hi - 10, hi)) + list(range(-3, 4)) +
        [rng.randrange(lo, hi) for _ in range(40)]))
    for e in exponents:
        mags |= around(two(e))
    small = k.width <= 8
    bodies = range(k.max_body + 1) if small else [rng.randrange(k.max_body + 1) for _ in range(150)] + [
        rng.randrange(1 << k.mbits) for _ in range(40)]
    for body in bodies:
        v = k.magnitude(body)
        w = k.magnitude(body + 1) if body < k.max_body else v + top_unit
        for m in (v, (v + w) / 2):
            mags |= around(m)
        part = rng.randrange(1, 8)
        mags.add(trunc_bits(v + (w - v) * Fraction(part, 8)))
    bits = specials + [b for m in sorted(mags) for b in (m, m | SIGN64)]
    for _ in range(60):
        bits.append(rng.getrandbits(64))
    for _ in range(60):  # any significand, an exponent in or near the format's range
        e = min(max(rng.randrange(lo, hi), -1022), 1023)
        bits.append(((e + 1023) << 52) | rng.getrandbits(52) | (rng.getrandbits(1) << 63))
    for b in bits:
        if b not in seen:
            seen.add(b)
            yield b


def draw(k, x, rng):
    """A random number for x, as float64 bits in [0, 1): at, just below or just above what decides, or anything."""
    one = to_bits((False, Fraction(1)))
    if x != 'nan' and x[1] != 'inf' and x[1] != 0:
        rest = k.split(x[1])[1]
        b = to_bits((False, rest))  # exact: at most 53 bits
        choice = rng.randrange(5)
        if rest and choice == 0:
            return b
        if rest and choice == 1:
            return b - 1
        if rest and choice == 2:
            return min(b + 1, one - 1)
        if choice == 3:
            return rng.choice([0, 1, one - 1, to_bits((False, Fraction(1, 2)))])
    return to_bits((False, Fraction(rng.getrandbits(32), 1 << 32)))


def answer(k, xbits, ubits):
    x, u = from_bits(xbits), from_bits(ubits)[1]
    values, codes, which, fates = [], [], '', ''
    for mode in MODES:
        for policy in POLICIES:
            v, fate = k.round(x, mode, policy, u)
            b = NAN64 if v == 'nan' else to_bits(v)
            if b not in values:
                values.append(b)
                code = k.encode(v) if k.width <= 53 else None
                codes.append('-' if code is None else '%x' % code)
            which += str(values.index(b))
            fates += LETTER[fate]
    return '\t'.join(['%016x' % xbits, '%016x' % ubits, ','.join('%016x' % v for v in values), ','.join(codes), which, fates])


def provenance(columns):
    return ['made by test/vectors/format/oracle.py, Python %s (fractions.Fraction, no floats), %s, seed %d' % (
        platform.python_version(), datetime.date.today().isoformat(), SEED), columns]


def write_gz(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    data = '\n'.join(lines).encode() + b'\n'
    with open(path, 'wb') as out, gzip.GzipFile('', 'wb', 9, out, mtime=0) as z:
        z.write(data)


def write():
    for k in KINDS:
        rng = random.Random('%d %s' % (SEED, k.name))
        lines = ['# ' + line for line in provenance(
            'float64 bits of x | of the random number | of the distinct results | their codes, - where there is none | '
            'which result, for each of %s times ieee, saturate | its fate: e exact, r rounded, s subnormal, u underflow, '
            'o overflow, t saturated, n nan' % ', '.join(MODES))]
        for b in inputs(k, rng):
            lines.append(answer(k, b, draw(k, from_bits(b), rng)))
        write_gz(os.path.join(HERE, 'oracle', k.name + '.tsv.gz'), lines)
        print(k.name, len(lines) - 2)
    lines = ['# ' + line for line in provenance(
        'format | "all" and the SHA-256 of the big-endian float64 of every code in order (NaN as 7ff8000000000000), '
        'or a code | float64 bits of its value')]
    for k in KINDS:
        if k.width > 53:
            continue
        rng = random.Random('%d decode %s' % (SEED, k.name))
        bits = lambda c: NAN64 if k.decode(c) == 'nan' else to_bits(k.decode(c))
        if k.width <= 19:
            h = hashlib.sha256(b''.join(struct.pack('>Q', bits(c)) for c in range(1 << k.width)))
            lines.append('%s\tall\t%s' % (k.name, h.hexdigest()))
        top = (1 << k.width) - 1
        if k.width <= 8:
            some = range(top + 1)
        else:
            edge = {0, 1, 2, (1 << k.mbits) - 1, 1 << k.mbits, (1 << k.mbits) + 1, k.max_body - 1, k.max_body,
                    k.max_body + 1, k.max_body + 2, k.nan_code(), top >> 1}
            some = sorted(edge | {c | (1 << (k.width - 1)) for c in edge} | {rng.randrange(top + 1) for _ in range(60)})
        for c in some:
            lines.append('%s\t%x\t%016x' % (k.name, c, bits(c)))
    with open(os.path.join(HERE, 'decode.tsv'), 'w') as out:
        out.write('\n'.join(lines) + '\n')


def check():
    by = {k.name: k for k in KINDS}
    rng = random.Random(7)
    # 1. the conversions of the C library behind struct: nearest-even, directly from float64
    for name, code, size in (('fp16', 'e', 2), ('fp32', 'f', 4)):
        k, count = by[name], 0
        for c in (range(1 << k.width) if k.width <= 16 else (rng.getrandbits(32) for _ in range(50000))):
            mine = k.decode(c)
            theirs = struct.unpack('>' + code, c.to_bytes(size, 'big'))[0]
            if mine == 'nan':
                assert theirs != theirs
            else:
                assert struct.pack('>d', theirs) == struct.pack('>Q', to_bits(mine)), (name, c)
        pool = list(inputs(k, rng)) + [rng.getrandbits(64) for _ in range(3000)]
        for _ in range(30000):  # midpoints and their neighbours
            body = rng.randrange(k.max_body)
            mid = (k.magnitude(body) + k.magnitude(body + 1)) / 2
            pool += [b | (rng.getrandbits(1) << 63) for b in around(mid)]
        for b in pool:
            x = from_bits(b)
            if x == 'nan':
                continue
            mine = k.encode(k.round(x, 'nearest-even', 'ieee', Fraction(0))[0])
            d = struct.unpack('>d', struct.pack('>Q', b))[0]
            try:
                theirs = int.from_bytes(struct.pack('>' + code, d), 'big')
            except OverflowError:  # struct refuses what rounds to Inf
                theirs = k.encode((x[0], 'inf'))
            assert mine == theirs, (name, hex(b), hex(mine), hex(theirs))
            count += 1
        print('struct %s: %d conversions equal' % (name, count))
    # 2. encode undoes decode, for every code
    count = 0
    for k in KINDS:
        for c in (range(1 << k.width) if k.width <= 16 else (rng.getrandbits(k.width) for _ in range(5000))):
            v = k.decode(c)
            assert k.encode(v) == (k.nan_code() if v == 'nan' else c), (k.name, c)
            count += 1
    print('encode(decode(code)): %d codes' % count)
    # 3. a second method for small formats: no exponent, only the sorted list of magnitudes, continued one binade beyond
    count = 0
    for k in KINDS:
        if k.width > 8 or k.special == 'scale':
            continue
        bodies = list(range(k.max_body + 1))
        table = [k.magnitude(b) for b in bodies]
        b = k.max_body
        while len(table) < k.max_body + 1 + (4 << k.mbits):
            b += 1
            table.append(k.magnitude(b))
            bodies.append(b)
        for bits in inputs(k, rng):
            x = from_bits(bits)
            if x == 'nan' or x[1] == 'inf' or x[1] >= table[-1]:
                continue
            neg, mag = x
            i = bisect.bisect_right(table, mag) - 1
            lo = table[i]
            hi = table[i + 1]
            for mode in MODES:
                u = Fraction(rng.getrandbits(20), 1 << 20)
                want = lo
                if lo != mag:
                    left, right = mag - lo, hi - mag
                    even = lo if bodies[i] % 2 == 0 else hi
                    want = {'nearest-even': lo if left < right else hi if left > right else even,
                            'nearest-away': lo if left < right else hi, 'toward-zero': lo, 'up': lo if neg else hi,
                            'down': hi if neg else lo, 'to-odd': lo if even == hi else hi,
                            'stochastic': hi if u * (hi - lo) < left else lo}[mode]
                got = mag if mag == 0 else k.nearest_unbounded(mag, neg, mode, u)
                assert got == want, (k.name, hex(bits), mode)
                count += 1
    print('sorted table: %d roundings equal' % count)


if __name__ == '__main__':
    {'check': check, 'write': write}[sys.argv[1]]()

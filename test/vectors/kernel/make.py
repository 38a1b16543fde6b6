"""Writes NAME.txt here for each function of src/kernel: points and their correctly rounded values.

Run: python3 test/vectors/kernel/make.py (needs mpmath; made with Python 3.11 and mpmath 1.3.0)
A line is: x, the float64 nearest to f(x), both as 16 hex digits of their bits, and what that rounding left over,
(f(x) − nearest) in thousandths of an ulp. Computed with 400 bits, and 1,500 where an argument is huge; rounded with
integers, so that subnormal results are rounded once.
"""
import os
import random
import struct

from mpmath import mp, mpf
import mpmath

HERE = os.path.dirname(os.path.abspath(__file__))


def bits(x):
    return struct.unpack(">Q", struct.pack(">d", x))[0]


def of_bits(b):
    return struct.unpack(">d", struct.pack(">Q", b))[0]


def nearest(y):
    """mpf -> (nearest float64, ulp as mpf)."""
    sign, man, exponent, _ = y._mpf_
    if man == 0:
        return 0.0, mpf(2) ** -1074
    man = int(man)
    try:
        value = float(man << exponent) if exponent >= 0 else man / (1 << -exponent)
    except OverflowError:
        value = float("inf")
    if value == float("inf"):
        return (-value if sign else value), mpf(2) ** 971
    ulp = mpf(2) ** (max(((bits(value) >> 52) & 0x7FF), 1) - 1075)
    return (-value if sign else value), ulp


def around(x, rnd, steps=3):
    b = bits(abs(x)) + rnd.randint(-steps, steps)
    return of_bits(max(b, 0)) * (-1 if x < 0 else 1)


def any_size(rnd, low, high):
    """A random sign, an exponent even between 2^low and 2^high."""
    return rnd.choice((-1, 1)) * rnd.uniform(1, 2) * 2.0 ** rnd.randint(low, high)


def subnormal(rnd):
    return rnd.choice((-1, 1)) * of_bits(rnd.getrandbits(rnd.randint(1, 52)) or 1)


# The worst of 6,000 random points each, by an earlier measurement.
WORST = {
    "exp": [-657.8150054949032],
    "expm1": [14.415593715934456],
    "log": [1.0852085650021939],
    "log1p": [1.6222392965183263],
    "tanh": [0.23218124292798104],
    "sin": [11.773169415579279, 5.569832126348676e122],
    "cos": [-16.47689880768109, 6.765140678660643e39],
    "erf": [-0.013768048566142888],
}


def points(name, rnd):
    p = list(WORST[name])
    if name in ("exp", "expm1"):
        p += [rnd.uniform(-746, 710) for _ in range(600)] + [rnd.uniform(-2, 2) for _ in range(500)]
        p += [any_size(rnd, -60, 3) for _ in range(400)] + [rnd.uniform(-745.2, -708) for _ in range(150)]
        p += [around(k * 0.6931471805599453 / 2, rnd) for k in range(-200, 200)]
        p += [of_bits(bits(709.782712893384) + k) for k in range(-10, 10)]
        p += [of_bits(bits(-745.1332191019411) + k) for k in range(-10, 10)]
        p += [rnd.uniform(-60, -30) for _ in range(50)] + [subnormal(rnd) for _ in range(30)]
        p += [1000.0, -1000.0, 1.7976931348623157e308, -1.7976931348623157e308]
    if name == "log":
        p += [of_bits(rnd.getrandbits(52) | rnd.randint(1, 2046) << 52) for _ in range(600)]
        p += [rnd.uniform(0.5, 2) for _ in range(700)] + [1 + any_size(rnd, -52, -4) for _ in range(500)]
        p += [abs(subnormal(rnd)) for _ in range(150)] + [2.0**k for k in range(-1074, 1024, 17)]
        p += [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]
    if name == "log1p":
        p += [of_bits(rnd.getrandbits(52) | rnd.randint(1023, 2046) << 52) for _ in range(300)]
        p += [rnd.uniform(-1, 1) for _ in range(900)] + [any_size(rnd, -70, -2) for _ in range(600)]
        p += [-1 + 2.0**-k * rnd.uniform(1, 2) for k in range(2, 52) for _ in range(4)]
        p += [around(v, rnd) for v in (-0.2928932188134524, 0.4142135623730950) for _ in range(100)]
        p += [subnormal(rnd) for _ in range(50)] + [of_bits(bits(-1.0) - 1), 1.7976931348623157e308]
    if name in ("tanh", "erf"):
        limit = 22 if name == "tanh" else 6.2
        p += [rnd.uniform(-limit, limit) for _ in range(800)] + [rnd.uniform(-1, 1) for _ in range(600)]
        p += [any_size(rnd, -70, 2) for _ in range(500)] + [subnormal(rnd) for _ in range(60)]
        p += [around(k / 8, rnd, 1) for k in range(1, 50) for _ in range(3)]
        p += [around(v, rnd, 60) for v in (0.25, 5.9215871957945066, 0.5493061443340548, 19.06154746539849) for _ in range(40)]
        p += [30.0, -1e300, 5e-324, -5e-324]
    if name in ("sin", "cos"):
        p += [rnd.uniform(-3.2, 3.2) for _ in range(600)] + [rnd.uniform(-200, 200) for _ in range(300)]
        p += [any_size(rnd, -60, 20) for _ in range(400)] + [any_size(rnd, 20, 1023) for _ in range(400)]
        p += [float(k * mp.pi / 2) for k in range(-150, 151) if k] + [subnormal(rnd) for _ in range(40)]
        p += [float(rnd.getrandbits(rnd.randint(10, 80)) * mp.pi / 2) for _ in range(200)]
        # The float64 nearest to a multiple of pi/2 (about 6e-19 relative): Kahan's, 6381956970095103 * 2^797.
        p += [6381956970095103.0 * 2.0**797, 1.7976931348623157e308, 2.0**1023, 2.0**28, 1e22]
    return p


def main():
    for name in ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "erf"):
        rnd = random.Random("fpsim " + name)
        mp.prec = 400
        lines = []
        f = getattr(mpmath, name)
        for x in dict.fromkeys(points(name, rnd)):
            mp.prec = 1500 if name in ("sin", "cos", "log1p", "expm1", "tanh", "erf") and (abs(x) > 1e6 or abs(x) < 1e-6) else 400
            if name in ("exp", "expm1") and abs(x) > 2000:
                y = mpf(2) ** 4000 if x > 0 else (mpf(2) ** -4000 - (1 if name == "expm1" else 0))
            elif name in ("tanh", "erf") and abs(x) > 1000:
                y = mpf(1 - mpf(2) ** -1400) * (1 if x > 0 else -1)
            else:
                y = f(mpf(x))
            value, ulp = nearest(y)
            rest = 0 if value in (float("inf"), float("-inf")) else int(mpmath.nint((y - mpf(value)) / ulp * 1000))
            assert abs(rest) <= 500, (name, x, rest)
            lines.append(f"{bits(x):016x} {bits(value):016x} {rest}")
        with open(os.path.join(HERE, name + ".txt"), "w") as out:
            out.write("\n".join(lines) + "\n")
        print(name, len(lines))


main()

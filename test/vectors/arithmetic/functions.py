"""exp and log of values of formats, rounded once: mpmath with 400 digits, then the exact rounding of ../format/oracle.py.

    python3 functions.py          write functions.tsv.gz (needs mpmath)
"""
import datetime
import gzip
import os
import platform
import random
import sys
from fractions import Fraction

import mpmath

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'format'))
from oracle import KINDS, MODES  # noqa: E402

SEED = 20261122
DIGITS = 400
COUNTS = {'e5m2': 256, 'e4m3fn': 256, 'e3m4': 256, 'fp16': 900, 'bf16': 500, 'tf32': 300, 'fp32': 400, 'e6m9': 200}
ENOUGH = 3000  # e^x beyond this is outside every format


def fraction(x):
    """The exact value of an mpf."""
    sign, man, exp, _ = x._mpf_
    q = Fraction(int(man)) * (Fraction(2) ** int(exp))
    return -q if sign else q


def result(name, x):
    """The exact value up to 10^-400 of itself, or a special one."""
    if x == 'nan':
        return 'nan'
    negative, mag = x
    if name == 'exp':
        if mag == 'inf':
            return (False, Fraction(0)) if negative else (False, 'inf')
        if mag == 0:
            return (False, Fraction(1))
        v = min(mag, Fraction(ENOUGH))
        value = mpmath.exp(mpmath.mpf(v.numerator) / v.denominator * (-1 if negative else 1))
        return (False, fraction(value))
    if mag == 0:
        return (True, 'inf')
    if negative:
        return 'nan'
    if mag == 'inf':
        return (False, 'inf')
    if mag == 1:
        return (False, Fraction(0))
    value = fraction(mpmath.log(mpmath.mpf(mag.numerator) / mag.denominator))
    return (value < 0, abs(value))


def main():
    mpmath.mp.dps = DIGITS
    rng = random.Random(SEED)
    lines = [f'# functions.py, mpmath {mpmath.__version__}, Python {platform.python_version()}, {datetime.date.today()}, '
             f'seed {SEED}; format, function, operand code, random number of 53 bits, result codes of {" ".join(MODES)}']
    for k in KINDS:
        if k.name not in COUNTS:
            continue
        total = 1 << k.width
        codes = list(range(total)) if total <= COUNTS[k.name] else sorted(rng.sample(range(total), COUNTS[k.name] // 3) + [
            k.encode((rng.random() < 0.5, k.round((False, Fraction(rng.getrandbits(40) + 1, 1 << rng.randrange(25, 50))), 'down', 'saturate', 0)[0][1]))
            for _ in range(2 * COUNTS[k.name] // 3)])
        for code in codes:
            for name in ('exp', 'log'):
                x = result(name, k.decode(code))
                u = rng.getrandbits(53)
                got = []
                for mode in MODES:
                    value, _ = k.round(x, mode, 'ieee', Fraction(u, 1 << 53))
                    got.append(format(k.encode(value), 'x'))
                lines.append('\t'.join([k.name, name, format(code, 'x'), format(u, 'x'), ' '.join(got)]))
    path = os.path.join(HERE, 'functions.tsv.gz')
    with open(path, 'wb') as raw, gzip.GzipFile('', 'wb', 9, raw, 0) as f:
        f.write(('\n'.join(lines) + '\n').encode())
    print(len(lines) - 1, os.path.getsize(path))


if __name__ == '__main__':
    main()

"""Compares the answers of oracle.py with GNU MPFR (through gmpy2) on every IEEE-like format; writes nothing.

MPFR rounds correctly in its own code, with a bounded exponent range and gradual underflow (mpfr_subnormalize). It knows
four of the seven modes and the policy 'ieee'.

    apt-get install python3-gmpy2; /usr/bin/python3 mpfr_check.py
"""
import gzip
import os
import struct

import gmpy2

import oracle

MODES = {'nearest-even': gmpy2.RoundToNearest, 'toward-zero': gmpy2.RoundToZero, 'up': gmpy2.RoundUp, 'down': gmpy2.RoundDown}
wide = gmpy2.context(precision=53)


def number(hex64):
    return struct.unpack('>d', bytes.fromhex(hex64))[0]


total = 0
for k in oracle.KINDS:
    if k.special != 'ieee':
        continue
    emax = (1 << (k.ebits - 1)) - 1
    # MPFR's significand is 0.1xxx: its exponents are one higher; its emin is that of the smallest subnormal.
    contexts = {m: gmpy2.context(precision=k.precision, emax=emax + 1, emin=1 - emax - k.mbits + 1, subnormalize=True,
                                 round=r) for m, r in MODES.items()}
    with gzip.open(os.path.join(oracle.HERE, 'oracle', k.name + '.tsv.gz'), 'rt') as lines:
        for line in lines:
            if line[0] == '#':
                continue
            x, _, values, _, which, _ = line.rstrip('\n').split('\t')
            values = values.split(',')
            gmpy2.set_context(wide)
            exact = gmpy2.mpfr(number(x))
            for mode, context in contexts.items():
                theirs = float(context.plus(exact))
                mine = number(values[int(which[2 * oracle.MODES.index(mode)])])
                same = struct.pack('>d', theirs) == struct.pack('>d', mine) or (theirs != theirs and mine != mine)
                assert same, (k.name, mode, x, mine, theirs)
                total += 1
print('MPFR %s: %d roundings equal' % (gmpy2.mpfr_version().split()[-1], total))

"""Writes distributions.json: the first values of each distribution, once more, with 60 digits.

Run: python3 test/vectors/rng/distributions.py > test/vectors/rng/distributions.json (needs mpmath)
The random words come from make.py beside this; the formulas are the textbook ones (Box-Muller, Bailey's t, the inverse
of Laplace's distribution), evaluated from exact uniforms.
"""
import json

from make import block
from mpmath import cos, exp, log, mp, mpf, pi, sqrt

mp.dps = 60


def value(name, mean, std, df, seed, i):
    w = block(seed, i, 1)
    u = mpf(2 * ((w[0] >> 12) << 32 | w[1]) + 1) / 2**53
    v = mpf(2 * ((w[2] >> 12) << 32 | w[3]) + 1) / 2**53
    if name == "laplace":
        return mean + std / sqrt(mpf(2)) * log(u) * (1 if v < 0.5 else -1)
    if name == "student-t":
        return mean + std * sqrt(df * (u ** (-2 / mpf(df)) - 1)) * cos(2 * pi * v)
    z = mean + std * sqrt(-2 * log(u)) * cos(2 * pi * v)
    return exp(z) if name == "lognormal" else z


cases = [
    ("normal", 0, 1, 4, 1),
    ("normal", 3, 0.25, 4, 42),
    ("lognormal", -14, 3, 4, 1),
    ("laplace", 0, 1e-5, 4, 7),
    ("student-t", 0, 1, 4, 1),
    ("student-t", 0, 1, 0.25, 1),
    ("student-t", 0, 1, 1e12, 1),
]
lines = []
for name, mean, std, df, seed in cases:
    indices = [0, 1, 2, 3, 4, 5, 65535, 65536, 65537, 99999]
    # float(mpf) rounds to nearest; the test allows a few ulp.
    values = [float(value(name, mpf(mean), mpf(std), df, seed, i)) for i in indices]
    options = {"distribution": name, "mean": mean, "std": std, "df": df, "seed": seed}
    lines.append(json.dumps({"options": options, "indices": indices, "values": values}))
print("[\n" + ",\n".join(lines) + "\n]")

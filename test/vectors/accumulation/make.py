"""Sums of micro-gradients in PyTorch tensors of several dtypes; shares nothing with src/.

    python3 make.py      (in this folder; Python 3.11, PyTorch 1.13; writes answers.json.gz)

Terms are fp16 values written as decimals. Each sum is one tensor of one element to which the terms are added with `+=`,
as .grad is; `at` holds it after every 64 terms. `exact` is the sum of the terms by fractions, rounded once to float64.
"""
import gzip
import json
from fractions import Fraction

import torch

STATE = 12345


def draw():
    """A 32-bit linear congruential generator, so that no library's randomness is needed."""
    global STATE
    STATE = (1664525 * STATE + 1013904223) % 2**32
    return STATE / 2**32


def text(x):
    return "Infinity" if x == float("inf") else "-Infinity" if x == float("-inf") else "NaN" if x != x else repr(x)


def case(name, terms):
    values = torch.tensor(terms, dtype=torch.float16)
    sums = {}
    for dtype in ("float16", "bfloat16", "float32"):
        grad = torch.zeros(1, dtype=getattr(torch, dtype))
        at = []
        for i in range(len(values)):
            # The sum is formed exactly (fp32 holds both) and rounded once to the dtype of .grad.
            grad += values[i : i + 1].to(torch.float32)
            if (i + 1) % 64 == 0:
                at.append(text(grad.item()))
        sums[dtype] = at
    finite = [Fraction(v) for v in values.tolist() if abs(v) != float("inf")]
    exact = float(sum(finite)) if len(finite) == len(values) else None
    return {"name": name, "terms": values.tolist(), "sums": sums, "exact": exact}


answers = json.dumps(
    {
        "torch": torch.__version__,
        "cases": [
            case("constant", [1e-3] * 1024),
            case("spread", [1e-3 * (0.5 + draw()) for _ in range(1024)]),
            case("both signs", [draw() - 0.5 for _ in range(512)]),
            case("scaled", [65.5 * (0.5 + draw()) for _ in range(1024)]),
            case("ones", [1.0] * 4096),
            case("subnormal", [2.0**-24 * (1 + int(8 * draw())) for _ in range(256)]),
            case("large", [2.0**15] * 64),
        ],
    },
    separators=(",", ":"),
)
with open("answers.json.gz", "wb") as out:
    out.write(gzip.compress(answers.encode(), mtime=0))

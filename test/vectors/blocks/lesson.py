#!/usr/bin/env python3
"""What `fpsim mx-blocks` measures on the recorded gradients, by the code of make.py: python3 lesson.py > lesson.json"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
from make import ELEMENTS, E2M1, E4M3, F, mx, nvfp4, value

root = Path(__file__).resolve().parents[3]
raw = (root / "scenarios/profiles/digits-cnn-400.safetensors").read_bytes()
(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8 : 8 + length])
places = sorted(t["data_offsets"] for name, t in header.items() if name != "__metadata__")
TENSORS = [np.frombuffer(raw[8 + length + a : 8 + length + b], dtype="<f4") for a, b in places]


def rounded(x, name, rule):
    """The values of a tensor as float64 and, by block, the largest that its scale reaches."""
    if name.startswith("nvfp4"):
        blocks = [list(x[i : i + 16]) for i in range(0, len(x), 16)]
        scales, codes, whole = nvfp4(blocks, name == "nvfp4")
        factors = [np.float32(float(E4M3[s])) * value(whole) for s in scales]
        values = [float(np.float32((-1 if c & 8 else 1) * float(E2M1[c & 7])) * factors[i // 16]) for i, c in enumerate(codes)]
        return np.array(values), [6 * float(E4M3[s]) * float(value(whole)) for s in scales], 16
    mags, _, _, width = ELEMENTS[name]
    out, reach = [], []
    for i in range(0, len(x), 32):
        code, codes = mx(list(x[i : i + 32]), name, rule)
        scale = F(2) ** (code - 127)
        reach.append(float(mags[-1] * scale))
        for c in codes:
            if name == "mxint8":
                element = F(c - 256 if c > 127 else c, 64)
            else:
                element = mags[c & ((1 << (width - 1)) - 1)] * (-1 if c >> (width - 1) else 1)
            out.append(float(element * scale))
    return np.array(out), reach, 32


def loss(name, rule):
    error = energy = lost = nonzero = cut = blocks = shift = total = 0.0
    for x in TENSORS:
        y, reach, size = rounded(x, name, rule)
        x = x.astype(float)
        error += ((y - x) ** 2).sum()
        energy += (x**2).sum()
        nonzero += (x != 0).sum()
        lost += ((x != 0) & (y == 0)).sum()
        shift += (abs(y) - abs(x)).sum()
        total += abs(x).sum()
        for i, top in enumerate(reach):
            amax = abs(x[i * size : (i + 1) * size]).max()
            blocks += amax > 0
            cut += amax > top
    return {"error": float(np.sqrt(error / energy)), "lost": lost / nonzero, "cut": cut / blocks, "bias": shift / total}


def outlier(name, rule, factor):
    lost = others = 0
    for x in TENSORS:
        grown, seen = x.copy(), x != 0
        for i in range(0, len(x), 32):
            j = i + int(np.argmax(abs(x[i : i + 32])))
            grown[j] = x[j] * np.float32(factor)
            seen[j] = False
        y, _, _ = rounded(grown, name, rule)
        others += seen.sum()
        lost += (seen & (y == 0)).sum()
    return float(lost / others)


names = [*ELEMENTS, "nvfp4", "nvfp4-1"]
rules = lambda name: ["floor"] if name.startswith("nvfp4") else ["floor", "ceil", "even", "rceil"]
json.dump(
    {name: {"beside16": outlier(name, "floor", 16), "alone": outlier(name, "floor", 1), **{rule: loss(name, rule) for rule in rules(name)}} for name in names},
    sys.stdout, indent=1)
print()

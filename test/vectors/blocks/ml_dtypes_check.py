#!/usr/bin/env python3
"""Compares the MX elements of answers.tsv.gz with ml_dtypes (0.5.4): python3 ml_dtypes_check.py; prints codes, differences."""
import gzip
from pathlib import Path

import ml_dtypes
import numpy as np

TYPES = {
    "mxfp8-e4m3fn": (ml_dtypes.float8_e4m3fn, 448),
    "mxfp8-e5m2": (ml_dtypes.float8_e5m2, 57344),
    "mxfp6-e3m2": (ml_dtypes.float6_e3m2fn, 28),
    "mxfp6-e2m3": (ml_dtypes.float6_e2m3fn, 7.5),
    "mxfp4": (ml_dtypes.float4_e2m1fn, 6),
}


def integers(text, digits, dtype):
    return np.array([int(text[i : i + digits], 16) for i in range(0, len(text), digits)], dtype)


codes = differences = 0
for line in gzip.open(Path(__file__).with_name("answers.tsv.gz"), "rt"):
    name, bits, *fields = line.rstrip("\n").split("\t")
    if name not in TYPES:
        continue
    x = integers(bits, 8, np.uint32).view(np.float32).astype(np.float64)
    kind, top = TYPES[name]
    for field in fields:
        # "=": as the rule before. NaN blocks have no elements to compare.
        if field == "=" or not np.isfinite(x).all():
            continue
        scale, elements = field.split(":")
        power = integers(scale, 2, np.uint8).view(ml_dtypes.float8_e8m0fnu).astype(np.float64)[0]
        # It does not saturate by itself. float32 on the way: exact, but for sizes far below every element.
        with np.errstate(under="ignore"):
            y = np.clip(x / power, -top, top).astype(np.float32)
        differences += int((y.astype(kind).view(np.uint8) != integers(elements, 2, np.uint8)).sum())
        codes += len(x)
print(codes, differences)

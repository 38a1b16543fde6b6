"""What libraries make of float64 values: run with each library installed, one table of all of them.

python3 make.py NAME > NAME.tsv, NAME one of torch, numpy, ml_dtypes, onnx. A line: type, the float64 in hex, the result
in hex of its float64 (nan for every NaN).
"""

import struct
import sys

import numpy as np


def hexed(x):
    return "nan" if x != x else struct.pack(">d", x).hex()


def inputs():
    out = [0.0, -0.0, float("inf"), float("-inf"), float("nan"), 0.1, 1 / 3, -1e-9, 1e9, -1e300, 1e-300, 3.0, 6.0, 12.0]
    out += [8.940696716308592e-8, 431.99999999999994, 16973823.0, 5.9e-39, 6e-40, 1e-40, 1e-45, 3.4e38, 3.3961775e38]
    # Around every midpoint of a few binades, at the ends and at the overflow of each format, and a hair beside.
    for bits, emin, emax in ((11, -14, 15), (8, -126, 127), (4, -6, 8), (4, -7, 7), (4, -10, 4), (3, -14, 15), (3, -15, 15),
                             (5, -2, 3), (3, -2, 4), (4, 0, 2), (2, 0, 2), (1, -127, 127)):
        for e in (emin, emin + 1, 0, emax):
            for k in (1, 2, 3, 2 ** bits - 3, 2 ** bits - 1):
                middle = (1 + k / 2**bits) * 2.0**e
                out += [middle, middle * (1 + 2**-40), middle * (1 - 2**-40), -middle]
        least = 2.0 ** (emin + 1 - bits)
        for k in (0.5, 1.5, 2.5, 0.75, 0.25):
            out += [k * least, k * least * (1 + 2**-40), -k * least * (1 - 2**-40)]
    return out


def torch_types():
    import torch

    def convert(t):
        return lambda xs: torch.tensor(xs, dtype=torch.float64).to(t).to(torch.float64).tolist()

    return {"float16": convert(torch.float16), "bfloat16": convert(torch.bfloat16), "float32": convert(torch.float32)}


def numpy_types():
    return {n: (lambda xs, n=n: np.array(xs).astype(n).astype(float).tolist()) for n in ("float16", "float32")}


def ml_types():
    import ml_dtypes

    names = """bfloat16 float8_e5m2 float8_e4m3fn float8_e4m3 float8_e3m4 float8_e4m3fnuz float8_e5m2fnuz
    float8_e4m3b11fnuz float8_e8m0fnu float6_e3m2fn float6_e2m3fn float4_e2m1fn""".split()
    return {n: (lambda xs, n=n: np.array(xs).astype(getattr(ml_dtypes, n)).astype(float).tolist()) for n in names}


def onnx_types():
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    def convert(name, **saturate):
        to = getattr(TensorProto, name)
        node = helper.make_node("Cast", ["x"], ["y"], to=to, **saturate)
        x = helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None])
        y = helper.make_tensor_value_info("y", to, [None])
        model = helper.make_model(helper.make_graph([node], "g", [x], [y]), opset_imports=[helper.make_opsetid("", 25)])
        return lambda xs: ReferenceEvaluator(model).run(None, {"x": np.array(xs)})[0].astype(float).tolist()

    out = {n: convert(n) for n in ("FLOAT16", "BFLOAT16", "FLOAT4E2M1")}
    for n in ("FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ"):
        out[n] = convert(n)
        out[f"{n} saturate=0"] = convert(n, saturate=0)
    return out


np.seterr(all="ignore")
types = {"torch": torch_types, "numpy": numpy_types, "ml_dtypes": ml_types, "onnx": onnx_types}[sys.argv[1]]()
xs = list(dict.fromkeys(map(hexed, inputs())))
values = [struct.unpack(">d", bytes.fromhex(x))[0] if x != "nan" else float("nan") for x in xs]
for name, convert in types.items():
    for x, y in zip(xs, convert(values)):
        print(f"{name}\t{x}\t{hexed(y)}")

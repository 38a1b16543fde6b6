"""Answers for gradient clipping: PyTorch's own functions, and the formulas of four other frameworks in PyTorch's arithmetic.

Run in this folder with ATEN_CPU_CAPABILITY=default: python3 make.py (Python 3.11, PyTorch 1.13.1 on the CPU; a second).
Shares nothing with src/. Writes answers.json.gz. All numbers are float32 in big-endian hex.
"""
import gzip
import json
import math
import random
import struct

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

torch.set_num_threads(1)
draw = random.Random(20130616)
F = torch.float32


def hexes(tensor):
    return "".join(struct.pack(">f", v).hex() for v in tensor.to(F).tolist())


def tensors(sizes, spread):
    return [torch.tensor([draw.gauss(0, 1) * 2.0 ** draw.uniform(-spread, spread) for _ in range(n)], dtype=F) for n in sizes]


def parameters(grads):
    out = []
    for g in grads:
        p = torch.nn.Parameter(torch.zeros_like(g))
        p.grad = g.clone()
        out.append(p)
    return out


def total(grads):
    return torch.norm(torch.stack([torch.norm(g, 2.0) for g in grads]), 2.0)


def by_norm(grads, limit):
    ps = parameters(grads)
    norm = clip_grad_norm_(ps, limit)
    return norm, [p.grad for p in ps]


def by_value(grads, limit):
    ps = parameters(grads)
    clip_grad_value_(ps, limit)
    return total(grads), [p.grad for p in ps]


def per_tensor(grads, limit):
    clipped = [by_norm([g], limit) for g in grads]
    return torch.norm(torch.stack([n for n, _ in clipped]), 2.0), [g for _, (g,) in clipped]


def keras(grads, limit):
    norm = total(grads)
    factor = limit * torch.minimum(1.0 / norm, torch.tensor(1.0 / limit)) + (norm - norm)
    return norm, [g * factor for g in grads]


def keras_alone(grads, limit):
    norms = [torch.norm(g, 2.0) for g in grads]
    return total(grads), [(g * limit) / torch.maximum(n, torch.tensor(limit)) for g, n in zip(grads, norms)]


def megatron(grads, limit):
    norm = total(grads).item()
    coefficient = limit / (norm + 1e-6)
    return torch.tensor(norm), [g * coefficient if coefficient < 1.0 else g for g in grads]


def deepspeed(grads, limit, scale):
    norm = total(grads).item()
    combined = scale
    clip = (norm / scale + 1e-6) / limit
    if clip > 1:
        combined = clip * scale
    return torch.tensor(norm / scale), [g * (1.0 / combined) for g in grads]


def fairseq(grads, limit, scale):
    multiply = 1.0 / scale
    norm = multiply * total(grads)
    if float(norm) > limit > 0:
        multiply *= limit / float(norm)
    return norm, [g * multiply for g in grads]


METHODS = {"norm": by_norm, "value": by_value, "per-tensor": per_tensor}
OTHERS = {"keras": keras, "megatron": megatron}
FUSED = {"deepspeed": deepspeed, "fairseq": fairseq}
cases = []


def note(name, grads, limit, answer, **more):
    norm, clipped = answer
    cases.append({"name": name, "max": limit, "gradients": [hexes(g) for g in grads], "norm": hexes(norm.reshape(1)),
                  "clipped": [hexes(g) for g in clipped], **more})


inf, nan = math.inf, math.nan
drawn = [(tensors(sizes, spread), draw.choice([1.0, 0.1, 5.0, 0.3, 2.5]))
         for sizes in ([1], [2], [3, 1], [8], [9], [16, 7], [40, 1, 23], [100, 64, 5], [257, 3])
         for spread in (0, 4, 20, 60)]
special = [([torch.tensor(values, dtype=F) for values in given], 1.0) for given in (
    [[3.0, 4.0]], [[0.6, 0.8]], [[1.0]], [[0.0, 0.0]], [[1.0, inf], [2.0]], [[1.0, -inf], [2.0]], [[1.0, nan], [2.0]],
    [[inf, nan]], [[1e25, 1.0]], [[1e-30, -1e-25]], [[3e-6, 4e-6]], [[-0.0, 0.5]], [[1e-45, 3.3e-23], [2e-23]])]
for grads, limit in drawn + special:
    for name, method in METHODS.items():
        note("pytorch " + name, grads, limit, method(grads, limit), framework="pytorch", method=name)
    for name, method in OTHERS.items():
        note(name, grads, limit, method(grads, limit), framework=name, method="norm")
    note("keras per tensor", grads, limit, keras_alone(grads, limit), framework="keras", method="per-tensor")
    for name, method in FUSED.items():
        scale = draw.choice([1.0, 1024.0, 65536.0, 1000.0])
        note(name, grads, limit, method(grads, limit, scale), framework=name, method="norm", scale=scale)
    # Clipped while the loss scale is still on, then unscaled as GradScaler does it.
    scale = draw.choice([1024.0, 65536.0])
    scaled = [g * scale for g in grads]
    norm, clipped = by_norm(scaled, limit)
    inverse = torch.tensor(scale).double().reciprocal().float()
    note("before unscale", scaled, limit, (norm, [g * inverse for g in clipped]), framework="pytorch", method="norm",
         scale=scale, order="before")

half = []
for n in (1, 2, 5, 8, 9, 31, 100, 5000):
    for size in (1e-4, 1e-2, 1.0, 80.0, 200.0):
        values = torch.tensor([draw.gauss(0, 1) * size for _ in range(n)], dtype=F).half()
        half.append({"values": hexes(values), "norm": hexes(torch.norm(values, 2.0).reshape(1))})

with gzip.GzipFile("answers.json.gz", "wb", mtime=0) as out:
    out.write(json.dumps({"torch": torch.__version__, "cases": cases, "half": half}).encode())
print(len(cases), "cases,", len(half), "norms in fp16")

"""Whole trainings of a 10-20-10 network by PyTorch's own optimizers and autograd, as training.json beside this file.

FP16 autocast is emulated on the CPU: the operands of a linear layer are rounded to half, its float32 result is, and so is
each of its gradients; the loss is float32. Loss scaling follows torch/amp/grad_scaler.py with its own arithmetic.
Made with PyTorch 1.13.1, ATEN_CPU_CAPABILITY=default:  python3 make.py > training.json
"""
import json
import struct
import torch

torch.manual_seed(7)
torch.set_num_threads(1)

COUNT, STEPS, BATCH = 96, 24, 12


def hex32(t):
    return "".join(struct.pack(">f", x).hex() for x in t.detach().flatten().tolist())


x = torch.randn(COUNT, 10)
labels = torch.arange(COUNT) % 10
x = x + torch.randn(10, 10)[labels]
start = torch.nn.Sequential(torch.nn.Linear(10, 20), torch.nn.ReLU(), torch.nn.Linear(20, 10))
initial = [p.detach().clone() for p in start.parameters()]


def half(t):
    return t.half().float()


class HalfLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b):
        x16, w16, b16 = half(x), half(w), half(b)
        ctx.save_for_backward(x16, w16)
        return half(x16 @ w16.t() + b16)

    @staticmethod
    def backward(ctx, g):
        x16, w16 = ctx.saved_tensors
        g = half(g)
        return half(g @ w16), half(g.t() @ x16), half(g.sum(0))


def forward(params, batch, amp):
    w1, b1, w2, b2 = params
    linear = HalfLinear.apply if amp else torch.nn.functional.linear
    return linear(torch.relu(linear(batch, w1, b1)), w2, b2)


def run(make, amp=False, scaler=None, clip=None, accumulate=1, clear=True, steps=STEPS):
    params = [torch.nn.Parameter(p.clone()) for p in initial]
    optimizer = make(params)
    scale, tracker = (scaler["initScale"], 0) if scaler else (1.0, 0)
    losses, scales, skipped, norms = [], [], [], []
    for step in range(steps):
        if clear:
            optimizer.zero_grad()
        total = 0.0
        for part in range(accumulate):
            first = step * BATCH + part * BATCH // accumulate
            at = torch.arange(first, step * BATCH + (part + 1) * BATCH // accumulate) % COUNT
            loss = torch.nn.functional.cross_entropy(forward(params, x[at], amp), labels[at]) / accumulate
            (loss * scale).backward()
            total += loss.item()
        losses.append(total)
        scales.append(scale)
        found = False
        if scaler:
            for p in params:
                found = found or not bool(torch.isfinite(p.grad).all())
                p.grad.mul_(torch.tensor(1.0 / scale))
        if clip is not None:
            norms.append(float(torch.nn.utils.clip_grad_norm_(params, clip)))
        if not found:
            optimizer.step()
        skipped.append(int(found))
        if scaler:
            if found:
                scale, tracker = scale * 0.5, 0
            else:
                tracker += 1
                if tracker == scaler["growthInterval"]:
                    scale, tracker = scale * 2.0, 0
    return {
        "losses": losses,
        "scales": scales,
        "skipped": skipped,
        "norms": norms,
        "weights": [hex32(p) for p in params],
    }


def momentum(params):
    return torch.optim.SGD(params, lr=0.05, momentum=0.9)


def adamw(params):
    return torch.optim.AdamW(params, lr=0.01)


scaler = {"initScale": 2.0**26, "growthInterval": 4}
print(
    json.dumps(
        {
            "torch": torch.__version__,
            "batch": BATCH,
            "steps": STEPS,
            "inputs": hex32(x),
            "labels": labels.tolist(),
            "initial": [hex32(p) for p in initial],
            "scaler": scaler,
            "runs": {
                "momentum": run(momentum),
                "adamw": run(adamw),
                "accumulated": run(momentum, accumulate=3),
                "clipped": run(momentum, clip=0.5),
                "uncleared": run(momentum, clear=False, steps=8),
                "amp": run(momentum, amp=True, scaler=scaler),
                "ampAdamw": run(adamw, amp=True, scaler=scaler),
                "ampUncleared": run(momentum, amp=True, scaler={"initScale": 1024.0, "growthInterval": 2000}, clear=False, steps=12),
            },
        }
    )
)

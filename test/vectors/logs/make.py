"""Writes the sample logs of this folder and expected.json: what became of the scale, by plain scalers written here.

The forms of the lines are those that apex, DeepSpeed, Megatron-LM, fairseq and mmcv print (see README.md); the numbers
come from the simulations below, and for megatron-104b from the chronicle of BigScience. Python 3, no packages.
"""
import json
from pathlib import Path

here = Path(__file__).parent
expected = {}


def write(name, text, **want):
    (here / name).write_bytes(text.encode())
    expected[name] = want


class Halving:
    """Halves at an overflow, doubles after `window` clean steps; counts both."""

    def __init__(self, scale, window):
        self.scale, self.window, self.clean = scale, window, 0
        self.first, self.ups, self.downs, self.overflows = scale, 0, 0, 0

    def step(self, overflow):
        if overflow:
            self.scale /= 2
            self.downs += 1
            self.overflows += 1
            self.clean = 0
        else:
            self.clean += 1
            if self.clean == self.window:
                self.scale *= 2
                self.ups += 1
                self.clean = 0

    def want(self, **more):
        return dict(overflows=self.overflows, backoffs=self.downs, growths=self.ups, first=self.first, last=self.scale, **more)


def apex(to):
    return f"Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to {to}"


def epoch(t):
    return f"Epoch: [0][{t}/5004]\tTime 0.31 (0.33)\tLoss 6.9{t % 10}11 (6.9)\tPrec@1 0.1"


# apex, one process: nine overflows at the start, then calm.
s, lines = Halving(65536.0, 2000), ["Selected optimization level O1:  Insert automatic casts around Pytorch functions"]
for t in range(60):
    if t < 9:
        s.step(True)
        lines.append(apex(s.scale))
    elif t % 10 == 0:
        lines.append(epoch(t))
write("apex-probing.log", "\n".join(lines) + "\n", **s.want(pattern="probing", copies=1))

# The same, each line twice: two processes, with colours and Windows line ends.
lines = [line for line in lines for _ in range(2 if "overflow" in line else 1)]
write("apex-two-ranks.log", "\r\n".join(f"\x1b[33m{line}\x1b[0m" for line in lines) + "\r\n",
      **s.want(pattern="probing", copies=2))

# apex: every step overflows.
s, lines = Halving(65536.0, 2000), []
for _ in range(30):
    s.step(True)
    lines.append(apex(s.scale))
write("apex-collapse.log", "\n".join(lines), **s.want(pattern="collapse", copies=1))

# apex, found its limit: one overflow whenever the scale has grown above 2^17. Only overflows are written.
s, lines = Halving(65536.0, 2000), []
for t in range(20000):
    over = s.scale > 131072
    s.step(over)
    if over:
        lines.append(apex(s.scale))
# What the log cannot tell: growth before the first overflow, and behind the last.
write("apex-healthy.log", "\n".join(lines) + "\n", pattern="healthy", copies=1, overflows=s.overflows, backoffs=s.downs,
      growths=s.downs - 1, first=262144.0, last=131072.0)


def stamp(t):
    return f"[2023-06-07 {12 + t // 3600:02}:{t // 60 % 60:02}:{t % 60:02},018] [INFO]"


# DeepSpeed ZeRO with hysteresis 2, behind progress bars, until it gives up.
scale, left, lines, n, downs = 65536, 2, [], 0, 0
for t in range(1, 400):
    bar = f"\r {t * 100 // 2724}%|#         | {t}/2724 [0{t // 60}:{t % 60:02}<86:18:35, 132.44s/it]"
    if t < 370:
        lines.append(bar)
        continue
    n += 1
    if left > 1:
        left -= 1
        lines.append(f"{bar}{stamp(t)} [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! Rank 0 Skipping step. "
                     f"Attempted loss scale: {scale}, but hysteresis is 2. Reducing hysteresis to 1\n")
    elif scale == 1:
        n -= 1
        lines.append("Traceback (most recent call last):\n  File \"train.py\", line 1, in <module>\n"
                     "Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.\n")
        break
    else:
        lines.append(f"{bar}{stamp(t)} [loss_scaler.py:183:update_scale] [deepspeed] OVERFLOW! Rank 0 Skipping step. "
                     f"Attempted loss scale: {scale}, reducing to {scale // 2}\n")
        scale //= 2
        downs += 1
write("deepspeed-stuck.log", "".join(lines), pattern="stuck-at-minimum", copies=1, overflows=n, backoffs=downs, growths=0,
      first=65536, last=1)

# DeepSpeed without ZeRO writes growth too, and each overflow in two forms; four processes, interleaved.
s, lines = Halving(16384.0, 500), []
for t in range(6000):
    before = s.scale
    over = s.scale > 16384 and t % 7 == 0
    s.step(over)
    if over:
        for _ in range(4):
            lines.append(f"{stamp(t)} [unfused_optimizer.py:281:_update_scale] Grad overflow on iteration: {t}")
        for _ in range(4):
            lines.append(f"{stamp(t)} [unfused_optimizer.py:282:_update_scale] Reducing dynamic loss scale from {before} to {s.scale}")
            lines.append(f"{stamp(t)} [unfused_optimizer.py:207:step] [deepspeed] fp16 dynamic loss scale overflow! "
                         f"Skipping step. Attempted loss scale: {before}, reducing to {s.scale}")
    elif s.scale > before:
        for _ in range(4):
            lines.append(f"{stamp(t)} [unfused_optimizer.py:289:_update_scale] No Grad overflow for 500 iterations")
        for _ in range(4):
            lines.append(f"{stamp(t)} [unfused_optimizer.py:290:_update_scale] Increasing dynamic loss scale from {before} to {s.scale}")
    elif t % 100 == 99:
        lines.append(f"[{t // 100},  2300] loss: 1.398")
write("deepspeed-fused.log", "\n".join(lines) + "\n", **s.want(pattern="healthy", copies=1))


def megatron(iteration, scale, skipped, loss, every=1, norm="0.432"):
    lm = "" if loss is None else f" lm loss: {loss:.6E} |"
    return (f" iteration {iteration:8d}/  250000 | consumed samples: {iteration * 2048:12d} | elapsed time per iteration (ms): "
            f"4247.9 | learning rate: 6.000E-05 | global batch size:  2048 |{lm} loss scale: {scale:.1f} | grad norm: {norm} | "
            f"number of skipped iterations: {skipped:3d} | number of nan iterations:   0 |")


# BigScience 104B: scale and loss as in the chronicle; written by torchrun, with the time of the checkpoint in between.
scales = [20, 20, 20, 19, 18, 17, 17, 16, 15]
losses = [2.665, 2.667, 4.374, 4.366, 4.391, 4.405, 4.398, 4.096, 4.137]
overflow = "..XXXX.XX"
lines = []
for i in range(9):
    lines.append("[default7]:" + megatron(17060 + i, 2.0 ** scales[i], int(overflow[i] == "X"), losses[i]))
    lines.append("[default7]:time (ms)")
write("megatron-104b.log", "\n".join(lines) + "\n", pattern="collapse", copies=1, overflows=6, backoffs=5, growths=0,
      first=2.0**20, last=2.0**15)

# BF16: no scaler; the norm is NaN all the while.
lines = [megatron(t, 1.0, 0, None, norm="nan") for t in range(5420, 5460)]
write("megatron-bf16.log", "\n".join(lines) + "\n", pattern="unscaled", copies=1, overflows=0, backoffs=0, growths=0, first=1,
      last=1)

# Megatron, every 100 iterations: the scale stands still for 5,000 of them.
lines = [megatron(t, 4096.0, 0, 2.5, every=100) for t in range(100, 5001, 100)]
write("megatron-never-grows.log", "\n".join(lines) + "\n", pattern="never-grows", copies=1, overflows=0, backoffs=0, growths=0,
      first=4096, last=4096)

# Megatron every 10 iterations, from 2^32: 17 halvings, then growth every 1,000 clean steps and back again.
s, lines, skipped = Halving(2.0**32, 1000), [], 0
first = None
for t in range(1, 6001):
    over = s.scale > 2.0**15
    s.step(over)
    skipped += over
    if t % 10 == 0:
        lines.append(megatron(t, s.scale, skipped, None if skipped == 10 else 2.5))
        first = first or s.scale
        skipped = 0
ups = s.ups
write("megatron-healthy.log", "\n".join(lines) + "\n", pattern="healthy", copies=1, overflows=s.overflows,
      first=first, last=s.scale)

# fairseq: overflows as they come, the mean of the scale in between, and the end.
scale, lines, t, n = 128.0, [], 0, 0
while True:
    t += 1
    if t == 100 or t == 200:
        lines.append('2021-03-08 12:34:45 | INFO | train_inner | {"epoch": 1, "update": 0.001, "loss": "8.1", "ppl": "274.4", '
                     f'"wps": "123.4", "ups": "0.01", "wpb": "16384", "bsz": "8", "num_updates": "{t - n}", "lr": "4e-05", '
                     f'"gnorm": "2.3", "loss_scale": "{scale * 1.3:.4g}", "train_wall": "57", "wall": "161"}}')
    if t <= 3 or t > 200:
        if scale / 2 <= 1e-4:
            lines.append("FloatingPointError: Minimum loss scale reached (0.0001). Your loss is probably exploding. Try lowering "
                         "the learning rate, using gradient clipping or increasing the batch size.")
            break
        scale /= 2
        n += 1
        lines.append(f"2021-03-08 12:33:12 | INFO | fairseq.trainer | NOTE: gradient overflow detected, ignoring gradient, setting loss scale to: {scale}")
write("fairseq-minimum.log", "\n".join(lines) + "\n", pattern="stuck-at-minimum", copies=1, overflows=n, backoffs=n, growths=0,
      first=128.0, last=scale)

# mmcv: the scale in every line; two losses are NaN.
s, lines = Halving(512.0, 200), []
for t in range(1, 3001):
    s.step(s.scale > 4096 or t in (900, 1100))
    if t % 50 == 0:
        loss = "nan" if t in (900, 1100) else f"{1 / t:.4f}"
        lines.append(f"2022-01-05 10:11:12,345 - mmdet - INFO - Epoch [1][{t}/7330]\tlr: 1.978e-03, eta: 1 day, 2:32:10, time: 0.532, "
                     f"memory: 4012, loss_cls: {loss}, loss: {loss}, grad_norm: 1.5, loss_scale: {s.scale:.4f}")
write("mmcv.log", "\n".join(lines) + "\n", pattern="healthy", copies=1, first=512.0, last=s.scale)

(here / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


# What the interview document's monitor says of some histories of losses: its own two lines, run by Python.
def interview(history):
    if len(history) > 100:
        recent_losses = history[-100:]
        try:
            return "fires" if max(recent_losses) / min(recent_losses) > 10 else "silent"
        except ZeroDivisionError:
            return "crashes"
    return "silent"


nan, inf = float("nan"), float("inf")
cases = []
for length in (1, 99, 100, 101, 102, 150):
    for place in (0, 1, length - 101, length - 100, length - 99, length // 2, length - 2, length - 1):
        for odd in (nan, inf, -inf, 0.0, -0.0, 9.9, 10.0, 10.1, 4.0, 0.1, 0.099, -1.0):
            for base in (1.0, -1.0):
                if 0 <= place < length:
                    history = [base] * length
                    history[place] = odd
                    cases.append([length, base, place, str(odd), interview(history)])
                    # One true spike before it, and one behind it.
                    history[place - 1] = 50.0
                    cases.append([length, base, place, str(odd) + " after 50", interview(history)])
                    history[place - 1] = base
                    history[length - 1] = 50.0
                    cases.append([length, base, place, str(odd) + " then 50", interview(history)])
(here / "interview.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")

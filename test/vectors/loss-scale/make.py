#!/usr/bin/env python3
"""Random traces of every loss-scale policy, each rule written out by itself as the frameworks' sources state it.

Nothing is shared with fpsim's code: one class a policy, with the frameworks' own variables (iteration numbers where fpsim
counts, a ring of amax values where fpsim keeps a queue), and float32 rounded from exact fractions.

    python3 make.py > traces.jsonl && gzip -9n traces.jsonl
"""
import json, math, random, struct, sys
from fractions import Fraction as Q

INF = math.inf
FLT_MAX = struct.unpack('<f', b'\xff\xff\x7f\x7f')[0]


def f32(x):
    """An exact number (Fraction or finite float) or inf/nan to float32, nearest, ties to even."""
    if isinstance(x, float):
        if math.isinf(x) or math.isnan(x):
            return x
        x = Q(x)
    if x == 0:
        return 0.0
    sign, x = (-1, -x) if x < 0 else (1, x)
    e = x.numerator.bit_length() - x.denominator.bit_length()
    if Q(2) ** e > x:
        e -= 1
    quantum = Q(2) ** (max(e, -126) - 23)
    n = round(x / quantum)                      # Python rounds ties to even
    y = n * quantum
    return sign * (INF if y >= Q(2) ** 128 else float(y))


def mul(a, b):                                  # float32 * float32
    if math.isinf(a) or math.isinf(b) or math.isnan(a) or math.isnan(b):
        return a * b
    return f32(Q(a) * Q(b))


def div(a, b):
    if math.isinf(a):
        return a
    return f32(Q(a) / Q(b))


class Raises(Exception):
    pass


class PyTorch:                                  # AmpKernels.cu: float scale, double factors, int tracker
    guard = True
    def __init__(self, initScale=65536.0, growthFactor=2.0, backoffFactor=0.5, growthInterval=2000):
        self.s, self.g, self.b, self.n, self.t = f32(initScale), growthFactor, backoffFactor, growthInterval, 0
    def step(self, inf):
        if inf:
            self.s = f32(self.s * self.b)
            self.t = 0
        else:
            successful = self.t + 1
            if successful == self.n:
                new = f32(self.s * self.g)
                if not self.guard or not math.isinf(new):
                    self.s = new
                self.t = 0
            else:
                self.t = successful


class PyTorchLegacy(PyTorch):
    guard = False


class Apex:                                     # apex/amp/scaler.py
    def __init__(self, initScale=65536.0, growthInterval=2000, minScale=None, maxScale=2.0 ** 24):
        self.s, self.n, self.lo, self.hi, self.unskipped = min(maxScale, initScale), growthInterval, minScale, maxScale, 0
    def step(self, inf):
        if inf:
            self.s = max(self.lo, self.s / 2.0) if self.lo else self.s / 2.0
            self.unskipped = 0
        else:
            self.unskipped += 1
        if self.unskipped == self.n:
            self.s = min(self.hi, self.s * 2.0)
            self.unskipped = 0


class ApexLegacy:                               # apex/fp16_utils/loss_scaler.py
    def __init__(self, initScale=2.0 ** 32, growthFactor=2.0, growthInterval=1000):
        self.s, self.f, self.n, self.i, self.last = initScale, growthFactor, growthInterval, 0, -1
    def step(self, inf):
        if inf:
            self.s = max(self.s / self.f, 1)
            self.last = self.i
        elif (self.i - self.last) % self.n == 0:
            self.s *= self.f
        self.i += 1


class ApexHysteresis:                           # csrc/update_scale_hysteresis.cu
    def __init__(self, initScale=65536.0, growthFactor=2.0, backoffFactor=0.5, growthInterval=2000, hysteresis=2):
        self.s, self.g, self.b, self.n, self.H = f32(initScale), growthFactor, backoffFactor, growthInterval, hysteresis
        self.t, self.h = 0, hysteresis
    def step(self, inf):
        if inf:
            self.h -= 1
            if self.h > 0:
                self.t = 0
                return
            self.s = f32(self.s * self.b)
            self.t = 0
        else:
            successful = self.t + 1
            if successful == self.n:
                new = f32(self.s * self.g)
                if not math.isinf(new):
                    self.s = new
                self.t = 0
            else:
                self.t = successful
            self.h = self.H


class DeepSpeedFused:                           # fused_optimizer.py, _update_scale
    def __init__(self, initScale=65536.0, growthFactor=2.0, growthInterval=1000, minScale=1.0, hysteresis=None,
                 consecutiveHysteresis=None):
        self.s, self.f, self.n, self.lo, self.i, self.last = initScale, growthFactor, growthInterval, minScale, 0, -1
    def step(self, inf):
        if inf:
            self.s = max(self.s / self.f, self.lo)
            self.last = self.i
        else:
            stable = self.i - self.last - 1
            if stable > 0 and stable % self.n == 0:
                self.s *= self.f
        self.i += 1


class DeepSpeedZero:                            # loss_scaler.py, DynamicLossScaler.update_scale
    def __init__(self, initScale=65536.0, growthFactor=2.0, growthInterval=1000, minScale=1.0, hysteresis=2,
                 consecutiveHysteresis=False):
        self.s, self.f, self.n, self.lo = initScale, growthFactor, growthInterval, minScale
        self.shift = self.h = hysteresis
        self.consecutive, self.i, self.last = consecutiveHysteresis, 0, -1
    def step(self, inf):
        if inf:
            if self.shift == 1 or self.h == 1:
                if self.s == self.lo:
                    raise Raises
                self.s = max(self.s / self.f, self.lo)
            else:
                self.h -= 1
            self.last = self.i
        else:
            if self.consecutive:
                self.h = self.shift
            stable = self.i - self.last - 1
            if stable > 0 and stable % self.n == 0:
                if not self.consecutive:
                    self.h = self.shift
                self.s *= self.f
        self.i += 1


class Megatron:                                 # core/optimizer/grad_scaler.py: float32 tensor times Python float
    def __init__(self, initScale=2.0 ** 32, growthFactor=2.0, backoffFactor=0.5, growthInterval=1000, minScale=1.0,
                 hysteresis=2):
        self.s, self.g, self.b, self.n, self.lo = f32(initScale), f32(growthFactor), f32(backoffFactor), growthInterval, f32(minScale)
        self.H = self.h = hysteresis
        self.t = 0
    def step(self, inf):
        if inf:
            self.t = 0
            self.h -= 1
            if self.h <= 0:
                self.s = max(mul(self.s, self.b), self.lo)
        else:
            self.t += 1
            if self.t == self.n:
                self.t, self.h, self.s = 0, self.H, mul(self.s, self.g)


class Fairseq:                                  # fairseq/optim/dynamic_loss_scaler.py
    def __init__(self, initScale=2.0 ** 15, growthFactor=2.0, growthInterval=2000, minScale=1e-4, thresholdScale=None,
                 tolerance=0.0):
        self.s, self.f, self.n, self.lo, self.th, self.tol = initScale, growthFactor, growthInterval, minScale, thresholdScale, tolerance
        self.i, self.last, self.rescale, self.o = 0, -1, -1, 0
    def step(self, inf):
        if inf:
            before = self.s
            since = self.i - self.rescale
            self.last = self.i
            self.o += 1
            if self.o / float(since) >= self.tol:
                self.s /= self.f
                if self.th is not None:
                    self.s = max(self.s, self.th)
                self.rescale = self.i
                self.o = 0
            if self.s <= self.lo:
                self.s = before
                raise Raises
        elif (self.i - self.last) % self.n == 0:
            self.s *= self.f
            self.rescale = self.i
        self.i += 1


class Keras2:                                   # training/experimental/loss_scale.py
    def __init__(self, initScale=2.0 ** 15, growthFactor=2.0, growthInterval=2000):
        self.s, self.m, self.n, self.good = f32(initScale), f32(growthFactor), growthInterval, 0
    def step(self, inf):
        if inf:
            self.good, self.s = 0, max(div(self.s, self.m), 1.0)
        elif self.good + 1 >= self.n:
            new = mul(self.s, self.m)
            self.s, self.good = (self.s if math.isinf(new) else new), 0
        else:
            self.good += 1


class Keras3:
    def __init__(self, initScale=2.0 ** 15, growthInterval=2000):
        self.s, self.n, self.c = f32(initScale), growthInterval, 0
    def step(self, inf):
        if inf:
            self.c, self.s = 0, mul(self.s, 0.5)
        elif self.c == self.n - 1:
            self.c, self.s = 0, mul(self.s, 2.0)
        else:
            self.c += 1


class Jmp:                                      # jmp/_src/loss_scale.py, adjust
    def __init__(self, initScale=2.0 ** 15, growthFactor=2.0, growthInterval=2000, minScale=1.0):
        self.s, self.f, self.n, self.lo, self.c = f32(initScale), f32(growthFactor), growthInterval, f32(minScale), 0
    def step(self, inf):
        finite = not inf
        if finite:
            if self.c == self.n - 1:
                new = mul(self.s, self.f)
                self.s = self.s if math.isinf(new) else new
        else:
            self.s = max(self.lo, div(self.s, self.f))
        self.c = ((self.c + 1) % self.n) * finite


class MindSpore(Jmp):
    def __init__(self, initScale=2.0 ** 24, growthFactor=2.0, growthInterval=2000):
        Jmp.__init__(self, initScale, growthFactor, growthInterval, 1.0)


class Flax:                                     # flax/training/dynamic_scale.py
    def __init__(self, initScale=65536.0, growthFactor=2.0, backoffFactor=0.5, growthInterval=2000, minScale=2.0 ** -126):
        self.s, self.g, self.b, self.n, self.lo = f32(initScale), f32(growthFactor), f32(backoffFactor), growthInterval, f32(minScale)
        self.fin = 0
    def step(self, inf):
        grow = self.fin == self.n
        if inf:
            self.s = max(mul(self.s, self.b), self.lo)
        elif grow:
            self.s = min(mul(self.s, self.g), FLT_MAX)
        self.fin = 0 if grow or inf else self.fin + 1


class Backoff:                                  # OpenSeq2Seq BackoffScaler
    def __init__(self, initScale=None, growthFactor=2.0, growthInterval=2000, minScale=1.0, maxScale=2.0 ** 14):
        self.f, self.n, self.lo, self.hi = f32(growthFactor), growthInterval, f32(minScale), f32(maxScale)
        self.s = self.hi if initScale is None else f32(initScale)
        self.i, self.last = 0, -1
    def step(self, inf):
        if inf:
            self.s = min(max(div(self.s, self.f), self.lo), self.hi)
            self.last = self.i
        elif (self.i - self.last) % self.n == 0:
            self.s = min(max(mul(self.s, self.f), self.lo), self.hi)
        self.i += 1


class Paddle:                                   # amp/grad_scaler.py, _update: float32 tensor times Python float
    def __init__(self, initScale=65536.0, growthFactor=2.0, backoffFactor=0.5, growthInterval=2000, decrEvery=1):
        self.s, self.g, self.b, self.n, self.k = f32(initScale), f32(growthFactor), f32(backoffFactor), growthInterval, decrEvery
        self.good = self.bad = 0
    def step(self, inf):
        if inf:
            self.good = 0
            self.bad += 1
            if self.bad == self.k:
                self.s, self.bad = mul(self.s, self.b), 0
        else:
            self.bad = 0
            self.good += 1
            if self.good == self.n:
                self.s, self.good = mul(self.s, self.g), 0


class Naive:
    def __init__(self, initScale=65536.0, growthFactor=2.0, backoffFactor=0.5, maxScale=2.0 ** 24):
        self.s, self.g, self.b, self.hi = initScale, growthFactor, backoffFactor, maxScale
    def step(self, inf):
        self.s = max(self.s * self.b, 1.0) if inf else min(self.s * self.g, self.hi)


class Adaptive:
    def __init__(self, initScale=65536.0, growthFactor=2.0, backoffFactor=0.5, growthInterval=2000, maxScale=2.0 ** 24):
        self.s, self.g, self.b, self.n, self.hi, self.c = initScale, growthFactor, backoffFactor, growthInterval, maxScale, 0
    def step(self, inf):
        if inf:
            self.s, self.c = max(self.s * self.b, 1.0), 0
        else:
            self.c += 1
            if self.c >= self.n:
                self.s, self.c = min(self.s * self.g, self.hi), 0


class Still:
    def __init__(self, initScale):
        self.s = initScale
    def step(self, inf):
        pass


class LogMax:                                   # OpenSeq2Seq LogMaxScaler, float32 throughout
    def __init__(self, minScale=1.0, maxScale=2.0 ** 14):
        self.s, self.lo, self.hi = 1.0, f32(minScale), f32(maxScale)
        self.x = self.slow = self.sq = 0.0
        self.c1 = self.c2 = 1.0
        self.b1, self.b2, self.i1, self.i2 = f32(0.99), f32(0.999), f32(1 - 0.99), f32(1 - 0.999)
    def step(self, amax):
        x = 65536.0 if not math.isfinite(amax) else div(f32(math.log(amax)), f32(math.log(2.0)))
        add = lambda a, b: f32(Q(a) + Q(b))
        self.x = add(mul(self.b1, self.x), mul(self.i1, x))
        self.c1 = mul(self.c1, self.b1)
        mu = div(self.x, add(1, -self.c1))
        self.slow = add(mul(self.b2, self.slow), mul(self.i2, x))
        self.sq = add(mul(self.b2, self.sq), mul(self.i2, mul(x, x)))
        self.c2 = mul(self.c2, self.b2)
        d = add(1, -self.c2)
        slow = div(self.slow, d)
        var = max(add(div(self.sq, d), -mul(slow, slow)), 0.0)
        sigma = f32(math.sqrt(var))
        cutoff = add(mul(sigma, f32(3.09)), mu)
        # 2^x of TensorFlow's float32 pow overflows and vanishes far outside what is clipped
        self.s = min(max(f32(2.0 ** max(-1000.0, min(1000.0, add(16, -cutoff)))), self.lo), self.hi)


class Delayed:                                  # Transformer Engine delayed_scaling.cu, the rolled history
    def __init__(self, history=1024, margin=0, algo='max', format='e4m3fn'):
        self.s, self.h, self.algo = 1.0, [0.0] * history, algo
        self.target = f32({'e4m3fn': 448, 'e5m2': 57344}[format] * Q(2) ** -margin)
    def step(self, amax):
        last = self.h[0] = f32(amax)            # the step itself records into H[0]
        rolled = self.h[1:] + [last]
        amax = max(rolled) if self.algo == 'max' else last
        self.h = [0.0] + rolled[1:]
        if math.isfinite(amax) and amax > 0:
            new = div(self.target, amax)
            self.s = FLT_MAX if math.isinf(new) else new


def pick(r, spread):
    """A scale of 2^-126 to 2^127, mostly near 2^16; some no power of two."""
    e = r.randint(-126, 127) if r.random() < spread else r.randint(8, 24)
    return 2.0 ** e * r.choice([1, 1, 1, 1, 1.5, 1.2000000476837158])


def config(r, keys):
    c = {}
    for k in keys:
        if r.random() < (0.95 if k in ('initScale', 'growthInterval') else 0.6):
            c[k] = {
                'initScale': lambda: pick(r, 0.4),
                'growthFactor': lambda: r.choice([2.0, 2.0, 2.0, 4.0, 1.5, 1.001, 3.0]),
                'backoffFactor': lambda: r.choice([0.5, 0.5, 0.5, 0.25, 0.75, 0.9, 0.3]),
                'growthInterval': lambda: r.randint(1, 7),
                'minScale': lambda: 2.0 ** r.choice([-126, -20, -2, 0, 3]),
                'maxScale': lambda: 2.0 ** r.choice([14, 20, 24, 30, 127]),
                'thresholdScale': lambda: 2.0 ** r.randint(-10, 4),
                'hysteresis': lambda: r.randint(1, 3),
                'consecutiveHysteresis': lambda: r.random() < 0.5,
                'tolerance': lambda: r.choice([0.0, 0.05, 0.1, 0.25, 0.5, 1.0]),
                'decrEvery': lambda: r.randint(1, 3),
            }[k]()
    return c


BASE = ('initScale', 'growthFactor', 'backoffFactor', 'growthInterval')
TIED = ('initScale', 'growthFactor', 'growthInterval')
HYST = ('minScale', 'hysteresis', 'consecutiveHysteresis')
POLICIES = {
    'none': (lambda: Still(1.0), ()),
    'static': (lambda initScale=65536.0: Still(initScale), ('initScale',)),
    'pytorch': (PyTorch, BASE),
    'pytorch-legacy': (PyTorchLegacy, BASE),
    'apex': (Apex, ('initScale', 'growthInterval', 'minScale', 'maxScale')),
    'apex-legacy': (ApexLegacy, TIED),
    'apex-hysteresis': (ApexHysteresis, BASE + ('hysteresis',)),
    'deepspeed-fused': (DeepSpeedFused, TIED + HYST),
    'deepspeed-zero': (DeepSpeedZero, TIED + HYST),
    'megatron': (Megatron, BASE + ('minScale', 'hysteresis')),
    'fairseq': (Fairseq, TIED + ('minScale', 'thresholdScale', 'tolerance')),
    'keras2': (Keras2, TIED),
    'keras3': (Keras3, ('initScale', 'growthInterval')),
    'jmp': (Jmp, TIED + ('minScale',)),
    'flax': (Flax, BASE + ('minScale',)),
    'openseq2seq-backoff': (Backoff, TIED + ('minScale', 'maxScale')),
    'paddle': (Paddle, BASE + ('decrEvery',)),
    'mindspore': (MindSpore, TIED),
    'naive': (Naive, ('initScale', 'growthFactor', 'backoffFactor', 'maxScale')),
    'adaptive': (Adaptive, BASE + ('maxScale',)),
}


def shown(x):
    return 'Infinity' if x == INF else int(x) if x == int(x) and abs(x) < 2 ** 53 else x


def changes(scales):
    """[index, scale] wherever the scale differs from the step before."""
    out, before = [], None
    for i, s in enumerate(scales):
        if s != before:
            out.append([i, s])
            before = s
    return out


def main():
    write = lambda o: print(json.dumps(o, separators=(',', ':')))
    for policy, (make, keys) in POLICIES.items():
        r = random.Random('fpsim loss scale ' + policy)
        for _ in range(4 if policy in ('none', 'static') else 110):
            c = config(r, keys)
            if policy == 'flax' and r.random() < 0.15:
                c['growthInterval'] = 0
            if 'minScale' in c and c.get('maxScale', INF) < c['minScale']:
                del c['minScale']
            rate = r.uniform(0.02, 0.6)
            steps = ''.join('X' if r.random() < rate else '.' for _ in range(r.randint(20, 60)))
            p, scales = make(**c), []
            for k in steps:
                try:
                    p.step(k == 'X')
                except Raises:
                    scales.append('raises')
                    break
                scales.append(shown(p.s))
            write([policy, c, steps, changes(scales)])
    for policy, make, keys in (('openseq2seq-logmax', LogMax, ('minScale', 'maxScale')), ('te-delayed', Delayed, ())):
        r = random.Random('fpsim loss scale ' + policy)
        for _ in range(60):
            c = config(r, keys)
            if c.get('maxScale', 2.0 ** 14) < c.get('minScale', 1.0):
                c = {}
            if policy == 'te-delayed':
                c = {'history': r.choice([1, 2, 3, 4, 5, 16, 17]), 'margin': r.randint(-3, 3),
                     'algo': r.choice(['max', 'max', 'most_recent']), 'format': r.choice(['e4m3fn', 'e5m2'])}
            p, amaxes, scales = make(**c), [], []
            level = r.uniform(-20, 10)
            for _ in range(r.randint(20, 60)):
                level += r.gauss(0, 0.3)
                amax = f32(2.0 ** (level + r.gauss(0, 1)))
                u = r.random()
                if policy == 'te-delayed' and u < 0.03:
                    amax = r.choice([0.0, 2.0 ** -149, 2.0 ** -140, 3.0e38])
                elif u < (0.06 if policy == 'te-delayed' else 0.01):
                    amax = INF
                amaxes.append(shown(amax))
                p.step(amax)
                scales.append(shown(p.s))
            write([policy, c, amaxes, changes(scales)])


if __name__ == '__main__':
    main()

"""Answers for the optimizers in narrow formats: exact fractions, each operation rounded once. Nothing shared with src/.

    /usr/bin/python3 recipes.py > recipes.json

The rounding is that of ../format/oracle.py, the random numbers those of ../rng/make.py. The fp16 runs of Adam and SGD
are repeated with NumPy's float16, whose operations round once, and must agree.
"""
import importlib.util
import json
import math
import os
import struct
import sys
from fractions import Fraction

import numpy

from inputs import floats, words

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = load('oracle', '../format/oracle.py')
rng = load('rng', '../rng/make.py')
KIND = {kind.name: kind for kind in oracle.KINDS}
COUNT, SEED = 6, 1


def special(x):
    return isinstance(x, float)  # only inf and nan are floats here


def rounded(name, x, mode='nearest-even', u=0):
    """x rounded once. Zeros lose their sign: nothing here divides by a zero that could be negative."""
    if special(x):
        return x
    value, _ = KIND[name].round((x < 0, abs(x)), mode, 'ieee', u)
    if value == 'nan':
        return math.nan
    negative, size = value
    size = math.inf if size == 'inf' else size
    return -size if negative else size


def add(a, b):
    return float(a) + float(b) if special(a) or special(b) else a + b


def mul(a, b):
    return sign(a) * sign(b) * abs_(a) * abs_(b) if special(a) or special(b) else a * b


def sign(x):
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else math.nan


def abs_(x):
    return 1.0 if x == 0 else abs(x) if special(x) else 1.0


def div(a, b):
    if special(a) or special(b):
        if special(a) and special(b):
            return math.nan
        if special(b):
            return math.nan if math.isnan(b) else Fraction(0)
        return a if b >= 0 else -a
    if b == 0:
        return math.nan if a == 0 else math.inf * sign(a)
    return a / b


def sqrt(x):
    """A fraction beside the root, so near and on the right side that one rounding does not see the difference."""
    if special(x):
        return x if x > 0 else math.nan
    scaled = x * (1 << 2000)
    whole = math.isqrt(scaled.numerator // scaled.denominator)
    exact = Fraction(whole, 1 << 1000)
    return exact if exact * exact == x else Fraction(2 * whole + 1, 1 << 1001)


DEFAULTS = {'lr': 1e-3, 'momentum': 0, 'dampening': 0, 'beta1': 0.9, 'beta2': 0.999, 'eps': 1e-8, 'weightDecay': 0}
OF = {'momentum': {'momentum': 0.9}, 'nesterov': {'momentum': 0.9}, 'adamw': {'weightDecay': 0.01}}


def step(name, hyper, formats, t, weights, gradients, slots):
    """The decay factor or None, and the updates; slots are changed."""
    compute = formats['compute']

    def r(x):
        return rounded(compute, x)

    def scalar(x):
        return r(Fraction(x))

    deltas = []
    for i, g in enumerate(gradients):
        w = weights[i]
        if hyper['weightDecay'] != 0 and name != 'adamw':
            g = r(add(g, r(mul(scalar(hyper['weightDecay']), w))))
        if name in ('adam', 'adamw'):
            m = r(add(r(mul(slots['momentum'][i], scalar(hyper['beta1']))), r(mul(scalar(1 - hyper['beta1']), g))))
            square = r(mul(r(mul(scalar(1 - hyper['beta2']), g)), g))
            v = r(add(r(mul(slots['variance'][i], scalar(hyper['beta2']))), square))
            m, v = rounded(formats['momentum'], m), rounded(formats['variance'], v)
            slots['momentum'][i], slots['variance'][i] = m, v
            root = scalar(math.sqrt(1 - hyper['beta2'] ** t))
            below = r(add(r(div(r(sqrt(v)), root)), scalar(hyper['eps'])))
            deltas.append(r(div(r(mul(scalar(-(hyper['lr'] / (1 - hyper['beta1'] ** t))), m)), below)))
            continue
        raw = g
        if name != 'sgd':
            if t > 1:
                kept = r(mul(slots['momentum'][i], scalar(hyper['momentum'])))
                g = r(add(kept, r(mul(scalar(1 - hyper['dampening']), g))))
            slots['momentum'][i] = rounded(formats['momentum'], g)
            g = slots['momentum'][i]
            if name == 'nesterov':
                g = r(add(raw, r(mul(scalar(hyper['momentum']), g))))
        deltas.append(r(mul(scalar(-hyper['lr']), g)))
    decay = scalar(1 - hyper['lr'] * hyper['weightDecay']) if name == 'adamw' else None
    return decay, deltas


def uniform(index):
    return Fraction(rng.block(float(SEED), index // 4, 0)[index % 4], 1 << 32)


def keep(keeping, kept, master, state, t, decay, deltas):
    """state: seen, held, rest; changed."""
    for i, delta in enumerate(deltas):
        inner = kept if keeping in ('plain', 'kahan') else master
        w = state['held'][i] if decay is None else rounded(inner, mul(state['held'][i], decay))
        if keeping == 'kahan':
            wanted = rounded(kept, add(state['rest'][i], delta))
            new = rounded(kept, add(w, wanted))
            back = rounded(kept, add(w, mul(Fraction(-1), new)))
            state['rest'][i] = rounded(kept, add(wanted, back))
            state['held'][i] = state['seen'][i] = new
            continue
        new = rounded(inner, add(w, delta))
        if keeping == 'stochastic':
            new = rounded(kept, new, 'stochastic', uniform(t * COUNT + i))
        state['held'][i] = new
        state['seen'][i] = rounded(kept, new)


def hexes(values):
    return [('7fc00000' if special(x) and math.isnan(x) else struct.pack('>f', float(x)).hex()) for x in values]


def inputs(source, kind):
    return [Fraction(float(x)) for x in floats(kind, source, COUNT).view(numpy.float32)]


CASES = [
    # optimizer, hyperparameters, formats, keeping, format of the weights, kind, steps
    ('sgd', {'lr': 0.01}, {'compute': 'fp16'}, 'plain', 'fp16', 'ordinary', 60),
    ('sgd', {'lr': 0.01, 'weightDecay': 0.01}, {'compute': 'bf16'}, 'kahan', 'bf16', 'ordinary', 60),
    ('momentum', {'lr': 0.01}, {'compute': 'fp16'}, 'master', 'fp16', 'ordinary', 60),
    ('momentum', {'lr': 0.003, 'dampening': 0.5}, {'compute': 'fp32', 'momentum': 'bf16'}, 'stochastic', 'bf16', 'ordinary', 60),
    ('nesterov', {'lr': 0.01}, {'compute': 'fp16'}, 'kahan', 'fp16', 'ordinary', 60),
    ('nesterov', {'lr': 0.01}, {'compute': 'bf16'}, 'stochastic', 'fp16', 'ordinary', 60),
    ('adam', {'eps': 1e-4}, {'compute': 'fp16'}, 'plain', 'fp16', 'ordinary', 60),
    ('adam', {}, {'compute': 'fp16'}, 'plain', 'fp16', 'sparse', 20),
    ('adam', {'weightDecay': 0.1}, {'compute': 'bf16'}, 'kahan', 'bf16', 'ordinary', 60),
    ('adam', {'lr': 0.01}, {'compute': 'tf32', 'variance': 'e5m2'}, 'master', 'e4m3fn', 'ordinary', 40),
    ('adamw', {'lr': 2e-5}, {'compute': 'fp32'}, 'plain', 'bf16', 'ordinary', 60),
    ('adamw', {'lr': 2e-5}, {'compute': 'fp32'}, 'stochastic', 'bf16', 'ordinary', 60),
    ('adamw', {'lr': 2e-5}, {'compute': 'fp32'}, 'kahan', 'bf16', 'ordinary', 60),
    ('adamw', {'lr': 2e-5}, {'compute': 'fp32', 'momentum': 'bf16', 'variance': 'bf16'}, 'master', 'fp16', 'ordinary', 60),
    ('adamw', {'lr': 0.1, 'weightDecay': 0.5}, {'compute': 'bf16'}, 'plain', 'bf16', 'ordinary', 60),
    ('adamw', {'lr': 0.1, 'weightDecay': 0.5}, {'compute': 'bf16'}, 'kahan', 'bf16', 'ordinary', 60),
]


def run(index, name, given, formats, keeping, kept, kind, steps):
    hyper = {**DEFAULTS, **OF.get(name, {}), **given}
    full = {'momentum': formats['compute'], 'variance': formats['compute'], **formats}
    source = words(9000 + index)
    initial = inputs(source, 'ordinary')
    seen = [rounded(kept, x) for x in initial]
    state = {'seen': seen, 'held': list(initial) if keeping == 'master' else list(seen), 'rest': [Fraction(0)] * COUNT}
    slots = {'momentum': [Fraction(0)] * COUNT, 'variance': [Fraction(0)] * COUNT}
    shown = {}
    for t in range(1, steps + 1):
        decay, deltas = step(name, hyper, full, t, state['held'], inputs(source, kind), slots)
        keep(keeping, kept, 'fp32', state, t - 1, decay, deltas)
        if t < 4 or t % 10 == 0:
            shown[t] = {'seen': hexes(state['seen']), 'held': hexes(state['held']), 'rest': hexes(state['rest']),
                        'momentum': hexes(slots['momentum']), 'variance': hexes(slots['variance'])}
    if formats == {'compute': 'fp16'} and keeping == 'plain':
        again = in_numpy(index, name, hyper, kind, steps)
        assert all(a == b or math.isnan(a) and math.isnan(b) for a, b in zip(again, map(float, state['seen']))), name
    return {'optimizer': name, 'hyper': given, 'formats': formats, 'keeping': keeping, 'format': kept, 'kind': kind,
            'steps': steps, 'shown': shown}


def in_numpy(index, name, hyper, kind, steps):
    """The same in NumPy's float16, without any rounding written here."""
    half = numpy.float16
    source = words(9000 + index)
    w = floats('ordinary', source, COUNT).view(numpy.float32).astype(half)
    m = v = numpy.zeros(COUNT, half)
    with numpy.errstate(all='ignore'):
        for t in range(1, steps + 1):
            g = floats(kind, source, COUNT).view(numpy.float32)
            # The gradient is float32 and meets an fp16 scalar: the exact product rounded once, as float64 holds it.
            def times(x):
                return (float(half(x)) * g.astype(numpy.float64)).astype(half)
            if name == 'sgd':
                w = w + times(-hyper['lr'])
                continue
            m = m * half(hyper['beta1']) + times(1 - hyper['beta1'])
            square = (times(1 - hyper['beta2']).astype(numpy.float64) * g.astype(numpy.float64)).astype(half)
            v = v * half(hyper['beta2']) + square
            below = numpy.sqrt(v) / half(math.sqrt(1 - hyper['beta2'] ** t)) + half(hyper['eps'])
            w = w + half(-(hyper['lr'] / (1 - hyper['beta1'] ** t))) * m / below
    return [float(x) for x in w]


print('{"count": %d, "cases": [' % COUNT)
print(',\n'.join(json.dumps(run(i, *case)) for i, case in enumerate(CASES)))
print(']}')

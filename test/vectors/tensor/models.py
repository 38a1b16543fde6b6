"""Answers of PyTorch for the whole trainings of test/tensor: losses of 50 steps and the gradients of the first, in float32.

    ATEN_CPU_CAPABILITY=default /usr/bin/python3 models.py > models.json

`--float64` computes the same in float64: how far PyTorch's own float32 is from the truth (README.md tells).
`--fp16` writes models-fp16.json: autocast as a user would imitate it on a CPU, x.half().float() around every operation that
autocast runs in FP16, and around its gradient; loss × 1024.
Weights, images and texts come from draws.py; images are [image, row, column, channel] as in fpsim.
"""
import json
import math
import os
import sys

sys.dont_write_bytecode = True
assert os.environ.get('ATEN_CPU_CAPABILITY') == 'default'
import numpy
import torch
import torch.nn.functional as F

from draws import below, floats, hexes

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
TYPE = torch.float64 if '--float64' in sys.argv else torch.float32
FP16 = '--fp16' in sys.argv
SCALE = 1024 if FP16 else 1
SAMPLES = 48


class Half(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.half().float()

    @staticmethod
    def backward(context, gradient):
        return gradient.half().float()


half = Half.apply if FP16 else lambda x: x


def linear(x, w, b):
    return half(F.linear(half(x), half(w), half(b)))


def convolution(x, w, b):
    return half(F.conv2d(half(x), half(w.permute(0, 3, 1, 2)), half(b), padding=1))


def product(a, b):
    return half(half(a) @ half(b))


def tensor(values):
    return torch.tensor(values, dtype=TYPE)


# --- a causal transformer: 2 layers, width 64, 4 heads, 64 characters, batch 16, vocabulary 80

LAYER = [('n1.w', [64], 0), ('n1.b', [64], 0.25), ('qkv.w', [192, 64], 0.125), ('qkv.b', [192], 0.125),
         ('out.w', [64, 64], 0.125), ('out.b', [64], 0.125), ('n2.w', [64], 0), ('n2.b', [64], 0.25),
         ('up.w', [256, 64], 0.125), ('up.b', [256], 0.125), ('down.w', [64, 256], 0.0625), ('down.b', [64], 0.125)]
TRANSFORMER = ([('token', [80, 64], 0.5), ('place', [64, 64], 0.125)]
               + [(f'{layer}.{name}', shape, spread) for layer in '01' for name, shape, spread in LAYER]
               + [('n.w', [64], 0), ('n.b', [64], 0.25), ('head.w', [80, 64], 0.125), ('head.b', [80], 0.125)])


def text(step):
    """Characters that mostly follow from the one before, so that there is something to learn."""
    noise = below(9000 + step, 16 * 65, 80)
    rows = []
    for row in range(16):
        line = [noise[row * 65]]
        for i in range(64):
            draw = noise[row * 65 + 1 + i]
            line.append(draw if draw < 16 else (line[-1] * 7 + 3) % 80)
        rows.append(line)
    return rows


def transformer(p, step):
    rows = text(step)
    seen = torch.tensor([line[:-1] for line in rows])
    wanted = torch.tensor([line[1:] for line in rows]).reshape(-1)
    x = F.embedding(seen, p['token']) + p['place']
    hidden = torch.ones(64, 64).triu(1).bool()
    for layer in '01':
        q = lambda name: p[f'{layer}.{name}']
        h = F.layer_norm(x, (64,), q('n1.w'), q('n1.b'))
        parts = linear(h, q('qkv.w'), q('qkv.b')).split(64, 2)
        a, b, c = [part.reshape(16, 64, 4, 16).transpose(1, 2) for part in parts]
        scores = half(product(a, b.transpose(2, 3)) * 0.25).masked_fill(hidden, -math.inf)
        h = product(F.softmax(scores, -1), c).transpose(1, 2).reshape(16, 64, 64)
        x = x + linear(h, q('out.w'), q('out.b'))
        h = F.layer_norm(x, (64,), q('n2.w'), q('n2.b'))
        x = x + linear(half(F.gelu(linear(h, q('up.w'), q('up.b')))), q('down.w'), q('down.b'))
    x = F.layer_norm(x, (64,), p['n.w'], p['n.b'])
    return F.cross_entropy(linear(x, p['head.w'], p['head.b']).reshape(-1, 80), wanted)


# --- digits: 3×3 convolutions to 16 and 32 channels, the largest of 2×2, a linear layer; batch 32

CNN = [('conv1.w', [16, 3, 3, 1], 0.5), ('conv1.b', [16], 0.25), ('conv2.w', [32, 3, 3, 16], 0.125), ('conv2.b', [32], 0.125),
       ('fc.w', [10, 512], 0.0625), ('fc.b', [10], 0.0625)]


def digits(step):
    labels = below(7000 + step, 32, 10)
    noise = floats(8000 + step, [32, 64])
    shown = [floats(6000 + label, [64]) for label in range(10)]
    images = numpy.stack([shown[label] * 0.5 + noise[i] * 0.5 for i, label in enumerate(labels)])
    return images.reshape(32, 1, 8, 8), labels


def cnn(p, step):
    images, labels = digits(step)
    x = F.relu(convolution(tensor(images), p['conv1.w'], p['conv1.b']))
    x = F.relu(convolution(x, p['conv2.w'], p['conv2.b']))
    x = F.max_pool2d(x, 2).permute(0, 2, 3, 1).reshape(32, 512)
    return F.cross_entropy(linear(x, p['fc.w'], p['fc.b']), torch.tensor(labels))


# --- a series: an LSTM of width 24 reads 12 values and tells the next; batch 8

LSTM = [('wi', [96, 1], 0.25), ('wh', [96, 24], 0.25), ('bi', [96], 0.25), ('bh', [96], 0.25), ('fc.w', [1, 24], 0.25), ('fc.b', [1], 0.25)]


def series(step):
    """A sawtooth with noise, 13 values a row; positive, so that the gradients of a batch do not cancel."""
    noise = floats(5000 + step, [8, 13], 0.125)
    first = below(4000 + step, 8, 8)
    return numpy.array([[((first[row] + i) % 8) / 4 for i in range(13)] for row in range(8)], dtype=numpy.float32) + noise


def lstm(p, step):
    rows = series(step)
    h = c = torch.zeros(8, 24, dtype=TYPE)
    for i in range(12):
        h, c = torch.lstm_cell(tensor(rows[:, i:i + 1]), (h, c), p['wi'], p['wh'], p['bi'], p['bh'])
    return F.mse_loss(linear(h, p['fc.w'], p['fc.b']), tensor(rows[:, 12:]))


# --- the course's 10-20-10 network; batch 16

MLP = [('fc1.w', [20, 10], 0.25), ('fc1.b', [20], 0.25), ('fc2.w', [10, 20], 0.25), ('fc2.b', [10], 0.25)]


def mlp(p, step):
    x = tensor(floats(3000, [16, 10]))
    y = tensor(floats(3001, [16, 10]))
    return F.mse_loss(linear(F.relu(linear(x, p['fc1.w'], p['fc1.b'])), p['fc2.w'], p['fc2.b']), y)


# --- a pair: a generator of points from 4 numbers, and a judge of points; batch 32, two optimizers

GAN = [('g1.w', [32, 4], 0.5), ('g1.b', [32], 0.25), ('g2.w', [2, 32], 0.25), ('g2.b', [2], 0.25),
       ('d1.w', [32, 2], 0.5), ('d1.b', [32], 0.25), ('d2.w', [1, 32], 0.25), ('d2.b', [1], 0.25)]


def points(step):
    centres = [(1, 1), (-1, 1), (1, -1), (-1, -1)]
    which = below(2000 + step, 32, 4)
    return floats(2500 + step, [32, 2], 0.125) + numpy.array([centres[i] for i in which], dtype=numpy.float32)


def generate(p, step):
    z = tensor(floats(1500 + step, [32, 4]))
    return linear(torch.tanh(linear(z, p['g1.w'], p['g1.b'])), p['g2.w'], p['g2.b'])


def judge(p, x):
    return linear(F.relu(linear(x, p['d1.w'], p['d1.b'])), p['d2.w'], p['d2.b'])


def bce(x, target):
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


def discriminator(p, step):
    return bce(judge(p, tensor(points(step))), 1) + bce(judge(p, generate(p, step).detach()), 0)


def generator(p, step):
    return bce(judge(p, generate(p, step)), 1)


# name: parameters, then for each of its losses: how it is computed, which parameters it moves, and how
RUNS = {
    'transformer': (TRANSFORMER, [(transformer, '', lambda w: torch.optim.AdamW(w, lr=1e-3, foreach=False))]),
    'cnn': (CNN, [(cnn, '', lambda w: torch.optim.SGD(w, lr=0.05, momentum=0.9, foreach=False))]),
    'lstm': (LSTM, [(lstm, '', lambda w: torch.optim.Adam(w, lr=1e-2, foreach=False))]),
    'mlp': (MLP, [(mlp, '', lambda w: torch.optim.SGD(w, lr=0.1, foreach=False))]),
    'gan': (GAN, [(discriminator, 'd', lambda w: torch.optim.Adam(w, lr=5e-3, betas=(0.5, 0.999), foreach=False)),
                  (generator, 'g', lambda w: torch.optim.Adam(w, lr=5e-3, betas=(0.5, 0.999), foreach=False))]),
}


def run(name, steps=50):
    recipe, losses = RUNS[name]
    p = {}
    for number, (key, shape, spread) in enumerate(recipe):
        # Spread 0: the weight of a layer norm, near 1.
        values = floats(10 + number, shape, spread) if spread else 1 + floats(10 + number, shape, 0.25)
        p[key] = tensor(values).requires_grad_()
    movers = [make([w for key, w in p.items() if key.startswith(prefix)]) for _, prefix, make in losses]
    gradients, told = {}, []
    for step in range(steps):
        row = []
        for (loss_of, prefix, _), mover in zip(losses, movers):
            for w in p.values():
                w.grad = None
            loss = loss_of(p, step)
            (loss * SCALE).backward()
            for w in p.values():
                if w.grad is not None:
                    w.grad /= SCALE
            if step == 0:
                for key, w in p.items():
                    if key.startswith(prefix):
                        g = w.grad.detach().numpy().reshape(-1)
                        stride = max(1, g.size // SAMPLES)
                        gradients[key] = {'largest': float(abs(g).max()), 'stride': stride, 'values': hexes(g[::stride])}
            mover.step()
            row.append(loss.item())
        told.append(row)
    parameters = [{'name': key, 'shape': shape, 'spread': spread} for key, shape, spread in recipe]
    return {'parameters': parameters, 'gradients': gradients, 'losses': told}


if __name__ == '__main__':
    wanted = ['transformer', 'cnn', 'mlp'] if FP16 else list(RUNS)
    print('{')
    print(',\n'.join(f'{json.dumps(name)}: {json.dumps(run(name))}' for name in wanted))
    print('}')

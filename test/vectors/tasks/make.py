"""Answers of PyTorch for the tasks of src/train/tasks on the real data: loss and gradients of one batch, and the forecasts that
need no network.

    ATEN_CPU_CAPABILITY=default /usr/bin/python3 make.py > answers.json

Reads ../../../scenarios/data by itself: windows, normalization, vocabulary and padding are written anew here. Weights come
from ../tensor/draws.py, number after number in the order of the parameters. Gradients: every value, or about 48 of each.
"""
import json
import math
import os
import re
import sys
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
assert os.environ.get('ATEN_CPU_CAPABILITY') == 'default'
here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / 'tensor'))
import numpy
import torch
import torch.nn.functional as F

from draws import floats, hexes

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
DATA = here.parents[2] / 'scenarios' / 'data'
SAMPLES = 48


def weights(shapes):
    """Norms near 1, all else within ±1/8."""
    out = []
    for number, (name, shape) in enumerate(shapes):
        values = floats(100 + number, shape, 0.125)
        out.append(torch.tensor(values + numpy.float32('norm' in name and name.endswith('weight'))).requires_grad_())
    return out


def answer(loss, shapes, parameters):
    loss.backward()
    told = []
    for (name, _), p in zip(shapes, parameters):
        g = p.grad.numpy().reshape(-1)
        stride = max(1, g.size // SAMPLES)
        told.append({'name': name, 'largest': float(abs(g).max()), 'stride': stride, 'values': hexes(g[::stride])})
    return {'loss': loss.item(), 'gradients': told}


# --- series: 24 months or 28 days in, 12 or 7 out, less the window's mean, over the spread of all training windows

def series(name, seen, ahead, train, samples, width=24):
    rows = (DATA / f'{name}.csv').read_text().split('\n')[1:]
    values = numpy.array([float(row.split(',')[1]) for row in rows if row], dtype=numpy.float64)
    all_windows = numpy.stack([values[i:i + seen] for i in range(train - seen + 1)])
    spread = math.sqrt(((all_windows - all_windows.mean(1, keepdims=True)) ** 2).mean())
    windows = numpy.stack([values[i:i + seen + ahead] for i in samples])
    normal = ((windows - windows[:, :seen].mean(1, keepdims=True)) / spread).astype(numpy.float32)
    shapes = [('lstm1.input', [4 * width, 1]), ('lstm1.hidden', [4 * width, width]), ('lstm1.inputBias', [4 * width]),
              ('lstm1.hiddenBias', [4 * width]), ('head.weight', [ahead, width]), ('head.bias', [ahead])]
    p = weights(shapes)
    h = last_state(p[:4], normal[:, :seen])
    loss = F.mse_loss(F.linear(h, p[4], p[5]), torch.tensor(normal[:, seen:]))
    made = answer(loss, shapes, p)
    # The forecast without a network, over test windows that end with the series and do not overlap.
    count = (len(values) - train) // ahead
    errors = []
    for k in range(count):
        at = len(values) - (count - k) * ahead
        for i in range(ahead):
            told = values[at - 1] if name == 'seattle' else values[at + i - 12] + values[at - 1] - values[at - 13]
            errors.append(told - values[at + i])
    made['naive'] = float(numpy.sqrt(numpy.mean(numpy.square(errors))))
    return made


def last_state(p, normal):
    """PyTorch's own LSTM, as torch.nn.LSTM calls it."""
    zero = torch.zeros(1, len(normal), p[1].shape[1])
    x = torch.tensor(normal).unsqueeze(-1)
    _, h, _ = torch.lstm(x, (zero, zero), list(p), True, 1, 0.0, True, False, True)
    return h[0]


# --- text, classify: words of sentences, a causal transformer, the mean over the words, a linear layer

def layers(width, count):
    out = []
    for i in range(1, count + 1):
        out += [(f'layer{i}.norm1.weight', [width]), (f'layer{i}.norm1.bias', [width]),
                (f'layer{i}.qkv.weight', [3 * width, width]), (f'layer{i}.qkv.bias', [3 * width]),
                (f'layer{i}.out.weight', [width, width]), (f'layer{i}.out.bias', [width]),
                (f'layer{i}.norm2.weight', [width]), (f'layer{i}.norm2.bias', [width]),
                (f'layer{i}.up.weight', [4 * width, width]), (f'layer{i}.up.bias', [4 * width]),
                (f'layer{i}.down.weight', [width, 4 * width]), (f'layer{i}.down.bias', [width])]
    return out


def sentences():
    rows = [row.split('\t') for row in (DATA / 'authors.tsv').read_text().rstrip().split('\n')]
    words = [re.findall(r"[a-z]+(?:'[a-z]+)*", row[2].lower()) for row in rows]
    train = [(w, row[1]) for w, row in zip(words, rows) if row[0] != 'test']
    counts = Counter(word for w, _ in train for word in w)
    vocabulary = ['', '□'] + [word for word, _ in sorted(counts.items(), key=lambda e: (-e[1], e[0]))]
    return train, {word: i for i, word in enumerate(vocabulary[:1024])}


def classify(samples, width=32, heads=2, count=1, length=32):
    train, number = sentences()
    chosen = [train[i] for i in samples]
    tokens = [[number.get(word, 1) for word in w[:length]] for w, _ in chosen]
    labels = torch.tensor([['melville', 'coolidge'].index(author) for _, author in chosen])
    shapes = ([('token', [1024, width]), ('place', [length, width])] + layers(width, count)
              + [('norm.weight', [width]), ('norm.bias', [width]), ('head.weight', [2, width]), ('head.bias', [2])])
    values = weights(shapes)
    p = {name: value for (name, _), value in zip(shapes, values)}
    means = []
    # Sentence after sentence, without padding: what fills up must not matter.
    for row in tokens:
        n = len(row)
        x = F.embedding(torch.tensor(row), p['token']) + p['place'][:n]
        hidden = torch.ones(n, n).triu(1).bool()
        for i in range(1, count + 1):
            q = lambda name: p[f'layer{i}.{name}']
            dense = lambda x, name: F.linear(x, q(f'{name}.weight'), q(f'{name}.bias'))
            parts = dense(F.layer_norm(x, (width,), q('norm1.weight'), q('norm1.bias')), 'qkv').split(width, 1)
            a, b, c = [part.reshape(n, heads, width // heads).transpose(0, 1) for part in parts]
            scores = (a @ b.transpose(1, 2) / math.sqrt(width // heads)).masked_fill(hidden, -math.inf)
            x = x + dense((F.softmax(scores, -1) @ c).transpose(0, 1).reshape(n, width), 'out')
            x = x + dense(F.gelu(dense(F.layer_norm(x, (width,), q('norm2.weight'), q('norm2.bias')), 'up')), 'down')
        means.append(F.layer_norm(x, (width,), p['norm.weight'], p['norm.bias']).mean(0))
    logits = F.linear(torch.stack(means), p['head.weight'], p['head.bias'])
    return answer(F.cross_entropy(logits, labels), shapes, values)


print(json.dumps({
    'co2': series('co2', 24, 12, 540, [0, 7, 100, 333, 504, 21, 250, 480]),
    'seattle': series('seattle', 28, 7, 1096, [0, 13, 500, 1061, 777, 31]),
    'authors': classify([0, 1, 777, 1999, 1200, 64]),
}))

"""Answers of PyTorch for test/tensor/torch.test.ts: results and gradients of single operations in float32.

    ATEN_CPU_CAPABILITY=default /usr/bin/python3 operations.py > operations.json

Images are [image, row, column, channel] in fpsim and in the answers, weights of convolutions [feature, row, column, channel].
"""
import json
import math
import os
import sys

sys.dont_write_bytecode = True
assert os.environ.get('ATEN_CPU_CAPABILITY') == 'default'
import torch
import torch.nn.functional as F

from draws import below, floats, hexes

torch.set_num_threads(1)


def images(x):
    return x.permute(0, 3, 1, 2)


def back(y):
    return y.permute(0, 2, 3, 1)


def attend(x, o):
    batch, time, width = x.shape
    side = width // 3 // o['heads']
    q, k, v = [part.reshape(batch, time, o['heads'], side).transpose(1, 2) for part in x.split(width // 3, 2)]
    scores = q @ k.transpose(2, 3) * (1 / math.sqrt(side))
    if o.get('causal'):
        scores = scores.masked_fill(torch.ones(time, time).triu(1).bool(), -math.inf)
    return (F.softmax(scores, -1) @ v).transpose(1, 2).reshape(batch, time, width // 3)


def lstm(x, h, c, wi, wh, bi, bh, o):
    state = torch.lstm_cell(x, (h, c), wi, wh, bi, bh)
    return torch.cat(state, 1)


def causal(x, o):
    n = x.shape[-1]
    if o.get('causal'):
        x = x.masked_fill(torch.ones(n, n).triu(1).bool(), -math.inf)
    return F.softmax(x, -1)


# name: how the answer is computed from the inputs and the options
CALLS = {
    'linear': lambda x, w, b, o: F.linear(x, w, b),
    'matmul': lambda a, b, o: a @ (b.transpose(-1, -2) if o.get('transposeB') else b),
    'conv2d': lambda x, w, b, o: back(F.conv2d(images(x), images(w), b, o.get('stride', 1), o.get('padding', 0))),
    'max-pool': lambda x, o: back(F.max_pool2d(images(x), o['size'], o.get('stride', o['size']), o.get('padding', 0))),
    'avg-pool': lambda x, o: back(F.avg_pool2d(images(x), o['size'], o.get('stride', o['size']), o.get('padding', 0))),
    'relu': lambda x, o: F.relu(x),
    'gelu': lambda x, o: F.gelu(x),
    'gelu-tanh': lambda x, o: F.gelu(x, approximate='tanh'),
    'tanh': lambda x, o: torch.tanh(x),
    'sigmoid': lambda x, o: torch.sigmoid(x),
    'embedding': lambda table, o: F.embedding(torch.tensor(o['indices']), table),
    'layer-norm': lambda x, w, b, o: F.layer_norm(x, (x.shape[-1],), w, b),
    'softmax': causal,
    'attention': attend,
    'lstm': lstm,
    'cross-entropy': lambda x, o: F.cross_entropy(x, torch.tensor(o['indices'])).reshape(1),
    'bce-with-logits': lambda x, o: F.binary_cross_entropy_with_logits(x, torch.tensor(floats(o['targets'], x.shape)) * 0.5 + 0.5).reshape(1),
    'mse': lambda x, o: F.mse_loss(x, torch.tensor(floats(o['targets'], x.shape))).reshape(1),
    'add': lambda a, b, o: a + b,
    'mul': lambda a, b, o: a * b,
    'scale': lambda a, o: a * o['factor'],
    'transpose': lambda a, o: a.transpose(-1, -2),
    'concat': lambda a, b, o: torch.cat([a, b], -1),
    'twice': lambda x, o: torch.tanh(x) * x + x,
}

# operation, shapes of the inputs with their spreads, options
CASES = [
    ('linear', [([5, 7], 1), ([3, 7], 0.5), ([3], 1)], {}),
    ('linear', [([2, 33, 64], 1), ([40, 64], 0.25), ([40], 0.5)], {}),
    ('matmul', [([2, 3, 5, 4], 1), ([2, 3, 4, 6], 1)], {}),
    ('matmul', [([3, 17, 16], 1), ([3, 19, 16], 1)], {'transposeB': True}),
    ('conv2d', [([2, 8, 8, 1], 1), ([4, 3, 3, 1], 0.5), ([4], 0.5)], {'padding': 1}),
    ('conv2d', [([2, 8, 8, 4], 1), ([8, 3, 3, 4], 0.25), ([8], 0.5)], {'padding': 1}),
    ('conv2d', [([2, 9, 7, 3], 1), ([5, 3, 3, 3], 0.25), ([5], 0.5)], {'stride': 2}),
    ('conv2d', [([1, 6, 6, 2], 1), ([3, 5, 5, 2], 0.25), ([3], 0.5)], {'padding': 2, 'stride': 2}),
    ('conv2d', [([2, 5, 5, 3], 1), ([4, 1, 1, 3], 1), ([4], 0.5)], {}),
    ('max-pool', [([2, 8, 8, 5], 1)], {'size': 2}),
    ('max-pool', [([2, 7, 9, 3], 1)], {'size': 3, 'stride': 2, 'padding': 1}),
    ('avg-pool', [([2, 8, 8, 5], 1)], {'size': 2}),
    ('avg-pool', [([2, 7, 9, 3], 1)], {'size': 3, 'stride': 2, 'padding': 1}),
    ('relu', [([7, 9], 2)], {}),
    ('gelu', [([9, 31], 4)], {}),
    ('gelu-tanh', [([9, 31], 4)], {}),
    ('tanh', [([9, 31], 4)], {}),
    ('sigmoid', [([9, 31], 8)], {}),
    ('embedding', [([11, 6], 1)], {'indices': below(77, 40, 11)}),
    ('layer-norm', [([9, 64], 2), ([64], 1), ([64], 1)], {}),
    ('layer-norm', [([4, 5, 7], 8), ([7], 1), ([7], 1)], {}),
    ('softmax', [([9, 33], 8)], {}),
    ('softmax', [([3, 17, 17], 4)], {'causal': True}),
    ('attention', [([2, 9, 24], 2)], {'heads': 2, 'causal': True}),
    ('attention', [([2, 8, 48], 2)], {'heads': 4}),
    ('lstm', [([5, 3], 1), ([5, 8], 1), ([5, 8], 1), ([32, 3], 0.5), ([32, 8], 0.5), ([32], 0.5), ([32], 0.5)], {}),
    ('cross-entropy', [([12, 10], 4)], {'indices': below(78, 12, 10)}),
    ('bce-with-logits', [([6, 5], 4)], {'targets': 79}),
    ('mse', [([6, 5], 1)], {'targets': 80}),
    ('add', [([4, 6], 1), ([4, 6], 1)], {}),
    ('add', [([3, 4, 6], 1), ([4, 6], 1)], {}),
    ('mul', [([4, 6], 1), ([4, 6], 1)], {}),
    ('scale', [([4, 6], 1)], {'factor': 0.3}),
    ('transpose', [([3, 4, 6], 1)], {}),
    ('concat', [([4, 6], 1), ([4, 3], 1)], {}),
    ('twice', [([4, 6], 1)], {}),
]


def answer(number, op, shapes, options):
    values = [floats(100 * number + i, shape, spread) for i, (shape, spread) in enumerate(shapes)]
    inputs = [torch.tensor(v, requires_grad=True) for v in values]
    result = CALLS[op](*inputs, options)
    upstream = torch.tensor(floats(100 * number + 50, list(result.shape)))
    result.backward(upstream)
    return {
        'op': op,
        'inputs': [{'shape': shape, 'spread': spread} for shape, spread in shapes],
        'options': options,
        'shape': list(result.shape),
        'result': hexes(result.detach().numpy()),
        'gradients': [hexes(x.grad.numpy()) for x in inputs],
    }


print('[')
answers = [json.dumps(answer(number, *case)) for number, case in enumerate(CASES)]
print(',\n'.join(answers))
print(']')

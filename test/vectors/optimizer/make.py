"""Answers of PyTorch for test/train/optimizer.test.ts. Run with Debian 12's interpreter and its python3-torch:

    ATEN_CPU_CAPABILITY=default /usr/bin/python3 make.py > torch.json

The capability without AVX2 and FMA matters: with a fused multiply-add the last bits differ.
"""
import json
import os
import zlib

assert os.environ.get('ATEN_CPU_CAPABILITY') == 'default'
import numpy
import torch

from inputs import KINDS, floats, words

COUNT = 67  # not a multiple of a vector: its tail goes through the scalar loop
SHOWN = 3
LIST = [1, 2, 3, 10, 100]

def canonical(tensor):
    bits = tensor.detach().numpy().view(numpy.uint32).copy()
    bits[torch.isnan(tensor).numpy()] = 0x7FC00000
    return bits


CASES = [
    ('sgd', {'lr': 0.01}, 'ordinary', 300),
    ('sgd', {'lr': 0.1, 'weightDecay': 0.0005}, 'ordinary', 300),
    ('sgd', {'lr': 3e-5, 'weightDecay': 0.1}, 'mixed', 50),
    ('sgd', {'lr': 0.5}, 'denormal', 200),
    ('momentum', {'lr': 0.01, 'momentum': 0.9}, 'ordinary', 400),
    ('momentum', {'lr': 0.05, 'momentum': 0.99, 'dampening': 0.3, 'weightDecay': 1e-4}, 'small', 400),
    ('momentum', {'lr': 0.1, 'momentum': 0.9}, 'denormal', 200),
    ('momentum', {'lr': 0.1, 'momentum': 0.9, 'dampening': 0.9}, 'huge', 60),
    ('momentum', {'lr': 0.2, 'momentum': 0, 'dampening': 0.5}, 'ordinary', 20),
    ('nesterov', {'lr': 0.01, 'momentum': 0.9}, 'ordinary', 400),
    ('nesterov', {'lr': 0.3, 'momentum': 0.5, 'weightDecay': 0.01}, 'small', 300),
    ('nesterov', {'lr': 1e-3, 'momentum': 0.95}, 'mixed', 60),
    ('adam', {}, 'ordinary', 500),
    ('adam', {'lr': 0.1, 'weightDecay': 0.01}, 'small', 400),
    ('adam', {'lr': 2e-5, 'beta1': 0.9, 'beta2': 0.98, 'eps': 1e-6}, 'sparse', 400),
    ('adam', {'lr': 0.01, 'eps': 0}, 'tiny', 300),
    ('adam', {'lr': 0.01}, 'denormal', 300),
    ('adam', {'lr': 0.01, 'beta1': 0.5, 'beta2': 0.9}, 'huge', 200),
    ('adam', {'lr': 0.01, 'beta1': 0, 'beta2': 0}, 'ordinary', 100),
    ('adam', {'lr': 0.001, 'beta1': 0.95, 'beta2': 0.99999}, 'mixed', 400),
    ('adamw', {'lr': 2e-5}, 'ordinary', 500),
    ('adamw', {'lr': 3e-4, 'beta1': 0.9, 'beta2': 0.95, 'weightDecay': 0.1}, 'small', 500),
    ('adamw', {'lr': 0.5, 'weightDecay': 1.9}, 'sparse', 200),
    ('adamw', {'lr': 0.01, 'eps': 0, 'weightDecay': 0}, 'sparse', 100),
    ('adamw', {'lr': 0.01}, 'huge', 200),
    ('adamw', {'lr': 0.01, 'beta1': 0.8, 'beta2': 0.9999}, 'tiny', 1000),
]

NAMES = {'lr': 'lr', 'momentum': 'momentum', 'dampening': 'dampening', 'weightDecay': 'weight_decay', 'eps': 'eps'}


def build(name, hyper, weights):
    options = {NAMES[key]: value for key, value in hyper.items() if key in NAMES}
    if name in ('adam', 'adamw'):
        if 'beta1' in hyper:
            options['betas'] = (hyper['beta1'], hyper['beta2'])
        return {'adam': torch.optim.Adam, 'adamw': torch.optim.AdamW}[name]([weights], foreach=False, **options)
    return torch.optim.SGD([weights], nesterov=name == 'nesterov', foreach=False, **options)


def run(index, name, hyper, kind, steps):
    source = words(1000 + index)
    start = floats('ordinary' if kind == 'huge' else kind, source, COUNT)
    weights = torch.from_numpy(start.view(numpy.float32).copy()).requires_grad_()
    optimizer = build(name, hyper, weights)
    checksums, shown = [], {}
    for step in range(1, steps + 1):
        weights.grad = torch.from_numpy(floats(kind, source, COUNT).view(numpy.float32).copy())
        optimizer.step()
        bits = canonical(weights)
        state = [value for value in optimizer.state[weights].values() if torch.is_tensor(value) and value.dim() > 0]
        checksums.append(f'{zlib.crc32(b"".join([bits.tobytes()] + [canonical(s).tobytes() for s in state])):08x}')
        if step in LIST or step == steps:
            shown[step] = [f'{x:08x}' for x in bits[:SHOWN]]
    return {'optimizer': name, 'hyper': hyper, 'kind': kind, 'steps': steps, 'shown': shown, 'checksums': ''.join(checksums)}


print('{"count": %d, "kinds": %s, "cases": [' % (COUNT, json.dumps(KINDS)))
print(',\n'.join(json.dumps(run(i, *case)) for i, case in enumerate(CASES)))
print(']}')

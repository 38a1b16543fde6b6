#!/usr/bin/python3
"""Random calls of PyTorch's own GradScaler, and what it did: its answers, errors, scale, tracker, stages, gradients.

The class is PyTorch's (1.13.1), run on the CPU: it is told that CUDA is there, and its two CUDA kernels, which have no
CPU version in this release, are written out below in Python after AmpKernels.cu.

    /usr/bin/python3 gradscaler.py > gradscaler.jsonl && gzip -9n gradscaler.jsonl
"""
import json, random, struct, warnings
import torch
import torch.cuda.amp.grad_scaler as module

warnings.simplefilter('ignore')
module.amp_definitely_not_available = lambda: False


def check_and_unscale(grads, found_inf, inv_scale):
    for grad in grads:
        if not torch.isfinite(grad).all():
            found_inf.fill_(1.0)
        if inv_scale.item() != 1.0:
            grad.mul_(inv_scale)


def update_scale(scale, tracker, found_inf, growth, backoff, interval):
    if found_inf.item():
        scale.copy_((scale.double() * backoff).float())
        tracker.fill_(0)
    elif tracker.item() + 1 == interval:
        new = (scale.double() * growth).float()
        if torch.isfinite(new).all():
            scale.copy_(new)
        tracker.fill_(0)
    else:
        tracker.add_(1)


torch._amp_foreach_non_finite_check_and_unscale_ = check_and_unscale
torch._amp_update_scale_ = update_scale


class Replicator:                               # as PyTorch's, which asserts that its tensor is on the GPU
    def __init__(self, master):
        self.master, self._per_device_tensors = master, {}
    def get(self, device):
        if device not in self._per_device_tensors:
            self._per_device_tensors[device] = self.master.to(device=device, copy=True)
        return self._per_device_tensors[device]


module._MultiDeviceReplicator = Replicator


class Loss(torch.Tensor):                       # scale() asserts that its argument is on the GPU
    is_cuda = property(lambda self: True)


class Counting(torch.optim.SGD):
    steps = 0
    def step(self, *_, **__):
        self.steps += 1


def bits(x):
    return struct.pack('>f', x).hex()


def number(h):
    return struct.unpack('>f', bytes.fromhex(h))[0]


def gradients(r):
    """Two small tensors as float32 bits; NaN canonical."""
    out = []
    for n in (3, 2):
        row = []
        for _ in range(n):
            u = r.random()
            if u < 0.03:
                row.append(r.choice(['7f800000', 'ff800000', '7fc00000']))
            elif u < 0.1:
                row.append('%08x' % (r.choice([0, 1 << 31]) | r.randrange(1 << 23)))
            else:
                row.append('%08x' % (r.choice([0, 1 << 31]) | r.randint(90, 160) << 23 | r.randrange(1 << 23)))
        out.append(row)
    return out


def shown(params):
    return [['7fc00000' if x != x else bits(x) for x in p.grad.tolist()] for p in params if p.grad is not None]


def sequence(r):
    config = {'init_scale': 2.0 ** r.choice([-140, -3, 0, 0, 1, 8, 16, 16, 127]) * r.choice([1, 1, 1.5]),
              'growth_factor': r.choice([2.0, 2.0, 1.5, 1.001]), 'backoff_factor': r.choice([0.5, 0.5, 0.3]),
              'growth_interval': r.randint(1, 4)}
    scaler = module.GradScaler(**config)
    owned = [[torch.nn.Parameter(torch.zeros(n)) for n in (3, 2)] for _ in range(4)]
    optimizers = [Counting(p, lr=1.0) for p in owned]
    for p in owned[0] + owned[1]:
        p.grad = torch.zeros_like(p)
    for p in owned[3]:                          # 2 owns no gradients, 3 FP16 ones
        p.data = p.data.half()
        p.grad = torch.zeros_like(p)

    def right():
        """One iteration as it should be."""
        calls = [['grad', 0, gradients(r)], ['grad', 1, gradients(r)], ['scale', r.choice(['3f800000', '41200000', '7f000001'])]]
        for i in r.sample([0, 1], r.randint(1, 2)):
            calls += ([['unscale_', i]] if r.random() < 0.4 else []) + [['step', i]]
        return calls + [['update']]

    calls = []
    while len(calls) < 40:
        calls += right()
        if r.random() < 0.8:
            calls.append(r.choice([['unscale_', 0], ['step', 1], ['step', 2], ['unscale_', 3], ['step', 3], ['update'],
                                   ['update', r.choice([0.25, 3.0, 65536.0])], ['interval', r.randint(1, 4)], ['grad', 0, gradients(r)],
                                   ['closure', 0], ['parameters'], ['reload']]))
        if r.random() < 0.25:
            del calls[r.randrange(len(calls) - 4, len(calls))]
    log = []
    for call in calls:
        kind, args = call[0], call[1:]
        before = [o.steps for o in optimizers]
        answer = None
        try:
            if kind == 'grad':
                for p, row in zip(owned[args[0]], args[1]):
                    p.grad = torch.tensor([number(h) for h in row])
            elif kind == 'scale':
                answer = bits(float(scaler.scale(torch.tensor(number(args[0])).as_subclass(Loss)).item()))
            elif kind == 'unscale_':
                scaler.unscale_(optimizers[args[0]])
            elif kind == 'step':
                scaler.step(optimizers[args[0]])
                answer = optimizers[args[0]].steps > before[args[0]]
            elif kind == 'update':
                scaler.update(*args)
            elif kind == 'interval':
                scaler.set_growth_interval(args[0])
            elif kind == 'closure':
                scaler.step(optimizers[args[0]], closure=lambda: 0)
            elif kind == 'parameters':
                scaler.step(p for p in owned[0])
            elif kind == 'reload':
                scaler.load_state_dict(scaler.state_dict())
        except Exception as error:
            answer = f'{type(error).__name__}: {error}'
        stages = [scaler._per_optimizer_states[id(o)]['stage'].name.lower() if id(o) in scaler._per_optimizer_states else 'ready'
                  for o in optimizers]
        moved = shown(owned[args[0]]) if kind in ('unscale_', 'step') and args[0] < 2 else None
        log.append([call, answer, bits(scaler.get_scale()), scaler._get_growth_tracker(), stages, moved])
    return [config, log]


r = random.Random('fpsim GradScaler')
for _ in range(150):
    print(json.dumps(sequence(r), separators=(',', ':')))

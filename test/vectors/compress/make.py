"""Answers for gradient compression, from NumPy float32 scalars, one operation at a time; shares nothing with src/.

Run in this folder: python3 make.py (Python 3.11, NumPy 2.4; a second). Writes answers.json.gz.
"""
import gzip
import json
import math
import struct

import numpy as np

F = np.float32
np.seterr(all="ignore")


# --- random draws: Philox4x32-7 keyed by a mixed seed, written from the descriptions in src/data/rng.ts ---
M32 = 0xFFFFFFFF


def mix(h):
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & M32
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & M32
    return h ^ (h >> 16)


def key_of(seed):
    high, low = struct.unpack(">II", struct.pack(">d", seed + 0.0))
    low = mix(low ^ high)
    high = mix((high + low) & M32)
    low = mix(low ^ high)
    return high, low


def philox(counter, key):
    x, (k0, k1) = list(counter), key
    for _ in range(7):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(b >> 32) ^ x[1] ^ k0, b & M32, (a >> 32) ^ x[3] ^ k1, a & M32]
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return x


def seed_from(text):
    a, b = 0x811C9DC5, 0x2C1B3C6D
    for byte in text.encode():
        a = ((a ^ byte) * 0x01000193) & M32
        b = ((b ^ byte) * 0x5BD1E995) & M32
    return float((mix(a) & 0x1FFFFF) * 2**32 + mix(b))


def uniform(seed, index):
    return philox([(index // 4) & M32, (index // 4) >> 32, 0, 0], key_of(seed))[index % 4] / 2**32


def normal(seed, index):
    w = philox([index & M32, index >> 32, 0, 1], key_of(seed))
    half = lambda high, low: ((high >> 12) * 2**32 + low + 0.5) / 2**52
    u, v = half(w[0], w[1]), half(w[2], w[3])
    return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)


def draws(use, who, first, seed=1):
    own = seed_from(f"compress {use} {seed} {who}")
    return lambda i: uniform(own, first + i)


# --- sums and rounding ---
def ordered(values):
    total = 0.0
    for x in values:
        total += float(x)
    return total


def l2(v):
    return F(math.sqrt(ordered(float(x) * float(x) for x in v)))


def mean(vectors):
    out = []
    for column in zip(*vectors):
        s = column[0]
        for x in column[1:]:
            s = F(s + x)
        out.append(F(s / F(len(vectors))))
    return out


def half(x):
    return F(np.float16(x))


def brain(x):
    bits = int(np.array(x, F).view(np.uint32))
    if bits & 0x7FFFFFFF > 0x7F800000:
        return F(np.nan)
    return np.array([(bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000], np.uint32).view(F)[0]


# --- the methods: (sent of each worker, mean of all, bytes by collective) ---
def cast(rounded, order):
    def send(vectors, step):
        n = F(len(vectors))
        parts = [[rounded(x) for x in v] for v in vectors]
        if order == "pre":
            parts = [[rounded(F(x / n)) for x in v] for v in parts]
        total = []
        for column in zip(*parts):
            s = column[0]
            for x in column[1:]:
                s = rounded(F(s + x))
            total.append(s)
        if order == "pre":
            return [[F(x * n) for x in v] for v in parts], total, [["all-reduce", 2 * len(total)]]
        return parts, [rounded(F(x / n)) for x in total], [["all-reduce", 2 * len(total)]]

    return send


def each(encode, bytes_of):
    def send(vectors, step):
        sent = [encode(v, step, w) for w, v in enumerate(vectors)]
        return sent, mean(sent), [["all-gather", bytes_of(len(vectors[0]))]]

    return send


def int8(v, step, w):
    scale = F(max(abs(x) for x in v) / F(127))
    return [F(F(np.rint(F(x / scale))) * scale) for x in v]


def qsgd(levels):
    def encode(v, step, w):
        size = l2(v)
        per, unit = F(F(levels) / size), F(size / F(levels))
        draw = draws("qsgd", w, step * len(v))
        out = []
        for i, x in enumerate(v):
            l = F(per * abs(x))
            level = math.floor(l)
            if draw(i) < float(l) - level:
                level += 1
            out.append(F(np.sign(x) * F(unit * F(level))))
        return out

    return encode


def terngrad(cut):
    def send(vectors, step):
        kept = []
        for v in vectors:
            if cut:
                n = len(v)
                middle = F(ordered(v) / n)
                var = ordered(float(F(x - middle)) * float(F(x - middle)) for x in v) / n
                limit = F(cut * float(F(math.sqrt(var))))
                v = [max(-limit, min(limit, x)) for x in v]
            kept.append(v)
        s = max(abs(x) for v in kept for x in v)
        sent = []
        for w, v in enumerate(kept):
            draw = draws("terngrad", w, step * len(v))
            sent.append([F(np.sign(x) * s) if draw(i) < float(abs(x)) / float(s) else F(0) for i, x in enumerate(v)])
        return sent, mean(sent), [["all-reduce", 4], ["all-gather", -(-len(vectors[0]) // 4)]]

    return send


def sign(vectors, step):
    sent = [[F(1) if x >= 0 else F(-1) for x in v] for v in vectors]
    vote = [F(1) if sum(float(x) for x in c) >= 0 else F(-1) for c in zip(*sent)]
    return sent, vote, [["all-gather", -(-len(vote) // 8)]]


def efsign(v, step, w):
    scale = F(F(ordered(abs(x) for x in v)) / F(len(v)))
    return [scale if x >= 0 else -scale for x in v]


def keep(v, indices):
    wanted = set(indices)
    return [x if i in wanted else F(0) for i, x in enumerate(v)]


def gathered(choose):
    def send(vectors, step):
        chosen = [choose(v) for v in vectors]
        sent = [keep(v, c) for v, c in zip(vectors, chosen)]
        return sent, mean(sent), [["all-gather", 8 * max(len(c) for c in chosen)]]

    return send


def largest(v, k):
    return sorted(range(len(v)), key=lambda i: (-abs(float(v[i])), i))[:k]


def randomk(k, feedback):
    def send(vectors, step):
        n = len(vectors[0])
        draw = draws("randomk", "all", step * n)
        order = list(range(n))
        for i in range(k):
            j = i + math.floor(draw(i) * (n - i))
            order[i], order[j] = order[j], order[i]
        factor = lambda x: x if feedback else F(float(x) * n / k)
        sent = [[factor(x) for x in keep(v, order[:k])] for v in vectors]
        return sent, mean(sent), [["all-reduce", 4 * k]]

    return send


def feedback(send):
    def step(state, gradients):
        vectors = [[F(a + b) for a, b in zip(g, e)] for g, e in zip(gradients, state["e"])]
        sent, average, moved = send(vectors, state["t"])
        e = [[F(a - b) for a, b in zip(p, s)] for p, s in zip(vectors, sent)]
        return {**state, "t": state["t"] + 1, "e": e}, average, moved

    return step


def forgetful(send):
    def step(state, gradients):
        _, average, moved = send(gradients, state["t"])
        return {**state, "t": state["t"] + 1}, average, moved

    return step


def dgc(share, momentum=0.9, warmup=0, clip=None):
    shares = [0.25, 0.063, 0.015, 0.004, 0.001]

    def choose(v, now, draw):
        n = len(v)
        wanted = math.ceil(n * now)
        need = max(math.ceil(n * 0.01), math.ceil(2 / now))
        stride = 1
        if n > math.ceil(2 / now):
            stride = math.ceil(n / need / 32) * 32 + 1
            while n // stride < need:
                stride -= 8
        start = math.floor(draw(0) * stride) if stride > 1 else 0
        sample = v[start::stride]
        top = math.ceil((n // stride) * now)
        threshold = sorted((abs(x) for x in sample), reverse=True)[top - 1]
        over = lambda: [i for i, x in enumerate(v) if abs(x) >= threshold]
        found = over()
        if stride > 1:
            for _ in range(10):
                if len(found) > wanted * 1.3:
                    found = sorted(sorted(found, key=lambda i: (-abs(float(v[i])), i))[:wanted])
                    break
                if len(found) >= wanted * 0.8:
                    break
                threshold = F(float(threshold) * 0.8)
                found = over()
        return found[:wanted]

    def step(state, gradients):
        t, n = state["t"], len(gradients[0])
        stage = t // warmup if warmup else 9
        now = max(shares[stage] if stage < 5 else 0, share)
        sent, most = [], 0
        us, vs = [], []
        for w, g in enumerate(gradients):
            if clip is not None:
                limit, size = F(clip / math.sqrt(len(gradients))), l2(g)
                if size > limit:
                    g = [F(x * F(limit / size)) for x in g]
            u = [F(F(F(momentum) * a) + b) for a, b in zip(state["u"][w], g)]
            v = [F(a + b) for a, b in zip(state["e"][w], u)]
            chosen = choose(v, now, draws("dgc", w, t * n))
            most = max(most, len(chosen))
            sent.append(keep(v, chosen))
            for i in chosen:
                u[i] = v[i] = F(0)
            us.append(u)
            vs.append(v)
        return {**state, "t": t + 1, "e": vs, "u": us}, mean(sent), [["all-gather", 8 * most]]

    return step


def powersgd(rank, rows, columns, start, remember):
    def columns_orthonormal(m, height):
        m = [list(r) for r in m]
        for j in range(rank):
            size = F(F(math.sqrt(ordered(float(m[i][j]) ** 2 for i in range(height)))) + F(1e-8))
            for i in range(height):
                m[i][j] = F(m[i][j] / size)
            for k in range(j + 1, rank):
                overlap = F(ordered(float(m[i][j]) * float(m[i][k]) for i in range(height)))
                for i in range(height):
                    m[i][k] = F(m[i][k] - F(overlap * m[i][j]))
        return m

    def step(state, gradients):
        t = state["t"]
        if t < start:
            return {**state, "t": t + 1}, mean(gradients), [["all-reduce", 4 * rows * columns]]
        vectors = gradients
        if remember:
            vectors = [[F(a + b) for a, b in zip(g, e)] for g, e in zip(gradients, state["e"])]
        ms = [[v[i * columns : (i + 1) * columns] for i in range(rows)] for v in vectors]
        q = state.get("q")
        if q is None:
            own = seed_from("compress powersgd 1")
            q = [[F(normal(own, i * rank + j)) for j in range(rank)] for i in range(columns)]
        q = columns_orthonormal(q, columns)
        p = None
        for m in ms:
            one = [[F(ordered(float(m[i][k]) * float(q[k][j]) for k in range(columns))) for j in range(rank)] for i in range(rows)]
            p = one if p is None else [[F(a + b) for a, b in zip(x, y)] for x, y in zip(p, one)]
        p = columns_orthonormal(p, rows)
        qs = [[F(ordered(float(m[k][i]) * float(p[k][j]) for k in range(rows))) for i in range(columns) for j in range(rank)] for m in ms]
        flat = mean(qs)
        q = [flat[i * rank : (i + 1) * rank] for i in range(columns)]
        hat = [F(ordered(float(p[i][k]) * float(q[j][k]) for k in range(rank))) for i in range(rows) for j in range(columns)]
        e = [[F(a - b) for a, b in zip(v, hat)] for v in vectors] if remember else state["e"]
        return {**state, "t": t + 1, "q": q, "e": e}, hat, [["all-reduce", 4 * rows * rank], ["all-reduce", 4 * columns * rank]]

    return step


# --- the cases ---
rng = np.random.default_rng(20260101)


def gradients(steps, workers, length, size):
    z = rng.standard_normal((steps, workers, length)) * np.exp(rng.standard_normal((steps, workers, length))) * size
    z[:, :, 3] = 0
    z[:, 1, 5] = z[:, 1, 4]
    return z.astype(F)


def hexed(v):
    return np.asarray(v, ">f4").tobytes().hex()


small = {"tiny": gradients(3, 3, 40, 2e-7), "plain": gradients(3, 3, 40, 1.0), "huge": gradients(3, 3, 40, 3e4)}
long = {"long": gradients(3, 2, 1024, 1.0)}

cases = [
    ("none", forgetful(lambda v, t: (v, mean(v), [["all-reduce", 4 * len(v[0])]])), small),
    ("fp16:pre", forgetful(cast(half, "pre")), small),
    ("fp16:post", forgetful(cast(half, "post")), small),
    ("fp16:pre+ef", feedback(cast(half, "pre")), {k: small[k] for k in ("tiny", "plain")}),
    ("fp16:post+ef", feedback(cast(half, "post")), {k: small[k] for k in ("tiny", "plain")}),
    ("bf16:pre", forgetful(cast(brain, "pre")), small),
    ("bf16:post+ef", feedback(cast(brain, "post")), small),
    ("int8", forgetful(each(int8, lambda n: n + 4)), small),
    ("int8+ef", feedback(each(int8, lambda n: n + 4)), small),
    ("qsgd:4", forgetful(each(qsgd(4), lambda n: n + 4)), small),
    ("qsgd:127+ef", feedback(each(qsgd(127), lambda n: n + 4)), small),
    ("qsgd:1000", forgetful(each(qsgd(1000), lambda n: 2 * n + 4)), small),
    ("terngrad:2.5", forgetful(terngrad(2.5)), small),
    ("terngrad:0+ef", feedback(terngrad(0)), small),
    ("sign", forgetful(sign), small),
    ("efsign", feedback(each(efsign, lambda n: -(-n // 8) + 4)), small),
    ("efsign-ef", forgetful(each(efsign, lambda n: -(-n // 8) + 4)), small),
    ("threshold:0.5", feedback(gathered(lambda v: [i for i, x in enumerate(v) if abs(x) >= F(0.5)])), small),
    ("topk:0.1", feedback(gathered(lambda v: largest(v, 4))), small),
    ("topk:7-ef", forgetful(gathered(lambda v: largest(v, 7))), small),
    ("randomk:0.2", forgetful(randomk(8, False)), small),
    ("randomk:5+ef", feedback(randomk(5, True)), small),
    ("dgc:0.1", dgc(0.1), small),
    ("dgc:0.05", dgc(0.05), long),
    ("dgc:0.1", dgc(0.1), long),
    ("dgc:0.15", dgc(0.15), long),
    ("powersgd:1", powersgd(1, 5, 8, 1, True), small),
    ("powersgd:2-ef", powersgd(2, 32, 32, 0, False), long),
    ("powersgd:3", powersgd(3, 32, 32, 0, True), long),
]
options = {"powersgd:1": {"start": 1}, "powersgd:2-ef": {"start": 0}, "powersgd:3": {"start": 0}}
extra = [("dgc:0.02", dgc(0.02, 0.5, 1, 2.0), small, {"momentum": 0.5, "warmup": 1, "clip": 2})]

out = {"gradients": {}, "cases": []}
for name, data in {**small, **long}.items():
    out["gradients"][name] = [[hexed(v) for v in step] for step in data]
for spec, step, sets, opts in [(*c, options.get(c[0], {})) for c in cases] + extra:
    for name, data in sets.items():
        workers, length = data.shape[1:]
        zero = [[F(0)] * length for _ in range(workers)]
        state = {"t": 0, "e": zero, "u": zero}
        steps = []
        for g in data:
            state, average, moved = step(state, [list(v) for v in g])
            steps.append({"mean": hexed(average), "transfers": moved})
        remembers = state["e"] is not zero
        residuals = [hexed(e) for e in state["e"]] if remembers else []
        out["cases"].append({"spec": spec, "data": name, "options": opts, "steps": steps, "residuals": residuals})

with gzip.GzipFile("answers.json.gz", "wb", mtime=0) as f:
    f.write(json.dumps(out).encode())
print(len(out["cases"]), "cases")

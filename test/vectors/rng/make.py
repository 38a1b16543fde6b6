"""Writes rng.json: Philox4x32 and what fpsim builds on it, once more, in Python's unbounded integers.

Run: python3 test/vectors/rng/make.py > test/vectors/rng/rng.json
Independent of src/data/rng.ts: products are whole 64-bit products here, and the seed is unpacked with struct.
"""
import json
import struct

M32 = 0xFFFFFFFF


def philox(rounds, counter, key):
    c, k = list(counter), list(key)
    for r in range(rounds):
        if r:
            k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & M32, (p >> 32) ^ c[3] ^ k[1], p & M32]
    return c


def mix(h):
    h ^= h >> 16
    h = h * 0x85EBCA6B & M32
    h ^= h >> 13
    h = h * 0xC2B2AE35 & M32
    return h ^ (h >> 16)


def key(seed):
    high, low = struct.unpack(">II", struct.pack(">d", seed))
    low = mix(low ^ high)
    high = mix((high + low) & M32)
    return [high, mix(low ^ high)]


def block(seed, index, purpose):
    return philox(7, [index & M32, index >> 32, 0, purpose], key(seed))


def text_seed(text):
    a, b = 0x811C9DC5, 0x2C1B3C6D
    for byte in text.encode():
        a = (a ^ byte) * 0x01000193 & M32
        b = (b ^ byte) * 0x5BD1E995 & M32
    return (mix(a) & 0x1FFFFF) << 32 | mix(b)


def hexes(words):
    return " ".join(f"{w:08x}" for w in words)


if __name__ == "__main__":
    import random

    rnd = random.Random(20261121)
    answers = []
    for n in range(60):
        c, k = [rnd.getrandbits(32) for _ in range(4)], [rnd.getrandbits(32) for _ in range(2)]
        rounds = [7, 10, 1, 2][n % 4]
        answers.append([rounds, hexes(c), hexes(k), hexes(philox(rounds, c, k))])
    seeds = [0, 1, 2, 3, 42, -1, 0.5, 1e-300, -1.5e300, 2**53 - 1, 2**32, 2**32 + 1, 5e-324]
    indices = [0, 1, 2, 3, 4, 5, 1023, 2**32 - 1, 2**32, 2**34 - 1, 2**34, 2**34 + 5, 2**53 - 1, 2**53 - 2]
    uniform = [[s, i, block(s, i // 4, 0)[i % 4]] for s in seeds for i in indices]
    texts = ["", "a", "hello", "梯度", "2^16", "12345678901234567890", "NaN", "0x10", "seed 1", "seed 2", "é", "𝟙"]
    print("{")
    print('"philox": [')
    print(",\n".join(json.dumps(a) for a in answers))
    print('],\n"uniform": [')
    print(",\n".join(json.dumps(u) for u in uniform))
    print('],\n"texts": [')
    print(",\n".join(json.dumps([t, text_seed(t)], ensure_ascii=False) for t in texts))
    print("]\n}")

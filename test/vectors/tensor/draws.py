"""Numbers that Python and the tests make alike: Knuth and Lewis's generator, the upper 24 bits of each word."""
import numpy


def words(seed, count):
    x, out = seed, []
    for _ in range(count):
        x = (x * 1664525 + 1013904223) % 2**32
        out.append(x >> 8)
    return out


def floats(seed, shape, spread=1.0):
    """float32 values in [-spread, spread), multiples of spread / 2^23: exact where spread is a power of two."""
    count = int(numpy.prod(shape))
    values = numpy.array(words(seed, count), dtype=numpy.float64) / 2**23 - 1
    return (values * spread).astype(numpy.float32).reshape(shape)


def below(seed, count, limit):
    return [word % limit for word in words(seed, count)]


def hexes(values):
    """Little-endian float32, NaN as 7fc00000."""
    flat = numpy.ascontiguousarray(values, dtype=numpy.float32).reshape(-1)
    bits = flat.view(numpy.uint32).copy()
    bits[numpy.isnan(flat)] = 0x7FC00000
    return bits.astype('<u4').tobytes().hex()

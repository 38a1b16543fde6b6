"""Weights and gradients for the optimizers, the same bits in Python and in the tests."""
import numpy

# What gradients (and weights) look like: lowest exponent field, how many fields, one in so many is zero (0: none).
KINDS = {
    'ordinary': (100, 28, 0),
    'small': (70, 40, 7),
    'denormal': (0, 4, 5),
    'tiny': (0, 60, 9),
    'huge': (190, 64, 11),
    'mixed': (0, 255, 6),
    'sparse': (110, 20, 2),
}


def words(seed):
    """The numbers of Knuth and Lewis's linear congruential generator, the upper bits first to be used."""
    x = seed
    while True:
        x = (x * 1664525 + 1013904223) % 2**32
        yield x


def floats(kind, source, count):
    """Float32 values from three words each: sign and fraction, exponent field, whether it is zero."""
    first, span, one_in = KINDS[kind]
    bits = []
    for _ in range(count):
        a, b, c = next(source), next(source), next(source)
        field = first + (b >> 8) % span
        value = (a >> 31) << 31 | field << 23 | (a >> 8) & 0x7FFFFF
        if one_in and (c >> 8) % one_in == 0:
            value &= 0x80000000
        bits.append(value)
    return numpy.array(bits, dtype=numpy.uint32)

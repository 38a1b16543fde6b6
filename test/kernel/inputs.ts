/** What the kernel's tests feed it: formats, modes, and values on which a rounding is easily wrong. */
import type { FpsimError } from '../../src/errors.js'
import { exponentOf, powerOfTwo } from '../../src/format/bits.js'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { type Format, fractionBits, roundings } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { next } from '../../src/format/ulp.js'

export { roundings }
export const policies = ['ieee', 'saturate'] as const

/** The catalog and a dozen others: every kernel's edges, and what only the plain kernel does. */
export const all: readonly Format[] = [
  ...formats,
  ...'e2m20 e3m2 e3m12 e4m11 e5m3 e6m9 e7m8 e7m22 e7m23 e8m1 e8m3 e8m22 e9m4 e10m40 e10m52 e11m1 e11m51'
    .split(' ')
    .map(format),
]

/** A plain generator of 32-bit integers (xorshift), nothing to do with the code under test. */
export function words(seed: number): () => number {
  let x = seed | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

/** Float64 neighbours of x, and x, with both signs. */
export function* around(x: number): Generator<number> {
  const cell = new Float64Array([x])
  const bits = new BigInt64Array(cell.buffer)
  for (const step of [-1n, 1n, 1n]) {
    yield cell[0] as number
    yield -(cell[0] as number)
    bits[0] = (bits[0] as bigint) + step
    if (step === -1n) {
      yield cell[0] as number
      yield -(cell[0] as number)
      bits[0] = (bits[0] as bigint) + 1n
    }
  }
}

/** Every value of a small format, or `most` spread over the codes of a large one with all the edges. */
function* values(f: Format, most: number): Generator<number> {
  if (f.width <= 16) {
    const body = powerOfTwo(f.width - (f.signed ? 1 : 0))
    const step = Math.max(1, Math.floor(body / most))
    for (let code = 0; code < body; code += step) {
      const value = decode(code, f)
      if (Number.isFinite(value)) yield value
    }
  } else {
    const ulps = [0, 1, 2, powerOfTwo(fractionBits(f)) - 1]
    for (let e = f.emin - f.precision; e <= f.emax; e += 1 + Math.floor((f.emax - f.emin) / 120)) {
      const quantum = powerOfTwo(Math.max(e, f.emin) - fractionBits(f))
      for (const n of ulps) yield (e < f.emin ? 0 : powerOfTwo(e)) + n * quantum
    }
  }
  const top = decodeTop(f)
  yield top
  yield powerOfTwo(f.emin)
}

const decodeTop = (f: Format): number => (powerOfTwo(f.precision) - 1) * powerOfTwo(f.emax - fractionBits(f))

/** Values of f, the midpoints above them, and the float64 neighbours of both. */
export function edges(f: Format, most: number): Float64Array {
  const out: number[] = []
  for (const value of values(f, most)) {
    out.push(...around(value))
    const above = next(value, f)
    const beyond = Number.isFinite(above)
      ? above
      : value === 0
        ? 0
        : value + powerOfTwo(exponentOf(value) - fractionBits(f))
    out.push(...around(value / 2 + beyond / 2))
  }
  return Float64Array.from(out)
}

/** Float64 numbers of every exponent with significands on which carries run, and with random ones. */
export function exponentSweep(seed: number): Float64Array {
  const draw = words(seed)
  const out: number[] = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
  const cell = new Float64Array(1)
  const bits = new BigUint64Array(cell.buffer)
  for (let e = 0; e < 2048; e++) {
    const random = (BigInt(draw()) << 20n) | BigInt(draw() & 0xfffff)
    for (const fraction of [0n, 1n, 0xfffffffffffffn, 0x8000000000000n, 0x7ffffffffffffn, 0x8000000000001n, random]) {
      bits[0] = (BigInt(e) << 52n) | fraction | ((random << 63n) & (1n << 63n))
      out.push(cell[0] as number)
    }
  }
  return Float64Array.from(out)
}

/** Random bit patterns of float32: every kind of number, NaN of every payload too. */
export function randomBits32(n: number, seed: number): Float32Array {
  const draw = words(seed)
  const out = new Uint32Array(n)
  for (let i = 0; i < n; i++) out[i] = draw()
  return new Float32Array(out.buffer)
}

/** Random bit patterns of float64. */
export function randomBits64(n: number, seed: number): Float64Array {
  const draw = words(seed)
  const out = new Uint32Array(2 * n)
  for (let i = 0; i < out.length; i++) out[i] = draw()
  return new Float64Array(out.buffer)
}

/** The code of the FpsimError that a call throws; 'none' where it throws nothing. */
export function codeOfRefusal(run: () => unknown): string {
  try {
    run()
  } catch (e) {
    return (e as FpsimError).code
  }
  return 'none'
}

/** Counter-based random numbers: the draw of (seed, index) is a pure function, so order, blocks and workers never matter. */
import { FpsimError } from '../errors.js'
import { keyOf, mix } from '../kernel/key.js'

export { keyOf }

/**
 * Independent families of draws under one seed. Without them the values of a distribution and the stochastic rounding
 * of those values would use the same random numbers whenever both run with the same seed.
 */
export const purposes = { uniform: 0, distribution: 1, profile: 2 } as const
export type Purpose = keyof typeof purposes

export type Words = [number, number, number, number]

const two32 = 4294967296

/**
 * Philox4x32 with any number of rounds: four 32-bit words from a counter of four words and a key of two.
 * Exact integers. Method: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); 7 rounds
 * is the smallest number the authors found to pass BigCrush.
 */
export function philox(rounds: number, counter: Readonly<Words>, key: readonly [number, number]): Words {
  const out: Words = [0, 0, 0, 0]
  philoxInto(out, rounds, counter[0], counter[1], counter[2], counter[3], key[0], key[1])
  return out
}

// The high half of a 32 × 32-bit product, from 16-bit pieces: a float64 product would lose its low bits. The sums stay
// below 2^32, so that a sum taken as negative still has the right bits. Written out twice: this loop is what a draw costs.
function philoxInto(
  out: Words,
  rounds: number,
  a: number,
  b: number,
  c: number,
  d: number,
  key0: number,
  key1: number,
): void {
  let [x0, x1, x2, x3, k0, k1] = [a | 0, b | 0, c | 0, d | 0, key0 | 0, key1 | 0]
  for (let round = 0; round < rounds; round++) {
    // 0xd2511f53 · x0
    const low0 = x0 & 0xffff
    const high0 = x0 >>> 16
    const cross0 = (Math.imul(0x1f53, high0) + (Math.imul(0x1f53, low0) >>> 16)) | 0
    const other0 = (Math.imul(0xd251, low0) + (cross0 & 0xffff)) | 0
    const top0 = (Math.imul(0xd251, high0) + (cross0 >>> 16) + (other0 >>> 16)) | 0
    // 0xcd9e8d57 · x2
    const low2 = x2 & 0xffff
    const high2 = x2 >>> 16
    const cross2 = (Math.imul(0x8d57, high2) + (Math.imul(0x8d57, low2) >>> 16)) | 0
    const other2 = (Math.imul(0xcd9e, low2) + (cross2 & 0xffff)) | 0
    const top2 = (Math.imul(0xcd9e, high2) + (cross2 >>> 16) + (other2 >>> 16)) | 0

    const next0 = top2 ^ x1 ^ k0
    const next2 = top0 ^ x3 ^ k1
    x1 = Math.imul(0xcd9e8d57, x2)
    x3 = Math.imul(0xd2511f53, x0)
    x0 = next0
    x2 = next2
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = x0 >>> 0
  out[1] = x1 >>> 0
  out[2] = x2 >>> 0
  out[3] = x3 >>> 0
}

/**
 * A reader of the 128-bit blocks of a seed: `blocks(seed, purpose)(i)` gives four 32-bit words for any integer
 * 0 <= i <= 2^53. Exact. The returned array is reused by the next call.
 * Counter words: i mod 2^32, floor(i / 2^32), 0, the number of the purpose; 7 rounds.
 */
export function blocks(seed: number, purpose: Purpose): (index: number) => Readonly<Words> {
  const [k0, k1] = keyOf(seed)
  const domain = purposes[purpose]
  const out: Words = [0, 0, 0, 0]
  return (index) => {
    philoxInto(out, 7, index % two32, Math.floor(index / two32), 0, domain, k0, k1)
    return out
  }
}

// The last block of `uniform`: draws usually come in order, and four of them share one block.
let lastSeed = Number.NaN
let lastBlock = -1
let read: (index: number) => Readonly<Words> = () => words
let words: Readonly<Words> = [0, 0, 0, 0]

/**
 * Draw number `index` of a seed: a multiple of 2^-32 in [0, 1), every one of them equally likely. Exact, the same
 * everywhere. `index` is an integer 0 … 2^53 − 1 ('invalid-value' otherwise), `seed` any finite number (−0 is 0).
 * Philox4x32-7: word `index mod 4` of block `floor(index / 4)`, keyed by `keyOf(seed)`.
 */
export function uniform(seed: number, index: number): number {
  if (seed !== lastSeed) {
    read = blocks(seed, 'uniform')
    lastSeed = seed
    lastBlock = -1
  }
  const block = Math.floor(index / 4)
  if (block !== lastBlock) {
    if (!(Number.isSafeInteger(index) && index >= 0)) throw invalidIndex(index)
    words = read(block)
    lastBlock = block
  }
  const word = words[index - block * 4]
  if (word === undefined) throw invalidIndex(index)
  return word / two32
}

const invalidIndex = (index: number): FpsimError =>
  new FpsimError('invalid-value', { option: 'index', value: index, allowed: '0, 1, 2 … 2^53-1' })

export interface Stream {
  /** The next draw: `uniform(seed, 0)`, `uniform(seed, 1)`, … */
  next(): number
}

/** A reader that draws in order; two readers of one seed see the same numbers, whatever else draws in between. */
export function stream(seed: number): Stream {
  const readBlock = blocks(seed, 'uniform')
  let block: Readonly<Words> = [0, 0, 0, 0]
  let index = 0
  return {
    next() {
      if (index % 4 === 0) block = readBlock(index / 4)
      return (block[index++ % 4] as number) / two32
    },
  }
}

/**
 * The seed that a text stands for. Exact and the same everywhere. A plain decimal number is that number ("42", "-1.5",
 * "1e3"); an integer too long for a float64 and every other text is a 53-bit hash: two FNV-1a chains over the UTF-8
 * bytes, the second with a start and a multiplier of its own, each mixed at the end; 21 bits of the first above 32 of the
 * second.
 */
export function seedFrom(text: string): number {
  const trimmed = text.trim()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) {
    const value = Number(trimmed)
    if (Number.isFinite(value) && (Math.abs(value) <= Number.MAX_SAFE_INTEGER || /[.e]/i.test(trimmed)))
      return value + 0
  }
  let a = 0x811c9dc5
  let b = 0x2c1b3c6d
  for (const byte of new TextEncoder().encode(text)) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x5bd1e995)
  }
  return (mix(a) & 0x1fffff) * two32 + mix(b)
}

/** The random numbers against published answers, an independent implementation and the promises of rng.ts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { blocks, keyOf, philox, purposes, seedFrom, stream, uniform, type Words } from '../../src/data/rng.js'
import { FpsimError } from '../../src/errors.js'

interface Vectors {
  philox: [rounds: number, counter: string, key: string, out: string][]
  uniform: [seed: number, index: number, word: number][]
  texts: [text: string, seed: number][]
}
const vectors = JSON.parse(readFileSync('test/vectors/rng/rng.json', 'utf8')) as Vectors

const wordsOf = (hex: string): number[] => hex.split(' ').map((w) => Number.parseInt(w, 16))
const run = (rounds: number, counter: string, key: string): number[] =>
  philox(rounds, wordsOf(counter) as Words, wordsOf(key) as [number, number])

test('philox4x32 gives the known answers published with Random123', () => {
  const ones = 'ffffffff ffffffff ffffffff ffffffff'
  const pi = '243f6a88 85a308d3 13198a2e 03707344'
  const zeros = '0 0 0 0'
  assert.deepEqual(run(7, zeros, '0 0'), wordsOf('5f6fb709 0d893f64 4f121f81 4f730a48'))
  assert.deepEqual(run(7, ones, 'ffffffff ffffffff'), wordsOf('5207ddc2 45165e59 4d8ee751 8c52f662'))
  assert.deepEqual(run(7, pi, 'a4093822 299f31d0'), wordsOf('4dfccaba 190a87f0 c47362ba b6b5242a'))
  assert.deepEqual(run(10, zeros, '0 0'), wordsOf('6627e8d5 e169c58d bc57ac4c 9b00dbd8'))
  assert.deepEqual(run(10, ones, 'ffffffff ffffffff'), wordsOf('408f276d 41c83b0e a20bc7c6 6d5451fd'))
  assert.deepEqual(run(10, pi, 'a4093822 299f31d0'), wordsOf('d16cfe09 94fdcceb 5001e420 24126ea1'))
})

test('philox4x32, uniform and seedFrom agree with the Python implementation', () => {
  for (const [rounds, counter, key, out] of vectors.philox) assert.deepEqual(run(rounds, counter, key), wordsOf(out))
  for (const [seed, index, word] of vectors.uniform) {
    assert.equal(uniform(seed, index) * 4294967296, word, `seed ${seed}, index ${index}`)
  }
  for (const [text, seed] of vectors.texts) assert.equal(seedFrom(text), seed, JSON.stringify(text))
})

test('a draw depends on nothing but seed and index', () => {
  const inOrder = Array.from({ length: 1000 }, (_, i) => uniform(7, i))
  for (let i = 999; i >= 0; i -= 7) {
    uniform(8, 999 - i)
    assert.equal(uniform(7, i), inOrder[i])
  }
  const reader = stream(7)
  const other = stream(8)
  for (let i = 0; i < 1000; i++) {
    other.next()
    assert.equal(reader.next(), inOrder[i])
  }
})

test('draws fill [0, 1) evenly and seeds are not shifts of one another', () => {
  const n = 100_000
  const bins = new Array<number>(64).fill(0)
  for (let i = 0; i < n; i++) {
    const u = uniform(1, i)
    assert.ok(u >= 0 && u < 1)
    const bin = Math.floor(u * 64)
    bins[bin] = (bins[bin] as number) + 1
  }
  const chiSquare = bins.reduce((sum, b) => sum + (b - n / 64) ** 2 / (n / 64), 0)
  assert.ok(chiSquare > 30 && chiSquare < 110, `chi² of 63 degrees of freedom: ${chiSquare}`)
  const seen = new Map<number, string>()
  for (let seed = -50; seed < 50; seed++) {
    for (let block = 0; block < 200; block++) {
      const first = uniform(seed, block * 4) * 4294967296 * 2097152 + Math.floor(uniform(seed, block * 4 + 1) * 2097152)
      assert.equal(seen.get(first), undefined, `seed ${seed}, block ${block} repeats ${seen.get(first)}`)
      seen.set(first, `seed ${seed}, block ${block}`)
    }
  }
})

test('purposes under one seed are unrelated', () => {
  const names = Object.keys(purposes) as (keyof typeof purposes)[]
  const firsts = new Set(names.map((name) => blocks(1, name)(0).join()))
  assert.equal(firsts.size, names.length)
})

test('seeds: any finite number, −0 is 0, neighbours have other keys', () => {
  assert.equal(uniform(-0, 5), uniform(0, 5))
  assert.deepEqual(keyOf(-0), keyOf(0))
  const keys = new Set([0, 1, 2, -1, 0.5, 5e-324, 1e300, 2 ** 53, 2 ** 53 - 1].map((seed) => keyOf(seed).join()))
  assert.equal(keys.size, 9)
  for (const seed of [Number.NaN, Infinity, -Infinity]) {
    assert.throws(() => uniform(seed, 0), isInvalid('seed'))
    assert.throws(() => stream(seed), isInvalid('seed'))
  }
})

test('an index is an integer from 0 to 2^53 − 1', () => {
  uniform(1, 0)
  for (const index of [-1, 0.5, 1.5, Number.NaN, Infinity, 2 ** 53]) {
    assert.throws(() => uniform(1, index), isInvalid('index'), String(index))
  }
  assert.ok(uniform(1, 2 ** 53 - 1) < 1)
})

test('a plain number text is that number; every other text is its own seed', () => {
  assert.equal(seedFrom('42'), 42)
  assert.equal(seedFrom(' -3 '), -3)
  assert.equal(seedFrom('1e3'), 1000)
  assert.equal(seedFrom('.5'), 0.5)
  assert.ok(Object.is(seedFrom('-0'), 0))
  assert.notEqual(seedFrom('12345678901234567890'), seedFrom('12345678901234567891'))
  assert.notEqual(seedFrom('1e999'), Infinity)
  const seeds = new Set(Array.from({ length: 5000 }, (_, i) => seedFrom(`run ${i}`)))
  assert.equal(seeds.size, 5000)
  for (const seed of seeds) assert.ok(Number.isSafeInteger(seed))
})

const isInvalid = (option: string) => (e: unknown) =>
  e instanceof FpsimError && e.code === 'invalid-value' && e.values['option'] === option

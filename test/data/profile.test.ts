/** The replayed profiles against the recordings they were made from, and the promises of the replay rule. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { loadProfile, parseProfile, profileNames } from '../../src/data/profile.js'
import type { Block } from '../../src/data/source.js'
import { FpsimError } from '../../src/errors.js'

const recordings = '../shared/gradients'
const skip = existsSync(recordings) ? false : 'no recordings beside the repository'

/** All blocks of a profile. */
async function replay(name: string, options: { kind?: 'all' | 'weights' | 'activations'; seed?: number } = {}) {
  const source = await loadProfile(name, { seed: 1, ...options })
  const blocks: Block[] = []
  for await (const block of source.blocks()) blocks.push({ ...block, values: block.values.slice() })
  return { source, blocks }
}

/** (|value|, weight) of every value, in order. */
const pairs = (blocks: Block[]): [number, number][] =>
  blocks.flatMap((b) => [...b.values].map((v, i): [number, number] => [Math.abs(v), b.weights?.[i] as number]))
const total = (blocks: Block[], which: (size: number) => boolean = () => true): number =>
  pairs(blocks).reduce((sum, [size, weight]) => sum + (which(size) ? weight : 0), 0)
const near = (got: number, expected: number, digits: number): void =>
  assert.ok(Math.abs(got - expected) <= 0.5 * 10 ** -digits, `${got}, expected ${expected}`)

test('the names of the profiles', async () => {
  assert.deepEqual(await profileNames(), ['digits-cnn', 'digits-mlp'])
})

test('fractions that FP16 loses are those of the recordings', async () => {
  const cnn = (await replay('digits-cnn')).blocks
  const n = total(cnn)
  assert.equal(n, 12_463_883)
  // FP16's smallest subnormal is 2^-24; half of it and below becomes 0.
  near((100 * total(cnn, (g) => g <= 2 ** -25)) / n, 3.2545, 4)
  near((100 * total(cnn, (g) => g <= 2 ** -41)) / n, 0.02765, 5)
  const activations = (await replay('digits-cnn', { kind: 'activations' })).blocks
  near((100 * total(activations, (g) => g <= 2 ** -25)) / total(activations), 3.5, 2)
  const mlp = (await replay('digits-mlp')).blocks
  near((100 * total(mlp, (g) => g <= 2 ** -41)) / total(mlp), 1.098, 3)
})

test('the largest power-of-two scale without FP16 overflow', async () => {
  const safe = async (name: string, kind: 'all' | 'activations', seed: number) => {
    const largest = Math.max(...pairs((await replay(name, { kind, seed })).blocks).map(([size]) => size))
    let exponent = 0
    while (largest * 2 ** (exponent + 1) < 65520) exponent++
    return { exponent, largest }
  }
  for (const seed of [1, 2, 99]) {
    assert.deepEqual(await safe('digits-cnn', 'all', seed), { exponent: 17, largest: 0.486537903547287 })
    assert.deepEqual(await safe('digits-cnn', 'activations', seed), { exponent: 21, largest: 0.024045512080192566 })
    assert.equal((await safe('digits-mlp', 'all', seed)).exponent, 16)
  }
})

test('every bin keeps its exact count, every tensor its zeros', { skip }, async () => {
  for (const name of await profileNames()) {
    const { source, blocks } = await replay(name, { seed: 12345 })
    const got = new Map<string, number>()
    const add = (tensor: string, exponent: string, count: number) => {
      if (count > 0) got.set(`${tensor},${exponent}`, (got.get(`${tensor},${exponent}`) ?? 0) + count)
    }
    for (const b of blocks) {
      add(b.tensor, 'zero', b.zeros ?? 0)
      for (const [i, v] of b.values.entries()) {
        assert.ok(Math.fround(v) === v && v !== 0)
        assert.ok(Number.isInteger(b.weights?.[i]) && (b.weights?.[i] as number) > 0)
        add(b.tensor, String(Math.floor(Math.log2(Math.abs(v)))), b.weights?.[i] as number)
      }
    }
    const lines = readFileSync(`${recordings}/${name}/exponents.csv`, 'utf8').trim().split('\n').slice(1)
    const expected = lines.map((line) => line.split(',') as [string, string, string, string])
    assert.equal(got.size, expected.filter((e) => e[3] !== '0').length)
    for (const [, tensor, exponent, count] of expected)
      assert.equal(got.get(`${tensor},${exponent}`) ?? 0, Number(count), `${name} ${tensor} ${exponent}`)
    assert.equal(
      source.size,
      expected.reduce((sum, e) => sum + Number(e[3]), 0),
    )
    assert.deepEqual(
      blocks.map((b) => b.tensor),
      [...new Set(expected.map((e) => e[1]))],
    )
  }
})

test('the committed profiles are what make.js makes of the recordings', { skip }, async () => {
  const script = pathToFileURL('scenarios/profiles/make.js').href
  const { profile } = (await import(script)) as { profile: (folder: string, name: string) => string }
  for (const name of await profileNames()) {
    assert.equal(profile(recordings, name), readFileSync(`scenarios/profiles/${name}.json`, 'utf8'))
  }
})

test('the seed moves significands inside their windows and nothing else', async () => {
  const runs = await Promise.all([1, 2].map((seed) => replay('digits-cnn', { seed })))
  const [a, b] = runs.map(({ blocks }) => blocks) as [Block[], Block[]]
  let moved = 0
  for (const [i, block] of a.entries()) {
    const other = b[i] as Block
    assert.deepEqual(block.weights, other.weights)
    for (const [j, x] of block.values.entries()) {
      const y = other.values[j] as number
      if (x !== y) moved++
      const unit = 2 ** Math.floor(Math.log2(Math.abs(x)))
      assert.equal(Math.sign(x), Math.sign(y))
      // Same cell of 64, and within [9/16, 10/16) of it unless it belongs to a squeezed bin, which no seed moves.
      const [p, q] = [x, y].map((v) => (Math.abs(v) / unit - 1) * 64) as [number, number]
      if (x !== y) for (const z of [p, q]) assert.ok(z % 1 >= 9 / 16 && z % 1 < 10 / 16)
      if (x !== y) assert.equal(Math.floor(p), Math.floor(q))
    }
  }
  assert.ok(moved > 5000, String(moved))
})

test('signs are even and the values of a bin spread over it', async () => {
  const { blocks } = await replay('digits-cnn')
  const outputs = blocks.find((b) => b.tensor === 'conv1.out') as Block
  let positive = 0
  let all = 0
  for (const [i, v] of outputs.values.entries()) {
    all += outputs.weights?.[i] as number
    if (v > 0) positive += outputs.weights?.[i] as number
  }
  near(positive / all, 0.5, 3)
  const bin = [...outputs.values].filter((v) => Math.abs(v) >= 2 ** -20 && Math.abs(v) < 2 ** -19)
  assert.equal(bin.length, 64)
  assert.deepEqual(
    bin.map((v) => Math.floor((Math.abs(v) * 2 ** 20 - 1) * 64)).sort((x, y) => x - y),
    Array.from({ length: 64 }, (_, i) => i),
  )
})

test('weights and activations together are both, tensor by tensor', async () => {
  const parts = [
    ...(await replay('digits-cnn', { kind: 'weights' })).blocks,
    ...(await replay('digits-cnn', { kind: 'activations' })).blocks,
  ]
  assert.deepEqual((await replay('digits-cnn')).blocks, parts)
})

test('wrong names and malformed files are errors with a code', async () => {
  const isCode = (code: string) => (e: unknown) => e instanceof FpsimError && e.code === code
  await assert.rejects(loadProfile('digits-cn', { seed: 1 }), (e) => {
    assert.ok(e instanceof FpsimError && e.code === 'invalid-value')
    assert.equal(e.values['suggestion'], 'digits-cnn')
    return true
  })
  await assert.rejects(loadProfile('../profiles/digits-cnn', { seed: 1 }), isCode('invalid-value'))
  await assert.rejects(loadProfile('digits-cnn', { seed: Number.NaN }), isCode('invalid-value'))
  const good = JSON.parse(readFileSync('scenarios/profiles/digits-cnn.json', 'utf8')) as Record<string, unknown>
  parseProfile(JSON.stringify(good), 'x')
  const tensor = { kind: 'weights', tensor: 'a', zeros: 0, from: -2, counts: [1] }
  const changes: Record<string, unknown>[] = [
    { schema: 2 },
    { name: 7 },
    { tensors: [] },
    { tensors: [null] },
    { tensors: [{ ...tensor, kind: 'w' }] },
    { tensors: [{ ...tensor, counts: [] }] },
    { tensors: [{ ...tensor, counts: [0.5] }] },
    { tensors: [{ ...tensor, counts: [-1] }] },
    { tensors: [{ ...tensor, from: -127 }] },
    { tensors: [{ ...tensor, zeros: '3' }] },
    { tensors: [tensor, tensor] },
    { tensors: [{ ...tensor, counts: [1, 1] }] },
    { largest: {} },
    { largest: { weights: '7f800000', activations: '3cc4fb18' } },
    { largest: { weights: '3f800000', activations: '3cc4fb18' } },
  ]
  for (const change of changes)
    assert.throws(
      () => parseProfile(JSON.stringify({ ...good, ...change }), 'x'),
      isCode('bad-data'),
      JSON.stringify(change),
    )
  for (const text of ['', '{', 'null', '[]', '3'])
    assert.throws(() => parseProfile(text, 'x'), isCode('bad-data'), text)
})

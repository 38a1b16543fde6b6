/** The lesson on Adam's ε once more with other codecs, and the known figures of fp16. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { runScenario } from '../../src/scenario/library.js'
import { bf16, fp16 } from './rounders.js'

const run = async (params: Record<string, number | string>) => (await runScenario('adam-epsilon', params)).metrics

/** The values of float16, by the library's own view. */
const halves = Array.from({ length: 0x7c00 }, (_, code) => {
  const exponent = code >> 10
  const fraction = code & 0x3ff
  return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25)
})

test('which ε survive in fp16, and what they become', async () => {
  for (const [epsilon, kept] of [
    [1e-4, 1.00016593933e-4],
    [1e-5, 1.001358e-5],
    [1e-6, 1.013279e-6],
    [1e-7, 1.1920929e-7],
    [6e-8, 2 ** -24],
    [2 ** -25, 0],
    [1e-8, 0],
    [1e-12, 0],
  ] as const) {
    const metrics = await run({ epsilon, tensor: 'fc.bias' })
    assert.equal(metrics['epsilonKept'], fp16(epsilon))
    assert.ok(Math.abs((metrics['epsilonKept'] as number) - kept) <= 1e-7 * kept, `${epsilon}`)
    assert.equal(Number.isNaN(metrics['zeroGradientStep']), kept === 0)
  }
  assert.ok(Math.abs(((await run({ epsilon: 1e-7 }))['epsilonError'] as number) - 0.192) < 0.001)
  assert.equal((await run({ format: 'bf16' }))['epsilonKept'], bf16(Math.fround(1e-8)))
  assert.equal((await run({ format: 'bf16' }))['beta2Kept'], 1)
})

test('the smallest gradients with a square, among all values of fp16', async () => {
  const metrics = await run({})
  const first = (factor: number) => halves.find((g) => fp16(factor * g * g) !== 0)
  assert.equal(metrics['smallestSquare'], first(1))
  assert.equal(metrics['smallestVariance'], first(fp16(1 - 0.999)))
  assert.ok(Math.abs((metrics['smallestSquare'] as number) - 1.7273e-4) < 1e-8)
  assert.ok(Math.abs((metrics['smallestVariance'] as number) - 5.459e-3) < 1e-6)
})

/** The first step of Adam, every operation rounded: what becomes of a gradient, over lr. */
function step(gradient: number, epsilon: number, round: (x: number) => number): number {
  const g = round(gradient)
  const m = round(round(1 - 0.9) * g)
  const v = round(round(round(1 - 0.999) * g) * g)
  const below = round(round(round(Math.sqrt(v)) / round(Math.sqrt(1 - 0.999))) + round(epsilon))
  return Math.abs(round(round(round(-(0.001 / (1 - 0.9))) * m) / below)) / 0.001
}

test('the first step of many gradients', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-'))
  try {
    const gradients = Array.from({ length: 3000 }, (_, i) => (i % 7 === 0 ? 0 : (i % 2 ? 1 : -1) * 1.013 ** -i * 4))
    const file = join(folder, 'gradients.csv')
    writeFileSync(file, `${[...gradients, 'inf', 'nan'].join('\n')}\n`)
    for (const epsilon of [1e-8, 1e-7, 1e-4]) {
      const moves = gradients.map((g) => step(g, epsilon, fp16))
      const finite = moves.filter(Number.isFinite)
      const metrics = await run({ input: file, epsilon })
      assert.equal(metrics['nanWeights'], moves.filter(Number.isNaN).length / moves.length)
      assert.equal(metrics['infWeights'], moves.filter((x) => x === Infinity).length / moves.length)
      assert.equal(metrics['largestStep'], Math.max(...finite))
      assert.equal(metrics['brokenFp32'], 0)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('nonsense is refused', async () => {
  const code = (wanted: string, params: Record<string, number | string>) =>
    assert.rejects(run(params), (error) => error instanceof FpsimError && error.code === wanted)
  await code('unknown-format', { format: 'fp61' })
  await code('invalid-value', { beta2: 1 })
  await code('invalid-value', { lr: 0 })
  await code('invalid-value', { epsilon: -1 })
  await code('conflicting-sources', { input: 'a.npy', profile: 'digits-mlp' })
})

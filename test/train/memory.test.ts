/** Bytes of training against the numbers of the papers that the formulas come from. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { gpt, models } from '../../src/data/models.js'
import {
  activations,
  bytesPerParameter,
  layerActivations,
  type MemoryRecipe,
  memoryRecipes,
  type OptimizerName,
  zeroBytes,
} from '../../src/train/memory.js'

const recipe = (name: string): MemoryRecipe => {
  const found = memoryRecipes.find((r) => r.name === name)
  assert.ok(found, name)
  return found
}

const total = (name: string, optimizer: OptimizerName = 'adam'): number =>
  bytesPerParameter(recipe(name), optimizer).total

test('bytes a parameter', () => {
  assert.deepEqual(
    (['sgd', 'momentum', 'adam'] as const).map((optimizer) => total('fp32', optimizer)),
    [8, 12, 16],
  )
  const adam: Readonly<Record<string, number>> = {
    autocast: 16,
    'fp16-master': 16,
    'fp32-grads': 18,
    'both-grads': 20,
    bf16: 8,
    'bf16-kahan': 10,
    'bf16-8bit': 6.03125,
    'bf16-4bit': 5.0625,
    'fp8-deepseek': 13,
  }
  for (const [name, bytes] of Object.entries(adam)) assert.equal(total(name), bytes, name)
})

/** Rajbhandari et al. 2020, figure 1: 7.5 billion parameters, Adam, 64 ranks, in GB. */
test("ZeRO's own example", () => {
  const b = bytesPerParameter(recipe('fp16-master'), 'adam')
  const sizes = ([0, 1, 2, 3] as const).map((stage) => Math.round(zeroBytes(b, stage, 64) * 7.5 * 10) / 10)
  assert.deepEqual(sizes, [120, 31.4, 16.6, 1.9])
})

test('one rank shares nothing, and no stage needs more than the one before', () => {
  for (const r of memoryRecipes) {
    const b = bytesPerParameter(r, 'adam')
    for (const stage of [0, 1, 2, 3] as const) assert.equal(zeroBytes(b, stage, 1), b.total)
    for (const stage of [0, 1, 2] as const)
      assert.ok(zeroBytes(b, (stage + 1) as 1 | 2 | 3, 7) <= zeroBytes(b, stage, 7), r.name)
  }
})

/** 14 bytes a parameter, 2294.77 GiB for 176e9: weights, master, states, but no gradients. */
test("BLOOM's checkpoint", () => {
  const { total: all, gradients } = bytesPerParameter(recipe('fp32-grads'), 'adam')
  assert.equal(all - gradients, 14)
  assert.ok(Math.abs(((all - gradients) * 176e9) / 2 ** 30 - 2294.77) < 0.01)
})

/** Korthikanti et al. 2022: 5as/h is 80 for GPT-3 at 2048 tokens; a layer is sbh(34 + 80). */
test('activations of a layer of GPT-3', () => {
  const gpt3 = models.find((m) => m.name === '175b')?.architecture
  assert.ok(gpt3?.kind === 'transformer')
  const b = { batch: 1, sequence: 2048 }
  assert.equal(layerActivations(gpt3, b, 2, 'none'), 2048 * 12288 * (34 + 80))
  assert.equal(layerActivations(gpt3, b, 2, 'selective'), 2048 * 12288 * 34)
  assert.equal(layerActivations(gpt3, b, 2, 'full'), 2048 * 12288 * 2)
})

/** The terms of section 4.1, each with its elements and whether they are dropout masks, which stay one byte. */
test('FP32 activations from the list of terms', () => {
  const t = gpt({ layers: 3, hidden: 96, heads: 8, vocabulary: 10, positions: 10 })
  const b = { batch: 5, sequence: 40 }
  const [sbh, as2b] = [b.sequence * b.batch * t.hidden, t.heads * b.sequence * b.sequence * b.batch]
  // Attention: input, Q and K, V, its output before the projection; MLP: input, GELU's input, second input; two norms.
  const elements = sbh * (1 + 2 + 1 + 1 + 1 + 4 + 4 + 2) + as2b * 2
  const masks = sbh * 2 + as2b
  for (const bytes of [2, 4] as const)
    assert.equal(activations(t, b, bytes, 'none'), t.layers * (bytes * elements + masks))
})

test('layers: the input of each, and the input of each norm', () => {
  const resnet = models.find((m) => m.name === 'resnet50')?.architecture
  assert.ok(resnet)
  const one = activations(resnet, { batch: 1, sequence: 1 }, 4, 'none') ?? Number.NaN
  assert.equal(activations(resnet, { batch: 9, sequence: 7 }, 2, 'none'), (9 * one) / 2)
  assert.equal(activations(resnet, { batch: 1, sequence: 1 }, 2, 'full'), undefined)
  const mlp = models.find((m) => m.name === 'mlp')?.architecture
  assert.ok(mlp)
  assert.equal(activations(mlp, { batch: 32, sequence: 1 }, 4, 'none'), 32 * (10 + 20) * 4)
})

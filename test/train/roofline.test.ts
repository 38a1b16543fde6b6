/** The least time of a step: operations counted another way, and what binds in the limits. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { models, multiplyAdds, parameterCount } from '../../src/data/models.js'
import { type Kernel, kernelTime, type Machine, stepKernels, stepTime } from '../../src/train/roofline.js'

const modelOf = (name: string) => {
  const found = models.find((m) => m.name === name)
  assert.ok(found, name)
  return found.architecture
}

const options = (name: string, recipe: 'fp32' | 'amp', batch = 4, sequence = 256) => ({
  recipe,
  batch,
  sequence,
  optimizer: 'adam' as const,
  parameters: parameterCount(modelOf(name)),
})

const machine: Machine = { flops: 1e14, bandwidth: 1e12, launch: 0 }

const flopsOf = (kernels: readonly Kernel[]): number => kernels.reduce((sum, k) => sum + k.count * k.flops, 0)

/** Narayanan et al. 2021, arXiv:2104.04473, section 5.1 without recomputing: 72 B s L h² (1 + s/6h + V/12Lh). */
test("a transformer's operations are Megatron's formula", () => {
  for (const name of ['gpt2', 'gpt2-xl', 'bert-base', '175b']) {
    const t = modelOf(name)
    assert.ok(t.kind === 'transformer')
    const [b, s, l, h, v] = [4, 256, t.layers, t.hidden, t.vocabulary]
    const formula = 72 * b * s * l * h * h * (1 + s / (6 * h) + v / (12 * l * h))
    for (const recipe of ['fp32', 'amp'] as const) {
      const flops = flopsOf(stepKernels(t, options(name, recipe, b, s)))
      assert.ok(Math.abs(flops / formula - 1) < 1e-12, `${name}: ${flops} and ${formula}`)
    }
  }
})

/** Dao et al. 2022: the backward pass computes the scores once more; nothing of size s² is moved. */
test('fused attention computes a sixth more and moves no scores', () => {
  const t = modelOf('gpt2')
  const attention = (way: 'plain' | 'fused', sequence: number): Kernel[] =>
    stepKernels(t, { ...options('gpt2', 'amp', 4, sequence), attention: way }).filter((k) => k.part === 'attention')
  assert.equal(flopsOf(attention('fused', 256)) * 6, flopsOf(attention('plain', 256)) * 7)
  const bytes = (way: 'plain' | 'fused', s: number): number =>
    attention(way, s).reduce((sum, k) => sum + k.count * k.bytes, 0)
  assert.equal(bytes('fused', 2048), 8 * bytes('fused', 256))
  assert.ok(bytes('plain', 2048) > 40 * bytes('plain', 256))
})

test("a layered network's operations are three times its forward pass", () => {
  const net = modelOf('resnet50')
  assert.ok(net.kind === 'layered')
  const forward = 2 * 64 * net.layers.reduce((sum, l) => sum + multiplyAdds(l), 0)
  assert.equal(flopsOf(stepKernels(net, options('resnet50', 'amp', 64))), 3 * forward)
})

test('the slowest of arithmetic, memory and launch sets the time', () => {
  const kernel: Kernel = { part: 'products', count: 1, flops: 1e12, bytes: 1e9 }
  assert.deepEqual(kernelTime(kernel, { flops: 1e12, bandwidth: 1e12, launch: 1e-6 }), {
    seconds: 1,
    bound: 'arithmetic',
  })
  assert.deepEqual(kernelTime(kernel, { flops: 1e15, bandwidth: 1e9, launch: 1e-6 }), { seconds: 1, bound: 'memory' })
  assert.deepEqual(kernelTime(kernel, { flops: 1e15, bandwidth: 1e12, launch: 2 }), { seconds: 2, bound: 'launch' })
})

test('parts and bounds add up to the whole', () => {
  for (const name of ['gpt2', 'resnet50', 'mlp'])
    for (const recipe of ['fp32', 'amp'] as const) {
      const time = stepTime(stepKernels(modelOf(name), options(name, recipe)), { ...machine, launch: 5e-6 })
      const parts = Object.values(time.parts).reduce((sum, { seconds }) => sum + seconds, 0)
      const { arithmetic, memory, launch } = time.bounds
      for (const sum of [parts, arithmetic + memory + launch])
        assert.ok(Math.abs(sum / time.seconds - 1) < 1e-12, `${name}: ${sum} and ${time.seconds}`)
    }
})

test('with memory and launches for nothing the gain is the ratio of the peaks', () => {
  const net = modelOf('gpt2')
  const free = { bandwidth: Number.POSITIVE_INFINITY, launch: 0 }
  const fp32 = stepTime(stepKernels(net, options('gpt2', 'fp32')), { flops: 1e13, ...free })
  const amp = stepTime(stepKernels(net, options('gpt2', 'amp')), { flops: 8e13, ...free })
  assert.ok(Math.abs(fp32.seconds / amp.seconds - 8) < 1e-12)
})

test('with arithmetic for nothing the gain stays below 2: 16 bits are half of 32, and FP32 parts stay', () => {
  for (const name of ['gpt2', 'resnet50', 'efficientnet-b0']) {
    const free = { flops: Number.POSITIVE_INFINITY, bandwidth: 1e12, launch: 0 }
    const fp32 = stepTime(stepKernels(modelOf(name), options(name, 'fp32')), free)
    const amp = stepTime(stepKernels(modelOf(name), options(name, 'amp')), free)
    const gain = fp32.seconds / amp.seconds
    assert.ok(gain > 1 && gain < 2, `${name}: ${gain}`)
  }
})

/** Counted by hand for Linear(10, 20), ReLU, Linear(20, 10), cross entropy. */
test('the kernels of the small network', () => {
  const net = modelOf('mlp')
  const count = (recipe: 'fp32' | 'amp'): number =>
    stepKernels(net, options('mlp', recipe, 32)).reduce((sum, k) => sum + k.count, 0)
  // Two products forward, four backward; two bias gradients; ReLU and loss forward and backward; one update.
  assert.equal(count('fp32'), 2 + 4 + 2 + 2 + 2 + 1)
  // Four tensors cast, their gradients cast back; one pass to unscale; the loss scaled, the scale updated.
  assert.equal(count('amp'), count('fp32') + 4 + 4 + 1 + 2)
})

test('the bytes of the small network', () => {
  const net = modelOf('mlp')
  const bytes = (recipe: 'fp32' | 'amp', part?: string): number =>
    stepKernels(net, options('mlp', recipe, 1))
      .filter((k) => part === undefined || k.part === part)
      .reduce((sum, k) => sum + k.count * k.bytes, 0)
  const parameters = 10 * 20 + 20 + 20 * 10 + 10
  const products = 3 * (10 + 200 + 20) + 3 * (20 + 200 + 10)
  // Bias gradients read 20 and 10; ReLU moves 20 five times, the loss 10 five times; Adam moves seven numbers a parameter.
  assert.equal(bytes('fp32'), 4 * (products + 20 + 10 + 5 * 20 + 5 * 10 + 7 * parameters))
  assert.equal(bytes('amp', 'products'), 2 * products)
  assert.equal(bytes('amp', 'loss'), bytes('fp32', 'loss'))
  // Cast there and back 4 + 2 + 2 + 4, unscaled 4 + 4; two scalars of 8.
  assert.ok(Math.abs(bytes('amp', 'casts') - (20 * parameters + 16)) < 1e-9)
})

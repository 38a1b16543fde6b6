/** Shapes of known networks give the parameters, operations and activations that others published. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { devices, ridgePoint, speedRatio } from '../../src/data/devices.js'
import { gpt, models, multiplyAdds, outputsOf, parameterCount } from '../../src/data/models.js'

const architectureOf = (name: string) => {
  const model = models.find((m) => m.name === name)
  assert.ok(model, name)
  return model.architecture
}

/** Hugging Face's num_parameters of the released checkpoints, and torchvision's num_params. */
const published: Readonly<Record<string, number>> = {
  gpt2: 124_439_808,
  'gpt2-medium': 354_823_168,
  'gpt2-large': 774_030_080,
  'gpt2-xl': 1_557_611_200,
  'bert-base': 109_482_240,
  resnet50: 25_557_032,
  'efficientnet-b0': 5_288_548,
  mlp: 10 * 20 + 20 + 20 * 10 + 10,
}

for (const [name, parameters] of Object.entries(published))
  test(`${name} has ${parameters} parameters`, () => assert.equal(parameterCount(architectureOf(name)), parameters))

test('the GPT-3 sizes are what their names say, within two percent', () => {
  for (const [name, size] of [
    ['7b', 6.7e9],
    ['175b', 175e9],
  ] as const) {
    const parameters = parameterCount(architectureOf(name))
    assert.ok(Math.abs(parameters / size - 1) < 0.02, `${name}: ${parameters}`)
  }
})

test("a layer of BLOOM's width has the parameters its README states", () => {
  const shape = { hidden: 14336, heads: 112, vocabulary: 1, positions: 1 }
  const difference = parameterCount(gpt({ ...shape, layers: 2 })) - parameterCount(gpt({ ...shape, layers: 1 }))
  assert.equal(difference, 2_466_437_120)
})

/** torchvision's _ops (multiply-adds, in 1e9) and the conv outputs of Radosavovic et al. 2020 (in 1e6). */
test('multiply-adds and outputs of the networks for pictures', () => {
  for (const [name, operations, outputs] of [
    ['resnet50', 4.089, 11.1],
    ['efficientnet-b0', 0.386, 6.7],
  ] as const) {
    const architecture = architectureOf(name)
    assert.ok(architecture.kind === 'layered')
    const sum = (of: typeof multiplyAdds): number => architecture.layers.reduce((total, l) => total + of(l), 0)
    assert.ok(Math.abs(sum(multiplyAdds) / 1e9 - operations) < 0.0006, `${name}: ${sum(multiplyAdds)}`)
    assert.ok(Math.abs(sum(outputsOf) / 1e6 - outputs) < 0.06, `${name}: ${sum(outputsOf)}`)
  }
})

test('names and aliases of models and of devices are all different', () => {
  for (const things of [models, devices]) {
    const names = things.flatMap(({ name, aliases }) => [name, ...aliases])
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.equal(name, name.toLowerCase())
  }
})

/** Clock × multiply-adds a clock and unit × units × 2, from the architecture papers. */
test('the peaks of the matrix units follow from clocks and units', () => {
  for (const [name, megahertz, fma, units] of [
    ['h100', 1830, 512, 528],
    ['a100', 1410, 256, 432],
    ['mi300x', 2100, 256, 1216],
  ] as const) {
    const computed = (megahertz * 1e6 * fma * units * 2) / 1e12
    const stated = devices.find((d) => d.name === name)?.peak.fp16?.value ?? Number.NaN
    assert.ok(Math.abs(stated / computed - 1) < 0.001, `${name}: ${stated} and ${computed}`)
  }
})

test('ratios and ridge points', () => {
  const wanted: Readonly<Record<string, readonly [ratio: number, ridge: number]>> = {
    v100: [8, 139],
    t4: [8, 203],
    a100: [16, 153],
    rtx3090: [2, 76],
    h100: [14.8, 295],
    h200: [14.8, 206],
    b200: [28.1, 281],
    mi300x: [8, 247],
  }
  for (const [name, [ratio, ridge]] of Object.entries(wanted)) {
    const device = devices.find((d) => d.name === name)
    assert.ok(device)
    assert.ok(Math.abs(speedRatio(device) - ratio) < 0.06, `${name}: ${speedRatio(device)}`)
    assert.ok(Math.abs(ridgePoint(device) - ridge) < 0.6, `${name}: ${ridgePoint(device)}`)
  }
})

test('a device without a checked figure shows none', () => {
  const ascend = devices.find((d) => d.name === 'ascend910')
  assert.ok(ascend)
  assert.deepEqual([ascend.peak, ascend.memory, ascend.bandwidth, ascend.power], [{}, undefined, undefined, undefined])
  assert.ok(Number.isNaN(speedRatio(ascend)) && Number.isNaN(ridgePoint(ascend)))
})

/** Forward overflow, FP8 scaling and saturation, against other codecs and plain loops. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { decode } from '../../src/format/decode.js'
import { format } from '../../src/format/parse.js'
import { caseNames, inputs, outcome, verdictOf } from '../../src/runner/forward-overflow/cases.js'
import { keptOf, tensorsOf } from '../../src/runner/fp8-scaling/tensors.js'
import { gradientsOf } from '../../src/runner/saturation.js'
import { runScenario } from '../../src/scenario/library.js'

const fp16 = format('fp16')

/** Every positive finite FP16 value. */
const halves = Array.from({ length: 0x7bff }, (_, i) => decode(i + 1, fp16))

test('edges of the forward pass: every FP16 value tried', async () => {
  const { metrics } = await runScenario('forward-overflow')
  const last = (of: (x: number) => number) => halves.findLast((x) => Number.isFinite(of(x)))
  const variance = (x: number) => {
    let total = 0
    for (let i = 0; i < 1024; i++) total = f16round(total + f16round(x * x))
    return total
  }
  assert.equal(
    metrics['lastExp'],
    last((x) => f16round(Math.exp(x))),
  )
  assert.equal(
    metrics['expVanishes'],
    halves.find((x) => f16round(Math.exp(-x)) === 0),
  )
  assert.equal(
    metrics['lastSquare'],
    last((x) => f16round(x * x)),
  )
  assert.equal(
    metrics['lastComponent'],
    last((x) => f16round(64 * x * x)),
  )
  const near = halves.filter((x) => x > 7.9 && x < 8.1)
  assert.equal(
    metrics['lastActivation'],
    near.findLast((x) => Number.isFinite(variance(x))),
  )
  // NumPy 2.4.6 over all float16 gives the same five.
  assert.deepEqual(
    ['lastExp', 'expVanishes', 'lastSquare', 'lastActivation', 'lastComponent'].map((name) => metrics[name]),
    [11.0859375, 17.34375, 255.875, 7.99609375, 31.984375],
  )
  assert.equal(metrics['clamp'], 64512)
})

test('what each place gives without a cure is what NumPy gives', () => {
  const plain = Object.fromEntries(caseNames.map((name) => [name, outcome(name, 'none', fp16)]))
  assert.deepEqual(plain, {
    exp: Number.POSITIVE_INFINITY,
    'exp-small': 0,
    square: Number.POSITIVE_INFINITY,
    softmax: Number.NaN,
    'log-softmax': Number.NEGATIVE_INFINITY,
    'layer-norm': Number.POSITIVE_INFINITY,
    attention: Number.POSITIVE_INFINITY,
    t5: Number.POSITIVE_INFINITY,
  })
  for (const name of caseNames) assert.equal(verdictOf(name, plain[name] as number), 'broken')
})

test('cures give what they should', () => {
  assert.equal(outcome('attention', 'scaleFirst', fp16), 8192)
  assert.equal(outcome('layer-norm', 'scaleFirst', fp16), 64)
  assert.equal(outcome('layer-norm', 'bf16', fp16), 16)
  assert.equal(outcome('t5', 'clamp', fp16), 64512)
  assert.equal(outcome('t5', 'scaleFirst', fp16), 8 * f16round(inputs.t5 / 8))
  assert.equal(outcome('log-softmax', 'subtractMax', fp16), -18)
  assert.equal(outcome('exp', 'fp32', fp16), Math.fround(Math.exp(12)))
  assert.equal(outcome('exp', 'scaleFirst', fp16), undefined)
  for (const name of caseNames)
    assert.ok(Object.is(outcome(name, 'lossScaling', fp16), outcome(name, 'none', fp16)), name)
})

test('a loss scale that only backs off is 0 after 166 steps', async () => {
  let scale = 65536
  let steps = 0
  for (; scale > 0; steps++) scale = Math.fround(scale / 2)
  assert.equal((await runScenario('forward-overflow')).metrics['stepsToZero'], steps)
})

/** Round to the nearest of a format's values, ties to the even code; beyond the largest: NaN. */
function nearestCode(values: readonly number[]): (x: number) => number {
  const top = values.at(-1) as number
  const step = top - (values.at(-2) as number)
  return (x) => {
    if (x > top + step / 2) return Number.NaN
    let low = 0
    while (low < values.length - 1 && (values[low + 1] as number) <= x) low++
    if (low === values.length - 1) return top
    const [below, above] = [values[low] as number, values[low + 1] as number]
    const middle = (below + above) / 2
    return x < middle || (x === middle && low % 2 === 0) ? below : above
  }
}

for (const { algo, history, margin } of [
  { algo: 'max', history: 4, margin: 0 },
  { algo: 'max', history: 3, margin: 2 },
  { algo: 'most_recent', history: 4, margin: 1 },
])
  test(`delayed scaling by the book: ${algo}, history ${history}, margin ${margin}`, async () => {
    const options = { steps: 24, count: 64, std: 2, drift: 8, outlier: 50, seed: 7 }
    const { metrics, blocks } = await runScenario('fp8-scaling', { ...options, outlierStep: 9, history, margin, algo })
    const f = format('e4m3fn')
    const round = nearestCode(Array.from({ length: 0x7f }, (_, code) => decode(code, f)))
    // Transformer Engine's kernel: the array rolls, its first place takes the next amax.
    let remembered = new Array<number>(history).fill(0)
    let scale = 1
    const scales: number[] = []
    const own: number[] = []
    let [cutSteps, zeros, after] = [0, 0, 0]
    let step = 0
    for (const { tensor } of tensorsOf('activations', { ...options, outlierStep: 8 })) {
      const amax = Math.max(...tensor)
      scales.push(scale)
      own.push(Math.fround(448 / 2 ** margin / amax))
      const results = [...tensor].map((x) => round(Math.fround(x * scale)))
      const kept = keptOf(tensor, scale, f)
      assert.equal(kept.saturated, results.filter(Number.isNaN).length)
      assert.equal(kept.lost, results.filter((x) => x === 0).length)
      assert.equal(kept.few, results.filter((x) => x > 0 && x < 2 ** -6).length)
      if (kept.saturated > 0) cutSteps++
      if (step > 8 && step <= 8 + (algo === 'max' ? history : 1)) {
        zeros += kept.lost
        after += tensor.length
      }
      remembered[0] = amax
      const largest = algo === 'max' ? Math.max(...remembered) : amax
      remembered = [0, ...remembered.slice(2), amax].slice(0, history)
      scale = Math.fround(448 / 2 ** margin / largest)
      step++
    }
    const chart = blocks.find((block) => block.kind === 'line-chart')
    assert.ok(chart?.kind === 'line-chart')
    assert.deepEqual(chart.series[0]?.values, scales)
    assert.deepEqual(chart.series[1]?.values, own)
    assert.equal(metrics['saturatedSteps'], cutSteps)
    assert.equal(metrics['saturatedStepsCurrent'], 0)
    assert.ok(Math.abs((metrics['lostAfter'] as number) - zeros / after) < 1e-15)
    assert.equal(metrics['aftermath'], algo === 'max' ? history : 1)
  })

test('without an outlier nothing is left behind, and the tensors of two roles differ', async () => {
  const { metrics, findings } = await runScenario('fp8-scaling', { outlier: 1, count: 64 })
  assert.equal(metrics['aftermath'], 0)
  assert.equal(findings[0]?.code, 'fp8-calm')
  const options = { steps: 2, count: 16, std: 1, drift: 1, outlier: 1, outlierStep: 1, seed: 1 }
  const [a, g] = (['activations', 'gradients'] as const).map((role) => [...tensorsOf(role, options)])
  assert.equal(a?.length, 2)
  assert.equal(g?.length, 2)
  assert.notDeepEqual(a?.[0]?.tensor, g?.[0]?.tensor)
})

test('saturation: nothing fires, so the scale doubles with every interval', async () => {
  for (const { steps, growthInterval, initScale } of [
    { steps: 100, growthInterval: 7, initScale: 1024 },
    { steps: 300, growthInterval: 10, initScale: 65536 },
  ]) {
    const { metrics, blocks } = await runScenario('saturation', { steps, growthInterval, initScale, nanStep: 5 })
    assert.equal(metrics['skippedAscend'], 0)
    assert.equal(metrics['finalScaleAscend'], initScale * 2 ** Math.floor(steps / growthInterval))
    // Only the NaN stops it: one backoff, and the count of clean steps starts again.
    assert.equal(metrics['skippedSaturate'], 1)
    assert.equal(metrics['finalScaleSaturate'], (initScale / 2) * 2 ** Math.floor((steps - 5) / growthInterval))
    // The flag sees what Inf and NaN show.
    assert.equal(metrics['finalScaleFlag'], metrics['finalScaleInf'])
    assert.equal(metrics['skippedFlag'], metrics['skippedInf'])
    const chart = blocks.find((block) => block.kind === 'line-chart')
    assert.ok(chart?.kind === 'line-chart')
    const [inf, , ascend, flag] = chart.series.map(({ values }) => values)
    assert.deepEqual(inf, flag)
    assert.equal(ascend?.[0], initScale)
  }
})

test('saturation: with Inf the run is that of a plain loop', async () => {
  const options = { steps: 400, magnitude: 0.5, nanStep: 100 }
  const { metrics } = await runScenario('saturation', { ...options, growthInterval: 30, initScale: 4096, seed: 1 })
  let [scale, tracker, skipped, norm] = [4096, 0, 0, 0]
  for (const gradient of gradientsOf(options, 1)) {
    const stored = [...gradient].map((g) => f16round(Math.fround(g * scale)))
    if (!stored.every(Number.isFinite)) {
      skipped++
      scale /= 2
      tracker = 0
      continue
    }
    const length = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, x) => sum + x * x, 0))
    norm = length(stored.map((x) => Math.fround(x / scale))) / length(gradient)
    if (++tracker === 30) [scale, tracker] = [scale * 2, 0]
  }
  assert.ok(skipped > 3)
  assert.equal(metrics['skippedInf'], skipped)
  assert.equal(metrics['finalScaleInf'], scale)
  assert.ok(Math.abs((metrics['normLeftInf'] as number) - norm) < 1e-12)
})

test('saturation: what arrives is the gradient cut to the largest number over the scale', async () => {
  const { metrics } = await runScenario('saturation', { steps: 600, growthInterval: 20, magnitude: 1, nanStep: 0 })
  const limit = 65504 / ((metrics['finalScaleAscend'] as number) / 2)
  assert.equal(metrics['cutAscend'], 1)
  // All 256 values are cut: the norm left is limit · 16 over the true norm, about 16 times a size within a factor of 2.
  const size = limit / (metrics['normLeftAscend'] as number)
  assert.ok(size > 0.4 && size < 2.5, `${size}`)
  assert.equal(metrics['cutInf'], 0)
  assert.ok(Math.abs((metrics['normLeftInf'] as number) - 1) < 0.001)
  assert.equal(metrics['nanAppliedAscend'], 0)
})

test('autocast: the lesson loses what FP16 alone loses, and keeps it under every list', async () => {
  const { metrics } = await runScenario('autocast', {})
  assert.equal(metrics['wideOperations'], 5)
  assert.equal(metrics['firstLost'], 3)
  for (const policy of ['pytorch', 'apex-O1', 'pytorch-bf16', 'mixed_float16', 'apex-O0'])
    assert.equal((await runScenario('autocast', { policy })).metrics['lostUnderPolicy'], 0, policy)
  // Whole models in FP16 lose the same values as FP16 alone, until the output is cast.
  const { metrics: pure } = await runScenario('autocast', { policy: 'apex-O3' })
  assert.equal(pure['lostUnderPolicy'], pure['lostInFp16'])
  const { metrics: full } = await runScenario('autocast', { policy: 'apex-O0' })
  assert.ok((full['errorUnderPolicy'] as number) < 1e-6)
  const { metrics: refused } = await runScenario('autocast', { graph: 'linear softmax bce' })
  assert.equal(refused['refused'], 3)
  assert.ok(Number.isNaN(refused['resultUnderPolicy']))
})

test('autocast names the cause that is there', async () => {
  const of = async (graph?: string) =>
    (await runScenario('autocast', graph === undefined ? {} : { graph })).findings.map(({ code, values }) => ({
      code,
      ...values,
    })) as readonly Record<string, unknown>[]
  // Probabilities below 2^-25 are no overflow, though exp inside the exact one is large; the square in layer-norm is.
  for (const [graph, tooLarge] of [
    ['linear sigmoid bce', false],
    [undefined, true],
  ] as const)
    assert.equal((await of(graph)).find(({ code }) => code === 'autocast-fp16-lost')?.['tooLarge'], tooLarge, graph)
  for (const before of ['sigmoid', 'softmax']) assert.equal((await of(`linear ${before} bce`))[0]?.['before'], before)
  await assert.rejects(runScenario('autocast', { policy: 'p=f32,c=f17' }), (error: unknown) => {
    assert.ok(error instanceof FpsimError)
    return error.values['value'] === 'f17'
  })
})

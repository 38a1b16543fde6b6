/** The size of a step against its formula in another arithmetic, and samples against plain sorting and counting. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { distribution } from '../../src/data/distributions.js'
import { type Sample, sampleOf, sizeOfSteps } from '../../src/data/gradient-stream.js'
import { loadProfile } from '../../src/data/profile.js'
import { blocks } from '../../src/data/rng.js'
import type { Block, Source } from '../../src/data/source.js'

const near = (got: number, wanted: number, relative = 1e-13): void =>
  assert.ok(Math.abs(got - wanted) <= relative * Math.abs(wanted), `${got}, wanted ${wanted}`)

test('the size of a step is its formula', () => {
  const options = { steps: 500, size: 3, drift: 2 ** -12, noise: 1.5, spikeRate: 0.1, spikeHeight: 40, seed: 7 }
  const size = sizeOfSteps(options)
  const draw = blocks(7, 'uniform')
  let spikes = 0
  for (let t = 0; t < 500; t++) {
    const [u, v, w] = [...draw(t)].map((word) => word / 2 ** 32) as [number, number, number, number]
    const spike = w < 0.1
    if (spike) spikes++
    near(size(t), 3 * 2 ** ((-12 * t) / 499) * 1.5 ** (u + v - 1) * (spike ? 40 : 1))
  }
  // 50 expected, standard deviation 6.7.
  assert.ok(spikes > 20 && spikes < 80, `${spikes} spikes`)
})

test('without drift, noise and spikes the size is exact', () => {
  const size = sizeOfSteps({ steps: 1e6, size: 0.3, seed: 1 })
  for (const t of [0, 1, 999_999]) assert.equal(size(t), 0.3)
  assert.equal(sizeOfSteps({ steps: 1, drift: 8, seed: 1 })(0), 1)
})

test('a step does not depend on the order of asking, and the seed counts', () => {
  const options = { steps: 100, noise: 2, spikeRate: 0.2, spikeHeight: 8 }
  const size = sizeOfSteps({ ...options, seed: 1 })
  const forward = Array.from({ length: 100 }, (_, t) => size(t))
  const backward = Array.from({ length: 100 }, (_, t) => size(99 - t)).reverse()
  assert.deepEqual(backward, forward)
  const other = sizeOfSteps({ ...options, seed: 2 })
  assert.notDeepEqual(
    Array.from({ length: 100 }, (_, t) => other(t)),
    forward,
  )
  // More spikes change no other step.
  const more = sizeOfSteps({ ...options, spikeRate: 0.4, seed: 1 })
  const changed = forward.filter((value, t) => more(t) !== value)
  assert.ok(changed.length > 0 && changed.length < 50)
  forward.forEach((value, t) => {
    assert.ok([value, value * 8].includes(more(t)))
  })
})

const sourceOf = (all: Block[]): Source => ({ name: 'test', blocks: () => all })

test('a sample is sorted, whatever the blocks; zeros, NaN and signs are told', async () => {
  const values = Float64Array.of(3, -1, 0, 2, Number.NaN, -0, 0.5, Number.NEGATIVE_INFINITY, 2)
  const whole = (await sampleOf(sourceOf([{ tensor: '', values, zeros: 4 }]))) as Sample
  assert.deepEqual([...whole.sizes], [0.5, 1, 2, 2, 3])
  assert.deepEqual([...whole.upTo], [0, 1, 2, 3, 4, 5])
  assert.deepEqual([whole.zeros, whole.nonfinite, whole.negative], [6, 2, true])
  const pieces = [values.subarray(0, 2), values.subarray(2, 2), values.subarray(2)]
  const cut = await sampleOf(sourceOf(pieces.map((part, i) => ({ tensor: '', values: part, zeros: i === 0 ? 4 : 0 }))))
  assert.deepEqual(cut, whole)
})

test('weights go with their values', async () => {
  const values = Float64Array.of(4, 1, -2)
  const weights = Float64Array.of(10, 20, 30)
  const sample = (await sampleOf(sourceOf([{ tensor: '', values, weights }]))) as Sample
  assert.deepEqual([...sample.sizes], [1, 2, 4])
  assert.deepEqual([...sample.upTo], [0, 20, 50, 60])
})

test('the sample of a profile has the counts of the recording', async () => {
  const sample = (await sampleOf(await loadProfile('digits-cnn', { seed: 1 }))) as Sample
  assert.equal(sample.upTo.at(-1), 12_463_883)
  // The share that FP16 loses, as recorded: scenarios/profiles.
  const lost = sample.upTo[sample.sizes.findIndex((x) => x > 2 ** -25)] as number
  near((100 * lost) / 12_463_883, 3.2545, 2e-5)
  for (let i = 1; i < sample.sizes.length; i++)
    assert.ok((sample.sizes[i] as number) >= (sample.sizes[i - 1] as number))
})

test('a distribution is sorted like an array', async () => {
  const source = distribution({ distribution: 'normal', count: 70_000, seed: 3 })
  const all: number[] = []
  for await (const { values } of source.blocks()) all.push(...values)
  const sample = (await sampleOf(source)) as Sample
  assert.deepEqual(
    [...sample.sizes],
    all.map(Math.abs).sort((a, b) => a - b),
  )
})

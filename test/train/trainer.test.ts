/** Whole trainings against PyTorch's, and what a run must be: the same every time, and honest about what it lost. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FpsimError } from '../../src/errors.js'
import { valuesOf as view } from '../../src/kernel/arena.js'
import { mlp } from '../../src/train/models/mlp.js'
import {
  type Recipe,
  recipeNamed,
  recipeNames,
  type Schedule,
  schedule,
  scheduleNamed,
} from '../../src/train/recipe.js'
import type { Make, Task } from '../../src/train/task.js'
import { type Classifier, classLoss, classMeasure, classMeasures } from '../../src/train/tasks/classify.js'
import { type Trained, type TrainOptions, train } from '../../src/train/trainer.js'
import { root } from '../support.js'

interface Reference {
  readonly losses: number[]
  readonly scales: number[]
  readonly skipped: number[]
  readonly norms: number[]
  readonly weights: string[]
}

const file = JSON.parse(readFileSync(join(root, 'test', 'vectors', 'train', 'training.json'), 'utf8')) as {
  batch: number
  steps: number
  inputs: string
  labels: number[]
  initial: string[]
  scaler: { initScale: number; growthInterval: number }
  runs: Record<string, Reference>
}

function floats(hex: string): Float32Array {
  const bytes = Buffer.from(hex, 'hex')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatBE(4 * i))
}

const inputs = floats(file.inputs)
const count = file.labels.length
const initial = file.initial.map(floats)

/** The network of the vectors, in the order of its samples. `final` is filled with the weights at the end. */
function taskOf(final: Float32Array[] = []): Task {
  const data = { count, size: 10, values: inputs, labels: file.labels }
  return {
    name: 'test',
    data: 'test',
    samples: undefined,
    measures: classMeasures(data, 10),
    build(make, seed) {
      let next = 0
      const given: Make = (name, shape) => make(name, shape, initial[next++] as Float32Array)
      const network = mlp(given, seed, [10, 20, 10])
      const c: Classifier = { train: data, test: data, classes: 10, shape: [10], forward: network.forward }
      const loss = classLoss(c)
      return {
        phases: [
          {
            name: '',
            parameters: network.parameters,
            loss: (tape, samples) =>
              loss(
                tape,
                samples.map((i) => i % count),
              ),
          },
        ],
        evaluate: (tape) => classMeasure(c, tape),
        show: () => {
          final.push(...network.parameters.map(({ slab }) => Float32Array.from(view(slab))))
          return []
        },
      }
    },
  }
}

const momentum = { optimizer: 'momentum', hyper: { lr: 0.05, momentum: 0.9 } } as const
const adamw = { optimizer: 'adamw', hyper: { lr: 0.01 } } as const
const base: Pick<TrainOptions, 'seed' | 'steps' | 'batch'> = { seed: 1, steps: file.steps, batch: file.batch }

const run = (recipe: string | Schedule, o: Partial<TrainOptions>, final?: Float32Array[]): Promise<Trained> =>
  train(taskOf(final), typeof recipe === 'string' ? scheduleNamed(recipe) : recipe, { ...base, ...momentum, ...o })

const closest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let worst = 0
  const most = Math.max(...Array.from(b, Math.abs))
  for (let i = 0; i < b.length; i++) worst = Math.max(worst, Math.abs((a[i] as number) - (b[i] as number)) / most)
  return worst
}

const cases: readonly { name: string; recipe: string; o: Partial<TrainOptions>; loss: number; weight: number }[] = [
  { name: 'momentum', recipe: 'fp32', o: momentum, loss: 2e-6, weight: 2e-6 },
  { name: 'adamw', recipe: 'fp32', o: adamw, loss: 1e-5, weight: 2e-5 },
  { name: 'accumulated', recipe: 'fp32', o: { ...momentum, accumulate: 3 }, loss: 2e-6, weight: 2e-6 },
  { name: 'clipped', recipe: 'fp32', o: { ...momentum, clip: { max: 0.5, method: 'norm' } }, loss: 2e-6, weight: 2e-6 },
  { name: 'uncleared', recipe: 'fp32', o: { ...momentum, clear: false, steps: 8 }, loss: 2e-6, weight: 2e-6 },
  // Sums in another order before a rounding to FP16 may end one ulp (2^-11) apart.
  { name: 'amp', recipe: 'fp16-amp', o: { ...momentum, scaling: file.scaler }, loss: 2e-4, weight: 5e-4 },
  { name: 'ampAdamw', recipe: 'fp16-amp', o: { ...adamw, scaling: file.scaler }, loss: 5e-4, weight: 5e-3 },
  {
    name: 'ampUncleared',
    recipe: 'fp16-amp',
    o: { ...momentum, clear: false, steps: 12, scaling: { initScale: 1024 } },
    loss: 2e-4,
    weight: 5e-4,
  },
]

for (const { name, recipe, o, loss, weight } of cases)
  test(`as PyTorch: ${name}`, async () => {
    const reference = file.runs[name] as Reference
    const final: Float32Array[] = []
    const { history, finalScale } = await run(recipe, o, final)
    const losses = history.losses[0] as Float64Array
    assert.equal(losses.length, reference.losses.length)
    for (const [i, expected] of reference.losses.entries())
      assert.ok(Math.abs((losses[i] as number) - expected) <= loss * expected, `step ${i}: ${losses[i]}, ${expected}`)
    assert.deepEqual([...history.scale], reference.scales)
    assert.deepEqual([...history.skipped], reference.skipped)
    assert.ok(finalScale > 0)
    for (const [i, norm] of reference.norms.entries())
      assert.ok(Math.abs((history.norm[i] as number) - norm) <= 1e-5 * norm, `norm ${i}: ${history.norm[i]}, ${norm}`)
    assert.equal(final.length, 4)
    for (const [i, hex] of reference.weights.entries()) {
      const worst = closest(final[i] as Float32Array, floats(hex))
      assert.ok(worst <= weight, `weights ${i}: ${worst}`)
    }
  })

test('the same run gives the same bits, recipe by recipe', async () => {
  for (const recipe of recipeNames) {
    const [a, b] = [await run(recipe, { steps: 6 }), await run(recipe, { steps: 6 })]
    assert.deepEqual(a, b, recipe)
  }
})

test('another seed changes stochastic rounding and nothing of plain FP32', async () => {
  const norms = async (recipe: string, seed: number) => [...(await run(recipe, { seed, steps: 6 })).history.norm]
  assert.deepEqual(await norms('fp32', 1), await norms('fp32', 2))
  assert.notDeepEqual(await norms('bf16-sr', 1), await norms('bf16-sr', 2))
})

test('a schedule is its first recipe up to the change, and goes on from the same weights', async () => {
  const first = await run('fp16-amp', { steps: 10 })
  const both = await run('fp16-amp+fp32@10', { steps: 14 })
  const losses = both.history.losses[0] as Float64Array
  assert.deepEqual([...losses.subarray(0, 10)], [...(first.history.losses[0] as Float64Array)])
  assert.deepEqual([...both.history.scale.subarray(8)], [65536, 65536, 1, 1, 1, 1])
  // The FP32 master weights and the momentum go on: a change from fp32 to fp32 under another name changes nothing.
  const same = schedule('twice', [
    { from: 0, recipe: recipeNamed('fp32') },
    { from: 5, recipe: { ...recipeNamed('fp32'), name: 'other' } },
  ])
  const plain = await run('fp32', { steps: 12 })
  const twice = await run(same, { steps: 12 })
  assert.deepEqual(twice.history, plain.history)
})

test('updates too small for the format are all lost, and the weights stay where they were', async () => {
  const final: Float32Array[] = []
  const { totals } = await run('bf16', { optimizer: 'sgd', hyper: { lr: 1e-9 }, steps: 5 }, final)
  assert.ok(totals.updates > 1000)
  // Only weights near 0 could still move.
  assert.ok(totals.lostUpdates / totals.updates > 0.999)
  const master: Float32Array[] = []
  const kept = await run('fp16-master', { optimizer: 'sgd', hyper: { lr: 1e-3 }, steps: 5 }, master)
  assert.ok(kept.totals.lostUpdates / kept.totals.updates < 0.001)
})

test('a loss so small that FP16 loses every gradient moves nothing; with a scale it moves', async () => {
  const o = { optimizer: 'adam', hyper: { lr: 0.01 }, lossWeight: 1e-7, steps: 4 } as const
  const final: Float32Array[] = []
  const lost = await run('fp16-unscaled', o, final)
  for (const [i, values] of final.entries()) assert.deepEqual(values, initial[i])
  assert.ok(lost.totals.lost > 0)
  assert.ok((lost.history.norm[0] as number) === 0)
  const scaled = await run('fp16-amp', o)
  assert.ok((scaled.history.norm[0] as number) > 0)
  assert.ok((scaled.history.losses[0]?.[3] as number) < (scaled.history.losses[0]?.[0] as number))
})

test('products by the tensor cores of a GPU: other last bits, and the same training', async () => {
  const plain = await run('fp16-amp', { scaling: file.scaler })
  for (const gpu of ['v100', 'h100']) {
    const cores = await run(`fp16-amp/${gpu}`, { scaling: file.scaler })
    const [ours, theirs] = [cores, plain].map(({ history }) => history.losses[0] as Float64Array)
    if (!ours || !theirs) throw new Error()
    assert.notDeepEqual(ours, theirs)
    // Results are rounded to FP16: where sums end on the other side of a tie, one ulp of it (2^-11) apart.
    assert.ok(closest(ours, theirs) < 5e-4, `${gpu}: ${closest(ours, theirs)}`)
    assert.deepEqual(cores.history.scale, plain.history.scale)
  }
})

test('mxfp8 and nvfp4: coarser than bf16, and they learn', async () => {
  const [fp32, bf16, mxfp8, nvfp4] = await Promise.all(['fp32', 'bf16-amp', 'mxfp8', 'nvfp4'].map((r) => run(r, {})))
  if (!fp32 || !bf16 || !mxfp8 || !nvfp4) throw new Error()
  const apart = ({ history }: Trained): number =>
    closest(history.losses[0] as Float64Array, fp32.history.losses[0] as Float64Array)
  assert.ok(apart(bf16) < apart(mxfp8) && apart(mxfp8) < apart(nvfp4), `${[bf16, mxfp8, nvfp4].map(apart)}`)
  for (const { history } of [mxfp8, nvfp4]) {
    const losses = history.losses[0] as Float64Array
    assert.ok((losses.at(-1) as number) < 0.9 * (losses[0] as number))
  }
  assert.ok(nvfp4.totals.lost / nvfp4.totals.gradients > 10 * (mxfp8.totals.lost / mxfp8.totals.gradients))
})

test('workers: what they exchange whole is what one worker has, but for the order of sums', async () => {
  const one = await run('fp32', {})
  const four = await run('fp32', { workers: 4, compress: 'none' })
  assert.ok(closest(four.history.losses[0] as Float64Array, one.history.losses[0] as Float64Array) < 1e-5)
  assert.equal(one.sent, 0)
  assert.equal(four.sent, 4 * one.parameters)
  const few = await run('fp32', { workers: 4, compress: 'topk:0.1' })
  assert.ok(few.sent < one.parameters)
  const amp = await run('fp16-amp', { workers: 2, accumulate: 3, compress: 'fp16', scaling: { initScale: 1024 } })
  assert.ok(Math.abs((amp.history.losses[0]?.at(-1) as number) - (one.history.losses[0]?.at(-1) as number)) < 0.01)
})

test('a run that breaks is a result: NaN from there on, and no more steps', async () => {
  const { brokenAt, history, measures } = await run('pure-fp16', { ...adamw, steps: 10 })
  assert.equal(brokenAt, 1)
  assert.ok(Number.isFinite(history.losses[0]?.[0]))
  assert.ok([...(history.losses[0] ?? [])].slice(1).every(Number.isNaN))
  assert.equal(measures['accuracy'], 0)
})

test('a scaler that gives up ends the run there', async () => {
  const recipe: Recipe = {
    ...recipeNamed('fp16-amp'),
    scaler: 'fairseq',
    scaling: { initScale: 2 ** 40, minScale: 2 ** 39 },
  }
  const { gaveUpAt, history } = await run(schedule('fairseq', [{ from: 0, recipe }]), { steps: 20 })
  assert.ok(gaveUpAt !== undefined && gaveUpAt < 10)
  assert.ok(Number.isNaN(history.losses[0]?.[gaveUpAt + 1] as number))
})

test('gradients are counted by power of two: each of them, unscaled', async () => {
  const { counts, parameters } = await run('fp16-amp', { every: 2, steps: 5, scaling: { initScale: 1024 } })
  assert.deepEqual(
    counts.map(({ step }) => step),
    [0, 2, 4],
  )
  const plain = await run('fp32', { every: 2, steps: 5 })
  for (const [i, { tensors }] of counts.entries()) {
    const weights = tensors.filter(({ kind }) => kind === 'weights')
    const all = weights.reduce((sum, t) => sum + t.zeros + t.nonfinite + t.counts.reduce((n, c) => n + c, 0), 0)
    assert.equal(all, parameters)
    for (const { tensor, largest } of weights) {
      const twin = plain.counts[i]?.tensors.find((t) => t.tensor === tensor)
      assert.ok(Math.abs(largest - (twin?.largest ?? 0)) < 0.01 * largest, tensor)
    }
  }
})

test('what cannot be is refused', async () => {
  const code = (wanted: string) => (error: FpsimError) => error.code === wanted
  await assert.rejects(run('fp32', { batch: 3, accumulate: 4 }), code('invalid-value'))
  await assert.rejects(run('fp32', { compress: 'nothing', workers: 2 }), code('invalid-value'))
  const finite: Task = { ...taskOf(), samples: 10 }
  await assert.rejects(train(finite, scheduleNamed('fp32'), { ...base, ...momentum, batch: 11 }), code('invalid-value'))
})

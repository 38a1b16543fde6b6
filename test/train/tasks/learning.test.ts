/** The tasks learn, tell the truth about it, give the same twice, and do not crash when a recipe breaks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mixture } from '../../../src/data/dataset/mixture.js'
import { loadDataset } from '../../../src/data/dataset.js'
import type { FpsimError } from '../../../src/errors.js'
import { parameter } from '../../../src/tensor/leaves.js'
import { newTape } from '../../../src/tensor/tape.js'
import { scheduleNamed } from '../../../src/train/recipe.js'
import type { Shown, Task, TaskKind, TaskOptions } from '../../../src/train/task.js'
import { coverage, gan } from '../../../src/train/tasks/gan.js'
import { naive, series } from '../../../src/train/tasks/series.js'
import { text } from '../../../src/train/tasks/text.js'
import { drawn } from '../../../src/train/tasks/text-language.js'
import { type Trained, train } from '../../../src/train/trainer.js'

const small: Readonly<Record<string, TaskOptions>> = {
  text: { width: 16, depth: 1 },
  classify: { variant: 'classify', width: 16, depth: 1 },
  series: { width: 8 },
  gan: { width: 16 },
}
const kinds: Readonly<Record<string, TaskKind>> = { text, classify: text, series, gan }

async function run(name: string, recipe: string, steps: number, o: { batch?: number; lr?: number } = {}) {
  const [kind, options] = [kinds[name] as TaskKind, small[name] as TaskOptions]
  const task = await kind.load(options, 1)
  const { optimizer, lr, batch, hyper } = kind.defaults(options)
  const trained = await train(task, scheduleNamed(recipe), {
    seed: 1,
    steps,
    batch: o.batch ?? Math.min(8, batch),
    optimizer,
    hyper: { ...hyper, lr: o.lr ?? lr },
  })
  return { task, trained }
}

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length
const ends = ({ history }: Trained): readonly [number, number] => {
  const losses = history.losses[0] as Float64Array
  return [mean(losses.subarray(0, 10)), mean(losses.subarray(-10))]
}
const measured = ({ task, trained }: { task: Task; trained: Trained }): number =>
  trained.measures[task.measures[0].name] as number

test('text: fewer bits than by counting characters, and words of the vocabulary', async () => {
  const made = await run('text', 'fp32', 120, { lr: 0.01 })
  const [first, last] = ends(made.trained)
  assert.ok(last < first - 0.5, `${first} → ${last}`)
  assert.ok(measured(made) < (made.task.measures[0].naive as number), `${measured(made)}`)
  const { vocabulary } = await loadDataset('moby-dick')
  const [shown] = made.trained.shown as [Extract<Shown, { kind: 'text' }>]
  assert.ok(shown.text.length > 30 && [...shown.text].every((sign) => vocabulary.includes(sign)), shown.text)
})

test('bits by counting: the cross-entropy of the test text under the counts of the training text', async () => {
  const { train: seen, test: unseen, vocabulary } = await loadDataset('moby-dick')
  const task = await text.load({}, 1)
  // One count more for each character: one that was never seen must not cost infinitely much.
  const counts = new Map<number, number>()
  for (const token of seen) counts.set(token, (counts.get(token) ?? 0) + 1)
  const whole = [...unseen].reduce(
    (sum, token) => sum - Math.log2(((counts.get(token) ?? 0) + 1) / (seen.length + vocabulary.length)),
    0,
  )
  assert.ok(Math.abs((task.measures[0].naive as number) / (whole / unseen.length) - 1) < 1e-12)
})

test('classify: the training before is there, and gentle steps go on from it', async () => {
  const [start, end] = [await run('classify', 'fp32', 1), await run('classify', 'fp32', 60, { lr: 1e-3 })]
  const [before, after] = [start, end].map(({ trained }) => trained.measures['testLoss'] as number) as [number, number]
  // ln 2 is what a guess costs.
  assert.ok(before < Math.LN2 - 0.03, `${before}: nothing was learned before`)
  assert.ok(after < before - 0.1, `${before} → ${after}`)
  assert.ok(measured(end) > 0.75, `${measured(end)}`)
})

test('classify: BF16 swallows what FP32 learns at 2e-5', async () => {
  const [full, half] = [await run('classify', 'fp32', 20), await run('classify', 'bf16', 20)]
  const share = ({ totals }: Trained): number => totals.lostUpdates / totals.updates
  assert.ok(share(full.trained) < 0.02, `${share(full.trained)}`)
  assert.ok(share(half.trained) > 0.8, `${share(half.trained)}`)
})

test('series: the error falls far below the first one; naive forecasts are what they say', async () => {
  const made = await run('series', 'fp32', 150)
  const [first, last] = ends(made.trained)
  assert.ok(last < first / 3, `${first} → ${last}`)
  const line = Float64Array.from({ length: 40 }, (_, i) => 2 * i + (i % 12))
  // A straight line with a season is forecast without error.
  const told = naive(line, 24, { seen: 24, ahead: 12, season: 12, shown: 12 })
  for (let i = 0; i < 12; i++) assert.equal(told(i), line[24 + i])
  assert.equal(naive(line, 24, { seen: 24, ahead: 7, season: 0, shown: 7 })(3), line[23])
})

test('series: the forecasts shown are of the last measured values', async () => {
  const { trained } = await run('series', 'fp32', 5)
  const [shown] = trained.shown as [Extract<Shown, { kind: 'lines' }>]
  const { values } = await loadDataset('co2')
  const measuredLine = shown.sets.find(({ name }) => name === 'measured')?.values
  assert.deepEqual(measuredLine, [...values.slice(-shown.x.length)])
  // The series ends in April 2020.
  assert.ok(Math.abs((shown.x.at(-1) as number) - (2020 + 3 / 12)) < 1e-9, `${shown.x.at(-1)}`)
})

test('gan: discriminator and generator each have their own parameters, and both move', async () => {
  const task = await gan.load(small['gan'] as TaskOptions, 1)
  const tape = newTape({ precisions: () => ({}) })
  const [first, second] = task.build((name, shape, values) => parameter(tape, name, shape, values), 1).phases
  assert.deepEqual([first?.name, second?.name], ['discriminator', 'generator'])
  assert.ok(first?.parameters.every((each) => !second?.parameters.includes(each)))
  const { trained } = await run('gan', 'fp32', 60)
  assert.equal(trained.history.losses.length, 2)
  for (const losses of trained.history.losses) assert.ok(new Set(losses).size > 50)
})

test('coverage: real points meet all clusters, points of one cluster one, points between them none', () => {
  const { points, centres } = mixture({ centres: 8, std: 0.05, seed: 3 })
  const real = coverage(points(0, 1000), centres)
  // Within three standard deviations lie 1 − e^−4.5 of the points of a plane: 98.9 %.
  assert.equal(real.modes, 8)
  assert.ok(Math.abs(real.quality - 0.9889) < 0.012, `${real.quality}`)
  const one = Float64Array.from({ length: 200 }, (_, i) => centres[i % 2] as number)
  assert.deepEqual(coverage(one, centres), { modes: 1, quality: 1 })
  assert.deepEqual(coverage(new Float64Array(200), centres), { modes: 0, quality: 0 })
  assert.deepEqual(coverage(new Float64Array(200).fill(Number.NaN), centres), { modes: 0, quality: 0 })
})

test('drawn: softmax at half the temperature, and nothing of logits that are not finite', () => {
  // e^(2·ln 3) : e^0 = 9 : 1.
  const logits = [Math.log(3), 0]
  assert.equal(drawn(logits, 0.89), 0)
  assert.equal(drawn(logits, 0.91), 1)
  assert.equal(drawn([1000, 0, -1000], 0.999999), 0)
  assert.equal(drawn([Number.NaN, 0], 0.5), undefined)
  assert.equal(drawn([Number.POSITIVE_INFINITY, 0], 0.5), undefined)
})

for (const name of Object.keys(kinds)) {
  test(`${name}: the same twice, and not the same with other data`, async () => {
    const [a, b] = [await run(name, 'fp16-amp', 6), await run(name, 'fp16-amp', 6)]
    assert.deepEqual(a.trained, b.trained)
    const other = await run(name, 'fp16-amp', 6, { batch: 7 })
    assert.notDeepEqual(a.trained.history.losses, other.trained.history.losses)
  })
  test(`${name}: a run that breaks is a result`, async () => {
    const { trained } = await run(name, 'pure-fp16', 12)
    assert.ok((trained.brokenAt as number) < 12)
    assert.ok(trained.history.losses.some((losses) => Number.isNaN(losses[11])))
    for (const shown of trained.shown) if (shown.kind === 'text') assert.equal(shown.text, '')
  })
}

test('wrong variants and widths are refused', async () => {
  const refused = (o: TaskOptions, option: string) =>
    assert.rejects(
      async () => text.load(o, 1),
      (error: FpsimError) => error.code === 'invalid-value' && error.values['option'] === option,
    )
  await refused({ variant: 'translate' }, 'variant')
  await refused({ width: 24 }, 'width')
  assert.throws(() => text.defaults({ variant: 'translate' }), /variant|invalid/)
})

test('gan: one scaler for two optimizers, whose skips differ; it is halved once a step in which any overflowed', async () => {
  const task = await gan.load({ width: 16 }, 1)
  const { history } = await train(task, scheduleNamed('fp16-amp'), {
    seed: 1,
    steps: 30,
    batch: 32,
    optimizer: 'adam',
    hyper: { lr: 1e-3 },
    scaling: { initScale: 2 ** 32 },
  })
  const [first, second] = history.skippedBy as [Uint8Array, Uint8Array]
  assert.notDeepEqual(first, second)
  let scale = 2 ** 32
  for (let i = 0; i < 30; i++) {
    assert.equal(history.scale[i], scale)
    assert.equal(history.skipped[i], Math.max(first[i] as number, second[i] as number))
    if (history.skipped[i]) scale /= 2
  }
  assert.ok(scale < 2 ** 32)
})

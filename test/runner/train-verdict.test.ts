/** Whether a run is as good as its twin, and why not: on runs made up, each of which only one rule decides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeOf } from '../../src/runner/train/causes.js'
import { alarmFindings, findingsOf } from '../../src/runner/train/findings.js'
import { isBehind, judge, type Run } from '../../src/runner/train/run.js'
import type { Measure } from '../../src/train/task.js'
import { shareError } from '../../src/train/tasks/classify.js'
import { errorOf } from '../../src/train/tasks/series.js'

import type { Trained } from '../../src/train/trainer.js'

const steps = 100

interface Made {
  readonly loss?: readonly [from: number, to: number]
  readonly measures?: Readonly<Record<string, number>>
  readonly phases?: number
  readonly skipped?: number
  readonly overflow?: number
  readonly lost?: number
  readonly lostUpdates?: number
  readonly brokenAt?: number | undefined
  /** The loss jumps to this at one step. */
  readonly spike?: readonly [step: number, loss: number]
}

/** A run whose loss falls in a straight line, and stays for its last fifth. */
function made(o: Made): Trained {
  const { loss: [from, to] = [2, 1], measures = {}, phases = 1, skipped = 0, overflow = 0, lost = 0 } = o
  const losses = Float64Array.from({ length: steps }, (_, i) => from + (to - from) * Math.min(1, i / 80))
  if (o.spike) losses[o.spike[0]] = o.spike[1]
  const first = (n: number) => Uint8Array.from({ length: steps }, (_, i) => (i < n ? 1 : 0))
  const all = (x: number) => new Float64Array(steps).fill(x)
  return {
    name: 'x',
    steps,
    phases: Array.from({ length: phases }, () => ''),
    history: {
      losses: Array.from({ length: phases }, () => losses),
      scale: all(1),
      skipped: first(skipped),
      skippedBy: [first(skipped)],
      overflow: first(overflow),
      lost: all(lost),
      lostUpdates: all(0),
      norm: all(1),
    },
    measures,
    shown: [],
    counts: [],
    parameters: 10,
    bytes: 4,
    brokenAt: o.brokenAt,
    gaveUpAt: undefined,
    totals: { gradients: 1000, lost: 1000 * lost, updates: 1000, lostUpdates: 1000 * (o.lostUpdates ?? 0) },
    finalScale: 1,
    sent: 0,
  }
}

const accuracy: Measure = { name: 'accuracy', better: 'higher', as: 'percent', naive: 0.1 }
const error: Measure = { name: 'forecastError', better: 'lower', as: 'number', naive: 3 }

const runOf = (trained: Trained, recipe = 'x', held = 'fp32'): Run => ({ recipe, loop: 'repaired', trained, held })
const verdict = (own: Made, twin: Made, measure = accuracy) => {
  const other = made(twin)
  return judge(runOf(made(own)), other, measure).verdict
}
const right = (share: number, count: number) => ({ accuracy: share, accuracyError: shareError(share, count) })

test('a loss that hardly falls is measured by itself, not by its fall', () => {
  // Fine-tuning: 0.65 → 0.646 in FP32, 0.65 in FP16. The fall is 0.004, and as much apart they are the same.
  const twin = { loss: [0.65, 0.646], measures: right(0.54, 200) } as const
  assert.equal(verdict({ loss: [0.65, 0.65], measures: right(0.54, 200) }, twin), 'same')
  assert.equal(verdict({ loss: [0.65, 0.67], measures: right(0.54, 200) }, twin), 'same')
  assert.equal(verdict({ loss: [0.65, 0.8], measures: right(0.54, 200) }, twin), 'worse')
})

test('a loss that falls far may miss a twentieth of the fall', () => {
  const twin = { loss: [10, 0.1], measures: right(0.9, 1000) } as const
  assert.equal(verdict({ loss: [10, 0.59], measures: right(0.9, 1000) }, twin), 'same')
  assert.equal(verdict({ loss: [10, 0.61], measures: right(0.9, 1000) }, twin), 'worse')
})

test('two standard errors are no difference, of few samples as of many', () => {
  // 49 % of 200: the standard error is 3.5 %.
  for (const [own, count, expected] of [
    [0.494, 200, 'same'],
    [0.425, 200, 'same'],
    [0.41, 200, 'worse'],
    [0.425, 20_000, 'worse'],
    [0.47, 20_000, 'same'],
  ] as const)
    assert.equal(verdict({ measures: right(own, count) }, { measures: right(0.49, count) }), expected, `${own}`)
})

test('one test sample is no difference, even of a twin that is always right', () => {
  assert.equal(shareError(1, 10), 0.05)
  assert.equal(shareError(0, 10), 0.05)
  assert.ok(Math.abs(shareError(0.5, 100) - 0.05) < 1e-15)
  assert.equal(verdict({ measures: right(0.9, 10) }, { measures: right(1, 10) }), 'same')
  assert.equal(verdict({ measures: right(0.8, 10) }, { measures: right(1, 10) }), 'worse')
})

test('the standard error of a forecast takes each forecast as one observation', () => {
  // Two forecasts of two values: squares 1, 1 and 9, 9. Mean 5, deviation of the two means √32, error of the mean 4.
  const data = { values: Float64Array.from([0, 0, 0, 0]) }
  const plan = { seen: 1, ahead: 2, season: 0, shown: 2 }
  const { error: root, chance } = errorOf(data as Parameters<typeof errorOf>[0], plan, [0, 2], [1, -1, 3, -3])
  assert.equal(root, Math.sqrt(5))
  assert.ok(Math.abs(chance - 4 / (2 * Math.sqrt(5))) < 1e-15)
})

test('lower is better where it is; NaN is never as good', () => {
  const twin = { measures: { forecastError: 1, forecastErrorError: 0.01 } }
  const at = (x: number) => verdict({ measures: { forecastError: x } }, twin, error)
  assert.deepEqual([at(0.5), at(1.04), at(1.06), at(Number.NaN)], ['same', 'same', 'worse', 'worse'])
  assert.equal(verdict({ loss: [2, Number.NaN], measures: right(0.9, 10) }, { measures: right(0.9, 10) }), 'worse')
  assert.ok(isBehind(made({ measures: {} }), made(twin), error))
})

test('adversaries are judged by what they make, not by their losses; nothing of nothing is the same', () => {
  const clusters: Measure = { name: 'modes', better: 'higher', as: 'number' }
  const at = (own: number, wanted: number) =>
    verdict({ loss: [1, 9], phases: 2, measures: { modes: own } }, { phases: 2, measures: { modes: wanted } }, clusters)
  assert.deepEqual([at(7, 8), at(6, 8), at(0, 0), at(8, 0)], ['same', 'worse', 'same', 'same'])
})

const cause = (own: Made, held = 'fp32') =>
  causeOf(judge(runOf(made(own), 'x', held), made({ measures: right(0.9, 10) }), accuracy)).code

test('weights in FP32 lose updates because gradients were lost, narrow weights by themselves', () => {
  assert.equal(cause({ lost: 0.07, lostUpdates: 0.12 }), 'gradients')
  assert.equal(cause({ lost: 0.07, lostUpdates: 0.12 }, 'bf16'), 'updates')
  assert.equal(cause({ lost: 0.3, lostUpdates: 0.12 }, 'fp16'), 'gradients')
  assert.equal(cause({ lost: 0, lostUpdates: 0.5 }), 'updates')
  assert.equal(cause({ lost: 0.004, lostUpdates: 0.004 }), 'none')
  assert.equal(cause({ lost: 0, overflow: 3 }), 'overflow')
  assert.equal(cause({ lost: 0.3, overflow: 40, skipped: 40 }), 'skips')
  assert.equal(cause({ lost: 0.3, overflow: 10, skipped: 10 }), 'gradients')
})

const judged = (own: Made, measure = accuracy) => {
  const twin = made({ measures: right(0.9, 1000) })
  return [judge(runOf(twin, 'fp32'), twin, measure), judge(runOf(made(own), 'x'), twin, measure)]
}
const codes = (own: Made) => alarmFindings(judged(own)).map(({ values }) => [values['alarm'], values['step']])

test('an alarm says what the other sentences do not', () => {
  const poor = { measures: right(0.2, 1000), loss: [2, 1.9] } as const
  // The run is worse because gradients were lost: that is said already.
  assert.deepEqual(codes({ ...poor, lost: 0.3 }), [])
  // As good as FP32, and still gradients were lost: no alarm is needed.
  assert.deepEqual(codes({ measures: right(0.9, 1000), lost: 0.3 }), [])
  // Worse for no cause that is counted.
  assert.deepEqual(codes({ ...poor, spike: [60, 50] }), [['loss-spike', 60]])
  // A run that broke: only what warned before.
  assert.deepEqual(codes({ ...poor, lost: 0.3, brokenAt: 1 }), [])
  assert.deepEqual(codes({ ...poor, brokenAt: 60, spike: [60, Number.NaN] }), [])
  assert.deepEqual(codes({ ...poor, brokenAt: 80, spike: [60, 50] }), [['loss-spike', 60]])
})

test('what a run that is as good shares is no cause: both are told apart from the result', () => {
  const twin = made({ measures: right(0.9, 1000) })
  const of = (recipe: string, own: Made, held = 'fp32') => judge(runOf(made(own), recipe, held), twin, accuracy)
  const poor = { measures: right(0.2, 1000), loss: [2, 1.9] } as const
  const fine = { measures: right(0.9, 1000) } as const
  const told = (own: Made, other: Made, held = 'fp32') => {
    const runs = [
      judge(runOf(twin, 'fp32'), twin, accuracy),
      of('poor', { ...poor, ...own }, held),
      of('fine', { ...fine, ...other }),
    ]
    const values = findingsOf(runs, accuracy, () => undefined).find(({ code }) => code === 'train-worse')?.values
    return [values?.['cause'], values?.['like'], values?.['likeShare']]
  }
  // 6.02 % and 5.54 %, as train-series has them after 40 steps.
  assert.deepEqual(told({ lost: 0.0602 }, { lost: 0.0554 }), ['gradients-shared', 'fine', 0.0554])
  assert.deepEqual(told({ lost: 0.0602 }, { lost: 0.03 }), ['gradients', undefined, undefined])
  assert.deepEqual(told({ lost: 0.0602 }, { lost: 0 }), ['gradients', undefined, undefined])
  // Narrow weights have a second suspect.
  assert.deepEqual(told({ lost: 0.06, lostUpdates: 0.05 }, { lost: 0.06 }, 'bf16'), ['updates', undefined, undefined])
  assert.deepEqual(told({ lost: 0, lostUpdates: 0.5 }, { lostUpdates: 0.4 }, 'bf16'), ['updates-shared', 'fine', 0.4])
  assert.deepEqual(told({ skipped: 20 }, { skipped: 20 }), ['none', undefined, undefined])
  // Overflows that a scaler skipped did no harm there.
  assert.deepEqual(told({ overflow: 5 }, { overflow: 5, skipped: 5 }), ['overflow', undefined, undefined])
})

test('a difference is told in what differs', () => {
  const values = (own: Made) => findingsOf(judged(own), accuracy, () => undefined)[0]?.values
  const byMeasure = values({ measures: right(0.5, 1000), lost: 0.2 })
  assert.deepEqual([byMeasure?.['measure'], byMeasure?.['value'], byMeasure?.['cause']], ['accuracy', 0.5, 'gradients'])
  const byLoss = values({ measures: right(0.89, 1000), loss: [2, 1.5] })
  assert.deepEqual([byLoss?.['measure'], byLoss?.['value'], byLoss?.['cause']], ['loss', 1.5, 'none'])
})

test('how far as good as FP32 goes is told; as good as what learned nothing is no praise', () => {
  const last = (share: number) => {
    const twin = made({ measures: right(share, 1000) })
    return findingsOf(
      [
        judge(runOf(twin, 'fp32'), twin, accuracy),
        judge(runOf(made({ measures: right(share, 1000) }), 'x'), twin, accuracy),
      ],
      accuracy,
      () => undefined,
    ).at(-1)
  }
  const good = last(0.9)
  assert.deepEqual([good?.code, good?.tone], ['train-same', 'good'])
  // A twentieth of 0.9 is more than two standard errors, 2 · √(0.9 · 0.1 / 1000).
  assert.ok(Math.abs((good?.values['room'] as number) - 0.045) < 1e-12)
  // Of 0.3 it is less: 2 · √(0.3 · 0.7 / 1000) = 0.02898.
  assert.ok(Math.abs((last(0.3)?.values['room'] as number) - 0.02898) < 1e-4)
  assert.deepEqual([last(0.1)?.code, last(0.1)?.tone], ['train-twin-idle', 'note'])
})

test('with techniques: whether FP32 learns nothing itself, or only with them', () => {
  const codes = (plain: number, own: number) => {
    const [without, twin] = [plain, own].map((share) => made({ measures: right(share, 1000) })) as [Trained, Trained]
    const runs = [
      judge({ ...runOf(without, 'fp32'), loop: 'plain' }, twin, accuracy),
      judge(runOf(twin, 'fp32'), twin, accuracy),
    ]
    return findingsOf(runs, accuracy, () => undefined).map(({ code }) => code)
  }
  assert.deepEqual(codes(0.05, 0.05), ['train-twin-idle'])
  assert.deepEqual(codes(0.5, 0.05), ['train-with-idle'])
  assert.deepEqual(codes(0.5, 0.5), [])
})

test('FP32 that is no better than no network is said to be', () => {
  const idle = (share: number) => {
    const twin = made({ measures: right(share, 1000) })
    return findingsOf([judge(runOf(twin, 'fp32'), twin, accuracy)], accuracy, () => undefined).map(({ code }) => code)
  }
  // A loss that rises: of a network that is right by chance only, it does not learn; of one that is right, it is noise.
  const rising = (share: number, to: number) => {
    const twin = made({ loss: [0.4, to], measures: right(share, 1000) })
    return findingsOf([judge(runOf(twin, 'fp32'), twin, accuracy)], accuracy, () => undefined).map(({ code }) => code)
  }
  assert.deepEqual(rising(0.1, 0.41), ['train-twin-fails'])
  assert.deepEqual(rising(0.8, 0.41), [])
  assert.deepEqual(rising(0.8, 40), ['train-twin-fails'])
  assert.deepEqual(rising(0.8, Number.NaN), ['train-twin-fails'])
  assert.deepEqual(idle(0.1), ['train-twin-idle'])
  assert.deepEqual(idle(0.2), [])
})

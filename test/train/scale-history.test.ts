/** Patterns of scale histories: those of the frameworks' own scalers, whose cause is known, and the counts by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossScaler } from '../../src/train/loss-scale.js'
import {
  type Pattern,
  patternOf,
  type ScaleEvent,
  type ScaleHistory,
  scaleHistory,
} from '../../src/train/monitor/scale-history.js'

type Told = Omit<ScaleEvent, 'line' | 'at'> & { readonly at?: number }

function historyOf(events: readonly Told[]): ScaleHistory {
  const history = scaleHistory()
  events.forEach((event, i) => {
    history.add({ at: Number.NaN, ...event, line: i + 1 })
  })
  return history.end()
}

const rules = { interval: 2000, floor: 1 }
const nameOf = (events: readonly Told[], o = rules): Pattern => patternOf(historyOf(events), o)

interface Run {
  readonly policy: string
  readonly config?: object
  readonly steps: number
  readonly overflows: (scale: number, step: number) => boolean
}

/** A scaler's own run, told as a log with one line a step, and as one that tells of overflows alone. */
function told({ policy, config = {}, steps, overflows }: Run): {
  samples: Told[]
  events: Told[]
  downs: number
  ups: number
  bad: number
} {
  const scaler = lossScaler(policy, config)
  let state = scaler.init()
  const [samples, events]: [Told[], Told[]] = [[], []]
  let [downs, ups, bad] = [0, 0, 0]
  for (let at = 0; at < steps; at++) {
    const overflow = overflows(state.scale, at)
    const next = scaler.next(state, overflow ? 'overflow' : 'finite')
    if (overflow) bad++
    if (next.scale < state.scale) downs++
    if (next.scale > state.scale) ups++
    samples.push({ kind: 'sample', at, to: next.scale, skipped: overflow ? 1 : 0 })
    if (overflow)
      events.push({ kind: next.scale < state.scale ? 'lowered' : 'held', at, from: state.scale, to: next.scale })
    state = next
  }
  return { samples, events, downs, ups, bad }
}

test('scalers of known fate, step by step and from their overflows alone', () => {
  // A multiplicative congruence: bad batches that owe nothing to fpsim's own draws.
  const rate = (one: number) => {
    let state = 12345
    return () => {
      state = (state * 48271) % 2147483647
      return state / 2147483647 < 1 / one
    }
  }
  const bad500 = rate(500)
  const runs: readonly (Run & { readonly pattern: Pattern; readonly counts?: false })[] = [
    { pattern: 'healthy', policy: 'pytorch', steps: 30_000, overflows: (scale) => scale > 2 ** 18 },
    { pattern: 'probing', policy: 'megatron', steps: 900, overflows: (scale) => scale > 2 ** 12 },
    { pattern: 'probing', policy: 'apex-legacy', steps: 40, overflows: (scale) => scale > 2 ** 10 },
    { pattern: 'collapse', policy: 'pytorch', steps: 20_000, overflows: bad500 },
    { pattern: 'collapse', policy: 'pytorch', steps: 3000, overflows: (_, t) => t > 2500 && t < 2530 },
    { pattern: 'collapse', policy: 'pytorch', steps: 40, overflows: () => true },
    { pattern: 'stuck-at-minimum', policy: 'keras2', steps: 3000, overflows: (_, t) => t > 2500 },
    { pattern: 'stuck-at-minimum', policy: 'megatron', steps: 200, overflows: () => true },
  ]
  for (const { pattern, ...run } of runs) {
    const { samples, events, downs, ups, bad } = told(run)
    const name = `${run.policy} ${pattern}`
    assert.equal(nameOf(samples), pattern, `${name}, samples`)
    assert.equal(nameOf(events), pattern, `${name}, events`)
    const [whole, part] = [historyOf(samples), historyOf(events)]
    assert.equal(whole.overflows, bad)
    assert.equal(part.overflows, bad)
    assert.equal(part.backoffs, downs)
    // The first step is not seen to fall: its scale before is not written.
    assert.ok(whole.backoffs === downs || whole.backoffs === downs - 1, name)
    assert.ok(whole.growths === ups, name)
    assert.ok(part.growths <= ups, name)
  }
})

test('the scale stands still', () => {
  const flat = (to: number, steps: number): Told[] =>
    Array.from({ length: steps }, (_, at) => ({ kind: 'sample', at, to, skipped: 0 }))
  assert.equal(nameOf(flat(4096, 4002)), 'never-grows')
  assert.equal(nameOf(flat(4096, 4000)), 'healthy')
  assert.equal(nameOf(flat(1, 10)), 'unscaled')
  assert.equal(nameOf(flat(1, 10_000)), 'unscaled')
  // Overflows far apart, none of them followed by growth in time.
  const stalled = Array.from({ length: 9000 }, (_, at): Told => {
    const falls = Math.floor((at + 1) / 3000)
    return { kind: 'sample', at, to: 2 ** (12 - falls), skipped: (at + 1) % 3000 === 0 ? 1 : 0 }
  })
  assert.equal(nameOf(stalled), 'never-grows')
})

test('edges of the rules', () => {
  const lowered = (from: number, count: number): Told[] =>
    Array.from({ length: count }, (_, i) => ({ kind: 'lowered', from: from / 2 ** i, to: from / 2 ** (i + 1) }))
  assert.equal(nameOf(lowered(65536, 12)), 'probing')
  assert.equal(nameOf(lowered(65536, 13)), 'collapse')
  assert.equal(nameOf(lowered(4, 3)), 'probing')
  assert.equal(nameOf([...lowered(65536, 2), { kind: 'stopped' }]), 'stuck-at-minimum')
  assert.equal(
    nameOf([
      { kind: 'held', from: 1, to: 1 },
      { kind: 'held', from: 1, to: 1 },
    ]),
    'stuck-at-minimum',
  )
  // Patience at a high scale is not the floor.
  assert.equal(
    nameOf([
      { kind: 'held', from: 4096, to: 4096 },
      { kind: 'held', from: 4096, to: 4096 },
    ]),
    'probing',
  )
  // Falls by 8 are forgiven, by 16 not; a slow way down with growth in between is none.
  const after = (falls: number): Told[] => [
    { kind: 'sample', at: 0, to: 65536, skipped: 0 },
    ...lowered(65536, falls).map((event, i) => ({ ...event, at: i + 1 })),
  ]
  assert.equal(nameOf(after(3)), 'healthy')
  assert.equal(nameOf(after(4)), 'collapse')
  const slow: Told[] = Array.from({ length: 8 }, (_, i): Told[] => {
    const top = 65536 / 2 ** i
    return [
      { kind: 'sample', at: 4 * i, to: top, skipped: 0 },
      { kind: 'lowered', at: 4 * i + 1, from: top, to: top / 2 },
      { kind: 'lowered', at: 4 * i + 2, from: top / 2, to: top / 4 },
      { kind: 'raised', at: 4 * i + 3, from: top / 4, to: top / 2 },
    ]
  }).flat()
  assert.equal(nameOf(slow), 'too-many-overflows')
  assert.equal(nameOf(slow, { interval: 1, floor: 1 }), 'healthy')
})

test('counts, places, restarts, zero', () => {
  const h = historyOf([
    { kind: 'sample', at: 10, to: 1024, skipped: 0 },
    { kind: 'sample', at: 20, to: 128, skipped: 3 },
    { kind: 'sample', at: 30, to: 512, skipped: 0 },
    { kind: 'sample', at: 5, to: 512, skipped: 0 },
  ])
  assert.deepEqual([h.overflows, h.backoffs, h.growths, h.restarts, h.from, h.to], [3, 3, 2, 1, 10, 5])
  assert.deepEqual(h.highest, { scale: 1024, at: 10, line: 1 })
  assert.deepEqual(h.lowest, { scale: 128, at: 20, line: 2 })
  assert.deepEqual(h.last, { scale: 512, at: 5, line: 4 })
  // PyTorch's scale can become 0: a fall below everything.
  assert.equal(
    nameOf([
      { kind: 'sample', at: 0, to: 2 ** -149, skipped: 0 },
      { kind: 'sample', at: 1, to: 0, skipped: 1 },
    ]),
    'dead',
  )
  assert.equal(historyOf([]).events, 0)
})

test('scales written step by step, without a word about overflows', () => {
  const samples = (steps: number, scaleAt: (t: number) => number): Told[] =>
    Array.from({ length: steps }, (_, at) => ({ kind: 'sample', at, to: scaleAt(at) }))
  // Growth at every clean step: half of the steps are lost, though the scale holds.
  const naive = samples(999, (t) => 2 ** (16 + (t % 2)))
  assert.equal(nameOf(naive), 'too-many-overflows')
  assert.equal(nameOf(naive, { interval: 1, floor: 1 }), 'healthy')
  // Overflows one in 376, growth made good in between, where the scaler grows after 1,000 clean steps.
  assert.equal(
    nameOf(
      samples(6000, (t) => 2 ** (16 - (Math.floor(t / 376) % 2))),
      { interval: 1000, floor: 1 },
    ),
    'too-many-overflows',
  )
  for (const floor of [1, Number.NaN]) {
    const stuck = samples(300, (t) => Math.max(1, 1024 / 2 ** t))
    assert.equal(nameOf(stuck, { interval: 2000, floor }), 'stuck-at-minimum')
    assert.equal(nameOf(stuck.slice(0, 12), { interval: 2000, floor }), 'probing')
  }
  // A last overflow long after the start is not the start.
  const opening = historyOf(samples(405, (t) => (t < 3 ? 2 ** (15 - t) : t < 305 ? 8192 : 4096)))
  assert.deepEqual([opening.opening.overflows, opening.overflows], [2, 3])
  assert.equal(patternOf(opening, rules), 'healthy')
  const events = scaleHistory()
  for (const [i, line] of [1, 3, 5, 306].entries())
    events.add({ kind: 'lowered', at: Number.NaN, from: 65536 / 2 ** i, to: 32768 / 2 ** i, line })
  assert.equal(patternOf(events.end(), rules), 'healthy')
  for (const to of [Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal(nameOf([...samples(20, () => 65536), { kind: 'dead', at: 20, to }]), 'dead')
  assert.equal(nameOf([{ kind: 'dead', at: 1, to: Number.NaN }, ...samples(20, () => 65536)]), 'healthy')
  assert.equal(nameOf(samples(20, () => 0)), 'dead')
})

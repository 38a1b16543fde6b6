/** The monitor's detectors: running moments by brute force, alarms of streams whose troubles are known, Python's max and min. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type Alarm,
  addRunning,
  interviewMonitor,
  type MonitorConfig,
  momentsOf,
  monitorDefaults,
  type Seen,
  startMonitor,
  startRunning,
  watch,
} from '../../src/train/monitor.js'
import { root } from '../support.js'

/** A plain generator, so that these numbers owe nothing to fpsim's. */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

const calm: Seen = { loss: 1, norm: 65536, scale: 65536, next: 65536, overflow: false, lost: 0 }

/** The alarms of a stream: `code@step`. */
function alarmsOf(steps: readonly Partial<Seen>[], config: Partial<MonitorConfig> = {}): string[] {
  let state = startMonitor
  return steps.flatMap((step, t) => {
    const after = watch(state, { ...calm, ...step }, { ...monitorDefaults, ...config })
    state = after.state
    return after.alarms.map(({ code }: Alarm) => `${code}@${t}`)
  })
}

const steps = (count: number, of: (t: number) => Partial<Seen>): Partial<Seen>[] =>
  Array.from({ length: count }, (_, t) => of(t))

test('running mean and deviation: the weights written out', () => {
  const random = lcg(1)
  const values = Array.from({ length: 300 }, () => random() * 10 - 3)
  const decay = 0.95
  let running = startRunning
  const means: number[] = []
  values.forEach((x, i) => {
    running = addRunning(running, x, decay)
    // Weight of value j after i + 1 values: decay^(i − j), normalised.
    const weights = values.slice(0, i + 1).map((_, j) => decay ** (i - j))
    const total = weights.reduce((a, b) => a + b)
    const mean = weights.reduce((sum, w, j) => sum + w * (values[j] as number), 0) / total
    const before = (j: number) => (j === 0 ? (values[0] as number) : (means[j - 1] as number))
    const square = weights.reduce((sum, w, j) => sum + w * ((values[j] as number) - before(j)) ** 2, 0) / total
    means.push(mean)
    const found = momentsOf(running)
    assert.ok(Math.abs(found.mean - mean) < 1e-12, `mean ${i}`)
    assert.ok(Math.abs(found.sigma - Math.sqrt(square)) < 1e-12, `sigma ${i}`)
  })
})

test('noise that is bounded raises no alarm in 20,000 steps; nor does a loss that falls', () => {
  const random = lcg(7)
  const noise = () => 1.5 ** (random() + random() - 1)
  const quiet = steps(20_000, (t) => ({
    loss: (0.1 + 2 * Math.exp(-t / 30)) * noise(),
    norm: 65536 * noise() * 2 ** (-t / 2000),
  }))
  assert.deepEqual(alarmsOf(quiet), [])
})

test('NaN and Inf are told when they begin, and again after a pause', () => {
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const stream = steps(20, (t) => (t === 0 || (t >= 5 && t < 9) || t === 15 ? { loss: odd } : {}))
    assert.deepEqual(alarmsOf(stream), ['loss-not-finite@0', 'loss-not-finite@5', 'loss-not-finite@15'])
  }
})

test('a spike of the loss, and what comes after it', () => {
  const random = lcg(3)
  const noisy = (t: number) => 1 + 0.1 * (random() - 0.5) + (t === 100 || t === 103 ? 3 : 0)
  assert.deepEqual(alarmsOf(steps(200, (t) => ({ loss: noisy(t) }))), ['loss-spike@100', 'loss-spike@103'])
  // Before the warm-up nothing is known.
  assert.deepEqual(alarmsOf(steps(200, (t) => ({ loss: t === 10 ? 50 : 1 }))), [])
  // A new level is an alarm once, and learned.
  const level = alarmsOf(steps(2000, (t) => ({ loss: t < 200 ? 1 + 0.1 * random() : 5 + 0.1 * random() })))
  assert.equal(level[0], 'loss-spike@200')
  assert.ok(level.length <= 3, level.join())
  // A drop is no alarm.
  assert.deepEqual(alarmsOf(steps(200, (t) => ({ loss: t < 100 ? 5 : 1 }))), [])
})

test('the norm is judged without the scale', () => {
  const random = lcg(5)
  const norm = () => 1 + 0.2 * (random() - 0.5)
  // The scale doubles again and again: the norm in memory does too, the gradients do not.
  const growing = steps(400, (t) => {
    const scale = 2 ** Math.floor(t / 20)
    return { scale, next: 2 ** Math.floor((t + 1) / 20), norm: norm() * scale }
  })
  assert.deepEqual(alarmsOf(growing), [])
  // The scale is halved at the step at which the gradients double eight times over: in memory nothing changes.
  const hidden = steps(400, (t) => {
    const scale = t < 200 ? 2 ** 16 : 2 ** 8
    return { scale, next: scale, norm: norm() * 2 ** 16 }
  })
  assert.deepEqual(alarmsOf(hidden), ['norm-spike@200'])
  // A step that overflowed has no norm.
  const skipped = steps(400, (t) => ({ norm: t === 200 ? Number.POSITIVE_INFINITY : norm(), overflow: t === 200 }))
  assert.deepEqual(alarmsOf(skipped), [])
})

test('the scale: falls, below 1, at its minimum, never grows', () => {
  const falling = (from: number, floor: number) => (t: number) => {
    const scaleAt = (u: number) => Math.max(floor, from / 2 ** Math.max(0, u - 10))
    return t < 10 ? { scale: from, next: from } : { scale: scaleAt(t), next: scaleAt(t + 1), overflow: true }
  }
  assert.deepEqual(alarmsOf(steps(30, falling(2 ** 12, 0))), ['scale-falls@13', 'scale-below-one@22'])
  assert.deepEqual(alarmsOf(steps(30, falling(2 ** 12, 1)), { floor: 1 }), ['scale-falls@13', 'scale-at-minimum@22'])
  // The search at the very begin is none.
  const opening = steps(40, (t) => ({
    scale: 2 ** (32 - Math.min(t, 20)),
    next: 2 ** (32 - Math.min(t + 1, 20)),
    overflow: t < 20,
  }))
  assert.deepEqual(alarmsOf(opening), [])
  assert.deepEqual(
    alarmsOf(
      steps(50, () => ({})),
      { interval: 10 },
    ),
    ['scale-never-grows@39'],
  )
  assert.deepEqual(
    alarmsOf(
      steps(50, (t) => (t % 30 === 29 ? { next: 131072 } : {})),
      { interval: 10 },
    ),
    [],
  )
  // At the ceiling it need not grow.
  assert.deepEqual(
    alarmsOf(
      steps(50, () => ({})),
      { interval: 10, ceiling: 65536 },
    ),
    [],
  )
})

test('lost gradients: from 1 % on, until half of that', () => {
  const shares = [0, 0.009, 0.011, 0.009, 0.006, 0.004, 0.009, 0.02]
  assert.deepEqual(alarmsOf(shares.map((lost) => ({ lost }))), ['gradients-lost@2', 'gradients-lost@7'])
})

test("the interview document's monitor, case by case as Python ran it", () => {
  const cases = JSON.parse(readFileSync(join(root, 'test/vectors/logs/interview.json'), 'utf8')) as [
    number,
    number,
    number,
    string,
    string,
  ][]
  const seen = new Set<string>()
  for (const [length, base, place, odd, verdict] of cases) {
    const losses = Array<number>(length).fill(base)
    losses[place] = Number(odd.replace(/ .*/, '').replace('inf', 'Infinity'))
    if (odd.endsWith('after 50')) losses[(place + length - 1) % length] = 50
    if (odd.endsWith('then 50')) losses[length - 1] = 50
    const { says, ratio } = interviewMonitor(losses)
    assert.equal(says, verdict, `${length} ${base} ${place} ${odd}`)
    if (says === 'fires') assert.ok(ratio > 10)
    // It needs no more than its last 101.
    assert.deepEqual(interviewMonitor(losses.slice(-101)), { says, ratio })
    seen.add(says)
  }
  assert.deepEqual([...seen].sort(), ['crashes', 'fires', 'silent'])
  assert.ok(cases.length > 500)
})

test('a NaN that came first hides a spike behind it', () => {
  const losses = [1, Number.NaN, ...Array<number>(99).fill(1)]
  losses[100] = 50
  assert.equal(interviewMonitor(losses).says, 'silent')
  assert.equal(interviewMonitor([1, ...losses]).says, 'silent')
  assert.equal(interviewMonitor(losses.with(1, 1)).says, 'fires')
})

/** The ring model against a ring that is walked step by step. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { ringTime, ringTraffic, type Transfer } from '../../src/train/ring.js'

/** Every worker passes one chunk a step to its neighbour until all have all: bytes passed on by each, and steps. */
function walked({ collective, bytes }: Transfer, n: number): { bytes: number; steps: number } {
  const chunk = collective === 'all-reduce' ? bytes / n : bytes
  const has = Array.from({ length: n }, (_, w) => new Set([w]))
  let moved = 0
  let steps = 0
  // All-gather: worker w passes on at step s what it got at the step before.
  while (has.some((own) => own.size < n)) {
    const passed = has.map((_, w) => (w - steps + n * steps) % n)
    for (const [w, item] of passed.entries()) has[(w + 1) % n]?.add(item)
    moved += chunk
    steps++
  }
  // An all-reduce first scatters its sums in as many steps of as many bytes.
  return collective === 'all-reduce' ? { bytes: 2 * moved, steps: 2 * steps } : { bytes: moved, steps }
}

test('traffic and time are those of a ring that is walked', () => {
  for (const n of [1, 2, 3, 5, 8, 64])
    for (const collective of ['all-reduce', 'all-gather'] as const) {
      const transfer = { collective, bytes: 960 * n }
      const wanted = walked(transfer, n)
      assert.equal(ringTraffic(transfer, n), wanted.bytes)
      const link = { latency: 0.5, bandwidth: 256 }
      assert.equal(ringTime([transfer, transfer], n, link), 2 * (wanted.steps * 0.5 + wanted.bytes / 256))
    }
})

test('the textbook case: 8 workers, 100 MB, 10 Gbit/s', () => {
  const link = { latency: 0, bandwidth: 1.25e9 }
  assert.equal(ringTime([{ collective: 'all-reduce', bytes: 1e8 }], 8, link), 0.14)
})

test('no workers is an error', () => {
  for (const n of [0, -1, 2.5, Number.NaN, Infinity])
    assert.throws(() => ringTraffic({ collective: 'all-reduce', bytes: 1 }, n), FpsimError)
})

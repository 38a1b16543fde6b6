/** Slabs: where they lie, what lasts, and that thousands of steps take no more memory than one. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { integersOf, newArena, partOf, type Slab, valuesOf } from '../../src/kernel/arena.js'
import { machine } from '../../src/kernel/machine.js'
import { quantize } from '../../src/kernel/quantize.js'
import { newLosses, slabRounder } from '../../src/kernel/slab-rounding.js'

const bytes = (): number => machine().memory.buffer.byteLength

test('slabs are aligned, apart, and keep their values while the memory grows', () => {
  const arena = newArena()
  const slabs: Slab[] = []
  for (let i = 0; i < 60; i++) slabs.push(arena.of(new Float32Array(1 + i * 5000).fill(i)))
  for (const [i, slab] of slabs.entries()) {
    assert.equal(slab.at % 64, 0)
    assert.ok(valuesOf(slab).every((x) => x === i))
  }
  assert.deepEqual([...valuesOf(arena.zeros(3))], [0, 0, 0])
  const slab = arena.of([1, 2, 3, 4, 5])
  valuesOf(partOf(slab, 1, 2)).set([7, 8])
  assert.deepEqual([...valuesOf(slab)], [1, 7, 8, 4, 5])
  integersOf(slab)[0] = 0x7fc00000
  assert.ok(Number.isNaN(valuesOf(slab)[0]))
  arena.close()
})

test('steps give their slabs back; closed arenas give their regions to others', () => {
  const arena = newArena()
  const lasting = arena.of([1, 2, 3])
  const step = (): void => {
    const mark = arena.mark()
    for (let i = 0; i < 40; i++) arena.slab(100_000)
    arena.slab(3_000_000)
    arena.release(mark)
  }
  step()
  const size = bytes()
  for (let i = 0; i < 200; i++) step()
  assert.equal(bytes(), size)
  const other = newArena()
  const beside = other.of([9])
  step()
  assert.deepEqual([...valuesOf(lasting), ...valuesOf(beside)], [1, 2, 3, 9])
  arena.close()
  const before = bytes()
  const next = newArena()
  for (let i = 0; i < 40; i++) next.slab(100_000)
  assert.equal(bytes(), before)
  next.close()
  other.close()
})

test('long slabs are rounded as quantize does, from elsewhere too, with draws that begin anywhere', () => {
  const arena = newArena()
  const values = Float32Array.from(
    { length: 20_011 },
    (_, i) => (uniform(8, i) - 0.5) * 2 ** -Math.floor(uniform(9, i) * 30),
  )
  const source = arena.of(values)
  for (const f of ['fp16', 'bf16', 'e4m3fn'])
    for (const rounding of ['nearest-even', 'stochastic'] as const) {
      const all = new Float32Array(4096 + values.length)
      all.set(values, 4096)
      const wanted = quantize(all, f, { rounding, seed: 6 }).subarray(4096)
      const round = slabRounder(f, { rounding, seed: 6 })
      for (const losses of [undefined, newLosses()]) {
        const to = arena.slab(values.length)
        round(to, { from: source, first: 4096, ...(losses ? { losses } : {}) })
        assert.deepEqual(valuesOf(to), wanted)
        if (losses)
          assert.equal(
            losses.lost,
            values.reduce((n, x, i) => n + Number(x !== 0 && wanted[i] === 0), 0),
          )
      }
      assert.deepEqual(valuesOf(source), values)
    }
  assert.throws(() => slabRounder('fp16', { rounding: 'stochastic' })(source, { first: 5 }), { code: 'invalid-value' })
  arena.close()
})

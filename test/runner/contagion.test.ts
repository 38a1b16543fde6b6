/** The overflow panel against a training written here again, with FP16 from another library. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { f16round } from '@petamoriken/float16'
import { formats } from '../../src/format/catalog.js'
import { format } from '../../src/format/parse.js'
import { contagionBlocks, overflowRun } from '../../src/runner/replay/contagion.js'

const rows = (x: Float64Array[]) => x.map((row) => Array.from(row))

/** y = x·w fitted with Adam by hand: three weights, four samples; outliers of alternating sign at step 3. */
function train(cast: (x: number) => number, skip: boolean) {
  const X = [0.5, -1, 0.25, 1, 0.5, -0.5, -0.75, 0.25, 1, 0.25, 1, 0.5]
  const Y = [0.3, -0.1, 0.6, 0.9]
  const w = [0.2, -0.3, 0.1]
  const m = [0, 0, 0]
  const v = [0, 0, 0]
  const record: Float64Array[] = []
  let t = 0
  const error = (i: number) => {
    let predicted = 0
    for (let j = 0; j < 3; j++) predicted += (X[3 * i + j] as number) * (w[j] as number)
    return predicted
  }
  for (let step = 1; step <= 6; step++) {
    const g = [0, 0, 0]
    for (let i = 0; i < 4; i++) {
      const outlier = step === 3 ? (i % 2 ? -4 : 4) : 0
      const scaled = cast(0.5 * (error(i) - ((Y[i] as number) + outlier)) * 65536)
      for (let j = 0; j < 3; j++) g[j] = cast((g[j] as number) + cast(scaled * (X[3 * i + j] as number)))
    }
    for (let j = 0; j < 3; j++) g[j] = Math.fround((g[j] as number) / 65536)
    const finite = g.every((x) => Math.abs(x) < Number.POSITIVE_INFINITY)
    if (finite || !skip) {
      t++
      for (let j = 0; j < 3; j++) {
        const gradient = g[j] as number
        m[j] = Math.fround(0.9 * (m[j] as number) + 0.1 * gradient)
        v[j] = Math.fround(0.999 * (v[j] as number) + 0.001 * gradient * gradient)
        const mHat = (m[j] as number) / (1 - 0.9 ** t)
        const vHat = (v[j] as number) / (1 - 0.999 ** t)
        w[j] = Math.fround((w[j] as number) - (0.05 * mHat) / (Math.sqrt(vHat) + 1e-8))
      }
    }
    let loss = 0
    for (let i = 0; i < 4; i++) loss += (error(i) - (Y[i] as number)) ** 2 / 4
    const broken = w.filter((x) => !(Math.abs(x) < Number.POSITIVE_INFINITY)).length
    record.push(Float64Array.of(step, g[0] as number, m[0] as number, v[0] as number, w[0] as number, loss, broken))
  }
  return rows(record)
}

/** Equal within a few ulp of float32: the bias corrections are computed in another order. */
function same(got: readonly number[], wanted: readonly number[]): boolean {
  return got.every((x, i) => {
    const y = wanted[i] as number
    return Object.is(x, y) || Math.abs(x - y) <= 1e-6 * Math.abs(y)
  })
}

for (const [name, cast] of [
  ['fp16', f16round],
  ['fp32', Math.fround],
] as const)
  for (const skip of [false, true])
    test(`${name}, ${skip ? 'skipping' : 'taking'} the step with an overflow, is the training written here`, () => {
      const wanted = train(cast, skip)
      const got = overflowRun(format(name), { skip })
      assert.equal(got.length, wanted.length)
      got.forEach(({ step, gradient, m, v, weight, loss, broken }, i) => {
        const row = [step, gradient, m, v, weight, loss, broken]
        assert.ok(same(row, wanted[i] as number[]), `${row} expected ${wanted[i]}`)
      })
    })

test('in FP16 the outlier overflows to both infinities, and from step 3 on every weight is NaN', () => {
  const run = overflowRun(format('fp16'), { skip: false })
  const third = run[2]
  assert.ok(third?.added.includes(Number.POSITIVE_INFINITY) && third.added.includes(Number.NEGATIVE_INFINITY))
  assert.deepEqual(
    run.map(({ broken }) => broken),
    [0, 0, 3, 3, 3, 3],
  )
  assert.ok(Number.isNaN(third.gradient) && run.slice(2).every(({ weight }) => Number.isNaN(weight)))
  const skipping = overflowRun(format('fp16'), { skip: true })
  assert.deepEqual(
    skipping.map(({ skipped }) => skipped),
    [false, false, true, false, false, false],
  )
  assert.ok(skipping.every(({ loss }) => Number.isFinite(loss)))
})

test('in BF16 nothing overflows, and both runs are one', () => {
  const run = overflowRun(format('bf16'), { skip: false })
  assert.ok(run.every(({ loss, broken }) => Number.isFinite(loss) && broken === 0))
  assert.deepEqual(overflowRun(format('bf16'), { skip: true }), run)
})

test('every format has a panel of one table and one note', () => {
  for (const f of [...formats, ...['e2m2', 'e3m1', 'e11m1', 'e11m51', 'e2m52'].map(format)])
    assert.deepEqual(
      contagionBlocks(f).map(({ kind }) => kind),
      ['table', 'note'],
      f.name,
    )
})

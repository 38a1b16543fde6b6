/** The kernels over slabs against their plain twins, bit for bit: odd lengths, odd places, and everything that is not a number. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Arena, integersOf, newArena, partOf, type Slab, valuesOf } from '../../src/kernel/arena.js'
import * as convolve from '../../src/kernel/convolve.js'
import * as elementwise from '../../src/kernel/elementwise.js'
import * as normalize from '../../src/kernel/normalize.js'
import { newLosses, slabRounder } from '../../src/kernel/slab-rounding.js'
import { all, edges, randomBits32, words } from './inputs.js'
import * as plainConvolve from './plain-convolve.js'
import * as plainElementwise from './plain-elementwise.js'
import * as plainNormalize from './plain-normalize.js'
import { slabRounder as plainRounder } from './plain-slab-rounding.js'

const draw = words(4711)
const special = [0, -0, Number.NaN, Infinity, -Infinity, 1e-45, -1e-45, 1e-39, 3.4e38, -3.4e38, 1, -1, 88.8, -104, 13.5]

/** Usual numbers, large ones, and now and then a special one. */
function number(strange: boolean): number {
  if (strange && draw() % 7 === 0) return special[draw() % special.length] as number
  const x = draw() / 2 ** 31 - 1
  return draw() % 5 === 0 ? x * 2 ** ((draw() % 40) - 20) : x * 4
}
const numbers = (n: number, strange: boolean): Float32Array => Float32Array.from({ length: n }, () => number(strange))

const guard = 12345.678

/** Slabs that begin anywhere and have neighbours, which must stay as they are. */
function place(arena: Arena, values: ArrayLike<number>): { slab: Slab; intact: () => boolean } {
  const shift = draw() % 4
  const whole = arena.slab(values.length + 8)
  valuesOf(whole).fill(guard)
  const slab = partOf(whole, shift, values.length)
  valuesOf(slab).set(values)
  const intact = (): boolean =>
    valuesOf(whole).every((x, i) => (i >= shift && i < shift + values.length) || x === Math.fround(guard))
  return { slab, intact }
}

function same(got: Slab, wanted: Slab, said: string): void {
  const [a, b] = [integersOf(got), integersOf(wanted)]
  const values = valuesOf(wanted)
  for (let i = 0; i < a.length; i++) {
    const bits = Number.isNaN(values[i]) ? 0x7fc00000 : b[i]
    assert.equal(a[i], bits, `${said} at ${i}: ${valuesOf(got)[i]}, not ${values[i]}`)
  }
}

type Work = (to: Slab[], inputs: Slab[]) => unknown

/** Runs both on the same inputs; results are slabs of these lengths, or what is returned. */
function compare(
  said: string,
  inputs: readonly ArrayLike<number>[],
  lengths: readonly number[],
  fast: Work,
  plain: Work,
): void {
  const arena = newArena()
  const given = inputs.map((x) => place(arena, x))
  const before = lengths.map((n) => numbers(n, false))
  const got = before.map((x) => place(arena, x))
  const wanted = before.map((x) => place(arena, x))
  const slabs = given.map(({ slab }) => slab)
  const a = fast(
    got.map(({ slab }) => slab),
    slabs,
  )
  const b = plain(
    wanted.map(({ slab }) => slab),
    slabs,
  )
  if (typeof b === 'number') assert.ok(Object.is(a, b), `${said}: ${a}, not ${b}`)
  for (const [i, { slab, intact }] of got.entries()) {
    same(slab, (wanted[i] as { slab: Slab }).slab, `${said}, result ${i}`)
    assert.ok(intact(), `${said} wrote beyond its result`)
  }
  for (const { intact } of given) assert.ok(intact(), `${said} wrote beside its operands`)
  arena.close()
}

const [E, P] = [elementwise, plainElementwise]
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 100, 1023, 1024, 1025, 5000]

test('sums, products, activations: every length, every kind of number', () => {
  const binary = ['add', 'sub', 'mul', 'reluBackward'] as const
  for (const n of lengths)
    for (const strange of [false, true]) {
      const [a, b] = [numbers(n, strange), numbers(n, strange)]
      const said = `${n} ${strange}`
      for (const op of binary)
        compare(
          `${op} ${said}`,
          [a, b],
          [n],
          ([to], [x, y]) => E[op](to as Slab, x as Slab, y as Slab),
          ([to], [x, y]) => P[op](to as Slab, x as Slab, y as Slab),
        )
      const one = (name: string, fast: (to: Slab, a: Slab) => unknown, plain: (to: Slab, a: Slab) => unknown): void =>
        compare(
          `${name} ${said}`,
          [a],
          [n],
          ([to], [x]) => fast(to as Slab, x as Slab),
          ([to], [x]) => plain(to as Slab, x as Slab),
        )
      one('relu', E.relu, P.relu)
      one('copy', E.copy, P.copy)
      one(
        'fill',
        (to) => E.fill(to, 0.1),
        (to) => P.fill(to, 0.1),
      )
      one(
        'scale',
        (to, x) => E.scale(to, x, 0.1),
        (to, x) => P.scale(to, x, 0.1),
      )
      one(
        'axpy',
        (to, x) => E.axpy(to, -0.3, x),
        (to, x) => P.axpy(to, -0.3, x),
      )
      for (const rate of [0, 0.1, 0.5, 1 - 2 ** -20])
        for (const first of [0, 1024 * 77])
          one(
            `dropout ${rate}`,
            (to, x) => E.dropout(to, x, { rate, seed: 5, first }),
            (to, x) => P.dropout(to, x, { rate, seed: 5, first }),
          )
      for (const name of E.activations) {
        one(
          name,
          (to, x) => E.activate(name, to, x),
          (to, x) => P.activate(name, to, x),
        )
        compare(
          `${name} backward ${said}`,
          [a, b],
          [n],
          ([to], [x, y]) => E.activateBackward(name, to as Slab, y as Slab, x as Slab),
          ([to], [x, y]) => P.activateBackward(name, to as Slab, y as Slab, x as Slab),
        )
      }
      for (const name of ['countNonfinite', 'sum', 'sumOfSquares'] as const)
        compare(
          `${name} ${said}`,
          [a],
          [],
          (_, [x]) => E[name](x as Slab),
          (_, [x]) => P[name](x as Slab),
        )
    }
})

test('results may lie on their operands', () => {
  const arena = newArena()
  const a = arena.of(numbers(37, true))
  const b = arena.of(numbers(37, true))
  const wanted = arena.slab(37)
  for (const op of ['add', 'sub', 'mul', 'reluBackward'] as const) {
    const [x, y] = [arena.of(valuesOf(a)), arena.of(valuesOf(b))]
    P[op](wanted, a, b)
    E[op](x, x, b)
    same(x, wanted, op)
    E[op](y, a, y)
    same(y, wanted, op)
  }
  for (const name of E.activations) {
    const x = arena.of(valuesOf(a))
    P.activate(name, wanted, a)
    E.activate(name, x, x)
    same(x, wanted, name)
  }
  const x = arena.of(valuesOf(a).subarray(0, 36))
  const rows = arena.slab(36)
  plainNormalize.softmax(rows, partOf(a, 0, 36), 9)
  normalize.softmax(x, x, 9)
  same(x, rows, 'softmax')
  arena.close()
})

test('rows: biases, their gradients, copies, transposes', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 5],
    [4, 4],
    [9, 8],
    [17, 13],
    [64, 80],
    [5, 33],
  ] as const)
    for (const strange of [false, true]) {
      const n = rows * columns
      const [a, row] = [numbers(n, strange), numbers(columns, strange)]
      const said = `${rows} x ${columns} ${strange}`
      for (const op of ['addRow', 'mulRow'] as const)
        compare(
          `${op} ${said}`,
          [a, row],
          [n],
          ([to], [x, y]) => E[op](to as Slab, x as Slab, y as Slab),
          ([to], [x, y]) => P[op](to as Slab, x as Slab, y as Slab),
        )
      for (const add of [false, true])
        compare(
          `sumRows ${said}`,
          [a],
          [columns],
          ([to], [x]) => E.sumRows(to as Slab, x as Slab, { add }),
          ([to], [x]) => P.sumRows(to as Slab, x as Slab, { add }),
        )
      const twice = numbers(2 * n, strange)
      compare(
        `transpose ${said}`,
        [twice],
        [2 * n],
        ([to], [x]) => E.transpose(to as Slab, x as Slab, rows, columns, 2),
        ([to], [x]) => P.transpose(to as Slab, x as Slab, rows, columns, 2),
      )
      const copied =
        (copyRows: typeof E.copyRows): Work =>
        ([to], [x]) =>
          copyRows(
            { slab: to as Slab, from: 2, stride: columns + 3 },
            { slab: x as Slab, stride: columns },
            rows,
            columns,
          )
      compare(`copyRows ${said}`, [a], [rows * (columns + 3) + 2], copied(E.copyRows), copied(P.copyRows))
    }
})

test('softmax, layer norm and losses', () => {
  const [N, Q] = [normalize, plainNormalize]
  for (const [rows, columns] of [
    [1, 1],
    [5, 3],
    [8, 4],
    [14, 7],
    [66, 33],
    [64, 64],
    [3, 80],
  ] as const)
    for (const strange of [false, true]) {
      const n = rows * columns
      const said = `${rows} x ${columns} ${strange}`
      const a = numbers(n, strange)
      const g = numbers(n, strange)
      const two = (name: 'softmaxBackward' | 'logSoftmaxBackward'): void =>
        compare(
          `${name} ${said}`,
          [g, a],
          [n],
          ([to], [x, y]) => N[name](to as Slab, x as Slab, y as Slab, columns),
          ([to], [x, y]) => Q[name](to as Slab, x as Slab, y as Slab, columns),
        )
      for (const causal of [false, true])
        compare(
          `softmax ${said}`,
          [a],
          [n],
          ([to], [x]) => N.softmax(to as Slab, x as Slab, columns, { causal }),
          ([to], [x]) => Q.softmax(to as Slab, x as Slab, columns, { causal }),
        )
      compare(
        `logSoftmax ${said}`,
        [a],
        [n],
        ([to], [x]) => N.logSoftmax(to as Slab, x as Slab, columns),
        ([to], [x]) => Q.logSoftmax(to as Slab, x as Slab, columns),
      )
      two('softmaxBackward')
      two('logSoftmaxBackward')
      const targets = new Float32Array(Int32Array.from({ length: rows }, () => draw() % columns).buffer)
      compare(
        `crossEntropyBackward ${said}`,
        [a, targets],
        [n],
        ([to], [y, t]) => N.crossEntropyBackward(to as Slab, y as Slab, t as Slab, columns, 1 / rows),
        ([to], [y, t]) => Q.crossEntropyBackward(to as Slab, y as Slab, t as Slab, columns, 1 / rows),
      )
      compare(
        `nllLoss ${said}`,
        [a, targets],
        [],
        (_, [y, t]) => N.nllLoss(y as Slab, t as Slab, columns),
        (_, [y, t]) => Q.nllLoss(y as Slab, t as Slab, columns),
      )
      compare(
        `squaredError ${said}`,
        [a, g],
        [],
        (_, [x, y]) => N.squaredError(x as Slab, y as Slab),
        (_, [x, y]) => Q.squaredError(x as Slab, y as Slab),
      )
      compare(
        `squaredErrorBackward ${said}`,
        [a, g],
        [n],
        ([to], [x, y]) => N.squaredErrorBackward(to as Slab, x as Slab, y as Slab, 0.1),
        ([to], [x, y]) => Q.squaredErrorBackward(to as Slab, x as Slab, y as Slab, 0.1),
      )
      const [weight, bias] = [numbers(columns, strange), numbers(columns, strange)]
      const forward =
        (layerNorm: typeof N.layerNorm): Work =>
        ([to, stats], [x, w, b]) =>
          layerNorm(to as Slab, x as Slab, { columns, weight: w as Slab, bias: b as Slab, stats: stats as Slab })
      compare(`layerNorm ${said}`, [a, weight, bias], [n, 2 * rows], forward(N.layerNorm), forward(Q.layerNorm))
      const stats = Float32Array.from({ length: 2 * rows }, (_, i) =>
        i % 2 ? 1 + draw() / 2 ** 32 : draw() / 2 ** 32 - 0.5,
      )
      for (const add of [false, true]) {
        const backward =
          (layerNormBackward: typeof N.layerNormBackward): Work =>
          ([to, toWeight, toBias], [x, y, w, s]) =>
            layerNormBackward(to as Slab, x as Slab, y as Slab, {
              columns,
              weight: w as Slab,
              stats: s as Slab,
              toWeight: toWeight as Slab,
              toBias: toBias as Slab,
              add,
            })
        const inputs = [g, a, weight, stats]
        compare(
          `layerNormBackward ${said}`,
          inputs,
          [n, columns, columns],
          backward(N.layerNormBackward),
          backward(Q.layerNormBackward),
        )
      }
    }
})

test('windows: unfolded, folded, pooled, rows looked up', () => {
  const [C, D] = [convolve, plainConvolve]
  for (const w of [
    { images: 2, height: 8, width: 8, channels: 1, size: 3, padding: 1 },
    { images: 3, height: 5, width: 7, channels: 5, size: 3, stride: 2, padding: 1 },
    { images: 1, height: 4, width: 4, channels: 16, size: 2, stride: 2 },
    { images: 2, height: 6, width: 5, channels: 3, size: 5, padding: 2 },
    { images: 2, height: 7, width: 7, channels: 4, size: 3, stride: 2 },
    { images: 1, height: 3, width: 3, channels: 2, size: 1 },
    { images: 1, height: 2, width: 2, channels: 3, size: 4, stride: 3, padding: 2 },
  ])
    for (const strange of [false, true]) {
      const said = `${JSON.stringify(w)} ${strange}`
      const pixels = w.images * w.height * w.width * w.channels
      const windows = w.images * C.windowRows(w) * C.windowColumns(w)
      const unfolded = windows * w.size * w.size * w.channels
      const out = windows * w.channels
      const one = (name: 'unfold' | 'fold' | 'averagePool' | 'averagePoolBackward', from: number, to: number): void =>
        compare(
          `${name} ${said}`,
          [numbers(from, strange)],
          [to],
          ([t], [x]) => C[name](t as Slab, x as Slab, w),
          ([t], [x]) => D[name](t as Slab, x as Slab, w),
        )
      one('unfold', pixels, unfolded)
      one('fold', unfolded, pixels)
      one('averagePool', pixels, out)
      one('averagePoolBackward', out, pixels)
      const a = numbers(pixels, strange).map((x) => Math.round(x))
      compare(
        `maxPool ${said}`,
        [a],
        [out, out],
        ([to, where], [x]) => C.maxPool(to as Slab, where as Slab, x as Slab, w),
        ([to, where], [x]) => D.maxPool(to as Slab, where as Slab, x as Slab, w),
      )
      const where = new Float32Array(Int32Array.from({ length: out }, () => draw() % pixels).buffer)
      compare(
        `maxPoolBackward ${said}`,
        [numbers(out, strange), where],
        [pixels],
        ([to], [g, at]) => C.maxPoolBackward(to as Slab, g as Slab, at as Slab),
        ([to], [g, at]) => D.maxPoolBackward(to as Slab, g as Slab, at as Slab),
      )
    }
  for (const columns of [1, 3, 8, 17]) {
    const indices = new Float32Array(Int32Array.from({ length: 40 }, () => draw() % 6).buffer)
    compare(
      `gather ${columns}`,
      [numbers(6 * columns, true), indices],
      [40 * columns],
      ([to], [table, at]) => C.gather(to as Slab, table as Slab, at as Slab, columns),
      ([to], [table, at]) => D.gather(to as Slab, table as Slab, at as Slab, columns),
    )
    compare(
      `scatterAdd ${columns}`,
      [numbers(40 * columns, true), indices],
      [6 * columns],
      ([to], [g, at]) => C.scatterAdd(to as Slab, g as Slab, at as Slab, columns),
      ([to], [g, at]) => D.scatterAdd(to as Slab, g as Slab, at as Slab, columns),
    )
  }
})

test('rounding in place, and its counts, for every format and mode', () => {
  for (const f of all) {
    if (f.precision > 24 || f.emax > 127 || f.emin - f.precision + 1 < -149) continue
    const values = new Float32Array([...edges(f, 40), ...randomBits32(300, 9), ...special])
    // Whole groups are counted while they are rounded to the nearest.
    for (const [rounding, overflow] of [
      ['nearest-even', 'ieee'],
      ['nearest-even', 'saturate'],
      ['stochastic', 'ieee'],
      ['stochastic', 'saturate'],
      ['toward-zero', 'ieee'],
      ['up', 'saturate'],
    ] as const)
      for (const n of [values.length - (rounding === 'nearest-even' ? values.length % 16 : 0), 5, 16, 17, 1]) {
        const [fast, plain] = [
          slabRounder(f, { rounding, overflow, seed: 3 }),
          plainRounder(f, { rounding, overflow, seed: 3 }),
        ]
        const [got, wanted] = [newLosses(), newLosses()]
        const part = values.subarray(values.length - n)
        const run =
          (rounder: typeof fast, losses?: typeof got): Work =>
          ([to], [x]) => {
            valuesOf(to as Slab).set(valuesOf(x as Slab))
            rounder(to as Slab, { first: 2048, ...(losses ? { losses } : {}) })
          }
        const said = `${f.name} ${rounding} ${overflow} ${n}`
        compare(said, [part], [n], run(fast, got), run(plain, wanted))
        assert.deepEqual(got, wanted, said)
        compare(`${said}, not counted`, [part], [n], run(fast), run(plain))
        const from: Work = ([to], [x]) => fast(to as Slab, { from: x as Slab, first: 2048, losses: newLosses() })
        compare(`${said}, from elsewhere`, [part], [n], from, run(plain))
        const bare: Work = ([to], [x]) => fast(to as Slab, { from: x as Slab, first: 2048 })
        compare(`${said}, from elsewhere, not counted`, [part], [n], bare, run(plain))
      }
  }
})

test('losses of logits and the binary cross-entropy', () => {
  const arena = newArena()
  const x = arena.of([0, 1, -1, 50, -50, 200, -200, Infinity, Number.NaN])
  const t = arena.of([0, 1, 0, 1, 1, 0, 0, 1, 0])
  const to = arena.slab(9)
  normalize.bceWithLogits(to, x, t)
  const expected = [
    Math.LN2,
    Math.log1p(Math.exp(-1)),
    Math.log1p(Math.exp(-1)),
    Math.exp(-50),
    50,
    200,
    Math.exp(-200),
    Number.NaN,
    Number.NaN,
  ]
  for (const [i, y] of expected.entries())
    assert.ok(Object.is(valuesOf(to)[i], Math.fround(y)), `bce at ${i}: ${valuesOf(to)[i]}`)
  normalize.bceWithLogitsBackward(to, x, t, 1)
  for (const [i, y] of [0.5, Math.fround(1 / (1 + Math.exp(-1))) - 1].entries())
    assert.equal(valuesOf(to)[i], Math.fround(y))
  arena.close()
})

/** The kernels over slabs: the products of the bench's transformer, rounding, activations, rows; timed in turn. */
import { uniform } from '../../src/data/rng.js'
import { asFormat } from '../../src/format/parse.js'
import { newArena, type Slab, valuesOf } from '../../src/kernel/arena.js'
import * as elementwise from '../../src/kernel/elementwise.js'
import { multiply } from '../../src/kernel/gemm.js'
import { type ProductOptions, type ProductShape, product } from '../../src/kernel/matrix.js'
import * as normalize from '../../src/kernel/normalize.js'
import { adam } from '../../src/kernel/optimize.js'
import { newLosses, slabRounder } from '../../src/kernel/slab-rounding.js'

interface Row {
  readonly name: string
  readonly run: () => void
  /** Operations, or values. */
  readonly work: number
  readonly unit: 'GFLOP/s' | 'ns'
  /** Of products: how often a step has it. */
  readonly count?: number
}

const rounds = 15
const arena = newArena()
const random = (length: number, seed: number): Slab =>
  arena.of(Float32Array.from({ length }, (_, i) => (uniform(seed, i) * 2 - 1) * 1.9))

/** m, k, n and how many a step of 2 layers, d 64, 4 heads, T 64, batch 16, vocabulary 80 has; `batch` small ones in a call. */
const products: readonly (readonly [string, ProductShape, count: number, batch?: number])[] = [
  ['x · Wᵀ, queries, keys, values', { m: 1024, k: 64, n: 192, transposeB: true }, 2],
  ['x · Wᵀ, projection', { m: 1024, k: 64, n: 64, transposeB: true }, 2],
  ['x · Wᵀ, first of the block', { m: 1024, k: 64, n: 256, transposeB: true }, 2],
  ['x · Wᵀ, second of the block', { m: 1024, k: 256, n: 64, transposeB: true }, 2],
  ['x · Wᵀ, vocabulary', { m: 1024, k: 64, n: 80, transposeB: true }, 1],
  ['g · W, queries, keys, values', { m: 1024, k: 192, n: 64 }, 2],
  ['g · W, projection', { m: 1024, k: 64, n: 64 }, 2],
  ['g · W, first of the block', { m: 1024, k: 256, n: 64 }, 2],
  ['g · W, second of the block', { m: 1024, k: 64, n: 256 }, 2],
  ['g · W, vocabulary', { m: 1024, k: 80, n: 64 }, 1],
  ['gᵀ · x, queries, keys, values', { m: 192, k: 1024, n: 64, transposeA: true }, 2],
  ['gᵀ · x, projection', { m: 64, k: 1024, n: 64, transposeA: true }, 2],
  ['gᵀ · x, first of the block', { m: 256, k: 1024, n: 64, transposeA: true }, 2],
  ['gᵀ · x, second of the block', { m: 64, k: 1024, n: 256, transposeA: true }, 2],
  ['gᵀ · x, vocabulary', { m: 80, k: 1024, n: 64, transposeA: true }, 1],
  ['Q · Kᵀ and dO · Vᵀ', { m: 64, k: 16, n: 64, transposeB: true }, 4, 64],
  ['P · V and dS · K', { m: 64, k: 64, n: 16 }, 4, 64],
  ['Pᵀ · dO and dSᵀ · Q', { m: 64, k: 64, n: 16, transposeA: true }, 4, 64],
]

function productRow(
  [name, shape, count, batch = 1]: (typeof products)[number],
  o: ProductOptions,
  f: 'fp32' | 'fp16',
): Row {
  const { m, k, n } = shape
  const [a, b, to] = [random(m * k * batch, 1), random(k * n * batch, 2), arena.slab(m * n * batch)]
  if (f !== 'fp32') for (const slab of [a, b]) slabRounder(f)(slab)
  const whole = { ...shape, batch: [{ count: batch, a: m * k, b: k * n, to: m * n }] }
  const run = (): void => product(to, a, b, whole, o)
  run()
  const { transposeA = false, transposeB = false } = shape
  const first = { a: valuesOf(a).slice(0, m * k), b: valuesOf(b).slice(0, k * n), m, k, n, transposeA, transposeB }
  for (const [i, x] of multiply(first, o).entries())
    if (!Object.is(x, valuesOf(to)[i])) throw new Error(`${name} disagrees at ${i}`)
  return { name: `${name}${batch > 1 ? `, ${batch}` : ''}`, run, work: 2 * m * k * n * batch, unit: 'GFLOP/s', count }
}

/** All products of a transformer step in float32, once each: what its time is measured by. */
export function productsOfStep(): () => void {
  const rows = products.map((each) => productRow(each, {}, 'fp32'))
  return () => {
    for (const { run, count = 1 } of rows) for (let i = 0; i < count; i++) run()
  }
}

function valueRows(): Row[] {
  const n = 1 << 18
  const [a, b, to, row] = [random(n, 3), random(n, 4), arena.slab(n), random(64, 5)]
  const [stats, small] = [arena.slab(n / 32), [arena.slab(64), arena.slab(64)] as const]
  const losses = newLosses()
  const layer = { columns: 64, weight: row, stats }
  const scalars = { beta1: 0.9, rest1: 0.1, beta2: 0.999, rest2: 0.001, eps: 1e-8, l2: 0, rate: -1e-3, root: 1 }
  const slots = { weights: a, gradients: b, first: arena.zeros(n), second: arena.zeros(n) }
  const rounders = (['fp16', 'bf16'] as const).map((f) => [f, slabRounder(f)] as const)
  const rows: [string, () => void][] = [
    ...rounders.map(([f, round]): [string, () => void] => [`round to ${f}`, () => round(to, { from: a })]),
    ...rounders.map(([f, round]): [string, () => void] => [
      `round to ${f}, counted`,
      () => round(to, { from: a, losses }),
    ]),
    ['add', () => elementwise.add(to, a, b)],
    ['relu', () => elementwise.relu(to, a)],
    ['bias', () => elementwise.addRow(to, a, row)],
    ['gradient of a bias', () => elementwise.sumRows(small[0], a)],
    ...elementwise.activations.flatMap((name): [string, () => void][] => [
      [name, () => elementwise.activate(name, to, a)],
      [`${name}, backward`, () => elementwise.activateBackward(name, to, b, a)],
    ]),
    ['dropout', () => elementwise.dropout(to, a, { rate: 0.1, seed: 1 })],
    ['softmax, rows of 64', () => normalize.softmax(to, a, 64)],
    ['softmax, backward', () => normalize.softmaxBackward(to, b, a, 64)],
    ['layer norm, rows of 64', () => normalize.layerNorm(to, a, { ...layer, bias: row })],
    [
      'layer norm, backward',
      () => normalize.layerNormBackward(to, b, a, { ...layer, toWeight: small[0], toBias: small[1] }),
    ],
    ['log-softmax, rows of 64', () => normalize.logSoftmax(to, a, 64)],
    ['Adam', () => adam(to, slots, scalars)],
    ['Adam in bf16', () => adam(to, slots, scalars, { compute: asFormat('bf16'), state: asFormat('bf16') })],
  ]
  return rows.map(([name, run]) => ({ name, run, work: n, unit: 'ns' }))
}

export function tensorBench(): void {
  const exact = products.map((each) => productRow(each, {}, 'fp32'))
  const narrow = [products[2], products[15], products[16]].map((each) =>
    productRow(each as (typeof products)[number], { accumulate: 'fp16' }, 'fp16'),
  )
  const sections: [string, Row[]][] = [
    ['Products of a transformer step in float32, every one agreed on first', exact],
    ['The same with sums in fp16', narrow],
    [`Values in slabs, ${1 << 18} of them`, valueRows()],
  ]
  const times = new Map<Row, number[]>(sections.flatMap(([, rows]) => rows.map((row): [Row, number[]] => [row, []])))
  for (let round = 0; round < rounds; round++)
    for (const [{ run, work }, list] of times) {
      run()
      const start = process.hrtime.bigint()
      run()
      list.push(Number(process.hrtime.bigint() - start) / work)
    }
  for (const list of times.values()) list.sort((a, b) => a - b)
  const at = (row: Row, i: number): number => (times.get(row) as number[])[i] as number
  for (const [title, rows] of sections) {
    console.log(`\n${title}; median of ${rounds} in turn (best)`)
    for (const row of rows) {
      const show = (i: number): string => (row.unit === 'ns' ? at(row, i) : 1 / at(row, i)).toFixed(2)
      const often = row.count === undefined ? '' : `${row.count} x `
      const name = `${often}${row.name}`.padEnd(44)
      console.log(`  ${name}${`${show(rounds >> 1)} (${show(0)}) ${row.unit}`.padStart(26)}`)
    }
  }
  const sum = (i: number): number => exact.reduce((ns, row) => ns + at(row, i) * row.work * (row.count ?? 0), 0) / 1e6
  const flop = exact.reduce((all, { work, count = 0 }) => all + work * count, 0) / 1e6
  console.log(
    `\n  All products of a step, ${flop.toFixed(0)} MFLOP: ${sum(rounds >> 1).toFixed(1)} (${sum(0).toFixed(1)}) ms`,
  )
  arena.close()
}

/** Optimizers and weights in narrow formats against exact fractions and NumPy's float16; their parts; bad input. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { divide, float64Of, type Rational, rationalOf, subtract } from '../../src/format/exact.js'
import { format } from '../../src/format/parse.js'
import { round } from '../../src/format/round.js'
import { nearest, stochasticRounder } from '../../src/train/optimizer/nearest.js'
import { wholePower } from '../../src/train/optimizer/power.js'
import { type Hyper, type OptimizerFormats, type OptimizerName, optimizer } from '../../src/train/optimizer.js'
import { type Keeping, weightKeeper } from '../../src/train/weights.js'
import { root } from '../support.js'
import { floats, hex, type Kind, words } from './inputs.js'

type Names = 'seen' | 'held' | 'rest' | 'momentum' | 'variance'

interface Case {
  readonly optimizer: OptimizerName
  readonly hyper: Partial<Hyper>
  readonly formats: OptimizerFormats
  readonly keeping: Keeping
  readonly format: string
  readonly kind: string
  readonly steps: number
  readonly shown: Readonly<Record<string, Readonly<Record<Names, readonly string[]>>>>
}

const folder = join(root, 'test/vectors/optimizer')
const { count, cases }: { count: number; cases: readonly Case[] } = JSON.parse(
  readFileSync(join(folder, 'recipes.json'), 'utf8'),
)
const { kinds }: { kinds: Readonly<Record<string, Kind>> } = JSON.parse(
  readFileSync(join(folder, 'torch.json'), 'utf8'),
)

/** Zeros of either sign are equal: the fractions have only one. */
const bits = (values: Float64Array | undefined): string[] =>
  Array.from(values ?? new Float64Array(count), (x) => hex(x + 0))
const unsigned = (codes: readonly string[]): string[] => codes.map((code) => (code === '80000000' ? '00000000' : code))

for (const [index, c] of cases.entries())
  test(`${c.optimizer} ${JSON.stringify(c.hyper)} ${JSON.stringify(c.formats)}, ${c.keeping} ${c.format}`, () => {
    const next = words(9000 + index)
    const draw = (kind: string) => floats(kinds[kind] as Kind, count, next)
    const recipe = optimizer(c.optimizer, c.hyper, c.formats)
    const keeper = weightKeeper(c.keeping, { format: c.format })
    let weights = keeper.init(draw('ordinary'))
    let state = recipe.init(count)
    for (let t = 1; t <= c.steps; t++) {
      const moved = recipe.next(state, weights.held, draw(c.kind))
      state = moved.state
      weights = keeper.next(weights, moved.move)
      const wanted = c.shown[t]
      if (!wanted) continue
      const got = { seen: weights.seen, held: weights.held, rest: weights.rest, ...state.slots }
      for (const [name, codes] of Object.entries(wanted))
        assert.deepEqual(bits(got[name as Names]), unsigned(codes), `step ${t}: ${name}`)
    }
  })

test('nearest and stochasticRounder are round, for every format and every size', () => {
  const next = words(7)
  const bytes = new DataView(new ArrayBuffer(8))
  const special = [0, -0, 1, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 65519.999, 65520, 2 ** -25]
  for (const name of [
    'fp64',
    'fp32',
    'tf32',
    'bf16',
    'fp16',
    'e5m2',
    'e4m3fn',
    'e2m1',
    'e4m3fnuz',
    'e8m0',
    'e11m10',
    'e8m30',
  ]) {
    const f = format(name)
    const fast = nearest(f)
    const drawn = stochasticRounder(f)
    const check = (x: number) => {
      assert.ok(Object.is(fast(x), round(x, f)), `${name} ${x}: ${fast(x)}`)
      const random = next() / 2 ** 32
      const wanted = round(x, f, { rounding: 'stochastic', random })
      assert.ok(Object.is(drawn(x, random), wanted), `${name} ${x} ${random}: ${drawn(x, random)}`)
    }
    for (const x of special) check(x)
    for (let i = 0; i < 4000; i++) {
      bytes.setUint32(0, next())
      bytes.setUint32(4, next())
      // Any bits; then sizes near the format, halves of its ulps among them.
      check(bytes.getFloat64(0))
      const exponent = f.emin - f.precision - 3 + ((next() >>> 8) % (f.emax - f.emin + f.precision + 6))
      const significand = Math.floor(2 ** (f.precision + 2) * (1 + next() / 2 ** 32)) / 2 ** (f.precision + 2)
      const x = significand * 2 ** Math.max(-1074, Math.min(exponent, 1023))
      check(i % 2 === 0 ? x : -x)
    }
  }
})

test('whole powers are correctly rounded', () => {
  for (const base of [0.9, 0.999, 0.99, 0.5, 0.98, 1 - 2 ** -30, 0.1])
    for (const n of [0, 1, 2, 3, 7, 10, 37, 100, 255]) {
      const { numerator, denominator } = rationalOf(base)
      const exact: Rational = { numerator: numerator ** BigInt(n), denominator: denominator ** BigInt(n) }
      assert.equal(wholePower(base, n), float64Of(exact), `${base}^${n}`)
      const error = float64Of(divide(subtract(rationalOf(wholePower(base, n)), exact), exact))
      assert.ok(Math.abs(error) <= 2 ** -53)
    }
  assert.equal(wholePower(0.999, 1e9), 0)
  assert.equal(wholePower(0, 0), 1)
  assert.equal(wholePower(0, 5), 0)
})

test('the numbers of bf16 at 1: nearest stays, Kahan arrives, stochastic rounding comes near', () => {
  const delta = Float64Array.of(2 ** -10)
  const after = (keeping: Keeping, seed = 1): number => {
    const keeper = weightKeeper(keeping, { format: 'bf16', seed })
    let weights = keeper.init([1])
    for (let t = 0; t < 1000; t++) weights = keeper.next(weights, { delta })
    return weights.seen[0] as number
  }
  assert.equal(after('plain'), 1)
  assert.equal(after('kahan'), 1.9765625)
  assert.equal(after('master'), 1.9765625)
  const ends = Array.from({ length: 100 }, (_, i) => after('stochastic', i + 1))
  const mean = ends.reduce((sum, x) => sum + x, 0) / ends.length
  // Each step goes up by 2^-7 with probability 1/8: a variance of 1000 · 2^-14 · 7/64.
  assert.ok(Math.abs(mean - 1.9765625) < (5 * Math.sqrt((1000 * 2 ** -14 * 7) / 64)) / 10, `${mean}`)
  assert.ok(new Set(ends).size > 20)
})

test('bytes a weight takes', () => {
  const bytes = (keeping: Keeping, name: string) => weightKeeper(keeping, { format: name }).bytes
  assert.deepEqual(
    (['plain', 'master', 'kahan', 'stochastic'] as const).map((keeping) => bytes(keeping, 'bf16')),
    [2, 6, 4, 2],
  )
  assert.equal(bytes('plain', 'fp32'), 4)
})

test('nonsense is refused', () => {
  const code = (wanted: string, work: () => unknown) =>
    assert.throws(work, (error) => error instanceof FpsimError && error.code === wanted)
  code('invalid-value', () => optimizer('adma' as OptimizerName))
  code('invalid-value', () => optimizer('sgd', { lr: -1 }))
  code('invalid-value', () => optimizer('sgd', { lr: Number.NaN }))
  code('invalid-value', () => optimizer('adam', { beta2: 1 }))
  code('invalid-value', () => optimizer('nesterov', { dampening: 0.1 }))
  code('invalid-value', () => optimizer('nesterov', { momentum: 0 }))
  code('unknown-key', () => optimizer('adam', { epsilon: 1 } as Partial<Hyper>))
  code('unknown-format', () => optimizer('adam', {}, { compute: 'fp61' }))
  code('invalid-value', () => weightKeeper('kahn' as Keeping, { format: 'bf16' }))
  code('unknown-format', () => weightKeeper('plain', { format: 'bf61' }))
})

test('a state is not changed by the next step', () => {
  const recipe = optimizer('adam')
  const keeper = weightKeeper('kahan', { format: 'bf16' })
  const [state, weights] = [recipe.init(1), keeper.init([1])]
  const first = recipe.next(state, weights.held, [1])
  assert.deepEqual(recipe.next(state, weights.held, [1]), first)
  assert.deepEqual(keeper.next(weights, first.move), keeper.next(weights, first.move))
  assert.deepEqual([...(state.slots.momentum ?? [])], [0])
})

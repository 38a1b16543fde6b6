/** The activations' errors in ulp of float32, against kernel.ts' float64 functions, which other tests hold against mpmath. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { newArena, valuesOf } from '../../src/kernel/arena.js'
import { type Activation, activate, activateBackward, activations } from '../../src/kernel/elementwise.js'
import { erf, exp, expm1, tanh } from '../../src/kernel/kernel.js'
import { words } from './inputs.js'

/** 1 − Φ(y) for y > 0 by Laplace's continued fraction where 1 − erf has lost its digits. */
function upperTail(y: number): number {
  if (y < 3) return 0.5 * (1 - erf(y * Math.SQRT1_2))
  let f = y
  for (let n = 200; n > 0; n--) f = y + n / f
  return (exp(-0.5 * y * y) * 0.3989422804014327) / f
}
const normal = (x: number): number => (x < 0 ? upperTail(-x) : 1 - upperTail(x))
const sigmoid = (x: number): number => (x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)))
const twice = 1.5957691216057308
const argument = (x: number): number => twice * (x + 0.044715 * x * x * x)

const exact: Readonly<Record<Activation, (x: number) => number>> = {
  exp,
  tanh: (x) => (Math.abs(x) < 0.1 ? expm1(2 * x) / (expm1(2 * x) + 2) : tanh(x)),
  sigmoid,
  gelu: (x) => x * normal(x),
  geluTanh: (x) => x * sigmoid(argument(x)),
}
const slopes: Readonly<Record<Activation, (x: number) => number>> = {
  exp: (y) => y,
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
  gelu: (x) => normal(x) + x * 0.3989422804014327 * exp(-0.5 * x * x),
  geluTanh: (x) => {
    const s = sigmoid(argument(x))
    return s + x * s * sigmoid(-argument(x)) * twice * (1 + 3 * 0.044715 * x * x)
  },
}

/** Distance in ulp of float32 at the exact value, 2^-149 at the least. */
function ulps(got: number, wanted: number): number {
  const size = Math.max(Math.abs(wanted), 2 ** -126)
  return Math.abs(got - wanted) / 2 ** (Math.floor(Math.log2(size)) - 23)
}

test('activations: at most 0.52 ulp of float32, and their derivatives away from their zeros', () => {
  const draw = words(12)
  const inputs: number[] = []
  for (let e = -149; e < 8; e++)
    for (let i = 0; i < 200; i++) inputs.push((draw() % 2 ? 1 : -1) * (1 + draw() / 2 ** 32) * 2 ** e)
  for (let i = 0; i < 60000; i++) inputs.push((draw() / 2 ** 31 - 1) * (i % 2 ? 5 : 110))
  const arena = newArena()
  const a = arena.of(inputs)
  const to = arena.slab(inputs.length)
  const ones = arena.of(new Float32Array(inputs.length).fill(1))
  for (const name of activations) {
    activate(name, to, a)
    let worst = 0
    for (const [i, x] of valuesOf(a).entries()) {
      const wanted = exact[name](x)
      const got = valuesOf(to)[i] as number
      if (Math.abs(wanted) < 3.4028235e38) worst = Math.max(worst, ulps(got, wanted))
      else assert.equal(got, Math.fround(wanted))
    }
    assert.ok(worst <= 0.52, `${name}: ${worst} ulp`)
    const byOutput = name === 'exp' || name === 'tanh' || name === 'sigmoid'
    const source = byOutput ? to : a
    const slopeOf = arena.slab(inputs.length)
    activateBackward(name, slopeOf, ones, source)
    worst = 0
    for (const [i, x] of valuesOf(source).entries()) {
      const wanted = slopes[name](x)
      const got = valuesOf(slopeOf)[i] as number
      if (!Number.isFinite(wanted) || Math.abs(wanted) > 3e38) continue
      // About its zero a derivative of gelu is a small difference of large terms.
      if (!byOutput && Math.abs(x + 0.752) < 0.02)
        assert.ok(Math.abs(got - wanted) <= 2 ** -31, `${name} backward at ${x}`)
      else worst = Math.max(worst, ulps(got, wanted))
    }
    assert.ok(worst <= 0.52, `${name} backward: ${worst} ulp`)
  }
  arena.close()
})

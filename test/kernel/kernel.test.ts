/** The elementary functions against correctly rounded values, special values, and their promises. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { cos, erf, exp, expm1, log, log1p, sin, tanh } from '../../src/kernel/kernel.js'

const kernel = { exp, expm1, log, log1p, tanh, sin, cos, erf }
type Name = keyof typeof kernel

// The bounds that kernel.ts states, in ulp.
const bounds: Record<Name, number> = {
  exp: 0.51,
  expm1: 1.5,
  log: 0.52,
  log1p: 0.8,
  tanh: 2.2,
  sin: 1.2,
  cos: 1.2,
  erf: 0.75,
}
const names = Object.keys(bounds) as Name[]

const view = new DataView(new ArrayBuffer(8))
function fromBits(hex: string): number {
  view.setBigUint64(0, BigInt(`0x${hex}`))
  return view.getFloat64(0)
}
/** Consecutive float64 values have consecutive integers here. */
function order(x: number): bigint {
  view.setFloat64(0, x)
  const bits = view.getBigInt64(0)
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits
}

interface Point {
  x: number
  nearest: number
  /** What the nearest float64 leaves over, in ulp. */
  rest: number
}
const points = (name: Name): Point[] =>
  readFileSync(`test/vectors/kernel/${name}.txt`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [x, nearest, rest] = line.split(' ') as [string, string, string]
      return { x: fromBits(x), nearest: fromBits(nearest), rest: Number(rest) / 1000 }
    })

for (const name of names) {
  test(`${name} is within ${bounds[name]} ulp of the true value`, () => {
    const all = points(name)
    assert.ok(all.length >= 2000)
    for (const { x, nearest, rest } of all) {
      const got = kernel[name](x)
      const error = Math.abs(Number(order(got) - order(nearest)) - rest)
      assert.ok(error <= bounds[name], `${name}(${x}) = ${got}, nearest ${nearest}: ${error} ulp`)
    }
  })
}

test('sin and cos are within 0.75 ulp below 1.6e6', () => {
  for (const name of ['sin', 'cos'] as const) {
    for (const { x, nearest, rest } of points(name)) {
      if (Math.abs(x) >= 1.6e6) continue
      const error = Math.abs(Number(order(kernel[name](x)) - order(nearest)) - rest)
      assert.ok(error <= 0.75, `${name}(${x}): ${error} ulp`)
    }
  }
})

test('special values', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number
  const table: [Name, number, number][] = [
    ['exp', inf, inf],
    ['exp', -inf, 0],
    ['exp', 0, 1],
    ['exp', -0, 1],
    ['exp', 5e-324, 1],
    ['exp', 709.782712893384, 1.7976931348622732e308],
    ['exp', 709.7827128933841, inf],
    ['exp', -745.1332191019411, 5e-324],
    ['exp', -745.1332191019412, 0],
    ['expm1', inf, inf],
    ['expm1', -inf, -1],
    ['expm1', -0, -0],
    ['expm1', 0, 0],
    ['expm1', -5e-324, -5e-324],
    ['log', inf, inf],
    ['log', 0, -inf],
    ['log', -0, -inf],
    ['log', 1, 0],
    ['log', -1, nan],
    ['log', -5e-324, nan],
    ['log', -inf, nan],
    ['log1p', inf, inf],
    ['log1p', -1, -inf],
    ['log1p', -1.5, nan],
    ['log1p', -0, -0],
    ['log1p', 5e-324, 5e-324],
    ['tanh', inf, 1],
    ['tanh', -inf, -1],
    ['tanh', -0, -0],
    ['tanh', 5e-324, 5e-324],
    ['sin', inf, nan],
    ['sin', -inf, nan],
    ['sin', -0, -0],
    ['sin', 5e-324, 5e-324],
    ['cos', inf, nan],
    ['cos', -inf, nan],
    ['cos', -0, 1],
    ['erf', inf, 1],
    ['erf', -inf, -1],
    ['erf', -0, -0],
    ['erf', 0, 0],
    ['erf', 5e-324, 5e-324],
    ['erf', -1e300, -1],
    ...names.map((name): [Name, number, number] => [name, nan, nan]),
  ]
  for (const [name, x, expected] of table) {
    const got = kernel[name](x)
    assert.ok(Object.is(got, expected), `${name}(${x}) = ${got}, expected ${expected}`)
  }
})

test('odd functions are odd and cos is even, bit for bit', () => {
  for (const name of ['sin', 'tanh', 'erf', 'cos'] as const) {
    for (const { x } of points(name)) {
      const mirrored = kernel[name](-x)
      assert.ok(Object.is(kernel[name](x), name === 'cos' ? mirrored : -mirrored), `${name}(${x})`)
    }
  }
})

test('every NaN has the bits of JavaScript’s own', () => {
  const stored = new Float64Array([kernel.log(-1), kernel.sin(Infinity), kernel.log1p(-2), kernel.exp(Number.NaN)])
  const bits = new BigUint64Array(stored.buffer)
  assert.deepEqual([...bits], [0x7ff8000000000000n, 0x7ff8000000000000n, 0x7ff8000000000000n, 0x7ff8000000000000n])
})

test('the results have the same bits everywhere', () => {
  const hash = createHash('sha256')
  for (const name of names)
    for (const { x } of points(name)) hash.update(new Uint8Array(Float64Array.of(kernel[name](x)).buffer))
  assert.equal(hash.digest('hex'), '75d13a8429a6b90f1fc48b6b08926114b73e729495f300916b10c30b9702b0d5')
})

/** fpsim against what shares none of its code, and its fast twins against their plain ones: one check after another. */
import { f16round } from '@petamoriken/float16'
import { arithmeticAnswers, roundingAnswers } from '../../data/answers.js'
import { uniform } from '../../data/rng.js'
import { type Arithmetic, arithmetic } from '../../format/arithmetic.js'
import { powerOfTwo } from '../../format/bits.js'
import { formats } from '../../format/catalog.js'
import { decode } from '../../format/decode.js'
import { encode } from '../../format/encode.js'
import { type Format, hasNaN, type Rounding, roundings } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { type RoundOptions, rounder } from '../../format/round.js'
import { next, previous } from '../../format/ulp.js'
import { quantize } from '../../kernel/quantize.js'
import { type Check, type Evidence, Ledger } from './evidence.js'

const small = formats.filter((f) => f.width <= 16)
const wide16 = formats.filter((f) => f.width === 16)

/** The finite values of a format in order, from its codes. */
function valuesOf(f: Format): number[] {
  const values = Array.from({ length: powerOfTwo(f.width) }, (_, code) => decode(code, f))
  return [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b)
}

/** Codes there and back, and in order: a format has no gaps and no doubles. */
async function* codes(): AsyncGenerator<number, Evidence> {
  const ledger = new Ledger()
  for (const f of small) {
    const about = { format: f.name, rounding: 'nearest-even' as const }
    for (let code = 0; code < powerOfTwo(f.width); code++) {
      const x = decode(code, f)
      if (!Number.isNaN(x)) ledger.compare(encode(x, f), code, { ...about, input: x })
      else if (hasNaN(f)) ledger.compare(decode(encode(x, f), f), x, { ...about, input: x })
    }
    const values = valuesOf(f)
    for (let i = 1; i < values.length; i++) {
      const [low, high] = [values[i - 1] as number, values[i] as number]
      ledger.compare(next(low, f), high, { ...about, input: low })
      ledger.compare(previous(high, f), low + 0, { ...about, input: high })
    }
    yield ledger.cases
  }
  return ledger.evidence('codes')
}

/** The float64 next above or below a finite nonzero x. */
function float64Beside(x: number, up: boolean): number {
  const [word] = new BigInt64Array(new Float64Array([x]).buffer)
  return new Float64Array(new BigInt64Array([(word as bigint) + (up === x > 0 ? 1n : -1n)]).buffer)[0] as number
}

/** The answer by looking: of the two values around x the one that the mode wants. */
function choose(rounding: Rounding, x: number, low: number, high: number, lowIsEven: boolean): number {
  if (rounding === 'down') return low
  if (rounding === 'up') return high
  const inward = Math.abs(low) < Math.abs(high) ? low : high
  if (rounding === 'toward-zero') return inward
  const toLow = x - low
  const toHigh = high - x
  if (toLow !== toHigh) return toLow < toHigh ? low : high
  if (rounding === 'nearest-away') return inward === low ? high : low
  return lowIsEven ? low : high
}

/** Every midpoint of the 16-bit formats and the float64 beside it, by position in the list of values. */
async function* midpoints(): AsyncGenerator<number, Evidence> {
  const ledger = new Ledger()
  const modes: readonly Rounding[] = ['nearest-even', 'nearest-away', 'toward-zero', 'up', 'down']
  for (const f of wide16) {
    const values = valuesOf(f).filter((x) => !Object.is(x, -0))
    const zero = values.indexOf(0)
    const rounders = modes.map((rounding) => rounder(f, { rounding }))
    for (let i = 1; i < values.length; i++) {
      const [low, high] = [values[i - 1] as number, values[i] as number]
      const middle = low / 2 + high / 2
      // Values alternate between even and odd significands, counted from 0.
      const lowIsEven = (i - 1 - zero) % 2 === 0
      for (const x of [float64Beside(middle, false), middle, float64Beside(middle, true)])
        modes.forEach((rounding, m) => {
          const wanted = choose(rounding, x, low, high, lowIsEven)
          const signed = wanted === 0 && x < 0 ? -0 : wanted
          ledger.compare(rounders[m]?.(x) as number, signed, { format: f.name, rounding, input: x })
        })
      if (i % 4096 === 0) yield ledger.cases
    }
  }
  return ledger.evidence('midpoints')
}

/** Bit patterns of every size: from a counter-based generator, the same on every machine. */
function* patterns(seed: number, count: number): Generator<number> {
  const words = new Uint32Array(2)
  const float = new Float64Array(words.buffer)
  for (let i = 0; i < count; i++) {
    words[0] = uniform(seed, 2 * i) * 4294967296
    words[1] = uniform(seed, 2 * i + 1) * 4294967296
    yield float[0] as number
    // Random float64 are nearly all far outside of narrow formats; these have exponents −160 … 159.
    yield (1 + uniform(seed + 1, i)) * powerOfTwo(Math.floor(uniform(seed + 2, i) * 320) - 160) * (i % 2 === 0 ? 1 : -1)
  }
}

/** fp16 against @petamoriken/float16, fp32 against the machine's own conversion. */
async function* peers(): AsyncGenerator<number, Evidence> {
  const ledger = new Ledger()
  const pairs = [
    { name: 'fp16', peer: f16round },
    { name: 'fp32', peer: Math.fround },
  ]
  for (const { name, peer } of pairs) {
    const ours = rounder(name)
    const compare = (x: number) =>
      ledger.compare(ours(x), peer(x), { format: name, rounding: 'nearest-even', input: x })
    for (const x of patterns(11, 150_000)) {
      compare(x)
      if (ledger.cases % 65_536 === 0) yield ledger.cases
    }
  }
  const fp16 = valuesOf(format('fp16'))
  const ours = rounder('fp16')
  for (let i = 1; i < fp16.length; i++) {
    const middle = (fp16[i - 1] as number) / 2 + (fp16[i] as number) / 2
    for (const x of [middle, float64Beside(middle, true), float64Beside(middle, false)])
      ledger.compare(ours(x), f16round(x), { format: 'fp16', rounding: 'nearest-even', input: x })
  }
  return ledger.evidence('peers')
}

/** The SIMD kernels against the plain codec, on both carriers, in every mode. */
async function* kernels(): AsyncGenerator<number, Evidence> {
  const ledger = new Ledger()
  const seed = 5
  const float64s = Float64Array.from(patterns(seed, 1500))
  const float32s = Float32Array.from(float64s)
  for (const f of formats)
    for (const rounding of roundings) {
      for (const values of f.name === 'fp64' ? [float64s] : [float32s, float64s]) {
        const fast = quantize(values as Float64Array, f, { rounding, ...(rounding === 'stochastic' ? { seed } : {}) })
        let i = 0
        const options: RoundOptions =
          rounding === 'stochastic' ? { rounding, random: () => uniform(seed, i++) } : { rounding }
        const plain = rounder(f, options)
        for (const [k, x] of values.entries())
          ledger.compare(fast[k] as number, plain(x), { format: f.name, rounding, input: x })
      }
      yield ledger.cases
    }
  return ledger.evidence('kernels')
}

/** Recorded roundings of a Python program in exact fractions. */
async function* recorded(): AsyncGenerator<number, Evidence> {
  const ledger = new Ledger()
  for await (const answers of roundingAnswers()) {
    for (const { format: name, x, random, rounding, overflow, value } of answers) {
      const got = rounder(name, { rounding, overflow, ...(rounding === 'stochastic' ? { random } : {}) })(x)
      ledger.compare(got, value, { format: name, rounding, input: x })
    }
    if (ledger.cases % 7168 === 0) yield ledger.cases
  }
  return ledger.evidence('recorded')
}

/** Recorded operations of a Python program in exact fractions. */
async function* operations(): AsyncGenerator<number, Evidence> {
  const ledger = new Ledger()
  const made = new Map<string, Arithmetic>()
  for await (const answers of arithmeticAnswers()) {
    for (const { format: name, operation, operands, random, rounding, overflow, code } of answers) {
      const key = `${name} ${rounding} ${overflow}`
      const known = rounding === 'stochastic' ? undefined : made.get(key)
      const ops = known ?? arithmetic(name, { rounding, overflow, ...(rounding === 'stochastic' ? { random } : {}) })
      made.set(key, ops)
      const values = operands.map((operand) => decode(operand, name))
      const [a = 0, b = 0, c = 0] = values
      const got = operation === 'fma' ? ops.fma(a, b, c) : operation === 'sqrt' ? ops.sqrt(a) : ops[operation](a, b)
      const wanted = code === undefined ? Number.NaN : decode(code, name)
      ledger.compare(got, wanted, { format: name, rounding, input: a })
    }
    if (ledger.cases % 7168 === 0) yield ledger.cases
  }
  return ledger.evidence('operations')
}

/** All checks, quick ones first. */
export const checks: readonly Check[] = [
  { name: 'codes', run: codes },
  { name: 'peers', run: peers },
  { name: 'recorded', run: recorded },
  { name: 'operations', run: operations },
  { name: 'kernels', run: kernels },
  { name: 'midpoints', run: midpoints },
]

/** From the name a person writes to a Format: aliases, eXmY, did-you-mean. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { formats, ieeeLike } from './catalog.js'
import type { Format } from './format.js'

/** Other names of a catalog format: standards, frameworks and their eXmY twins. */
const aliases: Readonly<Record<string, string>> = {
  half: 'fp16',
  binary16: 'fp16',
  float16: 'fp16',
  f16: 'fp16',
  e5m10: 'fp16',
  bfloat16: 'bf16',
  bfloat: 'bf16',
  brainfloat16: 'bf16',
  e8m7: 'bf16',
  single: 'fp32',
  float: 'fp32',
  float32: 'fp32',
  f32: 'fp32',
  binary32: 'fp32',
  e8m23: 'fp32',
  double: 'fp64',
  float64: 'fp64',
  f64: 'fp64',
  binary64: 'fp64',
  e11m52: 'fp64',
  tensorfloat32: 'tf32',
  e8m10: 'tf32',
  fp6e3m2: 'e3m2',
  fp6e3m2fn: 'e3m2',
  e3m2fn: 'e3m2',
  fp6e2m3: 'e2m3',
  fp6e2m3fn: 'e2m3',
  e2m3fn: 'e2m3',
  fp4: 'e2m1',
  fp4e2m1: 'e2m1',
  fp4e2m1fn: 'e2m1',
  e2m1fn: 'e2m1',
  e8m0fnu: 'e8m0',
  ue8m0: 'e8m0',
}

/** Names that people use for more than one format. */
const ambiguous: Readonly<Record<string, readonly string[]>> = {
  fp8: ['e4m3fn', 'e5m2', 'e4m3', 'e3m4', 'e4m3fnuz', 'e5m2fnuz', 'e4m3b11fnuz'],
  fp8e4m3: ['e4m3fn', 'e4m3', 'e4m3fnuz', 'e4m3b11fnuz'],
  fp6: ['e3m2', 'e2m3'],
}

const byName: ReadonlyMap<string, Format> = new Map(formats.map((f) => [f.name, f]))
const made = new Map<string, Format>()

/** float8_e4m3fn, FP8-E4M3FN, F8_E4M3FN and e4m3fn are one name; so are float16 and Float_16. */
function plain(name: string): string {
  const word = name
    .trim()
    .toLowerCase()
    .replace(/^(?:torch|numpy|np|jnp|ml_dtypes|tf)\./, '')
    .replace(/[\s_.-]/g, '')
  const small = /^(?:float|fp|f)([468])(e\dm\d.*)?$/.exec(word)
  if (!small) return word
  const [, bits, rest = ''] = small
  return bits === '8' && rest !== '' && rest !== 'e4m3' ? rest : `fp${bits}${rest}`
}

/** The format of an eXmY name within fpsim's limits, X 2..11 and Y 1..52. */
function custom(word: string): Format | undefined {
  const match = /^e([1-9]\d?)m([1-9]\d?)$/.exec(word)
  if (!match) return undefined
  const x = Number(match[1])
  const y = Number(match[2])
  if (x < 2 || x > 11 || y > 52) return undefined
  let f = made.get(word)
  if (!f) {
    f = ieeeLike(word, x, y, `IEEE 754-like with ${x} exponent and ${y} fraction bits`)
    made.set(word, f)
  }
  return f
}

/** All names with one meaning, for did-you-mean and completion. */
export const formatNames = (): readonly string[] => [...byName.keys(), ...Object.keys(aliases)]

/**
 * The format of a name: the catalog's, an alias, or any eXmY (X 2..11 exponent bits, Y 1..52 fraction bits).
 * Throws 'unknown-format' { name, suggestion } and 'ambiguous-format' { name, candidates }.
 */
export function format(name: string): Format {
  if (typeof name !== 'string') throw new FpsimError('unknown-format', { name: String(name) })
  const word = plain(name)
  const candidates = Object.hasOwn(ambiguous, word) ? ambiguous[word] : undefined
  if (candidates) throw new FpsimError('ambiguous-format', { name, candidates })
  const known = byName.get(Object.hasOwn(aliases, word) ? (aliases[word] as string) : word)
  const found = known ?? custom(word)
  if (!found) throw new FpsimError('unknown-format', { name, suggestion: suggest(word, formatNames()) })
  return found
}

const facts = ['width', 'precision', 'emin', 'emax'] as const

/** A format given as a record or by name. Throws as `format`, and 'invalid-value' for what is neither. */
export function asFormat(f: Format | string): Format {
  if (typeof f === 'string') return format(f)
  if (typeof f !== 'object' || f === null || !facts.every((fact) => Number.isInteger(f[fact])))
    throw new FpsimError('invalid-value', { option: 'format', value: f, problem: 'wrong-type', expected: 'format' })
  return f
}

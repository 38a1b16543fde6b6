/** Compression by name: `topk:0.01`, `qsgd:4`, `powersgd:2`, `fp16:post`, with `+ef` or `-ef` for error feedback. */
import { FpsimError } from '../../errors.js'
import { parseNumber } from '../../format/literal.js'
import { suggest } from '../../suggest.js'

/** What stands behind the colon of a family. */
export type Parameter =
  | { readonly kind: 'order' }
  /** Below 1 a share of the values, from 1 up a number of them. */
  | { readonly kind: 'part' }
  | { readonly kind: 'number'; readonly min?: number; readonly above?: number; readonly max: number }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }

interface Family {
  readonly parameter?: Parameter
  readonly preset?: number | string
  /** What holds unless the name says +ef or -ef; 'always' and 'never' cannot be changed. */
  readonly feedback: 'on' | 'off' | 'always' | 'never'
}

const family = (feedback: Family['feedback'], parameter?: Parameter, preset?: number | string): Family => ({
  feedback,
  ...(parameter ? { parameter } : {}),
  ...(preset !== undefined ? { preset } : {}),
})

const part: Parameter = { kind: 'part' }

/** Every family; the presets are those of the sources named at each method. */
export const families = {
  none: family('never'),
  fp16: family('off', { kind: 'order' }, 'pre'),
  bf16: family('off', { kind: 'order' }, 'pre'),
  int8: family('off'),
  qsgd: family('off', { kind: 'integer', min: 1, max: 32767 }, 4),
  terngrad: family('off', { kind: 'number', min: 0, max: 1e6 }, 2.5),
  sign: family('never'),
  efsign: family('on'),
  threshold: family('on', { kind: 'number', above: 0, max: 3e38 }, 0.01),
  topk: family('on', part, 0.01),
  randomk: family('off', part, 0.01),
  // A share of 1 would be sampled too: whoever wants all values wants `none`.
  dgc: family('always', { kind: 'number', above: 0, max: 0.9 }, 0.001),
  powersgd: family('on', { kind: 'integer', min: 1, max: 65536 }, 1),
} as const satisfies Readonly<Record<string, Family>>

export type FamilyName = keyof typeof families
export const familyNames = Object.keys(families) as readonly FamilyName[]

/** Other names, without their hyphens. */
const aliases: Readonly<Record<string, FamilyName>> = {
  fp32: 'none',
  half: 'fp16',
  bfloat16: 'bf16',
  signsgd: 'sign',
  efsignsgd: 'efsign',
  prune: 'threshold',
  top: 'topk',
  randk: 'randomk',
  onebit: 'efsign',
}

export interface Spec {
  /** The canonical name: family, parameter, and feedback where it is not the family's own choice. */
  readonly name: string
  readonly family: FamilyName
  /** The number behind the colon; NaN where the family has none. */
  readonly value: number
  readonly division: 'pre' | 'post'
  readonly feedback: boolean
}

const orders = ['pre', 'post']

const refuse = (value: unknown, details: Record<string, unknown>): never => {
  throw new FpsimError('invalid-value', { value, ...details })
}

function numberOf(text: string, parameter: Parameter): number {
  const x = parseNumber(text)
  if (x === undefined) return refuse(text, { problem: 'not-a-number' })
  if (!Number.isFinite(x)) return refuse(text, { problem: 'not-finite' })
  if (parameter.kind === 'part') {
    if (x <= 0) return refuse(text, { problem: 'not-above', limit: 0 })
    if (x >= 1 && !Number.isSafeInteger(x)) return refuse(text, { problem: 'not-an-integer' })
    return x
  }
  if (parameter.kind === 'order') return Number.NaN
  if (parameter.kind === 'integer' && !Number.isSafeInteger(x)) return refuse(text, { problem: 'not-an-integer' })
  const { min, max } = parameter
  if (parameter.kind === 'number' && parameter.above !== undefined && x <= parameter.above)
    return refuse(text, { problem: 'not-above', limit: parameter.above })
  if (min !== undefined && x < min) return refuse(text, { problem: 'below-minimum', limit: min })
  if (x > max) return refuse(text, { problem: 'above-maximum', limit: max })
  return x
}

/** Where the error feedback of a name is said and what is left of it. */
function feedbackOf(text: string): { rest: string; wanted: boolean | undefined } {
  const said = /[+-]ef$/.exec(text)
  return said ? { rest: text.slice(0, -3), wanted: said[0][0] === '+' } : { rest: text, wanted: undefined }
}

/** Throws 'invalid-value' for a family, a parameter or a feedback that does not exist. */
export function parseCompression(text: string): Spec {
  const { rest, wanted } = feedbackOf(text.trim().toLowerCase())
  const [head = '', ...tail] = rest.split(':')
  const plain = head.trim().replace(/[-_]/g, '')
  const name = Object.hasOwn(aliases, plain) ? (aliases[plain] as FamilyName) : (plain as FamilyName)
  if (!Object.hasOwn(families, name)) {
    const suggestion = suggest(plain, [...familyNames, ...Object.keys(aliases)])
    return refuse(head, { problem: 'not-allowed', allowed: familyNames, suggestion })
  }
  const { parameter, preset, feedback }: Family = families[name]
  const argument = tail.length > 0 ? tail.join(':').trim() : undefined
  if (argument !== undefined && !parameter) return refuse(text, { problem: 'not-allowed', allowed: [name] })
  const said = argument ?? String(preset ?? '')
  if (parameter?.kind === 'order' && !orders.includes(said))
    return refuse(said, { problem: 'not-allowed', allowed: orders, suggestion: suggest(said, orders) })
  const fixed = feedback === 'always' || feedback === 'never'
  const own = feedback === 'always' || feedback === 'on'
  if (fixed && wanted !== undefined && wanted !== own)
    return refuse(text, { problem: 'not-allowed', allowed: name === 'sign' ? ['sign', 'efsign'] : [name] })
  const value = parameter && parameter.kind !== 'order' ? numberOf(said, parameter) : Number.NaN
  const written = parameter ? `${name}:${parameter.kind === 'order' ? said : value}` : name
  const change = wanted === undefined || wanted === own ? '' : wanted ? '+ef' : '-ef'
  return {
    name: `${written}${change}`,
    family: name,
    value,
    division: said === 'post' ? 'post' : 'pre',
    feedback: wanted ?? own,
  }
}

/** How many of n values `part` means: max(1, floor(n · share)), or the number itself. Throws where there are not so many. */
export function countOf(part: number, length: number): number {
  if (part < 1) return Math.max(1, Math.floor(length * part))
  if (part > length) return refuse(part, { problem: 'above-maximum', limit: length })
  return part
}

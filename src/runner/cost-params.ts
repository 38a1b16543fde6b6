/** Parameters of the lessons on cost: things known by several names, and counts written as people do (7B, 350M). */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import { suggest } from '../suggest.js'
import { paramMeta } from './params.js'

type Context = { issues: { push(issue: z.core.$ZodRawIssue): unknown } }

/** Hands an FpsimError through zod, as the kinds in params.ts do. */
function refuse(context: Context, input: unknown, values: Record<string, unknown>): never {
  const error = new FpsimError('invalid-value', { value: input, ...values })
  context.issues.push({ code: 'custom', input, params: { error } } as z.core.$ZodRawIssue)
  return z.NEVER
}

interface Named {
  readonly name: string
  readonly aliases: readonly string[]
}

/** One of several things by its name or an alias, in any case; its own name comes out. `others` are words beside them. */
export function oneOf(things: readonly Named[], others: readonly string[] = []) {
  const own = [...things.map(({ name }) => name), ...others]
  const byName = new Map(own.map((name) => [name, name]))
  for (const { name, aliases } of things) for (const alias of aliases) byName.set(alias, name)
  const schema = z.pipe(
    z.string(),
    z.transform((input, context): string => {
      const found = byName.get(input.trim().toLowerCase())
      if (found !== undefined) return found
      const near = suggest(input, byName.keys())
      const suggestion = near === undefined ? undefined : byName.get(near)
      return refuse(context, input, { problem: 'not-allowed', allowed: own, suggestion })
    }),
  )
  paramMeta.add(schema, { kind: 'choice', choices: own })
  return schema
}

/** What stands behind a count, by how many. */
const units: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  b: 1e9,
  g: 1e9,
  t: 1e12,
  千: 1e3,
  万: 1e4,
  亿: 1e8,
}

/** The count a text writes: 7B, 350M, 1.5e9, 2^30, 70 亿; undefined where it writes none. */
export function parseCount(text: string): number | undefined {
  const plain = text.trim()
  const unit = units[plain.slice(-1).toLowerCase()]
  if (unit === undefined || /^0x/i.test(plain)) return parseNumber(plain)
  const size = parseNumber(plain.slice(0, -1).trim())
  // 1.3 × 1e9 is not whole in float64 for every count, the number that is meant is.
  return size === undefined ? undefined : Math.round(size * unit)
}

/** A whole number from 1 to `max`. */
export function count(max: number) {
  const schema = z.pipe(
    z.union([z.number(), z.string()]),
    z.transform((input, context): number => {
      const x = typeof input === 'number' ? input : parseCount(input)
      if (x === undefined) return refuse(context, input, { problem: 'not-a-count' })
      if (!Number.isFinite(x)) return refuse(context, input, { problem: 'not-finite' })
      if (!Number.isInteger(x)) return refuse(context, input, { problem: 'not-an-integer' })
      if (x < 1) return refuse(context, input, { problem: 'below-minimum', limit: 1 })
      if (x > max) return refuse(context, input, { problem: 'above-maximum', limit: max })
      return x
    }),
  )
  paramMeta.add(schema, { kind: 'number' })
  return schema
}

/** The kinds of parameter a runner can have. One declaration gives type, YAML check, option, help and JSON Schema. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import { format } from '../format/parse.js'
import { suggest } from '../suggest.js'

/** What the command line and the editors need to know beside the schema itself. */
export interface ParamMeta {
  readonly kind: 'number' | 'format' | 'choice' | 'names' | 'text' | 'path'
  readonly choices?: readonly string[]
}

export const paramMeta = z.registry<ParamMeta>()

type Context = { issues: { push(issue: z.core.$ZodRawIssue): unknown } }

/** Hands an FpsimError through zod: `read` below turns it back. */
function refuse(context: Context, input: unknown, error: FpsimError): never {
  context.issues.push({ code: 'custom', input, params: { error } } as z.core.$ZodRawIssue)
  return z.NEVER
}

export interface NumberLimits {
  readonly above?: number
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
}

/** The limit a number breaks, or undefined. NaN and ±Infinity break every one: a parameter is a finite number. */
function broken(x: number, { above, min, max, integer }: NumberLimits): Record<string, unknown> | undefined {
  if (!Number.isFinite(x)) return { problem: 'not-finite' }
  if (integer && !Number.isSafeInteger(x)) return { problem: 'not-an-integer' }
  if (above !== undefined && x <= above) return { problem: 'not-above', limit: above }
  if (min !== undefined && x < min) return { problem: 'below-minimum', limit: min }
  if (max !== undefined && x > max) return { problem: 'above-maximum', limit: max }
  return undefined
}

/** A number, also written as text: 65536, 2^16, 1e-8, 0x1p-24. */
export function number(limits: NumberLimits = {}) {
  const schema = z.pipe(
    z.union([z.number(), z.string()]),
    z.transform((input, context): number => {
      const x = typeof input === 'number' ? input : parseNumber(input)
      const details = x === undefined ? { problem: 'not-a-number' } : broken(x, limits)
      if (details === undefined) return x as number
      return refuse(context, input, new FpsimError('invalid-value', { value: input, ...details }))
    }),
  )
  paramMeta.add(schema, { kind: 'number' })
  return schema
}

/** The name of a format, aliases and eXmY included; its canonical name comes out. */
export function formatName() {
  const schema = z.pipe(
    z.string(),
    z.transform((input, context): string => {
      try {
        return format(input).name
      } catch (error) {
        if (error instanceof FpsimError) return refuse(context, input, error)
        throw error
      }
    }),
  )
  paramMeta.add(schema, { kind: 'format' })
  return schema
}

/** One word of a closed set. */
export function choice<const T extends readonly [string, ...string[]]>(choices: T) {
  const schema = z.enum(choices)
  paramMeta.add(schema, { kind: 'choice', choices })
  return schema
}

/**
 * Several words of a closed set, with commas; `all` stands for every one. The words come out in the order given. `refused`:
 * words that are right elsewhere, each with the problem it has here.
 */
export function names<const T extends readonly [string, ...string[]]>(
  choices: T,
  refused: Readonly<Record<string, string>> = {},
) {
  const schema = z.pipe(
    z.string(),
    z.transform((input, context): string => {
      const words = input
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '')
      const strange = words.find((word) => word !== 'all' && !choices.includes(word))
      const allowed = [...choices, 'all']
      if (strange !== undefined && Object.hasOwn(refused, strange)) {
        const details = { value: strange, problem: refused[strange], allowed }
        return refuse(context, input, new FpsimError('invalid-value', details))
      }
      if (strange !== undefined || words.length === 0) {
        const value = strange ?? input
        const suggestion = suggest(value, allowed)
        return refuse(
          context,
          input,
          new FpsimError('invalid-value', { value, problem: 'not-allowed', allowed, suggestion }),
        )
      }
      return [...new Set(words.flatMap((word) => (word === 'all' ? choices : [word])))].join(',')
    }),
  )
  paramMeta.add(schema, { kind: 'names', choices })
  return schema
}

/** Any text. */
export function text() {
  const schema = z.string()
  paramMeta.add(schema, { kind: 'text' })
  return schema
}

/** The path of a file; in a scenario file relative to it. */
export function path() {
  const schema = z.string()
  paramMeta.add(schema, { kind: 'path' })
  return schema
}

export type Shape = Record<string, z.core.$ZodType>

/** The meta data of a parameter, through `optional` and `default` wrappers. */
export function metaOf(schema: z.core.$ZodType): ParamMeta | undefined {
  const found = paramMeta.get(schema)
  if (found) return found
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType
  return inner && metaOf(inner)
}

/** The FpsimErrors of a schema's issues, each with the path of keys it concerns. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): { path: readonly PropertyKey[]; error: FpsimError }[] {
  return issues.flatMap((issue) => {
    const { path } = issue
    const option = String(path.at(-1) ?? '')
    const carried = issue.code === 'custom' ? (issue.params?.['error'] as FpsimError | undefined) : undefined
    if (carried) return [{ path, error: new FpsimError(carried.code, { option, ...carried.values }) }]
    if (issue.code === 'unrecognized_keys') {
      const allowed = keysAt(path)
      return issue.keys.map((key) => ({
        path: [...path, key],
        error: new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) }),
      }))
    }
    const value = issue.input
    if (issue.code === 'invalid_value') {
      const allowed = issue.values.map(String)
      const suggestion = suggest(String(value), allowed)
      return [
        {
          path,
          error: new FpsimError('invalid-value', { option, value, problem: 'not-allowed', allowed, suggestion }),
        },
      ]
    }
    if (value === undefined && issue.code === 'invalid_type')
      return [{ path, error: new FpsimError('invalid-value', { option, problem: 'missing' }) }]
    if (typeof value === 'number' && !Number.isFinite(value))
      return [{ path, error: new FpsimError('invalid-value', { option, value: String(value), problem: 'not-finite' }) }]
    const expected =
      issue.code === 'invalid_type' ? issue.expected : issue.code === 'invalid_union' ? 'number' : issue.code
    return [{ path, error: new FpsimError('invalid-value', { option, value, problem: 'wrong-type', expected }) }]
  })
}

/** The parameter that lists ways to compress, checked where it is written: `topk:0.01,qsgd:4`. */
import * as z from 'zod/mini'
import { FpsimError } from '../../errors.js'
import { familyNames, parseCompression } from '../../train/compress.js'
import { paramMeta } from '../params.js'

const most = 12

/** Canonical names with commas; `all` is every family as its source sets it. */
export function methodNames() {
  const schema = z.pipe(
    z.string(),
    z.transform((input, context): string => {
      const refuse = (error: FpsimError) => {
        context.issues.push({ code: 'custom', input, params: { error } } as z.core.$ZodRawIssue)
        return z.NEVER
      }
      const words = input.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]))
      if (words.length === 0)
        return refuse(new FpsimError('invalid-value', { value: input, problem: 'not-allowed', allowed: familyNames }))
      try {
        const all = words.flatMap((word): readonly string[] => (word === 'all' ? familyNames : [word]))
        const names = [...new Set(all.map((word) => parseCompression(word).name))]
        if (names.length <= most || words.includes('all')) return names.join(',')
        const details = { value: names.length, problem: 'above-maximum', limit: most }
        return refuse(new FpsimError('invalid-value', details))
      } catch (error) {
        if (error instanceof FpsimError) return refuse(error)
        throw error
      }
    }),
  )
  paramMeta.add(schema, { kind: 'text' })
  return schema
}

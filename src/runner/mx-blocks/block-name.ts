/** The parameter that names a block format; aliases are taken, its own name comes out. */
import * as z from 'zod/mini'
import { FpsimError } from '../../errors.js'
import { blockFormat, blockFormats } from '../../format/block-catalog.js'
import { paramMeta } from '../params.js'

export function blockFormatName() {
  const schema = z.pipe(
    z.string(),
    z.transform((input, context): string => {
      try {
        return blockFormat(input).name
      } catch (error) {
        if (!(error instanceof FpsimError)) throw error
        context.issues.push({ code: 'custom', input, params: { error } } as z.core.$ZodRawIssue)
        return z.NEVER
      }
    }),
  )
  paramMeta.add(schema, { kind: 'choice', choices: blockFormats().map(({ name }) => name) })
  return schema
}

/** The recorded answers of test/vectors/blocks, read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type ScaleRule, scaleRules } from '../../src/format/block-catalog.js'
import { root } from '../support.js'

export interface Answer {
  readonly format: string
  readonly rule: ScaleRule | undefined
  readonly values: Float32Array
  readonly scales: readonly number[]
  readonly codes: readonly number[]
  /** Bits of the tensor's scale. */
  readonly whole: number | undefined
}

const integers = (hex: string, digits: number): number[] =>
  (hex.match(new RegExp(`.{${digits}}`, 'g')) ?? []).map((word) => Number.parseInt(word, 16))

/** All of them, a line with several rules as several answers. */
export function answers(): Answer[] {
  const text = gunzipSync(readFileSync(join(root, 'test/vectors/blocks/answers.tsv.gz'))).toString()
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line): Answer[] => {
      const [format = '', bits = '', ...fields] = line.split('\t')
      const values = new Float32Array(Uint32Array.from(integers(bits, 8)).buffer)
      const given = (field: string): Pick<Answer, 'scales' | 'codes'> => {
        const [scales = '', codes = ''] = field.split(':')
        return { scales: integers(scales, 2), codes: integers(codes, 2) }
      }
      if (format.startsWith('nvfp4'))
        return [
          {
            format,
            rule: undefined,
            values,
            ...given(fields[0] as string),
            whole: integers(fields[1] as string, 8)[0],
          },
        ]
      let last = ''
      return scaleRules.map((rule, i) => {
        if (fields[i] !== '=') last = fields[i] as string
        return { format, rule, values, ...given(last), whole: undefined }
      })
    })
}

/** The recorded answers of independent programs that ship with fpsim: what scenarios/answers/README.md describes. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Rounding, roundings } from '../format/format.js'
import type { Overflow } from '../format/round.js'
import { projectDirectory } from '../project.js'

/** One rounding: a value, a mode, a policy, and the value that must come out. */
export interface RoundingAnswer {
  readonly format: string
  readonly x: number
  readonly random: number
  readonly rounding: Rounding
  readonly overflow: Overflow
  readonly value: number
}

/** One operation on codes; `code` is undefined where the result is NaN and the format has no code for it. */
export interface ArithmeticAnswer {
  readonly format: string
  readonly operation: 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'fma'
  readonly operands: readonly number[]
  readonly random: number
  readonly rounding: Rounding
  readonly overflow: Overflow
  readonly code: number | undefined
}

const buffer = new DataView(new ArrayBuffer(8))

/** A float64 from the 16 hex digits of its bits. */
function float64(hex: string): number {
  buffer.setBigUint64(0, BigInt(`0x${hex}`))
  return buffer.getFloat64(0)
}

/** The 14 combinations of the recorded columns, in their order. */
const combinations = roundings.flatMap((rounding) =>
  (['ieee', 'saturate'] as const).map((overflow) => ({ rounding, overflow })),
)

async function rows(name: string): Promise<string[][]> {
  const bytes = await readFile(join(projectDirectory(), 'scenarios', 'answers', name))
  return gunzipSync(bytes)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'))
}

/** All recorded roundings, one per combination of mode and policy. */
export async function* roundingAnswers(): AsyncGenerator<RoundingAnswer[]> {
  for (const [format = '', x = '', random = '', results = '', , which = ''] of await rows('rounding.tsv.gz')) {
    const values = results.split(',').map(float64)
    yield combinations.map((combination, i) => ({
      format,
      x: float64(x),
      random: float64(random),
      ...combination,
      value: values[Number.parseInt(which[i] as string, 36)] as number,
    }))
  }
}

/** All recorded operations, one per combination of mode and policy. */
export async function* arithmeticAnswers(): AsyncGenerator<ArithmeticAnswer[]> {
  for (const [format = '', operation = '', operands = '', random = '', results = '', which = ''] of await rows(
    'arithmetic.tsv.gz',
  )) {
    const codes = results.split(' ').map((code) => (code === '-' ? undefined : Number.parseInt(code, 16)))
    yield combinations.map((combination, i) => ({
      format,
      operation: operation as ArithmeticAnswer['operation'],
      operands: operands.split(' ').map((code) => Number.parseInt(code, 16)),
      random: Number.parseInt(random, 16) / 9007199254740992,
      ...combination,
      code: codes[Number.parseInt(which[i] as string, 36)],
    }))
  }
}

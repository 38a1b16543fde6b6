/** render: a Result as text, for a terminal, a program, a spreadsheet or a document. */
import { FpsimError } from '../errors.js'
import type { Result } from '../result/result.js'
import { suggest } from '../suggest.js'
import type { Lang } from '../text/text.js'
import { toCsv } from './csv.js'
import { toJson } from './json.js'
import { toMarkdown } from './markdown.js'
import { screen, styleOf } from './terminal/document.js'

export interface RenderOptions {
  readonly to?: 'terminal' | 'json' | 'csv' | 'markdown' | undefined
  readonly lang?: Lang | undefined
  /** Columns of the screen, 40 or more. */
  readonly width?: number | undefined
  /** true is level 1, 16 colours. */
  readonly color?: boolean | 0 | 1 | 2 | 3 | undefined
  readonly charset?: 'unicode' | 'ascii' | undefined
  /** Whether the terminal draws │ ─ █ × → two columns wide, as many Chinese ones do. */
  readonly ambiguous?: 'narrow' | 'wide' | undefined
}

const allowed = {
  to: ['terminal', 'json', 'csv', 'markdown'],
  lang: ['en', 'zh'],
  color: [false, true, 0, 1, 2, 3],
  charset: ['unicode', 'ascii'],
  ambiguous: ['narrow', 'wide'],
} as const

function check(o: RenderOptions): void {
  const known = [...Object.keys(allowed), 'width']
  for (const [option, value] of Object.entries(o)) {
    if (!known.includes(option))
      throw new FpsimError('unknown-key', { key: option, suggestion: suggest(option, known), allowed: known })
    if (value === undefined) continue
    if (option === 'width') {
      if (!Number.isInteger(value) || value < 40 || value > 10000)
        throw new FpsimError('invalid-value', { option, value, allowed: '40 … 10000' })
      continue
    }
    const values: readonly unknown[] = allowed[option as keyof typeof allowed]
    if (!values.includes(value)) throw new FpsimError('invalid-value', { option, value, allowed: values })
  }
}

/** The text of a Result; it ends with a line break. Options that do not exist throw. */
export function render(result: Result, o: RenderOptions = {}): string {
  if (typeof result !== 'object' || result === null || result.schema !== 1 || !Array.isArray(result.blocks))
    throw new FpsimError('invalid-value', {
      option: 'result',
      value: result,
      problem: 'wrong-type',
      expected: 'object',
    })
  if (typeof o !== 'object' || o === null || Array.isArray(o))
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  check(o)
  const { to = 'terminal', lang = 'en', width = 80, color = 0, charset = 'unicode', ambiguous = 'narrow' } = o
  if (to === 'json') return toJson(result)
  if (to === 'csv') return toCsv(result)
  if (to === 'markdown') return toMarkdown(result, { lang, width, charset })
  return `${screen(result, styleOf({ lang, width, color, charset, ambiguous })).join('\n')}\n`
}

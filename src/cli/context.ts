/** What every command is given: its arguments, the words, the style of output, ways to write. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import { suggest } from '../suggest.js'
import { type Lang, languages, type Text } from '../text/text.js'
import type { Parsed } from './arguments.js'
import { ambiguousWidth, charsetOf, colorLevel, langOf } from './environment.js'

export type Target = 'terminal' | 'json' | 'csv' | 'markdown'

export interface Look {
  readonly lang: Lang
  readonly width: number
  readonly color: 0 | 1 | 2 | 3
  readonly charset: 'unicode' | 'ascii'
  readonly ambiguous: 'narrow' | 'wide'
}

export interface Context extends Parsed {
  readonly text: Text
  readonly look: Look
  readonly to: Target
  readonly output: string | undefined
  readonly quiet: boolean
}

const endings: Readonly<Record<string, Target>> = { json: 'json', csv: 'csv', md: 'markdown', markdown: 'markdown' }

/** The form asked for by a flag, or by the ending of --output. */
function targetOf({ flags, values }: Parsed): Target {
  const given = (['json', 'csv', 'markdown'] as const).filter((name) => flags.has(name))
  if (given.length > 1)
    throw new FpsimError('wrong-usage', { problem: 'one-output', given: given.map((name) => `--${name}`) })
  const ending = values['output']?.split('.').at(-1)?.toLowerCase() ?? ''
  return given[0] ?? endings[ending] ?? 'terminal'
}

/** The value of an option that must be one of some words. Throws 'invalid-value'. */
export function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined || (allowed as readonly string[]).includes(value)) return value as T | undefined
  throw new FpsimError('invalid-value', {
    option,
    onCommandLine: true,
    value,
    problem: 'not-allowed',
    allowed,
    suggestion: suggest(value, allowed),
  })
}

/** --width, or the terminal's, within what can be laid out. */
function widthOf(option: string | undefined): number {
  if (option === undefined) return Math.max(40, Math.min(process.stdout.columns || 80, 500))
  const width = parseNumber(option)
  const wrong = (details: object) =>
    new FpsimError('invalid-value', { option: 'width', onCommandLine: true, value: option, ...details })
  if (width === undefined) throw wrong({ problem: 'not-a-number' })
  if (!Number.isInteger(width)) throw wrong({ problem: 'not-an-integer' })
  if (width < 40) throw wrong({ problem: 'below-minimum', limit: 40 })
  if (width > 1000) throw wrong({ problem: 'above-maximum', limit: 1000 })
  return width
}

/** Throws 'invalid-value' and 'wrong-usage'. */
export function contextOf(parsed: Parsed): Context {
  const { values, flags } = parsed
  const env = process.env
  const lang = langOf(oneOf('lang', values['lang'], ['en', 'zh']), env)
  const output = values['output'] === '-' ? undefined : values['output']
  const asked = oneOf('ambiguous', values['ambiguous'], ['auto', 'narrow', 'wide'])
  return {
    ...parsed,
    text: languages[lang],
    to: targetOf(parsed),
    output,
    quiet: flags.has('quiet'),
    look: {
      lang,
      width: widthOf(values['width']),
      color: output !== undefined ? 0 : colorLevel(flags, env, process.stdout.isTTY === true),
      charset: oneOf('charset', values['charset'], ['unicode', 'ascii']) ?? charsetOf(env),
      ambiguous: ambiguousWidth(asked, env, process.platform),
    },
  }
}

/** What the terminal and the environment say: language, colour, width, character set. */
import type { Lang } from '../text/text.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** --lang, then FPSIM_LANG, LC_ALL, LC_MESSAGES, LANG; the first that is set decides, a language fpsim has not is English. */
export function langOf(option: string | undefined, env: Environment): Lang {
  const asked = option || env['FPSIM_LANG'] || env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || 'en'
  return /^zh/i.test(asked) ? 'zh' : 'en'
}

/** The language an argument list asks for, before it is parsed: errors in it are told in that language. */
export function langOption(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((token) => token === '--lang' || token.startsWith('--lang='))
  if (at < 0) return undefined
  const token = argv[at] as string
  return token.includes('=') ? token.slice(7) : argv[at + 1]
}

export type ColorLevel = 0 | 1 | 2 | 3

/** What the terminal can do: 16 colours, 256, or all. */
function terminalLevel(env: Environment): ColorLevel {
  if (/truecolor|24bit/.test(env['COLORTERM'] ?? '')) return 3
  return /256/.test(env['TERM'] ?? '') ? 2 : 1
}

/** --no-color, --color, FORCE_COLOR, NO_COLOR, TERM=dumb, and then whether a terminal looks on. */
export function colorLevel(flags: ReadonlySet<string>, env: Environment, isTerminal: boolean): ColorLevel {
  if (flags.has('no-color')) return 0
  if (flags.has('color')) return terminalLevel(env)
  const force = env['FORCE_COLOR']
  if (force !== undefined) {
    if (force === '0' || force === 'false') return 0
    return force === '2' ? 2 : force === '3' ? 3 : 1
  }
  if (env['NO_COLOR']) return 0
  if (env['TERM'] === 'dumb' || !isTerminal) return 0
  return terminalLevel(env)
}

const locale = (env: Environment): string => env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''

/** A locale that names an encoding other than UTF-8 cannot show the rest. C and POSIX name none. */
export const charsetOf = (env: Environment): 'unicode' | 'ascii' =>
  /\.(?!utf-?8)[a-z0-9-]+/i.test(locale(env)) ? 'ascii' : 'unicode'

/**
 * Whether the terminal draws │ ─ █ × → two columns wide: FPSIM_AMBIGUOUS, else the encodings and the console for which
 * that is the rule, the legacy East Asian ones and the Windows console without Windows Terminal.
 */
export function ambiguousWidth(option: string | undefined, env: Environment, platform: string): 'narrow' | 'wide' {
  const asked = option && option !== 'auto' ? option : env['FPSIM_AMBIGUOUS']
  if (asked === 'narrow' || asked === 'wide') return asked
  const eastAsian = /^(zh|ja|ko)/i.test(locale(env))
  const legacyEncoding = /\.(gb|big5|euc|sjis|shift)/i.test(locale(env))
  const oldConsole = platform === 'win32' && !env['WT_SESSION'] && !env['TERM_PROGRAM']
  return eastAsian && (legacyEncoding || oldConsole) ? 'wide' : 'narrow'
}

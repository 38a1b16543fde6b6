/** Reading the command line: yargs splits it, the rules about what may stand there are here. */
import { Parser } from 'yargs/helpers'
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'

/** An option by its name in lesson files (camelCase); on the command line it is kebab-case. */
export interface OptionSpec {
  readonly key: string
  readonly kind: 'flag' | 'value'
  readonly short?: string
  /** What stands for its value in help: N, NAME … */
  readonly takes?: string
  /** The words it may take. */
  readonly choices?: readonly string[] | undefined
}

export interface Parsed {
  readonly values: Readonly<Record<string, string>>
  readonly flags: ReadonlySet<string>
  readonly positionals: readonly string[]
}

export const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Options that every command takes. */
export const globalOptions: readonly OptionSpec[] = [
  { key: 'json', kind: 'flag' },
  { key: 'csv', kind: 'flag' },
  { key: 'markdown', kind: 'flag' },
  { key: 'output', kind: 'value', short: 'o' },
  { key: 'lang', kind: 'value' },
  { key: 'seed', kind: 'value' },
  { key: 'width', kind: 'value' },
  { key: 'color', kind: 'flag' },
  { key: 'no-color', kind: 'flag' },
  { key: 'charset', kind: 'value' },
  { key: 'ambiguous', kind: 'value' },
  { key: 'ask', kind: 'flag' },
  { key: 'quiet', kind: 'flag', short: 'q' },
  { key: 'help', kind: 'flag', short: 'h' },
  { key: 'version', kind: 'flag', short: 'v' },
]

/** Whether a word looks like a file of numbers, given where an option was meant. */
export const isNumbersFile = (word: string): boolean => /\.(npy|safetensors|csv|tsv|txt)$/i.test(word)

/** Stands in for the minus of -6e-8, -inf, -(1 + 2), -sqrt(2) and a lone -, which yargs would take for options. */
const minus = '\u2212'

/** Stand in for quotes, which yargs would take off a value: a shell has already taken its own. */
const double = '\ue022'
const single = '\ue027'

const hide = (token: string): string =>
  token
    .replace(/^-(?=$|\s|\d|\.\d|[a-z]*\(|inf|nan|∞)/i, minus)
    .replaceAll('"', double)
    .replaceAll("'", single)
const show = (token: string): string =>
  (token.startsWith(minus) ? `-${token.slice(1)}` : token).replaceAll(double, '"').replaceAll(single, "'")

/** yargs gives a string, or a list where an option is given twice. */
function only(option: string, value: unknown, allowed: OptionSpec['choices']): string {
  const onCommandLine = true
  if (Array.isArray(value))
    throw new FpsimError('invalid-value', {
      option,
      onCommandLine,
      value: value.map(String).map(show),
      problem: 'given-twice',
    })
  const text = show(String(value))
  if (text === '')
    throw new FpsimError('wrong-usage', { problem: 'needs-value', option, ...(allowed ? { allowed } : {}) })
  return text
}

/** --json=5: yargs would take the 5 for false. */
function checkFlags(argv: readonly string[], flags: readonly string[]): void {
  const end = argv.indexOf('--')
  for (const token of end < 0 ? argv : argv.slice(0, end)) {
    const name = /^--([^=]+)=/.exec(token)?.[1]
    if (name !== undefined && flags.includes(name))
      throw new FpsimError('wrong-usage', { problem: 'takes-no-value', option: name })
  }
}

/** The options and the rest of a command line. Throws 'unknown-key', 'invalid-value' and 'wrong-usage'. */
export function parseArguments(argv: readonly string[], specs: readonly OptionSpec[]): Parsed {
  const named = (kind: OptionSpec['kind']) => specs.filter((spec) => spec.kind === kind).map(({ key }) => kebab(key))
  checkFlags(argv, named('flag'))
  const { argv: read } = Parser.detailed(argv.map(hide), {
    string: named('value'),
    boolean: named('flag'),
    alias: Object.fromEntries(specs.flatMap(({ key, short }) => (short ? [[kebab(key), [short]]] : []))),
    configuration: {
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'short-option-groups': false,
    },
  })
  const { _: positionals, ...given } = read as Record<string, unknown> & { _: unknown[] }
  const byName = new Map(specs.flatMap((spec) => [[kebab(spec.key), spec] as const]))
  const shorts = new Set(specs.flatMap(({ short }) => short ?? []))
  const values: Record<string, string> = {}
  const flags = new Set<string>()
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || shorts.has(name)) continue
    const spec = byName.get(name)
    if (!spec) {
      const allowed = [...byName.keys()]
      const suggestion = suggest(name, allowed)
      throw new FpsimError('unknown-key', {
        key: show(name),
        onCommandLine: true,
        suggestion: suggestion && `--${suggestion}`,
      })
    }
    if (spec.kind === 'value') values[spec.key] = only(name, value, spec.choices)
    else flags.add(spec.key)
  }
  return { values, flags, positionals: positionals.map(String).map(show) }
}

/** Flags of every command: what follows them is not their value. */
const flagNames: ReadonlySet<string> = new Set([
  ...globalOptions.filter(({ kind }) => kind === 'flag').map(({ key }) => key),
  'all',
  'list',
  'reset',
  'code',
  'details',
  'steps',
])

/** The first word that is neither an option nor an option's value, and everything else. */
export function splitCommand(argv: readonly string[]): { command: string | undefined; rest: string[] } {
  for (let i = 0; i < argv.length; i++) {
    const token = argv[i] as string
    // npm start -- -- underflow
    if (token === '--') return { command: argv[i + 1], rest: [...argv.slice(0, i), ...argv.slice(i + 2)] }
    if (!token.startsWith('-') || token === '-')
      return { command: token, rest: [...argv.slice(0, i), ...argv.slice(i + 1)] }
    const name = token.replace(/^-+/, '')
    if (token.startsWith('--') && !token.includes('=') && !flagNames.has(name)) i++
    else if (token === '-o') i++
  }
  return { command: undefined, rest: [...argv] }
}

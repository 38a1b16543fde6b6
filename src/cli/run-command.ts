/** The command line of a run that content asked for. */
import type { Params } from '../result/result.js'
import { kebab } from './arguments.js'

/** An argument as a shell takes it. */
const quoted = (value: unknown): string => (/^[\w.,:^=+/-]+$/.test(String(value)) ? String(value) : `'${value}'`)

const named = (params: Params): string[] =>
  Object.entries(params).flatMap(([name, x]) => [`--${kebab(name)}`, quoted(x)])

/** What is no lesson takes its arguments bare. */
const others: Readonly<Record<string, (params: Params) => string[]>> = {
  sources: ({ text }) => [quoted(text)],
  inspect: ({ value, format, code }) => [
    quoted(value),
    ...(format === undefined ? [] : ['--format', quoted(format)]),
    ...(String(code) === 'true' ? ['--code'] : []),
  ],
  calc: ({ expression, ...rest }) => [quoted(expression), ...named(rest)],
  formats: ({ names }) => String(names ?? '').split(','),
}

export function commandOf(scenario: string, params: Params): string {
  const bare = Object.hasOwn(others, scenario) ? others[scenario] : undefined
  const args = bare ? bare(params) : named(params)
  return ['fpsim', scenario, ...args].join(' ').trim()
}

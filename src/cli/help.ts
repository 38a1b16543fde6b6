/** Help: groups first, examples always, never a wall. */
import { displayWidth, hang, pad, styleOf, wrap } from '../render/terminal/document.js'
import { optionWords } from '../text/text.js'
import { globalOptions, kebab } from './arguments.js'
import type { Command, HelpOption } from './command.js'
import type { Context } from './context.js'
import { emit } from './output.js'

/** Commands by group, in the order a new user needs them. */
const groups = {
  start: ['list', 'learn', 'exercise'],
  look: ['inspect', 'formats', 'calc'],
  prepare: ['explain', 'claims', 'interview'],
  teach: ['run', 'grade', 'check', 'schema'],
  trust: ['verify', 'sources'],
} as const

/** `fpsim`, `fpsim --help`. */
export async function overview(context: Context): Promise<void> {
  const { look, text } = context
  const style = styleOf(look)
  const { commands } = text
  const heads = (['start', 'look', 'prepare', 'teach', 'trust'] as const).flatMap((group) =>
    groups[group].map((name, i) => [i === 0 ? commands.groups[group] : '', name, commands.summaries[name]] as const),
  )
  const [word, example, about] = commands.groups.lesson as [string, string, string]
  const first = Math.max(...[word, ...heads.map(([head]) => head)].map((head) => displayWidth(head, style))) + 2
  const second = Math.max(...heads.map(([, name]) => name.length)) + 2
  const lines = [
    ...wrap(commands.tagline, look.width, style),
    '',
    ...hang(pad(word, first, style), `${example}   ${about}`, style),
    ...heads.flatMap(([head, name, summary]) =>
      hang(pad(head, first, style) + pad(name, second, style), summary, style),
    ),
    '',
    ...wrap(commands.more, look.width, style),
    ...optionLines(commands.globalOptions, globalOptions, context),
  ]
  await emit(`${lines.join('\n')}\n`, context)
}

/** A head and one line an option. */
function optionLines(head: string, options: readonly HelpOption[], context: Context): string[] {
  const { look, text } = context
  if (options.length === 0) return []
  const style = styleOf(look)
  const names = options.map(
    ({ key, kind, short, takes = placeholders[key] ?? 'N' }) =>
      `${short ? `-${short}, ` : ''}--${kebab(key)}${kind === 'value' ? ` ${takes}` : ''}`,
  )
  const indent = Math.min(Math.max(...names.map((name) => name.length)) + 4, 33)
  return [
    '',
    head,
    ...options.flatMap(({ key, fallback, runner, also = [] }, i) => {
      const others = also.length === 0 ? '' : text.commands.also(also.map((name) => `--${name}`))
      const about = `${optionWords(text, key, runner)}${fallback === undefined ? '' : text.commands.defaults(fallback)}${others}`
      // Where a name is longer than all others should wait for, two blanks follow it all the same.
      return hang(pad(`  ${names[i]}  `, indent, style), about, style)
    }),
  ]
}

/** What stands for the value of an option that says nothing about it; else a number. */
const placeholders: Readonly<Record<string, string>> = {
  output: 'FILE',
  input: 'FILE',
  format: 'NAME',
  lang: 'LANG',
  rounding: 'WORD',
  overflow: 'WORD',
  charset: 'WORD',
  ambiguous: 'WORD',
}

/** `fpsim COMMAND --help`. */
export async function commandHelp(command: Command, context: Context): Promise<void> {
  const { look, text } = context
  const style = styleOf(look)
  const { usage, about, options, examples } = await command.help(context)
  const lines = [
    ...hang(text.commands.usage, usage, style),
    '',
    ...about.flatMap((line) => wrap(line, look.width, style)),
    ...optionLines(text.commands.options, options, context),
    '',
    ...wrap(`${text.commands.seeGlobal}${globalOptions.map(({ key }) => `--${key}`).join(' ')}`, look.width, style),
    '',
    text.commands.examples,
    ...examples.flatMap((line) => hang('  ', line, style)),
  ]
  await emit(`${lines.join('\n')}\n`, context)
}

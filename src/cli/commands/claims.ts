/** `fpsim claims [ID]`: what people say, each with the verdict, the measurement and the command of a run. */
import { FpsimError } from '../../errors.js'
import { type Claim, loadClaims, verdicts } from '../../learn/claim.js'
import { type Measured, measureClaims, pictureOf } from '../../learn/claims.js'
import { csvLine } from '../../render/csv.js'
import { wordsOf } from '../../render/words.js'
import type { Result } from '../../result/result.js'
import { seedOf } from '../../runner/seed.js'
import { suggest } from '../../suggest.js'
import { globalOptions, type OptionSpec } from '../arguments.js'
import { asData, asTable, commandsOf, counts, listing, page, told } from '../claim-report.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emit, emitResult } from '../output.js'
import { progressLine } from '../progress.js'

const options: readonly (OptionSpec & { readonly runner: string })[] = [
  { key: 'topic', kind: 'value', takes: 'WORD', runner: 'claims' },
  { key: 'verdict', kind: 'value', takes: 'WORD', choices: verdicts, runner: 'claims' },
]

async function emitList(all: readonly Measured[], context: Context): Promise<void> {
  const { to, look } = context
  const words = wordsOf(look.lang)
  if (to === 'json') {
    const { claims: _, ...byVerdict } = counts(all)
    await emit(`${JSON.stringify({ schema: 1, counts: byVerdict, claims: all.map(asData) }, null, 2)}\n`, context)
  } else if (to === 'csv') {
    const rows = all.map((m) => {
      const { id, topic, statement } = m.claim
      return csvLine([
        id,
        topic.name,
        m.verdict,
        statement[look.lang],
        told(m.claim.measured, m, words),
        commandsOf(m.claim).join('; '),
      ])
    })
    await emit(csvLine(['id', 'topic', 'verdict', 'statement', 'measured', 'command']) + rows.join(''), context)
  } else if (to === 'markdown') {
    await emitResult(asTable(all, look.lang), context)
  } else await emit(`${listing(all, context.look).join('\n')}\n`, context)
}

async function emitPage(measured: Measured, picture: Result, context: Context): Promise<void> {
  const result = page(measured, picture, context.look.lang)
  if (context.to !== 'json') return emitResult(result, context)
  const { render } = await import('../../render/render.js')
  const { blocks } = JSON.parse(render(picture, { to: 'json' })) as Result
  await emit(`${JSON.stringify({ schema: 1, claim: asData(measured), blocks }, null, 2)}\n`, context)
}

/** The value of an option that must be one of some words. */
function oneOf(option: string, value: string | undefined, allowed: readonly string[]): string | undefined {
  if (value === undefined || allowed.includes(value)) return value
  const suggestion = suggest(value, allowed)
  throw new FpsimError('invalid-value', {
    option,
    onCommandLine: true,
    value,
    problem: 'not-allowed',
    allowed,
    suggestion,
  })
}

/** The claims that were asked for. Throws 'invalid-value' and 'stray-argument'. */
function chosen(all: readonly Claim[], { positionals, values, text }: Context): readonly Claim[] {
  const [id, more] = positionals
  if (more !== undefined) throw new FpsimError('stray-argument', { value: more, command: 'claims' })
  if (id !== undefined) {
    const found = all.find((claim) => claim.id === id)
    if (found) return [found]
    const topics = all.map(({ topic }) => topic.name)
    const near = suggest(id, [...all.map((claim) => claim.id), ...topics])
    throw new FpsimError('invalid-value', {
      option: 'ID',
      value: id,
      problem: 'not-allowed',
      allowed: text.commands.claimIds,
      suggestion: near !== undefined && topics.includes(near) ? `--topic ${near}` : near,
    })
  }
  const topic = oneOf('topic', values['topic'], [...new Set(all.map((claim) => claim.topic.name))])
  return topic === undefined ? all : all.filter((claim) => claim.topic.name === topic)
}

export const claims: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.claims, about: [summaries.claims], options, examples: examples.claims }
  },
  async run(context) {
    const { positionals, values, text } = context
    const verdict = oneOf('verdict', values['verdict'], verdicts)
    const wanted = chosen(await loadClaims(), context)
    const seed = seedOf(values['seed'])
    const commands = { ...text.commands, progress: text.commands.progressRuns }
    const line = progressLine({ ...context, text: { ...text, commands } })
    try {
      // Within a run the host only gets its turn: the line counts runs.
      let state: readonly [number, number] = [0, wanted.length]
      const progress = (done: number, total: number) => {
        state = [done, total]
        return line.update(done, total)
      }
      const o = { seed, progress, host: { progress: () => line.update(...state) } }
      const all = await measureClaims(wanted, o)
      const [one] = all
      const single = positionals.length > 0 && one !== undefined
      const picture = single ? await pictureOf(one.claim, o) : undefined
      line.end()
      if (single && picture) await emitPage(one, picture, context)
      else
        await emitList(
          all.filter((measured) => verdict === undefined || measured.verdict === verdict),
          context,
        )
    } finally {
      line.end()
    }
    return 0
  },
}

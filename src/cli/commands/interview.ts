/** `fpsim interview [ID]`: cards of interview questions with proofs that run; a quiz, a mock interview, decks to export. */
import { randomInt } from 'node:crypto'
import { FpsimError } from '../../errors.js'
import type { MeasuredCard } from '../../learn/card/measure.js'
import { type Card, loadCards } from '../../learn/card.js'
import { cardGrade, withCard } from '../../learn/progress.js'
import { csvLine } from '../../render/csv.js'
import { finding, styleOf } from '../../render/terminal/document.js'
import { seedOf } from '../../runner/seed.js'
import type { Lang } from '../../text/text.js'
import { globalOptions, type OptionSpec } from '../arguments.js'
import { actionOf, chosen, mockCount } from '../card/choice.js'
import { interviewWith, scoreSheet } from '../card/dialogue.js'
import { drawn, leastKnown, shuffled } from '../card/draw.js'
import { type ExportForm, exported, exportForms } from '../card/export.js'
import { type Laboratory, laboratory } from '../card/lab.js'
import { asTable, listing, overview, topicsOf } from '../card/list.js'
import { asData, aside, page, question } from '../card/page.js'
import type { Command } from '../command.js'
import { type Context, oneOf } from '../context.js'
import { examples } from '../examples.js'
import { openLines } from '../learn/lines.js'
import { readProgress, updateProgress } from '../learn/progress-file.js'
import { emit, emitResult } from '../output.js'

const options: readonly (OptionSpec & { readonly runner: string })[] = [
  { key: 'list', kind: 'flag', runner: 'interview' },
  { key: 'topic', kind: 'value', takes: 'WORD', runner: 'interview' },
  { key: 'random', kind: 'flag', runner: 'interview' },
  { key: 'quiz', kind: 'flag', runner: 'interview' },
  { key: 'mock', kind: 'value', takes: 'N', runner: 'interview' },
  { key: 'export', kind: 'value', takes: 'FORM', choices: exportForms, runner: 'interview' },
]

async function emitCard(
  card: Card,
  following: Card | undefined,
  context: Context,
  lab: Laboratory,
  seed = 1,
): Promise<void> {
  const [measured] = await lab.measure([card], seed)
  if (!measured) return
  const claims = await lab.judge(card)
  const { to, look } = context
  if (to === 'json') await emit(`${JSON.stringify({ schema: 1, card: asData(measured, claims) }, null, 2)}\n`, context)
  else if (to === 'csv' || to === 'markdown') await emit(exported(to, [measured], [look.lang]), context)
  else await emit(`${page(measured, claims, look, following).join('\n')}\n`, context)
}

async function emitList(cards: readonly Card[], context: Context): Promise<void> {
  const { to, look } = context
  const progress = await readProgress(context)
  if (to === 'json') {
    const data = cards.map(({ id, topic, lesson, ask }) => ({
      id,
      topic: topic.name,
      lesson: lesson ?? null,
      ask,
      grade: cardGrade(progress, id) ?? null,
    }))
    await emit(`${JSON.stringify({ schema: 1, cards: data }, null, 2)}\n`, context)
  } else if (to === 'csv') {
    const rows = cards.map(({ id, topic, lesson, ask }) =>
      csvLine([id, topic.name, lesson, ask[look.lang], cardGrade(progress, id)]),
    )
    await emit(csvLine(['id', 'topic', 'lesson', 'question', 'grade']) + rows.join(''), context)
  } else if (to === 'markdown') await emitResult(asTable(cards, progress), context)
  else await emit(`${listing(cards, progress, look).join('\n')}\n`, context)
}

async function emitOverview(cards: readonly Card[], context: Context): Promise<void> {
  const progress = await readProgress(context)
  if (context.to !== 'json') return emitResult(overview(cards, progress), context)
  const { metrics } = overview(cards, progress)
  await emit(`${JSON.stringify({ schema: 1, ...metrics, topics: topicsOf(cards, progress) }, null, 2)}\n`, context)
}

/** The questions on paper, for where nobody answers. */
async function emitSheet(cards: readonly Card[], context: Context): Promise<void> {
  const { look } = context
  const style = styleOf(look)
  const values = { cards: cards.length, minutes: 2 * cards.length }
  const lines = cards.flatMap((card) => question(card, aside(card, look), look))
  await emit(`${[...lines, ...finding({ code: 'cardSheet', tone: 'note', values }, style)].join('\n')}\n`, context)
}

/** Asks, and prints the score sheet. Each grade is stored when it is given. */
async function converse(cards: readonly Card[], repeat: string | undefined, context: Context, lab: Laboratory) {
  const lines = openLines()
  const isTerminal = process.stdin.isTTY === true
  // Where nobody types and nothing is piped in, no question is asked.
  const first = isTerminal ? undefined : await lines.next()
  const waiting = first === undefined ? [] : [first]
  try {
    const asked =
      !isTerminal && first === undefined
        ? undefined
        : await interviewWith(cards, context, {
            async ask(prompt) {
              // Before the prompt: what is typed after it counts, however soon.
              await lines.forget()
              process.stderr.write(prompt)
              const line = waiting.shift() ?? (await lines.next())
              if (!isTerminal || line === undefined) process.stderr.write('\n')
              return line
            },
            look: async (card) => {
              const [measured] = await lab.measure([card])
              return { measured: measured as MeasuredCard, claims: await lab.judge(card) }
            },
            store: ({ id }, grade) => updateProgress((p) => withCard(p, id, grade), context),
          })
    if (asked === undefined) await (context.to === 'terminal' ? emitSheet : emitList)(cards, context)
    else await emitResult(scoreSheet(asked, repeat), context)
  } finally {
    lines.close()
  }
}

async function emitExport(form: ExportForm, cards: readonly Card[], context: Context, lab: Laboratory): Promise<void> {
  const { values, look, to } = context
  // A file name may end in .csv or .md; a form asked for twice is a mistake.
  const given = (['json', 'csv', 'markdown'] as const).filter((key) => context.flags.has(key))
  if (given.length > 0) throw new FpsimError('wrong-usage', { problem: 'one-output', given: ['--export', `--${to}`] })
  const langs: readonly Lang[] = values['lang'] === undefined ? ['en', 'zh'] : [look.lang]
  await emit(exported(form, await lab.measure(cards), langs), context)
}

export const interview: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.interview, about: [summaries.interview], options, examples: examples.interview }
  },
  async run(context) {
    const { values, flags } = context
    const action = actionOf(context)
    const form = oneOf('export', values['export'], exportForms)
    const all = await loadCards()
    const cards = chosen(all, context)
    const first = cards[0] as Card
    const count = values['mock'] === undefined ? 0 : mockCount(values['mock'], cards.length)
    const chance = (): number => (values['seed'] === undefined ? randomInt(1, 1_000_000) : seedOf(values['seed']))
    const lab = laboratory(context)
    try {
      if (action === 'overview') await emitOverview(cards, context)
      else if (action === 'list') await emitList(cards, context)
      else if (action === 'card')
        await emitCard(first, all[all.indexOf(first) + 1], context, lab, seedOf(values['seed']))
      else if (action === 'random') await emitCard(drawn(cards, 1, chance())[0] ?? first, undefined, context, lab)
      else if (action === 'export') await emitExport(form as ExportForm, cards, context, lab)
      else if (action === 'mock') {
        const seed = chance()
        const topic = values['topic'] === undefined ? '' : ` --topic ${values['topic']}`
        const repeat = `fpsim interview --mock ${count}${topic} --seed ${values['seed'] ?? seed}`
        await converse(drawn(cards, count, seed), repeat, context, lab)
      } else {
        const order = flags.has('random') ? shuffled(cards, chance()) : cards
        await converse(leastKnown(order, await readProgress(context)), undefined, context, lab)
      }
    } finally {
      lab.end()
    }
    return 0
  },
}

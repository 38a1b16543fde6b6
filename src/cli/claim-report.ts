/** What a claim looks like: an entry of the list, a page of its own, a record for programs. */
import type { Claim } from '../learn/claim.js'
import { verdicts } from '../learn/claim.js'
import { type Measured, pictureRun } from '../learn/claims.js'
import { limitOf } from '../learn/verdict.js'
import { fill } from '../render/cells.js'
import { displayWidth, finding, onScreen, type Style, styleOf, wrap } from '../render/terminal/document.js'
import { type Words, wordsOf } from '../render/words.js'
import type { Block, Lesson, Localized, Result, Tone } from '../result/result.js'
import { brief } from '../text/numbers.js'
import type { Lang } from '../text/text.js'
import type { Look } from './context.js'
import { commandOf } from './run-command.js'

export { commandOf }

type Found = Measured['verdict']

export const marks: Readonly<Record<Found, string>> = { false: '✗', depends: '~', true: '✓', open: '?' }
export const plainMarks: Readonly<Record<Found, string>> = { false: 'x', depends: '~', true: '+', open: '?' }
export const tones: Readonly<Record<Found, Tone>> = { false: 'bad', depends: 'note', true: 'good', open: 'note' }

export const commandsOf = (claim: Claim): string[] => {
  const { scenario, params } = pictureRun(claim)
  return [
    ...new Set([commandOf(scenario, params), ...claim.runs.slice(1).map((run) => commandOf(run.scenario, run.params))]),
  ]
}

/** A text of a claim with its numbers. */
export const told = (text: Localized, { claim, slots }: Measured, words: Words): string => {
  const { statement } = claim
  const lesson: Lesson = { title: statement, ask: statement, slots, next: [], see: [] }
  return fill(text, lesson, words)
}

/** The conditions that decided, each with the value it judged: `naiveSkipped 0.5 > 0.1`. */
function decidedBy({ claim, verdict, metrics }: Measured): string {
  const rule = verdict === 'open' ? undefined : claim.verdict[verdict]
  const bound = (limit: number | string): string => {
    const value = brief(limitOf(limit, metrics))
    return typeof limit === 'string' && Object.hasOwn(metrics, limit) ? `${limit} ${value}` : value
  }
  return Object.entries(rule ?? {})
    .map(([name, { above, below, equals, within }]) => {
      const limits = [
        ...(above === undefined ? [] : [`> ${bound(above)}`]),
        ...(below === undefined ? [] : [`< ${bound(below)}`]),
        ...(equals === undefined ? [] : [`= ${bound(equals)}${within === undefined ? '' : ` ± ${within}`}`]),
      ]
      return `${name} ${brief(metrics[name] as number)} ${limits.join(' ')}`
    })
    .join(', ')
}

const count = (all: readonly Measured[], verdict: Found): number => all.filter((m) => m.verdict === verdict).length

export const counts = (all: readonly Measured[]): Record<string, number> => ({
  claims: all.length,
  ...Object.fromEntries(([...verdicts, 'open'] as const).map((verdict) => [verdict, count(all, verdict)])),
})

/** One claim of the list: mark and id, and beside them what is said and what was measured. */
function entry(measured: Measured, indent: number, style: Style): string[] {
  const { claim, verdict } = measured
  const mark = (style.ascii ? plainMarks : marks)[verdict]
  const paint = style.paint.tone[tones[verdict]]
  const head = `${mark} ${claim.id}`
  const beside = indent <= style.width / 2
  const left = beside ? indent : 2
  const texts = [
    ...wrap(claim.statement[style.lang], style.width - left, style),
    ...wrap(told(measured.claim.measured, measured, style.words), style.width - left, style).map(style.paint.dim),
  ]
  const [first = '', ...rest] = texts
  const blank = ' '.repeat(left)
  if (!beside) return [paint(head), ...texts.map((text) => blank + text)]
  const gap = ' '.repeat(Math.max(1, indent - displayWidth(head, style)))
  return [paint(head) + gap + first, ...rest.map((text) => blank + text)]
}

export function listing(all: readonly Measured[], look: Look): string[] {
  const style = styleOf(look)
  const say = (code: string): string[] => finding({ code, tone: 'note', values: counts(all) }, style)
  if (all.length === 0) return say('claimsNone')
  const indent = Math.max(...all.map(({ claim }) => claim.id.length)) + 4
  const topics = [...new Set(all.map(({ claim }) => claim.topic.name))]
  return [
    ...say('claimsCounted'),
    ...topics.flatMap((name) => {
      const own = all.filter(({ claim }) => claim.topic.name === name)
      const title = own[0]?.claim.topic.title[look.lang] ?? name
      return [
        style.paint.bold(onScreen(`${title} (--topic ${name})`, style)),
        ...own.flatMap((measured) => entry(measured, indent, style)),
      ]
    }),
    ...say('claimsHint'),
  ]
}

/** Numbers that JSON cannot hold, as strings. */
export const kept = (x: number): number | string =>
  Number.isFinite(x) && !Object.is(x, -0) ? x : Object.is(x, -0) ? '-0' : String(x)

/** The metrics that the rules of a claim read. */
const judged = ({ claim, metrics }: Measured): Record<string, number | string> => {
  const rules = Object.values(claim.verdict).flatMap((rule) => Object.entries(rule ?? {}))
  const names = rules.flatMap(([name, { above, below, equals }]) => [name, above, below, equals])
  const used = names.filter((name): name is string => typeof name === 'string' && Object.hasOwn(metrics, name))
  return Object.fromEntries([...new Set(used)].map((name) => [name, kept(metrics[name] as number)]))
}

export function asData(measured: Measured) {
  const { claim, verdict } = measured
  const both = (text: Localized) => ({
    en: told(text, measured, wordsOf('en')),
    zh: told(text, measured, wordsOf('zh')),
  })
  return {
    id: claim.id,
    topic: claim.topic.name,
    statement: claim.statement,
    from: claim.from,
    verdict,
    measured: both(claim.measured),
    truth: both(claim.truth),
    rules: claim.verdict,
    metrics: judged(measured),
    commands: commandsOf(claim),
  }
}

/** The list as a Result, for Markdown. */
export function asTable(all: readonly Measured[], lang: Lang): Result {
  const words = wordsOf(lang)
  const columns = ['claimId', 'claimVerdictHead', 'claimStatement', 'claimMeasured'] as const
  return {
    schema: 1,
    scenario: 'claims',
    runner: 'claims',
    params: {},
    seed: 1,
    metrics: counts(all),
    findings: [{ code: 'claimsCounted', tone: 'note', values: counts(all) }],
    blocks: [
      {
        kind: 'table',
        columns: columns.map((code) => ({ label: { code }, as: 'text' })),
        rows: all.map((m) => [
          m.claim.id,
          { code: `claim-${m.verdict}` },
          m.claim.statement,
          told(m.claim.measured, m, words),
        ]),
      },
    ],
  }
}

const rowsOfChart = 5

/** A picture that leaves room for what is said beside it: a line chart is drawn low. */
export const low = (block: Block): Block =>
  block.kind === 'line-chart' ? { ...block, rows: Math.min(rowsOfChart, block.rows ?? rowsOfChart) } : block

/** One claim as a screen: what is said, the verdict with its numbers, the picture of its run, the command. */
export function page(measured: Measured, picture: Result, lang: Lang): Result {
  const { claim, verdict, metrics, slots } = measured
  const values = { verdict, truth: told(claim.truth, measured, wordsOf(lang)) }
  const rule = decidedBy(measured)
  return {
    schema: 1,
    scenario: 'claims',
    runner: picture.runner,
    params: picture.params,
    seed: picture.seed,
    subject: { code: `claim-${claim.from}` },
    lesson: {
      title: claim.statement,
      ask: claim.statement,
      slots,
      next: [`claims --topic ${claim.topic.name}`],
      see: [],
    },
    metrics,
    findings: [
      { code: 'claimVerdict', tone: tones[verdict], values },
      ...(rule === '' ? [] : [{ code: 'claimBecause', tone: 'note' as const, values: { rule } }]),
    ],
    blocks: [
      ...picture.blocks.map(low),
      { kind: 'note', code: 'claimRun', tone: 'note', values: { commands: commandsOf(claim).join('; ') } },
    ],
  }
}

/** What an explanation looks like: a term, a number, a metric, a finding as a screen, and as a record for programs. */
import type { Measured } from '../../learn/claims.js'
import type { MetricPage } from '../../learn/explain-metric.js'
import type { Run } from '../../learn/run.js'
import type { MeasuredTerm } from '../../learn/term/measure.js'
import type { Term } from '../../learn/term.js'
import { fill, writeCell } from '../../render/cells.js'
import { type Words, wordsOf } from '../../render/words.js'
import type { Block, Finding, Label, Lesson, Localized, Result } from '../../result/result.js'
import type { NumberFact } from '../../runner/number-facts.js'
import { number, power, shortest } from '../../text/numbers.js'
import type { Lang } from '../../text/text.js'
import { asData as claimData, low, tones } from '../claim-report.js'
import type { Look } from '../context.js'
import { commandOf } from '../run-command.js'

/** What a page depends on beside its term. */
export type PageLook = Pick<Look, 'lang' | 'charset'>

/** What a term is called where there is little room: in English its id, a number as such. */
export const shortName = ({ id, name, numbers }: Term, lang: Lang): string =>
  lang === 'zh' ? name.zh : numbers.length > 0 ? name.en : id

/** A term with what its runs gave, and what `explain` takes for each related term. */
export interface Explained extends MeasuredTerm {
  readonly related: readonly string[]
}

const note = (code: string, values: Finding['values'] = {}): Block => ({ kind: 'note', code, tone: 'note', values })

/** A page of an explanation: what stands in its head, and everything below it. */
export function pageOf(
  title: Localized,
  subject: Label,
  {
    findings = [],
    blocks,
    next = [],
  }: { findings?: readonly Finding[]; blocks: readonly Block[]; next?: readonly string[] },
): Result {
  return {
    schema: 1,
    scenario: 'explain',
    runner: 'explain',
    params: {},
    seed: 1,
    subject,
    lesson: { title, ask: title, slots: {}, next, see: [] },
    metrics: {},
    findings,
    blocks,
  }
}

const rowsOfTable = 7

/** A picture made to fit a page: a low chart, the first rows of a table. */
export function small(block: Block): Block {
  if (block.kind !== 'table' || block.rows.length <= rowsOfTable) return low(block)
  const rest = block.columns.map((_, i) => (i === 0 ? '…' : null))
  const { tones: own, ...table } = block
  const rows = [...block.rows.slice(0, rowsOfTable - 1), rest]
  return own ? { ...table, rows, tones: [...own.slice(0, rowsOfTable - 1), null] } : { ...table, rows }
}

/** The term's name in both languages, that of the screen first; in ASCII Chinese could only be question marks. */
const bothNames = ({ en, zh }: Localized, { charset }: PageLook): Localized =>
  en === zh || charset === 'ascii' ? { en, zh } : { en: `${en} · ${zh}`, zh: `${zh} · ${en}` }

/** An author's text with its numbers. */
function filled(text: Localized, slots: MeasuredTerm['slots'], words: Words): string {
  const lesson: Lesson = { title: text, ask: text, slots, next: [], see: [] }
  return fill(text, lesson, words)
}

/** A lesson's text where nothing fills its slots. */
export const withHoles = (text: string): string => text.replace(/\{[A-Za-z]\w*(?::%)?\}/g, '…')

/** The commands that show a term: those of its runs, and those it names. */
export function commandsOf({ runs, try: more }: Term): string[] {
  const own = runs.map(({ scenario, params, picture }: Run) => commandOf(scenario, { ...params, ...picture }))
  return [...new Set([...own, ...more.map((command) => `fpsim ${command}`)])]
}

const bare = (command: string): string => command.replace(/^fpsim /, '')

const sides = [
  ['for', 'explainFor', 'good'],
  ['against', 'explainAgainst', 'bad'],
  ['when', 'explainWhen', 'note'],
] as const

/** The claims about it, each with the verdict of this run. */
function claimLines(claims: readonly Measured[], lang: Lang): Block[] {
  return claims.map(({ claim, verdict }) => ({
    kind: 'note',
    code: 'explainClaim',
    tone: verdict === 'depends' || verdict === 'open' ? 'note' : tones[verdict],
    values: { id: claim.id, verdict, statement: claim.statement[lang] },
  }))
}

const seeAlso = (related: readonly string[]): Block[] =>
  related.length === 0 ? [] : [note('explainSeeAlso', { terms: related.join(', ') })]

const sources = (see: readonly string[]): Block[] =>
  see.length === 0 ? [] : [note('explainSource', { sources: see.join('; ') })]

/** A power of two by its name; what is no value of a format in few digits; else every digit. */
function factValue(code: string, value: number): string {
  const named = power(value)
  if (named.includes('^')) return named
  return code.startsWith('exp') ? number(value, 6) : shortest(value)
}

/** What a number is in the formats and policies: one line a fact. */
export const factLines = (facts: readonly NumberFact[]): Block[] =>
  facts.map(({ code, value, names }) =>
    note(`fact-${code}`, {
      value: factValue(code, value),
      names: names.slice(0, 6).join(', '),
      more: Math.max(0, names.length - 6),
    }),
  )

/** The body of a term's page. */
function termBlocks(measured: Explained, lang: Lang): Block[] {
  const words = wordsOf(lang)
  const { term, slots, picture, claims, related } = measured
  const technique = sides.flatMap(([key, code, tone]): Block[] => {
    const text = term[key]
    return text === undefined ? [] : [{ kind: 'note', code, tone, values: { text: filled(text, slots, words) } }]
  })
  return [
    note('explainText', { text: filled(term.says, slots, words) }),
    ...technique,
    ...picture.map(small),
    ...claimLines(claims, lang),
    ...seeAlso(related),
    ...sources(term.see),
  ]
}

/** A term as a screen. */
export function termPage(measured: Explained, look: PageLook): Result {
  const { term } = measured
  return pageOf(
    bothNames(term.name, look),
    { ...term.topic.title },
    {
      blocks: termBlocks(measured, look.lang),
      next: commandsOf(term).map(bare),
    },
  )
}

/** A number as a screen: what it is, the page about it where there is one, its bits. */
export function numberPage(
  text: string,
  facts: readonly NumberFact[],
  bits: readonly Block[],
  measured: Explained | undefined,
  look: PageLook,
): Result {
  const title = measured ? bothNames(measured.term.name, look) : { en: text, zh: text }
  const shown = measured?.picture.length ? [] : bits
  return pageOf(title, measured ? { ...measured.term.topic.title } : { code: 'explainNumber' }, {
    blocks: [...factLines(facts.slice(0, 6)), ...shown, ...(measured ? termBlocks(measured, look.lang) : [])],
    next: measured ? commandsOf(measured.term).map(bare) : [`inspect ${text}`],
  })
}

export interface LiveMetric {
  readonly lesson: string
  readonly value: number
  /** What the lesson's author says with it, filled. */
  readonly told: string | undefined
  readonly picture: readonly Block[]
  readonly slots: MeasuredTerm['slots']
}

/** A metric as a screen: its value in a lesson run now, how it is written, who asks for it. */
export function metricPage(
  { name, uses, claims }: MetricPage,
  title: string | undefined,
  live: LiveMetric | undefined,
  measured: readonly Measured[],
  lang: Lang,
): Result {
  const words = wordsOf(lang)
  const [use] = uses
  const written = live && use ? writeCell(live.value, { label: { name }, as: use.as }, words) : ''
  const asked = uses.flatMap((one) => one.asked)
  const head = title === undefined || title === name ? name : `${name} · ${title}`
  return pageOf(
    { en: head, zh: head },
    { code: 'explainMetric' },
    {
      findings: live
        ? [{ code: 'explainMetricNow', tone: 'note', values: { name, written, lesson: live.lesson } }]
        : [],
      blocks: [
        ...(live?.told ? [note('explainText', { text: live.told })] : []),
        {
          kind: 'table',
          columns: (['explainRunner', 'explainWritten', 'explainLessons'] as const).map((code) => ({
            label: { code },
            as: 'text' as const,
          })),
          rows: uses.map(({ runner, as, lessons }) => [runner, { code: `style-${as}` }, lessons.join(', ')]),
        },
        ...(live?.picture ?? []).map(small),
        ...asked.slice(0, 2).map(({ lesson, text }) => {
          const known = lesson === live?.lesson ? filled(text, live.slots, words) : text[lang]
          return note('explainAsked', { lesson, text: withHoles(known) })
        }),
        ...claimLines(measured, lang),
        ...(claims.length > measured.length
          ? [note('explainMoreClaims', { count: claims.length - measured.length })]
          : []),
      ],
      next: uses.flatMap(({ lessons }) => lessons.slice(0, 1).map((lesson) => `${lesson} --json`)).slice(0, 3),
    },
  )
}

/** A term for programs. */
export function termData(measured: Explained) {
  const { term, slots, claims } = measured
  const both = (text: Localized) => ({
    en: filled(text, slots, wordsOf('en')),
    zh: filled(text, slots, wordsOf('zh')),
  })
  return {
    id: term.id,
    topic: term.topic.name,
    name: term.name,
    also: term.also,
    numbers: term.numbers,
    says: both(term.says),
    ...Object.fromEntries(sides.flatMap(([key]) => (term[key] === undefined ? [] : [[key, both(term[key])] as const]))),
    claims: claims.map(claimData).map(({ id, verdict }) => ({ id, verdict })),
    commands: commandsOf(term),
    related: term.related,
    see: term.see,
  }
}

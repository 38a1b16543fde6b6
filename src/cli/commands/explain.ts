/** `fpsim explain [TERM]`: a term, a number, a metric, a finding or a claim, with what a run says about it now. */
import { FpsimError } from '../../errors.js'
import { commonFormats } from '../../format/catalog.js'
import { format } from '../../format/parse.js'
import type { Claim } from '../../learn/claim.js'
import { measureClaims, pictureOf } from '../../learn/claims.js'
import { type Hit, loadShelf, lookUp, nearest, type Shelf, type Subject, searchShelf } from '../../learn/explain.js'
import type { MetricPage } from '../../learn/explain-metric.js'
import type { RunOptions } from '../../learn/run.js'
import { measureTerms } from '../../learn/term/measure.js'
import type { Term } from '../../learn/term.js'
import { fill } from '../../render/cells.js'
import { csvLine } from '../../render/csv.js'
import { displayWidth, finding, hang, onScreen, pad, type Style, styleOf } from '../../render/terminal/document.js'
import { tell, wordsOf } from '../../render/words.js'
import type { Block, Result } from '../../result/result.js'
import { formatsResult } from '../../runner/formats.js'
import { inspect } from '../../runner/inspect.js'
import { seedOf } from '../../runner/seed.js'
import type { Outline } from '../../scenario/load.js'
import { loadScenario } from '../../scenario/load.js'
import { runLoaded } from '../../scenario/run.js'
import { globalOptions, type OptionSpec } from '../arguments.js'
import { asData as claimData, page as claimPage } from '../claim-report.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emit, emitResult } from '../output.js'
import { progressLine } from '../progress.js'
import { templates, titleOf } from '../term/findings.js'
import {
  type Explained,
  type LiveMetric,
  metricPage,
  numberPage,
  pageOf,
  shortName,
  termData,
  termPage,
  withHoles,
} from '../term/page.js'

const options: readonly (OptionSpec & { readonly runner: string })[] = [
  { key: 'search', kind: 'value', takes: 'TEXT', runner: 'explain' },
]

/** Lessons that train take seconds: their metrics and findings are not run for a look-up. */
const isLong = ({ runner }: Outline): boolean => runner === 'train'

/** A term measured, and what its related terms are called. */
async function measured(term: Term, { terms, claims }: Shelf, { look }: Context, o: RunOptions): Promise<Explained> {
  const [own] = await measureTerms([term], term.claims.length === 0 ? [] : await claims(), o)
  if (!own) throw new FpsimError('unexpected', { term: term.id })
  return {
    ...own,
    related: term.related.flatMap((id) => terms.filter((one) => one.id === id).map((one) => shortName(one, look.lang))),
  }
}

/** The bits of a number in a format, or in all that are common. */
const bitsOf = (text: string, name: string | undefined): Block[] =>
  inspect({
    values: [text],
    formats: name === undefined ? commonFormats : [format(name)],
    codes: false,
    named: false,
  }).blocks.slice(0, 1)

/** A value of a record as the cells of a line. */
function cellsOf(value: unknown): (string | number)[] {
  if (typeof value === 'number' || typeof value === 'string') return [value]
  if (Array.isArray(value)) return [value.map((one) => cellsOf(one).join(' ')).join('; ')]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(cellsOf) : ['']
}

/** A page as lines of its fields, both languages side by side. */
const asCsv = (data: Readonly<Record<string, object>>): string =>
  Object.values(data)
    .flatMap((record) => Object.entries(record))
    .map(([key, value]) => csvLine([key, ...cellsOf(value)]))
    .join('')

async function emitPage(result: Result, data: Readonly<Record<string, object>>, context: Context): Promise<void> {
  if (context.to === 'csv') return emit(asCsv(data), context)
  if (context.to !== 'json') return emitResult(result, context)
  const { render } = await import('../../render/render.js')
  const { blocks } = JSON.parse(render(result, { to: 'json' })) as Result
  await emit(`${JSON.stringify({ schema: 1, ...data, blocks }, null, 2)}\n`, context)
}

/** How many lessons a look-up runs for a metric of which the first have nothing to show: 0, or NaN. */
const triedLessons = 4

/** What a metric is now in the lesson asked for, else in the first that tells or prints it and where it is not 0. */
async function liveMetric(page: MetricPage, wanted: string | undefined, shelf: Shelf, context: Context, o: RunOptions) {
  const lessons = await shelf.lessons()
  const names = page.uses
    .flatMap((use) => use.lessons)
    .filter((one) => one === wanted || lessons.some((lesson) => lesson.name === one && !isLong(lesson)))
  let found: { readonly name: string; readonly result: Result } | undefined
  for (const one of names.slice(0, wanted === undefined ? triedLessons : 1)) {
    const result = await runLoaded({ ...(await loadScenario(one)), vary: {}, compare: [] }, o)
    const own = result.metrics[page.name]
    found ??= { name: one, result }
    if (own === undefined || own === 0 || Number.isNaN(own)) continue
    found = { name: one, result }
    break
  }
  if (found === undefined) return undefined
  const { name, result } = found
  const told = page.uses.flatMap((use) => use.told).find(({ lesson }) => lesson === name)
  const value = result.metrics[page.name]
  if (value === undefined || !result.lesson) return undefined
  const text = told && fill(told.text, result.lesson, wordsOf(context.look.lang))
  const picture = result.blocks.filter(({ kind }) => kind !== 'note').slice(0, 1)
  return { lesson: name, value, told: text, picture, slots: result.lesson.slots } satisfies LiveMetric
}

/** Runs lessons until one prints the finding: those first whose metrics and parameters the sentence speaks of. */
async function printed(code: string, shelf: Shelf, context: Context, o: RunOptions) {
  const reads = templates(context.look.lang).get(code)?.reads ?? []
  const metrics = await shelf.metrics()
  const speaksOf = ({ runner }: Outline): number =>
    reads.filter((name) => metrics.get(name)?.uses.some((use) => use.runner === runner)).length
  const candidates = (await shelf.lessons())
    .filter((lesson) => !isLong(lesson))
    .sort((a, b) => speaksOf(b) - speaksOf(a) || a.chapter - b.chapter)
  for (const [i, { name }] of candidates.entries()) {
    await o.progress?.(i, candidates.length)
    const { findings, blocks } = await runLoaded({ ...(await loadScenario(name)), vary: {}, compare: [] }, o)
    const notes = blocks.flatMap((block) => (block.kind === 'note' ? [block] : []))
    const found = [...findings, ...notes].find((one) => one.code === code)
    if (found) return { command: name, found }
  }
  return undefined
}

/** Claims of a page that are cheap enough to measure beside it: those without a training. */
const quick = (claims: readonly Claim[]): Claim[] =>
  claims.filter(({ runs }) => runs.every(({ scenario }) => !scenario.startsWith('train-')))

async function emitSubject(subject: Subject, shelf: Shelf, context: Context, o: RunOptions): Promise<void> {
  const { look } = context
  const { lang } = look
  if (subject.kind === 'term') {
    const own = await measured(subject.term, shelf, context, o)
    return emitPage(termPage(own, look), { term: termData(own) }, context)
  }
  if (subject.kind === 'number') {
    const { text, value, facts, term } = subject
    const own = term && (await measured(term, shelf, context, o))
    const names = facts.find((fact) => fact.of === 'format')?.names
    const shown = names?.includes('fp16') ? 'fp16' : names?.[0]
    const page = numberPage(text, facts, bitsOf(text, shown), own, look)
    return emitPage(page, { number: { text, value, facts }, ...(own ? { term: termData(own) } : {}) }, context)
  }
  if (subject.kind === 'format') {
    const { blocks } = formatsResult([subject.format], { sources: true })
    const { name } = subject.format
    const page = pageOf(
      { en: name, zh: name },
      { code: 'explainFormat' },
      {
        blocks: [...bitsOf('0.1', name), ...blocks],
        next: [`formats ${name}`, `number-line --format ${name}`],
      },
    )
    return emitPage(page, { format: subject.format }, context)
  }
  if (subject.kind === 'claim') {
    const [own] = await measureClaims([subject.claim], o)
    if (!own) return
    const page = claimPage(own, await pictureOf(subject.claim, o), lang)
    return emitPage(page, { claim: claimData(own) }, context)
  }
  if (subject.kind === 'lesson') {
    const { name, title, ask, needs, next } = subject.lesson
    const page = pageOf(
      title,
      { code: 'explainLesson' },
      {
        blocks: [{ kind: 'note', code: 'explainText', tone: 'note', values: { text: withHoles(ask[lang]) } }],
        next: [name, ...needs.map((need) => `explain ${need}`)],
      },
    )
    return emitPage(page, { lesson: { name, title, ask, needs, next } }, context)
  }
  if (subject.kind === 'metric') {
    const { page, lesson } = subject
    const live = await liveMetric(page, lesson, shelf, context, o)
    const deciding = quick((await shelf.claims()).filter(({ id }) => page.claims.includes(id))).slice(0, 2)
    const result = metricPage(page, titleOf(page.name, lang), live, await measureClaims(deciding, o), lang)
    return emitPage(
      result,
      { metric: { ...page, now: live ? { lesson: live.lesson, value: live.value } : null } },
      context,
    )
  }
  const { code } = subject
  const live = await printed(code, shelf, context, o)
  const template = templates(lang).get(code)?.text ?? code
  const page = pageOf(
    { en: code, zh: code },
    { code: 'explainFinding' },
    {
      blocks: [
        { kind: 'note', code: 'explainText', tone: 'note', values: { text: template } },
        ...(live
          ? [
              { kind: 'note', code: 'explainFindingNow', tone: 'note', values: { command: live.command } } as const,
              { ...live.found, kind: 'note' } as const,
            ]
          : [{ kind: 'note', code: 'explainFindingNever', tone: 'note', values: {} } as const]),
      ],
      next: live ? [live.command] : [],
    },
  )
  const now = live ? { command: `fpsim ${live.command}`, sentence: tell(live.found, wordsOf(lang)) } : null
  return emitPage(page, { finding: { code, template, now } }, context)
}

/** Names after a head, two blanks between them, none broken in two. */
function flow(head: string, names: readonly string[], indent: number, style: Style): string[] {
  const lines: string[] = []
  for (const name of names.map((one) => onScreen(one, style))) {
    const last = lines.at(-1)
    const joined = last === undefined ? name : `${last}  ${name}`
    if (last !== undefined && displayWidth(joined, style) <= style.width - indent) lines[lines.length - 1] = joined
    else lines.push(...hang('', name, style, style.width - indent))
  }
  return lines.map((line, i) => (i === 0 ? head : ' '.repeat(indent)) + line)
}

/** The terms by group. */
async function emitList({ terms }: Shelf, context: Context): Promise<void> {
  const { to, look } = context
  const { lang } = look
  const shown = (term: Term): string => shortName(term, lang)
  if (to === 'json') {
    const list = terms.map(({ id, topic, name, also }) => ({ id, topic: topic.name, name, also }))
    return emit(`${JSON.stringify({ schema: 1, terms: list }, null, 2)}\n`, context)
  }
  if (to === 'csv') {
    const rows = terms.map(({ id, topic, name, also }) => csvLine([id, topic.name, name.en, name.zh, also.join('; ')]))
    return emit(csvLine(['id', 'topic', 'en', 'zh', 'also']) + rows.join(''), context)
  }
  const topics = [...new Set(terms.map(({ topic }) => topic.name))].map((topic) =>
    terms.filter((term) => term.topic.name === topic),
  )
  if (to === 'markdown') {
    const rows = topics.map(
      (own) =>
        `- **${own[0]?.topic.title[lang]}**: ${own.map(({ id, name }) => (lang === 'zh' ? `${name.zh} (\`${id}\`)` : `\`${id}\``)).join(', ')}\n`,
    )
    return emit(rows.join(''), context)
  }
  const style = styleOf(look)
  const heads = topics.map((own) => onScreen(own[0]?.topic.title[lang] ?? '', style))
  const indent = Math.min(Math.max(...heads.map((head) => displayWidth(head, style))) + 2, 24)
  const lines = topics.flatMap((own, i) => flow(pad(heads[i] ?? '', indent, style), own.map(shown), indent, style))
  const head = finding({ code: 'explainCounted', tone: 'note', values: { terms: terms.length } }, style)
  await emit(`${[...head, ...lines].join('\n')}\n`, context)
}

const shownHits = 24
const shownOfKind = 3

/** As many as a screen holds, some of every kind, in their order. */
function firstOfEach(hits: readonly Hit[]): readonly Hit[] {
  const first = hits.filter((hit) => hits.filter(({ kind }) => kind === hit.kind).indexOf(hit) < shownOfKind)
  const room = Math.max(0, shownHits - first.length)
  const more = new Set([...first, ...hits.filter((hit) => !first.includes(hit)).slice(0, room)])
  return hits.filter((hit) => more.has(hit)).slice(0, Math.max(shownHits, first.length))
}

async function sentencesOf(shelf: Shelf, lang: 'en' | 'zh') {
  const names = [...(await shelf.metrics()).keys()]
  return {
    findings: new Map([...templates(lang)].map(([code, { text }]) => [code, text] as const)),
    metrics: new Map(names.map((name) => [name, titleOf(name, lang) ?? ''] as const)),
  }
}

/** What a search found, kind by kind. Throws 'invalid-value' where it is nothing. */
async function emitHits(query: string, shelf: Shelf, context: Context): Promise<void> {
  const { to, look, text } = context
  const hits = await searchShelf(query, shelf, await sentencesOf(shelf, look.lang), look.lang)
  if (hits.length === 0) throw await unknown(query, shelf, text.commands.termNames)
  if (to === 'json') return emit(`${JSON.stringify({ schema: 1, query, hits }, null, 2)}\n`, context)
  if (to === 'csv') {
    const rows = hits.map((hit) => csvLine([hit.kind, hit.name, hit.text]))
    return emit(csvLine(['kind', 'name', 'text']) + rows.join(''), context)
  }
  const style = styleOf(look)
  const { labels } = wordsOf(look.lang)
  const kindOf = ({ kind }: Hit): string => onScreen(labels[`explain-${kind}`]?.({}) ?? kind, style)
  if (to === 'markdown')
    return emit(hits.map((hit) => `- ${kindOf(hit)} \`${hit.name}\`: ${hit.text}\n`).join(''), context)
  const shown = firstOfEach(hits)
  const first = Math.max(...shown.map((hit) => displayWidth(kindOf(hit), style))) + 2
  const second = Math.min(Math.max(...shown.map(({ name }) => name.length)) + 2, 28)
  const say = (code: string, values: Record<string, string | number>) => finding({ code, tone: 'note', values }, style)
  const narrower = { ...style, width: style.width - 3 }
  // One line a place: the page itself has the whole text.
  const lines = shown.map((hit) => {
    const head = pad(kindOf(hit), first, style) + pad(hit.name, second, style)
    const [line = head, ...rest] = hang(head, hit.text === '' ? ' ' : hit.text, narrower)
    return rest.length > 0 ? `${line} ${style.ascii ? '..' : '…'}` : line
  })
  const more = hits.length > shown.length ? say('explainMoreHits', { count: hits.length - shown.length }) : []
  await emit(`${[...say('explainHits', { hits: hits.length, query }), ...lines, ...more].join('\n')}\n`, context)
}

const unknown = async (query: string, shelf: Shelf, allowed: string): Promise<FpsimError> =>
  new FpsimError('invalid-value', {
    option: 'TERM',
    value: query,
    problem: 'not-allowed',
    allowed,
    suggestion: await nearest(query, shelf),
  })

export const explain: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.explain, about: [summaries.explain], options, examples: examples.explain }
  },
  async run(context) {
    const { positionals, values, text, look } = context
    const query = positionals.join(' ').trim()
    const shelf = await loadShelf()
    if (values['search'] !== undefined) {
      await emitHits([values['search'], query].join(' ').trim(), shelf, context)
      return 0
    }
    if (query === '') {
      await emitList(shelf, context)
      return 0
    }
    const subject = await lookUp(query, shelf, [...templates(look.lang).keys()])
    if (!subject) throw await unknown(query, shelf, text.commands.termNames)
    const commands = { ...text.commands, progress: text.commands.progressRuns }
    const line = progressLine({ ...context, text: { ...text, commands } })
    let state: readonly [number, number] = [0, 1]
    const progress = (done: number, total: number) => {
      state = [done, total]
      return line.update(done, total)
    }
    try {
      const o = { seed: seedOf(values['seed']), progress, host: { progress: () => line.update(...state) } }
      await emitSubject(subject, shelf, context, o)
    } finally {
      line.end()
    }
    return 0
  },
}

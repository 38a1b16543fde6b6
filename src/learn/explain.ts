/** From what a person looks up to what is known of it: a term, a number, a claim, a lesson, a metric, a finding. */
import { FpsimError } from '../errors.js'
import { formats } from '../format/catalog.js'
import type { Format } from '../format/format.js'
import { parseNumber } from '../format/literal.js'
import { format, formatNames } from '../format/parse.js'
import type { Localized } from '../result/result.js'
import { factsOf, type NumberFact, shownDigits } from '../runner/number-facts.js'
import { type Outline, outlines } from '../scenario/load.js'
import { type Card, readCards, textsOf } from './card.js'
import { type Claim, loadClaims } from './claim.js'
import { type Exercise, readExercises } from './exercise.js'
import { type MetricPage, metricPages } from './explain-metric.js'
import { byName, byPhrase, type Named, nearestName, plainName } from './term/names.js'
import { loadTerms, type Term } from './term.js'

export type Subject =
  | { readonly kind: 'term'; readonly term: Term }
  | {
      readonly kind: 'number'
      readonly text: string
      readonly value: number
      readonly facts: readonly NumberFact[]
      readonly term: Term | undefined
    }
  | { readonly kind: 'format'; readonly format: Format }
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'lesson'; readonly lesson: Outline }
  /** `lesson`: the one that was named with it. */
  | { readonly kind: 'metric'; readonly page: MetricPage; readonly lesson?: string }
  | { readonly kind: 'finding'; readonly code: string }

/** All that can be looked up; read when it is needed, and once. */
export interface Shelf {
  readonly terms: readonly Term[]
  claims(): Promise<readonly Claim[]>
  lessons(): Promise<readonly Outline[]>
  metrics(): Promise<ReadonlyMap<string, MetricPage>>
  cards(): Promise<readonly Card[]>
  exercises(): Promise<readonly Exercise[]>
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

export async function loadShelf(): Promise<Shelf> {
  const claims = once(loadClaims)
  const lessons = once(outlines)
  const metrics = once(async () => metricPages(await lessons(), await claims()))
  // What is wrong in one file hides no other: `check` tells it.
  const cards = once(async () => (await readCards()).entries)
  const exercises = once(async () => (await readExercises()).entries)
  return { terms: await loadTerms(), claims, lessons, metrics, cards, exercises }
}

export const namesOfTerm = ({ id, name, also }: Term): readonly string[] => [id, name.en, name.zh, ...also]

const named = (terms: readonly Term[]): Named<Term>[] => terms.map((term) => ({ item: term, names: namesOfTerm(term) }))

function catalogFormat(query: string): Format | undefined {
  try {
    return format(query)
  } catch (error) {
    if (error instanceof FpsimError) return undefined
    throw error
  }
}

/** A number as people write it: full-width digits, a minus sign of print, superscripts, a multiplication sign. */
function numberIn(query: string): { readonly text: string; readonly value: number } | undefined {
  const powers = query.replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (raised) => `^${raised.normalize('NFKC')}`)
  const text = powers
    .normalize('NFKC')
    .replace(/[\u2212\u2013]/g, '-')
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .trim()
  const scientific = text.replace(/^([\d.]+)\s*[×x*]\s*10\s*\^\s*\(?([+-]?\d+)\)?$/i, '$1e$2')
  const value = parseNumber(scientific)
  return value === undefined || Number.isNaN(value) ? undefined : { text: scientific, value }
}

/** Whether a page is about a number: itself, or cut to the digits that the page writes. */
const isOf = (term: Term, value: number): boolean =>
  term.numbers.some((x) => {
    const digits = shownDigits(String(x))
    const cut = digits === undefined ? value : Number(value.toPrecision(digits))
    const own = typeof x === 'number' ? x : parseNumber(x)
    return own === value || own === cut
  })

/** A number that formats or policies have, or a page is about. */
function numberSubject(query: string, terms: readonly Term[]): Subject | undefined {
  const read = numberIn(query)
  if (!read || !Number.isFinite(read.value)) return undefined
  const facts = factsOf(read.text, read.value)
  const term =
    terms.find((one) => isOf(one, read.value)) ?? terms.find((one) => facts.some((fact) => isOf(one, fact.value)))
  return facts.length === 0 && !term ? undefined : { kind: 'number', ...read, facts, term }
}

type Kind = 'metric' | 'finding' | 'claim' | 'lesson'

/** A metric as one lesson has it: `underflow.lost`. */
async function metricOfLesson(query: string, { metrics, lessons }: Shelf): Promise<Subject | undefined> {
  const [, lesson, name = ''] = /^([\w-]+)\.([A-Za-z]\w*)$/.exec(query.trim()) ?? []
  const runner = lesson && (await lessons()).find((one) => one.name === lesson)?.runner
  const page = (await metrics()).get(name)
  const use = page?.uses.find((one) => one.runner === runner)
  if (!lesson || !page || !use) return undefined
  const own = { ...use, lessons: [lesson, ...use.lessons.filter((one) => one !== lesson)] }
  return { kind: 'metric', page: { ...page, uses: [own, ...page.uses.filter((one) => one !== use)] }, lesson }
}

async function metricNamed(query: string, shelf: Shelf): Promise<Subject | undefined> {
  const exact = await metricOfLesson(query, shelf)
  if (exact) return exact
  const all = await shelf.metrics()
  const items = [...all.values()].map((item) => ({ item, names: [item.name] }))
  const page = all.get(query) ?? byName(query, items)
  return page && { kind: 'metric', page }
}

async function claimNamed(query: string, { claims }: Shelf): Promise<Subject | undefined> {
  const items = (await claims()).map((item) => ({ item, names: [item.id] }))
  const claim = byName(query, items)
  return claim && { kind: 'claim', claim }
}

async function lessonNamed(query: string, { lessons }: Shelf): Promise<Subject | undefined> {
  const namesOf = ({ name, words, title }: Outline) => [name, ...words, title.en, title.zh]
  const items = (await lessons()).map((item) => ({ item, names: namesOf(item) }))
  const lesson = byName(query, items)
  return lesson && { kind: 'lesson', lesson }
}

function findingNamed(query: string, codes: readonly string[]): Subject | undefined {
  const items = codes.map((item) => ({ item, names: [item] }))
  const code = codes.includes(query) ? query : byName(query, items)
  return code === undefined ? undefined : { kind: 'finding', code }
}

/** What is asked for; `codes` are those of all findings. Undefined where nothing has this name. */
export async function lookUp(query: string, shelf: Shelf, codes: readonly string[]): Promise<Subject | undefined> {
  const terms = named(shelf.terms)
  const [, kind, rest = ''] = /^(metric|finding|claim|lesson)\s+(\S.*)$/i.exec(query.trim()) ?? []
  const only: Readonly<Record<Kind, () => Promise<Subject | undefined>>> = {
    metric: () => metricNamed(rest, shelf),
    finding: async () => findingNamed(rest, codes),
    claim: () => claimNamed(rest, shelf),
    lesson: () => lessonNamed(rest, shelf),
  }
  const narrowed = kind === undefined ? undefined : await only[kind.toLowerCase() as Kind]()
  if (narrowed) return narrowed
  // In hex a name is more likely a code than a number.
  const number = /^\s*0x/i.test(query) && byName(query, terms) ? undefined : numberSubject(query, shelf.terms)
  if (number) return number
  const term = byName(query, terms)
  if (term) return { kind: 'term', term }
  const known = catalogFormat(query)
  if (known) {
    const own = byName(known.name, terms)
    return own ? { kind: 'term', term: own } : { kind: 'format', format: known }
  }
  const other =
    (await claimNamed(query, shelf)) ??
    findingNamed(query, codes) ??
    (await lessonNamed(query, shelf)) ??
    (await metricNamed(query, shelf))
  if (other) return other
  const phrase = byPhrase(query, terms)
  if (phrase) return { kind: 'term', term: phrase }
  // A number that is known for nothing has its bits all the same.
  const read = numberIn(query)
  return read && Number.isFinite(read.value) ? { kind: 'number', ...read, facts: [], term: undefined } : undefined
}

/** The nearest name to one that nothing has. */
export async function nearest(query: string, { terms, claims, lessons, metrics }: Shelf): Promise<string | undefined> {
  const names = [
    ...formats.map(({ name }) => name),
    ...(await claims()).map(({ id }) => id),
    ...(await lessons()).map(({ name }) => name),
    ...(await metrics()).keys(),
    ...formatNames(),
  ]
  return nearestName<unknown>(query, [...named(terms), { item: undefined, names }])
}

export interface Hit {
  readonly kind: 'term' | 'claim' | 'lesson' | 'card' | 'exercise' | 'metric' | 'finding'
  readonly name: string
  readonly text: string
}

/** Whether every word of a query stands in a text; Chinese without blanks is one word. */
function matcher(query: string): (texts: readonly string[]) => boolean {
  const wanted = query
    .split(/\s+/)
    .map(plainName)
    .filter((word) => word !== '')
  return (texts) => {
    const all = texts.map(plainName).join(' ')
    return wanted.length > 0 && wanted.every((word) => all.includes(word))
  }
}

const bothOf = (texts: readonly Localized[]): string[] => texts.flatMap(({ en, zh }) => [en, zh])

/** All texts that hold every word of a query: terms first. Texts of a language are given back in it, both are searched. */
export async function searchShelf(
  query: string,
  { terms, claims, lessons, cards, exercises, metrics }: Shelf,
  sentences: { readonly findings: ReadonlyMap<string, string>; readonly metrics: ReadonlyMap<string, string> },
  lang: 'en' | 'zh',
): Promise<readonly Hit[]> {
  const fits = matcher(query)
  const byItself = terms.filter((term) => fits([...namesOfTerm(term), ...term.numbers.map(String)]))
  const bySentence = terms.filter((term) => {
    const sides = [term.says, term.for, term.against, term.when].flatMap((side) => side ?? [])
    return !byItself.includes(term) && fits([...namesOfTerm(term), ...bothOf(sides)])
  })
  return [
    ...[...byItself, ...bySentence].map(({ id, name }): Hit => ({ kind: 'term', name: id, text: name[lang] })),
    ...(await claims())
      .filter(({ id, statement, measured, truth }) =>
        fits([id, ...[statement, measured, truth].flatMap(({ en, zh }) => [en, zh])]),
      )
      .map(({ id, statement }): Hit => ({ kind: 'claim', name: id, text: statement[lang] })),
    ...(await lessons())
      .filter(({ name, title, ask, words, conclude }) =>
        fits([name, ...words, ...[title, ask, conclude].flatMap((text) => (text ? [text.en, text.zh] : []))]),
      )
      .map(({ name, ask }): Hit => ({ kind: 'lesson', name, text: ask[lang] })),
    ...(await cards())
      .filter((card) => fits([card.id, ...card.words, ...bothOf(textsOf(card).map(({ text }) => text))]))
      .map(({ id, ask }): Hit => ({ kind: 'card', name: id, text: ask[lang] })),
    ...(await exercises())
      .filter(({ id, title, ask, solution }) => fits([id, ...bothOf([title, ask, solution])]))
      .map(({ id, title }): Hit => ({ kind: 'exercise', name: id, text: title[lang] })),
    ...[...(await metrics()).keys()]
      .filter((name) => fits([name, sentences.metrics.get(name) ?? '']))
      .map((name): Hit => ({ kind: 'metric', name, text: sentences.metrics.get(name) ?? '' })),
    ...[...sentences.findings]
      .filter(([code, text]) => fits([code, text]))
      .map(([code, text]): Hit => ({ kind: 'finding', name: code, text })),
  ]
}

/** The linter of cards: both languages of the right length and alike, names that exist, cases told by runs, proofs that run. */
import { FpsimError } from '../../errors.js'
import { scenarioNames } from '../../scenario/load.js'
import { slotsOf } from '../../scenario/slots.js'
import { suggest } from '../../suggest.js'
import { type Card, runsOf, sections, textsOf } from '../card.js'
import { loadClaims } from '../claim.js'
import { namesOf, prefixed, type Run, type RunOptions } from '../run.js'
import { measureCards } from './measure.js'

type Lang = 'en' | 'zh'

/** How long an answer may be in all: words in English, characters in Chinese; it is to be said in about a minute. */
export const answerLength = { en: { min: 100, max: 170 }, zh: { min: 200, max: 300 } } as const

/** Words of English; in Chinese each character and full-width mark, and each Latin word or number. A slot is one number. */
export function lengthOf(text: string, lang: Lang): number {
  const plain = text.replace(/\{[^{}]*\}/g, ' 0 ')
  const latin = plain.match(/[\p{Script=Latin}\p{N}][\p{Script=Latin}\p{N}^.,'_()/-]*/gu)?.length ?? 0
  return lang === 'en' ? latin : latin + (plain.match(/[\p{Script=Han}，。；：、？！（）“”]/gu)?.length ?? 0)
}

/** What looks like a number and is none: a value that becomes 0, a power of two, the width of a format. */
const phrases = /变成 0|降到 0|(?:become|becomes|became|to|reaches) 0(?!\.?\d|\s*%)|2 的幂|\d+ 位|\d+[- ]bits?/g

/** Numbers that stand for themselves: not in a slot, nor part of a name such as FP16, ResNet-50, A100. */
export const typedNumbers = (text: string): string[] =>
  text
    .replace(/\{[^{}]*\}/g, '')
    .replace(phrases, '')
    .match(/(?<![\p{Script=Latin}\d_.^-])\d[\d.,]*(?![\p{Script=Latin}\d-])/gu) ?? []

const unknown = (key: string, allowed: readonly string[]): FpsimError =>
  new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })

/** An answer that is too short or too long to be said in a minute. */
function outOfBounds(lang: Lang, length: number): FpsimError[] {
  const { min, max } = answerLength[lang]
  const wrong = (problem: string, limit: number) =>
    new FpsimError('invalid-value', { option: 'answer', value: `${lang}: ${length}`, problem, limit })
  if (length < min) return [wrong('below-minimum', min)]
  return length > max ? [wrong('above-maximum', max)] : []
}

interface Found {
  readonly path: readonly PropertyKey[]
  readonly error: FpsimError
}

/** What a card's runs are called in its file. */
const pathOf = (i: number): PropertyKey[] => (i === 0 ? ['proof'] : ['runs', i - 1])

/** Lessons and parameters that do not exist; then what the slots may name. */
async function runNames(runs: readonly Run[], lessons: readonly string[]) {
  const problems: Found[] = []
  const slots: string[] = []
  for (const [i, run] of runs.entries()) {
    const { scenario, params, picture, show, as } = run
    const known = [...lessons, 'sources']
    if (!known.includes(scenario)) {
      const error = new FpsimError('unknown-scenario', { name: scenario, suggestion: suggest(scenario, known) })
      problems.push({ path: [...pathOf(i), 'scenario'], error })
      continue
    }
    const names = await namesOf(run)
    const missing = (wanted: readonly string[], allowed: readonly string[], key: string) =>
      wanted
        .filter((name) => !allowed.includes(name))
        .map((name) => ({ path: [...pathOf(i), key, name], error: unknown(name, allowed) }))
    problems.push(
      ...missing(Object.keys(params), names.params, 'params'),
      ...missing(Object.keys(picture), names.params, 'picture'),
      ...missing(show, names.parts, 'show'),
    )
    for (const name of [...names.params, ...names.metrics]) slots.push(prefixed(as, name))
  }
  const prefixes = runs.map(({ as }) => as ?? '')
  const twice = prefixes.findIndex((prefix, i) => prefixes.indexOf(prefix) !== i)
  if (twice > 0)
    problems.push({
      path: pathOf(twice),
      error: new FpsimError('invalid-value', { option: 'as', value: prefixes, problem: 'given-twice' }),
    })
  return { problems, slots }
}

/** What is wrong with the texts themselves. */
function wording(card: Card, slots: readonly string[]): Found[] {
  const texts = textsOf(card)
  const named = (text: string): string[] => [...new Set(slotsOf(text).map(({ name }) => name))].sort()
  const inSlots = texts.flatMap(({ path, text }) =>
    (['en', 'zh'] as const).flatMap((lang) =>
      named(text[lang])
        .filter((name) => !slots.includes(name))
        .map((name) => ({ path: [...path, lang], error: unknown(name, slots) })),
    ),
  )
  // A number that only one language tells.
  const unlike = texts.flatMap(({ path, text }) => {
    const [en, zh] = [named(text.en), named(text.zh)]
    return [
      ...en.filter((name) => !zh.includes(name)).map((name) => ({ path: [...path, 'en'], error: unknown(name, zh) })),
      ...zh.filter((name) => !en.includes(name)).map((name) => ({ path: [...path, 'zh'], error: unknown(name, en) })),
    ]
  })
  const lengths = (['en', 'zh'] as const).flatMap((lang) => {
    const length = sections.reduce((sum, name) => sum + lengthOf(card.answer[name][lang], lang), 0)
    return outOfBounds(lang, length).map((error) => ({ path: ['answer'], error }))
  })
  const cases = (['en', 'zh'] as const).flatMap((lang) => {
    const path = ['answer', 'case', lang]
    const text = card.answer.case[lang]
    const typed = typedNumbers(text).map((value) => {
      // The numbers of a case are those of its runs.
      const allowed = ['{name}', '{name:%}']
      return {
        path,
        error: new FpsimError('invalid-value', { option: 'case', value, problem: 'not-allowed', allowed }),
      }
    })
    const none = slotsOf(text).length === 0
    return [
      ...typed,
      ...(none
        ? [{ path, error: new FpsimError('invalid-value', { option: 'case', value: text, problem: 'missing' }) }]
        : []),
    ]
  })
  return [...inSlots, ...unlike, ...lengths, ...cases]
}

/** A card whose names are right: whether its runs succeed and its slots are filled. */
async function running(card: Card, o: RunOptions): Promise<Found[]> {
  try {
    const [measured] = await measureCards([card], o)
    return measured && measured.proof.findings.length === 0
      ? [{ path: ['proof'], error: new FpsimError('invalid-value', { option: 'proof', value: 0, problem: 'missing' }) }]
      : []
  } catch (error) {
    if (!(error instanceof FpsimError) || error.values['file'] !== undefined) throw error
    return [{ path: ['proof', 'params', String(error.values['option'])], error }]
  }
}

/** Other words for a card that find another one first. */
function takenWords(cards: readonly Card[], i: number): Found[] {
  const before = cards.slice(0, i)
  return (cards[i]?.words ?? []).flatMap((word, j) => {
    const wanted = word.toLowerCase()
    const first = [...before, ...cards].find(
      (card) => card.id === wanted || (before.includes(card) && card.words.some((x) => x.toLowerCase() === wanted)),
    )
    if (!first || first === cards[i]) return []
    const value = [first.id, cards[i]?.id].map((id) => `${id}: ${word}`)
    return [
      {
        path: ['words', j],
        error: new FpsimError('invalid-value', { option: 'words', value, problem: 'given-twice' }),
      },
    ]
  })
}

export interface CheckCardsOptions extends RunOptions {
  /** Whether to make the runs too (some seconds for the shipped cards); a name that is wrong is found without. */
  readonly run?: boolean
}

/** Everything that is wrong with cards, in their order, each with its place in the file. */
export async function checkCards(cards: readonly Card[], o: CheckCardsOptions = {}): Promise<FpsimError[]> {
  const lessons = await scenarioNames()
  const claims = (await loadClaims()).map(({ id }) => id)
  const found: FpsimError[] = []
  for (const [i, card] of cards.entries()) {
    await o.progress?.(i, cards.length)
    const { problems, slots } = await runNames(runsOf(card), lessons)
    const lesson = card.lesson
    const all: Found[] = [
      ...(lesson === undefined || lessons.includes(lesson)
        ? []
        : [
            {
              path: ['lesson'],
              error: new FpsimError('unknown-scenario', { name: lesson, suggestion: suggest(lesson, lessons) }),
            },
          ]),
      ...problems,
      ...card.claims
        .filter((id) => !claims.includes(id))
        .map((id) => ({ path: ['claims', card.claims.indexOf(id)], error: unknown(id, claims) })),
      ...takenWords(cards, i),
      // Without its runs' names every slot would be unknown.
      ...(problems.length === 0 ? wording(card, slots) : []),
    ]
    if (o.run === true && all.length === 0)
      all.push(...(await running(card, o.host === undefined ? {} : { host: o.host })))
    found.push(...all.map(({ path, error }) => card.locate(path, error)))
  }
  return found
}

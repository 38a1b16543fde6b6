/** What there is to be asked: the topics with their counts, and the questions by topic. */
import type { Card } from '../../learn/card.js'
import { cardGrade, type Progress } from '../../learn/progress.js'
import { displayWidth, finding, hang, onScreen, styleOf } from '../../render/terminal/document.js'
import type { Block, Result, Tone } from '../../result/result.js'
import type { Look } from '../context.js'

export interface TopicCount {
  readonly name: string
  readonly title: Card['ask']
  readonly cards: number
  /** Graded so far, and with 2 or better. */
  readonly graded: number
  readonly known: number
}

export const topicsOf = (cards: readonly Card[], progress: Progress): TopicCount[] =>
  [...new Map(cards.map(({ topic }) => [topic.name, topic])).values()].map(({ name, title }) => {
    const own = cards.filter(({ topic }) => topic.name === name)
    const grades = own.flatMap(({ id }) => cardGrade(progress, id) ?? [])
    const known = grades.filter((grade) => grade >= 2).length
    return { name, title, cards: own.length, graded: grades.length, known }
  })

const toneOf = (grade: number | undefined): Tone | null =>
  grade === undefined ? null : grade >= 2 ? 'good' : grade === 0 ? 'bad' : 'note'

/** Topics and counts, and how to begin. */
export function overview(cards: readonly Card[], progress: Progress): Result {
  const topics = topicsOf(cards, progress)
  const sum = (of: (topic: TopicCount) => number): number => topics.reduce((total, topic) => total + of(topic), 0)
  const graded = sum((topic) => topic.graded)
  const values = { cards: cards.length, topics: topics.length, graded, known: sum((topic) => topic.known) }
  return {
    schema: 1,
    scenario: 'interview',
    runner: 'interview',
    params: {},
    seed: 1,
    metrics: values,
    findings: [{ code: 'cardsCounted', tone: 'note', values }],
    blocks: [
      {
        kind: 'table',
        columns: [
          { label: { code: 'cardTopic' }, as: 'text' },
          { label: { code: 'cardTitle' }, as: 'text' },
          { label: { code: 'cardCount' }, as: 'count' },
          // Only for who has begun.
          ...(graded === 0 ? [] : [{ label: { code: 'cardKnown' }, as: 'count' as const }]),
        ],
        rows: topics.map(({ name, title, cards: count, known }) =>
          graded === 0 ? [name, title, count] : [name, title, count, known],
        ),
      },
      { kind: 'note', code: 'cardsBegin', tone: 'note', values: {} },
    ],
  }
}

/** The questions as a table, for Markdown. */
export function asTable(cards: readonly Card[], progress: Progress): Result {
  const table: Block = {
    kind: 'table',
    columns: (['cardId', 'cardTopic', 'cardQuestion', 'cardGrade'] as const).map((code) => ({
      label: { code },
      as: code === 'cardGrade' ? 'number' : 'text',
    })),
    rows: cards.map(({ id, topic, ask }) => [id, topic.title, ask, cardGrade(progress, id) ?? null]),
  }
  return { ...overview(cards, progress), blocks: [table] }
}

/** The questions by topic, each behind the last grade and the id. */
export function listing(cards: readonly Card[], progress: Progress, look: Look): string[] {
  const style = styleOf(look)
  const indent = Math.max(...cards.map(({ id }) => id.length)) + 4
  const beside = indent <= style.width / 2
  const topics = topicsOf(cards, progress)
  return [
    ...topics.flatMap(({ name, title }) => [
      style.paint.bold(onScreen(`${title[look.lang]} (--topic ${name})`, style)),
      ...cards
        .filter(({ topic }) => topic.name === name)
        .flatMap(({ id, ask }) => {
          const grade = cardGrade(progress, id)
          const tone = toneOf(grade)
          const head = `${grade ?? ' '} ${id}`
          const lines = beside
            ? hang(head.padEnd(indent), ask[look.lang], style)
            : [head, ...hang('    ', ask[look.lang], style)]
          return tone === null ? lines : lines.map((line) => style.paint.tone[tone](line))
        }),
    ]),
    ...finding({ code: 'cardsHint', tone: 'note', values: {} }, style),
  ].filter((line) => displayWidth(line, style) > 0)
}

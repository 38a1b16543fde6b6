/** The dialogue of a quiz or mock interview: question, Enter, answer, grade. All on stderr: stdout is for the score sheet. */

import type { MeasuredCard } from '../../learn/card/measure.js'
import type { Card } from '../../learn/card.js'
import type { Measured } from '../../learn/claims.js'
import { commandOf as wordOf } from '../../learn/quiz.js'
import { styleOf, wrap } from '../../render/terminal/document.js'
import { say, wordsOf } from '../../render/words.js'
import type { Result, Values } from '../../result/result.js'
import { commandOf } from '../claim-report.js'
import type { Context } from '../context.js'
import { answer, evidence, question } from './page.js'

/** A card that was asked; undefined where it was passed over. */
export interface Graded {
  readonly card: Card
  readonly grade: number | undefined
}

export interface Dialogue {
  /** One line of the answer to a prompt; undefined at the end of the input. */
  readonly ask: (prompt: string) => Promise<string | undefined>
  readonly look: (card: Card) => Promise<{ readonly measured: MeasuredCard; readonly claims: readonly Measured[] }>
  /** Called with each grade as soon as it is given. */
  readonly store: (card: Card, grade: number) => Promise<unknown>
}

/** 0 to 3, as typed, full-width digits too. */
const typedGrade = (line: string): number | undefined => {
  const text = line.normalize('NFKC').trim()
  return /^[0-3]$/.test(text) ? Number(text) : undefined
}

/** 0 to 3, 'skip', or 'end' where it was asked for or the input is at its end. Asks until it is one of them. */
async function gradeOf(ask: Dialogue['ask'], first: string, again: string): Promise<number | 'skip' | 'end'> {
  for (let prompt = first; ; prompt = again) {
    const line = await ask(prompt)
    if (line === undefined) return 'end'
    const word = wordOf(line)
    if (word === 'quit') return 'end'
    if (word === 'skip') return 'skip'
    const grade = typedGrade(line)
    if (grade !== undefined) return grade
  }
}

/** Asks the cards one by one, until the last, `q`, or the end of the input. */
export async function interviewWith(
  cards: readonly Card[],
  context: Context,
  { ask, look: lookUp, store }: Dialogue,
): Promise<readonly Graded[]> {
  const { look } = context
  const words = wordsOf(look.lang)
  const label = (code: string, values: Values = {}): string => say({ code, values }, words)
  const style = styleOf(look)
  // A blank after it for what is typed.
  const prompt = (code: string): string => `${wrap(label(code), look.width - 2, style).join('\n')} `
  const write = (lines: readonly string[]): void => {
    process.stderr.write(`${lines.join('\n')}\n`)
  }
  const graded: Graded[] = []
  for (const [i, card] of cards.entries()) {
    const place = label('cardOf', { i: i + 1, n: cards.length })
    const { title } = card.topic
    write(question(card, `${place} · ${title[look.lang]} · ${card.id}`, look))
    const line = await ask(prompt('cardThink'))
    if (line === undefined || wordOf(line) === 'quit') break
    if (wordOf(line) === 'skip') {
      graded.push({ card, grade: undefined })
      continue
    }
    const { measured, claims } = await lookUp(card)
    write([...answer(measured, look), ...evidence(measured, claims, look)])
    const grade = await gradeOf(ask, prompt('cardGradeAsk'), prompt('cardGradeAgain'))
    if (grade === 'end') break
    write([''])
    graded.push({ card, grade: grade === 'skip' ? undefined : grade })
    if (grade !== 'skip') await store(card, grade)
  }
  return graded
}

const best = 3

/** The score sheet: each card with its grade, points in all, the weakest topic, what to look at again. */
export function scoreSheet(asked: readonly Graded[], repeat: string | undefined): Result {
  const graded = asked.flatMap(({ card, grade }) => (grade === undefined ? [] : [{ card, grade }]))
  const points = graded.reduce((sum, { grade }) => sum + grade, 0)
  const topics = [...new Map(graded.map(({ card }) => [card.topic.name, card.topic])).values()].map((topic) => {
    const own = graded.filter(({ card }) => card.topic.name === topic.name)
    return { topic, mean: own.reduce((sum, { grade }) => sum + grade, 0) / own.length }
  })
  const lowest = Math.min(best, ...topics.map(({ mean }) => mean))
  const weak = lowest < best ? topics.filter(({ mean }) => mean === lowest) : []
  const again = graded.filter(({ grade }) => grade < 2)
  const commands = again.flatMap(({ card }) => [
    `fpsim interview ${card.id}`,
    ...(card.lesson === undefined ? [] : [commandOf(card.lesson, {})]),
  ])
  const possible = best * graded.length
  const values = { points, possible, cards: graded.length, weakest: weak.map(({ topic }) => topic.name).join(', ') }
  return {
    schema: 1,
    scenario: 'interview',
    runner: 'interview',
    params: {},
    seed: 1,
    metrics: { points, possible, cards: graded.length, share: possible === 0 ? Number.NaN : points / possible },
    findings: [
      graded.length === 0
        ? { code: 'cardScoreNone', tone: 'note', values: {} }
        : { code: 'cardScore', tone: points * 3 >= possible * 2 ? 'good' : 'bad', values },
      ...(commands.length === 0
        ? []
        : [{ code: 'cardAgain', tone: 'note' as const, values: { commands: [...new Set(commands)].join(' · ') } }]),
      ...(repeat === undefined ? [] : [{ code: 'cardRepeat', tone: 'note' as const, values: { command: repeat } }]),
    ],
    blocks:
      asked.length === 0
        ? []
        : [
            {
              kind: 'table',
              columns: [
                { label: { code: 'cardId' }, as: 'text' },
                { label: { code: 'cardTopic' }, as: 'text' },
                { label: { code: 'cardGrade' }, as: 'number' },
              ],
              rows: asked.map(({ card, grade }) => [card.id, card.topic.title, grade ?? null]),
              tones: asked.map(({ grade }) =>
                grade === undefined ? null : grade === best ? 'good' : grade < 2 ? 'bad' : null,
              ),
            },
          ],
  }
}

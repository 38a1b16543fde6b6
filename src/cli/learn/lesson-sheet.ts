/** A lesson with its questions and answers for programs, spreadsheets and documents. */

import type { LessonProgress } from '../../learn/progress.js'
import { fill } from '../../render/cells.js'
import { csvLine } from '../../render/csv.js'
import { render } from '../../render/render.js'
import { tell, wordsOf } from '../../render/words.js'
import type { Localized, Result } from '../../result/result.js'
import type { Scenario } from '../../scenario/scenario.js'
import type { Lang } from '../../text/text.js'
import type { Look } from '../context.js'
import { askedFor } from '../predict.js'

export interface Walked {
  readonly scenario: Scenario
  readonly result: Result
  readonly progress: LessonProgress | undefined
}

interface Question {
  readonly ask: Localized
  readonly metric: string
  readonly within?: number | string | undefined
  readonly hint?: Localized
  readonly why?: Localized
}

/** The prediction first, then the questions of afterwards. */
const questions = ({ predict, quiz }: Scenario): Question[] => [
  ...(predict ? [predict] : []),
  ...quiz.map(({ ask, answer, hint }) => ({ ask, hint, ...answer })),
]

const filler =
  ({ lesson }: Result) =>
  (text: Localized, lang: Lang): string =>
    lesson ? fill(text, lesson, wordsOf(lang)) : text[lang]

export function asData({ scenario, result, progress }: Walked) {
  const { name, chapter, level, title, ask, predict, quiz, needs, next } = scenario
  const { metrics } = JSON.parse(render(result, { to: 'json' })) as { metrics: Record<string, number | string> }
  const filled = filler(result)
  const both = (text: Localized) => ({ en: filled(text, 'en'), zh: filled(text, 'zh') })
  return {
    name,
    chapter,
    level,
    title,
    ask,
    ...(predict
      ? {
          predict: {
            ask: both(predict.ask),
            metric: predict.metric,
            answer: metrics[predict.metric],
            why: both(predict.why),
          },
        }
      : {}),
    quiz: quiz.map(({ ask: question, answer, hint }) => ({
      ask: both(question),
      metric: answer.metric,
      answer: metrics[answer.metric],
      ...(answer.within === undefined ? {} : { within: answer.within }),
      hint: both(hint),
    })),
    needs,
    next,
    progress: progress ?? null,
    seed: result.seed,
    params: result.params,
    metrics,
  }
}

/** One row a question. */
export function asCsv(all: readonly Walked[], lang: Lang): string {
  const rows = all.flatMap(({ scenario, result }) =>
    questions(scenario).map(({ ask, metric, within = '', hint }) =>
      csvLine([
        scenario.name,
        filler(result)(ask, lang),
        metric,
        result.metrics[metric] ?? '',
        String(within),
        hint ? filler(result)(hint, lang) : '',
      ]),
    ),
  )
  return csvLine(['lesson', 'question', 'metric', 'answer', 'within', 'hint']) + rows.join('')
}

/** The lesson's own page, and its questions with hints and answers below it. */
export function asMarkdown(all: readonly Walked[], look: Look): string {
  const words = wordsOf(look.lang)
  const told = (code: string, values: Record<string, string | number>): string =>
    tell({ code, tone: 'note', values }, words)
  const pages = all.map(({ scenario, result }) => {
    const filled = filler(result)
    const list = questions(scenario).map(({ ask, metric, hint, why }, i) => {
      const answer = told('learnAnswer', { answer: askedFor(metric, result, words).written })
      const beside = hint ? told('learnHint', { hint: filled(hint, look.lang) }) : why ? filled(why, look.lang) : ''
      return `${i + 1}. ${filled(ask, look.lang)}\n   - ${beside}\n   - ${answer}\n`
    })
    return `${render(result, { to: 'markdown', ...look })}\n${list.join('')}`
  })
  return pages.join('\n')
}

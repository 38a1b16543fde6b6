/** One lesson walked: the question, the guess, the run, why, and the questions afterwards. */
import { stripVTControlCharacters } from 'node:util'
import type { LessonProgress } from '../../learn/progress.js'
import { commandOf, isRight, typedNumber } from '../../learn/quiz.js'
import { fill } from '../../render/cells.js'
import { render } from '../../render/render.js'
import { onScreen, type Style, styleOf } from '../../render/terminal/document.js'
import { say as label } from '../../render/words.js'
import type { Localized, Result, Values } from '../../result/result.js'
import { seedOf } from '../../runner/seed.js'
import { shareOf } from '../../scenario/expect.js'
import { runLoaded } from '../../scenario/run.js'
import type { Scenario } from '../../scenario/scenario.js'
import { percent } from '../../text/numbers.js'
import type { Context } from '../context.js'
import { openDraft } from '../output.js'
import { askedFor, guessTold } from '../predict.js'
import { progressLine } from '../progress.js'
import { sentence } from '../sentence.js'
import { workers } from '../workers.js'
import type { Talk } from './talk.js'

/** Ways to leave a lesson: for the next, or altogether. */
type Leaving = 'skip' | 'quit'

/** How often somebody at a terminal may try before the answer is told. */
const tries = 3

/** A long run says once how long it will take, as soon as that can be known. */
const announceAfter = 1000
const shortest = 3

/** The lesson's own run, with its progress on stderr. */
export async function runOf(scenario: Scenario, context: Context): Promise<Result> {
  const progress = progressLine(context)
  const style = styleOf(context.look)
  const start = Date.now()
  let announced = context.quiet || process.stderr.isTTY !== true
  const announce = (done: number, total: number | undefined): void => {
    const spent = Date.now() - start
    if (announced || total === undefined || done <= 0 || spent < announceAfter) return
    announced = true
    const left = ((spent / 1000) * (total - done)) / done
    if (left < shortest) return
    const seconds = left < 20 ? Math.ceil(left) : 5 * Math.ceil(left / 5)
    progress.end()
    process.stderr.write(`${onScreen(sentence('learnTime', { seconds }, style), style)}\n`)
  }
  try {
    return await runLoaded(scenario, {
      seed: seedOf(context.values['seed']),
      host: {
        progress(done, total) {
          announce(done, total)
          return progress.update(done, total)
        },
        workers,
        draft: (file) => openDraft(file, context),
      },
    })
  } finally {
    progress.end()
  }
}

/** What a training costs, told before it starts: its steps and how many recipes take them. */
function effort({ runner, params }: Scenario): Values | undefined {
  const { recipes, steps } = params
  if (runner !== 'train' || recipes === undefined || steps === undefined) return undefined
  return { recipes: String(recipes).split(',').length, steps: Number(steps) }
}

/** What the parts of a lesson share. */
interface Scene {
  readonly scenario: Scenario
  readonly result: Result
  readonly talk: Talk
  readonly context: Context
  readonly style: Style
  /** An author's words with their numbers. */
  filled(text: Localized): string
  tell(code: string, values: Values, color?: (line: string) => string): void
}

const sceneOf = (scenario: Scenario, result: Result, talk: Talk, context: Context): Scene => {
  const style = styleOf(context.look)
  const { lesson } = result
  return {
    scenario,
    result,
    talk,
    context,
    style,
    filled: (text) => (lesson ? fill(text, lesson, style.words) : text[style.lang]),
    tell: (code, values, color) => talk.say(sentence(code, values, style), color),
  }
}

const promptOf = (code: string, style: Style): string => onScreen(label({ code }, style.words), style)

/** What was typed, as it is repeated. */
const quoted = (line: string): string => (line.trim().length > 40 ? `${line.trim().slice(0, 37)}…` : line.trim())

/** The guess: what is told of it after the run; undefined where nobody guesses. */
async function askGuess(
  { scenario: { predict }, result, talk, context, style, filled, tell }: Scene,
  keep: Keep,
): Promise<Leaving | { readonly told: string } | undefined> {
  if (!predict) return undefined
  const asked = askedFor(predict.metric, result, style.words)
  talk.say(filled(predict.ask))
  for (;;) {
    const line = await talk.ask(promptOf('learn-guess', style))
    if (line === undefined) return undefined
    const command = commandOf(line)
    if (command === 'quit' || command === 'skip') return command
    const guess = typedNumber(line, asked)
    if (command === 'hint') tell('learnNoHint', {})
    else if (command === undefined && guess === undefined) tell('learnNoNumber', { text: quoted(line) })
    else {
      const said = guess === undefined ? undefined : guessTold(guess, asked, context)
      await keep({ state: 'begun', ...(said ? { guessError: said.error } : {}) })
      return said
    }
  }
}

/** Whether a screen shows a number, so that asking for it means to read it there; one or two digits stand on every screen. */
function shows(screen: string, written: string): boolean {
  const text = stripVTControlCharacters(screen)
  const part = (char: string | undefined): boolean => /[\w.^]/.test(char ?? '')
  for (let at = text.indexOf(written); written.length > 2 && at >= 0; at = text.indexOf(written, at + 1)) {
    const [before, after, next] = [text[at - 1], text[at + written.length], text[at + written.length + 1]]
    // 2^11 is not in 2^110 nor in 12^11; a full stop may follow.
    if (!part(before) && before !== '-' && !(part(after) && (after !== '.' || part(next)))) return true
  }
  return false
}

/** One question, until it is answered, given up, or left. */
async function askQuestion(
  { ask, answer: { metric, within }, hint }: Scenario['quiz'][number],
  place: Values,
  screen: string,
  { result, talk, style, filled, tell }: Scene,
): Promise<Leaving | 'right' | 'wrong'> {
  const asked = askedFor(metric, result, style.words)
  const share = within === undefined ? undefined : shareOf(within)
  talk.show('\n')
  const seen = shows(screen, asked.written)
  tell('learnQuestion', {
    ...place,
    ask: filled(ask),
    seen,
    ...(share === undefined ? {} : { within: percent(share) }),
  })
  for (let left = talk.atTerminal ? tries : 1; left > 0; ) {
    const line = await talk.ask(promptOf('learn-answer', style))
    if (line === undefined) break
    const command = commandOf(line)
    if (command === 'quit' || command === 'skip') return command
    const given = typedNumber(line, asked)
    if (command === 'hint') tell('learnHint', { hint: filled(hint) })
    else if (command === 'enter') {
      tell('learnAnswer', { answer: asked.written })
      break
    } else if (given === undefined) tell('learnNoNumber', { text: quoted(line) })
    else if (isRight(given, asked, within)) {
      tell('learnRight', { answer: asked.written }, style.paint.tone.good)
      return 'right'
    } else {
      left--
      const side = given > asked.value ? 'above' : given < asked.value ? 'below' : 'none'
      tell(
        left > 0 ? 'learnWrong' : 'learnWrongLast',
        { given: quoted(line), side, answer: asked.written },
        style.paint.tone.bad,
      )
    }
  }
  return 'wrong'
}

/** Where progress of this lesson goes; a teacher's own file leaves none. */
export type Keep = (now: LessonProgress) => Promise<void>

/** One lesson from its question to its last answer; where nobody answers, its text alone. */
export async function walkLesson(
  scenario: Scenario,
  head: string,
  talk: Talk,
  context: Context,
  keep: Keep,
): Promise<{ readonly ending: Leaving | 'done'; readonly right: number }> {
  const style = styleOf(context.look)
  talk.say(head, style.paint.dim)
  talk.say(scenario.title[style.lang], style.paint.bold)
  talk.say(scenario.ask[style.lang])
  const training = effort(scenario)
  if (training) talk.say(sentence('learnTrains', training, style))
  const result = await runOf(scenario, context)
  await talk.forget()
  const scene = sceneOf(scenario, result, talk, context)

  const guess = await askGuess(scene, keep)
  if (typeof guess === 'string') return { ending: guess, right: 0 }
  // What to try next is said when the lesson is over.
  const shown = result.lesson ? { ...result, lesson: { ...result.lesson, next: [] } } : result
  const screen = render(shown, context.look)
  talk.show(`\n${screen}\n`)
  if (guess) talk.say(guess.told)
  if (scenario.predict) talk.say(scene.filled(scenario.predict.why))

  const { quiz } = scenario
  let right = 0
  for (const [i, question] of quiz.entries()) {
    const ending = await askQuestion(question, { at: i + 1, of: quiz.length }, screen, scene)
    if (ending === 'quit' || ending === 'skip') return { ending, right }
    if (ending === 'right') right++
  }
  if (talk.listening()) await keep({ state: 'done', ...(quiz.length > 0 ? { right, all: quiz.length } : {}) })
  return { ending: 'done', right }
}

/** What a card looks like: its question, its answer section by section, the findings of its proof, a record for programs. */

import type { MeasuredCard } from '../../learn/card/measure.js'
import { type Card, sections } from '../../learn/card.js'
import type { Measured } from '../../learn/claims.js'
import { fill } from '../../render/cells.js'
import {
  displayWidth,
  finding,
  hang,
  labelText,
  onScreen,
  pad,
  type Style,
  styleOf,
  wrap,
} from '../../render/terminal/document.js'
import { say, tell, type Words, wordsOf } from '../../render/words.js'
import type { Lesson, Localized } from '../../result/result.js'
import { commandOf, kept, marks, plainMarks } from '../claim-report.js'
import type { Look } from '../context.js'

export const sectionLabels = {
  concept: 'cardConcept',
  steps: 'cardSteps',
  effect: 'cardEffect',
  case: 'cardCase',
  summary: 'cardSummary',
} as const

/** The words of the parts of a page, for what stands before each of them. */
const heads = ['cardOutline', ...Object.values(sectionLabels), 'cardNext', 'cardProof', 'cardClaims']

export const proofCommand = ({ proof }: Card): string => commandOf(proof.scenario, proof.params)

/** A text of a card with its numbers. */
export const told = (text: Localized, { card, slots }: MeasuredCard, words: Words): string => {
  const lesson: Lesson = { title: card.ask, ask: card.ask, slots, next: [], see: [] }
  return fill(text, lesson, words)
}

/** Points in one paragraph, each with its number. */
export const outlineText = (measured: MeasuredCard, words: Words): string =>
  measured.card.outline.map((point, i) => `${i + 1}. ${told(point, measured, words)}`).join('  ')

/** A part of a page: its name, and the text beside it. */
function part(code: string, text: string, style: Style): string[] {
  const indent = Math.max(...heads.map((head) => displayWidth(labelText({ code: head }, style), style))) + 2
  const head = pad(labelText({ code }, style), indent, style)
  return hang(head, text, style).map((line, i) =>
    i === 0 ? style.paint.bold(line.slice(0, head.length)) + line.slice(head.length) : line,
  )
}

/** The question, and where the card stands: its topic and id, or the number of the question. */
export function question(card: Card, aside: string, look: Look): string[] {
  const style = styleOf(look)
  const note = onScreen(aside, style)
  const asked = wrap(card.ask[look.lang], style.width, style)
  const last = asked.at(-1) as string
  const between = style.width - displayWidth(last, style) - displayWidth(note, style)
  const bold = asked.map(style.paint.bold)
  if (between < 2) return [...bold, ...wrap(note, style.width, style).map(style.paint.dim)]
  return [...bold.slice(0, -1), style.paint.bold(last) + ' '.repeat(between) + style.paint.dim(note)]
}

export const aside = ({ topic, id }: Card, look: Look): string => `${topic.title[look.lang]} · ${id}`

/** Outline, answer, what is asked next. */
export function answer(measured: MeasuredCard, look: Look): string[] {
  const style = styleOf(look)
  const { card } = measured
  const text = (words: Localized): string => told(words, measured, style.words)
  return [
    ...part('cardOutline', outlineText(measured, style.words), style),
    ...sections.flatMap((name) => part(sectionLabels[name], text(card.answer[name]), style)),
    ...card.followUp.flatMap((next) =>
      part('cardNext', `${text(next.ask)} ${style.ascii ? '->' : '→'} ${text(next.answer)}`, style),
    ),
  ]
}

/** A card is one screen: of its proof it shows the first two findings, or the first. Its command shows them all. */
const screenLines = 28

/** The claims about it by their verdicts, in one paragraph. */
function said(claims: readonly Measured[], style: Style): string[] {
  const found = new Set(claims.map(({ verdict }) => verdict))
  const groups = [...found].map((verdict) => {
    const mark = (style.ascii ? plainMarks : marks)[verdict]
    const ids = claims.filter((judged) => judged.verdict === verdict).map(({ claim }) => claim.id)
    return `${mark} ${say({ code: 'cardVerdict', values: { verdict, ids: ids.join(', ') } }, style.words)}`
  })
  return claims.length === 0 ? [] : part('cardClaims', groups.join('  '), style)
}

/** The command of the proof, and what it found just now; then what people say about it, judged just now. */
export function evidence(
  { card, proof }: MeasuredCard,
  claims: readonly Measured[],
  look: Look,
  findings = 2,
): string[] {
  const style = styleOf(look)
  // A note proves nothing where there is a verdict; it may even ask for a guess.
  const decided = proof.findings.filter(({ tone }) => tone !== 'note')
  return [
    ...part('cardProof', proofCommand(card), style),
    ...(decided.length > 0 ? decided : proof.findings).slice(0, findings).flatMap((found) => finding(found, style)),
    ...said(claims, style),
  ]
}

/** A whole card; then the one that follows it, where there is one. */
export function page(
  measured: MeasuredCard,
  claims: readonly Measured[],
  look: Look,
  following: Card | undefined,
): string[] {
  const style = styleOf(look)
  const commands = [
    ...(following === undefined ? [] : [`fpsim interview ${following.id}`]),
    `fpsim interview --quiz --topic ${measured.card.topic.name}`,
  ]
  const mark = onScreen(style.words.screen.next, style)
  const beside = commands.join(style.ascii ? '  |  ' : '  ·  ')
  // Else a line each: a command is not to be broken in two.
  const fits = displayWidth(mark + beside, style) <= style.width
  const lines = (findings: number): string[] => [
    ...question(measured.card, aside(measured.card, look), look),
    ...answer(measured, look),
    ...evidence(measured, claims, look, findings),
    ...hang(mark, fits ? beside : commands.join('\n'), style),
  ]
  const two = lines(2)
  return two.length <= screenLines ? two : lines(1)
}

/** A card for programs: its texts in both languages, with the numbers of its runs. */
export function asData(measured: MeasuredCard, claims: readonly Measured[] = []) {
  const { card, proof } = measured
  const both = (text: Localized): Localized => ({
    en: told(text, measured, wordsOf('en')),
    zh: told(text, measured, wordsOf('zh')),
  })
  return {
    id: card.id,
    topic: card.topic.name,
    lesson: card.lesson ?? null,
    ask: card.ask,
    outline: card.outline.map(both),
    answer: Object.fromEntries(sections.map((name) => [name, both(card.answer[name])])),
    followUp: card.followUp.map((next) => ({ ask: both(next.ask), answer: both(next.answer) })),
    proof: {
      command: proofCommand(card),
      params: proof.params,
      metrics: Object.fromEntries(Object.entries(proof.metrics).map(([name, x]) => [name, kept(x)])),
      findings: proof.findings.map((found) => ({
        code: found.code,
        tone: found.tone,
        text: { en: tell(found, wordsOf('en')), zh: tell(found, wordsOf('zh')) },
      })),
    },
    claims: claims.length > 0 ? claims.map(({ claim, verdict }) => ({ id: claim.id, verdict })) : card.claims,
  }
}

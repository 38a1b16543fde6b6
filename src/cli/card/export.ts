/** Cards for other programs: a deck of Anki, a spreadsheet, a Markdown document. */

import type { MeasuredCard } from '../../learn/card/measure.js'
import { type Card, sections } from '../../learn/card.js'
import { csvLine } from '../../render/csv.js'
import { say, tell, type Words, wordsOf } from '../../render/words.js'
import type { Lang } from '../../text/text.js'
import { proofCommand, sectionLabels, told } from './page.js'

export const exportForms = ['anki', 'csv', 'markdown'] as const
export type ExportForm = (typeof exportForms)[number]

interface Part {
  readonly name: string
  readonly head: string
  readonly lines: readonly string[]
}

/** What stands on the back of a card. */
function partsOf(measured: MeasuredCard, words: Words): Part[] {
  const { card, proof } = measured
  const text = (x: Card['ask']): string => told(x, measured, words)
  const label = (code: string): string => say({ code }, words)
  return [
    { name: 'outline', head: label('cardOutline'), lines: card.outline.map((x, i) => `${i + 1}. ${text(x)}`) },
    ...sections.map((name) => ({ name, head: label(sectionLabels[name]), lines: [text(card.answer[name])] })),
    {
      name: 'followUp',
      head: label('cardNext'),
      lines: card.followUp.flatMap((next) => [text(next.ask), text(next.answer)]),
    },
    {
      name: 'proof',
      head: label('cardProof'),
      lines: [proofCommand(card), ...proof.findings.map((found) => tell(found, words))],
    },
  ]
}

/** HTML of a text; no quotation mark, tab or line break is left for the file's own format to trip over. */
const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/\s*\r?\n\s*/g, '<br>')
    .replaceAll('\t', ' ')

const tagsOf = ({ topic, lesson }: Card, lang: Lang): string =>
  ['fpsim', lang, `topic-${topic.name}`, ...(lesson === undefined ? [] : [`lesson-${lesson}`])].join(' ')

/**
 * A text file that Anki imports: tab-separated, with its header lines. Each card has a guid of its own, so that a second
 * import updates it and keeps the learning history. No #columns line: Anki would look for its fields by their names, which
 * differ from language to language; without it front and back are the first two columns that have no other use.
 */
function anki(cards: readonly MeasuredCard[], langs: readonly Lang[]): string {
  const head = ['#separator:tab', '#html:true', '#notetype:Basic', '#guid column:1', '#deck column:2', '#tags column:5']
  const rows = langs.flatMap((lang) => {
    const words = wordsOf(lang)
    return cards.map((measured) => {
      const { card } = measured
      const back = partsOf(measured, words).map(
        ({ head: title, lines }) => `<b>${html(title)}</b><br>${lines.map(html).join('<br>')}`,
      )
      const deck = `${say({ code: 'cardDeck' }, words)}::${card.topic.title[lang]}`
      const front = html(card.ask[lang])
      return [`fpsim-${card.id}-${lang}`, html(deck), front, back.join('<br><br>'), tagsOf(card, lang)].join('\t')
    })
  })
  return `${[...head, ...rows].join('\n')}\n`
}

/** One row a card and language. The mark at the beginning tells Excel that it is UTF-8. */
function csv(cards: readonly MeasuredCard[], langs: readonly Lang[]): string {
  const head = ['id', 'lang', 'topic', 'lesson', 'question', 'outline', ...sections, 'followUp', 'proof']
  const rows = langs.flatMap((lang) =>
    cards.map((measured) => {
      const { card } = measured
      const parts = partsOf(measured, wordsOf(lang)).map(({ lines }) => lines.join('\n'))
      return csvLine([card.id, lang, card.topic.title[lang], card.lesson, card.ask[lang], ...parts])
    }),
  )
  return `\uFEFF${csvLine(head)}${rows.join('')}`
}

/** Characters that Markdown would act on. */
const plain = (text: string): string => text.replace(/[\\`*_[\]<>|#~]/g, (char) => `\\${char}`)

function markdownCard(measured: MeasuredCard, lang: Lang): string {
  const { card } = measured
  const words = wordsOf(lang)
  const parts = partsOf(measured, words).map(({ name, head, lines }) => {
    if (name === 'outline')
      return [`**${head}**`, '', ...lines.map((line) => plain(line).replace('\\.', '.'))].join('\n')
    if (name === 'followUp') {
      const pairs = lines.flatMap((line, i) => (i % 2 === 0 ? [`- ${plain(line)}`] : [`  ${plain(line)}`]))
      return [`**${head}**`, '', ...pairs].join('\n')
    }
    if (name === 'proof') {
      const [command = '', ...found] = lines
      return [`**${head}** \`${command}\``, '', ...found.map((line) => `- ${plain(line)}`)].join('\n')
    }
    return `**${head}** ${plain(lines.join(' '))}`
  })
  return [`### ${plain(card.ask[lang])}`, ...parts].join('\n\n')
}

/** A document: a chapter a topic, in one language after the other. */
function markdown(cards: readonly MeasuredCard[], langs: readonly Lang[]): string {
  const parts = langs.flatMap((lang) => {
    const topics = [...new Set(cards.map(({ card }) => card.topic.name))]
    return [
      `# ${say({ code: 'cardDeck' }, wordsOf(lang))}`,
      ...topics.flatMap((name) => {
        const own = cards.filter(({ card }) => card.topic.name === name)
        return [`## ${plain(own[0]?.card.topic.title[lang] ?? name)}`, ...own.map((card) => markdownCard(card, lang))]
      }),
    ]
  })
  return `${parts.join('\n\n')}\n`
}

export const exported = (form: ExportForm, cards: readonly MeasuredCard[], langs: readonly Lang[]): string =>
  ({ anki, csv, markdown })[form](cards, langs)

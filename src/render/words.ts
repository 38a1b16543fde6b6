/** From the codes of a Result to the words of a language. */
import { FpsimError } from '../errors.js'
import type { Finding, Label, Values } from '../result/result.js'
import { type Lang, languages, type Text } from '../text/text.js'

export type Phrases = Readonly<Record<string, (values: Values) => string>>

/** What the renderers need of a language: the screen's own words, and the sentences of findings and labels. */
export interface Words {
  readonly lang: Lang
  readonly screen: Text['screen']
  readonly findings: Phrases
  readonly labels: Phrases
}

export function wordsOf(lang: Lang): Words {
  const text: { screen: Text['screen']; findings?: Phrases; labels?: Phrases } = languages[lang]
  return { lang, screen: text.screen, findings: text.findings ?? {}, labels: text.labels ?? {} }
}

function phrase(phrases: Phrases, code: string, values: Values): string {
  // hasOwn, not a plain look-up: "constructor" is no phrase.
  const write = Object.hasOwn(phrases, code) ? phrases[code] : undefined
  if (!write) throw new FpsimError('unexpected', { reason: 'no-words', code })
  return write(values)
}

/** The words of a label. */
export function say(label: Label, words: Words): string {
  if ('code' in label) return phrase(words.labels, label.code, label.values ?? {})
  return 'name' in label ? label.name : label[words.lang]
}

/** The sentence of a finding. */
export const tell = (finding: Finding, words: Words): string => phrase(words.findings, finding.code, finding.values)

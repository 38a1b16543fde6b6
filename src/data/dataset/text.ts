/** Text as numbers: a vocabulary, streams of characters for a language model, labelled sentences for a classifier. */

export interface TextDataset {
  readonly kind: 'text'
  readonly name: string
  /** The sign of each number. */
  readonly vocabulary: readonly string[]
  readonly train: Uint16Array
  readonly test: Uint16Array
}

export interface LabelledTextSplit {
  readonly count: number
  /** `length` numbers for each sentence, filled up with `padding` at the end. */
  readonly tokens: Uint16Array
  /** Of each sentence how many of its numbers are words: 1 … length. */
  readonly lengths: Uint8Array
  /** Of each sentence the index of its class. */
  readonly labels: Uint8Array
}

export interface LabelledTextDataset {
  readonly kind: 'labelled-text'
  readonly name: string
  /** The sign of each number. Number 0 fills up, number 1 stands for what the vocabulary has not. */
  readonly vocabulary: readonly string[]
  readonly length: number
  readonly classes: readonly string[]
  readonly train: LabelledTextSplit
  readonly test: LabelledTextSplit
}

/** Stands for every character or word outside a limited vocabulary; the sign that Chinese editions print for a lost one. */
export const unknown = '□'
/** Number 0 of labelled text. */
export const padding = ''

/**
 * At most `size` signs: first `before`, then the signs of a text from the most frequent on, equally frequent ones in the
 * order of their UTF-16 codes.
 */
export function vocabularyOf(signs: Iterable<string>, before: readonly string[], size: number): string[] {
  const counts = new Map<string, number>()
  for (const sign of signs) counts.set(sign, (counts.get(sign) ?? 0) + 1)
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return [...before, ...sorted.map(([sign]) => sign)].slice(0, size)
}

/** The text that numbers stand for. */
export const textOf = (vocabulary: readonly string[], tokens: Iterable<number>, between = ''): string =>
  Array.from(tokens, (token) => vocabulary[token] ?? unknown).join(between)

function numbering(vocabulary: readonly string[]): (sign: string) => number {
  const numbers = new Map(vocabulary.map((sign, i) => [sign, i]))
  const other = numbers.get(unknown) ?? 0
  return (sign) => numbers.get(sign) ?? other
}

/** Characters of two texts, the vocabulary that of the first. Without a size it holds all characters of both. */
function characters(name: string, train: string, test: string, size: number | undefined): TextDataset {
  const vocabulary =
    size === undefined ? vocabularyOf(train + test, [], Number.POSITIVE_INFINITY) : vocabularyOf(train, [unknown], size)
  const number = numbering(vocabulary)
  const stream = (text: string): Uint16Array => Uint16Array.from(Array.from(text, number))
  return { kind: 'text', name, vocabulary, train: stream(train), test: stream(test) }
}

interface Sentence {
  readonly test: boolean
  readonly label: number
  readonly words: readonly string[]
}

interface LabelledText {
  readonly name: string
  readonly classes: readonly string[]
  readonly sentences: readonly Sentence[]
  /** Longer sentences are cut. */
  readonly length: number
  readonly size: number
}

function labelled({ name, classes, sentences, length, size }: LabelledText): LabelledTextDataset {
  const train = sentences.filter((s) => !s.test)
  const vocabulary = vocabularyOf(
    train.flatMap((s) => s.words),
    [padding, unknown],
    size,
  )
  const number = numbering(vocabulary)
  const split = (chosen: readonly Sentence[]): LabelledTextSplit => {
    const tokens = new Uint16Array(chosen.length * length)
    for (const [i, { words }] of chosen.entries()) tokens.set(words.slice(0, length).map(number), i * length)
    return {
      count: chosen.length,
      tokens,
      lengths: Uint8Array.from(chosen, ({ words }) => Math.min(words.length, length)),
      labels: Uint8Array.from(chosen, ({ label }) => label),
    }
  }
  return {
    kind: 'labelled-text',
    name,
    vocabulary,
    length,
    classes,
    train: split(train),
    test: split(sentences.filter((s) => s.test)),
  }
}

/** Chapters 1 to 18 for training, 19 and 20 for testing. */
export function mobyDick(text: string, size: number | undefined): TextDataset | undefined {
  const cut = text.indexOf('CHAPTER 19.')
  return cut > 0 ? characters('moby-dick', text.slice(0, cut), text.slice(cut), size) : undefined
}

interface Poem {
  readonly part: string
  readonly verses: readonly string[]
  readonly test: boolean
}

/** The poems of a text of heads (`# chapter section title`) and verses. Every tenth is for testing. */
function poemsOf(text: string): Poem[] {
  const poems = text.trimEnd().split('\n\n')
  return poems.map((poem, i) => {
    const [head = '', ...verses] = poem.split('\n')
    return { part: head.split(' ')[1] ?? '', verses, test: i % 10 === 9 }
  })
}

/** The verses, one a line, an empty line after each poem; the titles are left out. */
export function shijing(text: string, size: number): TextDataset {
  const poems = poemsOf(text)
  const stream = (test: boolean): string =>
    poems.flatMap((poem) => (poem.test === test ? [`${poem.verses.join('\n')}\n\n`] : [])).join('')
  return characters('shijing', stream(false), stream(true), size)
}

/** The three parts of the 诗经: airs, odes, hymns. */
const parts = ['风', '雅', '颂']

/** The verses and the part each is from, a sign a character; undefined where a part is unknown. */
export function shijingParts(text: string, size: number): LabelledTextDataset | undefined {
  const sentences = poemsOf(text).flatMap(({ part, verses, test }) =>
    verses.map((verse) => ({ test, label: parts.indexOf(part.slice(-1)), words: [...verse] })),
  )
  if (sentences.some(({ label }) => label < 0)) return undefined
  return labelled({ name: 'shijing-parts', classes: ['feng', 'ya', 'song'], sentences, length: 32, size })
}

/** Sentences and who wrote them, a sign a word: small letters, numerals and punctuation left out. */
export function authors(text: string, size: number): LabelledTextDataset | undefined {
  const classes = ['melville', 'coolidge']
  const rows = text
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'))
  const sentences = rows.map(([part, author = '', sentence = '']) => ({
    test: part === 'test',
    label: classes.indexOf(author),
    words: sentence.toLowerCase().match(/[a-z]+(?:'[a-z]+)*/g) ?? [],
  }))
  if (sentences.some(({ label, words }) => label < 0 || words.length === 0)) return undefined
  return labelled({ name: 'authors', classes, sentences, length: 32, size })
}

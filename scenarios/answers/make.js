/** Samples the recorded answers under test/vectors for `fpsim verify`: node scenarios/answers/make.js */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

const here = fileURLToPath(new URL('.', import.meta.url))
const vectors = join(here, '..', '..', 'test', 'vectors')

/** Every n-th answer of each file, the format's name before each; what stands at the start of a file stays. */
function sample(folder, name, every) {
  const lines = []
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.tsv.gz')) continue
    const rows = gunzipSync(readFileSync(join(folder, file)))
      .toString('utf8')
      .trimEnd()
      .split('\n')
    const answers = rows.filter((row) => !row.startsWith('#'))
    for (const [i, row] of answers.entries()) if (i < 20 || i % every === 0) lines.push(`${file.slice(0, -7)}\t${row}`)
  }
  writeFileSync(join(here, name), gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
  console.log(name, lines.length)
}

sample(join(vectors, 'format', 'oracle'), 'rounding.tsv.gz', 8)
sample(join(vectors, 'arithmetic'), 'arithmetic.tsv.gz', 6)

/** Runs the compiled tests: `node dist/test/run.js [--deep] [part of a file name …]`. */
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const deep = process.argv.includes('--deep')
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))

// Directories fail on Node 22 and 24, globs on 20: so the files are listed here.
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js') && (deep || !file.endsWith('.deep.test.js')))
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))
  .sort()
  .map((file) => join(root, file))

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`)
  process.exitCode = 1
} else {
  run({ files, concurrency: availableParallelism() })
    .on('test:fail', () => {
      process.exitCode = 1
    })
    .compose(new spec())
    .pipe(process.stdout)
}

/** The import rules of the rooms, and what must not appear below cli/. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'
import { root } from '../support.js'

const src = join(root, 'src')

/** Which rooms a room may import from, besides itself and the files every room may import. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  format: [],
  kernel: ['format'],
  data: ['format', 'kernel'],
  tensor: ['kernel', 'format'],
  train: ['format', 'kernel', 'data', 'tensor'],
  result: ['format'],
  runner: ['format', 'kernel', 'data', 'tensor', 'train', 'result'],
  scenario: ['format', 'runner', 'result'],
  learn: ['scenario', 'runner', 'format', 'result'],
  text: [],
  render: ['result', 'text'],
  cli: ['format', 'kernel', 'data', 'tensor', 'train', 'result', 'runner', 'scenario', 'learn', 'text', 'render'],
}
const everyone = ['errors', 'suggest', 'project']

/** The one home of each outside package. */
const homes: Readonly<Record<string, readonly string[]>> = {
  yargs: ['cli/'],
  chalk: ['render/terminal/'],
  'cli-table3': ['render/terminal/'],
  asciichart: ['render/terminal/'],
  'get-east-asian-width': ['render/terminal/'],
  yaml: ['scenario/', 'learn/'],
  acorn: ['runner/calc/expression.ts'],
  // The independent FP16, where fpsim is judged.
  '@petamoriken/float16': ['runner/verify'],
  zod: ['runner/', 'scenario/', 'learn/'],
}

/** Where the file system may be touched. */
const fileReaders = ['cli/', 'data/', 'scenario/', 'learn/', 'project.ts']

interface Source {
  /** Path below src, with slashes. */
  readonly name: string
  readonly text: string
  /** The text without comments and strings: code that could run. */
  readonly code: string
  readonly imports: readonly string[]
}

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join(posix.sep))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('kernel/assembly/') && file !== 'kernel/module.ts')
  .map((name) => {
    const text = readFileSync(join(src, name), 'utf8')
    const imports = [
      ...text.matchAll(/^(?:import [^'\n]*|export [^'\n=]* from |\} from )'([^'\n]+)'/gm),
      ...text.matchAll(/\bimport\('([^']+)'\)/g),
    ].map((match) => match[1] as string)
    const code = text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '')
      .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    return { name, text, code, imports }
  })

const roomOf = (name: string): string => (name.includes('/') ? (name.split('/')[0] as string) : '')

test('there are sources to look at', () => assert.ok(sources.length > 50, `${sources.length} files`))

/** What is wrong with one import of a file, or nothing. */
function offence(name: string, wanted: string): string | undefined {
  const room = roomOf(name)
  const complaint = `${name} imports ${wanted}`
  if (wanted.startsWith('.')) {
    const target = relative(src, resolve(src, dirname(name), wanted))
      .split(sep)
      .join(posix.sep)
    const other = roomOf(target)
    if (room === '' || other === room) return undefined
    const fine = other === '' ? everyone.includes(target.replace(/\.js$/, '')) : rooms[room]?.includes(other)
    return fine ? undefined : complaint
  }
  if (wanted.startsWith('node:')) {
    const pure = ['format', 'text', 'result'].includes(room)
    const reads = wanted.startsWith('node:fs') && !fileReaders.some((home) => name.startsWith(home))
    return pure || reads ? complaint : undefined
  }
  const [first = '', second = ''] = wanted.split('/')
  const allowed = homes[first.startsWith('@') ? `${first}/${second}` : first]
  return allowed?.some((home) => name.startsWith(home)) ? undefined : complaint
}

test('every file imports only what its room may', () => {
  const offences = sources.flatMap(({ name, imports }) => imports.flatMap((wanted) => offence(name, wanted) ?? []))
  assert.deepEqual(offences, [])
})

const exactMath = ['sqrt', 'abs', 'fround', 'trunc', 'floor', 'ceil', 'round', 'min', 'max', 'imul', 'clz32']

test('below cli/ only the Math functions that are exact everywhere', () => {
  for (const { name, code } of sources)
    if (!name.startsWith('cli/'))
      for (const [, used = ''] of code.matchAll(/\bMath\.(\w+)/g))
        assert.ok(exactMath.includes(used), `${name} uses Math.${used}`)
})

test('below cli/ no ** with a variable, but for big integers', () => {
  for (const { name, code } of sources)
    if (!name.startsWith('cli/'))
      for (const [, left = '', right = ''] of code.matchAll(/(\S+)\s*\*\*\s*(\S+)/g))
        assert.ok(/^\d+$/.test(right) || /BigInt/.test(right) || /n$/.test(left), `${name}: ${left} ** ${right}`)
})

test('below cli/ no clock, no environment, no chance, no locale', () => {
  const banned =
    /\bDate\b|\bperformance\b|process\.(env|hrtime|platform|argv|stdout|stderr)|Math\.random|\bIntl\b|toLocale|localeCompare|\bcrypto\b/
  for (const { name, code } of sources) if (!name.startsWith('cli/')) assert.doesNotMatch(code, banned, name)
})

test('every file starts by saying what it gives', () => {
  for (const { name, text } of sources) assert.match(text, /^\/\*\*/, name)
})

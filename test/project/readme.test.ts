/** Every example of the READMEs runs and shows what it says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { batch } from '../cli/batch.js'
import { fpsim, type Ran, root } from '../support.js'

const update = process.env['FPSIM_UPDATE_GOLDEN'] !== undefined

/** A user's folder with the files that the examples name. */
const folder = mkdtempSync(join(tmpdir(), 'fpsim-readme-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function npy(values: readonly number[]): Buffer {
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`.padEnd(117)}\n`
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8])
  return Buffer.concat([head, Buffer.from(header, 'latin1'), Buffer.from(Float32Array.from(values).buffer)])
}

function safetensors(values: readonly number[]): Buffer {
  const header = JSON.stringify({
    'fc.weight': { dtype: 'F32', shape: [values.length], data_offsets: [0, 4 * values.length] },
  })
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, Buffer.from(header), Buffer.from(Float32Array.from(values).buffer)])
}

const values = Array.from({ length: 1000 }, (_, i) => (i % 2 ? 1 : -1) * 2 ** -(i % 40))
writeFileSync(join(folder, 'gradients.npy'), npy(values))
writeFileSync(join(folder, 'model.safetensors'), safetensors(values))
copyFileSync(join(root, 'test', 'vectors', 'logs', 'apex-healthy.log'), join(folder, 'train.log'))
writeFileSync(join(folder, 'class.csv'), 'student\n20231234\n20231235\n')
writeFileSync(
  join(folder, 'answers.csv'),
  'student,exercise,answer\n20231234,tie-to-even,3116\n20231235,tie-to-even,7\n',
)
writeFileSync(join(folder, 'my.yaml'), readFileSync(join(root, 'scenarios', 'underflow.yaml')))

/** The words of a command line, double quotes respected, comments dropped. */
const split = (line: string): string[] =>
  [...line.replace(/\s+#.*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

const argvOf = (line: string): string[] => split(line).slice(2)

const run = (line: string): Ran => fpsim(argvOf(line), { cwd: folder, input: '\n' })

interface Fence {
  readonly kind: string
  readonly text: string
}

const fences = (markdown: string): Fence[] =>
  [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({ kind, text }))

const readmes = ['README.md', 'README.zh.md'].map((file) => {
  const path = join(root, file)
  return { file, path, markdown: readFileSync(path, 'utf8') }
})

const linesOf = (markdown: string): string[] =>
  fences(markdown).flatMap(({ kind, text }) =>
    kind === 'sh' ? text.split('\n').filter((line) => line.startsWith('npx fpsim')) : [],
  )

/** What reads the keyboard wants a process of its own. */
const asks = (argv: readonly string[]): boolean => argv.some((word) => /^(--ask|learn|--quiz|--mock)$/.test(word))

/** Every other distinct command once, all in one process. A few steps show that a training's options are understood: lessons.deep trains whole. */
const lines = readmes.flatMap(({ markdown }) => linesOf(markdown))
const typed = [...new Set(lines.filter((line) => !asks(argvOf(line))).map((line) => JSON.stringify(argvOf(line))))]
const answers = batch(
  typed.map((line) => {
    const argv = JSON.parse(line) as string[]
    return argv[0]?.startsWith('train-') && !argv.includes('--steps') ? [...argv, '--steps', '2'] : argv
  }),
  { cwd: folder },
)
const answerTo = (line: string): Ran => answers[typed.indexOf(JSON.stringify(argvOf(line)))] ?? run(line)

for (const { file, path, markdown } of readmes) {
  test(`${file} opens with the two commands`, () => {
    assert.equal(fences(markdown)[0]?.text, 'npm start -- underflow --scale 65536\nnpm test\n')
  })

  for (const line of linesOf(markdown))
    test(`${file}: ${line}`, () => {
      const { code, out, err } = answerTo(line)
      assert.equal(code, 0, err)
      assert.ok(out.length > 0 || line.includes('--output'), 'something is printed')
    })

  for (const { kind, text } of fences(markdown)) {
    if (kind === 'console')
      test(`${file}: ${text.split('\n')[0]}`, () => {
        const [command = '', ...shown] = text.split('\n')
        const { code, out } = run(command.replace(/^\$ /, ''))
        assert.equal(code, 0)
        if (update) writeFileSync(path, readFileSync(path, 'utf8').replace(text, `${command}\n${out}`))
        else assert.equal(shown.join('\n'), out)
      })
    if (kind === 'js')
      test(`${file}: the library example`, () => {
        // Each "expression // value" becomes a comparison of the value's text.
        const checked = text.replace(
          /^(?!const|import)(.+?) \/\/ (.+)$/gm,
          (_, expression, value) => `check(${expression}, ${JSON.stringify(value)})`,
        )
        const library = pathToFileURL(join(root, 'dist', 'src', 'index.js')).href
        const script = `let checks = 0\nconst check = (actual, text) => { checks++; if (String(actual) !== text) throw new Error(\`\${actual} is not \${text}\`) }\n${checked.replace(/'fpsim'/, JSON.stringify(library))}\nconsole.log(checks)\n`
        const example = join(folder, 'example.mjs')
        writeFileSync(example, script)
        const { status, stdout, stderr } = spawnSync(process.execPath, [example], { encoding: 'utf8', cwd: folder })
        assert.equal(status, 0, stderr)
        assert.ok(Number(stdout) >= 5)
      })
  }
}

/** Help keeps its word: every option is explained in both languages, every example runs. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { globalOptions, kebab } from '../../src/cli/arguments.js'
import { commandNames } from '../../src/cli/command.js'
import { loadRunner, runnerNames } from '../../src/runner/index.js'
import { scenarioNames } from '../../src/scenario/load.js'
import { languages, optionWords } from '../../src/text/text.js'
import { type Ran, root } from '../support.js'
import { writeBadFiles } from './bad-files.js'
import { batch, inFolder } from './batch.js'
import { words } from './commands.js'

test('every option of a runner, and every global one, is explained in both languages', async () => {
  const runners = await Promise.all(runnerNames.map((name) => loadRunner(name)))
  const keys = [
    ...runners.flatMap((runner) => Object.keys(runner?.params ?? {}).map((key) => [key, runner?.name ?? ''] as const)),
    ...globalOptions.map(({ key }) => [key, ''] as const),
  ]
  assert.ok(keys.length > 25)
  for (const [key, runner] of keys) {
    assert.match(optionWords(languages.en, key, runner), /[a-z]/, `${runner} ${key}`)
    assert.match(optionWords(languages.zh, key, runner), /\p{Script=Han}|nearest-even/u, `${runner} ${key}`)
  }
})

const topics = [...commandNames.filter((name) => name !== 'help'), ...(await scenarioNames())]
const helps = (lang: 'en' | 'zh'): Ran[] => batch(topics.map((name) => [name, '--help', '--lang', lang]))
const byLang = { en: helps('en'), zh: helps('zh') }

describe('fpsim COMMAND --help', () => {
  topics.forEach((name, i) => {
    test(name, () => {
      const en = byLang.en[i] as Ran
      const zh = byLang.zh[i] as Ran
      for (const { code, err } of [en, zh]) assert.deepEqual([code, err], [0, ''])
      assert.match(en.out, new RegExp(`^Usage: fpsim ${name}`))
      assert.match(zh.out, new RegExp(`^用法：fpsim ${name}`))
      assert.match(zh.out, /\n示例\n {2}fpsim /)
      // The same options, examples and defaults, in other words.
      const options = (text: string): string[] => text.match(/--[a-z-]+/g) ?? []
      assert.deepEqual(new Set(options(zh.out)), new Set(options(en.out)))
      for (const { key } of globalOptions) assert.ok(en.out.includes(`--${kebab(key)}`), key)
    })
  })

  test('a name and what is said of it never touch, however long the name', () => {
    for (const { out } of [...byLang.en, ...byLang.zh])
      for (const line of out.split('\n'))
        if (line.startsWith('  --')) assert.match(line, /^ {2}--[a-z0-9-]+( [A-Z]+)?( {2,}\S|$)/, line)
  })

  test("the frameworks' own names are told beside the option they stand for", () => {
    const { out } = byLang.en[topics.indexOf('dynamic-scaling')] as Ran
    const text = out.replace(/\s+/g, ' ')
    assert.match(text, /--growth-interval N [^(]*\(default 100\) \(also --scale-window, --loss-scale-window/)
    assert.match(text, /--initial-scale-power N \(2\^N\)/)
    assert.match(text, /\(also --policy\)/)
  })

  test('help NAME, NAME -h and --help NAME are the same', () => {
    const [a, b, c, d] = batch([
      ['underflow', '--help'],
      ['help', 'underflow'],
      ['underflow', '-h'],
      ['--help', 'underflow'],
    ])
    assert.deepEqual(b, a)
    assert.deepEqual(c, a)
    assert.deepEqual(d, a)
  })
})

test('the overview names every command, in groups', () => {
  const [bare, asked, help] = batch([[], ['--help'], ['help']])
  assert.deepEqual(asked, bare)
  assert.deepEqual(help, bare)
  const shown = bare?.out ?? ''
  for (const name of topics.slice(0, commandNames.length - 1))
    assert.match(shown, new RegExp(`^.{0,12}\\b${name}\\b`, 'm'))
  assert.match(shown, /fpsim underflow --scale 65536/)
})

test('every example line of help runs', () => {
  inFolder((cwd) => {
    writeBadFiles(cwd)
    copyFileSync(join(cwd, 'good.yaml'), join(cwd, 'my.yaml'))
    copyFileSync(join(cwd, 'good.npy'), join(cwd, 'gradients.npy'))
    writeFileSync(join(cwd, 'expressions.txt'), '1 + 1\n')
    copyFileSync(join(root, 'test', 'vectors', 'logs', 'apex-healthy.log'), join(cwd, 'train.log'))
    writeFileSync(join(cwd, 'class.csv'), 'student\n2023001\n')
    mkdirSync(join(cwd, 'answers'))
    for (const name of ['answers.csv', 'answers/a.csv'])
      writeFileSync(join(cwd, name), 'student,exercise,answer\n2023001,fp16-code-of,0x25ea\n')
    mkdirSync(join(cwd, 'lessons'))
    for (const name of ['a.yaml', 'b.yaml']) copyFileSync(join(cwd, 'good.yaml'), join(cwd, 'lessons', name))
    const examples = new Set(
      [...byLang.en, ...byLang.zh].flatMap(({ out }) => {
        const [, after = ''] = out.split(/\n(?:Examples|示例)\n/)
        return after
          .trimEnd()
          .split('\n')
          .map((line) => line.trim())
      }),
    )
    assert.ok(examples.size > topics.length)
    // These take seconds: verify.test.ts and claims.test.ts run the first two, trainings.deep.test.ts those of trainings.
    for (const line of examples) if (/^fpsim (verify|claims$|train-)/.test(line)) examples.delete(line)
    const lines = [...examples].map((line) => {
      assert.match(line, /^fpsim /)
      // What a shell would make of it.
      return words(line.replace('lessons/*.yaml', 'lessons/a.yaml lessons/b.yaml')).slice(1)
    })
    batch(lines, { cwd }).forEach(({ code, err }, i) => {
      const remark = /--output/.test(lines[i]?.join(' ') ?? '') ? /^wrote .*\n$/ : /^$/
      assert.equal(code, 0, `${lines[i]?.join(' ')}: ${err}`)
      assert.match(err, remark)
    })
  })
})

test('the version, wherever it is asked for', () => {
  for (const { code, out, err } of batch([['--version'], ['-v'], ['underflow', '--version'], ['--lang', 'zh', '-v']]))
    assert.deepEqual([code, out, err], [0, 'VERSION\n', ''])
})

/** The map of lessons in scenarios/README.md: every command of course/map.yaml runs and prints what the map says. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod/mini'
import { render } from '../../src/render/render.js'
import type { Result, Values } from '../../src/result/result.js'
import { loadScenario, scenarioNames } from '../../src/scenario/load.js'
import { scenarioShape } from '../../src/scenario/scenario.js'
import { parseYaml } from '../../src/scenario/yaml.js'
import { batch, inFolder } from '../cli/batch.js'
import { words } from '../cli/commands.js'
import { root } from '../support.js'

const update = process.env['FPSIM_UPDATE_GOLDEN'] !== undefined
const folder = join(root, 'scenarios')

const text = z.string().check(z.minLength(1))
const localized = z.strictObject({ en: text, zh: text })
const shows = z._default(z.array(z.int().check(z.minimum(1))).check(z.minLength(1)), [1])
const row = z.union([
  z.strictObject({ concept: localized, run: text, shows }),
  // A command that is no lesson: what its Markdown says first.
  z.strictObject({ concept: localized, prints: text }),
])
const { documents } = z
  .strictObject({ documents: z.array(z.strictObject({ title: localized, rows: z.array(row).check(z.minLength(1)) })) })
  .parse(parseYaml(readFileSync(join(folder, 'course', 'map.yaml'), 'utf8'), 'map.yaml').value)

const commands = [...new Set(documents.flatMap(({ rows }) => rows.flatMap((r) => ('run' in r ? [r.run] : []))))]
const printers = [...new Set(documents.flatMap(({ rows }) => rows.flatMap((r) => ('prints' in r ? [r.prints] : []))))]

const head = {
  en: {
    columns: ['what is taught', 'command', 'what it prints'],
    others: 'Lessons beyond these texts',
    question: ['lesson', 'its question'],
    colon: ': ',
    comma: ', ',
  },
  zh: {
    columns: ['讲授内容', '命令', '打印的结论'],
    others: '上述材料之外的课程',
    question: ['课程', '课程的问题'],
    colon: '：',
    comma: '，',
  },
} as const
type Lang = keyof typeof head
type Head = (typeof head)[Lang]

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')

/** The findings of a screen printed as Markdown; where it has none, the rows of its first table, each cell after its head. */
function said(markdown: string, { colon, comma }: Head): string[] {
  const blocks = markdown.trim().split('\n\n').slice(1, 3)
  const findings = blocks.find((block) => block.startsWith('- '))
  if (findings !== undefined) return findings.split('\n').map((item) => item.slice(2))
  const rows = (/^\|.*(?:\n\|.*)*/m.exec(markdown)?.[0] ?? '').split('\n').map((row) => row.slice(2, -2).split(' | '))
  const [names = [], , ...values] = rows
  return values.map(
    ([name, ...cells]) => `${name}${colon}${cells.map((cell, i) => `${names[i + 1]} ${cell}`).join(comma)}`,
  )
}

/** The numbers that JSON cannot hold stand as texts in a finding's values. */
const numbers = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' && /^(-0|NaN|-?Infinity)$/.test(value) ? Number(value) : value,
    ]),
  )

/** The result of each command, run once for both languages. */
const results = new Map<string, Result>()
function runAll(): void {
  if (results.size > 0) return
  const ran = batch(commands.map((command) => [...words(command), '--json', '--quiet']))
  for (const [i, command] of commands.entries()) {
    assert.deepEqual([ran[i]?.code, ran[i]?.err], [0, ''], command)
    const result = JSON.parse(ran[i]?.out ?? '') as Result
    results.set(command, { ...result, findings: result.findings.map((f) => ({ ...f, values: numbers(f.values) })) })
  }
}

/** What each command says. */
function sayings(lang: Lang): ReadonlyMap<string, readonly string[]> {
  runAll()
  const printed = batch(printers.map((command) => [...words(command), '--markdown', '--quiet', '--lang', lang]))
  return new Map(
    [
      ...[...results].map(([command, result]) => [command, render(result, { to: 'markdown', lang })] as const),
      ...printers.map((command, i) => [command, printed[i]?.out ?? ''] as const),
    ].map(([command, markdown]) => [command, said(markdown, head[lang])]),
  )
}

/** The lessons that no row of the map runs. */
async function otherLessons() {
  const walked = new Set(commands.map((command) => words(command)[0]))
  const names = (await scenarioNames()).filter((name) => !walked.has(name))
  const lessons = await Promise.all(names.map(loadScenario))
  return lessons.sort((a, b) => a.chapter - b.chapter || (a.name < b.name ? -1 : 1))
}

async function mapOf(lang: Lang): Promise<string> {
  const { columns, others, question } = head[lang]
  const outputs = sayings(lang)
  const parts = documents.map(({ title, rows }, d) => [
    `### ${d + 1}. ${title[lang]}`,
    table(
      columns,
      rows.map((r) => {
        const [command, shown] = 'run' in r ? [r.run, r.shows] : [r.prints, [1]]
        const sentences = shown.map((n) => {
          const sentence = outputs.get(command)?.[n - 1]
          assert.ok(sentence, `${command} has no finding ${n}`)
          return sentence
        })
        return [r.concept[lang], `\`fpsim ${command}\``, sentences.join('<br>')]
      }),
    ),
  ])
  const rest = (await otherLessons()).map(({ name, ask }) => [`\`fpsim ${name}\``, ask[lang]])
  return [...parts, [`### ${others}`, table(question, rest)]].map((part) => part.join('\n\n')).join('\n\n')
}

/** What stands between the two comments that enclose the map. */
const between = /(?<=<!-- map:.*-->\n\n)[\s\S]*?(?=\n\n<!-- end of map -->)/

/** The sample lesson of a README and the commands that it is shown with; test/cli/check.test.ts has the other samples. */
function lessonOf(markdown: string) {
  const [, lesson = '', , shown = ''] = markdown.split(/^```(?:yaml|sh)?\n/m)
  return { lesson, lines: [...shown.matchAll(/^npx fpsim (.+?)(?:\s+#.*)?$/gm)].map(([, line = '']) => line) }
}

const files = { en: join(folder, 'README.md'), zh: join(folder, 'README.zh.md') } as const
const texts = { en: readFileSync(files.en, 'utf8'), zh: readFileSync(files.zh, 'utf8') } as const

for (const lang of ['en', 'zh'] as const) {
  // FPSIM_UPDATE_GOLDEN=1 writes the map anew.
  test(`${lang}: every command of the map prints what stands there`, async () => {
    const map = await mapOf(lang)
    const written = between.exec(texts[lang])?.[0]
    assert.ok(written !== undefined)
    if (update) writeFileSync(files[lang], texts[lang].replace(between, map.replaceAll('$', '$$$$')))
    else assert.deepEqual(written.split('\n'), map.split('\n'))
  })

  test(`${lang}: every key of a lesson is explained`, () => {
    for (const key of Object.keys(scenarioShape)) assert.ok(texts[lang].includes(`\`${key}\``), key)
  })
}

test('the sample lesson is sound, runs, and is the same in both languages', () => {
  const { lesson, lines } = lessonOf(texts.en)
  assert.deepEqual(lessonOf(texts.zh), { lesson, lines })
  assert.deepEqual(
    lines.map((command) => command.split(' ')[0]),
    ['check', 'run', 'run', 'schema'],
  )
  inFolder((cwd) => {
    writeFileSync(join(cwd, 'my.yaml'), lesson)
    for (const [i, { code, out, err }] of batch(lines.map(words), { cwd }).entries())
      assert.equal(code, 0, `${lines[i]}: ${out}${err}`)
    assert.equal(JSON.parse(readFileSync(join(cwd, 'lesson.schema.json'), 'utf8')).type, 'object')
  })
})

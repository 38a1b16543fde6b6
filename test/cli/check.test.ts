/** `fpsim check` of all that is no lesson: told by the key, in files and folders, and the examples of scenarios/README. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Ran, root } from '../support.js'
import { batch, inFolder } from './batch.js'

const cost = readFileSync(join(root, 'scenarios', 'claims', 'cost.yaml'), 'utf8')
const changed = (from: RegExp, to: string): string => {
  assert.match(cost, from)
  return cost.replace(from, to)
}

const claim = (id: string, rule: string): string => `  - id: ${id}
    statement: { en: a, zh: 甲 }
    from: forum
    runs: [{ scenario: memory }]
    measured: { en: "{saved}", zh: "{saved}" }
    truth: { en: b, zh: 乙 }
    verdict: ${rule}
`

const exercise = (id: string, number: string, ask: string): string => `  - id: ${id}
    lesson: rounding
    title: { en: a, zh: 甲 }
    ask: { en: "{x}?", zh: "${ask}？" }
    draw: { x: { from: [3, 5, 7, 9] } }
    runs: [{ scenario: calc, params: { expression: "{x} / 2" } }]
    ${number}
    hints: [{ en: Divide., zh: 相除。 }]
    solution: { en: "{answer}.", zh: "{answer}。" }
    wrong: [banana]
`

/** The examples of lists in a document. */
const blocks = (file: string): string[] =>
  [...readFileSync(join(root, 'scenarios', file), 'utf8').matchAll(/```yaml\n(title:[\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  )

const [sound, wrongName, undecided, twice, folder, json, zh, empty, examples, all] = inFolder((cwd) => {
  const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text)
  write('sound.yaml', cost)
  write('name.yaml', changed(/saved: \{ below/, 'savd: { below'))
  write('open.yaml', changed(/saved: \{ below: [\d.]+ \}/, 'saved: { below: -1 }'))
  const head = 'title: { en: a, zh: 甲 }\n'
  write(
    'claims.yaml',
    `${head}claims:\n${claim('named', '{ true: { savd: { above: 0 } }, false: { saved: { below: 0 } } }')}${claim('none', '{ true: { saved: { above: 2 } }, false: { saved: { below: 0 } } }')}${claim('two', '{ true: { saved: { above: 0 } }, false: { saved: { below: bytesFp32 } } }')}`,
  )
  write(
    'exercises.yaml',
    `${head}exercises:\n${exercise('formless', 'level: core', '{x}')}${exercise('slotless', 'number: { metric: value }', '多少')}`,
  )
  for (const name of ['own', 'own/claims', 'empty']) mkdirSync(join(cwd, name))
  write('own/a.yaml', cost)
  write('own/claims/b.yaml', cost)
  for (const [i, text] of blocks('README.md').entries()) write(`${i}.yaml`, text)
  return batch(
    [
      ['check', 'sound.yaml'],
      ['check', 'name.yaml', 'absent.yaml'],
      ['check', 'open.yaml'],
      ['check', 'sound.yaml', 'sound.yaml'],
      ['check', '--from', 'own'],
      ['check', 'name.yaml', '--json'],
      ['check', 'name.yaml', '--lang', 'zh'],
      ['check', '--from', 'empty'],
      ['check', '0.yaml', '1.yaml'],
      ['check', 'claims.yaml', 'exercises.yaml'],
    ],
    { cwd },
  )
}) as [Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran]

test('a sound file of claims', () => {
  assert.deepEqual(sound, { code: 0, out: 'sound.yaml: sound, 4 entries\n', err: '' })
  assert.match(twice.out, /2 checked, all sound\n$/)
})

test('what is wrong stands with its place; other files are judged all the same', () => {
  assert.equal(wrongName.code, 66)
  assert.match(wrongName.out, /^name\.yaml:\d+:\d+ unknown "savd"; did you mean saved\?\nabsent\.yaml: no such file/)
  assert.match(wrongName.out, /2 checked, 2 with problems\n$/)
  assert.match(zh.out, /^name\.yaml:\d+:\d+ .*savd/)
  const { files } = JSON.parse(json.out) as { files: { kind: string; sound: boolean; entries: number }[] }
  assert.deepEqual(
    files.map(({ kind, sound: isSound, entries }) => [kind, isSound, entries]),
    [['claims', false, 4]],
  )
})

test('a claim that its rules do not decide', () => {
  assert.equal(undecided.code, 65)
  assert.match(undecided.out, /^open\.yaml:\d+:\d+ .*none of the rules of "half-the-memory" holds: saved = 0\.\d+/)
})

test('everything that is wrong is told at once, whatever of it is found first', () => {
  const lines = all.out.split('\n')
  const wanted = [
    /^claims\.yaml:\d+:\d+ unknown "savd"; did you mean saved\?/,
    /^claims\.yaml:\d+:\d+ .*none of the rules of "none" holds: saved = 0\.\d+\.$/,
    /^claims\.yaml:\d+:\d+ .*more than one rule of "two" holds \((true, false|false, true)\): .*saved = 0\.\d+/,
    /^exercises\.yaml:\d+:\d+ .*formless: it needs exactly one of/,
    /^exercises\.yaml:\d+:\d+ .*slotless: the slots of the two languages differ: English has x, Chinese none\.$/,
    /^exercises\.yaml:\d+:\d+ .*slotless: with seed "1" the wrong answer banana cannot be read as one\.$/,
    /^2 checked, 2 with problems$/,
    /^$/,
  ]
  assert.equal(lines.length, wanted.length, all.out)
  for (const [i, line] of lines.entries()) assert.match(line, wanted[i] as RegExp)
})

test('a folder of one kind is judged together, the folders in it too', () => {
  assert.equal(folder.code, 65)
  assert.match(
    folder.out,
    /b\.yaml:\d+:\d+ claims\.0\.id: it is given more than once: a: sixteen-times, b: sixteen-times/,
  )
  assert.equal(empty.code, 66)
})

test('the examples of scenarios/README are sound, the same in both languages', () => {
  const [en, zhExamples] = ['README.md', 'README.zh.md'].map(blocks)
  assert.equal(en?.length, 2)
  assert.deepEqual(zhExamples, en)
  assert.deepEqual([examples.code, examples.err], [0, ''])
  assert.match(examples.out, /^0\.yaml: sound, 1 entry\n1\.yaml: sound, 1 entry\n2 checked, all sound\n$/)
})

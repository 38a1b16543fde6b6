/** `fpsim exercise` and `fpsim grade`: pages, answers and exit codes, sheets, files of a class in any encoding. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { variantOf } from '../../src/learn/exercise/draw.js'
import { type Exercise, loadExercises } from '../../src/learn/exercise.js'
import type { Ran } from '../support.js'
import { batch, inFolder } from './batch.js'

/** fp16(0.0231) by NumPy: numpy.float16(0.0231).view(numpy.uint16). */
const right = '0x25ea'
const seeded = ['--seed', '2023001']

describe('fpsim exercise', () => {
  const lines = [
    ['exercise'],
    ['exercise', '--lang', 'zh', '--width', '60', '--charset', 'ascii'],
    ['exercise', '2'],
    ['exercise', 'underflow', '--json'],
    ['exercise', 'show', 'fp16-code-of', ...seeded],
    ['exercise', 'fp16-code-of', '--seed', ' ２０２３００１ '],
    ['exercise', 'show', 'fate-of-a-gradient', '--lang', 'zh', '--json'],
    ['exercise', 'hint', 'fp16-code-of', '--level', '2', '--csv', ...seeded],
    ['exercise', 'solution', 'fp16-code-of', ...seeded, '--lang', 'zh'],
    ['exercise', '--markdown'],
  ]
  const ran = batch(lines)
  const out = (i: number): string => (ran[i] as Ran).out
  test('every page is written, within its width', () => {
    for (const [i, { code, err }] of ran.entries()) assert.deepEqual([code, err], [0, ''], lines[i]?.join(' '))
    for (const i of [0, 2, 4, 8]) for (const line of out(i).split('\n')) assert.ok([...line].length <= 80, line)
    assert.doesNotMatch(out(1), /[^\n -~\p{Script=Han}，。；：、（）？…“”]/u)
  })

  test('the list has every exercise, a chapter its own', () => {
    assert.match(out(0), /^1 Numbers .*fp16-code-of/m)
    assert.match(out(0), /^2 What breaks/m)
    assert.match(out(2), /^share-that-vanishes +underflow +guess/m)
    assert.doesNotMatch(out(2), /fp16-code-of/)
    const { exercises } = JSON.parse(out(3)) as { exercises: { id: string; chapter: number; kind: string }[] }
    assert.deepEqual(
      exercises.map(({ id, chapter, kind }) => [id, chapter, kind]),
      [
        ['fate-of-a-gradient', 2, 'choice'],
        ['share-that-vanishes', 2, 'predict'],
      ],
    )
  })

  test('a student number in any form draws the same numbers', () => {
    assert.match(out(4), /0\.0231/)
    assert.equal(out(5), out(4))
  })

  test('choices, hints and solutions are told with their numbers', () => {
    const shown = JSON.parse(out(6)) as { ask: string; items: { mark: string; text: string }[]; drawn: { g: unknown } }
    assert.ok(shown.ask.includes(String(shown.drawn.g)))
    assert.deepEqual(
      shown.items.map(({ mark }) => mark),
      ['A', 'B', 'C', 'D'],
    )
    assert.match(out(7), /^exercise,lesson,kind,seed,level,hint\nfp16-code-of,number-line,code,2023001,2,/)
    assert.match(out(7), /e = -6/)
    assert.match(out(8), new RegExp(`✓ 答案是 ${right}\n`))
    assert.match(out(8), /验证：fpsim inspect 0\.0231 --format fp16/)
    for (const text of ran.map((one) => one.out)) assert.doesNotMatch(text, /undefined|\{\w+(:%)?\}|NaN/)
  })
})

describe('fpsim exercise answer', () => {
  const answers: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['fp16-code-of', right, ...seeded], 0, /✓ Right: 0x25ea/],
    [['fp16-code-of', '０ｘ２５ＥＡ', ...seeded], 0, /✓ Right/],
    [['fp16-code-of', '0 01001 0111101010', ...seeded], 0, /✓ Right/],
    [['fp16-code-of', '9706', ...seeded], 0, /✓ Right/],
    [['fp16-code-of', '0x25eb', ...seeded], 1, /Partly right, 50 % [\s\S]*sign right, exponent right, fraction wrong/],
    [['fp16-code-of', '0x0000', ...seeded], 1, /✗ Not right/],
    [['fp16-code-of', '0x25eb', '--lang', 'zh', ...seeded], 1, /部分正确，得 50 % 的分[\s\S]*尾数错/],
    [['fp16-code-of', 'banana', ...seeded], 2, /cannot be read/],
    [['share-that-vanishes', '3.3 %'], 1, /You said 3\.3 %, it is /],
    [
      ['order-of-a-step', 'zero_grad', 'forward', 'scale', 'backward', 'unscale', 'clip', 'step', 'update'],
      0,
      /✓ Right/,
    ],
    [['order-of-a-step', 'zero_grad forward scale backward clip unscale step update'], 1, /at call 5, clip/],
  ]
  const ran = batch([
    ...answers.map(([argv]) => ['exercise', 'answer', ...argv]),
    ['exercise', 'answer', 'fp16-code-of', '0x25eb', '--json', ...seeded],
    ['exercise', 'answer', 'fp16-code-of', right, '--json', ...seeded],
  ])
  answers.forEach(([argv, code, said], i) => {
    test(`${argv.join(' ')}: ${code}`, () => {
      const one = ran[i] as Ran
      assert.deepEqual([one.code, one.err], [code, ''])
      assert.match(one.out, said)
    })
  })

  test('is JSON where it is asked for', () => {
    const [wrong, fine] = ran.slice(answers.length) as [Ran, Ran]
    const { mark, score, read, seed, truth } = JSON.parse(wrong.out) as Record<string, unknown>
    assert.deepEqual([mark, score, read, seed, truth], ['partly', 0.5, '0x25eb', '2023001', undefined])
    assert.equal((JSON.parse(fine.out) as Record<string, unknown>)['truth'], 0x25ea)
  })

  test('is remembered, and the list shows it', () => {
    inFolder((folder) => {
      const [, list] = batch([['exercise', 'answer', 'fp16-code-of', right, ...seeded], ['exercise']], {
        env: { FPSIM_STATE: folder },
      }) as [Ran, Ran]
      assert.match(list.out, /fp16-code-of✓/)
      assert.match(list.out, /, 1 solved/)
    })
  })
})

test('what is no exercise is refused with what is meant', () => {
  const lines: readonly (readonly [readonly string[], RegExp])[] = [
    [['exercise', 'fp16-code-off'], /did you mean fp16-code-of\?/],
    [['exercise', 'shwo'], /did you mean show\?/],
    [['exercise', 'show'], /needs ID/],
    [['exercise', 'answer', 'fp16-code-of'], /needs VALUE/],
    [['exercise', 'show', 'underflow'], /fate-of-a-gradient, share-that-vanishes/],
    [['exercise', 'hint', 'fp16-code-of', '--level', '3'], /must be 2 or less/],
    [['exercise', 'fp16-code-of', 'more'], /unexpected "more"/],
    [['exercise', 'sheet'], /needs ID/],
    [['exercise', '--from', '/nowhere'], /no such file/],
    [['grade'], /needs FILE/],
    [['grade', '/nowhere.csv'], /no such file/],
  ]
  batch(lines.map(([argv]) => argv)).forEach(({ code, out, err }, i) => {
    assert.ok(code === 2 || code === 66, `${lines[i]?.[0].join(' ')}: ${code}`)
    assert.equal(out, '')
    assert.match(err, lines[i]?.[1] as RegExp)
  })
})

describe('a week of a class in three commands', () => {
  test('sheets and a file for the answers, filled in and graded', () => {
    inFolder((cwd) => {
      writeFileSync(join(cwd, 'class.csv'), '学号,姓名\r\n2023001,张三\r\n2023002,李四\r\n')
      const [set, again] = batch(
        [
          [
            'exercise',
            'sheet',
            'fp16-code-of',
            'underflow',
            '--class',
            'class.csv',
            '--output',
            'sheet.md',
            '--answers',
            'answers.csv',
            '--lang',
            'zh',
            '--quiet',
          ],
          ['exercise', 'sheet', '1', '--class', 'class.csv', '--answers', 'answers.csv'],
        ],
        { cwd },
      ) as [Ran, Ran]
      assert.deepEqual([set.code, set.err, set.out], [0, '', ''])
      const sheet = readFileSync(join(cwd, 'sheet.md'), 'utf8')
      assert.match(sheet, /^# 2 名学生的练习\n/)
      assert.equal(sheet.match(/^## 学号 /gm)?.length, 2)
      assert.equal(sheet.match(/^### /gm)?.length, 6)
      assert.ok(sheet.includes('FP16 把 0.0231 舍入'))
      // A file of answers is never overwritten.
      assert.equal(again.code, 65)
      assert.match(again.err, /answers\.csv: it exists/)
      const template = readFileSync(join(cwd, 'answers.csv'), 'utf8')
      assert.match(template, /^\ufeff学号,题号,题目,答案\n2023001,fp16-code-of,/)
      const filled = template.replace(/^(2023001,fp16-code-of,.*),$/m, `$1,${right}`)
      writeFileSync(join(cwd, 'answers.csv'), filled)
      const [marks, json] = batch(
        [
          ['grade', 'answers.csv', '--csv'],
          ['grade', 'answers.csv', '--json'],
        ],
        { cwd },
      ) as [Ran, Ran]
      assert.deepEqual([marks.code, marks.err], [0, ''])
      assert.equal(
        marks.out,
        '\ufeffstudent,fp16-code-of,fate-of-a-gradient,share-that-vanishes,points,of,share\n2023001,1,0,0,1,3,0.3333\n2023002,0,0,0,0,3,0\n',
      )
      const book = JSON.parse(json.out) as { byStudent: { name: string; points: number; blank: number }[] }
      assert.deepEqual(
        book.byStudent.map(({ name, points, blank }) => [name, points, blank]),
        [
          ['2023001', 1, 2],
          ['2023002', 0, 3],
        ],
      )
    })
  })

  test('GB18030, UTF-16, semicolons, tabs and a folder of files give the same marks', () => {
    inFolder((cwd) => {
      const text = `学号,题号,答案\r\n2023001,fp16-code-of,${right}\r\n２０２３００２,fp16-code-of,"0 01001 0111101010"\r\n`
      // 学号 题号 答案 in GB18030, by Python's codec.
      const gb = Buffer.concat([
        Buffer.from('d1a7bac52ccce2bac52cb4f0b0b80d0a', 'hex'),
        Buffer.from(`2023001,fp16-code-of,${right}\r\n`, 'latin1'),
        // ２０２３００２
        Buffer.from('a3b2a3b0a3b2a3b3a3b0a3b0a3b2', 'hex'),
        Buffer.from(',fp16-code-of,"0 01001 0111101010"\r\n', 'latin1'),
      ])
      const files: Record<string, Buffer | string> = {
        'utf8.csv': text,
        'bom.csv': `\ufeff${text}`,
        'gb.csv': gb,
        'utf16.csv': Buffer.from(`\ufeff${text}`, 'utf16le'),
        'semicolon.csv': text.replaceAll(',', ';'),
        'sep.csv': `sep=;\r\n${text.replaceAll(',', ';')}`,
        'tab.tsv': text.replaceAll(',', '\t'),
        'wide.csv': text.replaceAll(',', '，'),
        'english.csv': text.replace('学号,题号,答案', 'Student,Exercise,Answer'),
        'bare.csv': text.slice(text.indexOf('\n') + 1),
        'seeds.csv': `student,exercise,answer,seed\nx,fp16-code-of,${right},2023001\n`,
        'list.yaml': `answers:\n  - { student: 2023001, exercise: fp16-code-of, answer: 0x25ea }\n  - { 学号: "2023002", 题号: fp16-code-of, 答案: 0 01001 0111101010 }\n`,
      }
      mkdirSync(join(cwd, 'week'))
      for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, 'week', name), content)
      const names = Object.keys(files)
      const ran = batch([...names.map((name) => ['grade', `week/${name}`, '--json']), ['grade', 'week', '--json']], {
        cwd,
      })
      const all = ran.pop() as Ran
      ran.forEach(({ code, out, err }, i) => {
        assert.deepEqual([code, err], [0, ''], names[i])
        const { byStudent } = JSON.parse(out) as { byStudent: { name: string; points: number }[] }
        const points = byStudent.map((one) => one.points)
        assert.deepEqual(points, names[i] === 'seeds.csv' ? [1] : [1, 0], names[i])
      })
      const { students, problems } = JSON.parse(all.out) as { students: number; problems: { problem: string }[] }
      assert.equal(students, 3)
      assert.ok(problems.every(({ problem }) => problem === 'again'))
    })
  })

  test('malformed rows are told with file and line, the others graded, no formula let through', () => {
    inFolder((cwd) => {
      const rows = [
        'student,exercise,answer',
        `2023001,fp16-code-of,${right}`,
        '2.02E+12,fp16-code-of,0x0001',
        'x,fp16-cod-of,0x0001',
        ',fp16-code-of,7',
        'y',
        '"z,fp16-code-of,7',
        '"=cmd|\' /C calc\'!A0",fp16-code-of,"=1+1"',
        '+861012345678,fp16-code-of,0x0001',
        `a,fp16-code-of,${right},too,many`,
        'w,fp16-code-of,0x0001',
        'w,fp16-code-of,0x0002',
        'w,fp16-code-of,',
      ]
      writeFileSync(join(cwd, 'a.csv'), rows.join('\n'))
      writeFileSync(join(cwd, 'picture.csv'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]))
      const [csv, details, one, picture] = batch(
        [
          ['grade', 'a.csv', '--csv'],
          ['grade', 'a.csv', '--csv', '--details'],
          ['grade', 'a.csv', 'picture.csv', '--lang', 'zh'],
          ['grade', 'picture.csv'],
        ],
        { cwd },
      ) as [Ran, Ran, Ran, Ran]
      assert.equal(csv.code, 65)
      assert.deepEqual(
        csv.err
          .trimEnd()
          .split('\n')
          .map((line) => line.split(' ')[0]),
        ['a.csv:3', 'a.csv:4', 'a.csv:5', 'a.csv:6', 'a.csv:7', 'a.csv:10', 'a.csv:12'],
      )
      assert.match(csv.err, /a\.csv:4 .*did you mean fp16-code-of\?/)
      assert.match(csv.err, /a\.csv:3 .*spreadsheet/)
      assert.match(csv.out, /\n2023001,1,1,1,1\n'=cmd/)
      assert.match(csv.out, /\n\+861012345678,0,/)
      for (const line of csv.out.split('\n')) assert.doesNotMatch(line, /^[=@-]/)
      assert.match(details.out, /\na\.csv,8,'=cmd\|' \/C calc'!A0,fp16-code-of,'=cmd\|' \/C calc'!A0,'=1\+1,/)
      assert.match(details.out, /\na\.csv,12,w,fp16-code-of,w,0x0002,/)
      assert.equal(one.code, 65)
      assert.match(one.err, /picture\.csv：/)
      assert.match(one.out, /名学生对 1 道题/)
      assert.deepEqual([picture.code, picture.out], [65, ''])
      assert.match(picture.err, /neither UTF-8 nor GB18030/)
    })
  })

  test("a teacher's own folder", async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'fpsim-mine-'))
    try {
      mkdirSync(join(cwd, 'mine'))
      mkdirSync(join(cwd, 'empty'))
      const yaml = `title: { en: Mine, zh: 我的 }
exercises:
  - id: half-of
    lesson: rounding
    title: { en: Half, zh: 一半 }
    ask: { en: "Half of {x} in FP16?", zh: "{x} 的一半是多少？" }
    draw: { x: { between: [10, 90], step: 2 } }
    runs: [{ scenario: calc, params: { expression: "{x} / 2" } }]
    number: { metric: value }
    hints: [{ en: Divide., zh: 除以 2。 }]
    solution: { en: "{answer}.", zh: "{answer}。" }
    wrong: [0]
`
      writeFileSync(join(cwd, 'mine', 'a.yaml'), yaml)
      writeFileSync(join(cwd, 'bad.csv'), 'student,exercise,answer\n1,fp16-code-of,0\n')
      const [mine] = await loadExercises(join(cwd, 'mine'))
      const x = Number(variantOf(mine as Exercise, 'a').drawn['x'])
      const [list, shown, answer, foreign, posed, judged, own, empty, sheet] = batch(
        [
          ['exercise', '--from', 'mine', '--csv'],
          ['exercise', 'show', 'half-of', '--from', 'mine', '--json', '--seed', 'a'],
          ['exercise', 'answer', 'half-of', String(x / 2), '--from', 'mine', '--seed', 'a'],
          ['grade', 'bad.csv', '--from', 'mine'],
          ['exercise', 'half-of', '--from', 'mine', '--seed', "a'b", '--width', '200'],
          ['exercise', 'answer', 'half-of', '0', '--from', 'mine', '--seed', '😀', '--width', '200'],
          ['exercise', '--from', 'mine', '--width', '200'],
          ['exercise', '--from', 'empty'],
          ['exercise', 'sheet', 'half-of', '--from', 'mine', '--seed', '张三'],
        ],
        { cwd },
      ) as [Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran]
      // Every command that is printed is about the same numbers of the same folder.
      assert.match(posed.out, /fpsim exercise answer half-of VALUE --seed "a'b" --from mine /)
      assert.match(posed.out, /fpsim exercise hint half-of --seed "a'b" --from mine\n/)
      assert.match(posed.out, /fpsim exercise rounding --from mine/)
      assert.ok(judged.out.includes("fpsim exercise hint half-of --seed $'\\U0001f600' --from mine"), judged.out)
      assert.match(own.out, /^. 1 exercise;/)
      assert.match(own.out, /fpsim exercise show ID --from mine/)
      assert.match(sheet.out, /fpsim exercise answer ID VALUE --seed 张三 --from mine`/)
      assert.equal(empty.code, 66)
      assert.match(empty.err, /empty\/\*\.yaml: no such file/)
      assert.match(list.out, /\nhalf-of,1,rounding,number,Half,\n$/)
      assert.deepEqual((JSON.parse(shown.out) as { drawn: unknown }).drawn, { x })
      assert.equal(answer.code, 0)
      assert.equal(foreign.code, 65)
      assert.match(foreign.err, /bad\.csv:2 there is no exercise "fp16-code-of"/)
    } finally {
      rmSync(cwd, { recursive: true, force: true })
    }
  })
})

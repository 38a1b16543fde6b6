/** fpsim learn: with answers on standard input, without any, at a terminal. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Progress } from '../../src/learn/progress.js'
import type { Ran } from '../support.js'
import { batch, inFolder } from './batch.js'

const stored = (folder: string): Progress => JSON.parse(readFileSync(join(folder, 'progress.json'), 'utf8')) as Progress

/** Text on one line, as it was before it was wrapped. */
const flat = (text: string): string => text.replace(/\s+/g, ' ')

const inOrder = (text: string, parts: readonly (string | RegExp)[]): void => {
  let rest = flat(text)
  for (const part of parts) {
    const at = typeof part === 'string' ? rest.indexOf(part) : rest.search(part)
    assert.ok(at >= 0, `${part} in ${rest}`)
    rest = rest.slice(at + 1)
  }
}

/** A lesson file of a teacher, named like a shipped lesson. */
const ownLesson = `runner: rounding
chapter: 1
title: { en: Mine, zh: 我的 }
ask: { en: Does it work?, zh: 行吗？ }
predict: { ask: { en: 2048 + 1?, zh: 2048 + 1？ }, metric: sum, why: { en: "It is {sum}.", zh: "是 {sum}。" } }
`

/** Conversations: a folder for the progress, a command line, what is typed. */
const conversations = {
  whole: ['a', ['learn', 'underflow'], ['10 %', '?', '2^10', '５５．１％', 's', 'q']],
  leave: ['b', ['learn'], ['15', 'q']],
  resume: ['b', ['learn', '--lang', 'zh'], ['１６', '2,048', '', '2048', '退出']],
  cut: ['c', ['learn', 'rounding'], ['\uFEFF2049']],
  noNumbers: ['d', ['learn', 'rounding'], ['many\u001b[2J', '?', '', '1e', '', 'q']],
  own: ['e', ['learn', 'FOLDER/rounding.yaml'], ['2048', 'q']],
  nowhere: ['file', ['learn', 'rounding'], ['2048', '2048', 'q']],
  jump: ['f', ['learn', '1'], ['s', 'subnormals', 'q']],
} as const satisfies Record<string, readonly [string, readonly string[], readonly string[]]>

type Talked = Ran & { readonly kept: Progress | undefined }

/** All of them in one process; what was said, and what the progress file held at the end. */
const talked = inFolder((folder) => {
  writeFileSync(join(folder, 'rounding.yaml'), ownLesson)
  writeFileSync(join(folder, 'file'), '')
  const all = Object.entries(conversations)
  const ran = batch(
    all.map(([, [state, argv, typed]]) => ({
      argv: argv.map((word) => word.replace('FOLDER', folder)),
      input: typed.map((line) => `${line}\n`).join(''),
      env: { FPSIM_STATE: join(folder, state) },
    })),
  )
  const found = all.map(([name, [state]], i): [string, Talked] => {
    const file = join(folder, state, 'progress.json')
    return [name, { ...(ran[i] as Ran), kept: existsSync(file) ? stored(join(folder, state)) : undefined }]
  })
  return Object.fromEntries(found) as Record<keyof typeof conversations, Talked>
})

describe('answers through a pipe', () => {
  test('all end well, without a word on stderr', () => {
    for (const [name, { code, err }] of Object.entries(talked))
      if (name !== 'nowhere') assert.deepEqual([code, err], [0, ''], name)
  })

  test('guess, run, verdict, why, hint, answers, next, leave; and what is kept', () => {
    const { out, kept } = talked.whole
    inOrder(out, [
      'What breaks, lesson 1 of 5',
      'Gradients that vanish in FP16',
      'What share becomes 0 in FP16?',
      'Your guess: 10 %',
      'one column = one power of two',
      'You said 10 %, it is 3.25 %. The right order of magnitude: 3.1 times too large.',
      "FP16's smallest positive value is 2^-24.",
      'Question 1 of 2.',
      'Its number is on the screen above: which one is it?',
      'Your answer: ?',
      'Hint: Each doubling moves',
      'Your answer: 2^10',
      '2^10 is too small. It is 2^11.',
      'Question 2 of 2.',
      'Right, it is 55.1 %.',
      'This lesson is done, 1 of 2 questions right. Lessons done: 1 of ',
      'Next: overflow.',
      'Enter goes on, s skips it, q leaves: s',
      'Next: lost-updates.',
      'Lessons done: 1 of ',
      'fpsim learn goes on with overflow.',
    ])
    assert.equal(kept?.last, 'underflow')
    assert.deepEqual(Object.keys(kept?.lessons ?? {}), ['underflow'])
    const { state, guessError, right, all } = kept?.lessons['underflow'] ?? { state: 'begun' }
    assert.deepEqual([state, right, all], ['done', 1, 2])
    // The share is known from the recording itself: see the lesson's own tests.
    assert.ok(Math.abs((guessError ?? 9) - (1 - 0.032544994204454586 / 0.1)) < 1e-12)
  })

  test('goes on where it was left, from lesson to lesson, in Chinese too', () => {
    inOrder(talked.leave.out, ['All the numbers there are', 'Your guess: 15', 'Exactly right.', 'Your answer: q'])
    inOrder(talked.resume.out, [
      '数的表示，第 1 课，共 4 课',
      '你的猜测：１６',
      '你猜 16，实际是 15。不对：相差 1，这里必须完全准确。',
      '第 1 题，共 1 题。',
      '正确，是 2048。',
      '本课完成，1 题答对 1 题。',
      '下一课：rounding。',
      '数的表示，第 2 课',
      '你猜 2048，实际是 2048。完全正确。',
      '你的答案：退出',
      'fpsim learn 将从 rounding 继续。',
    ])
    assert.deepEqual(talked.resume.kept, {
      version: 1,
      last: 'rounding',
      lessons: {
        'number-line': { state: 'done', guessError: 0, right: 1, all: 1 },
        rounding: { state: 'begun', guessError: 0 },
      },
      exercises: {},
      cards: {},
    })
  })

  test('a chapter; a lesson that is skipped, one that is named', () => {
    const { out, kept } = talked.jump
    inOrder(out, ['All the numbers', 'Your guess: s', 'Next: rounding.', 'q leaves: subnormals', 'lesson 3 of 4'])
    assert.equal(kept, undefined)
  })

  test('an end of input in the middle: the rest is printed, the lesson stays begun', () => {
    const { out, kept } = talked.cut
    inOrder(out, ['Your guess: 2049', 'Not it', 'Question 1 of 1.', 'fpsim learn rounding asks where it can'])
    assert.doesNotMatch(out, /It is 2048|Right/)
    assert.equal(kept?.lessons['rounding']?.state, 'begun')
  })

  test('what is no number is asked for again; an empty line shows the answer', () => {
    const { out, kept } = talked.noNumbers
    inOrder(out, [
      'is not a number. 65536, 2^-24',
      'There is no hint for a guess',
      'Question 1 of 1.',
      '"1e" is not a number.',
      'It is 2048.',
      '0 of 1 question right',
    ])
    assert.doesNotMatch(out, /You said/)
    assert.deepEqual(kept?.lessons['rounding'], { state: 'done', right: 0, all: 1 })
  })

  test("a teacher's own lesson is walked and leaves no progress; the course follows it", () => {
    const { out, kept } = talked.own
    inOrder(out, ['a lesson of your own', 'Mine', 'Exactly right.', 'It is 2048.', 'Next: number-line.'])
    assert.equal(kept, undefined)
  })

  test('where it cannot be kept the lesson goes on, with one warning', () => {
    const { code, out, err } = talked.nowhere
    assert.equal(code, 0)
    assert.match(flat(out), /Lessons done: 1 of/)
    assert.match(err, /^cannot write [^\n]*not kept[^\n]*\n$/)
  })

  test('escape codes that were typed are not obeyed', () => {
    for (const { out } of Object.values(talked)) assert.ok(!out.includes('\u001b'))
  })
})

describe('nobody answers', () => {
  const widths = ['40', '60', '80']
  const { printed, file, left } = inFolder((folder) => {
    const state = join(folder, 'state')
    const saved = join(folder, 'lesson.txt')
    const lines = [
      ['learn'],
      ['learn'],
      ['learn', 'rounding', '--lang', 'zh'],
      ['learn', 'rounding', '--output', saved],
      ['learn', 'underflow', '--charset', 'ascii'],
      ['learn', '9'],
      ...widths.flatMap((width) => [
        ['learn', 'rounding', '--width', width],
        ['learn', '--help', '--width', width],
      ]),
    ]
    const ran = batch(lines, { env: { FPSIM_STATE: state } })
    return { printed: ran, file: readFileSync(saved, 'utf8'), left: existsSync(state) }
  })
  const [first, again, named, saved, ascii, ninth, ...narrow] = printed as [Ran, Ran, Ran, Ran, Ran, Ran, ...Ran[]]

  test('the lesson is printed with its questions, without answers; nothing is kept; a file takes it too', () => {
    for (const { code } of printed) assert.equal(code, 0)
    assert.equal(first.err, '')
    assert.deepEqual(again, first)
    inOrder(first.out, ['All the numbers there are', 'Question 1 of 1.', 'fpsim learn number-line asks where it can'])
    assert.doesNotMatch(first.out, /Your guess|It is 2048/)
    inOrder(named.out, ['舍入做了什么', '第 1 题，共 1 题。', '在终端中运行 fpsim learn rounding'])
    assert.equal(saved.out, '')
    assert.match(file, /Question 1 of 1\./)
    assert.ok(!left)
  })

  test('a chapter of nothing but advanced lessons is walked where it is asked for', () =>
    inOrder(ninth.out, [/^9 Beyond FP16, lesson 1 of \d/, 'asks where it can']))

  test('no line is wider than the screen', () => {
    narrow.forEach(({ out }, i) => {
      const width = Number(widths[Math.floor(i / 2)])
      for (const line of out.split('\n')) assert.ok(line.length <= width || !/\s/.test(line.trim()), line)
    })
  })

  test('ASCII where that is asked for', () => assert.match(ascii.out, /^[\n -~]+$/))
})

interface Sheet {
  readonly name: string
  readonly predict: { readonly metric: string; readonly answer: number }
  readonly quiz: readonly { readonly metric: string; readonly answer: number; readonly ask: { readonly zh: string } }[]
  readonly metrics: Readonly<Record<string, number>>
  readonly progress: unknown
}

describe('for programs', () => {
  const wrong: readonly [readonly string[], RegExp][] = [
    [['0'], /^invalid CHAPTER: "0" is not one of 1, 2, /],
    [['10'], /^invalid CHAPTER/],
    [['underflw'], /did you mean underflow\?/],
    [['下溢'], /did you mean underflow\?/],
    [['underflow', 'overflow'], /^unexpected "overflow"/],
    [['--list', '3'], /^unexpected "3"/],
    [['--reset', '3'], /^unexpected "3"/],
    [['--rset'], /did you mean --reset\?/],
  ]
  const [one, lesson, chapter, csv, markdown, ...refused] = batch([
    ['learn', 'rounding', '--json'],
    ['rounding', '--json'],
    ['learn', '1', '--json'],
    ['learn', 'rounding', '--csv'],
    ['learn', 'rounding', '--markdown', '--lang', 'zh'],
    ...wrong.map(([argv]) => ['learn', ...argv]),
  ]) as [Ran, Ran, Ran, Ran, Ran, ...Ran[]]
  const sheets = ({ out }: Ran): readonly Sheet[] => (JSON.parse(out) as { lessons: readonly Sheet[] }).lessons

  test('the questions with the answers of the run: a lesson, a chapter, a spreadsheet, a document', () => {
    const { metrics } = JSON.parse(lesson.out) as { metrics: Record<string, number> }
    const [rounding] = sheets(one)
    assert.deepEqual(rounding?.metrics, metrics)
    assert.deepEqual(rounding?.predict.answer, metrics['sum'])
    assert.deepEqual(
      rounding?.quiz.map(({ metric, answer }) => [metric, answer]),
      [['sumOfOnes', metrics['sumOfOnes']]],
    )
    assert.match(rounding?.quiz[0]?.ask.zh ?? '', /FP16/)
    assert.equal(rounding?.progress, null)
    const names = sheets(chapter).map(({ name }) => name)
    assert.deepEqual(names, ['number-line', 'rounding', 'subnormals', 'bf16-tradeoff'])
    for (const { quiz, predict } of sheets(chapter))
      for (const { answer } of [predict, ...quiz]) assert.ok(Number.isFinite(answer))
    assert.match(csv.out, /^lesson,question,metric,answer,within,hint\nrounding,[^\n]*,sum,2048,,\nrounding,/)
    assert.match(markdown.out, /1\. 在 FP16 中 2048 加 1，结果是多少？\n {3}- .*\n {3}- 答案是 2048。\n/)
  })

  test('wrong words are told: chapters, lessons, Chinese words for them, too many', () => {
    wrong.forEach(([argv, message], i) => {
      assert.deepEqual([refused[i]?.code, refused[i]?.out], [2, ''], argv.join(' '))
      assert.match(refused[i]?.err ?? '', message)
    })
  })
})

describe('progress', () => {
  const progress = {
    version: 1,
    last: 'rounding',
    lessons: {
      'number-line': { state: 'done', guessError: 0, right: 1, all: 1 },
      rounding: { state: 'begun', guessError: 0.75 },
      saturation: { state: 'done', guessError: 2 },
    },
    exercises: { e: { 1: 1 } },
    cards: { c: 2 },
  }
  interface Listed {
    readonly next: string
    readonly file: string
    readonly lessons: readonly { readonly name: string; readonly state: string; readonly progress: string }[]
  }
  const list = [
    ['list'],
    ['list', '1'],
    ['list', '--charset', 'ascii'],
    ['list', '--lang', 'zh'],
    ['list', '--json'],
    ...['', '--json', '--csv', '--markdown'].map((form) => ['learn', '--list', ...(form ? [form] : [])]),
  ]
  const argv = ['learn', '--reset']
  const { ran, kept, state, after } = inFolder((folder) => {
    writeFileSync(join(folder, 'progress.json'), JSON.stringify(progress))
    const lines = [
      ...list,
      ...['', 'no\n', '\n', 'q\n'].map((input) => ({ argv, input })),
      ['learn', '--list', '--csv'],
      { argv: [...argv, '--lang', 'zh'], input: '是\n' },
      { argv, input: 'yes\n' },
      ['list'],
    ]
    const all = batch(lines, { env: { FPSIM_STATE: folder } })
    const copy = JSON.parse(readFileSync(join(folder, 'progress.json.before-reset'), 'utf8')) as unknown
    return { ran: all, kept: copy, state: folder, after: stored(folder) }
  })
  const out = (i: number): string => ran[i]?.out ?? ''

  test('in fpsim list: marks, and how far one is; nothing of it where nothing was done', () => {
    assert.match(out(0), /number-line✓ {2}rounding~ {2}subnormals {2}/)
    assert.match(out(0), /saturation\*✓/)
    assert.match(out(0), /\n✓ done: 1 of \d+ {3}~ begun: 1\nfpsim learn goes on with rounding\.\n/)
    assert.match(out(1), /^number-line✓ {3}\S/)
    assert.match(out(2), /number-line\+ {2}rounding~ {2}/)
    assert.match(out(2), /^[\n -~]+$/)
    assert.match(out(3), /✓ 已完成 1 \/ \d+ 课 {3}~ 未学完 1 课\nfpsim learn 将从 rounding 继续。/)
    const { lessons } = JSON.parse(out(4)) as Listed
    const states = new Map(lessons.map(({ name, progress: done }) => [name, done]))
    assert.deepEqual(
      ['number-line', 'rounding', 'subnormals', 'saturation'].map((name) => states.get(name)),
      ['done', 'begun', 'new', 'done'],
    )
    assert.doesNotMatch(ran.at(-1)?.out ?? '', /✓|~|learn/)
  })

  test('learn --list: a table, JSON, CSV, Markdown', () => {
    inOrder(out(5), [
      'Lessons done: 1 of',
      'number-line done exact 1/1',
      'rounding begun 4 times off',
      'saturation done the wrong sign',
      'progress.json',
    ])
    const data = JSON.parse(out(6)) as Listed
    assert.deepEqual([data.next, data.file], ['rounding', join(state, 'progress.json')])
    assert.ok(data.lessons.some(({ name, state: done }) => name === 'summation' && done === 'new'))
    assert.match(out(7), /\nnumber-line,1,done,0,1,1\nrounding,1,begun,0\.75,,\n/)
    assert.match(out(8), /\| rounding \| begun \|/)
  })

  test('--reset asks; yes forgets all and keeps a copy; anything else keeps all', () => {
    for (const { code, out: said } of ran.slice(9, 13)) {
      assert.equal(code, 1)
      inOrder(said, ['This forgets 3 lessons, 1 exercise and 1 card', 'Nothing was forgotten.'])
    }
    assert.equal(out(13), out(7))
    assert.equal(ran[14]?.code, 0)
    assert.match(flat(out(14)), /已清除/)
    assert.deepEqual(kept, progress)
    assert.deepEqual(after, { version: 1, lessons: {}, exercises: {}, cards: {} })
    assert.deepEqual([ran[15]?.code, out(15)], [0, 'There is no progress to forget.\n'])
  })
})

const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** At a terminal: types each answer when its prompt is on the screen. */
function atTerminal(folder: string, argv: string, answers: readonly (readonly [RegExp, string])[]): Promise<Ran> {
  const { PATH, HOME } = process.env
  const command = `stty cols 80 2>/dev/null; '${process.execPath}' '${main}' ${argv}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH, HOME, SHELL: '/bin/sh', TERM: 'xterm-256color', FPSIM_STATE: folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  let from = 0
  let next = 0
  child.stdout.on('data', (text) => {
    screen += String(text)
    const answer = answers[next]
    if (!answer?.[0].test(screen.slice(from))) return
    from = screen.length
    next++
    child.stdin.write(answer[1])
  })
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, out: screen.replaceAll('\r\n', '\n'), err: '' })),
  )
}

describe('at a terminal', { skip: hasScript ? false : 'no script of util-linux here', timeout: 60_000 }, () => {
  const inTurn = async (work: (folder: string) => Promise<void>): Promise<void> => {
    const { mkdtemp, rm } = await import('node:fs/promises')
    const { tmpdir } = await import('node:os')
    const folder = await mkdtemp(join(tmpdir(), 'fpsim-learn-'))
    await work(folder).finally(() => rm(folder, { recursive: true, force: true }))
  }
  const guess = /Your guess: $/
  const answer = /Your answer: $/

  test('a wrong answer may be tried again; Ctrl-D leaves; no cursor is moved', () =>
    inTurn(async (folder) => {
      const { code, out } = await atTerminal(folder, 'learn rounding --no-color', [
        [guess, '2050\r'],
        [answer, '2047\r'],
        [answer, '2048\r'],
        [/q leaves: $/, '\u0004'],
      ])
      assert.equal(code, 0)
      inOrder(out, [
        '? gives a hint',
        'Not it',
        '2047 is too small. Try again',
        'Right, it is 2048.',
        '1 of 1 question right',
        'fpsim learn goes on with subnormals.',
      ])
      assert.ok(!out.includes('\u001b'))
      assert.equal(stored(folder).lessons['rounding']?.right, 1)
    }))

  test('Ctrl-C ends with 130, says where it goes on, and what was done is kept', () =>
    inTurn(async (folder) => {
      const { code, out } = await atTerminal(folder, 'learn rounding --no-color', [
        [guess, '2048\r'],
        [answer, '\u0003'],
      ])
      assert.equal(code, 130)
      assert.match(flat(out), /Lessons done: 0 of \d+\. fpsim learn goes on with rounding\. /)
      assert.doesNotMatch(out, /node:|\n +at /)
      assert.deepEqual(stored(folder).lessons, { rounding: { state: 'begun', guessError: 0 } })
    }))

  test('a terminal whose output goes elsewhere is not asked', () =>
    inTurn(async (folder) => {
      const { code, out } = await atTerminal(folder, 'learn rounding | cat', [])
      assert.equal(code, 0)
      inOrder(out, ['Question 1 of 1.', 'asks where it can'])
    }))
})

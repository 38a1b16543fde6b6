/** The shipped lessons hold what they say; a lesson with a mistake is told where it is. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { formats } from '../../src/format/catalog.js'
import { toJson } from '../../src/render/json.js'
import { render } from '../../src/render/render.js'
import { checkScenario } from '../../src/scenario/check.js'
import { runScenario } from '../../src/scenario/library.js'
import { judge, loadScenario, scenarioNames } from '../../src/scenario/load.js'
import { runLoaded, runnerOf } from '../../src/scenario/run.js'

const lessons = ['bf16-tradeoff', 'number-line', 'overflow', 'rounding', 'subnormals', 'underflow']

/** A sound lesson whose lines the cases below replace. Line 1 is `runner:`. */
const sound = `runner: replay
chapter: 2
title: { en: A, zh: 甲 }
params:
  scale: 65536
  format: fp16
ask: { en: "Scale {scale}?", zh: 多少？ }
predict:
  ask: { en: How many?, zh: 多少？ }
  metric: lost
  why: { en: "So {lost:%}.", zh: 因此。 }
show: [histogram, fates]
conclude: { en: "{lost}", zh: "{lost}" }
expect:
  lost: { below: 0.1 }
quiz:
  - ask: { en: Which?, zh: 哪个？ }
    answer: { metric: minGoodScale, within: 10% }
    hint: { en: Think., zh: 想。 }
next: [underflow]
`

/** The lesson with one line replaced. */
const withLine = (number: number, line: string): string =>
  sound
    .split('\n')
    .map((text, i) => (i + 1 === number ? line : text))
    .join('\n')

const judged = (text: string) => judge(text, 'my.yaml', 'my.yaml')

/** code, line and column of every problem. */
const placesOf = (problems: readonly FpsimError[]): string[] =>
  problems.map(({ code, values }) => `${code} ${values['file']}:${values['line']}:${values['column']}`)

const folder = mkdtempSync(join(tmpdir(), 'fpsim-lessons-'))
test.after(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A few steps of a training show what these tests ask of every lesson. */
const few = (lesson: string): Record<string, number | string> =>
  lesson.startsWith('train-') ? { steps: 2, recipes: lesson === 'train-text' ? 'fp16-amp' : 'fp32,fp16-amp' } : {}

/** Trainings of ten seconds and more: lessons.deep.test.ts holds them to what they expect. */
const slow = (lesson: string): boolean => ['train-text', 'train-gan', 'train-series'].includes(lesson)

test('the shipped lessons are sound, and what they expect holds', async () => {
  assert.deepEqual(
    (await scenarioNames()).filter((name) => lessons.includes(name)),
    lessons,
  )
  for (const name of await scenarioNames()) {
    if (slow(name)) continue
    const { problems, failures, expectations } = await checkScenario(name)
    assert.deepEqual([problems, failures], [[], []], name)
    assert.ok(expectations > 0, name)
  }
})

test('the sample lesson is sound', async () => {
  const { problems, scenario } = await judged(sound)
  assert.deepEqual(problems, [])
  assert.equal(scenario?.name, 'my')
  const verdict = await checkScenario(file('sound.yaml', sound))
  assert.deepEqual([verdict.problems, verdict.failures, verdict.expectations], [[], [], 1])
})

const mistakes: [string, number, string, string, Record<string, unknown>?][] = [
  ['a number that is none', 5, '  scale: big', 'invalid-value my.yaml:5:10', { value: 'big', path: 'params.scale' }],
  ['a number in a list', 5, '  scale: [2]', 'invalid-value my.yaml:5:10'],
  ['a parameter mistyped', 5, '  scal: 2', 'unknown-key my.yaml:5:3', { key: 'scal', suggestion: 'scale' }],
  ['an unknown key', 3, 'titel: { en: A, zh: 甲 }', 'unknown-key my.yaml:3:1', { suggestion: 'title' }],
  ['a format mistyped', 6, '  format: fp61', 'unknown-format my.yaml:6:11', { suggestion: 'fp16' }],
  ['a runner mistyped', 1, 'runner: repaly', 'invalid-value my.yaml:1:9', { suggestion: 'replay' }],
  ['Chinese missing', 3, 'title: { en: A }', 'invalid-value my.yaml:3:8', { problem: 'missing', path: 'title.zh' }],
  ['English missing', 3, 'title: { zh: 甲 }', 'invalid-value my.yaml:3:8', { problem: 'missing', path: 'title.en' }],
  ['a language empty', 3, 'title: { en: "", zh: 甲 }', 'invalid-value my.yaml:3:14'],
  ['a third language', 3, 'title: { en: A, zh: 甲, de: A }', 'unknown-key my.yaml:3:24', { key: 'de' }],
  ['an unknown slot', 13, 'conclude: { en: "{lots}", zh: a }', 'unknown-key my.yaml:13:17', { suggestion: 'lost' }],
  ['a slot with a style', 13, 'conclude: { en: "{lost:.2f}", zh: a }', 'unknown-key my.yaml:13:17'],
  ['a slot in Chinese', 7, 'ask: { en: a, zh: "{scalee}" }', 'unknown-key my.yaml:7:19', { suggestion: 'scale' }],
  ['an unknown metric to expect', 15, '  lots: { below: 0.1 }', 'unknown-key my.yaml:15:3', { suggestion: 'lost' }],
  ['an unknown metric to predict', 10, '  metric: lots', 'unknown-key my.yaml:10:11', { suggestion: 'lost' }],
  ['an unknown metric to ask', 18, '    answer: { metric: lots }', 'unknown-key my.yaml:18:23', { suggestion: 'lost' }],
  ['an unknown bound', 15, '  lost: { belw: 0.1 }', 'unknown-key my.yaml:15:11', { suggestion: 'below' }],
  ['a bound that is no number', 15, '  lost: { below: some }', 'invalid-value my.yaml:15:18'],
  ['an unknown part', 12, 'show: [histogram, fate]', 'unknown-key my.yaml:12:19', { suggestion: 'fates' }],
  ['a chapter out of range', 2, 'chapter: 12', 'invalid-value my.yaml:2:10'],
  ['a key of Object', 15, '  toString: { below: 0.1 }', 'unknown-key my.yaml:15:3'],
  ['a key twice', 6, '  scale: 2', 'yaml my.yaml:6:3', { reason: 'DUPLICATE_KEY' }],
  ['a tab', 5, '\tscale: 2', 'yaml my.yaml:5:1', { reason: 'TAB_AS_INDENT' }],
  ['an alias to nothing', 5, '  scale: *none', 'yaml my.yaml:5:10', { reason: 'BAD_ALIAS' }],
  ['an alias to itself', 12, 'show: &a [*a]', 'yaml my.yaml:12:11', { reason: 'TOO_MANY_ALIASES' }],
  ['a bracket open', 12, 'show: [histogram', 'yaml my.yaml:13:1'],
  ['an unknown vary', 20, 'vary: { scales: [1] }', 'unknown-key my.yaml:20:9', { suggestion: 'scale' }],
  ['a varied value', 20, 'vary: { scale: [1, big] }', 'invalid-value my.yaml:20:20', { value: 'big' }],
  ['nothing varied', 20, 'vary: { scale: [] }', 'invalid-value my.yaml:20:16'],
  ['an unknown compare', 20, 'compare: [lots]', 'unknown-key my.yaml:20:11', { suggestion: 'lost' }],
]

for (const [name, line, text, place, values] of mistakes)
  test(`a mistake: ${name}`, async () => {
    const { problems, scenario } = await judged(withLine(line, text))
    assert.equal(scenario, undefined)
    assert.ok(placesOf(problems).includes(place), placesOf(problems).join('\n'))
    const found = problems.find((problem) => placesOf([problem])[0] === place)
    for (const [key, value] of Object.entries(values ?? {})) assert.deepEqual(found?.values[key], value)
  })

test('all mistakes of a kind are told at once', async () => {
  const { problems } = await judged(withLine(13, 'conclude: { en: "{a1} {b1}", zh: "{c1}" }').replace('fates', 'fetas'))
  assert.deepEqual(placesOf(problems), [
    'unknown-key my.yaml:12:19',
    'unknown-key my.yaml:13:17',
    'unknown-key my.yaml:13:17',
    'unknown-key my.yaml:13:34',
  ])
})

test('what only check can judge has a place too', async () => {
  const failing = async (line: number, text: string) => {
    const { problems, failures } = await checkScenario(file('loose.yaml', withLine(line, text)))
    const place = ({ code, values }: FpsimError) => `${code} ${values['line']}:${values['column']}`
    return [problems.map(place), failures.map(place)]
  }
  assert.deepEqual(await failing(20, 'next: [underfow]'), [['unknown-scenario 20:8'], []])
  assert.deepEqual(await failing(20, 'needs: [rounding, nothing]'), [['unknown-scenario 20:19'], []])
  assert.deepEqual(await failing(18, '    answer: { metric: lost, within: much }'), [['invalid-value 18:37'], []])
  assert.deepEqual(await failing(15, '  lost: { above: 0.1 }'), [[], ['expectation-failed 15:9']])
  assert.deepEqual(await failing(15, '  lost: { equals: 0.0003, within: 5% }'), [[], ['expectation-failed 15:9']])
  assert.deepEqual(await failing(15, '  lost: { equals: 0.0003, within: 10% }'), [[], []])
  assert.deepEqual(await failing(5, '  tensor: no-such-*'), [['no-match 5:3'], []])
  // digits-mlp in e2m1 has a largest safe scale; zeros have none, so the question has no answer.
  file('zeros.txt', '0 0 0\n')
  assert.deepEqual(await failing(5, '  input: zeros.txt'), [
    [],
    ['expectation-failed 15:9', 'expectation-failed 10:11', 'expectation-failed 18:23'],
  ])
  // A format with too many codes for one line: only the runner knows.
  const { problems } = await checkScenario(
    file(
      'codes.yaml',
      'runner: number-line\nchapter: 1\ntitle: { en: A, zh: 甲 }\nask: { en: A, zh: 甲 }\nparams:\n  format: fp16\n',
    ),
  )
  assert.deepEqual(
    problems.map(({ code, values }) => [code, values['line'], values['column'], values['problem']]),
    [['invalid-value', 6, 11, 'too-many-codes']],
  )
})

test('files that are no lessons', async () => {
  const code = async (path: string) => {
    try {
      const { problems } = await checkScenario(path)
      return problems.map(({ code, values }) => `${code} ${values['reason'] ?? values['problem'] ?? ''}`.trim()).join()
    } catch (error) {
      assert.ok(error instanceof FpsimError, String(error))
      return `thrown ${error.code}`
    }
  }
  assert.equal(await code(join(folder, 'absent.yaml')), 'thrown missing-file')
  mkdirSync(join(folder, 'folder.yaml'))
  assert.equal(await code(join(folder, 'folder.yaml')), 'thrown is-a-directory')
  assert.equal(await code(`${file('plain.yaml', sound)}/`), 'thrown missing-file')
  assert.equal(await code(file('large.yaml', `${sound}# ${'x'.repeat(2_000_000)}\n`)), 'thrown too-large')
  assert.equal(await code(file('binary.yaml', Uint8Array.of(0x93, 0x4e, 0x55, 0xff, 0, 1))), 'thrown yaml')
  assert.match(await code(file('empty.yaml', '')), /^invalid-value/)
  assert.match(await code(file('comment.yaml', '# nothing\n')), /^invalid-value/)
  assert.match(await code(file('list.yaml', '- 1\n- 2\n')), /^invalid-value/)
  assert.match(await code(file('text.yaml', 'hello\n')), /^invalid-value/)
  assert.match(await code(file('nul.yaml', '\0\0\0')), /^(?:invalid-value|yaml)/)
  assert.equal(await code('no-such-lesson'), 'thrown unknown-scenario')
  assert.equal(await code(''), 'thrown unknown-scenario')
})

test('bombs are refused at once and take no memory', async () => {
  const laughs = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? '1' : Array(9).fill(`*a${i - 1}`)}]`)
  const before = process.memoryUsage().rss
  for (const [bomb, reason] of [
    [`${laughs.join('\n')}\n${sound}`, 'TOO_MANY_ALIASES'],
    ['['.repeat(250_000), 'TOO_DEEP'],
    ['{a: '.repeat(60_000), 'TOO_DEEP'],
    [`${'- '.repeat(100_000)}1`, 'TOO_DEEP'],
    [`vary: ${'['.repeat(3000)}${']'.repeat(3000)}\n${sound}`, 'TOO_DEEP'],
  ] as const) {
    const { problems, scenario } = await judged(bomb)
    assert.equal(scenario, undefined)
    assert.ok(problems.length > 0)
    assert.equal(problems[0]?.values['reason'], reason)
  }
  const many = await judged(withLine(20, `vary: { scale: [${Array(60).fill(1)}], count: [${Array(60).fill(1)}] }`))
  assert.deepEqual(placesOf(many.problems), ['invalid-value my.yaml:20:7'])
  assert.ok(process.memoryUsage().rss - before < 600e6, `${(process.memoryUsage().rss - before) / 1e6} MB`)
})

test('numbers as people write them', async () => {
  for (const [text, value] of [
    ['2^16', 65536],
    ['0x1p-24', 2 ** -24],
    ['1e-8', 1e-8],
    ['65_536', 65536],
    ['1/3', 1 / 3],
    ['0x10', 16],
    ['"1000"', 1000],
  ] as const) {
    const { scenario, problems } = await judged(withLine(5, `  scale: ${text}`))
    assert.deepEqual(problems, [], text)
    assert.ok(scenario)
    assert.equal((await runLoaded(scenario)).params['scale'], value, text)
  }
  for (const text of ['.nan', '.inf', '-1', '0', '1e999', 'true', '1,5', '""', '~'])
    assert.deepEqual(placesOf((await judged(withLine(5, `  scale: ${text}`))).problems), ['invalid-value my.yaml:5:10'])
})

test('vary runs once for each value and compares; what the user gives is not varied', async () => {
  const varied = withLine(20, 'vary: { scale: [1, 2^10], format: [fp16, bf16] }\ncompare: [lost, maxSafeScale]')
  const path = file('varied.yaml', varied)
  const { runs, blocks, metrics } = await runScenario(path)
  assert.deepEqual(
    runs?.map(({ params }) => [params['scale'], params['format']]),
    [
      [1, 'fp16'],
      [1, 'bf16'],
      [1024, 'fp16'],
      [1024, 'bf16'],
    ],
  )
  for (const { params, metrics: own } of runs ?? []) {
    const { scale, format } = params as { scale: number; format: string }
    assert.deepEqual(own, (await runScenario('underflow', { scale, format })).metrics)
  }
  assert.deepEqual(metrics, (await runScenario('underflow', { scale: 65536 })).metrics)
  const table = blocks.at(-1)
  assert.ok(table?.kind === 'table')
  assert.deepEqual(
    table.rows.map((row) => row.slice(0, 2)),
    runs?.map(({ params }) => [params['scale'], params['format']]),
  )
  assert.equal((await runScenario(path, { scale: 8 })).runs?.length, 2)
  assert.equal((await runScenario(path, { scale: 8, format: 'bf16' })).runs, undefined)
  // Varied profiles step back where the user brings a file.
  const profiles = file('profiles.yaml', withLine(20, 'vary: { profile: [digits-cnn, digits-mlp] }'))
  assert.equal((await runScenario(profiles)).runs?.length, 2)
  assert.equal((await runScenario(profiles, { input: 'test/vectors/replay/ties.npy' })).runs, undefined)
})

test('a lesson names files beside itself; the user names them from where he is', async () => {
  const there = join(folder, 'course')
  mkdirSync(there)
  copyFileSync('test/vectors/replay/powers.npy', join(there, 'own.npy'))
  const path = join(there, 'lesson.yaml')
  writeFileSync(path, withLine(5, '  input: own.npy'))
  assert.equal((await runScenario(path)).metrics['values'], 51)
  assert.equal((await runScenario(path, { input: 'test/vectors/replay/ties.npy' })).metrics['values'], 60)
  assert.equal((await runScenario(path, { profile: 'digits-mlp' })).params['input'], undefined)
  copyFileSync('test/vectors/replay/ties.npy', join(there, 'other.npy'))
  writeFileSync(path, withLine(20, 'vary: { input: [own.npy, other.npy] }'))
  assert.deepEqual(
    (await runScenario(path)).runs?.map(({ metrics }) => metrics['values']),
    [51, 60],
  )
})

test('in a lesson input beats distribution beats profile', async () => {
  const own = (lines: string) => file('sources.yaml', withLine(5, lines))
  const input = `  input: ${join(process.cwd(), 'test/vectors/replay/powers.npy')}`
  const all = `${input}\n  distribution: normal\n  count: 77\n  profile: digits-mlp`
  assert.equal((await runScenario(own(all))).metrics['values'], 51)
  assert.equal((await runScenario(own(all.split('\n').slice(1).join('\n')))).metrics['values'], 77)
  assert.ok(((await runScenario(own('  profile: digits-mlp'))).metrics['values'] as number) > 1e6)
})

/** The formats of the catalog and some at the edges of what eXmY allows. */
const everyFormat = [
  ...formats.map((f) => f.name),
  ...['e2m2', 'e3m1', 'e2m52', 'e6m52', 'e8m52', 'e11m1', 'e11m30', 'e11m51'],
]

test('every lesson on recorded numbers runs in every format, to JSON and to the screen', async () => {
  for (const lesson of await scenarioNames()) {
    if ((await loadScenario(lesson)).runner !== 'replay') continue
    for (const format of everyFormat) {
      const params = { input: 'test/vectors/replay/extreme.npy', format }
      const result = await runScenario(lesson, params)
      assert.equal(toJson(result), toJson(await runScenario(lesson, params)), `${lesson} ${format}`)
      for (const lang of ['en', 'zh'] as const) assert.ok(render(result, { lang, width: 80 }).length > 100)
      await runScenario(lesson, { format, scale: 3.7, rounding: 'up' })
    }
  }
})

test('every other lesson that takes a format runs in any, or says clearly why not', async () => {
  let runs = 0
  for (const lesson of await scenarioNames()) {
    const scenario = await loadScenario(lesson)
    const runner = await runnerOf(scenario)
    const name = lesson === 'number-line' ? 'spacing' : 'format'
    if (scenario.runner === 'replay' || !Object.hasOwn(runner.params, name)) continue
    // One format shows it of the trainings, whose recipes name their own.
    const wanted = ['fp32', 'bf16', 'e5m2', 'e4m3fn', 'e2m1', 'e8m0', 'e6m52']
    for (const format of scenario.runner === 'train' ? ['bf16'] : wanted) {
      try {
        const result = await runScenario(lesson, { [name]: format, ...few(lesson) })
        for (const lang of ['en', 'zh'] as const) assert.ok(render(result, { lang, width: 80 }).length > 100)
        runs++
      } catch (error) {
        assert.ok(error instanceof FpsimError && error.code !== 'unexpected', `${lesson} ${format}: ${error}`)
      }
    }
  }
  assert.ok(runs > 50, `${runs} runs`)
})

test('the same lesson gives the same bytes twice', async () => {
  for (const lesson of await scenarioNames()) {
    const again = () => runScenario(lesson, few(lesson))
    assert.equal(toJson(await again()), toJson(await again()), lesson)
  }
})

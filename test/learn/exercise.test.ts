/** Exercises: the shipped ones are sound in every variant; draws, grading and the linter do what they say. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { f16round, getFloat16, setFloat16 } from '@petamoriken/float16'
import type { FpsimError } from '../../src/errors.js'
import { parseTopic } from '../../src/learn/content.js'
import { checkExercises } from '../../src/learn/exercise/check.js'
import { variantOf } from '../../src/learn/exercise/draw.js'
import { grade } from '../../src/learn/exercise/grade.js'
import { newLab } from '../../src/learn/exercise/lab.js'
import { solve } from '../../src/learn/exercise/solve.js'
import { type Exercise, exerciseSchema, kindOf, loadExercises, readExercises } from '../../src/learn/exercise.js'

const shipped = await loadExercises()
const lab = newLab()
const byId = (id: string): Exercise => {
  const found = shipped.find((one) => one.id === id)
  assert.ok(found, id)
  return found
}

const head = 'title: { en: T, zh: 题 }\nexercises:\n'
/** One exercise from YAML, its entry indented by two. */
function exerciseOf(yaml: string): Exercise {
  const { entries, problems } = parseTopic('exercises', exerciseSchema, head + yaml, 'my.yaml')
  assert.deepEqual(problems, [])
  return entries[0] as Exercise
}

const words =
  '    title: { en: T, zh: 题 }\n    hints: [{ en: think, zh: 想一想 }]\n    solution: { en: "So.", zh: 所以。 }\n'
const numberOf = (more: string) =>
  exerciseOf(`  - id: one\n    lesson: underflow\n    ask: { en: "{x}?", zh: "{x}？" }\n${words}${more}`)

const seeds = Array.from({ length: 200 }, (_, i) => `student ${i}`)

describe('the shipped exercises', () => {
  test('have no problem in their files', async () => {
    const { problems } = await readExercises()
    assert.deepEqual(problems, [])
  })

  test('exist in every kind', () => {
    assert.deepEqual([...new Set(shipped.map(kindOf))].sort(), ['choice', 'code', 'find', 'number', 'order', 'predict'])
  })

  test('speak both languages', () => {
    for (const { id, title, ask, hints, solution } of shipped)
      for (const { en, zh } of [title, ask, ...hints, solution]) {
        assert.match(zh, /\p{Script=Han}/u, id)
        assert.doesNotMatch(en, /\p{Script=Han}/u, id)
        assert.doesNotMatch(zh, /[，。；：、] |\p{Script=Han}[,;:?]|您/u, id)
      }
  })
})

/** bfloat16 by its definition: the upper half of a float32, to nearest, ties to even. */
function bf16(x: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, x)
  const bits = view.getUint32(0)
  view.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000)
  return view.getFloat32(0)
}

/** Bits of the fraction field, and the largest exponent, of the IEEE-like formats that are drawn. */
const fractions: Readonly<Record<string, readonly [number, number]>> = {
  fp16: [10, 15],
  bf16: [7, 127],
  tf32: [10, 127],
  e5m2: [2, 15],
  e4m3: [3, 7],
  e3m4: [4, 3],
  e4m5: [5, 7],
  e5m6: [6, 15],
  e5m7: [7, 15],
  e6m8: [8, 31],
  e6m5: [5, 31],
  // OCP: no Inf, so the top binade belongs to the numbers; only the integers matter here.
  e4m3fn: [3, 8],
}

const named = (x: unknown): number => {
  const [, power] = /^2\^(-?\d+)$/.exec(String(x)) ?? []
  return power === undefined ? Number(x) : 2 ** Number(power)
}

/** The half-precision sum of n times v, one by one. */
function sum16(v: number, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum = f16round(sum + f16round(v))
  return sum
}

type Drawn = Readonly<Record<string, unknown>>
const view16 = new DataView(new ArrayBuffer(2))

/** What each answer must be, without fpsim: by @petamoriken/float16, float64 and the definitions of the formats. */
const known: Readonly<Record<string, (drawn: Drawn) => number | string>> = {
  'fp16-code-of': ({ x }) => {
    setFloat16(view16, 0, Number(x))
    return view16.getUint16(0)
  },
  'value-of-a-code': ({ c }) => {
    view16.setUint16(0, Number(c))
    return getFloat16(view16, 0)
  },
  'largest-of-a-format': ({ e, m }) => (2 - 2 ** -Number(m)) * 2 ** (2 ** (Number(e) - 1) - 1),
  'first-missing-integer': ({ format }) => 2 ** ((fractions[String(format)] as readonly number[])[0] as number) * 2 + 1,
  'tie-to-even': ({ x }) => f16round(Number(x)),
  'smallest-subnormal': ({ format }) =>
    ({
      fp16: 2 ** -24,
      bf16: 2 ** -133,
      e5m2: 2 ** -16,
      e4m3fn: 2 ** -9,
      e4m3: 2 ** -9,
      e3m4: 2 ** -6,
      e2m3: 2 ** -3,
      e5m6: 2 ** -20,
    })[String(format)] as number,
  'bits-left': ({ g }) => f16round(Number(g)),
  'bf16-step': ({ x }) => named(x) / 128,
  'fate-of-a-gradient': ({ g }) => {
    const x = f16round(named(g))
    return x === 0 ? 'lost' : x === Number.POSITIVE_INFINITY ? 'overflow' : x < 2 ** -14 ? 'subnormal' : 'normal'
  },
  'smallest-lost-weight': ({ u, format }) => named(u) * (format === 'fp16' ? 2048 : 256),
  'does-it-move': ({ w, u, format }) => {
    const round = format === 'fp16' ? f16round : bf16
    const move = round(Number(w) + round(named(u))) - Number(w)
    return move === 0 ? 'stands' : move === named(u) ? 'exactly' : 'somewhat'
  },
  'where-inf-begins': ({ format }) => {
    const [m, top] = fractions[String(format)] as readonly [number, number]
    return (2 - 2 ** -(m + 1)) * 2 ** top
  },
  'largest-safe-scale': ({ g }) => {
    let scale = 1
    while (Math.fround(Math.fround(Number(g)) * scale * 2) < 65520) scale *= 2
    return scale
  },
  'where-a-sum-stalls': ({ v }) => sum16(named(v), 8192),
  'last-exponential': ({ format }) => {
    const [m, top] = fractions[String(format)] as readonly [number, number]
    return Math.floor(Math.log((2 - 2 ** -(m + 1)) * 2 ** top))
  },
  'steps-to-zero': ({ s }) => Math.log2(named(s)) + 150,
  'where-a-weight-ends': ({ w, u }) => {
    let weight = Number(w)
    for (let i = 0; i < 4096; i++) weight = f16round(weight + named(u))
    return weight
  },
  'updates-until-stuck': ({ w, u }) => {
    let [weight, moved] = [Number(w), 0]
    for (; f16round(weight + named(u)) !== weight; moved++) weight = f16round(weight + named(u))
    return moved
  },
  'nearest-never-moves': ({ u }) => {
    let weight = 1
    for (let i = 0; i < 100; i++) weight = bf16(weight + bf16(named(u)))
    return weight
  },
  'weight-too-large-to-tune': ({ lr }) => 2 ** Math.ceil(Math.log2(Number(lr) * 256)),
  'fate-of-epsilon': ({ e, format }) => {
    const x = format === 'fp16' ? f16round(Number(e)) : bf16(Number(e))
    return x === 0 ? 'gone' : format === 'fp16' && x < 2 ** -14 ? 'rough' : 'fine'
  },
  'smallest-square': ({ b }) => {
    let g = 1
    while (f16round(f16round(Number(b)) * f16round((g / 2) * (g / 2))) > 0) g /= 2
    return g
  },
  // The tie half a step below 1 goes to 1, the even neighbour.
  'decay-that-is-lost': ({ format }) => 2 ** -(((fractions[String(format)] as readonly number[])[0] as number) + 2),
  'largest-scaled-loss': ({ s }) => 65520 / named(s),
  'how-many-squares': ({ a }) => Math.ceil(65520 / (Number(a) * Number(a))) - 1,
}

/** The same for answers that are not exact: to nine digits. */
const nearly: Readonly<Record<string, (drawn: Drawn) => number>> = {
  'share-of-a-sum': ({ count }) => {
    const exact = f16round(1e-4) * Number(count)
    return (exact - sum16(1e-4, Number(count))) / exact
  },
  'error-of-a-constant': ({ x, format }) => {
    const exact = Number(x)
    const step = (bits: number) => 2 ** (Math.floor(Math.log2(exact)) - bits)
    const ulp = step((fractions[String(format)] as readonly number[])[0] as number)
    return Math.abs(Math.round(exact / ulp) * ulp - exact) / exact
  },
}

describe('answers that are known without fpsim', () => {
  for (const [id, answerOf] of [...Object.entries(known), ...Object.entries(nearly)])
    test(id, async () => {
      for (const seed of seeds.slice(0, 60)) {
        const variant = variantOf(byId(id), seed)
        const { answer } = await solve(variant, lab)
        const wanted = answerOf(variant.drawn)
        const told = `${JSON.stringify(variant.drawn)}: ${answer}, not ${wanted}`
        if (Object.hasOwn(known, id)) assert.ok(Object.is(answer, wanted), told)
        else assert.ok(Math.abs(Number(answer) - Number(wanted)) <= 1e-9 * Number(wanted), told)
      }
    })
})

describe('a variant', () => {
  test('is the same for the same seed and another for another', () => {
    for (const exercise of shipped) {
      assert.deepEqual(variantOf(exercise, '2023001').drawn, variantOf(exercise, ' ２０２３００１').drawn)
      const different = new Set(
        seeds.map((seed) => JSON.stringify([variantOf(exercise, seed).drawn, variantOf(exercise, seed).shown])),
      )
      assert.ok(different.size >= 2, `${exercise.id}: ${different.size} variants`)
    }
  })

  test('draws every value of a set about equally often', () => {
    const exercise = numberOf(
      '    draw: { x: { from: [1, 2, 4, 8] } }\n    runs: [{ scenario: calc, params: { expression: "{x}" } }]\n    number: { metric: value }\n',
    )
    const counts = new Map<unknown, number>()
    for (let i = 0; i < 4000; i++) {
      const { x } = variantOf(exercise, String(i)).drawn
      counts.set(x, (counts.get(x) ?? 0) + 1)
    }
    // Binomial(4000, 1/4): standard deviation 27; six of them.
    for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 165, `${count}`)
    assert.equal(counts.size, 4)
  })

  test('keeps to the range and the step, without 0.30000000000000004', () => {
    const exercise = numberOf(
      '    draw: { x: { between: [0.1, 0.9], step: 0.1 }, g: { between: [2e-9, 6.5e-7], digits: 2 }, p: { powers: [-3, 12] }, c: { hex: [10, 300], digits: 4 } }\n    runs: [{ scenario: calc, params: { expression: "{x} + {g} + {p} + {c}" } }]\n    number: { metric: value }\n',
    )
    const seen = new Set<unknown>()
    for (const seed of seeds) {
      const { x, g, p, c } = variantOf(exercise, seed).drawn
      seen.add(x)
      assert.match(String(x), /^0\.[1-9]$/)
      assert.ok(Number(g) >= 2e-9 && Number(g) <= 6.5e-7)
      assert.match(String(g), /^\d(\.\d)?e-[789]$/)
      assert.match(String(p), /^(0\.125|0\.25|0\.5|1|2|4|8|16|32|64|128|256|512|1024|2\^11|2\^12)$/)
      assert.match(String(c), /^0x0[01][0-9a-f]{2}$/)
      assert.ok(Number(c) >= 10 && Number(c) <= 300)
    }
    assert.equal(seen.size, 9)
  })
})

describe('grading', () => {
  const runs =
    '    draw: { x: { from: [3, 5, 7] } }\n    runs: [{ scenario: calc, params: { expression: "{x} / 3" } }]\n'
  const marks = async (exercise: Exercise, typed: string, seed = 'a') => {
    const { mark, score, remark } = await grade(typed, variantOf(exercise, seed), lab)
    return [mark, score, remark?.code ?? '']
  }
  const seedWith = (exercise: Exercise, name: string, value: unknown): string => {
    const found = seeds.find((seed) => variantOf(exercise, seed).drawn[name] === value)
    assert.ok(found)
    return found
  }

  test('a number: exact, within a share, in ulps, near', async () => {
    const exact = numberOf(`${runs}    number: { metric: value }\n`)
    const seed = seedWith(exact, 'x', 5)
    // fl16(5/3) = 1.6669921875 = 1707/1024
    assert.equal(f16round(5 / 3), 1707 / 1024)
    assert.deepEqual(await marks(exact, '1707/1024', seed), ['right', 1, ''])
    assert.deepEqual(await marks(exact, '1.6669921875', seed), ['right', 1, ''])
    assert.deepEqual(await marks(exact, '1.667', seed), ['wrong', 0, 'exercise-not-it'])
    assert.deepEqual(await marks(exact, '-1.6669921875', seed), ['wrong', 0, 'exercise-sign'])
    assert.deepEqual(await marks(exact, '3.333984375', seed), ['wrong', 0, 'exercise-factor-of-two'])
    assert.deepEqual(await marks(exact, '16.669921875', seed), ['wrong', 0, 'exercise-factor-of-ten'])
    assert.deepEqual(await marks(exact, 'about two', seed), ['unreadable', 0, 'exercise-no-number'])
    assert.deepEqual(await marks(exact, '  ', seed), ['blank', 0, ''])
    const ulp = numberOf(`${runs}    number: { metric: value, within: { ulp: 1, format: fp16 }, near: 5% }\n`)
    assert.deepEqual(await marks(ulp, '1708/1024', seed), ['right', 1, ''])
    assert.deepEqual(await marks(ulp, '1706/1024', seed), ['right', 1, ''])
    assert.deepEqual(await marks(ulp, '1709/1024', seed), ['partly', 0.5, 'exercise-near'])
    assert.deepEqual(await marks(ulp, '1.8', seed), ['wrong', 0, 'exercise-not-it'])
    const share = numberOf(`${runs}    number: { metric: value, within: 1% }\n`)
    assert.deepEqual(await marks(share, '1.68', seed), ['right', 1, ''])
    assert.deepEqual(await marks(share, '1.69', seed), ['wrong', 0, 'exercise-not-it'])
  })

  test('a share: 1.5 %, 1.5 and 0.015 are one answer', async () => {
    const exercise = numberOf(
      '    draw: { x: { from: [3, 5, 7] } }\n    runs: [{ scenario: calc, params: { expression: "{x} / 3 + 1000" } }]\n    number: { metric: relativeError, within: 5% }\n',
    )
    const { answer } = await solve(variantOf(exercise, seedWith(exercise, 'x', 7)), lab)
    // (1002.5 − 1002 1/3) / 1002 1/3: fp16 has steps of 0.5 there.
    assert.ok(Math.abs((answer as number) - (1002.5 - 1002 - 1 / 3) / (1002 + 1 / 3)) < 1e-12)
    for (const typed of ['0.0166 %', '0.0166', '0.000166', '０．０１６６％'])
      assert.equal((await marks(exercise, typed, seedWith(exercise, 'x', 7)))[0], 'right', typed)
    assert.equal((await marks(exercise, '1.66 %', seedWith(exercise, 'x', 7)))[0], 'wrong')
  })

  test('a guess: the nearer the more, above as below', async () => {
    const exercise = numberOf(`${runs}    predict: { metric: value, within: 10% }\n`)
    const seed = seedWith(exercise, 'x', 3)
    const scores = {
      1: 1,
      1.09: 1,
      0.91: 1,
      1.2: 0.5,
      '1/1.2': 0.5,
      1.21: 0,
      '1/1.21': 0,
      1.9: 0,
      0.5: 0,
      0: 0,
      '-1': 0,
    }
    for (const [typed, score] of Object.entries(scores))
      assert.equal((await marks(exercise, typed, seed))[1], score, typed)
  })

  test('a code: field by field', async () => {
    const exercise = numberOf(
      '    draw: { x: { from: [1.5, 3] } }\n    runs: [{ scenario: inspect, params: { value: "{x}", format: fp16 } }]\n    code: { metric: code, format: fp16 }\n',
    )
    const seed = seedWith(exercise, 'x', 1.5)
    // 1.5 = 0 01111 1000000000
    for (const typed of ['0x3e00', '0 01111 1000000000', '15872', '3E00'])
      assert.deepEqual(await marks(exercise, typed, seed), ['right', 1, ''])
    const remark = (await grade('0x3c00', variantOf(exercise, seed), lab)).remark
    assert.deepEqual(remark, { code: 'exercise-fields', values: { sign: true, exponent: true, fraction: false } })
    assert.equal((await marks(exercise, '0x3c00', seed))[1], 0.5)
    assert.equal((await marks(exercise, '0x4200', seed))[1], 0.5)
    assert.equal((await marks(exercise, '0xbe00', seed))[1], 0)
    assert.equal((await marks(exercise, '0x0000', seed))[1], 0)
  })

  test('a choice: by letter, number, id and words', async () => {
    const exercise = byId('fate-of-a-gradient')
    for (const seed of seeds.slice(0, 20)) {
      const variant = variantOf(exercise, seed)
      const { answer } = await solve(variant, lab)
      const place = variant.shown.indexOf(String(answer))
      const own = exercise.choice?.find(({ id }) => id === answer)
      const letter = 'ABCD'[place] as string
      for (const typed of [
        letter,
        letter.toLowerCase(),
        `(${letter})`,
        `选${letter}`,
        `${letter}.`,
        `${letter}、`,
        String(place + 1),
        String(answer),
        own?.text.en ?? '',
        own?.text.zh ?? '',
      ])
        assert.deepEqual(await marks(exercise, typed, seed), ['right', 1, ''], typed)
      const other = 'ABCD'[(place + 1) % 4] as string
      assert.deepEqual(await marks(exercise, other, seed), ['wrong', 0, 'exercise-not-it'])
      assert.equal((await marks(exercise, 'E', seed))[0], 'unreadable')
    }
  })

  test('an order: whatever the run finds right; pairs count for the rest', async () => {
    const exercise = byId('order-of-a-step')
    const seed = 'a'
    const rightOnes = [
      'zero_grad forward scale backward unscale clip step update',
      'forward zero_grad scale backward unscale clip step update',
      'forward scale zero_grad backward unscale clip step update',
      'optimizer.zero_grad() forward scaler.scale(loss) backward() scaler.unscale_ clip_grad_norm_ scaler.step scaler.update',
    ]
    for (const typed of rightOnes.slice(0, 3))
      assert.deepEqual(await marks(exercise, typed, seed), ['right', 1, ''], typed)
    const { shown } = variantOf(exercise, seed)
    const places = (rightOnes[0] as string).split(' ').map((call) => shown.indexOf(call) + 1)
    assert.equal((await marks(exercise, places.join(' '), seed))[0], 'right')
    assert.equal((await marks(exercise, places.join(''), seed))[0], 'right')
    // One of 28 pairs is wrong: half of 2 × 27/28 − 1, rounded down.
    assert.deepEqual(await marks(exercise, 'zero_grad forward scale backward clip unscale step update', seed), [
      'partly',
      0.46,
      'exercise-order',
    ])
    const backward = (rightOnes[0] as string).split(' ').reverse().join(' ')
    assert.deepEqual((await marks(exercise, backward, seed)).slice(0, 2), ['wrong', 0])
    assert.equal((await marks(exercise, 'zero_grad forward', seed))[2], 'exercise-other-calls')
    assert.equal((await marks(exercise, 'one two three', seed))[0], 'unreadable')
  })

  test('the smallest value: it must hold there and fail below', async () => {
    const exercise = byId('smallest-lost-weight')
    const seed = seeds.find((s) => variantOf(exercise, s).drawn['format'] === 'fp16') as string
    const { answer } = await solve(variantOf(exercise, seed), lab)
    const x = answer as number
    assert.deepEqual(await marks(exercise, String(x), seed), ['right', 1, ''])
    assert.deepEqual(await marks(exercise, String(2 * x), seed), ['partly', 0.5, 'exercise-not-smallest'])
    assert.deepEqual(await marks(exercise, String(x / 2), seed), ['wrong', 0, 'exercise-rule-fails'])
    assert.deepEqual(await marks(exercise, String(1.5 * x), seed), ['wrong', 0, 'exercise-off-grid'])
  })

  test('says why of just this wrong answer', async () => {
    const exercise = byId('smallest-lost-weight')
    const { answer } = await solve(variantOf(exercise, 'a'), lab)
    const { why } = await grade(String((answer as number) / 2), variantOf(exercise, 'a'), lab)
    assert.match(why?.text.en ?? '', /still moves/)
    assert.equal((await grade(String((answer as number) / 4), variantOf(exercise, 'a'), lab)).why, undefined)
  })
})

describe('the linter', () => {
  const sound = {
    ask: '{ en: "{x}?", zh: "{x}？" }',
    draw: '{ x: { from: [3, 5, 7] } }',
    runs: '[{ scenario: calc, params: { expression: "{x} / 3" } }]',
    number: '{ metric: value, within: 1% }',
    hints: '[{ en: think, zh: 想一想 }]',
    wrong: '[100]',
  }
  const text = (changes: Record<string, string>) =>
    `${head}  - id: one\n    lesson: underflow\n    title: { en: T, zh: 题 }\n    solution: { en: So {answer}., zh: "所以 {answer}。" }\n${Object.entries(
      { ...sound, ...changes },
    )
      .filter(([, value]) => value !== '')
      .map(([key, value]) => `    ${key}: ${value}\n`)
      .join('')}`.replace('{ en: So {answer}., ', '{ en: "So {answer}.", ')
  const found = async (changes: Record<string, string>): Promise<FpsimError[]> => {
    const { entries, problems } = parseTopic('exercises', exerciseSchema, text(changes), 'my.yaml')
    return problems.length > 0 ? [...problems] : checkExercises(entries as Exercise[], { variants: 12, lab })
  }

  test('finds nothing in a sound exercise', async () => assert.deepEqual(await found({}), []))

  test('does not take many seeds that draw the same for an exercise that draws one thing', async () => {
    const two = { draw: '{ x: { from: [3, 5] } }' }
    const [one] = parseTopic('exercises', exerciseSchema, text(two), 'my.yaml').entries as Exercise[]
    const named = (id: string) => ({ ...(one as Exercise), id })
    const drawn = (id: string): number =>
      new Set(Array.from({ length: 8 }, (_, i) => variantOf(named(id), String(i + 1)).drawn['x'])).size
    const id = Array.from({ length: 4000 }, (_, i) => `one-${i}`).find((name) => drawn(name) === 1)
    assert.ok(id)
    assert.deepEqual(await checkExercises([named(id)], { variants: 8, lab }), [])
  })

  const faults: readonly (readonly [string, Record<string, string>, string])[] = [
    ['a slot that is nothing', { ask: '{ en: "{x} {y}?", zh: "{x} {y}？" }' }, 'unknown-name'],
    ['a slot in one language only', { ask: '{ en: "{x}?", zh: 多少？ }' }, 'other-slots'],
    [
      'what is wrong in texts and in answers, at once',
      { ask: '{ en: "{x}?", zh: 多少？ }', wrong: '[banana]' },
      'other-slots  bad-exercise not-readable',
    ],
    ['an unknown parameter', { runs: '[{ scenario: calc, params: { expresion: "{x} / 3" } }]' }, 'bad'],
    ['a parameter that is not drawn', { runs: '[{ scenario: calc, params: { expression: "{z} / 3 + {x}" } }]' }, 'bad'],
    ['an unknown metric', { number: '{ metric: valu }' }, 'unknown-key'],
    ['an unknown lesson in a run', { runs: '[{ scenario: underflwo, params: { scale: "{x}" } }]' }, 'unknown-scenario'],
    ['something drawn and never used', { draw: '{ x: { from: [3, 5] }, y: { from: [1, 2] } }' }, 'never-used'],
    ['a drawn name that is a metric', { draw: '{ x: { from: [3, 5] }, value: { from: [1, 2] } }' }, 'name-twice'],
    ['a wrong answer that is right', { wrong: '["{value}"]' }, 'right-after-all'],
    ['a wrong answer that is none', { wrong: '[banana]' }, 'not-readable'],
    ['no wrong answer', { wrong: '' }, 'no-wrong'],
    ['a hint that tells', { hints: '[{ en: "It is {value}.", zh: "是 {value}。" }]' }, 'hint-tells'],
    [
      'an answer that is none',
      { number: '{ metric: exactError }', runs: '[{ scenario: calc, params: { expression: "{x} / 0" } }]' },
      'no-answer',
    ],
    [
      'the same answer for all',
      { runs: '[{ scenario: calc, params: { expression: "0 * {x} + 1" } }]' },
      'same-everywhere',
    ],
    ['a tolerance that is none', { number: '{ metric: value, within: much }' }, 'bad-within'],
  ]
  for (const [name, changes, wanted] of faults)
    test(`finds ${name}`, async () => {
      const problems = await found(changes)
      assert.ok(problems.length > 0, 'something is found')
      const codes = problems.map(({ code, values }) => `${code} ${values['problem'] ?? ''}`)
      if (wanted !== 'bad')
        assert.ok(
          wanted.split('  ').every((one) => codes.some((code) => code.includes(one))),
          codes.join('; '),
        )
      for (const { values } of problems) {
        assert.equal(values['file'], 'my.yaml')
        assert.ok(Number(values['line']) > 2)
      }
    })

  const forms: readonly (readonly [string, Record<string, string>, string])[] = [
    ['two answers', { code: '{ metric: code, format: fp16 }' }, 'one-answer'],
    ['no answer', { number: '' }, 'one-answer'],
    ['a draw in two ways', { draw: '{ x: { from: [1, 2], powers: [1, 2] } }' }, 'one-draw'],
    ['a draw of one thing', { draw: '{ x: { from: [3, 3] } }' }, 'draws-one-thing'],
    ['a range upside down', { draw: '{ x: { between: [5, 3], step: 1 } }' }, 'not-a-range'],
    ['between without step', { draw: '{ x: { between: [3, 5] } }' }, 'step-or-digits'],
    ['one case', { draw: '', cases: '[{ x: 3 }]' }, 'draws-one-thing'],
    ['uneven cases', { draw: '', cases: '[{ x: 3 }, { y: 3 }]' }, 'uneven-cases'],
    ['one choice', { number: '', choice: '[{ id: aa, text: { en: a, zh: 甲 } }]' }, 'too-few-choices'],
    [
      'two choices without a rule',
      { number: '', choice: '[{ id: aa, text: { en: a, zh: 甲 } }, { id: bb, text: { en: b, zh: 乙 } }]' },
      'one-otherwise',
    ],
  ]
  for (const [name, changes, wanted] of forms)
    test(`refuses ${name}`, async () => {
      const { mkdtemp, rm, writeFile } = await import('node:fs/promises')
      const { tmpdir } = await import('node:os')
      const { join } = await import('node:path')
      const folder = await mkdtemp(join(tmpdir(), 'fpsim-exercises-'))
      try {
        await writeFile(join(folder, 'my.yaml'), text(changes))
        const { problems } = await readExercises(folder)
        assert.deepEqual(
          problems.map(({ code, values }) => [code, values['problem']]),
          [['bad-exercise', wanted]],
        )
        assert.ok(Number(problems[0]?.values['line']) > 2)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
})

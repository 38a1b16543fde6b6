/** The claims: each verdict follows from metrics by its rule, and is the one that the literature and arithmetic give. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { checkClaims } from '../../src/learn/check-claims.js'
import type { Claim, Condition, Rule, Verdict } from '../../src/learn/claim.js'
import { claimSchema, loadClaims, verdicts } from '../../src/learn/claim.js'
import { measureClaims, pictureOf } from '../../src/learn/claims.js'
import { parseTopic } from '../../src/learn/content.js'
import { holds, limitOf, verdictOf } from '../../src/learn/verdict.js'
import type { Metrics } from '../../src/result/result.js'
import { slotsOf } from '../../src/scenario/slots.js'

/** What is known of each statement without fpsim: from the papers, the frameworks' sources and the formats' definitions. */
const known: Readonly<Record<string, Verdict>> = {
  'clipping-cures-overflow': 'false',
  'same-bits-everywhere': 'false',
  'zero-below-2-24': 'depends',
  'integers-to-2048': 'true',
  'fp16-sums-suffice': 'false',
  'subnormals-matter': 'true',
  'one-problem-one-cure': 'false',
  'doubling-every-step': 'false',
  'consecutive-skips': 'false',
  'follows-magnitude': 'false',
  'static-scale': 'depends',
  'prevents-overflow': 'false',
  'scaling-heals-forward': 'false',
  'scale-after-backward': 'false',
  'loss-scales-safely': 'depends',
  'power-of-two-exact': 'true',
  'overflow-message': 'false',
  'bf16-needs-scaler': 'false',
  'overflow-is-inf': 'false',
  'backup-to-fp16': 'false',
  'autocast-backup': 'false',
  'fp16-gradients-only': 'false',
  'ratio-2048': 'depends',
  'bf16-needs-no-care': 'false',
  'bf16-without-master': 'true',
  'decay-does-nothing': 'true',
  'adam-epsilon-vanishes': 'true',
  'unscale-in-place': 'false',
  'step-takes-parameters': 'false',
  'benchmark-is-fair': 'false',
  'bce-under-autocast': 'false',
  'one-scaler-for-gan': 'true',
  'softmax-float16': 'false',
  'ratio-monitor': 'false',
  'step-converts': 'false',
  // PyTorch documentation, torch.amp: "ordinarily, automatic mixed precision training uses autocast and GradScaler together".
  'torch-cuda-amp': 'true',
  'no-zero-grad': 'false',
  'clip-before-unscale': 'false',
  'back-to-fp16': 'false',
  'accumulation-is-faster': 'false',
  'accumulation-paper': 'false',
  // Karimireddy et al. 2019 and Stich et al. 2018: signs and top-k need error feedback; Dettmers 2016: 8 bits do not.
  'plain-compression': 'depends',
  'clip-by-value-turns': 'true',
  'same-accuracy': 'true',
  'accuracy-calibration': 'false',
  'citation-1904-09794': 'false',
  'sixteen-times': 'depends',
  'half-the-memory': 'false',
  // By addition: autocast 4 + 4 + 8 and 2 of copies; FP16 weights and gradients 2 + 2 + 4 + 8, which is FP32's 16 (ZeRO, section 3.1).
  'model-state-grows': 'depends',
  'small-model': 'false',
}

const claims = await loadClaims()
const measured = await measureClaims(claims)

/** Values of one metric on both sides of each of its bounds: those that keep the condition, and those that break it. */
function across(condition: Condition, metrics: Metrics): { keep: number[]; break: number[] } {
  const { above, below, equals } = condition
  const near = [above, below, equals].flatMap((bound) => {
    if (bound === undefined) return []
    const x = limitOf(bound, metrics)
    const step = Math.abs(x) / 4 || 1
    return [x - step, x, x + step]
  })
  const both =
    above !== undefined && below !== undefined ? [(limitOf(above, metrics) + limitOf(below, metrics)) / 2] : []
  const candidates = [...near, ...both]
  const keeps = (x: number): boolean => holds({ x: condition }, { ...metrics, x })
  return { keep: candidates.filter(keeps), break: candidates.filter((x) => !keeps(x)) }
}

/** The metrics, moved so that a rule holds. Metrics that are bounds of others in the rule stay as they are. */
function meet(rule: Rule, metrics: Metrics): Metrics {
  const moved: Record<string, number> = { ...metrics }
  for (const [name, condition] of Object.entries(rule)) {
    if (holds({ [name]: condition }, moved)) continue
    const [x] = across(condition, moved).keep
    assert.ok(x !== undefined, `${name} can be met`)
    moved[name] = x
  }
  return moved
}

describe('the shipped claims', () => {
  test('name lessons, parameters, metrics, slots and parts that exist', async () => {
    assert.deepEqual(
      (await checkClaims(claims)).map(({ code, values }) => `${code} ${JSON.stringify(values)}`),
      [],
    )
  })

  test('are the known ones, each id once', () => {
    const ids = claims.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual([...ids].sort(), Object.keys(known).sort())
    for (const verdict of verdicts) assert.ok(Object.values(known).filter((v) => v === verdict).length >= 5, verdict)
  })

  test('say the same in two languages: the same slots, Chinese in Chinese', () => {
    for (const { id, statement, measured: short, truth } of claims)
      for (const { en, zh } of [statement, short, truth]) {
        assert.match(zh, /\p{Script=Han}/u, id)
        assert.doesNotMatch(en, /\p{Script=Han}/u, id)
        // No sentence broken by the fold of a line, no half-width punctuation after Chinese.
        assert.doesNotMatch(zh, /[，。；：、] |\p{Script=Han} \p{Script=Han}|\p{Script=Han}[,;:?]/u, id)
        const names = (text: string): string[] => [...new Set(slotsOf(text).map(({ name }) => name))].sort()
        if (en !== statement.en) assert.deepEqual(names(zh), names(en), id)
      }
  })

  test('tell what was measured: a number of the run in the short text, never one typed in', () => {
    for (const { id, measured: short, truth } of claims) {
      assert.ok(slotsOf(short.en).length > 0, id)
      assert.ok(slotsOf(truth.en).length + slotsOf(short.en).length > 1, id)
      // What a run computes stands in a slot; percentages can come from nowhere else.
      assert.doesNotMatch(truth.en.replaceAll('top 5 %', ''), /\d ?%/, id)
    }
  })
})

describe('each verdict', () => {
  for (const { claim, verdict } of measured)
    test(`${claim.id}: ${known[claim.id]}`, () => assert.equal(verdict, known[claim.id]))
})

describe('each verdict follows from the metrics', () => {
  for (const { claim, verdict, metrics } of measured) {
    const rule = verdict === 'open' ? {} : (claim.verdict[verdict] ?? {})
    test(`${claim.id}: no condition of its rule can be broken`, () => {
      assert.ok(Object.keys(rule).length > 0)
      for (const [name, condition] of Object.entries(rule)) {
        const moved = across(condition, metrics).break
        assert.ok(moved.length > 0, `${name} has a threshold`)
        for (const x of [...moved, Number.NaN])
          assert.notEqual(verdictOf(claim, { ...metrics, [name]: x }), verdict, `${name} = ${x}`)
      }
    })
    for (const other of verdicts) {
      const its = claim.verdict[other]
      if (!its || other === verdict) continue
      test(`${claim.id}: other numbers make it ${other}`, () => {
        assert.equal(verdictOf(claim, meet(its, metrics)), other)
      })
    }
  }
})

describe('numbers behind the verdicts, computed another way', () => {
  const metric = (id: string, name: string): number =>
    measured.find(({ claim }) => claim.id === id)?.metrics[name] as number

  test('doubling after each clean step skips half, waiting 2000 steps skips 1 in 2001', () => {
    // Gradients of one size: every scale up to 2^16 is clean, 2^17 overflows.
    const skipped = (interval: number, steps: number): number => {
      let [exponent, clean, skips] = [16, 0, 0]
      for (let i = 0; i < steps; i++) {
        if (exponent > 16) [exponent, clean, skips] = [exponent - 1, 0, skips + 1]
        else if (++clean === interval) [exponent, clean] = [exponent + 1, 0]
      }
      return skips / steps
    }
    assert.equal(metric('doubling-every-step', 'naiveSkipped'), skipped(1, 4002))
    assert.ok(Math.abs(metric('doubling-every-step', 'pytorchSkipped') - skipped(2000, 4002)) < 1e-6)
  })

  test('what FP16 makes of them', () => {
    assert.equal(f16round(metric('zero-below-2-24', 'becomesZeroUpTo')), 0)
    assert.equal(f16round(metric('zero-below-2-24', 'becomesZeroUpTo') * 1.001), 2 ** -24)
    const integer = metric('integers-to-2048', 'firstLostInteger')
    assert.notEqual(f16round(integer), integer)
    for (let i = 0; i < integer; i++) assert.equal(f16round(i), i)
    assert.equal(f16round(1e-8), metric('adam-epsilon-vanishes', 'epsilonKept'))
    const { firstLostRatio: lost = 0, lastKeptRatio: kept = 0 } =
      measured.find(({ claim }) => claim.id === 'ratio-2048')?.metrics ?? {}
    assert.equal(f16round(1 + 1 / lost), 1)
    const below = 2 - 2 ** -10
    assert.equal(f16round(below + below / kept), 2)
    assert.equal(f16round(below + below / (kept + 1)), below)
  })

  test('memory of a parameter, in bytes: FP32 with Adam 4 + 4 + 8, autocast 2 more', () => {
    assert.equal(metric('half-the-memory', 'bytesFp32'), 16)
    assert.equal(metric('half-the-memory', 'bytesMixed'), 18)
  })

  test('memory of a parameter with FP16 weights and gradients and a master: 2 + 2 + 4 + 8, as much as FP32', () => {
    assert.equal(metric('model-state-grows', 'halfBytesMixed'), 2 + 2 + 4 + 8)
    assert.equal(metric('model-state-grows', 'halfModelMixed'), metric('model-state-grows', 'modelFp32'))
  })

  test('the weight under autocast moves by less than one step of FP16 there, so it cannot be FP16', () => {
    const before = metric('autocast-backup', 'weightBefore')
    const moved = before - metric('autocast-backup', 'weightAfter')
    assert.ok(moved > 0 && moved < 2 ** -20 / 2)
    assert.equal(f16round(before - moved), f16round(before))
  })

  test('half the memory is out of reach of any batch: activations keep more than half', () => {
    const share = metric('half-the-memory', 'activationShare')
    assert.ok(1 - share < 0.495)
    const { claim, metrics } = measured.find((one) => one.claim.id === 'half-the-memory') as (typeof measured)[number]
    assert.equal(verdictOf(claim, { ...metrics, saved: 1 - share }), 'false')
  })

  test('pure FP16 is told to be NaN, not 0 % accurate', () => {
    const { claim } = measured.find((one) => one.claim.id === 'same-accuracy') as (typeof measured)[number]
    assert.ok(Number.isNaN(metric('same-accuracy', 'pureFp16Loss')))
    for (const text of [claim.measured, claim.truth])
      for (const words of [text.en, text.zh]) assert.ok(!slotsOf(words).some(({ name }) => name === 'pureFp16Measure'))
    assert.ok(slotsOf(claim.truth.en).some(({ name }) => name === 'lossWeight'))
  })
})

describe('a rule', () => {
  const claim = (verdict: Claim['verdict']) => ({ verdict })

  test('holds where every condition does', () => {
    const rule: Rule = { a: { above: 1 }, b: { below: 'a' } }
    assert.equal(holds(rule, { a: 2, b: 1 }), true)
    assert.equal(holds(rule, { a: 2, b: 2 }), false)
    assert.equal(holds(rule, { a: 1, b: 0 }), false)
    assert.equal(holds(rule, { a: 2 }), false, 'a metric is missing')
    assert.equal(holds(rule, { b: 0 }), false, 'the bound is missing')
  })

  test('NaN keeps no bound, Infinity does', () => {
    assert.equal(holds({ a: { equals: Number.NaN } }, { a: Number.NaN }), false)
    assert.equal(holds({ a: { above: 65504 } }, { a: Number.POSITIVE_INFINITY }), true)
    assert.equal(holds({ a: { equals: 'b', within: '1%' } }, { a: 0.995, b: 1 }), true)
    assert.equal(holds({ a: { equals: 'b', within: '1%' } }, { a: 0.985, b: 1 }), false)
    assert.equal(holds({ a: { above: '2^-25' } }, { a: 2 ** -25 }), false)
    assert.equal(holds({ a: { above: '2^-25' } }, { a: 2 ** -24 }), true)
  })

  test('of no verdict, or of two, leaves the claim open', () => {
    const rules = claim({ false: { a: { above: 1 } }, true: { a: { below: 3 } } })
    assert.equal(verdictOf(rules, { a: 4 }), 'false')
    assert.equal(verdictOf(rules, { a: 0 }), 'true')
    assert.equal(verdictOf(rules, { a: 2 }), 'open')
    assert.equal(verdictOf(rules, { a: Number.NaN }), 'open')
    assert.equal(verdictOf(rules, {}), 'open')
  })
})

describe('a file of claims', () => {
  const sound = `title: { en: T, zh: 题 }
claims:
  - id: one
    statement: { en: A., zh: 甲。 }
    from: forum
    runs: [{ scenario: rounding }]
    measured: { en: "{sumOfOnes}", zh: "和 {sumOfOnes}" }
    truth: { en: "{points}", zh: "点 {points}" }
    verdict: { false: { sumOfOnes: { above: 5 } }, true: { sumOfOnes: { below: 5 } } }
`
  const readClaims = (text: string, file: string): readonly Claim[] => {
    const { entries, problems } = parseTopic('claims', claimSchema, text, file)
    if (problems[0]) throw problems[0]
    return entries
  }
  const wrong = (change: (text: string) => string): FpsimError => {
    try {
      readClaims(change(sound), 'my.yaml')
    } catch (error) {
      if (error instanceof FpsimError) return error
      throw error
    }
    throw new Error('nothing is wrong')
  }

  test('sound: its claim, its topic', async () => {
    const [one] = readClaims(sound, 'folder/my.yaml')
    assert.equal(one?.id, 'one')
    assert.deepEqual(one?.topic, { name: 'my', title: { en: 'T', zh: '题' } })
    assert.deepEqual(await checkClaims([one as Claim]), [])
    assert.equal((await measureClaims([one as Claim]))[0]?.verdict, 'false')
  })

  const cases: readonly [string, (text: string) => string, string, number][] = [
    ['an unknown key', (t) => t.replace('from:', 'form:'), 'unknown-key', 5],
    ['a language missing', (t) => t.replace(', zh: 甲。', ''), 'invalid-value', 4],
    ['an unknown source', (t) => t.replace('forum', 'rumour'), 'invalid-value', 5],
    ['no runs', (t) => t.replace('[{ scenario: rounding }]', '[]'), 'invalid-value', 6],
    ['one verdict only', (t) => t.replace(', true: { sumOfOnes: { below: 5 } }', ''), 'invalid-value', 9],
    ['a verdict that is none', (t) => t.replace('true:', 'maybe:'), 'unknown-key', 9],
    ['a condition without a bound', (t) => t.replace('{ above: 5 }', '{}'), 'invalid-value', 9],
    ['an id with a blank', (t) => t.replace('id: one', 'id: one two'), 'invalid-value', 3],
    ['an id twice', (t) => t + t.slice(t.indexOf('  - id')), 'invalid-value', 10],
  ]
  for (const [what, change, code, line] of cases)
    test(`${what}: ${code} in line ${line}`, () => {
      const error = wrong(change)
      assert.deepEqual([error.code, error.values['file'], error.values['line']], [code, 'my.yaml', line])
    })

  test('the linter finds names that do not exist', async () => {
    const names = async (change: (text: string) => string): Promise<unknown[]> =>
      (await checkClaims(readClaims(change(sound), 'my.yaml'))).map(({ code, values }) => [
        code,
        values['key'],
        values['suggestion'],
      ])
    const found = (key: string, suggestion: string | undefined) => [['unknown-key', key, suggestion]]
    assert.deepEqual(
      await names((t) => t.replace('{ sumOfOnes: { above', '{ sumOfOne: { above')),
      found('sumOfOne', 'sumOfOnes'),
    )
    assert.deepEqual(await names((t) => t.replace('above: 5', 'above: sumOfTwos')), found('sumOfTwos', 'sum'))
    assert.deepEqual(await names((t) => t.replace('"{points}"', '"{pionts}"')), found('pionts', 'points'))
    assert.deepEqual(
      await names((t) => t.replace('rounding }', 'rounding, params: { formt: fp16 } }')),
      found('formt', 'format'),
    )
    assert.deepEqual(
      await names((t) => t.replace('rounding }', 'rounding, show: [nothing] }')),
      found('nothing', undefined),
    )
    const twice = readClaims(sound.replace('}]', '}, { scenario: rounding }]'), 'my.yaml')
    assert.ok((await checkClaims(twice)).every(({ values }) => values['problem'] === 'given-twice'))
    assert.ok((await checkClaims(twice)).length > 0)
    const lost = readClaims(sound.replace('rounding', 'roundign'), 'my.yaml')
    await assert.rejects(checkClaims(lost), { code: 'unknown-scenario' })
  })
})

test('a picture is the run of the claim: its metrics are those of the verdict', async () => {
  for (const id of ['doubling-every-step', 'unscale-in-place', 'sixteen-times', 'citation-1904-09794']) {
    const { claim, metrics } = measured.find((m) => m.claim.id === id) as (typeof measured)[number]
    const picture = await pictureOf(claim)
    for (const name of Object.keys(claim.verdict.false ?? {}))
      assert.deepEqual(picture.metrics[name], metrics[name], id)
    assert.ok(picture.blocks.length > 0, id)
  }
})

/** Terms: sound, findable under every name, and what a number is agrees with other computations. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { checkTerms } from '../../src/learn/check-terms.js'
import { parseTopic } from '../../src/learn/content.js'
import { loadShelf, lookUp, nearest, type Subject, searchShelf } from '../../src/learn/explain.js'
import { byPhrase, nearestName, plainName } from '../../src/learn/term/names.js'
import { type Term, termSchema } from '../../src/learn/term.js'
import { factsOf, numberFacts } from '../../src/runner/number-facts.js'

const shelf = await loadShelf()
const { terms } = shelf
const codes = ['stepSkipped', 'tooLate']
const found = async (query: string): Promise<string | undefined> => {
  const subject = await lookUp(query, shelf, codes)
  if (subject?.kind === 'term') return subject.term.id
  if (subject?.kind === 'number') return subject.term?.id ?? 'number'
  return subject?.kind
}

describe('the shipped terms', () => {
  test('are sound', async () => {
    assert.deepEqual((await checkTerms(terms)).map(String), [])
  })

  test('hold the whole glossary, under every name that it accepts', async () => {
    for (const [id, names] of glossary) for (const name of names.split('|')) assert.equal(await found(name), id, name)
  })

  test('open under each of their own names, in any case and width', async () => {
    for (const { id, name, also, numbers } of terms)
      for (const one of [id, name.en, name.zh, ...also, name.en.toUpperCase(), wide(name.en), ...numbers.map(String)])
        assert.equal(await found(one), id, one)
  })

  test('of a technique say for, against and when, each with a number of a run', () => {
    const techniques = terms.filter((term) => term.for !== undefined)
    assert.ok(techniques.length >= 15, `${techniques.length}`)
    for (const term of techniques)
      for (const lang of ['en', 'zh'] as const) {
        assert.match(`${term.for?.[lang]} ${term.against?.[lang]}`, /\{\w+(:%)?\}/, `${term.id} ${lang}`)
        assert.ok((term.when?.[lang].length ?? 0) > 5, term.id)
      }
  })

  test('say the same numbers in both languages', () => {
    for (const term of terms)
      for (const text of [term.says, term.for, term.against, term.when])
        if (text) assert.deepEqual(slots(text.zh), slots(text.en), term.id)
  })

  test("print the course's word at their first mention", () => {
    const names = new Map(terms.map(({ id, name }) => [id, name.zh]))
    assert.equal(names.get('master-weights'), 'FP32 主权重（权重备份）')
    assert.equal(names.get('unscale'), '反缩放（取消缩放）')
    assert.equal(names.get('fp32-accumulation'), 'FP32 累加（精度累加）')
  })

  test('each have a picture, a command and a source', () => {
    for (const { id, runs, see } of terms) {
      assert.ok(runs.some(({ show }) => show.length > 0) || runs.some(({ scenario }) => scenario === 'calc'), id)
      assert.ok(see.length > 0, id)
    }
  })
})

const wide = (text: string): string =>
  text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0))
const slots = (text: string): string[] => [...text.matchAll(/\{\w+(?::%)?\}/g)].map(([slot]) => slot).sort()

/** The glossary of the course, English and Chinese; `|` between the names. */
const glossary: readonly (readonly [id: string, names: string])[] = [
  ['floating-point-format', 'floating-point format|浮点格式|浮点数格式|数据格式'],
  ['fp16', 'half precision|FP16|binary16|半精度|半精度浮点数'],
  ['fp32', 'single precision|FP32|单精度|单精度浮点数'],
  ['bf16', 'bfloat16|BF16|脑浮点'],
  ['mixed-precision', 'mixed precision training|混合精度训练'],
  ['amp', 'automatic mixed precision|AMP|自动混合精度'],
  ['sign-bit', 'sign bit|符号位'],
  ['exponent', 'exponent|阶码|指数位|指数域'],
  ['exponent-bias', 'exponent bias|阶码偏置|偏置值|移码偏移'],
  ['significand', 'significand|mantissa|fraction|尾数|有效数字|尾数域'],
  ['hidden-bit', 'hidden bit|implicit bit|隐含位|隐藏位'],
  ['normal-number', 'normal number|规格化数|正规数|规约数'],
  ['subnormal', 'subnormal|denormal|次正规数|非规格化数|非规约数'],
  ['signed-zero', 'signed zero|带符号零|负零'],
  ['infinity', 'infinity|Inf|无穷大'],
  ['nan', 'NaN|非数|非数字|发信号非数'],
  ['dynamic-range', 'dynamic range|动态范围|表示范围'],
  ['precision', 'precision|精度'],
  ['machine-epsilon', 'machine epsilon|eps|机器精度|机器 ε'],
  ['ulp', 'ulp|末位单位|最后一位单位'],
  ['underflow', 'underflow|下溢'],
  ['gradual-underflow', 'gradual underflow|渐进下溢|逐级下溢'],
  ['flush-to-zero', 'flush to zero|FTZ|冲零|刷新为零|下溢置零'],
  ['overflow', 'overflow|上溢|溢出'],
  ['saturation', 'saturation|饱和|饱和模式'],
  ['rounding-error', 'rounding error|舍入误差'],
  ['nearest-even', 'round to nearest, ties to even|就近舍入|最近偶数舍入|RNE'],
  ['toward-zero', 'round toward zero|truncation|向零舍入|截断'],
  ['stochastic-rounding', 'stochastic rounding|随机舍入|SR'],
  ['double-rounding', 'double rounding|二次舍入|双重舍入'],
  ['swamping', 'swamping|大数吃小数|小更新丢失'],
  ['lost-update', 'lost update|更新丢失|更新量被舍入为零'],
  ['cancellation', 'cancellation|相消|灾难性抵消'],
  ['kahan-summation', 'Kahan summation|compensated summation|Kahan 补偿求和|卡汉求和'],
  ['fp32-accumulation', 'accumulator|FP32 accumulation|累加器|FP32 累加|精度累加'],
  ['master-weights', 'master weights|FP32 主权重|权重备份|主权重副本|主参数'],
  ['loss-scaling', 'loss scaling|损失缩放|损失放大'],
  ['loss-scale', 'loss scale|损失缩放系数|缩放因子|放大因子'],
  ['static-loss-scaling', 'static loss scaling|静态损失缩放'],
  ['dynamic-loss-scaling', 'dynamic loss scaling|动态损失缩放'],
  ['growth-factor', 'growth factor|backoff factor|增长因子|回退因子|incr_ratio|decr_ratio'],
  ['growth-interval', 'growth interval|增长间隔|incr_every_n_steps'],
  ['skipped-step', 'skipped step|跳过更新|跳步'],
  ['unscale', 'unscale|反缩放|取消缩放|还原梯度'],
  ['overflow-detection', 'overflow detection|溢出检测|found_inf|all_finite'],
  ['autocast', 'autocast|自动类型转换'],
  ['allow-deny-list', 'allow list|deny list|白名单|黑名单'],
  ['gradient', 'gradient|梯度'],
  ['exploding-gradient', 'exploding gradient|梯度爆炸'],
  ['vanishing-gradient', 'vanishing gradient|梯度消失'],
  ['gradient-clipping', 'gradient clipping|梯度裁剪|全局裁剪|逐元素裁剪'],
  ['gradient-accumulation', 'gradient accumulation|梯度累积|梯度累加'],
  ['gradient-compression', 'gradient compression|梯度压缩'],
  ['quantization', 'quantization|量化|梯度量化'],
  ['sparsification', 'sparsification|top-k|稀疏化|Top-K'],
  ['error-feedback', 'error feedback|residual|误差反馈|残差|误差补偿'],
  ['unbiased', 'unbiased|biased|无偏|有偏'],
  ['all-reduce', 'all-reduce|全规约|全归约'],
  ['learning-rate', 'learning rate|学习率'],
  ['optimizer-state', 'optimizer state|优化器状态'],
  ['batch-size', 'micro-batch|batch size|微批次|批量|小批量'],
  ['convergence', 'convergence|divergence|收敛|发散'],
  ['loss-spike', 'loss spike|损失尖峰|loss 突刺'],
  ['numerical-stability', 'numerical stability|数值稳定性'],
  ['training-monitor', 'training monitor|训练监控'],
  ['histogram', 'histogram|直方图|阶码直方图'],
  ['tensor-core', 'tensor core|Tensor Core|张量核心'],
  ['device-memory', 'device memory|显存'],
  ['block-scaling', 'block scaling|MX formats|块缩放|微缩放'],
  ['calibration', 'calibration|zero point|校准|零点'],
  ['reproducibility', 'reproducibility|seed|可复现性|随机种子'],
  ['reference-result', 'ground truth|reference|参考值|基准值'],
  ['loss-scale-message', 'reducing loss scale to'],
]

describe('what is looked up', () => {
  const cases: readonly (readonly [query: string, id: string | undefined])[] = [
    ['Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0', 'loss-scale-message'],
    ['ＬＯＳＳ　scaling', 'loss-scaling'],
    ['lossScaling', 'loss-scaling'],
    ['Master-Weight', 'master-weights'],
    ['65504', 'number-65504'],
    ['６５５０４', 'number-65504'],
    ['65,504', 'number-65504'],
    ['65500', 'number-65504'],
    ['2^-24', 'number-2-24'],
    ['2⁻²⁴', 'number-2-24'],
    ['−2^-24', 'number-2-24'],
    ['0x1p-24', 'number-2-24'],
    ['6e-8', 'number-2-24'],
    ['5.96 × 10^-8', 'number-2-24'],
    ['11.0901', 'number-11-09'],
    ['448', 'number-448'],
    ['57344', 'number-57344'],
    ['49152', 'number'],
    ['underflow.lost', 'metric'],
    ['内存', 'device-memory'],
    ['e4m3fnuz', 'format'],
    ['bfloat', 'bf16'],
    ['lostUnscaled', 'metric'],
    ['metric overflow', 'metric'],
    ['stepSkipped', 'finding'],
    ['finding tooLate', 'finding'],
    ['doubling-every-step', 'claim'],
    ['scaling-strategies', 'lesson'],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['', undefined],
    ['。', undefined],
  ]
  for (const [query, id] of cases) test(`"${query}"`, async () => assert.equal(await found(query), id))

  test('every metric of every runner and every claim has a page', async () => {
    const metrics = await shelf.metrics()
    assert.ok(metrics.size > 300, `${metrics.size}`)
    for (const [name, page] of metrics) {
      assert.ok(page.uses.length > 0 && page.uses.every(({ lessons }) => lessons.length > 0), name)
      assert.equal(((await lookUp(`metric ${name}`, shelf, [])) as Subject).kind, 'metric')
    }
    for (const { id } of await shelf.claims()) assert.equal(await found(`claim ${id}`), 'claim', id)
  })

  test('a metric knows which lessons tell it, ask for it and which claims it decides', async () => {
    const page = (await shelf.metrics()).get('lostIfFlushed')
    const replay = page?.uses.find(({ runner }) => runner === 'replay')
    assert.ok(replay?.lessons.includes('subnormals'))
    assert.equal(replay?.as, 'percent')
    assert.ok(page?.claims.includes('subnormals-matter'))
  })

  test('a mistyped name finds the nearest one', async () => {
    for (const [typed, meant] of [
      ['undeflow', 'underflow'],
      ['gradscalar', 'GradScaler'],
      ['权重备', '权重备份'],
      ['doubling-every-stp', 'doubling-every-step'],
    ])
      assert.equal(await nearest(typed as string, shelf), meant)
    assert.equal(await nearest('qqqqqqqq', shelf), undefined)
  })

  test('search finds the words in either language, wherever they stand', async () => {
    const sentences = {
      findings: new Map([['tooLate', 'Scaling after the backward pass is too late']]),
      metrics: new Map([['lost', 'becomes 0']]),
    }
    const hits = async (query: string) =>
      (await searchShelf(query, shelf, sentences, 'en')).map(({ kind, name }) => `${kind} ${name}`)
    assert.ok((await hits('too late')).includes('finding tooLate'))
    assert.ok((await hits('becomes 0')).includes('metric lost'))
    assert.ok((await hits('增长间隔')).includes('term growth-interval'))
    assert.ok((await hits('doubles clean step')).includes('claim doubling-every-step'))
    assert.ok((await hits('vanish in FP16')).includes('lesson underflow'))
    assert.ok((await hits('underflow')).includes('card underflow'))
    assert.ok((await hits('largest safe scale')).some((hit) => hit.startsWith('exercise ')))
    assert.equal((await hits('loss scale'))[0], 'term loss-scaling')
    assert.deepEqual(await hits('zzzz'), [])
    assert.deepEqual(await hits('…'), [])
  })
})

describe('names', () => {
  test('case, width, hyphens, blanks and plurals do not matter', () => {
    for (const name of ['Loss Scales', 'loss-scale', 'LOSS_SCALE', 'ＬｏｓｓＳｃａｌｅ', 'loss  scale.', 'lossScale'])
      assert.equal(plainName(name), 'lossscale', name)
    assert.equal(plainName('bias'), 'bias')
    assert.equal(plainName('all-losses'), 'alllosse')
  })

  test('the longest phrase in a line wins; one word is no phrase', () => {
    const all = [
      { item: 'short', names: ['loss scale'] },
      { item: 'long', names: ['reducing loss scale to'] },
      { item: 'word', names: ['gradient'] },
    ]
    assert.equal(byPhrase('step 3: reducing loss scale to 4', all), 'long')
    assert.equal(byPhrase('the gradient', all), undefined)
    assert.equal(nearestName('scal', all), 'loss scale')
  })
})

describe('what a number is', () => {
  const half = numberFacts().filter(({ names }) => names.includes('fp16'))
  const value = (code: string): number => half.find((fact) => fact.code === code)?.value ?? Number.NaN

  test('in FP16, as another codec rounds', () => {
    assert.equal(f16round(value('largest')), value('largest'))
    assert.equal(f16round(value('overflowsFrom')), Number.POSITIVE_INFINITY)
    assert.equal(f16round(value('overflowsFrom') * (1 - 2 ** -40)), value('largest'))
    assert.equal(f16round(value('zeroUpTo')), 0)
    assert.equal(f16round(value('zeroUpTo') * (1 + 2 ** -40)), value('smallest'))
    assert.equal(f16round(1 + value('epsilon')), 1 + value('epsilon'))
    assert.equal(f16round(1 + value('unitRoundoff')), 1)
    assert.notEqual(f16round(value('firstLostInteger')), value('firstLostInteger'))
    assert.equal(f16round(value('squareOverflowsFrom') ** 2), Number.POSITIVE_INFINITY)
    assert.ok(f16round((value('squareOverflowsFrom') - 0.125) ** 2) <= 65504)
    assert.ok(Math.abs(value('expOverflowsAbove') - Math.log(65520)) < 1e-12)
    assert.ok(Math.abs(value('expZeroBelow') + 25 * Math.LN2) < 1e-12)
  })

  test('of the small formats: OCP and the fnuz types', () => {
    const codesOf = (x: number, name: string): string[] =>
      factsOf(String(x), x)
        .filter(({ names }) => names.includes(name))
        .map(({ code }) => code)
    assert.deepEqual(codesOf(448, 'e4m3fn'), ['largest'])
    assert.deepEqual(codesOf(464, 'e4m3fn'), ['keptUpTo'])
    assert.deepEqual(codesOf(240, 'e4m3fnuz'), ['largest'])
    assert.deepEqual(codesOf(61440, 'e5m2'), ['overflowsFrom'])
    assert.ok(codesOf(2000, 'pytorch').includes('growthInterval'))
    assert.ok(codesOf(65536, 'pytorch').includes('initScale'))
  })

  test('digits that were cut off are understood, two other digits are not', () => {
    assert.ok(factsOf('3.39e38', 3.39e38).some(({ code, names }) => code === 'largest' && names.includes('bf16')))
    assert.ok(factsOf('88.7', 88.7).some(({ code, names }) => code === 'expOverflowsAbove' && names.includes('fp32')))
    assert.deepEqual(factsOf('3000', 3000), [])
    assert.deepEqual(factsOf('11.5', 11.5), [])
  })
})

describe('the linter of terms', () => {
  const sound = `title: { en: T, zh: 题 }
terms:
  - id: one
    name: { en: one, zh: 一 }
    says: { en: "{sumOfOnes}", zh: "{sumOfOnes}" }
    runs: [{ scenario: rounding, show: [ties] }]
`
  const read = (text: string): readonly Term[] => {
    const { entries, problems } = parseTopic('terms', termSchema, text, 'my.yaml')
    if (problems[0]) throw problems[0]
    return entries
  }
  const problems = async (change: (text: string) => string): Promise<unknown[]> => {
    try {
      return (await checkTerms(read(change(sound)))).map(({ code, values }) => [code, values['line']])
    } catch (error) {
      if (error instanceof FpsimError) return [[error.code, error.values['line']]]
      throw error
    }
  }
  const cases: readonly (readonly [string, (text: string) => string, readonly (readonly [string, number])[]])[] = [
    ['nothing', (t) => t, []],
    ['a slot', (t) => t.replace('"{sumOfOnes}", zh', '"{sumOfOne}", zh'), [['unknown-key', 5]]],
    ['a part', (t) => t.replace('[ties]', '[tie]'), [['unknown-key', 6]]],
    ['a parameter', (t) => t.replace('rounding,', 'rounding, params: { formt: fp16 },'), [['unknown-key', 6]]],
    ['a related term', (t) => `${t}    related: [two]\n`, [['unknown-key', 7]]],
    ['a claim', (t) => `${t}    claims: [nothing-such]\n`, [['unknown-key', 7]]],
    ['a number', (t) => `${t}    numbers: [big]\n`, [['invalid-value', 7]]],
    ['one side only', (t) => `${t}    for: { en: a, zh: 甲 }\n`, [['invalid-value', 3]]],
    ['a key', (t) => t.replace('says', 'say'), [['unknown-key', 5]]],
    [
      'a name of two',
      (t) => t + t.slice(t.indexOf('  - id')).replace('id: one', 'id: two').replace('zh: 一', 'zh: 二'),
      [['invalid-value', 7]],
    ],
  ]
  for (const [what, change, expected] of cases)
    test(`${what}`, async () => assert.deepEqual(await problems(change), expected))
})

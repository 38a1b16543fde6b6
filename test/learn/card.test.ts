/** The interview cards: names that exist, proofs that run, numbers from runs, the course's topics, and a linter that finds faults. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { told } from '../../src/cli/card/page.js'
import { checkCards, lengthOf, typedNumbers } from '../../src/learn/card/check.js'
import { measureCards } from '../../src/learn/card/measure.js'
import { type Card, cardSchema, loadCards, textsOf } from '../../src/learn/card.js'
import { loadClaims } from '../../src/learn/claim.js'
import { parseTopic } from '../../src/learn/content.js'
import { wordsOf } from '../../src/render/words.js'
import { outlines } from '../../src/scenario/load.js'
import { isSlow, proofTests } from './card-proofs.js'

const cards = await loadCards()
const measured = await measureCards(cards.filter((card) => !isSlow(card)))
const langs = ['en', 'zh'] as const
describe('the shipped cards', () => {
  test('name lessons, parameters, metrics, slots and claims that exist', async () => {
    assert.deepEqual(
      (await checkCards(cards)).map(({ code, values }) => `${code} ${JSON.stringify(values)}`),
      [],
    )
  })

  test('are of the fourteen topics, in the order of an interview, one or more each', () => {
    assert.deepEqual(
      [...new Set(cards.map(({ topic }) => topic.name))],
      [
        'principles',
        'advantages',
        'pure-fp16',
        'master-weights',
        'loss-scaling',
        'amp',
        'accumulation',
        'clipping',
        'compression',
        'bf16-fp8',
        'frameworks',
        'memory',
        'hardware',
        'practice',
      ],
    )
    assert.ok(cards.length >= 45, `${cards.length} cards`)
  })

  test('teach every core lesson of chapters 1 to 8, each in one card', async () => {
    const lessons = (await outlines()).filter(({ chapter, level }) => chapter <= 8 && level === 'core')
    assert.ok(lessons.length > 35)
    for (const { name } of lessons)
      assert.equal(cards.filter(({ lesson }) => lesson === name).length, 1, `cards of the lesson ${name}`)
  })

  // What the sections and titles of the five course texts name.
  for (const [topic, words] of Object.entries({
    'the definition and its aim': /什么是混合精度训练/,
    'faster training and the 16 times': /峰值/,
    'less memory': /激活值.{0,40}显存/s,
    throughput: /吞吐/,
    energy: /能耗/,
    'overflow and underflow': /上溢.*下溢/s,
    'rounding error': /舍入误差/,
    'the weight backup': /权重备份/,
    'loss scaling by its other name': /损失放大|损失缩放/,
    'sums kept in FP32': /精度累加/,
    'a dynamic scale': /动态损失缩放/,
    'a static scale': /静态损失缩放/,
    'strategies compared': /策略/,
    'automatic mixed precision': /autocast/,
    'clipping by norm and by value': /按范数.*按值|按值.*按范数/s,
    'exploding gradients': /梯度爆炸/,
    accumulation: /梯度累积/,
    'large batches and LARS': /LARS/,
    compression: /梯度压缩/,
    'quantized, sparse': /量化.*稀疏|稀疏.*量化|Top-K/s,
    frameworks: /TensorFlow|Keras/,
    hardware: /张量核心|Tensor Core/,
    'image classification': /图像|手写数字/,
    language: /语言|Transformer/,
    'time series': /时间序列|LSTM/,
    'image generation': /GAN/,
    'the training monitor': /监控/,
    'fine-tuning': /微调/,
  }))
    test(`answer to ${topic}`, () => {
      const all = cards.flatMap((card) => textsOf(card).map(({ text }) => text.zh)).join('\n')
      assert.match(all, words)
    })

  test('quote claims, most of them somewhere', async () => {
    const quoted = new Set(cards.flatMap(({ claims }) => claims))
    const all = await loadClaims()
    assert.ok(quoted.size >= (all.length * 2) / 3, `${quoted.size} of ${all.length}`)
  })

  test('ask in Chinese what they ask in English', () => {
    for (const card of cards)
      for (const { path, text } of textsOf(card)) {
        assert.match(text.zh, /\p{Script=Han}/u, `${card.id} ${path.join('.')}`)
        assert.doesNotMatch(text.en, /\p{Script=Han}/u, card.id)
        // No sentence broken by the fold of a line, no half-width punctuation after Chinese.
        assert.doesNotMatch(text.zh, /[，。；：、] |\p{Script=Han} \p{Script=Han}|\p{Script=Han}[,;:?]/u, card.id)
      }
  })
})

describe('each card', () => {
  test('most of them are quick', () => assert.ok(measured.length > cards.length / 2, `${measured.length}`))

  proofTests(measured)

  test('tells its case with numbers of its runs: another run, other words', async () => {
    const card = cards.find(({ id }) => id === 'master-weights') as Card
    const params = { update: 2 ** -9, updates: 100 }
    const other = { ...card, proof: { ...card.proof, params } }
    const [a, b] = await measureCards([card, other])
    assert.ok(a && b)
    for (const lang of langs)
      assert.notEqual(told(card.answer.case, a, wordsOf(lang)), told(card.answer.case, b, wordsOf(lang)))
  })

  test('says of master weights what an independent FP16 gives', () => {
    const { metrics, proof } = measured.find(({ card }) => card.id === 'master-weights') ?? assert.fail()
    const { weight, update, updates } = proof.params as Record<string, number>
    let w = weight as number
    let moved = 0
    for (let i = 1; i <= (updates as number); i++) {
      const next = f16round(w + (update as number))
      if (next !== w) moved = i
      w = next
    }
    assert.equal(metrics['fp16'], w)
    assert.equal(metrics['fp16StuckSince'], moved)
    assert.equal(metrics['fp16Master'], (weight as number) + (update as number) * (updates as number))
  })
})

describe('the linter', () => {
  const sound = cards.find(({ id }) => id === 'lost-updates') as Card
  // One more, cheap to run, for what two cards may not share.
  const others = cards.filter(({ id }) => id === 'underflow')
  const codes = async (changed: Partial<Card>): Promise<string[]> =>
    (await checkCards([{ ...sound, ...changed } as Card, ...others], { run: true })).map(
      ({ code, values }) => `${code} ${values['path']}`,
    )
  const both = (text: string) => ({ en: text, zh: text })

  test('passes a sound card, and runs it', async () => assert.deepEqual(await codes({}), []))

  for (const [what, changed, found] of [
    ['a lesson that does not exist', { lesson: 'lost-update' }, /^unknown-scenario cards\.\d+\.lesson$/],
    [
      'a proof of no lesson',
      { proof: { scenario: 'nothing', params: {} } },
      /^unknown-scenario cards\.\d+\.proof\.scenario$/,
    ],
    [
      'a parameter the lesson has not',
      { proof: { scenario: 'lost-updates', params: { scal: 2 } } },
      /^unknown-key cards\.\d+\.proof/,
    ],
    [
      'a value it does not take',
      { proof: { scenario: 'lost-updates', params: { format: 'fp61' } } },
      /^unknown-format cards\.\d+\.proof/,
    ],
    ['a claim that does not exist', { claims: ['ratio-2049'] }, /^unknown-key cards\.\d+\.claims/],
    ['a slot without a metric', { ask: both('{nothing}') }, /^unknown-key cards\.\d+\.ask\.en$/],
    [
      'a number that one language keeps to itself',
      { ask: { en: '{update}?', zh: '多少？' } },
      /^unknown-key cards\.\d+\.ask\.en$/,
    ],
    [
      'a case without a run',
      { answer: { ...sound.answer, case: both('It was lost.') } },
      /^invalid-value cards\.\d+\.answer\.case/,
    ],
    [
      'a number typed in',
      {
        answer: {
          ...sound.answer,
          case: { ...sound.answer.case, en: `${sound.answer.case.en} Of 3000 steps 12 % were.` },
        },
      },
      /^invalid-value cards\.\d+\.answer\.case\.en$/,
    ],
    ['a word that is another card', { words: ['underflow'] }, /^invalid-value cards\.\d+\.words\.0$/],
    [
      'an answer too short',
      { answer: { ...sound.answer, steps: both('x'), concept: both('x'), effect: both('x') } },
      /^invalid-value cards\.\d+\.answer$/,
    ],
    [
      'an answer too long',
      { answer: { ...sound.answer, steps: { en: 'word '.repeat(200), zh: '字'.repeat(400) } } },
      /^invalid-value cards\.\d+\.answer$/,
    ],
    [
      'two runs of one name',
      { runs: [{ scenario: 'summation', params: {}, as: undefined, picture: {}, show: [] }] },
      /^invalid-value cards\.\d+\.runs/,
    ],
  ] as const)
    test(`finds ${what}`, async () => {
      const problems = await codes(changed as Partial<Card>)
      assert.ok(
        problems.some((problem) => found.test(problem)),
        problems.join('; '),
      )
    })

  test('tells numbers from names', () => {
    for (const text of ['12 % lost', '丢失 3.3 %', 'up to 2^16', '2048 分之一', 'to 0.5', 'an RTX 3090'])
      assert.equal(typedNumbers(text).length, 1, text)
    for (const text of ['FP16 and E4M3', 'ResNet-50', '变成 0', 'becomes 0 in FP16', '{lost:%}', 'on an A100', '8-bit'])
      assert.deepEqual(typedNumbers(text), [], text)
  })

  test('counts words and characters', () => {
    assert.equal(lengthOf('A weight of FP16: w + Δ is {lost:%}.', 'en'), 7)
    assert.equal(lengthOf('用 FP16 计算，误差 {error:%}。', 'zh'), 5 + 2 + 2)
  })
})

test('a file with a fault tells its place', () => {
  const { problems } = parseTopic('cards', cardSchema, 'title: { en: A, zh: 一 }\ncards:\n  - { id: A b }\n', 'c.yaml')
  assert.ok(problems.length > 0)
  for (const { values } of problems) assert.deepEqual([values['file'], values['line']], ['c.yaml', 3])
})

/** Results for the tests of the renderers: an empty one to fill, words of their own, and arbitrary ones of every kind. */
import fc from 'fast-check'
import { type Style, type StyleOptions, styleOf } from '../../src/render/terminal/document.js'
import type { Block, Label, Result, Zone } from '../../src/result/result.js'

export const empty: Result = {
  schema: 1,
  scenario: 'underflow',
  runner: 'replay',
  params: {},
  seed: 1,
  metrics: {},
  findings: [],
  blocks: [],
}

/** A style whose findings and labels say what stands in `values.text`. */
export function testStyle(o: StyleOptions = {}): Style {
  const style = styleOf(o)
  const text = (values: Readonly<Record<string, unknown>>): string => String(values['text'])
  return { ...style, words: { ...style.words, findings: { said: text }, labels: { said: text } } }
}

export const words: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      'loss',
      'becomes 0',
      'fc.out',
      '× 65536 → 2^16',
      '梯度',
      '损失缩放系数',
      '（自己的数字）',
    ),
  },
  fc.lorem({ maxCount: 12 }),
  fc.constantFrom(
    '半精度浮点数在训练神经网络时会把很小的梯度变成零，这就是下溢；损失缩放可以把它们救回来。',
    'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft',
    '，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，，',
    'é ñ Ω Жизнь μ² 2⁻²⁴ ½ “quoted” — … ™ ☺ 👩‍👩‍👧 🇨🇳 1️⃣ \u001b[31mred\u001b[0m \u202eabc\u200b tab\tnew\nline',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)

export const label: fc.Arbitrary<Label> = fc.oneof(
  words.map((name) => ({ name })),
  fc.record({ en: words, zh: words }),
  words.map((text) => ({ code: 'said', values: { text } })),
)

const anyNumber = fc.oneof(
  fc.double(),
  fc.integer({ min: -1000, max: 1000 }),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, -5e-324, 1e308, -1e308, Number.MAX_VALUE, 65536, 1),
)
const numbers = (maxLength: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(anyNumber, { maxLength, size: 'max' }),
    fc.tuple(anyNumber, fc.nat({ max: maxLength })).map(([x, n]) => new Array<number>(n).fill(x)),
    fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { maxLength, size: 'max' }),
  )

const zone = fc.constantFrom<Zone>('lost', 'few', 'all', 'overflow')
const tone = fc.constantFrom('good' as const, 'bad' as const, 'note' as const)
const style = fc.constantFrom(...(['percent', 'count', 'number', 'power', 'exact', 'hex', 'bits', 'text'] as const))
const title = fc.option(label, { nil: undefined }).map((t) => (t === undefined ? {} : { title: t }))

/** Zones as a format makes them: lost, few, all, overflow in this order, any of them absent. */
const orderedZones = fc
  .tuple(fc.nat(200), fc.nat(30), fc.nat(200), fc.nat(70))
  .map(([lost, few, all, over]) => [
    ...new Array<Zone>(lost).fill('lost'),
    ...new Array<Zone>(few).fill('few'),
    ...new Array<Zone>(all).fill('all'),
    ...new Array<Zone>(over).fill('overflow'),
  ])

const histogram = fc
  .record({
    title,
    first: fc.integer({ min: -1100, max: 1000 }),
    panels: fc.array(
      fc.record({ label, counts: fc.oneof(numbers(500), fc.array(fc.nat(), { maxLength: 500, size: 'max' })) }),
      { maxLength: 3 },
    ),
    format: fc.oneof(fc.constantFrom('fp16', 'e4m3fn', 'bf16'), words),
    precision: fc.integer({ min: 1, max: 53 }),
    zones: fc.oneof(orderedZones, fc.array(zone, { maxLength: 80, size: 'max' })),
    over: fc.constantFrom({}, { overflowTo: 'Inf' }),
  })
  .map(({ title: t, over, ...rest }): Block => ({ kind: 'histogram', ...t, ...over, ...rest }))

const table = fc
  .record({
    title,
    columns: fc.array(fc.record({ label, as: style }), { maxLength: 9 }),
    rows: fc.array(fc.array(fc.oneof(anyNumber, words, label, fc.constant(null)), { maxLength: 9, size: 'max' }), {
      maxLength: 8,
    }),
    tones: fc.option(fc.array(fc.option(tone), { maxLength: 8 }), { nil: undefined }),
  })
  .map(({ title: t, tones, ...rest }): Block => ({ kind: 'table', ...t, ...(tones ? { tones } : {}), ...rest }))

const lineChart = fc
  .record({
    title,
    x: fc.record({
      label,
      values: fc.oneof(
        numbers(400),
        fc.nat(400).map((n) => Array.from({ length: n }, (_, i) => i + 1)),
      ),
      scale: fc.constantFrom('linear' as const, 'log2' as const),
    }),
    y: fc.record({ label, scale: fc.constantFrom('linear' as const, 'log2' as const, 'log10' as const) }),
    series: fc.array(
      fc
        .tuple(label, numbers(400), fc.option(tone, { nil: undefined }))
        .map(([name, values, t]) => ({ label: name, values, ...(t ? { tone: t } : {}) })),
      { maxLength: 12 },
    ),
  })
  .map(({ title: t, ...rest }): Block => ({ kind: 'line-chart', ...t, ...rest }))

const bitString = fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 60 })
const bitField = fc
  .record({
    title,
    rows: fc.array(
      fc.record({
        label,
        sign: fc.constantFrom('', '0', '1'),
        exponent: bitString,
        fraction: bitString,
        notes: fc.array(fc.oneof(words, label), { maxLength: 5 }),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ title: t, ...rest }): Block => ({ kind: 'bit-field', ...t, ...rest }))

const numberLine = fc
  .record({
    title,
    points: fc.array(fc.record({ value: anyNumber, label: words, zone }), { maxLength: 60, size: 'max' }),
  })
  .map(({ title: t, ...rest }): Block => ({ kind: 'number-line', ...t, ...rest }))

const listing = fc
  .record({
    title,
    lines: fc.array(
      fc
        .record({
          number: fc.option(fc.nat(1e9)),
          indent: fc.nat(20),
          text: words,
          tone: fc.option(tone),
          remark: fc.option(label, { nil: undefined }),
        })
        .map(({ indent, text, remark, ...rest }) => ({
          ...rest,
          text: ' '.repeat(indent) + text,
          ...(remark ? { remark } : {}),
        })),
      { maxLength: 12 },
    ),
  })
  .map(({ title: t, ...rest }): Block => ({ kind: 'listing', ...t, ...rest }))

const axisOf = fc.record({ label, low: anyNumber, high: anyNumber })
const scatter = fc
  .record({
    title,
    x: axisOf,
    y: axisOf,
    sets: fc.array(label, { maxLength: 5 }),
    several: label,
    panels: fc.array(
      fc.record({ label, points: fc.array(fc.record({ x: numbers(40), y: numbers(40) }), { maxLength: 3 }) }),
      { maxLength: 5 },
    ),
  })
  .map(({ title: t, ...rest }): Block => ({ kind: 'scatter', ...t, ...rest }))

const note = fc
  .tuple(tone, words)
  .map(([t, text]): Block => ({ kind: 'note', code: 'said', tone: t, values: { text } }))

export const blocks: Readonly<Record<Block['kind'], fc.Arbitrary<Block>>> = {
  histogram,
  table,
  'line-chart': lineChart,
  'bit-field': bitField,
  'number-line': numberLine,
  listing,
  scatter,
  note,
}

const localized = fc.record({ en: words, zh: words })
const params = fc.dictionary(fc.constantFrom('scale', 'format', '=cmd', 'a'), fc.oneof(anyNumber, words, fc.boolean()))
const metrics = fc.dictionary(fc.constantFrom('lost', 'overflow', 'bitsKept', 'x', 'y', 'z', 'w', 'v'), anyNumber)

/** A whole Result around some blocks. */
export const resultOf = (some: fc.Arbitrary<Block[]>): fc.Arbitrary<Result> =>
  fc
    .record({
      params,
      metrics,
      subject: label,
      findings: fc.array(
        fc.tuple(tone, words).map(([t, text]) => ({ code: 'said', tone: t, values: { text } })),
        { maxLength: 3 },
      ),
      blocks: some,
      lesson: fc.record({
        title: localized,
        ask: localized,
        conclude: localized,
        slots: fc.constant({}),
        next: fc.array(words, { maxLength: 4 }),
        see: fc.array(words, { maxLength: 2 }),
      }),
      runs: fc.array(fc.record({ params, metrics }), { maxLength: 4 }),
      bare: fc.boolean(),
    })
    .map(({ bare, lesson, runs, subject, ...rest }): Result => {
      return bare ? { ...empty, ...rest } : { ...empty, ...rest, lesson, runs, subject }
    })

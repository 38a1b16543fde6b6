/** `calc`: expressions with one rounding per operation, as a trace; on paper where asked. */
import { encode } from '../format/encode.js'
import { exactPower, float64Of, rationalOf } from '../format/exact.js'
import { type Format, hasNaN } from '../format/format.js'
import { ulp } from '../format/ulp.js'
import type { Block, Cell, Finding, Result } from '../result/result.js'
import { codeOf, type EvaluateOptions, evaluate, type Step } from './calc/evaluate.js'
import { type Expression, parseExpression } from './calc/expression.js'
import { paper } from './calc/paper.js'
import type { Real } from './calc/real.js'
import * as real from './calc/real.js'

/** One expression, and where it was read. */
export interface Line {
  readonly text: string
  /** Of the file; absent for an expression given as argument. */
  readonly file?: string
  readonly line?: number
}

export interface CalcRequest extends EvaluateOptions {
  readonly lines: readonly Line[]
  /** Lay out every operation on paper. */
  readonly steps: boolean
}

const orNull = (x: number): number | null => (Number.isNaN(x) ? null : x)

/** How long an exact number may be where it stands, and how many digits stand for a longer one. */
interface Room {
  readonly room: number
  readonly digits: number
}
const narrow: Room = { room: 16, digits: 9 }
const roomy: Room = { room: 24, digits: 17 }

/** Zeros that 2 and 5 alone divide into a power of ten; undefined where another prime is left. */
function decimalPlaces(denominator: bigint): number | undefined {
  let rest = denominator
  let twos = 0
  let fives = 0
  for (; rest % 2n === 0n; twos++) rest /= 2n
  for (; rest % 5n === 0n; fives++) rest /= 5n
  return rest === 1n ? Math.max(twos, fives) : undefined
}

const divisor = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** The first digits; of what is outside float64's normal range, the power of two. */
function nearText(exact: Real, digits: number): string {
  const x = real.float64Near(exact)
  if (x === 0 || (Number.isFinite(x) && Math.abs(x) > 1e-300)) return shortOf(x, digits)
  const { numerator, denominator } = exact.low
  const size = numerator < 0n ? -numerator : numerator
  return `${x < 0 ? '-' : ''}2^${size.toString(2).length - denominator.toString(2).length}`
}

/** Every digit where they fit, an integer times a power of two where that fits, else the nearest float64 behind a ≈. */
export function exactText(exact: Real | undefined, { room, digits }: Room): string {
  if (!exact) return ''
  const near = `≈${nearText(exact, digits)}`
  if (!real.isExact(exact)) return near
  const { low } = exact
  if (low.denominator.toString(16).length > 400 || low.numerator.toString(16).length > 400) return near
  const common = divisor(low.numerator, low.denominator) || 1n
  const numerator = low.numerator / common
  const denominator = low.denominator / common
  const x = float64Of({ numerator, denominator })
  const power = Number.isFinite(x) && x !== 0 && real.compare(rationalOf(x), low) === 0 ? exactPower(x) : ''
  const few = power !== '' && power.length <= 10
  const places = decimalPlaces(denominator)
  if (places !== undefined && places <= room) {
    const size = ((numerator < 0n ? -numerator : numerator) * 10n ** BigInt(places)) / denominator
    const written = size.toString().padStart(places + 1, '0')
    const text = `${numerator < 0n ? '-' : ''}${written.slice(0, written.length - places)}${places > 0 ? `.${written.slice(-places)}` : ''}`
    if (text.length <= (few ? 14 : room)) return text
  }
  if (power !== '' && power.length <= room) return power
  return near
}

/** The shortest decimal of a float64, or of its first digits. */
const shortOf = (x: number, digits = 17): string =>
  String(digits < 17 && Number.isFinite(x) ? Number(x.toPrecision(digits)) : x).replace('e+', 'e')

/** The expression of a step: as written where it is short, else with the steps it takes for its operands. */
function stepText({ name, text, operands }: Step, steps: readonly Step[]): string {
  if (text.length <= 20) return text
  if (name === 'literal') return `${text.slice(0, 19)}…`
  const parts = operands.map((i) => {
    const operand = steps[i] as Step
    return operand.name === 'literal' && operand.text.length <= 10 ? operand.text : `#${i + 1}`
  })
  const signs: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/' }
  const sign = signs[name]
  if (sign !== undefined) return parts.join(` ${sign} `)
  return name === 'neg' ? `-${parts[0]}` : `${name}(${parts.join(', ')})`
}

/** A value as a number; a long one that is a few bits times a power of two as these. */
function valueCell(x: number): Cell {
  const power = Number.isFinite(x) ? exactPower(x) : ''
  return shortOf(x).length > 16 && power.length <= 10 && power !== '' ? power : x
}

/** Every rounding: what was exact, what became of it, and by how much it is off. */
const traceTable = (steps: readonly Step[], f: Format): Block => ({
  kind: 'table',
  columns: [
    { label: { name: '#' }, as: 'count' },
    { label: { code: 'calcExpression' }, as: 'text' },
    { label: { code: 'exactResult' }, as: 'number' },
    { label: { name: f.name }, as: 'exact' },
    { label: { code: 'errorInUlps' }, as: 'number' },
    { label: { code: 'fate' }, as: 'text' },
  ],
  rows: steps.map((step, i): Cell[] => [
    i + 1,
    stepText(step, steps),
    step.exact ? exactText(step.exact, narrow) : null,
    valueCell(step.value),
    orNull(step.ulps),
    { code: `fate-${step.fate}` },
  ]),
  tones: steps.map(({ fate }) => (fate === 'exact' || fate === 'rounded' || fate === 'subnormal' ? null : 'bad')),
})

/** How far the format and float64 have come from the true value by each operation. */
const errorTable = (steps: readonly Step[], f: Format): Block => ({
  kind: 'table',
  title: { code: 'calcSoFar' },
  columns: [
    { label: { name: '#' }, as: 'count' },
    { label: { name: f.name }, as: 'exact' },
    { label: { name: 'float64' }, as: 'exact' },
    { label: { code: 'calcTruth' }, as: 'number' },
    { label: { code: 'error' }, as: 'number' },
  ],
  rows: steps.flatMap((step, i): Cell[][] =>
    step.name === 'literal' && steps.length > 1
      ? []
      : [[i + 1, step.value, step.float64, step.truth ? exactText(step.truth, roomy) : null, orNull(step.error)]],
  ),
})

/** What the last step says about the whole expression. */
interface Answer {
  readonly value: number
  readonly code: number
  readonly exact: number
  readonly exactError: number
  readonly relativeError: number
  readonly ulpError: number
  readonly float64: number
  readonly float64Error: number
  readonly roundings: number
}

function answerOf(steps: readonly Step[], f: Format): Answer {
  const { value, truth, error, float64 } = steps.at(-1) as Step
  const exact = truth ? real.float64Near(truth) : Number.NaN
  const against = (x: number): number =>
    truth && Number.isFinite(x) ? real.float64Near(real.subtract(real.exactly(rationalOf(x)), truth)) : Number.NaN
  const share = (step: number): number => {
    if (!truth || !Number.isFinite(value) || !Number.isFinite(step) || step === 0) return Number.NaN
    const difference = real.subtract(real.exactly(rationalOf(value)), truth)
    return real.float64Near(real.divide(difference, real.exactly(rationalOf(step))) ?? difference)
  }
  const step = truth ? ulp(float64Of(truth.low, 'to-odd'), f) : Number.NaN
  return {
    value,
    code: Number.isNaN(value) && !hasNaN(f) ? Number.NaN : encode(value, f),
    exact,
    exactError: error,
    relativeError: Math.abs(share(exact)) || (error === 0 ? 0 : Number.NaN),
    ulpError: share(step),
    float64,
    float64Error: against(float64),
    roundings: steps.filter(({ exact: known, ulps }) => known !== undefined && ulps !== 0).length,
  }
}

/** The answer in a sentence, with float64's and the true value. */
function finding(text: string, answer: Answer, steps: readonly Step[], f: Format): Finding {
  const truth = steps.at(-1)?.truth
  const { value, float64, exactError, ulpError, roundings } = answer
  return {
    code: 'calcAnswer',
    tone: 'note',
    values: {
      text: text.length > 60 ? `${text.slice(0, 59)}…` : text,
      format: f.name,
      value: named(value),
      code: codeOf(value, f),
      float64: named(float64),
      exact: exactText(truth, roomy),
      error: exactError,
      ulps: ulpError,
      roundings,
    },
  }
}

/** The shortest decimal that reads back as x, and the names of the others. */
const named = (x: number): string => {
  if (Number.isNaN(x)) return 'NaN'
  if (!Number.isFinite(x)) return x > 0 ? 'Inf' : '-Inf'
  return Object.is(x, -0) ? '-0' : shortOf(x)
}

/** Said wherever it matters: no float64 function is behind them. */
const functionsNote: Block = { kind: 'note', code: 'calcFunctions', tone: 'note', values: {} }

/** Every line is read before the first is evaluated: a bad one is named and nothing is printed. */
function parsed({ lines }: CalcRequest): { line: Line; tree: Expression }[] {
  return lines.map((line) => {
    const { text, file, line: number } = line
    return { line, tree: parseExpression(text, file === undefined ? {} : { file, line: number }) }
  })
}

/** The expressions in the format. Throws 'invalid-expression' and as `arithmetic`. */
export function calc(request: CalcRequest): Result {
  const { format: f, rounding, overflow, seed } = request
  const several = request.lines.length > 1
  const done = parsed(request).map(({ line, tree }, i) => {
    const steps = evaluate(tree, request)
    const answer = answerOf(steps, f)
    return { text: line.text.trim(), name: `${line.line ?? i + 1}`, steps, answer }
  })
  return {
    schema: 1,
    scenario: 'calc',
    runner: 'calc',
    params: {
      expression: done.map(({ text }) => text).join('\n'),
      format: f.name,
      rounding,
      overflow,
      steps: request.steps,
    },
    seed,
    metrics: Object.fromEntries(
      done.flatMap(({ name, answer }) =>
        Object.entries(answer).map(([metric, x]) => [several ? `${name}.${metric}` : metric, x as number]),
      ),
    ),
    findings: several ? [] : done.map(({ text, answer, steps }) => finding(text, answer, steps, f)),
    blocks: done.flatMap(({ text, answer, steps }): Block[] => [
      ...(several ? [{ kind: 'note', ...finding(text, answer, steps, f) } as const] : []),
      traceTable(steps, f),
      ...(steps.some(({ name }) => name === 'exp' || name === 'log') ? [functionsNote] : []),
      errorTable(steps, f),
      ...(request.steps
        ? steps.flatMap((step, i) =>
            step.name === 'literal' && step.fate === 'exact' ? [] : [paper(steps, i, request)],
          )
        : []),
    ]),
  }
}

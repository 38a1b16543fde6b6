/** What one overflow does to a training: Inf, Inf − Inf = NaN, Adam's state, every weight. A real small run, not a story. */
import type { Format } from '../../format/format.js'
import { type RoundOptions, rounder } from '../../format/round.js'
import type { Block, Cell, Note, Values } from '../../result/result.js'

/** A least-squares fit y = w·x with Adam. */
const samples: readonly (readonly [number, number, number])[] = [
  [0.5, -1, 0.25],
  [1, 0.5, -0.5],
  [-0.75, 0.25, 1],
  [0.25, 1, 0.5],
]
const targets: readonly number[] = [0.3, -0.1, 0.6, 0.9]
const start: readonly number[] = [0.2, -0.3, 0.1]
const steps = 6
const learningRate = 0.05
const beta1 = 0.9
const beta2 = 0.999
const epsilon = 1e-8

/** The loss scale of the run, and the step whose targets hold outliers of alternating sign, large enough for FP16's top. */
const runScale = 65536
const outlierStep = 3
const outlier = 4

interface State {
  readonly weights: readonly number[]
  readonly m: readonly number[]
  readonly v: readonly number[]
}

/** One step of the record; gradient, m, v and weight are those of the first weight. */
export interface Row {
  readonly step: number
  /** What each sample adds to the scaled gradient of the first weight. */
  readonly added: readonly number[]
  readonly gradient: number
  readonly m: number
  readonly v: number
  readonly weight: number
  readonly loss: number
  readonly broken: number
  readonly skipped: boolean
}

const f32 = Math.fround

/** What each sample adds to each weight's scaled gradient: products in the format, as a backward pass in FP16 has them. */
function contributions(weights: readonly number[], shift: number, round: (x: number) => number): number[][] {
  return samples.map((inputs, i) => {
    const target = (targets[i] as number) + (i % 2 === 0 ? shift : -shift)
    const residual = inputs.reduce((sum, x, j) => sum + x * (weights[j] as number), 0) - target
    const scaled = round((2 / samples.length) * residual * runScale)
    return inputs.map((x) => round(scaled * x))
  })
}

const lossOf = (weights: readonly number[]): number =>
  samples.reduce((sum, inputs, i) => {
    const residual = inputs.reduce((s, x, j) => s + x * (weights[j] as number), 0) - (targets[i] as number)
    return sum + (residual * residual) / samples.length
  }, 0)

/** Adam in float32, bias correction with running products of the betas. */
function adam(state: State, gradients: readonly number[], step: number): State {
  let decay1 = 1
  let decay2 = 1
  for (let t = 0; t < step; t++) {
    decay1 *= beta1
    decay2 *= beta2
  }
  const m = state.m.map((value, j) => f32(beta1 * value + (1 - beta1) * (gradients[j] as number)))
  const v = state.v.map((value, j) =>
    f32(beta2 * value + (1 - beta2) * (gradients[j] as number) * (gradients[j] as number)),
  )
  const weights = state.weights.map((w, j) => {
    const corrected = (m[j] as number) / (1 - decay1)
    const root = Math.sqrt((v[j] as number) / (1 - decay2))
    return f32(w - (learningRate * corrected) / (root + epsilon))
  })
  return { weights, m, v }
}

/** The run in format f with a fixed loss scale; `skip` leaves out the steps whose gradients are not all finite. */
export function overflowRun(f: Format, { skip, rounding = {} }: { skip: boolean; rounding?: RoundOptions }): Row[] {
  const round = rounder(f, rounding)
  const rows: Row[] = []
  let state: State = { weights: start, m: start.map(() => 0), v: start.map(() => 0) }
  let taken = 0
  for (let step = 1; step <= steps; step++) {
    const added = contributions(state.weights, step === outlierStep ? outlier : 0, round)
    const sums = state.weights.map((_, j) => added.reduce((sum, row) => round(sum + (row[j] as number)), 0))
    const gradients = sums.map((g) => f32(g / runScale))
    const skipped = skip && !gradients.every(Number.isFinite)
    if (!skipped) {
      taken++
      state = adam(state, gradients, taken)
    }
    rows.push({
      step,
      added: added.map((row) => row[0] as number),
      gradient: gradients[0] as number,
      m: state.m[0] as number,
      v: state.v[0] as number,
      weight: state.weights[0] as number,
      loss: lossOf(state.weights),
      broken: state.weights.filter((w) => !Number.isFinite(w)).length,
      skipped,
    })
  }
  return rows
}

/** The step from which on the loss is never finite again, or undefined. */
const pointOfNoReturn = (rows: readonly Row[]): number | undefined => {
  const last = rows.findLastIndex(({ loss }) => Number.isFinite(loss))
  return rows[last + 1]?.step
}

/** The panel: the same run without and with the check that a loss scaler makes. */
export function contagionBlocks(f: Format, rounding: RoundOptions = {}): Block[] {
  const plain = overflowRun(f, { skip: false, rounding })
  const checked = overflowRun(f, { skip: true, rounding })
  const rows: Cell[][] = plain.map((row, i) => {
    const other = checked[i] as Row
    const action: Cell = other.skipped ? { code: 'skipped' } : other.weight
    return [row.step, row.gradient, row.m, row.v, row.weight, row.broken, row.loss, action, other.loss]
  })
  return [
    {
      kind: 'table',
      title: { code: 'contagion', values: { scale: runScale, step: outlierStep, weights: start.length } },
      columns: [
        { label: { code: 'step' }, as: 'count' },
        { label: { code: 'gradientOfFirst' }, as: 'number' },
        { label: { name: 'm' }, as: 'number' },
        { label: { name: 'v' }, as: 'number' },
        { label: { code: 'firstWeight' }, as: 'number' },
        { label: { code: 'brokenWeights' }, as: 'count' },
        { label: { code: 'loss' }, as: 'number' },
        { label: { code: 'ifSkipped' }, as: 'number' },
        { label: { code: 'lossIfSkipped' }, as: 'number' },
      ],
      rows,
      tones: plain.map((row) => (Number.isFinite(row.loss) ? null : 'bad')),
    },
    chainNote(f, plain),
  ]
}

const infinityText = (x: number): string => (x > 0 ? '+Inf' : '-Inf')

/** How the run was lost: two infinities that meet, or one that reaches Adam's division; or that it was not. */
function chainNote(f: Format, rows: readonly Row[]): Note {
  const note = (code: string, tone: Note['tone'], values: Values): Note => ({ kind: 'note', code, tone, values })
  const step = pointOfNoReturn(rows)
  if (step === undefined) return note('contagionHarmless', 'good', { format: f.name, step: outlierStep })
  const { added, gradient } = rows[step - 1] as Row
  const first = added.findIndex((x) => Math.abs(x) === Number.POSITIVE_INFINITY)
  const second = added.findIndex((x) => first >= 0 && x === -(added[first] as number))
  const weights = start.length
  if (first < 0 || second < 0) return note('contagionInf', 'bad', { step, gradient: String(gradient), weights })
  const inf = infinityText(added[first] as number)
  const other = infinityText(added[second] as number)
  return note('contagionChain', 'bad', { step, first: first + 1, inf, second: second + 1, other, weights })
}

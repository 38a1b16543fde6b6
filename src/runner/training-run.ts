/** What the lesson of one training step runs: an order of calls, or a loop of the course as written and repaired. */
import { format } from '../format/parse.js'
import { type Call, type Problem, runCalls, type Setup, type Trace } from '../train/step.js'
import type { Start } from '../train/step-model.js'
import type { Line, Loop } from './loops/loop.js'
import { callsOf, parseOrder, rightOrder } from './training-order.js'

export interface Given {
  readonly weight: number
  readonly activation: number
  readonly gradient: number
  readonly rest?: number | undefined
  readonly scale: number
  readonly lr: number
  readonly maxNorm: number
  readonly format: string
  readonly steps?: number | undefined
}

const usualRest = 0.5

export function setupOf(p: Given, loop?: Loop): Setup {
  const start: Start = {
    weight: p.weight,
    activation: p.activation,
    gradient: p.gradient,
    rest: p.rest ?? loop?.rest ?? usualRest,
  }
  return {
    nets: Array.from({ length: loop?.networks ?? 1 }, () => start),
    compute: format(p.format),
    storage: format(loop?.half ? p.format : 'fp32'),
    scale: p.scale,
    lr: p.lr,
    maxNorm: p.maxNorm,
    iterations: p.steps ?? loop?.iterations ?? 1,
  }
}

/** A machine without CUDA: autocast and scaler are off, everything is fp32. */
const withoutCuda = (setup: Setup): Setup => ({
  ...setup,
  compute: format('fp32'),
  storage: format('fp32'),
  enabled: false,
})

/** What makes an order or a loop wrong; a skipped step and a gradient that the format loses are no fault of the order. */
export const mistakesOf = (trace: Trace): readonly Problem[] =>
  trace.problems.filter(({ code }) => code !== 'skipped' && code !== 'lost')

/** Where the weight should be: real arithmetic, every step taken. The start is the fp32 weight that both begin with. */
export function exactWeight(setup: Setup, calls: readonly Call[], parts = 1): number {
  const [start] = setup.nets
  if (!start) return Number.NaN
  const gradient = parts * start.gradient * start.activation
  const rest = parts * start.rest
  const norm = Math.sqrt(gradient * gradient + rest * rest)
  const coefficient = calls.some(({ op }) => op === 'clip') ? Math.min(1, setup.maxNorm / (norm + 1e-6)) : 1
  return Math.fround(start.weight) - setup.iterations * setup.lr * coefficient * gradient
}

export interface OrderRun {
  readonly trace: Trace
  /** The same calls in the right order. */
  readonly right: Trace
  /** The right order without a scaler. */
  readonly plain: Trace
  /** The given calls in fp32 without a scaler: what is left over in .grad counts fully. */
  readonly unscaled: Trace
  readonly exact: number
  readonly missing: readonly string[]
}

export function runOrder(text: string | undefined, setup: Setup): OrderRun {
  const order = text === undefined ? rightOrder : parseOrder(text)
  const right = callsOf(rightOrder.filter((word) => word !== 'clip' || order.includes('clip')))
  const plain = right.map((call) => (call.op === 'step' ? { ...call, op: 'step-plain' as const } : call))
  const scaleless = plain.filter(({ op }) => op !== 'scale' && op !== 'unscale' && op !== 'update')
  const calls = callsOf(order)
  return {
    trace: runCalls(calls, setup),
    right: runCalls(right, setup),
    plain: runCalls(scaleless, setup),
    unscaled: runCalls(calls, withoutCuda(setup)),
    exact: exactWeight(setup, right),
    missing: order.includes('scale')
      ? (['zero_grad', 'update'] as const).filter((word) => !order.includes(word))
      : (['zero_grad'] as const).filter((word) => !order.includes(word)),
  }
}

/** A line with the number it has in the loop as written; lines that only the repair has come after all of them. */
export interface Numbered extends Line {
  readonly number: number
}

export function numbered(loop: Loop): readonly Numbered[] {
  let written = 0
  let added = loop.lines.length
  return loop.lines.map((line) => ({ ...line, number: line.only === 'repaired' ? ++added : ++written }))
}

const callsIn = (lines: readonly Numbered[], without: Line['only']): readonly Call[] =>
  lines.flatMap(({ does = [], nets, number, only }) =>
    only === without ? [] : does.map((op): Call => ({ op, line: number, ...(nets ? { nets } : {}) })),
  )

export interface LoopRun {
  readonly loop: Loop
  readonly lines: readonly Numbered[]
  readonly written: Trace
  readonly repaired: Trace
  /** As written on a machine without CUDA, where the scaler is off. */
  readonly unscaled: Trace
  readonly exact: number
  /** The line that goes wrong first, 0 where none does. */
  readonly errorLine: number
}

export function runLoop(loop: Loop, p: Given, softmaxLoses: boolean): LoopRun {
  const setup = setupOf(p, loop)
  const lines = numbered(loop)
  const written = runCalls(callsIn(lines, 'repaired'), setup)
  const calls = callsIn(lines, 'written')
  const declared = lines.find(({ wrong }) => wrong && (!loop.softmax || softmaxLoses))
  return {
    loop,
    lines,
    written,
    repaired: runCalls(calls, setup),
    unscaled: runCalls(callsIn(lines, 'repaired'), withoutCuda(setup)),
    exact: exactWeight(setup, calls, loop.parts),
    errorLine: mistakesOf(written)[0]?.line ?? declared?.number ?? 0,
  }
}

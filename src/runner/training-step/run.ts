/** What the lesson of one training step runs: an order of calls, or a loop of the course as written and repaired. */
import { format } from '../../format/parse.js'
import type { Start } from '../../train/step/model.js'
import { type Call, type Problem, runCalls, type Setup, type Trace } from '../../train/step.js'
import type { Line, Loop } from './loops/loop.js'
import { callsOf, parseOrder, rightOrder } from './order.js'

export interface Given {
  readonly weight: number
  readonly activation: number
  readonly gradient: number
  readonly rest?: number | undefined
  readonly scale: number
  readonly lr: number
  readonly maxNorm?: number | undefined
  readonly format: string
  readonly steps?: number | undefined
  /** The networks of the GAN whose other gradients are `rest`, too large at first; the others have the usual ones. */
  readonly inf?: 'd' | 'g' | 'both' | undefined
}

const usualRest = 0.5
const usualNorm = 1
/** A gradient that is Inf in FP16 at the first loss scale, and is not at half of it. */
const largeRest = 1.5

export function setupOf(p: Given, loop?: Loop): Setup {
  const rest = p.rest ?? loop?.rest ?? (p.inf ? largeRest : usualRest)
  const startOf = (network: 'd' | 'g'): Start => ({
    weight: p.weight,
    activation: p.activation,
    gradient: p.gradient,
    rest: p.inf === undefined || p.inf === 'both' || p.inf === network ? rest : usualRest,
  })
  return {
    nets: Array.from({ length: loop?.networks ?? 1 }, (_, i) => startOf(i === 0 ? 'd' : 'g')),
    compute: format(p.format),
    storage: format(loop?.half ? p.format : 'fp32'),
    scale: p.scale,
    lr: p.lr,
    maxNorm: p.maxNorm ?? usualNorm,
    // One iteration shows who is skipped.
    iterations: p.steps ?? (p.inf ? 1 : (loop?.iterations ?? 1)),
    parts: loop?.parts ?? 1,
  }
}

/** A machine without CUDA: autocast and scaler are off, everything is fp32. */
const withoutCuda = (setup: Setup): Setup => ({
  ...setup,
  compute: format('fp32'),
  storage: format('fp32'),
  enabled: false,
})

/** Clipping would hide how much is left over. */
const withoutClip = (calls: readonly Call[]): readonly Call[] => calls.filter(({ op }) => op !== 'clip')

const faultless: ReadonlySet<Problem['code']> = new Set(['skipped', 'lost', 'swallowed'])

/** What makes an order or a loop wrong; a skipped step, and what a format or a weight loses, are no fault of the order. */
export const mistakesOf = (trace: Trace): readonly Problem[] =>
  trace.problems.filter(({ code }) => !faultless.has(code))

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
  readonly calls: readonly Call[]
  readonly trace: Trace
  /** The same calls in the right order. */
  readonly right: Trace
  /** The right order for as many iterations as the given one came to: the twin of its last one. */
  readonly twin: Trace
  /** The right order without a scaler. */
  readonly plain: Trace
  /** The given calls in fp32 without scaler and clipping: what is left over in .grad counts fully. */
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
  const trace = runCalls(calls, setup)
  return {
    calls,
    trace,
    right: runCalls(right, setup),
    twin: runCalls(right, { ...setup, iterations: trace.iterations.length }),
    plain: runCalls(scaleless, setup),
    unscaled: runCalls(withoutClip(calls), withoutCuda(setup)),
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
  /** Of the repaired loop. */
  readonly calls: readonly Call[]
  readonly lines: readonly Numbered[]
  readonly written: Trace
  readonly repaired: Trace
  /** As written on a machine without CUDA, where the scaler is off, and without clipping. */
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
    calls,
    lines,
    written,
    repaired: runCalls(calls, setup),
    unscaled: runCalls(withoutClip(callsIn(lines, 'repaired')), withoutCuda(setup)),
    exact: exactWeight(setup, calls, loop.parts),
    errorLine: mistakesOf(written)[0]?.line ?? declared?.number ?? 0,
  }
}

/** Runs the calls of a training loop one by one, as written, and takes down what each of them does and what goes wrong. */
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { rounder } from '../format/round.js'
import { gradScaler } from './grad-scaler.js'
import { clip, descend, type Net, type Note, newNet, passes, type Row, type Start } from './step/model.js'

/** The calls of a loop with PyTorch's GradScaler. */
export const words = ['zero_grad', 'forward', 'scale', 'backward', 'unscale', 'clip', 'step', 'update'] as const
export type Word = (typeof words)[number]

/**
 * Besides: a scaler written by hand (multiply, divide in the gradient's own dtype or in fp32, check the gradients for Inf and
 * NaN, step always or only if the check found none, grow the scale or back off by what the check found), optimizer.step()
 * without scaler, scaler.step(model.parameters()), and BCELoss under autocast.
 */
export type Op =
  | Word
  | 'multiply'
  | 'divide'
  | 'divide-fp32'
  | 'step-plain'
  | 'check'
  | 'step-if-finite'
  | 'adjust'
  | 'step-parameters'
  | 'bce'

export interface Call {
  readonly op: Op
  /** Where it stands: the number of the call, or of the line in a listing. */
  readonly line: number
  /** The networks it concerns; the first one where it is not said. */
  readonly nets?: readonly number[]
}

export interface Setup {
  readonly nets: readonly Start[]
  readonly compute: Format
  /** dtype of .grad, fp32 where it is not said. */
  readonly storage?: Format
  readonly scale: number
  readonly lr: number
  readonly maxNorm: number
  readonly iterations: number
  /** Backward passes that one step adds up on purpose; 1 where it is not said. */
  readonly parts?: number
  /** false: GradScaler(enabled=False), as on a machine without CUDA. */
  readonly enabled?: boolean
}

/** What went wrong: the last time it did, and the first iteration in which it did. */
export interface Problem {
  readonly code:
    | 'error'
    | 'lost'
    | 'adds-up'
    | 'stuck'
    | 'scaled-twice'
    | 'accumulated'
    | 'clipped-scaled'
    | 'wrong-factor'
    | 'no-gradient'
    | 'divided-to-zero'
    | 'swallowed'
    | 'not-finite-applied'
    | 'skipped'
  readonly op: Op
  readonly line: number
  readonly iteration: number
  readonly values: Readonly<Record<string, number | string>>
}

export type Took = 'stepped' | 'skipped' | 'error' | 'none'

/** One iteration, from the side of the first network. */
export interface Iteration {
  readonly scale: number
  /** What the optimizer saw; null where it did not come to that. */
  readonly applied: number | null
  readonly outcome: Took
  /** The outcome for each network's optimizer. */
  readonly outcomes: readonly Took[]
  readonly weight: number
}

export interface Trace {
  /** The tensors after each call of the last iteration. */
  readonly rows: readonly Row[]
  readonly iterations: readonly Iteration[]
  readonly problems: readonly Problem[]
  readonly nets: readonly Net[]
  readonly scale: number
  /** Calls of step that came to a decision, whichever optimizer they were for, and those of them that were skipped. */
  readonly attempts: number
  readonly skipped: number
  /** Largest norm that clip met in the last iteration, and its factor; NaN where nothing was clipped. */
  readonly norm: number
  readonly coefficient: number
}

const f32 = Math.fround

/** Calls that concern one optimizer; a loss and its scale are one thing, however many networks they reach. */
const perOptimizer: ReadonlySet<Op> = new Set<Op>([
  'zero_grad',
  'unscale',
  'clip',
  'step',
  'divide',
  'divide-fp32',
  'step-plain',
  'step-if-finite',
])

interface Loss {
  value: number
  factor: number
  freed: boolean
  readonly nets: readonly number[]
}

/** A mistake that Python would stop at, in the form of gradScaler's own. */
const stop = (problem: string): FpsimError => new FpsimError('scaler-misuse', { problem })

/**
 * Exact in the sense of the machine: every operation is rounded once, as PyTorch does it (see step-model.ts), and the scaler
 * is gradScaler's state machine. Nothing is thrown for a wrong order: an error of the loop ends the run, as it would end
 * the script, and stands in `problems`. Gradients stay in .grad until zero_grad, unscaled in place as unscale_ and step do.
 */
export function runCalls(calls: readonly Call[], setup: Setup): Trace {
  const { compute, lr, maxNorm, enabled = true } = setup
  const storage = setup.storage ?? asFormat('fp32')
  const pass = passes(compute, storage)
  const toStorage = rounder(storage)
  const nets = setup.nets.map(newNet)
  const scaler = gradScaler({ initScale: setup.scale, enabled })
  let hand = setup.scale
  /** What a check of the gradients found; a loop without one goes on as if all were well. */
  let foundInf = false
  const problems = new Map<string, Problem>()
  const iterations: Iteration[] = []
  let rows: Row[] = []
  let loss: Loss | undefined
  let [attempts, skipped] = [0, 0]
  let [norm, coefficient] = [Number.NaN, Number.NaN]
  let applied: number | null = null
  let outcomes: Took[] = []
  /** Backward passes of this iteration, network by network. */
  let backwards: { count: number; call: Call }[] = []
  /** By what the last loss was multiplied before its backward pass. */
  let multiplied = 1
  let used = calls.some(({ op }) => op === 'scale' || op === 'multiply') ? setup.scale : 1
  let iteration = 0

  const report = (code: Problem['code'], { op, line }: Call, values: Problem['values']): void => {
    const key = `${code} ${line}`
    const first = problems.get(key)?.iteration ?? iteration
    problems.set(key, { code, op, line, iteration: first, values: { ...values, last: iteration } })
  }

  const gradientOf = (net: Net): number | null => (net.gradients ? (net.gradients[0][0] as number) : null)
  const allFinite = (net: Net): boolean => (net.gradients ?? []).every((g) => Number.isFinite(g[0]))

  /** What scaler.step calls when it finds nothing wrong. */
  const apply = (net: Net, index: number, call: Call, note: Note): void => {
    if (index === 0) applied = gradientOf(net)
    if (!net.gradients) report('no-gradient', call, {})
    else if (!allFinite(net)) report('not-finite-applied', call, { gradient: gradientOf(net) ?? 0 })
    else if (net.factor !== 1) report('wrong-factor', call, { factor: net.factor, multiplied })
    const parts = backwards[index]
    if (parts && parts.count > (setup.parts ?? 1)) report('accumulated', parts.call, { parts: parts.count })
    attempts++
    outcomes[index] = 'stepped'
    const before = net.w
    descend(net, lr)
    const swallowed = net.w === before && lr !== 0 && (gradientOf(net) ?? 0) !== 0
    note('w', net.w, 'fp32')
    if (swallowed) report('swallowed', call, { weight: before, update: lr * (gradientOf(net) as number) })
  }

  const skip = (index: number, call: Call, values: Problem['values']): void => {
    attempts++
    skipped++
    outcomes[index] = 'skipped'
    const first = problems.get(`skipped ${call.line}`)?.values['first'] ?? multiplied
    report('skipped', call, { ...values, first })
  }

  const optimizers = nets.map((net, index) => ({
    name: `optimizer ${index}`,
    dtype: storage.name,
    get gradients(): readonly Float32Array[] {
      return net.gradients ?? []
    },
    step: (): void => apply(net, index, current, noteFor(index)),
  }))
  let current: Call = { op: 'forward', line: 0 }
  const noteFor =
    (net: number): Note =>
    (tensor, value, dtype = '', fate = null) =>
      rows.push({ op: current.op, line: current.line, net, tensor, value, dtype, fate })

  const noteGradient = (net: Net, note: Note): void => note('w.grad', gradientOf(net), storage.name)

  const act: Record<Op, (net: Net, index: number, note: Note, call: Call) => void> = {
    zero_grad(net, index, note) {
      net.gradients = null
      delete backwards[index]
      net.factor = 1
      note('w.grad', null)
    },
    forward(_, __, ___, call) {
      const reached = call.nets ?? [0]
      const value = reached.reduce((sum, index) => f32(sum + pass.forward(nets[index] as Net, noteFor(index))), 0)
      loss = { value, factor: 1, freed: false, nets: reached }
    },
    scale(_, __, note, call) {
      if (!loss) throw stop('no-loss')
      used = scaler.getScale()
      const twice = loss.factor !== 1
      loss.value = scaler.scale(loss.value)
      loss.factor *= used
      if (twice) report('scaled-twice', call, { factor: loss.factor, scale: used })
      note('S·loss', loss.value, 'fp32')
    },
    multiply(_, __, note) {
      if (!loss) throw stop('no-loss')
      used = hand
      loss.value = f32(loss.value * hand)
      loss.factor *= hand
      note('S·loss', loss.value, 'fp32')
    },
    backward(_, __, ___, call) {
      if (!loss) throw stop('no-loss')
      if (loss.freed) throw stop('graph-freed')
      loss.freed = true
      multiplied = loss.factor
      for (const index of call.nets ?? loss.nets) {
        const net = nets[index] as Net
        backwards[index] = { count: (backwards[index]?.count ?? 0) + 1, call }
        const old = net.factor
        const wasFinite = allFinite(net)
        const { before, added, lost } = pass.backward(net, loss.factor, noteFor(index))
        const values = { factor: loss.factor, old, gradient: net.start.gradient * net.start.activation }
        if (lost) report('lost', call, values)
        if (before === null) continue
        const sum = gradientOf(net) as number
        // Two losses of one iteration add up on purpose: only what an earlier iteration left is a mistake.
        if (!leftover.has(index)) continue
        if (wasFinite) report('adds-up', call, { ...values, before, added, sum })
        else report('stuck', call, values)
      }
    },
    unscale(net, index, note) {
      scaler.unscale_(optimizers[index] as (typeof optimizers)[number])
      net.factor /= scaler.getScale()
      noteGradient(net, note)
    },
    divide(net, _, note, call) {
      const before = gradientOf(net) ?? 0
      for (const g of net.gradients ?? []) g[0] = toStorage((g[0] as number) / hand)
      net.factor /= hand
      const after = gradientOf(net) ?? 0
      note('w.grad', after, storage.name, after === 0 && before !== 0 ? 'underflow' : null)
      if (after === 0 && before !== 0) report('divided-to-zero', call, { before, scale: hand })
    },
    'divide-fp32'(net, _, note) {
      for (const g of net.gradients ?? []) g[0] = f32((g[0] as number) / hand)
      net.factor /= hand
      note('w.grad', gradientOf(net), 'fp32')
    },
    clip(net, _, note, call) {
      const result = clip(net, maxNorm)
      ;({ norm, coefficient } = result)
      if (net.factor !== 1 && net.gradients)
        report('clipped-scaled', call, {
          norm,
          coefficient,
          factor: net.factor,
          maxNorm,
          threshold: maxNorm / net.factor,
        })
      note('norm', norm, 'fp32')
      noteGradient(net, note)
    },
    step(net, index, note, call) {
      const before = gradientOf(net)
      const was = scaler.getScale()
      const unscales = scaler.stage(optimizers[index] as (typeof optimizers)[number]) === 'ready' && enabled
      if (unscales) net.factor /= was
      const stepped = scaler.step(optimizers[index] as (typeof optimizers)[number])
      if (stepped) return
      if (unscales && before !== null) noteGradient(net, note)
      note('w', net.w, 'fp32')
      skip(index, call, { scale: was, rest: net.start.rest })
    },
    update(_, __, note) {
      scaler.update()
      note('S', scaler.getScale(), 'fp32')
    },
    'step-plain': (net, index, note, call) => apply(net, index, call, note),
    'step-if-finite'(net, index, note, call) {
      if (!foundInf) return apply(net, index, call, note)
      note('w', net.w, 'fp32')
      skip(index, call, { scale: hand, rest: net.start.rest })
    },
    check(net) {
      foundInf = !allFinite(net)
    },
    adjust(_, __, note) {
      hand = foundInf ? Math.max(hand * 0.5, 1) : Math.min(hand * 2, 16777216)
      note('S', hand, 'float')
    },
    'step-parameters'() {
      if (!enabled) throw stop('no-step')
      // What has no param_groups is no optimizer: gradScaler refuses it as PyTorch does.
      scaler.step(nets as never)
    },
    bce() {
      throw stop('bce-autocast')
    },
  }

  /** Networks whose gradients are left from an earlier iteration. */
  let leftover = new Set<number>()
  for (iteration = 1; iteration <= setup.iterations; iteration++) {
    rows = []
    applied = null
    outcomes = nets.map((): Took => 'none')
    backwards = []
    foundInf = false
    leftover = new Set(nets.flatMap((net, index) => (net.gradients ? [index] : [])))
    try {
      for (const call of calls) {
        current = call
        if (call.op === 'zero_grad') for (const index of call.nets ?? [0]) leftover.delete(index)
        for (const index of perOptimizer.has(call.op) ? (call.nets ?? [0]) : [0])
          act[call.op](nets[index] as Net, index, noteFor(index), call)
      }
    } catch (error) {
      const problem = problemOf(error)
      noteFor(0)('error', null)
      report('error', current, { problem })
      outcomes[0] = 'error'
    }
    const outcome = outcomes[0] as Took
    iterations.push({ scale: used, applied, outcome, outcomes, weight: (nets[0] as Net).w })
    if (outcome === 'error') break
  }
  return {
    rows,
    iterations,
    problems: [...problems.values()],
    nets,
    scale: calls.some(({ op }) => op === 'multiply') ? hand : scaler.getScale(),
    attempts,
    skipped,
    norm,
    coefficient,
  }
}

/** The word for what a loop was stopped by; what is no mistake of the loop is thrown on. */
function problemOf(error: unknown): string {
  if (error instanceof FpsimError && error.code === 'scaler-misuse') return String(error.values['problem'])
  throw error
}

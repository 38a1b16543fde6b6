/** Optimizers' updates over slabs, in float32 or in narrower formats: the bits of train/optimizer.ts and weights.ts. */

/*
 * Every operation is rounded once, in the order of those files, which is PyTorch's. The scalars are taken as they are: what
 * they are rounded to and how they are formed (bias corrections, lr · weightDecay) is the caller's matter. NaN results are
 * canonical.
 */
import { powerOfTwo } from '../format/bits.js'
import { type Format, fractionBits } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import type { Slab } from './arena.js'
import { keyOf } from './key.js'
import { machine, views } from './machine.js'

const fp32 = asFormat('fp32')

/** Whether optimizers can be computed in a format here: one with infinities, subnormals and −0, within float32. */
export const canOptimizeIn = (f: Format): boolean =>
  f.signed &&
  f.subnormals &&
  f.negativeZero &&
  f.specials === 'ieee' &&
  f.precision >= 2 &&
  f.precision <= 24 &&
  f.emin >= -126 &&
  f.emax >= 1 &&
  f.emax <= 127

/** Tells the kernels the formats of their places: what operations are rounded to, what is stored, what is drawn to. */
function setFormats(...formats: readonly Format[]): void {
  for (const [place, f] of formats.entries()) {
    const { emin, emax } = f
    machine().setNarrow(
      place,
      powerOfTwo(emin),
      powerOfTwo(emax + 1),
      powerOfTwo(52 - fractionBits(f)),
      powerOfTwo(1023 - emax),
      powerOfTwo(emax - 1023),
    )
  }
}

/** What operations are rounded to, and what is kept of their results. Default fp32. */
export interface RuleFormats {
  readonly compute?: Format
  readonly state?: Format
}

export interface AdamScalars {
  readonly beta1: number
  /** 1 − beta1. */
  readonly rest1: number
  readonly beta2: number
  readonly rest2: number
  readonly eps: number
  /** Adds l2 · weight to the gradient; 0: not at all. */
  readonly l2: number
  /** −lr / (1 − beta1^t). */
  readonly rate: number
  /** sqrt(1 − beta2^t). */
  readonly root: number
}

/**
 * m = m·beta1 + rest1·g; v = v·beta2 + (rest2·g)·g; delta = (rate·m) / (sqrt(v) / root + eps). `first` and `second` hold m
 * and v, which are stored in `state` and read as stored. `delta` may lie on the gradients.
 */
export function adam(
  delta: Slab,
  { weights, gradients, first, second }: Readonly<Record<'weights' | 'gradients' | 'first' | 'second', Slab>>,
  { beta1, rest1, beta2, rest2, eps, l2, rate, root }: AdamScalars,
  { compute = fp32, state = fp32 }: RuleFormats = {},
): void {
  const single = compute === fp32 && state === fp32
  if (!single) setFormats(compute, state)
  machine()[single ? 'adam32' : 'adamNarrow'](
    delta.at,
    weights.at,
    gradients.at,
    first.at,
    second.at,
    delta.length,
    beta1,
    rest1,
    beta2,
    rest2,
    eps,
    l2,
    rate,
    root,
  )
}

export interface DescentScalars {
  readonly momentum: number
  /** 1 − dampening. */
  readonly damp: number
  readonly l2: number
  /** −lr. */
  readonly rate: number
  readonly nesterov?: boolean
}

/**
 * SGD: delta = rate · g. With a buffer, stored in `state`: buffer = buffer·momentum + damp·g (on the first step g alone), and
 * delta = rate · buffer, or with nesterov rate · (g + momentum · buffer). `delta` may lie on the gradients.
 */
export function descend(
  delta: Slab,
  {
    weights,
    gradients,
    buffer,
    first,
  }: {
    readonly weights: Slab
    readonly gradients: Slab
    readonly buffer?: Slab | undefined
    /** Whether this is the first step: default false. */
    readonly first?: boolean
  },
  { momentum, damp, l2, rate, nesterov = false }: DescentScalars,
  { compute = fp32, state = fp32 }: RuleFormats = {},
): void {
  const single = compute === fp32 && state === fp32
  if (!single) setFormats(compute, state)
  const buffering = buffer === undefined ? 0 : first ? 1 : 2
  const place = (buffer ?? delta).at
  machine()[single ? 'descend32' : 'descendNarrow'](
    delta.at,
    weights.at,
    gradients.at,
    place,
    delta.length,
    buffering,
    nesterov,
    momentum,
    damp,
    l2,
    rate,
  )
}

/** Updates that are not 0, and of them those that changed nothing of what is kept of their weight. */
export interface Moved {
  readonly updates: number
  readonly lost: number
}

const counted = (): Moved => {
  const { uint32 } = views()
  const at = machine().results.value / 4
  return { updates: uint32[at] as number, lost: uint32[at + 1] as number }
}

export interface MoveOptions {
  /** Default: none. */
  readonly decay?: number | undefined
  /** What both operations are rounded to. Default fp32. */
  readonly format?: Format
  /** Kahan's: what earlier additions could not place, and now what these could not. */
  readonly rest?: Slab | undefined
}

/** weights = weights · decay + delta, without a decay weights + delta; with a rest compensated as in weights.ts. */
export function move(weights: Slab, delta: Slab, { decay, format = fp32, rest }: MoveOptions = {}): Moved {
  const m = machine()
  const [n, decays, factor] = [weights.length, decay !== undefined, decay ?? 1]
  if (rest !== undefined) {
    setFormats(format)
    m.moveKahan(weights.at, rest.at, delta.at, n, decays, factor)
  } else if (format === fp32) m.move32(weights.at, delta.at, n, decays, factor)
  else {
    setFormats(format)
    m.moveNarrow(weights.at, delta.at, n, decays, factor)
  }
  return counted()
}

export interface DrawnMoveOptions {
  readonly decay?: number | undefined
  /** What both operations are rounded to. */
  readonly master: Format
  /** What the sum is then rounded to, stochastically. */
  readonly format: Format
  /** Weight i takes the draw `uniform(seed, first + i)`. */
  readonly seed: number
  readonly first: number
}

/** The same with one stochastic rounding at the end; nothing is told of lost updates, for chance decides. */
export function moveByChance(weights: Slab, delta: Slab, o: DrawnMoveOptions): Omit<Moved, 'lost'> {
  const { decay, master, format, seed, first } = o
  setFormats(master, master, format)
  const [k0, k1] = keyOf(seed)
  machine().moveStochastic(weights.at, delta.at, weights.length, decay !== undefined, decay ?? 1, first, k0, k1)
  return { updates: counted().updates }
}

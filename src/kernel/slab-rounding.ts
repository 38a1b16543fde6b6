/** Rounding of slabs in place, and what became of the values. */
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import { type Format, hasInfinity, largest } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { fateRounder } from '../format/round.js'
import { type Slab, valuesOf } from './arena.js'
import { drawsFrom } from './draws.js'
import { machine, views } from './machine.js'
import { type Kernel, kernelOf, kindOf, type Plan, planOf, type QuantizeOptions } from './quantize.js'

/** What became of the values rounded; a rounder adds to them. */
export interface Losses {
  /** All values rounded. */
  values: number
  /** Nonzero before, 0 now. */
  lost: number
  /** Finite before; rounded with unbounded exponent beyond the largest finite: Inf, NaN or clamped now. */
  overflow: number
  /** NaN or ±Inf before. */
  nonfinite: number
}

export const newLosses = (): Losses => ({ values: 0, lost: 0, overflow: 0, nonfinite: 0 })

export interface RoundSlabOptions {
  /** Where the values are read, as many; default the slab itself. */
  readonly from?: Slab
  /** Stochastic: value i of the slab takes the draw number first + i. A multiple of 1024; default 0. */
  readonly first?: number
  /** Where to count; without it nothing is counted, which is faster. */
  readonly losses?: Losses
}

export type SlabRounder = (slab: Slab, o?: RoundSlabOptions) => void

/** Rounds n values from one address to another (or the same), the first being number `first`. */
type Work = (at: number, from: number, n: number, first: number) => void

const infinityBits = 0x7f800000
const nanBits = 0x7fc00000
const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0] as number

/** The bits of the least float32 that overflows when it is rounded to nearest-even: the tie above the largest finite, or the next. */
function overflowBits(f: Format): number {
  const top = largest(f)
  const tie = bitsOf(top + powerOfTwo(f.emax - f.precision))
  return fateRounder(f)(top + powerOfTwo(f.emax - f.precision)).beyond ? tie : tie + 1
}

/** The kernels that leave their counts in the module's results, where there are some for the plan. */
function countedOf(plan: Plan): Work | undefined {
  const { path, f, saturate, key } = plan
  const m = machine()
  const { precision, emin, emax } = f
  if (path === 'nearest32' || path === 'nearestWide32') {
    const half = bitsOf(powerOfTwo(emin - precision))
    const limit = overflowBits(f)
    const round = inGroups(plan)
    const twice: Work = (at, from, n, first) => {
      m.countNearest32(from, n, half, limit)
      round(at, from, n, first)
    }
    if (!isHurried(plan)) return twice
    const [kind, top] = [kindOf(f, saturate), largest(f)]
    return (at, from, n, first) => {
      // Whole groups in one pass; a slab with less behind them counts and rounds that by itself.
      if (n % 16 > 0) return twice(at, from, n, first)
      m.countedNearestFrom32(at, from, n, kind, emin, emax, precision, top, half, limit)
    }
  }
  const top = largest(f)
  const clamps = saturate || f.specials === 'none'
  const beyond = clamps ? bitsOf(top) : hasInfinity(f) ? infinityBits : nanBits
  const bare = !f.negativeZero
  const copied =
    (work: (at: number, n: number, first: number) => void): Work =>
    (at, from, n, first) => {
      if (from !== at) m.copyRows32(at, 0, from, 0, 1, n)
      work(at, n, first)
    }
  if (path === 'stochastic32')
    return copied((at, n, first) =>
      m.countedStochastic32(at, n, emin, emax, precision, top, beyond, bare, first, key[0], key[1]),
    )
  if (path === 'stochasticWide32')
    return copied((at, n, first) => m.countedStochasticWide32(at, n, precision, top, beyond, first, key[0], key[1]))
  return undefined
}

/** float32 itself, where rounding changes nothing but NaNs. */
const isSame = ({ f, saturate }: Plan): boolean =>
  f.precision === 24 && f.emin === -126 && f.emax === 127 && f.specials === 'ieee' && f.negativeZero && !saturate

/** Values copied at a time before they are rounded where they lie: few enough to stay in the nearest cache. */
const block = 4096

/** Whether the hurried kernel has the format. */
const isHurried = ({ path, f }: Plan): boolean => path === 'nearest32' && f.precision <= 20 && f.negativeZero

/** Whole groups, from one address to another: hurried for the usual formats, else copied and rounded in place. */
function wholeGroups(plan: Plan): (to: number, from: number, n: number, first: number, kernel: Kernel) => void {
  const { path, f, saturate } = plan
  const m = machine()
  const { emin, emax, precision } = f
  const [kind, top] = [kindOf(f, saturate), largest(f)]
  if (isHurried(plan)) return (to, from, n) => m.nearestFrom32(to, from, n, kind, emin, emax, precision, top)
  if (path === 'nearestWide32') return (to, from, n) => m.nearestWideFrom32(to, from, n, precision, saturate)
  return (to, from, n, first, kernel) => {
    if (from === to) kernel(to, n, first, true)
    else
      for (let i = 0; i < n; i += block) {
        const count = Math.min(block, n - i)
        m.copyRows32(to + 4 * i, 0, from + 4 * i, 0, 1, count)
        kernel(to + 4 * i, count, first + i, true)
      }
  }
}

/** By the kernels of `quantize` and their like, which take whole groups: what is left goes by way of their block. */
function inGroups(plan: Plan): Work {
  const group = plan.rounding === 'stochastic' ? 1024 : 16
  const many = wholeGroups(plan)
  return (at, from, n, first) => {
    // Made anew: it may set the rounding in force.
    const kernel = kernelOf(plan)
    const left = n % group
    const whole = n - left
    if (whole > 0) many(at, from, whole, first, kernel)
    if (left === 0) return
    const { block32, float32 } = views()
    const [place, source] = [at / 4 + whole, from / 4 + whole]
    block32.set(float32.subarray(source, source + left))
    kernel(block32.byteOffset, left, first + whole, true)
    float32.set(block32.subarray(0, left), place)
  }
}

/**
 * A function that rounds slabs, in place or from another: every value as `quantize` does, stochastic with the draw `uniform(seed, first +
 * i)`; with `losses` it counts, too. Into fp32 only NaNs change. Throws as `quantize`, and 'invalid-value' for a bad `first`.
 */
export function slabRounder(f: Format | string, o: Omit<QuantizeOptions, 'inPlace'> = {}): SlabRounder {
  const target = asFormat(f)
  const plan = planOf(target, 'fp32', o)
  const counted = countedOf(plan)
  const bare = inGroups(plan)
  const same = isSame(plan)
  const m = machine()
  return (slab, { from = slab, first = 0, losses } = {}) => {
    if (!(Number.isSafeInteger(first) && first >= 0 && first % 1024 === 0))
      throw new FpsimError('invalid-value', { option: 'first', value: first, allowed: '0, 1024, 2048 …' })
    const { at, length } = slab
    if (losses) losses.values += length
    if (!same && !losses) return bare(at, from.at, length, first)
    if (!same && counted) {
      counted(at, from.at, length, first)
      if (losses) addCounts(losses)
      return
    }
    if (from.at !== at) m.copyRows32(at, 0, from.at, 0, 1, length)
    if (!same && losses) return byFates(target, o, slab, first, losses)
    if (!losses) return m.canonicalSlab(at, length)
    const nonfinite = m.countedSame32(at, length)
    if (nonfinite > 0) m.canonicalSlab(at, length)
    losses.nonfinite += nonfinite
  }
}

function addCounts(losses: Losses): void {
  const { uint32 } = views()
  const at = machine().results.value / 4
  losses.lost += uint32[at] as number
  losses.overflow += uint32[at + 1] as number
  losses.nonfinite += uint32[at + 2] as number
}

/** One value after another: every format and mode. */
function byFates(
  f: Format,
  { seed = 1, ...how }: Omit<QuantizeOptions, 'inPlace'>,
  slab: Slab,
  first: number,
  losses: Losses,
): void {
  const values = valuesOf(slab)
  const draw = drawsFrom(seed, first)
  let i = 0
  const rounded = fateRounder(f, { ...how, random: () => draw(i) })
  for (; i < values.length; i++) {
    const x = values[i] as number
    const { value, fate, beyond } = rounded(x)
    values[i] = value
    if (!Number.isFinite(x)) losses.nonfinite++
    else if (fate === 'underflow') losses.lost++
    else if (beyond) losses.overflow++
  }
  machine().canonicalSlab(slab.at, slab.length)
}

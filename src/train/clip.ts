/** Gradient clipping as the frameworks do it: by norm, by value, tensor by tensor; pure functions over float32 tensors. */
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { type ClipFramework, clipRule } from './clip/rules.js'
import { nearest } from './optimizer/nearest.js'

const f32 = Math.fround

export type Gradients = readonly Float32Array[]

/** Of PyTorch's vectorized sum of squares: element i goes to lane i mod 8. */
const lanes = 8

/**
 * The Euclidean norm, every square, sum and the root rounded to `format` (default fp32), nearest-even. Exact in the sense of
 * the machine: equal to torch.norm of PyTorch 1.13.1 on the CPU bit for bit, in fp32 (eight lanes, then the lanes in order,
 * then the rest) and in fp16 (one sum, so that it stalls, and an element of 256 makes it Inf). NaN gives NaN, ±Inf Inf,
 * no elements 0; squares under- and overflow. In fp16 and the like the elements are rounded to the format first.
 */
export function normOf(values: ArrayLike<number>, format: Format | string = 'fp32'): number {
  const f = asFormat(format)
  const rounded = nearest(f)
  const single = f.name === 'fp32'
  let rest = single ? values.length - (values.length % lanes) : 0
  const sums = new Float64Array(lanes)
  for (let i = 0; i < rest; i++) {
    const x = values[i] as number
    sums[i % lanes] = f32((sums[i % lanes] as number) + f32(x * x))
  }
  let sum = sums[0] as number
  for (let lane = 1; lane < lanes; lane++) sum = rounded(sum + (sums[lane] as number))
  for (; rest < values.length; rest++) {
    const x = rounded(values[rest] as number)
    sum = rounded(sum + rounded(x * x))
  }
  return rounded(Math.sqrt(sum))
}

/** The norm of all tensors together: the norm of their norms, in the roundings of `normOf`. */
export const totalNorm = (gradients: Gradients, format: Format | string = 'fp32'): number =>
  normOf(
    gradients.map((g) => normOf(g, format)),
    format,
  )

export { type ClipFramework, type ClipRule, clipFrameworks, clipRule } from './clip/rules.js'

export interface ClipOptions {
  /** The threshold, above 0. */
  readonly max: number
  /** Default pytorch. */
  readonly framework?: ClipFramework
  /** The format in which the norm is summed; default fp32. */
  readonly format?: Format | string
  /** The loss scale on the gradients; default 1. Every result is unscaled, whatever the order. */
  readonly scale?: number
  /**
   * Default after: unscaled, then clipped; a framework that fuses both is always right. before: clipped while the loss
   * scale is still on them, which makes max / scale the threshold.
   */
  readonly order?: 'after' | 'before'
  /** Throw 'invalid-value' where the norm is NaN or Inf: PyTorch's error_if_nonfinite. Default false. */
  readonly errorIfNonfinite?: boolean
}

export interface Clipped {
  /** The norm the framework compared: of the unscaled gradients, except with order before. */
  readonly norm: number
  /** What clipping multiplied by, apart from the loss scale; per tensor that of each. */
  readonly factors: readonly number[]
  readonly gradients: Float32Array<ArrayBuffer>[]
}

const times = (g: Float32Array, factor: number): Float32Array<ArrayBuffer> =>
  factor === 1 ? Float32Array.from(g) : Float32Array.from(g, (x) => x * factor)

/** Unscaling as GradScaler does it: times float32(1 / scale); untouched at 1. */
const unscale = (gradients: Gradients, scale: number): Float32Array<ArrayBuffer>[] =>
  gradients.map((g) => times(g, f32(1 / scale)))

function check({ max, scale = 1 }: ClipOptions): void {
  for (const [option, value] of Object.entries({ max, scale }))
    if (!(value > 0)) throw new FpsimError('invalid-value', { option, value, problem: 'not-above', limit: 0 })
}

/**
 * Clips by the norm of all tensors together. Exact in the sense of the machine: float32, each operation rounded once in the
 * framework's order; PyTorch's is checked bit for bit. Nothing is thrown for what is not finite: a norm of Inf makes finite
 * gradients 0 and infinite ones NaN (keras: all NaN), a norm of NaN makes all NaN, except where a comparison decides
 * (megatron, deepspeed, fairseq: NaN compares false, nothing is clipped). The norm is summed as PyTorch sums it for all of
 * them: the others' order depends on their devices.
 */
export function clipByNorm(gradients: Gradients, o: ClipOptions): Clipped {
  check(o)
  const { max, format, scale = 1, order = 'after', framework = 'pytorch' } = o
  const rule = clipRule(framework)
  const finite = (norm: number): number => {
    if (o.errorIfNonfinite && !Number.isFinite(norm))
      throw new FpsimError('invalid-value', { option: 'norm', value: String(norm), problem: 'not-finite' })
    return norm
  }
  if (order === 'after' && rule.unscaled) {
    const norm = finite(totalNorm(gradients, format))
    const factor = rule.factor(norm, max, scale)
    const share = f32(factor * scale)
    return { norm: rule.unscaled(norm, scale), factors: [share], gradients: gradients.map((g) => times(g, factor)) }
  }
  const given = order === 'after' ? unscale(gradients, scale) : gradients
  const norm = finite(totalNorm(given, format))
  const factor = rule.factor(norm, max, 1)
  const clipped = given.map((g) => times(g, factor))
  return { norm, factors: [factor], gradients: order === 'after' ? clipped : unscale(clipped, scale) }
}

/**
 * Clips every tensor by its own norm: each on its own as `clipByNorm`, or as the framework does it there (keras: clipnorm
 * beside global_clipnorm). `norm` is that of all together.
 */
export function clipPerTensor(gradients: Gradients, o: ClipOptions): Clipped {
  const alone = clipRule(o.framework ?? 'pytorch').alone
  const each = gradients.map((g) => {
    const one = clipByNorm([g], o)
    if (!alone) return one
    const { scale = 1, order = 'after', max } = o
    const [given = g] = order === 'after' ? unscale([g], scale) : [g]
    const clipped = [given.map((x) => alone(x, one.norm, max))]
    return { ...one, gradients: order === 'after' ? clipped : unscale(clipped, scale) }
  })
  return {
    norm: normOf(
      each.map(({ norm }) => norm),
      o.format,
    ),
    factors: each.flatMap(({ factors }) => factors),
    gradients: each.flatMap((one) => one.gradients as Float32Array<ArrayBuffer>[]),
  }
}

/**
 * Clamps every element to ±max, as clip_grad_value_. Exact but for max, which is rounded to float32. NaN stays NaN, ±Inf
 * becomes ±max, −0 stays. `factors` is empty: there is no common one.
 */
export function clipByValue(gradients: Gradients, o: ClipOptions): Clipped {
  check(o)
  const { scale = 1, order = 'after', format } = o
  const bound = f32(o.max)
  const given = order === 'after' ? unscale(gradients, scale) : gradients
  const clipped = given.map((g) => Float32Array.from(g, (x) => (x > bound ? bound : x < -bound ? -bound : x)))
  return {
    norm: totalNorm(given, format),
    factors: [],
    gradients: order === 'after' ? clipped : unscale(clipped, scale),
  }
}

export const clipMethods = { norm: clipByNorm, value: clipByValue, 'per-tensor': clipPerTensor } as const
export type ClipMethod = keyof typeof clipMethods

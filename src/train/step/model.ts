/** The smallest network that a training step can be laid open on: two weights, a loss linear in both, every operation rounded. */
import type { Fate, Format } from '../../format/format.js'
import { fateRounder, type Rounded } from '../../format/round.js'
import { clipByNorm } from '../clip.js'

const f32 = Math.fround

/** What a network starts from. The loss is rest · v + gradient · y with y = weight · activation. */
export interface Start {
  /** The followed weight w, kept in fp32. */
  readonly weight: number
  /** Its input. */
  readonly activation: number
  /** dL/dy: what the layers behind pass back. */
  readonly gradient: number
  /** dL/dv: the gradient of all the other weights, taken as one weight v. */
  readonly rest: number
}

export interface Net {
  readonly start: Start
  w: number
  v: number
  /** .grad of w and of v: null until a backward pass fills it. */
  gradients: readonly [Float32Array, Float32Array] | null
  /** By what the gradients are too large at present: 1 when they are right, the loss scale after a scaled backward pass. */
  factor: number
}

/** One line of the record: a tensor after a call. */
export interface Row {
  readonly op: string
  readonly line: number
  readonly net: number
  readonly tensor: string
  /** null where the tensor does not exist. */
  readonly value: number | null
  readonly dtype: string
  readonly fate: Fate | null
}

/** Takes down a tensor after a call. */
export type Note = (tensor: string, value: number | null, dtype?: string, fate?: Fate | null) => void

/** Large enough that a loss which falls with it stays positive for some steps. */
const firstV = 8

export const newNet = (start: Start): Net => ({
  start,
  w: f32(start.weight),
  v: firstV,
  gradients: null,
  factor: 1,
})

export interface Pass {
  /** The loss, in fp32 as autocast keeps it. */
  forward(net: Net, note: Note): number
  /** Adds the gradients of `factor` times the loss; says what became of w's on the way. */
  backward(net: Net, factor: number, note: Note): { before: number | null; added: number; lost: boolean }
}

/** The worst that a tensor met: what decides whether there is something to see in its row. */
const lostIn = (...steps: readonly Rounded[]): boolean => steps.some(({ fate }) => fate === 'underflow')

/**
 * Forward and backward pass in the order of PyTorch's autocast: weights and inputs are cast to `compute`, the products are
 * rounded to it once, the loss is fp32, its gradient is cast back to `compute`, and .grad has the dtype of the weight:
 * `storage`, fp32 unless the model itself was made half. Each operation is rounded once, nearest-even.
 */
export function passes(compute: Format, storage: Format): Pass {
  const cast = fateRounder(compute)
  const stored = fateRounder(storage)
  return {
    forward(net, note) {
      const { activation, gradient, rest } = net.start
      const w = cast(net.w)
      note('w', w.value, compute.name, w.fate)
      const y = cast(w.value * cast(activation).value)
      note('y', y.value, compute.name, y.fate)
      const loss = f32(f32(f32(rest) * cast(net.v).value) + f32(f32(gradient) * y.value))
      note('loss', loss, 'fp32')
      return loss
    },
    backward(net, factor, note) {
      const { activation, gradient, rest } = net.start
      const dy = cast(f32(factor * f32(gradient)))
      note('dL/dy', dy.value, compute.name, dy.fate)
      const dw = cast(dy.value * cast(activation).value)
      const dv = cast(f32(factor * f32(rest)))
      const old = net.gradients
      const [w, v] = [(old?.[0][0] ?? 0) + dw.value, (old?.[1][0] ?? 0) + dv.value].map((sum) => stored(f32(sum)))
      const [gw, gv] = [w as Rounded, v as Rounded]
      net.gradients = [Float32Array.of(gw.value), Float32Array.of(gv.value)]
      net.factor = factor
      // Where the exact gradient is 0 there is nothing to lose.
      const lost = gradient !== 0 && activation !== 0 && lostIn(dy, dw, gw) && gw.value === 0
      note('w.grad', gw.value, storage.name, lost ? 'underflow' : dw.fate === 'exact' ? gw.fate : dw.fate)
      note('v.grad', gv.value, storage.name, dv.fate)
      return { before: old ? (old[0][0] as number) : null, added: dw.value, lost }
    },
  }
}

/** torch.nn.utils.clip_grad_norm_ on both gradients: see clip.ts. Without gradients the norm is 0. */
export function clip(net: Net, maxNorm: number): { norm: number; coefficient: number } {
  const { norm, factors, gradients } = clipByNorm(net.gradients ?? [], { max: maxNorm })
  const [w, v] = gradients
  if (w && v) net.gradients = [w, v]
  return { norm, coefficient: factors[0] as number }
}

/** SGD: w − lr · gradient in fp32, two roundings. */
export function descend(net: Net, lr: number): void {
  if (!net.gradients) return
  const [w, v] = net.gradients
  net.w = f32(net.w - f32(f32(lr) * (w[0] as number)))
  net.v = f32(net.v - f32(f32(lr) * (v[0] as number)))
}

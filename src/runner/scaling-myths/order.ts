/** A myth about the order of a step: that the scale may be updated before the gradients are divided by it. */
import { lossScaler } from '../../train/loss-scale.js'
import { runOrder } from '../../train/run-order.js'
import { type FrameworkOrder, orders, updatesBeforeUnscale } from '../../train/scaler-order.js'
import { growingState, growsAfter } from '../frameworks/scaling.js'
import { type Evidence, label, type Setting } from './myth.js'

/** A gradient of norm 5. */
const direction: readonly number[] = [3, 4]

/** The share of the gradient that reaches the optimizer at an ordinary step, and at the one on which the scale grows. */
function arriving(order: FrameworkOrder, scale: number): { usual: number; growing: number } {
  const scaler = lossScaler(order.policy, { initScale: scale })
  // Sized so that FP16 holds it at this scale and at twice of it.
  const gradient = Float32Array.from(direction, (g) => (g * 1024) / scale)
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
  const share = (state: ReturnType<typeof scaler.init>): number => {
    const { update } = runOrder(order, { gradient, scaler, state })
    return update ? norm(update) / norm(gradient) : Number.NaN
  }
  return { usual: share(scaler.init()), growing: share(growingState(scaler)) }
}

/** Unscaling with the scale of the next step. */
export function updateOrder({ scale }: Setting): Evidence {
  const rows = orders.map((order) => ({ order, ...arriving(order, scale) }))
  const early = rows.filter(({ order }) => updatesBeforeUnscale(order))
  const growing = (some: typeof rows) => Math.min(...some.map((row) => row.growing))
  const rest = rows.filter((row) => !early.includes(row))
  const metrics = { earlyUpdateNorm: growing(early), lateUpdateNorm: growing(rest) }
  return {
    verdict: metrics.earlyUpdateNorm < 0.999 * metrics.lateUpdateNorm ? 'wrong' : 'true',
    metrics,
    values: {
      ...metrics,
      names: early.map(({ order }) => order.name).join(', '),
      steps: Math.min(...early.map(({ order }) => growsAfter(order.policy))),
    },
    pictures: () => [
      {
        kind: 'table',
        columns: [
          { label: label('frameworksName'), as: 'text' },
          { label: label('frameworksOrder'), as: 'text' },
          { label: label('myths-usual-step'), as: 'number' },
          { label: label('myths-growing-step'), as: 'number' },
        ],
        rows: rows.map(({ order, usual, growing: at }) => [
          order.name,
          order.steps.filter((step) => step === 'unscale' || step === 'update' || step === 'step').join(' → '),
          usual,
          at,
        ]),
        tones: rows.map((row) => (early.includes(row) ? 'bad' : 'good')),
      },
    ],
  }
}

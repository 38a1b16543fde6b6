/** Clipping and the order of a step: one gradient through every framework. */
import type { Finding } from '../../result/result.js'
import { lossScaler } from '../../train/loss-scale.js'
import { runOrder } from '../../train/run-order.js'
import { type FrameworkOrder, orders, updatesBeforeUnscale } from '../../train/scaler-order.js'
import { growingState } from './scaling.js'
import { column, type Topic, text } from './topic.js'

/** A gradient of norm 5 that FP16 holds at every scale used here. */
const gradient = Float32Array.of(3, 4)

/** The norm of what the optimizer gets: clipped to 1, and unclipped at the step on which the scale grows. */
function normsOf(order: FrameworkOrder): { clipped: number; growing: number } {
  const norm = (update: Float32Array | undefined): number =>
    update ? Math.sqrt(update.reduce((sum, x) => sum + x * x, 0)) : Number.NaN
  const scaler = lossScaler(order.policy, { initScale: 1024 })
  const start = scaler.init()
  const clipped = runOrder(order, { gradient, scaler, state: start, maxNorm: 1 })
  const growing = runOrder(order, { gradient, scaler, state: growingState(scaler) })
  return { clipped: norm(clipped.update), growing: norm(growing.update) }
}

export function clipping(): Topic {
  const rows = orders.map((order) => ({ order, ...normsOf(order) }))
  const halved = rows.filter(({ growing }) => growing < 4)
  return {
    metrics: { rows: rows.length, halved: halved.length },
    findings: [
      { code: 'frameworksClip', tone: 'note', values: { count: rows.length } },
      ...halved.map(
        ({ order, growing }): Finding => ({
          code: 'frameworksHalved',
          tone: 'bad',
          values: { name: order.name, growing, early: updatesBeforeUnscale(order) },
        }),
      ),
    ],
    blocks: [
      {
        kind: 'table',
        columns: [
          text('frameworksName'),
          text('frameworksOrder'),
          text('frameworksClipper'),
          column('frameworksEpsilon', 'number'),
          column('frameworksClipped', 'exact'),
          column('frameworksGrowing', 'number'),
        ],
        rows: rows.map(({ order, clipped, growing }) => [
          order.name,
          order.steps.filter((step) => !['scale', 'backward'].includes(step)).join(' '),
          { code: `frameworksBy-${order.clipper}` },
          order.epsilon,
          Math.round(clipped * 1e7) / 1e7,
          growing,
        ]),
        tones: rows.map((row) => (halved.includes(row) ? 'bad' : null)),
      },
    ],
    sources: orders.map(({ name, source }): [string, string] => [name, source]),
  }
}

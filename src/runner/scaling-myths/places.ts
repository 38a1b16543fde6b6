/** Myths about where scaling and unscaling belong, and about what a loss, a clip and a small value become. */
import { powerOfTwo } from '../../format/bits.js'
import { log } from '../../kernel/kernel.js'
import type { Block } from '../../result/result.js'
import { tolerableLoss } from '../replay/window.js'
import { overflowsFrom, quantum, toFp16 } from './formats.js'
import { type Gradients, shareOf } from './gradients.js'
import { type Evidence, label, type Setting } from './myth.js'

const f32 = Math.fround

/** The three ways of a gradient through FP16 and back, at one scale; a result of 0 is a lost gradient. */
const ways = {
  before: (g: number, scale: number): number => f32(toFp16(g * scale) / scale),
  unscaledInFp16: (g: number, scale: number): number => toFp16(toFp16(g * scale) / scale),
  after: (g: number, scale: number): number => f32(f32(toFp16(g) * scale) / scale),
} as const

const lostBy = (way: keyof typeof ways, gradients: Gradients, scale: number): number =>
  shareOf(gradients, (g) => ways[way](g, scale) === 0)

const chartScales = Array.from({ length: 18 }, (_, i) => powerOfTwo(i))

/** What is lost at each power of two: the right way and another. */
function lossChart(gradients: Gradients, other: 'unscaledInFp16' | 'after'): Block {
  const series = (way: keyof typeof ways) => ({
    label: label(`myths-way-${way}`),
    values: chartScales.map((scale) => lostBy(way, gradients, scale)),
  })
  return {
    kind: 'line-chart',
    title: label('myths-lost-by-scale'),
    x: { label: label('lossScale'), values: chartScales, scale: 'log2' },
    y: { label: { name: '' }, scale: 'log10' },
    series: [
      { ...series(other), tone: 'bad' },
      { ...series('before'), tone: 'good' },
    ],
  }
}

const isWorse = (lost: number, than: number): boolean => lost > than + tolerableLoss

/** One gradient that only scaling keeps: 2^-27. */
const faint = powerOfTwo(-27)

/** `grad /= scale` while the gradients are FP16. */
export function unscaleInFp16({ scale, gradients }: Setting): Evidence {
  const metrics = {
    lostUnscaledFp32: lostBy('before', gradients, scale),
    lostUnscaledFp16: lostBy('unscaledInFp16', gradients, scale),
    lostByFp16Scale: shareOf(gradients, (g) => toFp16(toFp16(g * scale) / toFp16(scale)) === 0),
  }
  const values = { ...metrics, scale, scaleInFp16: toFp16(scale) }
  return {
    verdict: isWorse(metrics.lostUnscaledFp16, metrics.lostUnscaledFp32) ? 'wrong' : 'true',
    metrics,
    values,
    pictures: () => [
      lossChart(gradients, 'unscaledInFp16'),
      {
        kind: 'note',
        code: 'mythsFaint',
        tone: 'note',
        values: {
          x: faint,
          scale,
          scaled: toFp16(faint * scale),
          fp16: ways.unscaledInFp16(faint, scale),
          fp32: ways.before(faint, scale),
          scaleInFp16: toFp16(scale),
        },
      },
    ],
  }
}

/** Multiplying the gradients, once they are there, instead of the loss. */
export function afterBackward({ scale, gradients }: Setting): Evidence {
  const metrics = {
    lostScaledBefore: lostBy('before', gradients, scale),
    lostScaledAfter: lostBy('after', gradients, scale),
  }
  return {
    verdict: isWorse(metrics.lostScaledAfter, metrics.lostScaledBefore) ? 'wrong' : 'true',
    metrics,
    values: { ...metrics, scale },
    pictures: () => [lossChart(gradients, 'after')],
  }
}

/** A gradient of two elements, 0.3 and 0.4, times a factor: its norm is half the factor. */
const direction: readonly number[] = [0.3, 0.4]
const maxNorm = 1

/** PyTorch's clip_grad_norm_ in float32: the coefficient is at most 1 and always multiplied. */
function clipped(gradient: readonly number[]): number[] {
  const norm = f32(Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)))
  const coefficient = Math.min(1, f32(maxNorm / f32(norm + f32(1e-6))))
  return gradient.map((g) => f32(g * coefficient))
}

const normOf = (gradient: readonly number[]): number => Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))

/** The norm of the gradient that reaches the optimizer, clipped after unscaling or before it. */
function clippedNorms(factor: number, scale: number): { right: number; first: number } {
  const scaled = direction.map((g) => f32(g * factor * scale))
  const unscale = (gradient: readonly number[]): number[] => gradient.map((g) => f32(g / scale))
  return { right: normOf(clipped(unscale(scaled))), first: normOf(unscale(clipped(scaled))) }
}

/** Clipping the scaled gradients. */
export function clipFirst({ scale }: Setting): Evidence {
  const { right, first } = clippedNorms(1, scale)
  const metrics = { clipThreshold: maxNorm / scale, clipRightNorm: right, clipFirstNorm: first }
  const factors = Array.from({ length: 25 }, (_, i) => powerOfTwo(i - 20))
  const norms = factors.map((factor) => clippedNorms(factor, scale))
  return {
    verdict: first < right * 0.999 ? 'wrong' : 'true',
    metrics,
    values: { ...metrics, scale },
    pictures: () => [
      {
        kind: 'line-chart',
        title: label('myths-clipped'),
        x: { label: label('myths-true-norm'), values: factors.map((factor) => factor / 2), scale: 'log2' },
        y: { label: { name: '' }, scale: 'log2' },
        series: [
          { label: label('myths-clip-after'), values: norms.map((n) => n.right), tone: 'good' },
          { label: label('myths-clip-before'), values: norms.map((n) => n.first), tone: 'bad' },
        ],
      },
    ],
  }
}

/** The cross-entropy of ten classes before anything is learned. */
const classes = 10

/** A loss that is itself FP16 when it is multiplied. */
export function lossOverflow({ scale }: Setting): Evidence {
  const first = log(classes)
  const inFp16 = (loss: number): number => toFp16(toFp16(loss) * scale)
  // PyTorch promotes one number × GradScaler's FP32 scale to FP32; beside a tensor with dimensions the scale becomes FP16.
  const asNumber = (loss: number): number => f32(toFp16(loss) * f32(scale))
  const asVector = (loss: number): number => toFp16(toFp16(loss) * toFp16(scale))
  const metrics = {
    lossLimit: overflowsFrom / scale,
    scaledLossFp16: inFp16(first),
    scaledLossFp32: asNumber(first),
  }
  const losses = [0.5, 1 - powerOfTwo(-11), 1, first, 5]
  const safe = losses.every((loss) => Number.isFinite(inFp16(loss)) && Number.isFinite(asVector(loss)))
  return {
    verdict: safe ? 'true' : 'half',
    metrics,
    values: { ...metrics, scale, loss: first, scaleInFp16: toFp16(scale) },
    pictures: () => [
      {
        kind: 'table',
        columns: [
          { label: label('myths-loss'), as: 'exact' },
          { label: label('myths-loss-number'), as: 'exact' },
          { label: label('myths-loss-fp16'), as: 'exact' },
          { label: label('myths-loss-vector'), as: 'exact' },
        ],
        rows: losses.map((loss) => [toFp16(loss), asNumber(loss), inFp16(loss), asVector(loss)]),
        tones: losses.map((loss) => (Number.isFinite(inFp16(loss)) ? null : 'bad')),
      },
      { kind: 'note', code: 'mythsPromotion', tone: 'note', values: {} },
    ],
  }
}

/** Where FP16's zero begins. */
export function zeroThreshold({ gradients }: Setting): Evidence {
  const below = shareOf(gradients, (g) => Math.abs(g) < quantum)
  const lost = shareOf(gradients, (g) => toFp16(g) === 0)
  const metrics = { belowQuantum: below, belowQuantumLost: lost / below, becomesZeroUpTo: quantum / 2 }
  const sample = [0.25, 0.5, 0.5 + powerOfTwo(-11), 0.75, 1, 1.5]
  return {
    verdict: lost === below ? 'true' : lost === 0 ? 'wrong' : 'half',
    metrics,
    values: { ...metrics, lost },
    pictures: () => [
      {
        kind: 'table',
        columns: [
          { label: label('myths-of-quantum'), as: 'exact' },
          { label: label('value'), as: 'power' },
          { label: label('myths-in-fp16'), as: 'power' },
        ],
        rows: sample.map((part) => [part, part * quantum, toFp16(part * quantum)]),
        tones: sample.map((part) => (toFp16(part * quantum) === 0 ? 'bad' : 'good')),
      },
    ],
  }
}

/** Myths about what GradScaler cures: overflow of the gradients, and of the forward pass. */
import { powerOfTwo } from '../../format/bits.js'
import { exp } from '../../kernel/kernel.js'
import type { Block, Cell } from '../../result/result.js'
import { gradScaler } from '../../train/grad-scaler.js'
import { toBf16, toFp16 } from './formats.js'
import { type Evidence, label, type Setting } from './myth.js'

const spikeSteps = 8
const spikeAt = 4

/** A training whose gradient is fine but for one step, where it is eight times as large. */
export function prevention({ scale }: Setting): Evidence {
  const scaler = gradScaler({ initScale: scale })
  const usual = powerOfTwo(14) / scale
  const rows: Cell[][] = []
  let weight = 0
  let skipped = 0
  for (let step = 1; step <= spikeSteps; step++) {
    const gradient = step === spikeAt ? 8 * usual : usual
    const before = scaler.getScale()
    const scaled = toFp16(Math.fround(scaler.scale(gradient)))
    const gradients = Float32Array.of(scaled)
    const optimizer = {
      name: 'sgd',
      gradients: [gradients],
      step(): void {
        weight = Math.fround(weight - (gradients[0] as number) / usual)
      },
    }
    scaler.unscale_(optimizer)
    const stepped = scaler.step(optimizer)
    if (!stepped) skipped++
    scaler.update()
    rows.push([
      step,
      label('myths-times', { times: gradient / usual }),
      before,
      scaled,
      label(stepped ? 'myths-stepped' : 'skipped'),
      weight,
    ])
  }
  const scaleAfter = scaler.getScale()
  const metrics = {
    spikeSkipped: skipped,
    spikeSteps: spikeSteps - skipped,
    spikeScaleMoved: scaleAfter / Math.fround(scale),
  }
  return {
    // The Inf came: what was prevented is its update, not the overflow.
    verdict: skipped === 0 ? 'true' : 'wrong',
    metrics,
    values: { ...metrics, skipped, scale, scaleAfter },
    pictures: () => [
      {
        kind: 'table',
        columns: [
          { label: label('step'), as: 'count' },
          { label: label('myths-gradient'), as: 'text' },
          { label: label('lossScale'), as: 'power' },
          { label: label('myths-in-fp16'), as: 'exact' },
          { label: label('myths-optimizer'), as: 'text' },
          { label: label('firstWeight'), as: 'number' },
        ],
        rows,
        tones: rows.map((row) => (row[3] === Number.POSITIVE_INFINITY ? 'bad' : null)),
      },
    ],
  }
}

/** The activation that ended T5's training in FP16 (huggingface/transformers#5651). */
const t5 = 66246.39
/** More steps than halving needs from any scale to 0. */
const patience = 400

/** Activations that overflow before there is a loss to scale. */
export function forwardOverflow({ scale }: Setting): Evidence {
  const scaler = gradScaler({ initScale: scale })
  const activation = toFp16(t5)
  const scales: number[] = []
  let taken = 0
  while (scales.length < patience && scaler.getScale() > 0) {
    scales.push(scaler.getScale())
    // A loss that has Inf in it is Inf or NaN, and so is its gradient, whatever it is multiplied by.
    const gradients = Float32Array.of(toFp16(Math.fround(scaler.scale(activation))))
    const optimizer = { name: 'sgd', gradients: [gradients], step: () => {} }
    scaler.unscale_(optimizer)
    if (scaler.step(optimizer)) taken++
    scaler.update()
  }
  const steps = scales.length
  const metrics = { forwardStepsTaken: taken, forwardStepsToZero: scaler.getScale() === 0 ? steps : Number.NaN }
  const cases: [Cell, number][] = [
    [label('myths-t5'), t5],
    [{ name: '256²' }, 65536],
    [{ name: 'exp(12)' }, exp(12)],
  ]
  const table = (): Block => ({
    kind: 'table',
    columns: [
      { label: label('myths-forward'), as: 'text' },
      { label: label('exactValue'), as: 'text' },
      { label: { name: 'FP16' }, as: 'number' },
      { label: { name: 'BF16' }, as: 'number' },
      { label: { name: 'FP32' }, as: 'number' },
    ],
    rows: cases.map(([what, x]) => [what, label('numberOf', { value: x }), toFp16(x), toBf16(x), Math.fround(x)]),
  })
  return {
    verdict: taken === 0 ? 'wrong' : 'half',
    metrics,
    values: { steps, taken, scale, activation: t5 },
    pictures: () => [
      {
        kind: 'line-chart',
        title: label('myths-dying-scale'),
        x: { label: label('myths-steps'), values: [...scales, 0].map((_, i) => i + 1), scale: 'linear' },
        y: { label: label('lossScale'), scale: 'log2' },
        series: [{ label: { name: 'GradScaler' }, values: [...scales, scaler.getScale()] }],
      },
      table(),
    ],
  }
}

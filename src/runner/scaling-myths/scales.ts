/** Myths about where a loss scale goes: with the size of the gradients, and to the best value by doubling. */
import { powerOfTwo } from '../../format/bits.js'
import { exp, log } from '../../kernel/kernel.js'
import { lossScaler } from '../../train/loss-scale.js'
import { overflowsFrom, toFp16 } from './formats.js'
import { type Evidence, label, type Setting } from './myth.js'

/** The scale after each step of a policy, the first being the one it starts with. */
function scalesOf(
  policy: string,
  config: { initScale?: number },
  steps: number,
  stepOf: (scale: number, step: number) => 'finite' | 'overflow' | { amax: number },
): number[] {
  const scaler = lossScaler(policy, config)
  let state = scaler.init()
  const scales = [state.scale]
  for (let step = 0; step < steps; step++) {
    state = scaler.next(state, stepOf(state.scale, step))
    scales.push(state.scale)
  }
  return scales
}

const growthSteps = 200

/** Gradients that grow steadily, the last just below where this scale would overflow. */
export function magnitude({ scale, growth }: Setting): Evidence {
  const last = (0.9 * overflowsFrom) / scale
  const rate = log(growth) / (growthSteps - 1)
  const sizes = Array.from({ length: growthSteps }, (_, i) => Math.fround(last * exp(rate * (i + 1 - growthSteps))))
  const seen = (policy: string, config = {}): number[] =>
    scalesOf(policy, config, growthSteps, (_, step) => ({ amax: sizes[step] as number })).slice(1)
  // GradScaler is only told whether a gradient was finite; the amax is given to it all the same.
  const ofPolicy = {
    pytorch: seen('pytorch', { initScale: scale }),
    logmax: seen('openseq2seq-logmax'),
    delayed: seen('te-delayed'),
  }
  const moved = (scales: readonly number[]): number => (scales.at(-1) as number) / (scales[0] as number)
  const metrics = {
    gradientsGrew: (sizes.at(-1) as number) / (sizes[0] as number),
    gradScalerMoved: moved(ofPolicy.pytorch),
    logmaxMoved: moved(ofPolicy.logmax),
    delayedMoved: moved(ofPolicy.delayed),
  }
  return {
    verdict: metrics.gradScalerMoved === 1 && growth > 1 ? 'wrong' : 'true',
    metrics,
    values: { ...metrics, growth, scale },
    pictures: () => [
      {
        kind: 'line-chart',
        title: label('myths-growing', { growth }),
        x: { label: label('myths-steps'), values: sizes.map((_, i) => i + 1), scale: 'linear' },
        y: { label: { name: '' }, scale: 'log2' },
        series: [
          { label: label('myths-delayed'), values: ofPolicy.delayed },
          { label: { name: 'GradScaler' }, values: ofPolicy.pytorch },
          { label: { name: 'LogMax' }, values: ofPolicy.logmax },
          { label: label('myths-largest'), values: sizes, tone: 'note' },
        ],
      },
    ],
  }
}

/** No ceiling may decide it: the course notes' rule stops at 2^24, where some of the scales asked for lie. */
const noCeiling = powerOfTwo(127)

/** Ten growth intervals of GradScaler, and the step after each. */
const raceSteps = 20_010

/** Every gradient of the same size: this scale fits, twice of it does not. */
export function doubling({ scale }: Setting): Evidence {
  const size = powerOfTwo(15) / scale
  const overflows = (s: number): boolean => !Number.isFinite(toFp16(size * s))
  const race = (policy: string, config = {}) => {
    const scales = scalesOf(policy, { initScale: scale, ...config }, raceSteps, (s) =>
      overflows(s) ? 'overflow' : 'finite',
    )
    const skipped = scales.slice(0, raceSteps).filter(overflows).length
    return { scales, skipped: skipped / raceSteps }
  }
  const runs = { naive: race('naive', { maxScale: noCeiling }), pytorch: race('pytorch') }
  const metrics = { naiveSkipped: runs.naive.skipped, pytorchSkipped: runs.pytorch.skipped }
  const shown = Array.from({ length: 16 }, (_, i) => i + 1)
  return {
    verdict: metrics.naiveSkipped > 10 * metrics.pytorchSkipped ? 'wrong' : 'true',
    metrics,
    values: { ...metrics, steps: raceSteps },
    pictures: () => [
      {
        kind: 'line-chart',
        title: label('myths-first-steps', { steps: shown.length }),
        x: { label: label('myths-steps'), values: shown, scale: 'linear' },
        y: { label: label('lossScale'), scale: 'log2' },
        series: [
          { label: label('myths-naive'), values: runs.naive.scales.slice(0, shown.length) },
          { label: { name: 'GradScaler' }, values: runs.pytorch.scales.slice(0, shown.length) },
        ],
        marks: {
          label: label('myths-naive-skips'),
          at: shown.filter((step) => overflows(runs.naive.scales[step - 1] as number)),
        },
      },
    ],
  }
}

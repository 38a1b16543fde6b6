/** Hardware that saturates: a loss scaler that waits for Inf or NaN never sees an overflow, and grows the scale for ever. */
import * as z from 'zod/mini'
import { distribution } from '../data/distributions.js'
import { sizeOfSteps } from '../data/gradient-stream.js'
import { type Format, largest } from '../format/format.js'
import { format } from '../format/parse.js'
import { fateRounder } from '../format/round.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { lossScaler } from '../train/loss-scale.js'
import { choice, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { decimate } from './scaling/decimate.js'

const params = {
  format: z._default(choice(['fp16', 'bf16', 'e5m2', 'e4m3fn']), 'fp16'),
  steps: z._default(number({ integer: true, min: 2, max: 10_000 }), 1000),
  magnitude: z._default(number({ above: 0, max: 1e6 }), 0.01),
  initScale: z._default(number({ above: 0, max: 1e30 }), 65536),
  growthInterval: z._default(number({ integer: true, min: 1, max: 100_000 }), 50),
  nanStep: z._default(number({ integer: true, min: 0 }), 500),
}

type Params = ParamsOf<typeof params>

/**
 * What the hardware makes of a result beyond the range and of NaN, and what the scaler looks at: the values, or the
 * overflow flag that the hardware raises beside them.
 */
const modes = {
  inf: { beyond: 'ieee', nan: 'kept', looksAt: 'values' },
  saturate: { beyond: 'largest', nan: 'kept', looksAt: 'values' },
  ascend: { beyond: 'largest', nan: 'zero', looksAt: 'values' },
  flag: { beyond: 'largest', nan: 'zero', looksAt: 'flag' },
} as const
type ModeName = keyof typeof modes
const modeNames = Object.keys(modes) as ModeName[]

const metrics = {
  skippedInf: 'count',
  skippedSaturate: 'count',
  skippedAscend: 'count',
  skippedFlag: 'count',
  finalScaleInf: 'power',
  finalScaleSaturate: 'power',
  finalScaleAscend: 'power',
  finalScaleFlag: 'power',
  cutInf: 'percent',
  cutSaturate: 'percent',
  cutAscend: 'percent',
  cutFlag: 'percent',
  normLeftInf: 'percent',
  normLeftSaturate: 'percent',
  normLeftAscend: 'percent',
  normLeftFlag: 'percent',
  firstCut: 'count',
  nanAppliedAscend: 'count',
} as const

const parts = ['scales', 'modes'] as const

/** Elements of the gradient. */
const elements = 256

/** The gradient of every step: normal, its size with some noise; one value of one step is NaN, as a bad sample gives. */
export function gradientsOf(
  { steps, magnitude, nanStep }: Pick<Params, 'steps' | 'magnitude' | 'nanStep'>,
  seed: number,
): Float32Array[] {
  const size = sizeOfSteps({ steps, size: magnitude, noise: 2, seed })
  const source = distribution({ distribution: 'normal', count: steps * elements, seed })
  const all = Array.from({ length: steps }, () => new Float32Array(elements))
  let i = 0
  for (const { values } of source.blocks() as Iterable<{ values: Float64Array }>)
    for (const x of values) {
      const step = Math.floor(i / elements)
      ;(all[step] as Float32Array)[i % elements] = x * size(step)
      i++
    }
  const hit = all[nanStep - 1]
  if (hit) hit[0] = Number.NaN
  return all
}

interface ModeRun {
  readonly mode: ModeName
  readonly scales: number[]
  skipped: number
  finalScale: number
  /** Of the last step that was taken: the share of values cut, and the norm that arrived against the true one. */
  cut: number
  normLeft: number
  /** The first step, from 1, that was taken with values cut; 0: none. */
  firstCut: number
  /** Whether the step with the NaN was taken. */
  nanApplied: boolean
}

function runMode(mode: ModeName, f: Format, gradients: readonly Float32Array[], p: Params): ModeRun {
  const { beyond, nan, looksAt } = modes[mode]
  const round = fateRounder(f)
  const top = largest(f)
  const scaler = lossScaler('pytorch', { initScale: p.initScale, growthInterval: p.growthInterval })
  let state = scaler.init()
  const run: ModeRun = {
    mode,
    scales: [],
    skipped: 0,
    finalScale: state.scale,
    cut: 0,
    normLeft: Number.NaN,
    firstCut: 0,
    nanApplied: false,
  }
  gradients.forEach((gradient, step) => {
    const { scale } = state
    run.scales.push(scale)
    let [flag, nonfinite, cut, arrived, wanted] = [false, false, 0, 0, 0]
    for (const g of gradient) {
      const { value, beyond: isBeyond } = round(Math.fround(g * scale))
      const bad = Number.isNaN(g)
      flag ||= isBeyond || bad
      // Formats without Inf overflow to NaN: what lies beyond is told from a true NaN by the flag.
      const stored = bad
        ? nan === 'zero'
          ? 0
          : Number.NaN
        : isBeyond && beyond === 'largest'
          ? g < 0
            ? -top
            : top
          : value
      if (!Number.isFinite(stored)) nonfinite = true
      if (isBeyond) cut++
      const back = Math.fround(stored / scale)
      arrived += back * back
      if (!bad) wanted += g * g
    }
    const overflow = looksAt === 'flag' ? flag : nonfinite
    state = scaler.next(state, overflow ? 'overflow' : 'finite')
    if (overflow) {
      run.skipped++
      return
    }
    run.cut = cut / gradient.length
    run.normLeft = Math.sqrt(arrived / wanted)
    if (cut > 0 && run.firstCut === 0) run.firstCut = step + 1
    if (step + 1 === p.nanStep) run.nanApplied = true
  })
  run.finalScale = state.scale
  return run
}

function chart(runs: readonly ModeRun[], steps: number): Block {
  const short = decimate(steps)
  return {
    kind: 'line-chart',
    x: { label: { code: 'saturation-step' }, values: short.steps.map((t) => t + 1), scale: 'linear' },
    y: { label: { code: 'saturation-scale' }, scale: 'log2' },
    series: runs.map(({ mode, scales }) => {
      const line = short.series()
      for (const scale of scales) line.add(scale)
      return { label: { code: `saturation-line-${mode}` }, values: line.values() }
    }),
  }
}

function table(runs: readonly ModeRun[], { nanStep }: Params): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'saturation-mode' }, as: 'text' },
      { label: { code: 'saturation-looksAt' }, as: 'text' },
      { label: { code: 'saturation-skipped' }, as: 'count' },
      { label: { code: 'saturation-last' }, as: 'power' },
      { label: { code: 'saturation-cut' }, as: 'percent' },
      { label: { code: 'saturation-norm' }, as: 'percent' },
      { label: { code: 'saturation-nan', values: { step: nanStep } }, as: 'text' },
    ],
    rows: runs.map((run): Cell[] => [
      { code: `saturation-mode-${run.mode}` },
      { code: `saturation-${modes[run.mode].looksAt}` },
      run.skipped,
      run.finalScale,
      run.cut,
      run.normLeft,
      nanStep === 0 || nanStep > run.scales.length
        ? null
        : { code: run.nanApplied ? 'saturation-applied' : 'saturation-skips' },
    ]),
    tones: runs.map(({ cut, nanApplied }) => (cut > 0 || nanApplied ? 'bad' : 'good')),
  }
}

const capital = (mode: ModeName) => `${mode.charAt(0).toUpperCase()}${mode.slice(1)}` as Capitalize<ModeName>

export const saturation = defineRunner({
  name: 'saturation',
  params,
  exclusive: [],
  metrics,
  parts,
  async run(p, { seed, show, host }: Request) {
    const f = format(p.format)
    const gradients = gradientsOf(p, seed)
    const runs: ModeRun[] = []
    for (const [i, mode] of modeNames.entries()) {
      runs.push(runMode(mode, f, gradients, p))
      await host.progress?.(i + 1, modeNames.length)
    }
    const [inf, saturating, ascend, flag] = runs as [ModeRun, ModeRun, ModeRun, ModeRun]
    const at = (run: ModeRun) => ({ scale: run.finalScale, cut: run.cut, norm: run.normLeft, skipped: run.skipped })
    const values = { format: f.name, steps: p.steps, start: p.initScale }
    const findings: Finding[] = [
      {
        code: 'saturation-blind',
        tone: ascend.cut > 0 ? 'bad' : 'note',
        values: { ...values, ...at(ascend), first: ascend.firstCut, limit: largest(f) / ascend.finalScale },
      },
      {
        code: 'saturation-seen',
        tone: 'good',
        values: { ...values, ...at(inf), flagScale: flag.finalScale, flagSkipped: flag.skipped },
      },
    ]
    if (ascend.nanApplied)
      findings.push({
        code: 'saturation-nan-zero',
        tone: 'bad',
        values: { step: p.nanStep, saturateSkipped: saturating.skipped },
      })
    const draw: Record<(typeof parts)[number], () => Block> = {
      scales: () => chart(runs, p.steps),
      modes: () => table(runs, p),
    }
    const measured = Object.fromEntries(
      runs.flatMap((run) => [
        [`skipped${capital(run.mode)}`, run.skipped],
        [`finalScale${capital(run.mode)}`, run.finalScale],
        [`cut${capital(run.mode)}`, run.cut],
        [`normLeft${capital(run.mode)}`, run.normLeft],
      ]),
    ) as Record<`${'skipped' | 'finalScale' | 'cut' | 'normLeft'}${Capitalize<ModeName>}`, number>
    return {
      subject: { code: 'saturation-subject', values: { ...values, interval: p.growthInterval } },
      metrics: { ...measured, firstCut: ascend.firstCut, nanAppliedAscend: ascend.nanApplied ? 1 : 0 },
      findings,
      blocks: (show.length > 0 ? show : parts).map((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})

/** Which cure heals which failure: every cure applied to every failure, and what it left of it. */
import * as z from 'zod/mini'
import { loadProfile } from '../data/profile.js'
import { powerOfTwo } from '../format/bits.js'
import type { Block, Finding, Note } from '../result/result.js'
import {
  experiments,
  type FailureName,
  failureNames,
  type Setting,
  spike,
  spikeRun,
  stalledSum,
} from './cures/experiments.js'
import {
  type CureName,
  cureNames,
  cures,
  type RecipeName,
  recipes,
  type Treatment,
  untreated,
} from './cures/treatment.js'
import { choice, number, text } from './params.js'
import { defineRunner } from './runner.js'
import { recordedGradients } from './scaling-myths/gradients.js'
import { label } from './scaling-myths/myth.js'

const params = {
  failure: z._default(choice(failureNames), 'underflow'),
  scale: z._default(number({ min: 1, max: 16_777_216 }), 65536),
  profile: z._default(text(), 'digits-cnn'),
}

/** Every treatment that is measured: none, each cure alone, and the recipes. */
const treatments = { none: untreated, ...cures, ...recipes } as const satisfies Readonly<Record<string, Treatment>>
type TreatmentName = keyof typeof treatments
const treatmentNames = Object.keys(treatments) as TreatmentName[]

/** underflowScaling: what loss scaling leaves of the gradient underflow. */
type Cell = `${FailureName}${Capitalize<TreatmentName>}`

const cellOf = (failure: FailureName, treatment: TreatmentName): Cell =>
  `${failure}${treatment.charAt(0).toUpperCase()}${treatment.slice(1)}` as Cell

const cells = failureNames.flatMap((failure) => treatmentNames.map((treatment) => cellOf(failure, treatment)))

/** How many cures heal a failure, alone. */
type Count = `${FailureName}Healed`

const metrics = {
  ...(Object.fromEntries(cells.map((cell) => [cell, 'percent'])) as Record<Cell, 'percent'>),
  ...(Object.fromEntries(failureNames.map((name) => [`${name}Healed`, 'count'])) as Record<Count, 'count'>),
  failures: 'count',
  ampHeals: 'count',
  bf16AmpHeals: 'count',
  scalingHeals: 'count',
  bf16Heals: 'count',
} as const

type Measured = Readonly<Record<Cell, number>>

/** Whether a treatment leaves less of a failure than the failure's limit. NaN and Infinity are not less. */
const heals = (measured: Measured, failure: FailureName, treatment: TreatmentName): boolean =>
  measured[cellOf(failure, treatment)] < experiments[failure].limit

const healedBy = (measured: Measured, treatment: TreatmentName): number =>
  failureNames.filter((failure) => heals(measured, failure, treatment)).length

const mark = (good: boolean): string => (good ? '✓' : '✗')

/** ✓ or ✗ for every failure and cure. */
const matrix = (measured: Measured): Block => ({
  kind: 'table',
  columns: [
    { label: { name: '--failure' }, as: 'text' },
    ...cureNames.map((cure) => ({ label: label(`cures-head-${cure}`), as: 'text' as const })),
  ],
  rows: failureNames.map((failure) => [
    label(`failure-${failure}`),
    ...cureNames.map((cure) => mark(heals(measured, failure, cure))),
  ]),
})

/** One row with its numbers: what each cure left of the failure. */
const opened = (measured: Measured, failure: FailureName): Block => ({
  kind: 'table',
  title: label(`failure-${failure}-title`, { limit: experiments[failure].limit }),
  columns: [
    { label: { name: '' }, as: 'text' },
    { label: label(`failure-${failure}-measure`), as: 'percent' },
    { label: { name: '' }, as: 'text' },
    { label: label('cures-does'), as: 'text' },
  ],
  rows: (['none', ...cureNames] as const).map((name) => [
    label(`cure-${name}`),
    measured[cellOf(failure, name)],
    mark(heals(measured, failure, name)),
    label(`cure-${name}-does`),
  ]),
  tones: (['none', ...cureNames] as const).map((name) => (heals(measured, failure, name) ? 'good' : 'bad')),
})

/** What one should know of a row beside its marks. */
function remark(failure: FailureName, setting: Setting): Note {
  const scaled = spikeRun(cures.scaling, setting)
  const inBf16 = spikeRun(cures.bf16, setting)
  const values = {
    underflow: {},
    overflow: { skipped: scaled.skipped, scale: scaled.scale, weight: inBf16.weights[spike.weight] as number },
    forward: {},
    matmul: {},
    // Half an ulp of 1, where the tie goes to the even 1.
    swallowed: { fp16: powerOfTwo(-11), bf16: powerOfTwo(-8) },
    stalled: { fp16: stalledSum(untreated, setting), bf16: stalledSum(cures.bf16, setting) },
  } satisfies Record<FailureName, Note['values']>
  return { kind: 'note', code: `cures-${failure}`, tone: 'note', values: values[failure] }
}

/** How far each cure gets alone, and the recipes that join several. */
function findingsOf(measured: Measured): Finding[] {
  const alone = (name: CureName): number => healedBy(measured, name)
  const most = Math.max(...cureNames.map(alone))
  const best = cureNames.find((name) => alone(name) === most) as CureName
  const all = failureNames.length
  const recipe = (name: RecipeName): Finding => {
    const healed = healedBy(measured, name)
    return { code: `cures-${name}`, tone: healed === all ? 'good' : 'note', values: { healed, all } }
  }
  return [
    { code: 'curesAlone', tone: most === all ? 'good' : 'bad', values: { all, best, most, scaling: alone('scaling') } },
    recipe('amp'),
    recipe('bf16Amp'),
  ]
}

export const curesRunner = defineRunner({
  name: 'cures',
  params,
  exclusive: [],
  metrics,
  parts: ['matrix', 'row'],
  async run(p, { seed, show, host }) {
    const gradients = await recordedGradients(await loadProfile(p.profile, { seed }))
    const setting: Setting = { gradients, scale: p.scale, seed }
    const measured = {} as Record<Cell, number>
    for (const [i, failure] of failureNames.entries()) {
      for (const name of treatmentNames)
        measured[cellOf(failure, name)] = experiments[failure].measure(treatments[name], setting)
      await host.progress?.(i + 1, failureNames.length)
    }
    const healed = Object.fromEntries(
      failureNames.map((failure) => [
        `${failure}Healed`,
        cureNames.filter((cure) => heals(measured, failure, cure)).length,
      ]),
    ) as Record<Count, number>
    const draw: Record<string, () => Block[]> = {
      matrix: () => [matrix(measured)],
      row: () => [opened(measured, p.failure), remark(p.failure, setting)],
    }
    return {
      metrics: {
        ...measured,
        ...healed,
        failures: failureNames.length,
        ampHeals: healedBy(measured, 'amp'),
        bf16AmpHeals: healedBy(measured, 'bf16Amp'),
        scalingHeals: healedBy(measured, 'scaling'),
        bf16Heals: healedBy(measured, 'bf16'),
      },
      findings: findingsOf(measured),
      blocks: (show.length > 0 ? show : ['matrix', 'row']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})

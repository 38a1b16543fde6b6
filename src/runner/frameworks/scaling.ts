/** Loss scaling: each dynamic policy, run until it grows and until it shrinks. */
import { exponentOf } from '../../format/bits.js'
import type { Block, Cell } from '../../result/result.js'
import type { ScaleState } from '../../train/loss-scale/policy.js'
import { type LossScaler, lossScaler, policyNames, policyOf } from '../../train/loss-scale.js'
import { column, type Topic, text } from './topic.js'

/** No interval is longer than this, so who has not grown by then does not grow. */
const patience = 5000

/** Clean steps until the scale is larger than at the start; NaN: it never is. */
export function growsAfter(policy: string): number {
  // A start below every ceiling; where the framework fixes it, its own.
  const scaler = lossScaler(policy, policyOf(policy).fixed.initScale === undefined ? { initScale: 1024 } : {})
  let state = scaler.init()
  const start = state.scale
  for (let step = 1; step <= patience; step++) {
    state = scaler.next(state, 'finite')
    if (state.scale > start) return step
  }
  return Number.NaN
}

/** The state on which the next clean step of this policy grows the scale. */
export function growingState(scaler: LossScaler): ScaleState {
  const steps = growsAfter(scaler.policy)
  let state = scaler.init()
  for (let step = 1; step < steps; step++) state = scaler.next(state, 'finite')
  return state
}

/** Overflows in a row until the scale is smaller, and the factor of that step. */
function shrinks(policy: string): { after: number; by: number } {
  const scaler = lossScaler(policy)
  let state = scaler.init()
  for (let step = 1; step <= 10; step++) {
    const before = state.scale
    state = scaler.next(state, 'overflow')
    if (state.scale < before) return { after: step, by: state.scale / before }
  }
  return { after: Number.NaN, by: Number.NaN }
}

/** Policies whose scale follows a count of steps; statistical ones have a lesson of their own. */
const countedNames = (): string[] =>
  policyNames.filter((name) => ['counted', 'tolerant'].includes(policyOf(name).family))

/** What the framework starts with; where it leaves that to its caller, what its documents show. */
export const startCell = (policy: string): Cell => {
  const scale = lossScaler(policy).config.initScale
  return { code: asksCaller(policy) ? 'scalingCallers' : 'scalingPower', values: { scale } }
}

export const asksCaller = (policy: string): boolean => policyOf(policy).chosen.includes('initScale')

/** What a framework's own command line starts with instead. */
export const commandLineNotes = (policies: readonly string[]): Block[] =>
  policies.flatMap((policy) => {
    const { commandLine: line } = policyOf(policy)
    if (!line) return []
    const { initScale, ...values } = line
    const exponent = exponentOf(initScale)
    return [{ kind: 'note', code: 'scalingCommandLine', tone: 'note', values: { policy, exponent, ...values } }]
  })

const known = (x: number | undefined): Cell => (x === undefined || Number.isNaN(x) ? null : x)

export function scaling(): Topic {
  const rows = countedNames().map((name) => {
    const { config } = lossScaler(name)
    return { name, config, growth: growsAfter(name), ...shrinks(name) }
  })
  const growths = rows.map(({ growth }) => growth)
  const starts = rows.map(({ config }) => config.initScale)
  const late = rows.filter(({ config, growth }) => growth === (config.growthInterval ?? Number.NaN) + 1)
  const name = (x: number): string => rows.find(({ config }) => config.initScale === x)?.name ?? ''
  return {
    metrics: {
      rows: rows.length,
      earliestGrowth: Math.min(...growths),
      latestGrowth: Math.max(...growths),
      lowestStart: Math.min(...starts),
      highestStart: Math.max(...starts),
      late: late.length,
    },
    findings: [
      {
        code: 'frameworksStarts',
        tone: 'note',
        values: {
          count: rows.length,
          low: Math.min(...starts),
          lowName: name(Math.min(...starts)),
          high: Math.max(...starts),
          highName: name(Math.max(...starts)),
        },
      },
      { code: 'frameworksLate', tone: 'bad', values: { names: late.map((row) => row.name).join(', ') } },
    ],
    blocks: [
      {
        kind: 'table',
        columns: [
          text('frameworksPolicy'),
          column('frameworksStart', 'power'),
          column('frameworksGrows', 'count'),
          column('frameworksShrinks', 'count'),
          column('frameworksFactor', 'number'),
          column('frameworksFloor', 'power'),
          column('frameworksCeiling', 'power'),
          text('frameworksHeld'),
        ],
        rows: rows.map(({ name: policy, config, growth, after, by }) => [
          policy,
          startCell(policy),
          known(growth),
          known(after),
          known(by),
          known(config.minScale),
          known(config.maxScale),
          policyOf(policy).holds,
        ]),
        tones: rows.map((row) => (late.includes(row) ? 'bad' : null)),
      },
      { kind: 'note', code: 'scalingCallersLegend', tone: 'note', values: {} },
      ...commandLineNotes(rows.map((row) => row.name)),
    ],
    sources: rows.map((row): [string, string] => [row.name, policyOf(row.name).source]),
  }
}

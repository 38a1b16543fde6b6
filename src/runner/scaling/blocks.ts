/** The pictures, tables and sentences of policies that run against a stream of gradients. */
import type { Sample } from '../../data/gradient-stream.js'
import { type Format, hasInfinity, largest } from '../../format/format.js'
import { format } from '../../format/parse.js'
import type { Block, Cell, Finding, Tone } from '../../result/result.js'
import { policyOf } from '../../train/loss-scale.js'
import { tolerableLoss } from '../replay/window.js'
import type { Race, Ran, StepRow } from './race.js'

/** Every policy's scale over the steps; with one or two of them the scale from which a step overflows too; overflows of the first on the axis. */
export function scalesChart({ runners, steps, limit }: Race, rows?: number): Block {
  const [first] = runners
  // Where lines meet the first is on top: of many, those that move least would be hidden.
  const order = [...runners]
  if (order.length > 2) order.sort((a, b) => a.growths + a.backoffs - b.growths - b.backoffs)
  return {
    kind: 'line-chart',
    x: { label: { code: 'step' }, values: steps, scale: 'linear' },
    y: { label: { code: 'lossScale' }, scale: 'log2' },
    ...(rows === undefined ? {} : { rows }),
    series: [
      ...order.map(({ scaler, scales }) => ({ label: { name: scaler.policy }, values: scales })),
      ...(runners.length > 2 || !limit.some(Number.isFinite)
        ? []
        : [{ label: { code: 'scalingLimit' }, values: limit, tone: 'note' as const }]),
    ],
    ...(first && first.marks.length > 0
      ? { marks: { label: { code: 'scalingOverflowOf', values: { policy: first.scaler.policy } }, at: first.marks } }
      : {}),
  }
}

/** What a policy does at the end of a step, as a label. */
function actionOf({ scale, next, overflow }: StepRow, { blind, saturates, gaveUp }: Ran, isLast: boolean): string {
  if (gaveUp && isLast) return 'scaling-action-gave-up'
  if (overflow && saturates) return 'scaling-action-saturated'
  if (overflow)
    return blind ? 'scaling-action-applied-inf' : next < scale ? 'scaling-action-lowered' : 'scaling-action-skipped'
  return next > scale ? 'scaling-action-raised' : next < scale ? 'scaling-action-moved' : 'scaling-action-applied'
}

/** What overflow becomes. */
const infinityOf = (f: Format): string => (hasInfinity(f) && f.signed ? 'Inf' : 'NaN')

const powerCell = (scale: number): Cell => ({ code: 'scalingPower', values: { scale } })

/** The steps around the first overflow: what the state machine saw and did. */
export function eventTable(one: Ran, f: Format): Block {
  const { around } = one
  const patient = around.some(({ left = 1 }) => left > 1)
  const last = one.steps - 1
  return {
    kind: 'table',
    columns: [
      { label: { code: 'step' }, as: 'count' },
      { label: { code: 'lossScale' }, as: 'number' },
      { label: { code: 'scalingTop' }, as: 'number' },
      { label: { code: 'scalingFinite' }, as: 'text' },
      { label: { code: 'scalingTracker' }, as: 'count' },
      ...(patient ? [{ label: { code: 'scalingLeft' }, as: 'count' as const }] : []),
      { label: { code: 'scalingAction' }, as: 'text' },
    ],
    rows: around.map((row) => [
      row.step,
      powerCell(row.scale),
      row.top,
      !row.overflow ? { code: 'scalingYes' } : { name: one.saturates ? String(largest(f)) : infinityOf(f) },
      row.tracker,
      ...(patient ? [row.left ?? null] : []),
      { code: actionOf(row, one, row.step === last), values: { next: row.next } },
    ]),
    tones: around.map(({ overflow, next, scale }): Tone | null => (overflow ? 'bad' : next > scale ? 'good' : null)),
  }
}

/** Says where the growth interval is not the framework's own: shorter ones show growth on one screen. */
export function intervalNotes({ scaler }: Ran): Block[] {
  const { title, defaults } = policyOf(scaler.policy)
  const [usual, here] = [defaults.growthInterval, scaler.config.growthInterval]
  if (usual === undefined || here === undefined || usual === here) return []
  return [{ kind: 'note', code: 'scalingInterval', tone: 'note', values: { title, usual, here } }]
}

/** Steps that are lost one way or another, and the share of the gradients that is. */
const harm = ({ overflows, saturates, steps, lost, gaveUp }: Ran): number =>
  (gaveUp ? 2 : 0) + (saturates ? 0 : overflows / steps) + (Number.isNaN(lost) ? 1 : lost)

const isGood = (one: Ran): boolean =>
  !(one.blind && one.overflows > 0) &&
  (one.saturates || one.overflows / one.steps < 0.05) &&
  one.lost < 2 * tolerableLoss &&
  !one.gaveUp

/** What became of the steps that overflowed. */
function thenOf({ blind, saturates, gaveUp, skipped, steps }: Ran): Cell {
  if (gaveUp) return { code: 'scaling-then-gave-up', values: { step: steps - 1 } }
  if (saturates) return { code: 'scaling-then-saturated' }
  return { code: blind ? 'scaling-then-applied' : 'scaling-then-skipped', values: { share: skipped / steps } }
}

/** A share, or a dash where no step was left to take it of. */
const shareCell = (share: number): Cell => (Number.isNaN(share) ? { name: '–' } : share)

/** The comparison: one row a policy. */
export function raceTable({ runners }: Race): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'scalingPolicyHead' }, as: 'text' },
      { label: { code: 'scalingOverflowSteps' }, as: 'count' },
      { label: { code: 'scalingThen' }, as: 'text' },
      { label: { code: 'becomesZero' }, as: 'percent' },
      { label: { code: 'scalingLastTenth' }, as: 'percent' },
      { label: { code: 'scalingFinal' }, as: 'text' },
    ],
    rows: runners.map((one) => {
      const { scaler, overflows, lost, lostAtEnd, final } = one
      return [
        { name: scaler.policy },
        overflows,
        overflows === 0 ? { name: '–' } : thenOf(one),
        shareCell(lost),
        shareCell(lostAtEnd),
        powerCell(final),
      ]
    }),
    tones: runners.map((one) => (isGood(one) ? 'good' : 'bad')),
  }
}

/** The framework's own error. */
const raisesOf = ({ scaler }: Ran): string => policyOf(scaler.policy).raises ?? ''

function sentence(one: Ran, f: Format): Finding {
  const { scaler, blind, saturates, gaveUp, overflows, skipped, steps, lost, lostAtEnd, final } = one
  const values = {
    policy: scaler.policy,
    overflows,
    skipped,
    steps,
    share: skipped / steps,
    lost,
    lostAtEnd,
    first: scaler.init().scale,
    final,
    inf: infinityOf(f),
  }
  if (gaveUp)
    return { code: 'scalingGaveUp', tone: 'bad', values: { ...values, step: steps - 1, raises: raisesOf(one) } }
  const code = blind ? 'scalingStays' : saturates ? 'scalingSaturates' : 'scalingFollows'
  return { code, tone: isGood(one) ? 'good' : 'bad', values }
}

/** The best policy, the worst and those that gave up; what happened at the first overflow. */
export function findingsOf(
  { runners }: Race,
  { f, sample, p }: { f: Format; sample: Sample; p: { readonly spikeHeight: number } },
): Finding[] {
  const order = [...runners].sort((a, b) => harm(a) - harm(b))
  const [best, worst] = [order[0] as Ran, order.at(-1) as Ran]
  // Who gives up is always told.
  const told = runners.filter((one) => one === best || one === worst || one.gaveUp)
  const findings = told.sort((a, b) => harm(a) - harm(b)).map((one) => sentence(one, f))
  const { around, blind, saturates } = runners[0] as Ran
  const event = around.find(({ overflow }) => overflow)
  const before = event && around[around.indexOf(event) - 1]
  if (f.specials === 'none') findings.push({ code: 'scalingClips', tone: 'bad', values: { format: f.name } })
  if (sample.nonfinite > 0)
    findings.push({ code: 'scalingNaNStream', tone: 'bad', values: { nonfinite: sample.nonfinite } })
  else if (event && !blind && !saturates) {
    // A step that is this much larger than the one before is a spike.
    const jump = before ? event.top / event.scale / (before.top / before.scale) : 1
    findings.push({
      code: 'scalingEvent',
      tone: 'note',
      values: {
        step: event.step,
        spike: jump > p.spikeHeight / 4 && jump > 4,
        jump,
        scale: event.scale,
        next: event.next,
        format: f.name,
      },
    })
  }
  const delayed = runners.find((one) => one.saturates)?.scaler
  const aim = delayed && format(delayed.config.format ?? 'e4m3fn')
  if (aim && aim.name !== f.name)
    findings.push({
      code: 'scalingDelayed',
      tone: 'note',
      values: { policy: 'te-delayed', largest: largest(aim), aim: aim.name, format: f.name },
    })
  return findings
}

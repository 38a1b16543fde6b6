/** The screen of the compression lesson: sentences, distances over the updates, and the methods side by side. */
import type { Block, Cell, Finding, Label, Tone } from '../../result/result.js'
import { breakEvenOf, bytesOf, type Entry, milliseconds, trafficShare, type Wire } from './entries.js'
import { type Race, samplesOf } from './race.js'
import { wireOrder } from './wire.js'

/** Fewer values than this share may become 0 in a message and nobody notices. */
const tolerable = 1e-3

/** About as near as without compression, and nearer than the start. */
const isFine = (left: number, none: Race): boolean => left < 1 && left < 2 * none.final

const nameOf = (name: string): Label => ({ name })

const finding = (code: string, tone: Tone, values: Finding['values']): Finding => ({ code, tone, values })

export interface Facts {
  readonly subject: Entry
  readonly none: Race
  readonly updates: number
  readonly scale: number
  /** The largest share of values that became 0 in a 16-bit message. */
  readonly vanished: number
  /** The most updates that any training skipped. */
  readonly skipped: number
}

export function findingsOf({ subject, none, updates, scale, vanished, skipped }: Facts, { workers }: Wire): Finding[] {
  const { fed, plain, own } = subject
  const common = { baseline: none.final, share: bytesOf(own) / bytesOf(none) }
  const verdict = ({ final }: Race): Tone => (isFine(final, none) ? 'good' : 'bad')
  const breakEven = breakEvenOf(own, none)
  const found =
    fed && plain
      ? [
          finding('compressPlain', verdict(plain), { method: subject.name, left: plain.final }),
          finding('compressFed', verdict(fed), { fed: fed.final, ...common }),
        ]
      : [finding('compressOnly', verdict(own), { method: own.name, left: own.final, ...common })]
  if (vanished > 0)
    found.push(finding('compressVanished', vanished > tolerable ? 'bad' : 'note', { share: vanished, scale }))
  if (skipped > 0) found.push(finding('compressSkipped', 'bad', { skipped, updates }))
  if (workers > 1 && Number.isFinite(breakEven))
    found.push(finding('compressGather', 'note', { breakEven, workers, factor: trafficShare(own, none, workers) }))
  if (workers > 1) found.push(finding('compressOrder', 'note', { workers, scale, ...wireOrder(workers, scale) }))
  return found
}

/** At most six lines can be told apart: the plain run, then each method and its twin, in the order of the list. */
export function chart(entries: readonly Entry[], none: Race, updates: number): Block {
  const lines = new Set<Race>([none])
  for (const { own, fed, plain } of entries) for (const one of [own, plain, fed]) if (one) lines.add(one)
  const shown = [...lines].slice(0, 6)
  const at = [...new Set(shown.flatMap(({ skipped }) => skipped))]
  return {
    kind: 'line-chart',
    title: { code: 'compressDistances' },
    x: { label: { code: 'compressUpdates' }, values: samplesOf(updates), scale: 'linear' },
    y: { label: nameOf(''), scale: 'log10' },
    series: shown.map(({ name, distances }) => ({ label: nameOf(name), values: distances })),
    ...(at.length > 0 ? { marks: { label: { code: 'compressMark' }, at } } : {}),
  }
}

export function table(entries: readonly Entry[], none: Race, wire: Wire): Block {
  const left = (one: Race | undefined): Cell =>
    one === undefined ? '-' : one.final < 10 ? one.final : { code: 'compressDiverges' }
  return {
    kind: 'table',
    columns: [
      { label: { code: 'compressMethod' }, as: 'text' },
      { label: { code: 'compressBytes' }, as: 'number' },
      { label: { code: 'compressRatio' }, as: 'number' },
      { label: { code: 'compressTime', values: { parameters: wire.parameters } }, as: 'number' },
      { label: { code: 'compressWith' }, as: 'percent' },
      { label: { code: 'compressWithout' }, as: 'percent' },
    ],
    rows: entries.map(({ name, own, fed, plain }): Cell[] => {
      const bytes = bytesOf(own)
      const ratio: Cell = bytes > 0 ? bytesOf(none) / bytes : '-'
      return [name, Math.round(bytes * 10) / 10, ratio, milliseconds(own, wire), left(fed), left(plain)]
    }),
    tones: entries.map(({ fed, plain }) => {
      const best = Math.min(fed?.final ?? Number.POSITIVE_INFINITY, plain?.final ?? Number.POSITIVE_INFINITY)
      return isFine(best, none) ? 'good' : 'bad'
    }),
  }
}

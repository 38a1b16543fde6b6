/** The methods of a list, each with its twin with or without error feedback, and what their messages cost. */

import { transfersOf } from '../../train/compress/size.js'
import { bytesOfEntry } from '../../train/compress/sparse.js'
import { parseCompression } from '../../train/compress.js'
import { ringTime, ringTraffic, type Transfer } from '../../train/ring.js'
import type { Race } from './race.js'

/** A method: as listed, and with and without error feedback where it ran so. */
export interface Entry {
  readonly name: string
  readonly own: Race
  readonly fed: Race | undefined
  readonly plain: Race | undefined
}

/** For whom and over what the messages travel. */
export interface Wire {
  readonly workers: number
  readonly dimension: number
  readonly parameters: number
  /** Microseconds. */
  readonly latency: number
  /** Gbit/s. */
  readonly bandwidth: number
  readonly updates: number
  readonly dgcWarmup: number
}

const bareName = (name: string): string => name.replace(/[+-]ef$/, '')

/** Methods that leave values out: these always run with error feedback and without. */
const leavesOut = (name: string): boolean =>
  ['efsign', 'threshold', 'topk', 'randomk', 'powersgd'].includes(parseCompression(name).family)

/** The name with error feedback, and the one without; undefined where there is none. */
function twins(name: string): { fed: string | undefined; plain: string | undefined } {
  const canonical = (text: string): string | undefined => {
    try {
      return parseCompression(text).name
    } catch {
      return undefined
    }
  }
  const bare = bareName(name)
  return { fed: canonical(`${bare}+ef`), plain: canonical(`${bare}-ef`) }
}

/** What must run for a list: the plain training, what is listed, and the twins of methods that leave values out. */
export function runsFor(listed: readonly string[]): string[] {
  const wanted = listed.flatMap((name) => {
    const { fed, plain } = twins(name)
    return leavesOut(name) ? [name, plain, fed] : [name]
  })
  return [...new Set(['none', ...wanted])].filter((name) => name !== undefined)
}

/** One entry a method, whether it was listed with error feedback, without, or both. */
export function entriesOf(listed: readonly string[], races: ReadonlyMap<string, Race>): Entry[] {
  const rows = new Map<string, string>()
  for (const name of listed) if (!rows.has(bareName(name))) rows.set(bareName(name), name)
  const raceOf = (name: string | undefined): Race | undefined => (name === undefined ? undefined : races.get(name))
  return [...rows].map(([bare, name]) => {
    const { fed, plain } = twins(name)
    return { name: bare, own: races.get(name) as Race, fed: raceOf(fed), plain: raceOf(plain) }
  })
}

/** The entry that the findings are about: the first with and without error feedback, else the first compressed one. */
export const subjectOf = (entries: readonly Entry[]): Entry =>
  entries.find(({ fed, plain }) => fed && plain) ?? entries.find(({ name }) => name !== 'none') ?? (entries[0] as Entry)

export const bytesOf = ({ transfers }: Race): number => transfers.reduce((sum, { bytes }) => sum + bytes, 0)

/** Milliseconds of a mean step's exchange for so many parameters: the messages of the method at that length. */
export function milliseconds(
  race: Race,
  { workers, dimension, parameters, latency, bandwidth, ...wire }: Wire,
): number {
  const share = bytesOf(race) / (bytesOfEntry * dimension)
  const larger = transfersOf(parseCompression(race.name), {
    length: parameters,
    share,
    warmup: wire.dgcWarmup,
    ...wire,
  })
  return 1e3 * ringTime(larger, workers, { latency: latency * 1e-6, bandwidth: (bandwidth * 1e9) / 8 })
}

/** What a worker passes on, as a share of what it passes on uncompressed; NaN for one worker. */
export function trafficShare(race: Race, none: Race, workers: number): number {
  const traffic = ({ transfers }: Race): number => transfers.reduce((sum, t) => sum + ringTraffic(t, workers), 0)
  return traffic(race) / traffic(none)
}

/** The number of workers from which gathering moves more than the plain all-reduce; NaN where nothing is gathered. */
export function breakEvenOf({ transfers }: Race, none: Race): number {
  const by = (collective: Transfer['collective']): number =>
    transfers.reduce((sum, t) => (t.collective === collective ? sum + t.bytes : sum), 0)
  const [reduced, gathered] = [by('all-reduce'), by('all-gather')]
  // (n − 1)·gathered + 2(n − 1)/n · reduced > 2(n − 1)/n · raw
  return gathered > 0 ? Math.max(2, Math.floor((2 * (bytesOf(none) - reduced)) / gathered) + 1) : Number.NaN
}

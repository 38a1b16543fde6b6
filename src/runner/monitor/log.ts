/** A pasted log: its scale over the iterations, the name of the pattern, the evidence, and what to do next. */
import type { LogLine } from '../../data/training-log/lines.js'
import { logSource, type SourceEnd } from '../../data/training-log/source.js'
import { type LogSummary, readTrainingLog } from '../../data/training-log.js'
import { exponentOf, isPowerOfTwo, powerOfTwo } from '../../format/bits.js'
import type { Block, Cell, Finding, Tone } from '../../result/result.js'
import { policyOf } from '../../train/loss-scale.js'
import {
  type Pattern,
  type Point,
  patternOf,
  patterns,
  rateOf,
  type ScaleHistory,
  scaleHistory,
} from '../../train/monitor/scale-history.js'
import type { Request } from '../runner.js'
import { criticalRate } from '../scale-collapse.js'
import { type Envelope, envelope } from './envelope.js'

/** The policy whose interval and floor a log's writer has, as long as nobody says otherwise. */
const policyFor = {
  apex: 'apex',
  deepspeed: 'deepspeed-zero',
  megatron: 'megatron',
  fairseq: 'fairseq',
  other: 'pytorch',
} as const

/** Logs of more scalers than this are not told apart any more. */
const mostSources = 16

interface Watched {
  readonly format: LogLine['format']
  readonly verbose: boolean
  readonly scaler: string | undefined
  readonly history: ReturnType<typeof scaleHistory>
  readonly curve: ReturnType<typeof envelope>
  readonly lines: ReturnType<typeof logSource>
  samples: number
  notFinite: number
  /** Lines whose scale is NaN or Inf. */
  dead: number
}

/** What a log turned out to be. */
export interface LogRead {
  readonly summary: LogSummary
  readonly format: LogLine['format']
  readonly scaler: string | undefined
  /** Scalers of the same writer. */
  readonly scalers: number
  readonly history: ScaleHistory
  readonly curve: Envelope
  readonly copies: SourceEnd
  readonly samples: number
  /** Lines whose loss was NaN or Inf. */
  readonly notFinite: number
  /** Lines whose scale is NaN or Inf. */
  readonly dead: number
  readonly interval: number
  readonly floor: number
  readonly pattern: Pattern
}

/**
 * fairseq writes the mean of the scale since the line before, rounded. Where overflows are written too, only a power of two
 * says what the scale was; else the power next to it is all there is. Undefined: the line says nothing.
 */
function scaleOf({ format, kind, to }: LogLine, overflowsTold: boolean): number | undefined {
  if (format !== 'fairseq' || kind !== 'sample' || to === undefined || isPowerOfTwo(to)) return to
  if (overflowsTold || to === 0) return undefined
  const below = powerOfTwo(exponentOf(to))
  return to > 1.9 * below ? 2 * below : below
}

function watched({ format, verbose = false, scaler }: LogLine): Watched {
  const history = scaleHistory()
  const curve = envelope()
  let overflowsTold = false
  const one: Watched = {
    format,
    verbose,
    scaler,
    history,
    curve,
    samples: 0,
    notFinite: 0,
    dead: 0,
    lines: logSource((line, number) => {
      const { kind, iteration: at = Number.NaN, from, skipped } = line
      const to = scaleOf(line, overflowsTold)
      if (kind === 'lowered' || kind === 'held') overflowsTold = true
      if (line.loss !== undefined && !Number.isFinite(line.loss)) one.notFinite++
      history.add({ kind, at, from, to, skipped, line: number })
      if (kind === 'dead') one.dead++
      if (to === undefined || kind === 'dead') return
      const overflow = kind === 'lowered' || kind === 'held' || (skipped ?? 0) > 0
      if (one.samples++ === 0 && from !== undefined && from !== to) curve.add(at - 1, from, false)
      curve.add(at, to, overflow)
    }),
  }
  return one
}

/** Of several writers that tell of the same steps the one that tells most. */
function chosen(all: readonly Watched[]): Watched {
  const rank = ({ format, verbose, samples, dead }: Watched): number =>
    samples + dead === 0 ? 9 : format === 'megatron' && samples > 1 ? 0 : verbose ? 1 : format === 'other' ? 3 : 2
  return [...all].sort((a, b) => rank(a) - rank(b) || b.samples - a.samples)[0] as Watched
}

/** Iterations for each overflow that a scale can bear which doubles after so many clean steps and halves at an overflow. */
const criticalSteps = (interval: number): number => 1 / criticalRate({ interval, up: 1, down: -1 })

/** Reads a log to its end, in flat memory. Throws as readTrainingLog does. */
export async function readLog(
  path: string,
  given: { readonly interval?: number | undefined; readonly floor?: number | undefined },
  { host }: Request,
): Promise<LogRead> {
  const sources = new Map<string, Watched>()
  const summary = await readTrainingLog({ path, stdin: host.stdin, progress: host.progress }, (line, number) => {
    const { format, verbose, scaler, to, kind } = line
    if (to === undefined && kind !== 'stopped') {
      // The number of a step, for all that is known of this writer.
      for (const one of sources.values()) if (one.format === format) one.lines.push(line, number)
      return
    }
    const key = `${format} ${verbose === true} ${scaler}`
    const same = [...sources.values()].filter((one) => one.format === format)
    if (kind === 'stopped' && same.length > 0) for (const one of same) one.lines.push(line, number)
    else {
      const one = sources.get(key) ?? (sources.size < mostSources ? watched(line) : undefined)
      if (!one) return
      sources.set(key, one)
      one.lines.push(line, number)
    }
  })
  const ends = new Map([...sources.values()].map((one) => [one, one.lines.end()]))
  const one = chosen([...sources.values()])
  const { defaults } = policyOf(policyFor[one.format])
  const interval = given.interval ?? defaults.growthInterval ?? Number.NaN
  const floor = given.floor ?? defaults.minScale ?? Number.NaN
  const history = one.history.end()
  return {
    summary,
    format: one.format,
    scaler: one.scaler,
    scalers: [...sources.values()].filter(({ format, samples }) => format === one.format && samples > 0).length,
    history,
    curve: one.curve.end(),
    copies: ends.get(one) as SourceEnd,
    samples: one.samples,
    notFinite: one.notFinite,
    dead: one.dead,
    interval,
    floor,
    pattern: patternOf(history, { interval, floor, critical: criticalSteps(interval) }),
  }
}

const tones: Readonly<Record<Pattern, Tone>> = {
  probing: 'good',
  healthy: 'good',
  collapse: 'bad',
  'stuck-at-minimum': 'bad',
  'never-grows': 'bad',
  unscaled: 'note',
  dead: 'bad',
  'too-many-overflows': 'bad',
}

export function logFindings(log: LogRead): Finding[] {
  const { history: h, pattern, interval, copies, summary } = log
  const iterations = h.to - h.from
  const values = {
    format: log.format,
    overflows: h.overflows,
    opening: h.opening.overflows,
    openingEnd: h.opening.end.scale,
    first: h.first.scale,
    last: h.last.scale,
    lowest: h.lowest.scale,
    highest: h.highest.scale,
    peak: h.peak.scale,
    peakAt: h.peak.at,
    peakLine: h.peak.line,
    lastAt: h.last.at,
    backoffs: h.peak.backoffs,
    growths: h.growths,
    held: h.heldAtEnd,
    stopped: h.stopped,
    iterations,
    withoutGrowth: h.withoutGrowth,
    oneIn: Math.round(rateOf(h).oneIn),
    later: rateOf(h).count,
    afterOpening: h.afterOpening,
    skippedShare: 1 / rateOf(h).oneIn,
    flat: h.flat,
    lowestAt: h.lowest.at,
    lowestLine: h.lowest.line,
    dead: h.dead.scale,
    deadAt: h.dead.at,
    deadLine: h.dead.line,
    interval,
    critical: Math.round(criticalSteps(interval)),
    scaled: log.format === 'megatron',
  }
  const note = (code: string, more: Finding['values']): Finding => ({ code, tone: 'note', values: more })
  return [
    { code: `monitor-pattern-${pattern}`, tone: tones[pattern], values },
    note(`monitor-next-${pattern}`, values),
    ...(log.notFinite > 0
      ? [{ code: 'monitorLogNotFinite', tone: 'bad', values: { lines: log.notFinite } } as const]
      : []),
    ...(log.dead > 0 && pattern !== 'dead'
      ? [{ code: 'monitorLogDead', tone: 'bad', values: { lines: log.dead } } as const]
      : []),
    ...(copies.copies > 1 ? [note('monitorLogCopies', { copies: copies.copies })] : []),
    ...(log.scalers > 1 && log.scaler !== undefined
      ? [note('monitorLogScalers', { scaler: log.scaler, scalers: log.scalers })]
      : []),
    ...(h.restarts > 0 ? [note('monitorLogRestarts', { restarts: h.restarts })] : []),
    ...(summary.recognized < 3 ? [note('monitorLogShort', { recognized: summary.recognized })] : []),
  ]
}

/** The scale over the iterations, or entry by entry where the lines do not name them. */
export function logChart({ curve }: LogRead): Block {
  return {
    kind: 'line-chart',
    x: {
      label: { code: curve.placed ? 'monitor-iteration' : 'monitor-entry' },
      values: curve.x,
      scale: 'linear',
    },
    y: { label: { code: 'lossScale' }, scale: 'log2' },
    series: [{ label: { name: '' }, values: curve.values }],
    ...(curve.marks.length > 0 ? { marks: { label: { code: 'monitor-overflow' }, at: curve.marks } } : {}),
  }
}

/** The evidence: where in the file the scale stood when. */
export function logTable({ history: h, pattern }: LogRead): Block {
  const between: readonly (readonly [string, Point])[] = [
    ...(h.opening.over && h.opening.overflows > 0 ? [['monitor-at-opening', h.opening.end] as const] : []),
    ['monitor-at-highest', h.highest],
    ['monitor-at-lowest', h.lowest],
  ]
  const same = (a: Point, b: Point): boolean => a.line === b.line && a.scale === b.scale
  const told = [h.first, h.last]
  const wanted = [
    ['monitor-at-first', h.first] as const,
    ...between.filter(([, point]) => {
      const isNew = !told.some((other) => same(other, point))
      told.push(point)
      return isNew
    }),
    ...(same(h.first, h.last) ? [] : [['monitor-at-last', h.last] as const]),
  ].sort(([, a], [, b]) => a.line - b.line)
  const numbered = wanted.some(([, { at }]) => Number.isFinite(at))
  return {
    kind: 'table',
    columns: [
      { label: { code: 'monitor-what' }, as: 'text' },
      { label: { code: 'monitor-line' }, as: 'count' },
      ...(numbered ? [{ label: { code: 'monitor-iteration' }, as: 'count' as const }] : []),
      { label: { code: 'lossScale' }, as: 'power' },
    ],
    rows: wanted.map(([code, { line, at, scale }]): Cell[] => [
      { code },
      line,
      ...(numbered ? [Number.isFinite(at) ? at : null] : []),
      scale,
    ]),
    tones: wanted.map(([code]) => (code === 'monitor-at-last' ? tones[pattern] : null)),
  }
}

export const patternNumber = (pattern: Pattern): number => patterns.indexOf(pattern) + 1

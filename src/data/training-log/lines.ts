/** The lines in which training programs tell of their loss scale, as people paste them. */

/** Who wrote a line. `other`: any line that names a loss_scale and a number. */
export type LogFormat = 'apex' | 'deepspeed' | 'megatron' | 'fairseq' | 'other'

export interface LogLine {
  readonly format: LogFormat
  /**
   * lowered: an overflow, the scale went down. held: an overflow, the scale stayed. raised: the scale went up. sample: the
   * scale or the iteration at some step. stopped: the framework gave up. dead: the scale is NaN or Inf. verbose: like lowered and raised, from a program
   * that also writes down every growth.
   */
  readonly kind: 'lowered' | 'held' | 'raised' | 'sample' | 'stopped' | 'dead'
  readonly verbose?: boolean
  /** Which process wrote it, and which of several scalers it is about. */
  readonly rank?: string
  readonly scaler?: string
  readonly iteration?: number
  /** The scale of the step, and the scale after it. */
  readonly from?: number
  readonly to?: number
  readonly loss?: number
  readonly norm?: number
  /** Steps skipped since the line before. */
  readonly skipped?: number
}

// 65,536 is one number; of 65,53 nobody knows what it is, and a part of a number is none.
const N = String.raw`([-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\d|\.\d|,\d|[eE][-+]?\d)|[-+]?inf(?:inity)?\b|nan\b)`
const number = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const word = text.toLowerCase()
  if (word === 'nan') return Number.NaN
  if (word.includes('inf')) return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(text.replaceAll(',', ''))
}

/** The number behind a name: `name: 1`, `name=1`, `name 1`, `"name": "1"`. */
const field = (names: string): RegExp => new RegExp(String.raw`\b(?:${names})\b["']?\s*[:=]?\s*["']?${N}`, 'i')

const fields = {
  scale: field('loss[ _]scale|grad[ _]scale|amp[ _]scale|scaler[ _]scale'),
  loss: field('lm[ _]loss|train_loss|loss'),
  norm: field('grad[ _]norm|gnorm|gradient_norm'),
  step: field('global_step|num_updates|iteration|iter|step'),
  skipped: field('number of skipped iterations'),
}

const find = (line: string, pattern: RegExp): number | undefined => number(pattern.exec(line)?.[1])

/** 379/2724 [14:00:21<…: where a progress bar stands. */
const progressBar = /(\d+)\/\d+ \[\d/

/** Keeps what is there: a field that was not found is left out. */
const given = <T extends object>(o: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(o).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }

type Kind = {
  readonly format: LogFormat
  readonly pattern: RegExp
  readonly read: (match: RegExpExecArray, line: string) => Omit<LogLine, 'format'> | undefined
}

// The first that fits decides: what says more stands first.
const kinds: readonly Kind[] = [
  {
    format: 'apex',
    pattern: new RegExp(
      String.raw`Gradient overflow\.\s+Skipping step,(?: loss scaler (\d+))? reducing loss scale to ${N}`,
    ),
    read: ([, scaler, to]) => {
      const scale = number(to) as number
      // apex halves; the line names the result alone.
      return { kind: 'lowered', from: 2 * scale, to: scale, ...given({ scaler }) }
    },
  },
  {
    format: 'deepspeed',
    // A terminal may have broken the word "scale".
    pattern: new RegExp(
      String.raw`overflow(?:!| detected\.)\s*(?:Rank (\d+) )?Skipping step\.\s+Attempted loss scal\s*e\s*:?\s*${N},\s+(?:reducing to ${N}|but hysteresis is \d+)`,
      'i',
    ),
    read: ([, rank, attempted, reduced], line) => {
      const from = number(attempted) as number
      const to = number(reduced) ?? from
      const iteration = find(line, progressBar)
      return { kind: to < from ? 'lowered' : 'held', from, to, ...given({ rank, iteration }) }
    },
  },
  {
    format: 'deepspeed',
    pattern: new RegExp(`(Reducing|Increasing) dynamic loss scale from ${N} to ${N}`),
    read: ([, word, before, after]) => {
      const [from, to] = [number(before) as number, number(after) as number]
      const kind = word === 'Increasing' ? 'raised' : to < from ? 'lowered' : 'held'
      return { kind, verbose: true, from, to }
    },
  },
  {
    format: 'deepspeed',
    pattern: /Current loss scale already at minimum/,
    read: () => ({ kind: 'stopped' }),
  },
  {
    format: 'fairseq',
    pattern: new RegExp(`overflow detected,(?: ignoring gradient,)? setting loss scale to:? ${N}`),
    read: ([, to]) => {
      const scale = number(to) as number
      return { kind: 'lowered', from: 2 * scale, to: scale }
    },
  },
  {
    format: 'fairseq',
    pattern: new RegExp(String.raw`Minimum loss scale reached \(${N}\)`),
    read: () => ({ kind: 'stopped' }),
  },
  {
    format: 'megatron',
    pattern: /\biteration\s+(\d+)\s*\/\s*\d+ \|/,
    read: ([, iteration], line) => {
      const found = sample(line)
      const skipped = find(line, fields.skipped)
      return found && { ...found, ...given({ iteration: number(iteration), skipped }) }
    },
  },
  {
    format: 'deepspeed',
    pattern: /\bstep=(\d+), skipped=(\d+), lr=/,
    read: ([, iteration]) => ({ kind: 'sample', ...given({ iteration: number(iteration) }) }),
  },
  {
    format: 'fairseq',
    pattern: /\bnum_updates\b/,
    read: (_, line) => sample(line),
  },
  { format: 'other', pattern: fields.scale, read: (_, line) => sample(line) },
]

/** DeepSpeed prints its settings; there 0 means a dynamic scale. */
const setting = /^\W*loss_scale\W*0,?\s*$/

function sample(line: string): Omit<LogLine, 'format'> | undefined {
  if (setting.test(line)) return undefined
  const to = find(line, fields.scale)
  if (to === undefined) return undefined
  return {
    kind: 'sample',
    to,
    ...given({
      iteration: find(line, fields.step) ?? find(line, progressBar),
      loss: find(line, fields.loss),
      norm: find(line, fields.norm),
    }),
  }
}

/** No other line can be one: looked for first, because most lines of a log are about something else. */
const worthALook = /scal\s*e|skipped=/i

// biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told, in a log that was written by one.
const ansi = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*\u0007/g

/** Marks of who wrote a line, put before it: srun -l, mpirun --tag-output, torchrun. */
const rankMark = /^(?:(\d+): |\[\d+,(\d+)\]<std(?:out|err)>:\s?|\[[a-z]+(\d+)\]:\s?)/

/** What a line says of the loss scale; undefined where it says nothing. Never throws, whatever the line. */
export function readLogLine(raw: string): LogLine | undefined {
  if (!worthALook.test(raw)) return undefined
  const line = raw.includes('\u001b') ? raw.replace(ansi, '') : raw
  for (const { format, pattern, read } of kinds) {
    const match = pattern.exec(line)
    const found = match && read(match, line)
    if (!found) continue
    const scales = [found.from, found.to].filter((scale) => scale !== undefined)
    // No scale is negative.
    if (scales.some((scale) => scale < 0)) return undefined
    const marked = rankMark.exec(line)
    const rank = found.rank ?? marked?.slice(1).find((name) => name !== undefined)
    const dead = scales.find((scale) => !Number.isFinite(scale))
    if (dead === undefined) return { format, ...found, ...given({ rank }) }
    const { iteration, loss, norm, scaler } = found
    return { format, kind: 'dead', to: dead, ...given({ iteration, loss, norm, scaler, rank }) }
  }
  return undefined
}

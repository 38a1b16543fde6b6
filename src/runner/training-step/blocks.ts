/** The tables and listings of the lesson of one training step. */
import { encode } from '../../format/encode.js'
import type { Fate } from '../../format/format.js'
import { format } from '../../format/parse.js'
import type { Block, Cell, Label, Listing, Tone } from '../../result/result.js'
import type { Row } from '../../train/step/model.js'
import type { Op, Trace } from '../../train/step.js'
import { type Probability, softmax } from './loops/softmax.js'
import { type LoopRun, mistakesOf, type OrderRun } from './run.js'

/** What the calls are called on the screen: PyTorch's names. */
export const callNames: Partial<Readonly<Record<Op, string>>> = {
  zero_grad: 'zero_grad()',
  forward: 'forward',
  scale: 'scale(loss)',
  backward: 'backward()',
  unscale: 'unscale_()',
  clip: 'clip',
  step: 'step()',
  'step-plain': 'step()',
  update: 'update()',
}

export const callName = (op: Op): string => callNames[op] ?? op

/** Digits that show a weight move by a billionth of itself; an output of it has as many, a gradient fewer. */
const digitsOf = (tensor: string): number => (tensor === 'w' || tensor === 'y' ? 7 : 4)

const numberOf = (value: number, tensor: string): Label => ({
  code: 'step-number',
  values: { value, digits: digitsOf(tensor) },
})

/** The code in hex, or nothing where the dtype has none for this value. */
function codeOf(value: number, dtype: string): string {
  if (dtype === '' || dtype === 'float') return ''
  const f = format(dtype)
  if (f.width > 53 || (Number.isNaN(value) && f.specials === 'none')) return ''
  return `0x${encode(value, f)
    .toString(16)
    .padStart(Math.ceil(f.width / 4), '0')}`
}

const stepOps: ReadonlySet<string> = new Set<Op>(['step', 'step-plain', 'step-if-finite'])

const bad: readonly (Fate | null)[] = ['underflow', 'overflow', 'saturated', 'nan']

/** Names of rows that repeat within one trace get numbers, so that a row finds its twin in another trace. */
function keyed(rows: readonly Row[]): Map<string, Row> {
  const seen = new Map<string, number>()
  return new Map(
    rows.map((row) => {
      const name = `${callName(row.op as Op)} ${row.tensor}`
      const count = (seen.get(name) ?? 0) + 1
      seen.set(name, count)
      return [`${name} ${count}`, row] as const
    }),
  )
}

/** Every call of the last iteration with its tensors, beside the same tensor of another run. */
export function callsTable(run: OrderRun, isRight: boolean, plainToo: boolean): Block {
  const { trace } = run
  const other = isRight ? run.plain : run.twin
  const twins = keyed(other.rows)
  const outcome = trace.iterations.at(-1)?.outcome
  const rows = [...keyed(trace.rows)]
  const swallowed = new Set(trace.problems.flatMap((p) => (p.code === 'swallowed' ? [p.line] : [])))
  let last = Number.NaN
  const fateCell = (row: Row): Cell => {
    if (row.tensor === 'error') return { code: 'step-stops' }
    if (row.op === 'step' && row.tensor === 'w' && outcome === 'skipped') return { code: 'step-skipped-cell' }
    if (swallowed.has(row.line) && row.tensor === 'w') return { code: 'step-swallowed-cell' }
    if (row.value === null) return null
    return row.fate === null || row.fate === 'exact' ? null : { code: `step-fate-${row.fate}` }
  }
  const twinCell = (twin: Row | undefined): Cell => {
    if (!twin || twin.tensor === 'error') return null
    if (twin.value === null) return 'None'
    return twin.fate === 'underflow' ? { code: 'step-lost-number' } : numberOf(twin.value, twin.tensor)
  }
  const cells = rows.map(([key, row]): Cell[] => {
    const first = row.line !== last
    last = row.line
    const twin = twins.get(key)
    return [
      first ? callName(row.op as Op) : '',
      row.tensor === 'error' ? '' : row.tensor,
      row.value === null ? '' : row.dtype,
      row.value === null ? '' : codeOf(row.value, row.dtype),
      row.tensor === 'error' ? '' : row.value === null ? 'None' : numberOf(row.value, row.tensor),
      fateCell(row),
      ...(plainToo ? [twinCell(twin)] : []),
    ]
  })
  const text = (code: string): { label: Label; as: 'text' } => ({ label: { code }, as: 'text' })
  return {
    kind: 'table',
    columns: [
      text('step-call'),
      text('step-tensor'),
      text('step-dtype'),
      text('code'),
      { label: { code: 'value' }, as: 'number' },
      text('step-happens'),
      ...(plainToo ? [{ label: { code: isRight ? 'step-unscaled' : 'step-right-order' }, as: 'number' as const }] : []),
    ],
    rows: cells,
    data: {
      columns: ['iteration', 'call', 'tensor', 'dtype', 'code', 'value', 'fate', isRight ? 'unscaled' : 'right'],
      rows: rows.map(([key, row]) => [
        trace.iterations.length,
        callName(row.op as Op),
        row.tensor,
        row.dtype,
        row.value === null ? '' : codeOf(row.value, row.dtype),
        row.tensor === 'error' ? 'error' : row.value,
        row.fate,
        twins.get(key)?.value ?? null,
      ]),
    },
    tones: rows.map(([, row]): Tone | null => {
      if (row.tensor === 'error' || bad.includes(row.fate)) return 'bad'
      if (stepOps.has(row.op) && row.tensor === 'w')
        return outcome === 'skipped' || swallowed.has(row.line) ? 'bad' : 'good'
      return null
    }),
  }
}

/** Iterations that a table of at most `most` rows shows: the first ones and the last ones. */
function shown(count: number, most: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i)
  return count <= most ? all : [...all.slice(0, most / 2), ...all.slice(count - most / 2)]
}

/** What each iteration did, beside what the right one did. */
export function iterationsTable(trace: Trace, right: Trace, heads: readonly [string, string], most: number): Block {
  const count = Math.max(trace.iterations.length, right.iterations.length)
  const cellsOf = (t: Trace, i: number): Cell[] => {
    const it = t.iterations[i]
    if (!it) return [null, null, null]
    const saw: Cell =
      it.outcome === 'stepped'
        ? it.applied === null
          ? 'None'
          : numberOf(it.applied, 'w.grad')
        : { code: `step-outcome-${it.outcome}` }
    return [it.scale, saw, numberOf(it.weight, 'w')]
  }
  const head = (code: string): { label: Label; as: 'number' } => ({ label: { code }, as: 'number' })
  const columns = (name: string) => [
    { label: { code: 'step-scale-of', values: { run: name } }, as: 'power' as const },
    head('step-applied'),
    head('step-weight'),
  ]
  return {
    kind: 'table',
    columns: [
      { label: { code: 'step-iteration' }, as: 'count' },
      ...columns(heads[0] as string),
      ...columns(heads[1] as string),
    ],
    data: {
      columns: [
        'iteration',
        ...heads.flatMap((run) => [`${run}-scale`, `${run}-applied`, `${run}-outcome`, `${run}-weight`]),
      ],
      rows: Array.from({ length: count }, (_, i) => [
        i + 1,
        ...[trace, right].flatMap((t) => {
          const it = t.iterations[i]
          return it ? [it.scale, it.applied, it.outcome, it.weight] : [null, null, null, null]
        }),
      ]),
    },
    rows: shown(count, most).map((i) => [i + 1, ...cellsOf(trace, i), ...cellsOf(right, i)]),
    tones: shown(count, most).map((i): Tone | null => {
      const [mine, theirs] = [trace.iterations[i], right.iterations[i]]
      if (heads[1] === 'unscaled') return mine?.outcome === 'skipped' ? 'bad' : null
      return mine && theirs && Object.is(mine.weight, theirs.weight) ? null : 'bad'
    }),
  }
}

/** What a line did in the last iteration it was run: its most telling tensor. */
function remarkOf(trace: Trace, line: number): Label | undefined {
  const error = trace.problems.find((problem) => problem.code === 'error' && problem.line === line)
  if (error) return { code: 'step-remark-error', values: { problem: error.values['problem'] as string } }
  const rows = trace.rows.filter((row) => row.line === line && row.tensor !== 'error')
  const isBroken = (row: Row): boolean => row.value !== null && !Number.isFinite(row.value)
  const stepped = rows.findLast(({ op }) => stepOps.has(op))
  if (stepped && trace.iterations.at(-1)?.outcomes[stepped.net] === 'skipped') return { code: 'step-skipped-cell' }
  const row = rows.find(isBroken) ?? rows.findLast(({ tensor }) => tensor !== 'v.grad')
  // The value of a loss that is linear says nothing.
  if (!row || row.op === 'forward') return undefined
  const { net } = row
  const tensor =
    trace.nets.length > 1 ? row.tensor.replace(/^[wv]/, (name) => name + (net === 0 ? '_d' : '_g')) : row.tensor
  if (row.value === null) return { name: `${tensor} = None` }
  return { code: 'step-is', values: { tensor, value: row.value, digits: digitsOf(row.tensor) } }
}

/** The loop as written and its repair in one listing: ✗ what goes wrong, ✓ what repairs it. */
export function listingOf(run: LoopRun): Listing {
  const wrong = new Set(mistakesOf(run.written).map(({ line }) => line))
  const isRight = run.errorLine === 0
  const stopped = run.written.problems.some(({ code }) => code === 'error')
  return {
    kind: 'listing',
    title: {
      code: isRight ? 'step-listing-right' : stopped ? 'step-listing-stopped' : 'step-listing',
      values: { iterations: run.repaired.iterations.length },
    },
    lines: run.lines.map((line) => {
      const repair = line.only === 'repaired'
      const tone: Tone | null = repair ? 'good' : wrong.has(line.number) || (line.wrong && !isRight) ? 'bad' : null
      const remark =
        remarkOf(repair ? run.repaired : run.written, line.number) ??
        (stopped ? remarkOf(run.repaired, line.number) : undefined)
      return {
        number: repair ? null : line.number,
        text: line.code,
        tone,
        ...(remark ? { remark } : {}),
      }
    }),
  }
}

/** Probabilities of a softmax layer: in fp32, and in the format of the policy. */
export function softmaxTable(formatName: string): Block {
  const probabilities = softmax(format(formatName))
  const last = probabilities.length - 1
  const picked = [0, 1, 3, 6, 7, 8, last].map((i) => [i, probabilities[i] as Probability] as const)
  const number = (code: string): { label: Label; as: 'number' } => ({ label: { code }, as: 'number' })
  return {
    kind: 'table',
    columns: [
      { label: { code: 'step-class' }, as: 'count' },
      number('step-logit'),
      number('step-p-fp32'),
      { label: { code: 'step-p-in', values: { format: formatName } }, as: 'number' },
      number('step-minus-log'),
      { label: { code: 'step-minus-log-in', values: { format: formatName } }, as: 'number' },
    ],
    rows: picked.map(([i, p]) => [i, p.logit, p.exact, p.rounded, p.exactLoss, p.roundedLoss]),
    tones: picked.map(([, p]) => (p.rounded === 0 ? 'bad' : null)),
  }
}

/** Where the forward pass leaves a 16-bit format, from which input on, and which cure heals which place. */
import * as z from 'zod/mini'
import type { Format } from '../format/format.js'
import { format } from '../format/parse.js'
import { next, previous } from '../format/ulp.js'
import { exp } from '../kernel/kernel.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { lossScaler } from '../train/loss-scale.js'
import { nearest } from '../train/optimizer/nearest.js'
import {
  autocastCares,
  type CaseName,
  type CureName,
  caseNames,
  cases,
  clampOf,
  cureNames,
  inputs,
  outcome,
  score,
  variance,
  verdictOf,
} from './forward-overflow/cases.js'
import { choice } from './params.js'
import { defineRunner } from './runner.js'
import { smallestThat } from './scaling/threshold.js'

const params = {
  format: z._default(choice(['fp16', 'bf16', 'fp32']), 'fp16'),
  case: z._default(choice(['all', ...caseNames]), 'all'),
}

/** How many of the broken places each cure heals. */
type Heals = `${Exclude<CureName, 'none'>}Heals`

const metrics = {
  broken: 'count',
  fp32Heals: 'count',
  autocastHeals: 'count',
  bf16Heals: 'count',
  scaleFirstHeals: 'count',
  subtractMaxHeals: 'count',
  clampHeals: 'count',
  lossScalingHeals: 'count',
  lastExp: 'exact',
  expVanishes: 'exact',
  lastSquare: 'exact',
  lastActivation: 'exact',
  lastComponent: 'exact',
  clamp: 'exact',
  stepsToZero: 'count',
} as const satisfies Record<Heals, 'count'> & Record<string, string>

const parts = ['edges', 'matrix', 'case'] as const

/** The functions whose edges are searched, of one positive input: as stored in the format. */
const edges = {
  exp: (x, round) => round(exp(round(x))),
  square: (x, round) => round(round(x) * round(x)),
  activation: (x, round) => variance(x, { round, scaled: false }),
  component: (x, round) => score(x, { round, scaled: false }),
} as const satisfies Readonly<Record<string, (x: number, round: (x: number) => number) => number>>
type Edge = keyof typeof edges
const edgeNames = Object.keys(edges) as Edge[]

/** The largest value of f whose result is finite. Exact: searched over all float64, so that every value of f counts. */
function lastFinite(edge: Edge, f: Format): number {
  const round = nearest(f)
  const first = smallestThat((x) => !Number.isFinite(edges[edge](x, round)))
  return previous(round(first), f)
}

/** The smallest value of f whose e^−x is 0. */
function vanishes(f: Format): number {
  const round = nearest(f)
  return round(smallestThat((x) => round(exp(-round(x))) === 0))
}

/** How many overflows in a row take PyTorch's scale from its start to 0. */
function overflowsToZero(): number {
  const scaler = lossScaler('pytorch')
  let state = scaler.init()
  let steps = 0
  for (; state.scale > 0; steps++) state = scaler.next(state, 'overflow')
  return steps
}

/** For each function the last input that works and the first that does not, with what they give. */
function edgesTable(f: Format): Block {
  const round = nearest(f)
  const exponential = (x: number): number => round(exp(-x))
  const small = vanishes(f)
  const short = (x: number): Cell => (Number.isFinite(x) ? { code: 'numberOf', values: { value: x } } : x)
  // The values of wide formats have more digits than anyone reads.
  const as = f.precision <= 11 && f.emax <= 15 ? 'exact' : 'number'
  const rows: (readonly [string, number, number, (x: number) => number])[] = [
    ...edgeNames.map((edge) => {
      const last = lastFinite(edge, f)
      return [edge, last, next(last, f), (x: number) => edges[edge](x, round)] as const
    }),
    ['small', previous(small, f), small, exponential],
  ]
  return {
    kind: 'table',
    columns: [
      { label: { code: 'forward-of' }, as: 'text' },
      { label: { code: 'forward-last' }, as },
      { label: { code: 'forward-result' }, as: 'exact' },
      { label: { code: 'forward-next' }, as },
      { label: { code: 'forward-result' }, as: 'exact' },
    ],
    rows: rows.map(([edge, last, after, of]): Cell[] => [
      { code: `forward-edge-${edge}`, values: { count: inputs.activations, head: inputs.head } },
      last,
      short(of(last)),
      after,
      short(of(after)),
    ]),
  }
}

const marks = { right: '✓', off: '~', broken: '✗' } as const

const heals = (name: CaseName, cure: CureName, f: Format): boolean => {
  const value = outcome(name, cure, f)
  return value !== undefined && verdictOf(name, value) === 'right'
}

function markOf(name: CaseName, cure: CureName, f: Format): Cell {
  const value = outcome(name, cure, f)
  return value === undefined ? null : marks[verdictOf(name, value)]
}

const tried = cureNames.filter((cure) => cure !== 'none')

function matrix(f: Format): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'forward-place' }, as: 'text' },
      { label: { name: f.name }, as: 'number' },
      ...tried.map((cure) => ({ label: { code: `forward-head-${cure}` }, as: 'text' as const })),
    ],
    rows: caseNames.map((name): Cell[] => [
      { code: `forward-case-${name}`, values: valuesOf(name) },
      outcome(name, 'none', f) as number,
      ...tried.map((cure) => markOf(name, cure, f)),
    ]),
  }
}

/** What the words of a case name. */
const valuesOf = (name: CaseName): Readonly<Record<string, number | string>> =>
  ({
    exp: { x: inputs.exp },
    'exp-small': { x: inputs.small },
    square: { x: inputs.square },
    softmax: { logits: inputs.logits.join(', ') },
    'log-softmax': { logits: inputs.logLogits.join(', ') },
    'layer-norm': { x: inputs.activation, count: inputs.activations },
    attention: { x: inputs.component, count: inputs.head },
    t5: { x: inputs.t5 },
  })[name]

/** One place with its numbers: what each cure gives. */
function opened(name: CaseName, f: Format): Block {
  const { wanted } = cases[name]
  const rows = cureNames.flatMap((cure) => {
    const value = outcome(name, cure, f)
    return value === undefined ? [] : [{ cure, value, verdict: verdictOf(name, value) }]
  })
  return {
    kind: 'table',
    title: { code: 'forward-opened', values: { ...valuesOf(name), case: name, wanted } },
    columns: [
      { label: { code: 'forward-cure' }, as: 'text' },
      { label: { code: 'forward-result' }, as: 'exact' },
      { label: { code: 'forward-off' }, as: 'percent' },
      { label: { name: '' }, as: 'text' },
      { label: { code: 'forward-does' }, as: 'text' },
    ],
    rows: rows.map(({ cure, value, verdict }): Cell[] => [
      { code: `forward-cure-${cure}`, values: { format: f.name } },
      value,
      Number.isFinite(value) ? Math.abs((value - wanted) / wanted) : null,
      marks[verdict],
      {
        code: `forward-does-${cure === 'fp32' && !autocastCares(name) ? 'matmul' : cure}`,
        values: { clamp: clampOf(f) },
      },
    ]),
    tones: rows.map(({ verdict }) => (verdict === 'right' ? 'good' : verdict === 'off' ? 'note' : 'bad')),
  }
}

export const forwardOverflow = defineRunner({
  name: 'forward-overflow',
  params,
  exclusive: [],
  metrics,
  parts,
  async run(p, { show }) {
    const f = format(p.format)
    const isBroken = (name: CaseName): boolean => verdictOf(name, outcome(name, 'none', f) as number) === 'broken'
    const broken = caseNames.filter(isBroken)
    const healed = (cure: CureName): number => broken.filter((name) => heals(name, cure, f)).length
    const last = Object.fromEntries(edgeNames.map((edge) => [edge, lastFinite(edge, f)])) as Record<Edge, number>
    const byItself = broken.filter((name) => autocastCares(name) && heals(name, 'fp32', f)).length
    const stepsToZero = overflowsToZero()
    const place = p.case
    const all = broken.length
    const findings: Finding[] = []
    if (all > 0)
      findings.push(
        {
          code: 'forward-loss-scaling',
          tone: 'bad',
          values: { all, healed: healed('lossScaling'), steps: stepsToZero, start: lossScaler('pytorch').init().scale },
        },
        {
          code: 'forward-cures',
          tone: 'good',
          values: { all, fp32: healed('fp32'), autocast: byItself, bf16: healed('bf16') },
        },
      )
    else findings.push({ code: 'forward-none', tone: 'good', values: { format: f.name, cases: caseNames.length } })
    const draw: Record<(typeof parts)[number], () => Block[]> = {
      edges: () => (place === 'all' ? [edgesTable(f)] : []),
      matrix: () =>
        place === 'all' ? [matrix(f), { kind: 'note', code: 'forward-legend', tone: 'note', values: {} }] : [],
      case: () => (place === 'all' ? [] : [opened(place, f)]),
    }
    return {
      subject: { name: f.name },
      metrics: {
        broken: all,
        fp32Heals: healed('fp32'),
        autocastHeals: byItself,
        bf16Heals: healed('bf16'),
        scaleFirstHeals: healed('scaleFirst'),
        subtractMaxHeals: healed('subtractMax'),
        clampHeals: healed('clamp'),
        lossScalingHeals: healed('lossScaling'),
        lastExp: last.exp,
        expVanishes: vanishes(f),
        lastSquare: last.square,
        lastActivation: last.activation,
        lastComponent: last.component,
        clamp: clampOf(f),
        stepsToZero,
      },
      findings,
      blocks: (show.length > 0 ? show : parts).flatMap((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})

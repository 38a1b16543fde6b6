/** The words of updates that are too small for their weight. */
import { brief, number, percent, power, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** 2^-11, or the digits where they are few, else three of them. */
const short = (x: number): string => (power(x).includes('^') ? power(x) : brief(x))

/** 1 + 0.0001, 1 − 0.0001 */
const sum = (w: number, delta: number): string => `${short(w)} ${delta < 0 ? '−' : '+'} ${short(Math.abs(delta))}`

/** 0.0001, −0.0001 */
const signed = (x: number): string => (x < 0 ? `−${short(-x)}` : short(x))

/** Which weights of a format an update leaves where they are. */
function stuck(v: Values, key: string): string {
  const [format, from, everyOther] = [s(v, key), n(v, `${key}Stuck`), n(v, `${key}EveryOther`)]
  const size = (x: number): string => signed(v['negative'] === true ? -x : x)
  const up = v['negative'] === true ? 'down' : 'up'
  if (!Number.isNaN(everyOther))
    return `${format} weights of every size (from ${size(everyOther)} ${up} every other one)`
  if (Number.isNaN(from)) return `${format} weights of every size`
  if (v[`${key}Everything`] === true) return `no ${format} weight at all`
  if (v[`${key}Above`] === true)
    return `no ${format} weight ${v['negative'] === true ? 'below' : 'above'} ${size(from)}`
  return `no ${format} weight from ${size(from)} ${up}`
}

const times = (x: number, what: string): string => `${x} ${what}${x === 1 ? '' : 's'}`

export const updates = {
  errors: {},
  findings: {
    lostUpdateLost: (v: Values) =>
      `${sum(n(v, 'weight'), n(v, 'update'))} = ${shortest(n(v, 'after'))} in ${s(v, 'format')}: the update is lost. It takes ${v['odd'] === true ? '' : 'more than '}half a step, ${short(n(v, 'half'))}.`,
    lostUpdateKept: (v: Values) =>
      `${sum(n(v, 'weight'), n(v, 'update'))} = ${shortest(n(v, 'after'))} in ${s(v, 'format')}: the weight moves. Half a step there is ${short(n(v, 'half'))}.`,
    lostUpdateBeyond: (v: Values) =>
      `${sum(n(v, 'weight'), n(v, 'update'))} = ${shortest(n(v, 'after'))} in ${s(v, 'format')}: beyond the range of the format.`,
    lostUpdateStuck: (v: Values) =>
      `An update of ${signed(n(v, 'update'))} moves ${stuck(v, 'format')}${v['other'] === undefined ? '' : `, ${stuck(v, 'other')}`}.`,
    keepStops: (v: Values) => {
      const where =
        n(v, 'stuckSince') === 0
          ? `never leaves ${number(n(v, 'last'), 5)}`
          : `stops at ${number(n(v, 'last'), 5)} after ${times(n(v, 'stuckSince'), 'update')}`
      const why =
        v['keeping'] === 'plain'
          ? ` (half a step: ${short(n(v, 'half'))})`
          : v['keeping'] === 'kahan'
            ? ' (too little even for its remainder)'
            : ''
      return `${s(v, 'recipe')} ${where}${why}; fp32 reaches ${number(n(v, 'reference'), 5)}.`
    },
    keepWrong: (v: Values) =>
      `${s(v, 'recipe')} moves, but to ${number(n(v, 'last'), 5)}: every step is rounded to a whole step of the format. fp32 gets to ${number(n(v, 'reference'), 5)}.`,
    keepGone: (v: Values) => `${s(v, 'recipe')} ends as ${shortest(n(v, 'last'))}: beyond the range of its format.`,
    keepFollows: (v: Values) =>
      `${s(v, 'recipes')} ${v['many'] === true ? 'end' : 'ends'} where fp32 does, at ${number(n(v, 'reference'), 5)}, to within one step.`,
    keepChance: (v: Values) =>
      `${s(v, 'recipe')} ends at ${number(n(v, 'last'), 5)}, ${number(n(v, 'off'))} off: right on average (see stochastic-rounding).`,
    keepTrace: (v: Values) =>
      `The optimizer moves the ${s(v, 'master')} master; the ${s(v, 'format')} copy is made anew from it at every step. The master is the weight, not a backup.`,
    srNearest: (v: Values) =>
      `Nearest: ${times(n(v, 'updates'), 'update')} of ${short(n(v, 'update'))} ${n(v, 'updates') === 1 ? 'brings' : 'bring'} ${s(v, 'format')} to ${number(n(v, 'last'), 6)}; exact is ${number(n(v, 'exact'), 6)}.`,
    srRight: (v: Values) =>
      Number.isNaN(n(v, 'off'))
        ? `Stochastic: all ${s(v, 'runs')} runs end at ${number(n(v, 'mean'), 5)}: too few to see the odds.`
        : `Stochastic: ${s(v, 'runs')} runs average ${number(n(v, 'mean'), 5)} ± ${number(n(v, 'error'), 2)}, ${number(Math.abs(n(v, 'off')), 2)} standard errors from exact.`,
    srNoChance: (v: Values) =>
      `Nothing is left to chance here: every run ends at ${number(n(v, 'last'), 6)}, since no sum lies between two values of ${s(v, 'format')}.`,
    srDrowned: (v: Values) =>
      `The draw comes too late: ${s(v, 'master')} makes ${sum(n(v, 'weight'), n(v, 'update'))} the old weight again before anything is rounded by chance. With the exact sum it would move with a probability of ${number(n(v, 'odds'))}.`,
    srBeyond: (v: Values) =>
      `${percent(n(v, 'beyond'))} of the runs left the range of ${s(v, 'format')} (theory: ${percent(n(v, 'expected'))}); no mean is right after that.`,
    srOne: (v: Values) =>
      `One run is off by ${number(n(v, 'spread'))} or so (theory: ${number(n(v, 'theory'))}); ${percent(n(v, 'two'))} lie within twice that.`,
    srEdge: (v: Values) =>
      `Not so at the top: ${brief(n(v, 'top'))} + ${brief(n(v, 'part'))} ${n(v, 'high') === n(v, 'top') ? 'never moves' : `gives ${shortest(n(v, 'high'))} in ${percent(n(v, 'odds'))} of the draws; saturated, it never moves`}.`,
  },
  labels: {
    lostUpdateMap: () => 'Smallest update that moves a weight: below its line it is lost',
    lostUpdateMapOutward: () => 'Smallest update away from 0 that moves a weight: below its line it is lost',
    lostUpdateWeightAxis: () => 'weight',
    lostUpdateLevel: (v: Values) => `Δ = ${short(n(v, 'update'))}`,
    lostUpdateWeightIn: (v: Values) => `w, ${s(v, 'format')}`,
    lostUpdateDelta: () => 'Δ',
    lostUpdateRatio: () => 'w/Δ',
    lostUpdateAfter: () => 'w + Δ',
    lostUpdatePower: (v: Values) => short(n(v, 'value')),
    lostUpdateBelowHalf: () => 'lost: less than half a step',
    lostUpdateTieStays: () => 'lost: a tie, and w is the even one',
    lostUpdateTieMoves: () => 'moves: a tie, and w is odd',
    lostUpdateAboveHalf: () => 'moves: more than half a step',
    lostUpdateOutside: () => 'beyond the range',
    'param-weight': () => 'weight',
    'param-update': () => 'update',
    'param-other': () => 'second format',
    'metric-weightBefore': () => 'weight',
    'metric-weightAfter': () => 'weight after',
    'metric-halfStep': () => 'half a step',
    'metric-weightOverUpdate': () => 'w/Δ',
    'metric-firstLostRatio': () => 'first w/Δ lost',
    'metric-lastKeptRatio': () => 'last w/Δ kept',
    'metric-otherFirstLostRatio': () => 'first lost, second format',
    'metric-otherLastKeptRatio': () => 'last kept, second format',
    'metric-stuckFrom': () => 'stuck from',
    'metric-otherStuckFrom': () => 'stuck from, second format',
    keepSubject: (v: Values) => `${times(n(v, 'updates'), 'update')} of ${short(n(v, 'update'))}`,
    keepPaths: () => 'The weight after each update',
    keepDifferences: () => 'Distance from fp32 after each update',
    keepUpdatesAxis: () => 'updates',
    'keep-master': () => 'master',
    'keep-stochastic': () => 'SR',
    'keep-kahan': () => 'Kahan',
    keepAlone: (v: Values) => `${s(v, 'format')} alone`,
    keepMasterCopy: (v: Values) => `${s(v, 'master')} master`,
    keepSeenCopy: (v: Values) => `its ${s(v, 'format')} copy`,
    keepKahanWeight: (v: Values) => `${s(v, 'format')} with Kahan`,
    keepKahanRest: () => 'its remainder',
    keepRecipe: () => 'recipe',
    keepEnds: () => 'ends at',
    keepOff: () => '− fp32',
    keepStuck: () => 'stuck since',
    keepWeightBytes: () => 'bytes a weight',
    keepAllBytes: () => 'with Adam',
    'param-recipes': () => 'recipes',
    'param-trace': () => 'updates shown',
    'param-updates': () => 'updates',
    'metric-exact': () => 'exact',
    'metric-fp32': () => 'fp32',
    'metric-fp16': () => 'fp16',
    'metric-fp16Master': () => 'fp16-master',
    'metric-fp16Sr': () => 'fp16-sr',
    'metric-fp16Kahan': () => 'fp16-kahan',
    'metric-bf16': () => 'bf16',
    'metric-bf16Master': () => 'bf16-master',
    'metric-bf16Sr': () => 'bf16-sr',
    'metric-bf16Kahan': () => 'bf16-kahan',
    'metric-plain': () => 'alone',
    'metric-master': () => 'with a master',
    'metric-stochastic': () => 'with SR',
    'metric-kahan': () => 'with Kahan',
    'metric-fp16StuckSince': () => 'fp16 stuck since',
    'metric-bf16StuckSince': () => 'bf16 stuck since',
    srSubject: (v: Values) => `${times(n(v, 'runs'), 'run')} of ${times(n(v, 'updates'), 'update')}, ${s(v, 'format')}`,
    srRuns: (v: Values) => `Distance from the exact weight after each update, ${s(v, 'format')}`,
    srMean: (v: Values) => `mean of ${s(v, 'runs')}`,
    srOneRun: () => 'one run',
    srNearestLeaves: () => 'nearest, gone',
    srBandTop: () => 'theory + 2σ',
    srBandBottom: () => 'theory − 2σ',
    srOffColumn: () => 'off, in standard errors',
    srSpread: () => 'spread σ',
    srTheory: () => 'σ in theory',
    srSix: (v: Values) => number(n(v, 'value'), 6),
    srErrors: (v: Values) => (Number.isNaN(n(v, 'off')) ? '–' : number(n(v, 'off'), 2)),
    'param-runs': () => 'runs',
    'metric-nearest': () => 'nearest',
    'metric-mean': () => 'mean',
    'metric-standardError': () => 'standard error',
    'metric-meanOff': () => 'off, in standard errors',
    'metric-spread': () => 'spread',
    'metric-theoryMean': () => 'mean in theory',
    'metric-theorySpread': () => 'spread in theory',
    'metric-spreadRatio': () => 'spread / theory',
    'metric-withinTwo': () => 'within 2σ',
    'metric-beyond': () => 'beyond the range',
    'metric-beyondExpected': () => 'beyond, in theory',
  },
  options: {
    weight: 'the weight that is updated',
    update: 'the update Δ that is added to it: learning rate × gradient',
    other: 'a second format, drawn beside the first',
    recipes: 'how the weight is kept, with commas, or all: fp32, fp16, fp16-master, fp16-sr, fp16-kahan, bf16 …',
    updates: 'how many updates',
    trace: 'show so many updates one by one instead of the chart',
    runs: 'how many runs, each with draws of its own',
  },
}

/** The words of the lessons on loss scaling. */
import { count, number, percent, power } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const many = (x: number, one: string, more: string): string => (x === 1 ? `1 ${one}` : `${count(x, 'en')} ${more}`)

/** What the values are that are scaled and unscaled: a profile knows binades, so significands are taken instead. */
const of = (v: Values): string => {
  if (!(n(v, 'significands') > 0)) return 'the values that keep all bits'
  return `${n(v, 'drawn') === 1 ? s(v, 'significands') : 'all'} ${s(v, 'format')} significands`
}

/** What multiplies the gradients of a step. */
const invented = (v: Values): string =>
  [
    n(v, 'size') === 1 ? [] : [`size × ${power(n(v, 'size'))}`],
    n(v, 'drift') === 1 ? [] : [`drift to ${power(n(v, 'drift'))}`],
    n(v, 'noise') === 1 ? [] : [`noise up to × ${number(n(v, 'noise'))}`],
    n(v, 'spikeRate') > 0 ? [`spikes × ${number(n(v, 'spikeHeight'))} in ${percent(n(v, 'spikeRate'))} of steps`] : [],
  ]
    .flat()
    .join(', ')

const upTo = (share: number): string => (percent(share).startsWith('<') ? percent(share) : `≤ ${percent(share)}`)

export const scaling = {
  errors: {},
  findings: {
    scalingRerounds: (v: Values) =>
      `× ${power(n(v, 'scale'))}, ÷ ${power(n(v, 'scale'))}: ${percent(n(v, 'changed'))} of ${of(v)} change (${upTo(n(v, 'worstChange'))}); 2^${s(v, 'exponent')}: ${percent(n(v, 'changedByPower'))}.`,
    scalingFollows: (v: Values) => {
      const moved = `${power(n(v, 'first'))} → ${power(n(v, 'final'))}`
      return Number.isNaN(n(v, 'lost'))
        ? `${s(v, 'policy')}: ${n(v, 'steps') === 1 ? 'its one step overflows' : `every one of ${count(n(v, 'steps'), 'en')} steps overflows`} and is skipped; ${moved}.`
        : `${s(v, 'policy')}: ${count(n(v, 'skipped'), 'en')} of ${many(n(v, 'steps'), 'step', 'steps')} skipped (${percent(n(v, 'share'))}); ${percent(n(v, 'lost'))} become 0; ${moved}.`
    },
    scalingStays: (v: Values) => {
      const inf = n(v, 'overflows')
      const applied = inf === 0 ? 'no overflow' : `${many(inf, 'step applies', 'steps apply')} ${s(v, 'inf')}`
      return Number.isNaN(n(v, 'lost'))
        ? `${s(v, 'policy')}, always ${power(n(v, 'first'))}: ${applied}.`
        : `${s(v, 'policy')}, always ${power(n(v, 'first'))}: ${percent(n(v, 'lost'))} become 0, at the end ${Number.isNaN(n(v, 'lostAtEnd')) ? 'every step overflows' : percent(n(v, 'lostAtEnd'))}; ${applied}.`
    },
    scalingSaturates: (v: Values) =>
      `${s(v, 'policy')}: ${many(n(v, 'overflows'), 'step saturates', 'steps saturate')}, none is skipped;${Number.isNaN(n(v, 'lost')) ? '' : ` ${percent(n(v, 'lost'))} become 0;`} ${power(n(v, 'first'))} → ${number(n(v, 'final'))}.`,
    scalingDelayed: (v: Values) =>
      `${s(v, 'policy')} scales the largest gradient to ${number(n(v, 'largest'))}, the largest value of ${s(v, 'aim')}; here the scaled gradients are ${s(v, 'format')}.`,
    scalingClips: (v: Values) =>
      `${s(v, 'format')} has neither Inf nor NaN: what is too large becomes its largest value, and no scaler notices.`,
    scalingEvent: (v: Values) =>
      `Step ${s(v, 'step')}${v['spike'] === true ? ` (a spike, ${number(n(v, 'jump'), 2)} times the step before)` : ''}: the largest × ${power(n(v, 'scale'))} is beyond ${s(v, 'format')}: step skipped, ${n(v, 'next') === n(v, 'scale') ? 'scale unchanged' : `scale → ${power(n(v, 'next'))}`}.`,
    scalingGaveUp: (v: Values) =>
      `${s(v, 'policy')} raises ${s(v, 'raises')} at step ${s(v, 'step')}, after ${many(n(v, 'skipped'), 'skipped step', 'skipped steps')}: an overflow at its smallest scale, ${power(n(v, 'final'))}. The training ends.`,
    scalingReplayed: (v: Values) => {
      const steps =
        n(v, 'steps') === n(v, 'all')
          ? many(n(v, 'steps'), 'step', 'steps')
          : `${s(v, 'steps')} of ${many(n(v, 'all'), 'step', 'steps')}`
      const which =
        n(v, 'last') - n(v, 'first') === n(v, 'steps') - 1
          ? ''
          : ` (${s(v, 'first')} to ${s(v, 'last')} of the training)`
      return `Replayed: ${steps} as recorded${which}${v['some'] === true ? '' : ', each with its own gradients; no drift, noise or spikes are added'}.`
    },
    scalingInvented: (v: Values) =>
      v['some'] !== true
        ? `The sizes of the steps were not recorded: ${n(v, 'steps') === 1 ? 'the step has' : 'all have'} the same gradients.`
        : `Made up, not recorded: ${invented(v)}.`,
    scalingNaNStream: (v: Values) =>
      `${many(n(v, 'nonfinite'), 'gradient is', 'gradients are')} NaN or Inf before any scaling: every step overflows, and no scale can help.`,
    scalingReproduced: (v: Values) =>
      n(v, 'same') === 0
        ? n(v, 'all') === 1
          ? 'The policy does not give the scales of the log.'
          : `None of the ${s(v, 'all')} policies gives the scales of the log.`
        : `${s(v, 'same')} of ${many(n(v, 'all'), 'policy', 'policies')} ${n(v, 'same') === 1 ? 'gives' : 'give'} the logged scales exactly: ${s(v, 'names')}.`,
    scalingTellsApart: (v: Values) =>
      `One clean step, ${s(v, 'clean')}, tells them apart: at ${s(v, 'at')} ${s(v, 'policy')} has ${power(n(v, 'scale'))}, because a clean step refills its hysteresis; the log has ${power(n(v, 'logged'))}.`,
    scalingAnswers: (v: Values) =>
      `${many(n(v, 'overflows'), 'overflow', 'overflows')} in ${many(n(v, 'steps'), 'step', 'steps')}: ${many(n(v, 'policies'), 'policy gives', 'policies give')} ${many(n(v, 'different'), 'sequence of scales', 'different sequences of scales')}, ending between ${power(n(v, 'lowest'))} and ${power(n(v, 'highest'))}.`,
    scalingRaises: (v: Values) =>
      `${s(v, 'policy')} raises ${s(v, 'raises')} at ${v['log'] === true ? `iteration ${s(v, 'at')}` : `step ${s(v, 'at')} of ${s(v, 'steps')}`}: an overflow at its smallest scale, ${power(n(v, 'scale'))}. –: it runs no more.`,
    scalingCallersLegend: () => '(2^15): its caller must choose; the value is the one its documents show.',
    scalingCommandLine: (v: Values) =>
      `${s(v, 'policy')}'s command line: 2^${s(v, 'exponent')} first, window ${power(n(v, 'window'))} / workers / ${s(v, 'divisor')}.`,
    scalingCrash: (v: Values) =>
      `${s(v, 'log')}: at iteration ${s(v, 'at')} the scale grows to ${power(n(v, 'top'))}; then the loss jumps from ${number(n(v, 'lossBefore'))} to ${number(n(v, 'lossAfter'))}, and by ${s(v, 'until')} the scale is down to ${power(n(v, 'low'))}.`,
    collapseCriticalRate: (v: Values) =>
      `${s(v, 'policy')}, growth interval ${s(v, 'interval')}: more than one overflow in ${many(n(v, 'oneIn'), 'step', 'steps')} and the scale goes down more than up.${Number.isNaN(n(v, 'measured')) ? '' : ` Measured: one in ${count(n(v, 'measured'), 'en')}.`}`,
    collapseStays: (v: Values) =>
      `${s(v, 'policy')} never moves: no rate of overflows makes it run away, and none brings it back.`,
    collapseAt: (v: Values) =>
      `${s(v, 'policy')} at ${percent(n(v, 'rate'))}: ${power(n(v, 'start'))} → 2^${Math.round(n(v, 'end'))} in ${many(n(v, 'steps'), 'step', 'steps')}${n(v, 'end') < 0 ? '; below 1 it makes gradients 0' : ''}.`,
    collapseForgiven: (v: Values) =>
      `${s(v, 'policy')}: 2^${Math.round(n(v, 'end'))}; every clean step refills its hysteresis.`,
    collapseRaises: (v: Values) =>
      `${s(v, 'policy')} at ${percent(n(v, 'rate'))} raises ${s(v, 'raises')} ${n(v, 'first') === n(v, 'last') ? `at step ${s(v, 'first')}` : `at steps ${s(v, 'first')} to ${s(v, 'last')}`}, in ${s(v, 'raised')} of ${many(n(v, 'runs'), 'run', 'runs')}: the training ends there.`,
    scalingInterval: (v: Values) =>
      `${s(v, 'title')} waits ${s(v, 'usual')} clean steps before it grows; here ${s(v, 'here')}.`,
    scalingPowerKeeps: (v: Values) =>
      `× ${power(n(v, 'scale'))}, ÷ ${power(n(v, 'scale'))}: ${percent(n(v, 'changed'))} of ${of(v)} change. A power of two moves the exponent alone; try --scale 1000.`,
  },
  labels: {
    scalingSubject: (v: Values) => `${many(n(v, 'steps'), 'step', 'steps')}, ${s(v, 'source')}, ${s(v, 'format')}`,
    scalingLimit: () => 'limit',
    scalingOverflowOf: (v: Values) => `steps that overflow: ${s(v, 'policy')}`,
    scalingPower: (v: Values) => power(n(v, 'scale')),
    scalingTop: () => 'largest × scale',
    scalingFinite: () => 'finite?',
    scalingYes: () => 'yes',
    scalingNoScale: () => '–',
    scalingSame: () => 'yes',
    scalingDiffers: (v: Values) => `no, from ${s(v, 'at')}`,
    scalingLogged: () => 'in the log',
    scalingAsLogged: () => 'as logged?',
    scalingTraceOfLog: (v: Values) =>
      `log2 of the scale after iterations ${s(v, 'first')} … ${s(v, 'last')}; X: gradients overflowed`,
    scalingTraceOfPattern: (v: Values) =>
      `log2 of the scale after each step, from ${power(n(v, 'initScale'))}, growth interval ${s(v, 'growthInterval')}; X: overflow`,
    scalingOverflows: () => 'overflow',
    scalingPatternSubject: (v: Values) => many(n(v, 'steps'), 'step', 'steps'),
    scalingDefaults: () => 'What each does when nobody tells it otherwise',
    scalingDefaultsCallers: () => "Defaults; (2^15): its caller must choose, the value is its documents' own",
    scalingInit: () => 'first',
    scalingFirstGrowth: () => 'grows at',
    scalingHysteresis: () => 'hysteresis',
    scalingFloor: () => 'floor',
    scalingCeiling: () => 'ceiling',
    scalingHolds: () => 'held as',
    scalingNoLimit: () => 'none',
    scalingCallers: (v: Values) => `(${power(n(v, 'scale'))})`,
    scalingNever: () => 'never',
    scalingIteration: () => 'iteration',
    collapseSubject: (v: Values) => `${many(n(v, 'runs'), 'run', 'runs')} of ${count(n(v, 'steps'), 'en')} steps`,
    collapseRateAxis: () => 'overflow rate',
    collapseEndAxis: () => 'loss scale at the end',
    collapsePredicted: () => 'predicted',
    collapseCritical: () => 'critical rate',
    collapseRate: () => 'rate',
    collapseAtRate: (v: Values) => `at ${percent(n(v, 'rate'))}`,
    collapseOneIn: () => 'one in',
    collapsePredictedDrift: () => 'predicted / 1000 steps',
    collapseEnd: (v: Values) => `2^${number(n(v, 'exponent'), 2)}${n(v, 'raised') > 0 ? ', raises' : ''}`,
    scalingTracker: () => 'tracker',
    scalingLeft: () => 'left',
    scalingAction: () => 'action',
    'scaling-action-applied': () => 'applied',
    'scaling-action-raised': (v: Values) => `applied; scale → ${power(n(v, 'next'))}`,
    'scaling-action-moved': (v: Values) => `applied; scale → ${power(n(v, 'next'))}`,
    'scaling-action-skipped': () => 'skipped; scale stays',
    'scaling-action-lowered': (v: Values) => `skipped; scale → ${power(n(v, 'next'))}`,
    'scaling-action-applied-inf': () => 'applied: weights broken',
    'scaling-action-saturated': () => 'applied, saturated',
    'scaling-action-gave-up': () => 'error: gives up',
    scalingPolicyHead: () => 'strategy',
    scalingOverflowSteps: () => 'overflows',
    scalingThen: () => 'so',
    'scaling-then-skipped': (v: Values) => `${percent(n(v, 'share'))} of steps skipped`,
    'scaling-then-applied': () => 'applied: weights broken',
    'scaling-then-saturated': () => 'saturated, applied',
    'scaling-then-gave-up': (v: Values) => `raises at step ${s(v, 'step')}`,
    scalingLastTenth: () => 'last tenth',
    scalingFinal: () => 'last scale',
    scalingScaleAxis: () => 'loss scale',
    scalingShareAxis: () => 'share of the gradients',
    scalingVerdict: () => 'verdict',
    'scaling-verdict-low': () => 'too small',
    'scaling-verdict-good': () => 'safe',
    'scaling-verdict-skip': () => 'too large',
    'scaling-verdict-nonfinite': () => 'skipped',
    scalingKnown: () => 'known from',
    'scaling-known-ssd': () => 'Multibox SSD, 2018',
    'scaling-known-pytorch': () => 'PyTorch starts here',
    'param-from': () => 'from 2^',
    'param-to': () => 'to 2^',
    'param-policies': () => 'policies',
    'param-size': () => 'size',
    'param-drift': () => 'drift',
    'param-noise': () => 'noise',
    'param-spikeRate': () => 'spike rate',
    'param-spikeHeight': () => 'spike height',
    'param-staticScale': () => 'static scale',
    'param-initScale': () => 'first scale',
    'param-growthFactor': () => 'growth factor',
    'param-backoffFactor': () => 'backoff factor',
    'param-growthInterval': () => 'growth interval',
    'param-minScale': () => 'floor',
    'param-maxScale': () => 'ceiling',
    'param-thresholdScale': () => 'threshold',
    'param-hysteresis': () => 'hysteresis',
    'param-consecutiveHysteresis': () => 'consecutive',
    'param-tolerance': () => 'tolerance',
    'param-decrEvery': () => 'overflows a backoff',
    'metric-overflows': () => 'overflows',
    'metric-skipped': () => 'skipped steps',
    'metric-skippedShare': () => 'skipped',
    'metric-infApplied': () => 'Inf applied',
    'metric-lostShare': () => 'becomes 0',
    'metric-lostAtEnd': () => 'becomes 0, last tenth',
    'metric-finalScale': () => 'last scale',
    'metric-lowestScale': () => 'lowest scale',
    'metric-highestScale': () => 'highest scale',
    'metric-growths': () => 'growths',
    'metric-backoffs': () => 'backoffs',
    'metric-firstOverflowStep': () => 'first overflow',
    'metric-gaveUpStep': () => 'gives up at',
    'metric-staticStart': () => 'static scale',
    'metric-lostNone': () => 'none: becomes 0',
    'metric-lostStatic': () => 'static: becomes 0',
    'metric-lostAtEndStatic': () => 'static: becomes 0, last tenth',
    'metric-infAppliedStatic': () => 'static: Inf applied',
    'metric-skippedShareNaive': () => 'naive: skipped',
    'metric-lostNaive': () => 'naive: becomes 0',
    'metric-skippedShareAdaptive': () => 'adaptive: skipped',
    'metric-lostAdaptive': () => 'adaptive: becomes 0',
    'metric-finalScaleAdaptive': () => 'adaptive: last scale',
    'metric-skippedSharePytorch': () => 'pytorch: skipped',
    'metric-lostPytorch': () => 'pytorch: becomes 0',
    'metric-finalScalePytorch': () => 'pytorch: last scale',
    'param-log': () => 'log',
    'param-pattern': () => 'pattern',
    'metric-policiesRun': () => 'policies',
    'metric-matching': () => 'as logged',
    'metric-matchDeepspeedZero': () => 'deepspeed-zero: as logged',
    'metric-matchMegatron': () => 'megatron: as logged',
    'metric-matchApexHysteresis': () => 'apex-hysteresis: as logged',
    'metric-matchPytorch': () => 'pytorch: as logged',
    'metric-differsApexHysteresis': () => 'apex-hysteresis: differs at',
    'metric-differsPytorch': () => 'pytorch: differs at',
    'metric-finalPytorch': () => 'pytorch: last scale',
    'metric-loggedFinal': () => 'last logged scale',
    'param-rate': () => 'overflow rate',
    'metric-criticalRate': () => 'critical rate',
    'metric-stepsPerOverflow': () => 'steps per overflow',
    'metric-measuredCriticalRate': () => 'measured critical rate',
    'metric-predictedDrift': () => 'predicted drift per step',
    'metric-measuredDrift': () => 'measured drift per step',
    'metric-finalExponent': () => 'log2 of the last scale',
    'metric-finalExponentPytorch': () => 'pytorch: log2 of the last scale',
    'metric-finalExponentMegatron': () => 'megatron: log2 of the last scale',
    'metric-finalExponentApexHysteresis': () => 'apex-hysteresis: log2 of the last scale',
    'metric-runsRaised': () => 'runs that raise',
    'metric-firstRaise': () => 'first raise at step',
    'metric-goodScales': () => 'safe powers of two',
    'metric-lostAtMaxSafe': () => 'becomes 0 at the largest safe scale',
    'metric-overflowAbove': () => 'overflow one step above it',
    'metric-lostAtScale': () => 'becomes 0 at this scale',
    'metric-overflowAtScale': () => 'overflow at this scale',
    'metric-changed': () => 'changed by rounding again',
    'metric-changedByPower': () => 'changed by a power of two',
    'metric-worstChange': () => 'largest change',
  },
  options: {
    policies: 'loss-scale policies, the first one in detail: pytorch, deepspeed-zero, megatron … or all',
    steps: 'how many steps',
    size: 'size of the gradients at the first step against the recorded ones',
    log: 'a real log: bigscience-104b, bigscience-13b',
    pattern: "overflows of your own instead, X or . a step: '..XXXX.XX'",
    rate: 'share of the steps that overflow, whatever the scale',
    drift: 'size of the gradients at the last step against the first: 2^-12 shrinks, 1000 grows',
    noise: 'by which factor chance moves the size of a step at most; 1: none',
    spikeRate: 'share of the steps whose gradients spike',
    spikeHeight: 'how many times larger the gradients of a spike are',
    staticScale: 'the scale of static; absent: the largest power of two that is safe at the first step',
    initScale: 'the scale before the first step',
    growthFactor: 'the scale grows by this factor',
    backoffFactor: 'the scale shrinks by this factor after an overflow',
    growthInterval: 'clean steps until the scale grows',
    minScale: 'floor of the scale; fairseq gives up there',
    maxScale: 'ceiling of the scale',
    thresholdScale: 'fairseq: floor above the point where it gives up',
    hysteresis: 'overflows until the scale is lowered: DeepSpeed, Megatron, apex',
    consecutiveHysteresis: 'DeepSpeed: whether a clean step starts that count again: yes, no',
    tolerance: 'fairseq: share of overflows that leaves the scale alone',
    decrEvery: 'Paddle: overflows in a row that lower the scale',
    from: 'the smallest scale of the sweep, as a power of two: 0 is 2^0',
    to: 'the largest scale of the sweep, as a power of two: 24 is 2^24',
  },
}

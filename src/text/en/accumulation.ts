/** The words of gradient accumulation, large batches and the gradient pipeline. */
import { brief, count, number, percent, power, scale } from '../numbers.js'
import { stops } from './step.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const many = (x: number, one: string, more = `${one}s`): string => (x === 1 ? `1 ${one}` : `${count(x, 'en')} ${more}`)
const gib = (bytes: number): string => `${number(bytes / 1073741824)} GiB`
/** An error as a share, or that there is no number left. */
const off = (x: number): string => (Number.isNaN(x) ? 'not finite' : x === 0 ? 'exact' : `${percent(x)} off`)
/** What is left of the distance, or that it grows without end. */
const left = (x: number): string => (Number.isNaN(x) ? 'it diverges' : `${percent(x)} of the way left`)
const share = (x: number): string => (Number.isNaN(x) ? 'diverges' : percent(x))
/** Messages are one thing, what a ring passes on another: a gathered message goes round whole. */
const messages = (v: Values): string =>
  `${percent(n(v, 'share'))} of the message bytes${Number.isNaN(n(v, 'traffic')) ? '' : ` (all-gather traffic at ${s(v, 'workers')} workers: ${number(100 * n(v, 'traffic'), 4)} %)`}`
/** The exact product of four and the format's largest power of two, in digits where they are few. */
const fourTimes = (v: Values): string => (n(v, 'exponent') < 20 ? brief(4 * n(v, 'top')) : `2^${s(v, 'exponent')}`)
const times = (x: number): string => `× ${number(x, 4)}`

export const accumulation = {
  errors: {},
  findings: {
    accSumLow: (v: Values) =>
      `${many(n(v, 'count'), 'micro-gradient')} near ${brief(n(v, 'gradient'))}: exact ${number(n(v, 'exact'), 6)}, in a buffer of ${s(v, 'format')} ${number(n(v, 'sum'), 6)}.`,
    accSumOther: (v: Values) => `The same in ${s(v, 'other')}: ${off(n(v, 'error'))}.`,
    accSumWide: (v: Values) => `In ${s(v, 'wide')}: ${off(n(v, 'error'))}.`,
    accBackAgain: (v: Values) =>
      `The ${s(v, 'wide')} sum converted back to ${s(v, 'format')}: ${off(n(v, 'back'))}; 4 × ${power(n(v, 'top'))} (${fourTimes(v)}): ${brief(n(v, 'largeBack'))}.`,
    accNotDivided: (v: Values) =>
      n(v, 'micro') === 1
        ? 'With one micro-batch there is nothing to divide by, and no loop is wrong.'
        : `Without loss / N the optimizer gets ${number(n(v, 'factor'))} times the gradient of the large batch.`,
    accMeanOfMeans: (v: Values) =>
      v['even'] === true
        ? 'All micro-batches have the same size: the mean of their means is the mean of all samples.'
        : `Mean of means: ${percent(n(v, 'off'))} off. Each of the ${many(n(v, 'last'), 'last sample')} counts ${number(n(v, 'weight'))} times as much as another.`,
    accLostBatch: (v: Values) =>
      `${v['skipped'] === true ? 'One overflow discards the whole batch' : 'An Inf concerns the whole batch'}: with ${many(n(v, 'micro'), 'micro-batch', 'micro-batches')}, each at ${percent(n(v, 'rate'))}, ${percent(n(v, 'lost'))} of the updates are lost.`,
    accEqualExact: (v: Values) =>
      n(v, 'share') === 1
        ? 'Where all sums are exact, accumulation gives the bits of the large batch: it converges neither faster nor slower.'
        : `These sums are too long to be exact: only ${percent(n(v, 'share'))} of the gradients keep the bits of the large batch.`,
    accEqualRounded: (v: Values) =>
      `Where they round, ${percent(n(v, 'share'))} are equal in fp32 (the others differ by the order of the sum), and ${percent(n(v, 'narrow'))} with a buffer in ${s(v, 'format')}.`,
    accMemorySaved: (v: Values) =>
      `${s(v, 'model')}, batch ${s(v, 'batch')}: ${gib(n(v, 'before'))} at once; as ${many(n(v, 'micro'), 'micro-batch', 'micro-batches')} ${gib(n(v, 'after'))}.`,
    accMemoryFloor: (v: Values) =>
      `Never below ${gib(n(v, 'fixed'))}: weights, one gradient buffer (${gib(n(v, 'gradients'))}, the same .grad for every N) and Adam's states.`,
    accTry: (v: Values) => `Try: ${s(v, 'what')}`,
    largeSame: (v: Values) =>
      `Batch × ${s(v, 'times')}, the rate as it was: ${left(n(v, 'same'))} (small batch: ${share(n(v, 'small'))}).`,
    largeLinear: (v: Values) =>
      `Rate × ${s(v, 'times')} too (the linear rule), ${number(n(v, 'rate'))} from the first update: ${left(n(v, 'linear'))}.`,
    largeWarm: (v: Values) => `The same after ${many(n(v, 'warmup'), 'update')} of warm-up: ${left(n(v, 'warm'))}.`,
    largeNorms: (v: Values) =>
      n(v, 'wrong') === 0
        ? `LARS, ${s(v, 'format')} norms: all ${s(v, 'layers')} layers have the right norms.`
        : `LARS, ${s(v, 'format')} norms: ${s(v, 'wrong')} of ${s(v, 'layers')} layers wrong; x² is 0 below ${number(n(v, 'low'))}${!Number.isFinite(n(v, 'high')) ? '' : `, ${s(v, 'beyond')} from ${number(n(v, 'high'))}`}.`,
    pipeEnds: (v: Values) =>
      `After ${many(n(v, 'steps'), 'step')} ${percent(n(v, 'left'))} of the way is left (plain FP32, all sent: ${percent(n(v, 'plain'))}), for ${messages(v)}.`,
    pipeNorms: (v: Values): string =>
      n(v, 'workers') === 1
        ? 'The norms are those of the gradient; after compress, of what was sent.'
        : "The norms are worker 1's; after compress, that of the mean of all workers.",
    pipeEvents: (v: Values) =>
      `${many(n(v, 'skipped'), 'step')} skipped for overflow, ${many(n(v, 'clipped'), 'step')} clipped; step ${s(v, 'spike')} meets gradients × ${brief(n(v, 'times'))}.`,
    pipeCrushed: (v: Values) =>
      `Clipped before unscale_: max_norm ${brief(n(v, 'max'))} is compared with gradients × ${scale(n(v, 'scale'))}, so it is really ${number(n(v, 'threshold'))}. ${percent(n(v, 'left'))} of the way is left.`,
    pipeFixClip: (v: Values) =>
      `Fix: unscale_ first, then clip at ${brief(n(v, 'threshold'))}: ${percent(n(v, 'left'))} is left.`,
    pipeGraphsKept: (v: Values) =>
      n(v, 'fullAt') > 0
        ? `total += loss, one backward() at the end: every graph stays. Micro-batch ${s(v, 'fullAt')} of ${s(v, 'micro')} ${n(v, 'fullAt') === 1 ? 'does not fit' : 'no longer fits'} into ${number(n(v, 'capacity'))} GiB.`
        : `total += loss, one backward() at the end: every graph stays, ${gib(n(v, 'peak'))} for ${many(n(v, 'micro'), 'micro-batch', 'micro-batches')}. It fits, but saves nothing.`,
    pipeFixMemory: (v: Values) =>
      v['hopeless'] === true
        ? `No batch is small enough: weights, gradients and states alone are ${gib(n(v, 'fixed'))}. Split them over devices (fpsim memory).`
        : v['full'] === true
          ? `backward() on each loss frees its graph, but ${gib(n(v, 'peak'))} is too much even for one: fewer samples a micro-batch.`
          : `Fix: (loss / N).backward() on each micro-batch frees its graph: ${gib(n(v, 'peak'))}, whatever N is.`,
    pipeForgets: (v: Values) =>
      `Each worker sends its largest ${percent(n(v, 'keep'))} and forgets the rest: after ${many(n(v, 'steps'), 'step')} ${percent(n(v, 'left'))} of the way is left.`,
    pipeFixFeedback: (v: Values) =>
      `Fix: error feedback adds the rest to the next gradient: ${percent(n(v, 'left'))} is left, for the same ${messages(v)}.`,
  },
  labels: {
    pipeSubject: (v: Values) =>
      `${many(n(v, 'workers'), 'worker')} × ${many(n(v, 'micro'), 'micro-batch', 'micro-batches')}, ${many(n(v, 'dimension'), 'weight')}`,
    pipeMemorySubject: (v: Values) =>
      `${s(v, 'model')}, ${many(n(v, 'samples'), 'sample')}${v['tokens'] === true ? ` × ${s(v, 'sequence')}` : ''} each, AMP`,
    pipeEvent: () => 'event',
    pipeHappened: () => 'what happened',
    pipeNorm: () => 'norm',
    pipeMicro: () => 'micro-batch',
    pipeAdded: (v: Values) =>
      `${many(n(v, 'micro'), 'micro-batch', 'micro-batches')}, loss / ${s(v, 'micro')}, added in fp32`,
    pipeAddedInf: (v: Values) => `${many(n(v, 'infinite'), 'value')} of the micro-gradients Inf`,
    pipeUnscaled: (v: Values) => `÷ ${scale(n(v, 'scale'))}: all finite`,
    pipeFoundInf: () => 'Inf found',
    pipeClipped: (v: Values) => `${number(n(v, 'norm'))} > ${brief(n(v, 'max'))}: × ${number(n(v, 'factor'))}`,
    pipeClippedScaled: (v: Values) =>
      `scaled, ${number(n(v, 'norm'))} > ${brief(n(v, 'max'))}: × ${number(n(v, 'factor'))}`,
    pipeUnclipped: (v: Values) => `${number(n(v, 'norm'))} stays below ${brief(n(v, 'max'))}`,
    pipeSentWhole: (v: Values) => `all ${s(v, 'all')} values sent, ${s(v, 'bytes')} B`,
    pipeSentKept: (v: Values) => `${s(v, 'sent')} of ${s(v, 'all')} values, ${s(v, 'bytes')} B; rest kept`,
    pipeSentForgot: (v: Values) => `${s(v, 'sent')} of ${s(v, 'all')} values, ${s(v, 'bytes')} B; the rest is lost`,
    pipeStepped: (v: Values) => `weights move by ${number(n(v, 'move'))}`,
    pipeSkipped: () => 'skipped',
    pipeBacksOff: (v: Values) => `${power(n(v, 'before'))} → ${power(n(v, 'after'))}`,
    pipeKeepsScale: (v: Values) =>
      n(v, 'after') > n(v, 'before') ? `grows to ${power(n(v, 'after'))}` : 'scale stays',
    pipeDistances: () => 'Distance to the optimum, start = 1',
    'pipeRun-clipped': () => 'clip first',
    'pipeRun-forgotten': () => 'no feedback',
    'pipeRun-fixed': () => 'fixed',
    'pipeRun-plain': () => 'plain FP32',
    pipeMemoryChart: () => 'Memory while each micro-batch is computed',
    pipeKept: () => 'graphs kept',
    pipeFreed: () => 'graphs freed',
    pipeCapacity: () => 'the device',
    pipeOutOfMemory: () => 'out of memory',
    pipeNotReached: () => 'not reached',
    pipeGraphs: (v: Values) => `${many(n(v, 'graphs'), 'graph')} held`,
    accSubject: (v: Values) => `${many(n(v, 'micro'), 'micro-batch', 'micro-batches')}, ${s(v, 'format')}`,
    accMemorySubject: (v: Values) =>
      `${s(v, 'model')}, batch ${s(v, 'batch')}${v['tokens'] === true ? ` × ${s(v, 'sequence')}` : ''}, AMP with Adam`,
    accSumsChart: () => 'The gradient buffer after each micro-batch',
    accMicroAxis: () => 'micro-batches',
    accExact: () => 'exact',
    accBuffer: () => 'buffer',
    accBytes: () => 'bytes',
    accSum: () => 'sum',
    accDigits: (v: Values) => number(n(v, 'value'), 7),
    accBack: (v: Values) => `back in ${s(v, 'format')}`,
    accLarge: (v: Values) => `4 × ${power(n(v, 'top'))}`,
    accLoop: () => 'the loop',
    accApplied: () => 'optimizer gets',
    accTimes: () => 'of right',
    accFactor: (v: Values) => times(n(v, 'value')),
    accHappens: () => 'what happens',
    accStops: (v: Values) => (stops[s(v, 'problem')] ?? s(v, 'problem')).replace(/^(\w+): .*$/, 'stops: $1'),
    'accLoop-right': () => 'loss / N, one step',
    'accLoop-not-divided': () => 'no / N',
    'accLoop-zeroed': () => 'zero_grad inside',
    'accLoop-update-inside': () => 'unscale_, update inside',
    'accLoop-unscale-inside': () => 'unscale_ inside',
    'accLoop-update-alone': () => 'update() inside',
    'accLoop-own-scaler': () => 'own scaler inside',
    'accLoop-means': () => 'uneven, mean of means',
    'accLoop-overflow': () => 'one overflow',
    'accWhy-right': () => 'as the large batch',
    'accWhy-not-divided': (v: Values) => `a sum of ${s(v, 'micro')}, not a mean`,
    'accWhy-zeroed': () => 'only the last one is left',
    'accWhy-update-inside': () => 'all but the last are divided again',
    'accWhy-unscale-inside': () => 'true and scaled gradients mixed',
    'accWhy-update-alone': () => 'nothing goes wrong with one',
    'accWhy-own-scaler': () => 'scale grows half way: two scales',
    'accWhy-means': (v: Values) => `${s(v, 'last')} samples count like ${s(v, 'samples')}`,
    'accWhy-one': () => 'one micro-batch: nothing is wrong',
    'accWhy-same-size': () => 'all of one size: nothing is wrong',
    'accWhy-overflow': () => 'Inf stays: skipped, all lost',
    accCase: () => 'gradients, micro-batches, buffer',
    accSame: () => 'same bits',
    accWorst: () => 'largest difference',
    'accCase-few-bits': (v: Values) => `few bits: exact sums, N = ${s(v, 'micro')}, ${s(v, 'buffer')}`,
    'accCase-thirds': (v: Values) => `few bits, / N rounds, N = ${s(v, 'micro')}, ${s(v, 'buffer')}`,
    'accCase-fp32': (v: Values) => `all bits of fp32, N = ${s(v, 'micro')}, ${s(v, 'buffer')}`,
    'accCase-narrow': (v: Values) => `all bits, N = ${s(v, 'micro')}, buffer in ${s(v, 'buffer')}`,
    'accCase-batch-norm': (v: Values) => `batch norm, N = ${s(v, 'micro')}: variance of a micro-batch`,
    accUlps: (v: Values) => `${number(n(v, 'ulps'))} ulp of ${s(v, 'format')}`,
    accVariance: (v: Values) => `${percent(n(v, 'share'))} of the large batch's`,
    accMemoryChart: () => 'Memory of a step',
    accTotal: () => 'in all',
    accFixed: () => 'without activations',
    accMicroBatches: () => 'N',
    accSamplesEach: () => 'samples each',
    accActivations: () => 'activations',
    largeSubject: (v: Values) => `batch ${s(v, 'batch')} and ${s(v, 'large')}, ${many(n(v, 'dimension'), 'weight')}`,
    largeChart: () => 'Distance to the optimum, start = 1, against samples seen',
    largeSamples: () => 'samples',
    largeDistance: () => '',
    'largeLine-small': () => 'small',
    'largeLine-same-rate': () => 'same rate',
    'largeLine-linear': () => 'rate × k',
    'largeLine-warm-up': () => 'warm-up',
    largeRun: () => 'run',
    'largeRun-small': () => 'small batch',
    'largeRun-same-rate': () => 'large, same rate',
    'largeRun-linear': () => 'large, linear rule',
    'largeRun-warm-up': () => 'large, linear rule, warm-up',
    largeBatchColumn: () => 'batch',
    largeRate: () => 'rate',
    largeUpdates: () => 'updates',
    largeLeft: () => 'left',
    largeDiverges: () => 'diverges',
    largeLayer: () => 'layer',
    largeWeights: () => '|w|',
    largeGradient: () => '|g|',
    largeRatio: () => '|w|/|g|',
    largeWeightsIn: (v: Values) => s(v, 'format'),
    largeGradientIn: (v: Values) => s(v, 'format'),
    largeRatioIn: (v: Values) => s(v, 'format'),
    largeCause: () => 'why',
    'largeCause-right': () => 'right',
    'largeCause-nan': () => 'g² became 0: 0/0',
    'largeCause-both': () => 'w² and g² overflowed',
    'largeCause-vanished-both': () => 'w² and g² became 0',
    'largeCause-weights-vanished': () => 'w² became 0',
    'largeCause-vanished': () => 'g² became 0',
    'largeCause-overflowed': () => 'g² overflowed',
    'largeCause-weights': () => 'w² overflowed',
    'largeCause-stalled': () => 'sum stalled',
    'largeCause-rounded': () => 'few bits',
  },
  options: {
    about: 'sums (buffers side by side), mistakes (loops that go wrong), equal (to the large batch), memory',
    micro: 'micro-batches of one update; absent: 1024 for sums, else 4',
    'gradient-accumulation.gradient': 'the size of a gradient',
    'gradient-accumulation.spread': 'how far gradients differ: 0.5 is ±50 %',
    'gradient-accumulation.scale': 'loss scale on the micro-gradients; absent: 1 for sums, else 65536',
    samples: 'samples of a micro-batch',
    lastSamples: 'samples of the last, shorter one (mean of means)',
    overflowRate: 'how often a micro-batch overflows',
    'large-batch.batch': 'samples of the small batch',
    'large-batch.times': 'how many times larger the large batch is; the linear rule multiplies the rate by it',
    'large-batch.lr': 'learning rate of the small batch',
    problem:
      'none, or one of the course: clipped (to nothing), memory (in accumulation), precision (lost in compression)',
    keep: 'the share of its values that a worker sends (top-k)',
    spike: 'how many times larger the gradients of the step in the middle are',
    capacity: 'GiB of the device',
    'gradient-accumulation.format': 'the format of the micro-gradients and of the first buffer',
    'gradient-pipeline.format': 'the format of the micro-gradients',
    'gradient-pipeline.micro': 'micro-batches that each worker adds up for a step',
    'gradient-pipeline.noise': 'noise of a micro-batch, as a share of the gradient at the start',
    'gradient-pipeline.lr': 'learning rate of the first step; it falls to 0',
    'gradient-pipeline.maxNorm': 'norm to which each worker clips',
    'gradient-pipeline.scale': 'loss scale of the first step',
    warmup: 'updates during which the large batch starts with the small rate',
    'large-batch.updates': 'updates of the small batch; the large one makes times fewer',
    'large-batch.noise': "standard deviation of one sample's gradient",
    steep: 'how much steeper the loss is far from the optimum: c of ½λw² + ¼cw⁴; 0: a quadratic',
    'large-batch.format': 'the format in which LARS sums its norms',
    'large-batch.scale': 'loss scale on the gradients when LARS takes their norms',
  },
}

/** The words of gradient compression. */
import { brief, count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const under = (x: number): string => (x === 1 ? '' : `, loss × ${scale(x)}`)

/** A distance as a share of the one at the start. */
const left = (x: number): string => (x < 10 ? percent(x) : `${number(x)} times the start`)
const way = (x: number): string => (x < 10 ? `${percent(x)} of the way to go` : `${number(x)} times the way to go`)

const many = (x: number, one: string): string => (x === 1 ? `1 ${one}` : `${x} ${one}s`)

export const compression = {
  errors: {},
  findings: {
    compressPlain: (v: Values) => `${s(v, 'method')} without error feedback ends with ${way(n(v, 'left'))}.`,
    compressFed: (v: Values) =>
      `With it ${left(n(v, 'fed'))} is left (uncompressed: ${percent(n(v, 'baseline'))}), for ${percent(n(v, 'share'))} of the bytes.`,
    compressOnly: (v: Values) =>
      `${s(v, 'method')} ends with ${way(n(v, 'left'))} (uncompressed: ${percent(n(v, 'baseline'))}), for ${percent(n(v, 'share'))} of the bytes.`,
    compressVanished: (v: Values) => {
      const advice = n(v, 'scale') === 1 ? ' Compress while the loss scale is still on: --scale 65536.' : ''
      return `${percent(n(v, 'share'))} of the nonzero values become 0 in the 16-bit message${under(n(v, 'scale'))}.${advice}`
    },
    compressSkipped: (v: Values) =>
      `Up to ${count(n(v, 'skipped'), 'en')} of ${count(n(v, 'updates'), 'en')} updates skipped: the exchanged gradient was not finite. The memory of what was not sent stays clean.`,
    compressGather: (v: Values) =>
      n(v, 'workers') >= n(v, 'breakEven')
        ? `All-gather moves ${number(n(v, 'factor'))} × an all-reduce at ${s(v, 'workers')} workers; less only below ${s(v, 'breakEven')}.`
        : `All-gather moves ${percent(n(v, 'factor'))} of an all-reduce at ${s(v, 'workers')} workers, more than it from ${s(v, 'breakEven')}.`,
    compressOrder: (v: Values) => {
      const [small, large] = [power(n(v, 'small')), brief(n(v, 'large'))]
      return `FP16 mean of ${s(v, 'workers')}${under(n(v, 'scale'))}, ÷ first: ${small} → ${power(n(v, 'preSmall'))}, ${large} → ${brief(n(v, 'preLarge'))}; ÷ last: → ${power(n(v, 'postSmall'))}, → ${brief(n(v, 'postLarge'))}.`
    },
  },
  labels: {
    compressSubject: (v: Values) =>
      `${many(n(v, 'workers'), 'worker')}, ${many(n(v, 'dimension'), 'weight')}, condition ${brief(n(v, 'condition'))}`,
    compressDistances: () => 'Distance to the optimum, start = 1 (-ef: without error feedback)',
    compressUpdates: () => 'updates',
    compressMark: () => 'skipped update',
    compressMethod: () => 'method',
    compressBytes: () => 'bytes a step',
    compressRatio: () => '× smaller',
    compressTime: (v: Values) => `ms for ${count(n(v, 'parameters'), 'en')}`,
    compressDiverges: () => 'diverges',
    compressWith: () => 'left with EF',
    compressWithout: () => 'left without',
    'metric-subjectShare': () => 'share of the bytes',
    'metric-baseline': () => 'left uncompressed',
    'metric-withFeedback': () => 'left with EF',
    'metric-withoutFeedback': () => 'left without EF',
    'metric-rawBytes': () => 'bytes uncompressed',
    'metric-bytes': () => 'bytes a step',
    'metric-ratio': () => '× smaller',
    'metric-rawTime': () => 'ms uncompressed',
    'metric-time': () => 'ms a step',
    'metric-breakEven': () => 'no gain from workers',
    'metric-vanished': () => 'becomes 0 on the wire',
    'metric-preSmall': () => '÷ n first, 2^-24',
    'metric-postSmall': () => '÷ n last, 2^-24',
    'metric-preLarge': () => '÷ n first, 1e4',
    'metric-postLarge': () => '÷ n last, 1e4',
    'param-methods': () => 'methods',
    'param-workers': () => 'workers',
    'param-dimension': () => 'weights',
    'param-condition': () => 'condition',
    'param-spread': () => 'spread',
    'param-magnitude': () => 'gradient size',
    'param-latency': () => 'latency, µs',
    'param-bandwidth': () => 'Gbit/s',
  },
  options: {
    methods:
      'with commas, or all: none, fp16:pre|post, bf16, int8, qsgd:4, terngrad, sign, efsign, threshold:0.1, topk:0.05 (or a number of values), randomk:0.05, dgc:0.05, powersgd:2; -ef without error feedback, +ef with it',
    workers: 'workers that exchange gradients',
    firstRate: 'the first learning rate, as a share of 1 / the largest curvature; it falls to 0',
    dimension: 'weights of the problem',
    condition: 'the largest curvature over the smallest',
    spread: "how much the workers' data differ: the spread of their gradients at the common optimum",
    dgcWarmup: "updates at each of DGC's warm-up shares: 25, 6.3, 1.5, 0.4 and 0.1 %; 0: none",
    magnitude: 'the size of the gradients: 1e-6 makes them as small as those of a large network',
    parameters: 'how many values the times are for',
    latency: 'microseconds from one worker to the next',
    bandwidth: 'Gbit/s from one worker to the next',
  },
}

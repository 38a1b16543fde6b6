/** The words of gradient clipping. */
import { count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const steps = (x: number): string => (x === 1 ? '1 step' : `${x} steps`)

/** A factor next to 1 by what is missing. */
const times = (x: number): string => (x < 1 && x > 0.999 ? `(1 - ${number(1 - x)})` : number(x))

const degrees = (x: number): string => (x < 0.005 ? '0°' : `${number(x)}°`)

const how: Readonly<Record<string, string>> = {
  norm: 'By norm',
  value: 'By value',
  'per-tensor': 'Tensor by tensor',
}

export const clipping = {
  errors: {},
  findings: {
    clipWay: (v: Values) => {
      const head = `${how[s(v, 'name')]} at ${power(n(v, 'threshold'))}: norm ${number(n(v, 'before'))} → ${number(n(v, 'norm'))}`
      const what =
        v['name'] === 'norm'
          ? `every gradient × ${times(n(v, 'factor'))}`
          : `${percent(n(v, 'cut'))} of elements changed`
      const angle = n(v, 'angle')
      const turn = Number.isNaN(angle)
        ? 'nothing left'
        : angle < 0.01
          ? 'direction kept'
          : `turned by ${degrees(angle)}`
      return `${head}, ${what}, ${turn}.`
    },
    clipIdle: (v: Values) =>
      `${how[s(v, 'name')]} at ${power(n(v, 'threshold'))}: nothing is large enough to be clipped (norm ${number(n(v, 'before'))}).`,
    clipBefore: (v: Values) =>
      `Before unscale_: threshold ${power(n(v, 'max'))}/${scale(n(v, 'scale'))}, norm → ${number(n(v, 'norm'))}, ${percent(n(v, 'lost'))} of updates lost.`,
    clipBeforeIdle: (v: Values) =>
      `Before unscale_: threshold ${power(n(v, 'max'))}/${scale(n(v, 'scale'))}, and even that is above the norm ${number(n(v, 'norm'))}: nothing is clipped.`,
    clipValueHides: (v: Values) => {
      const [infinite, nan] = [n(v, 'infinite'), n(v, 'nan')]
      if (infinite > 0)
        return `By value no factor is used: ${infinite === 1 ? '1 Inf becomes' : `${infinite} Inf become`} ±${power(n(v, 'max'))}, and the overflow is hidden from whoever checks later${nan > 0 ? ' (NaN stays NaN)' : ''}. Check before clipping; skip the step.`
      return nan > 0
        ? `By value ${nan === 1 ? '1 NaN stays' : `${nan} NaN stay`} NaN. Check before clipping; skip the step.`
        : 'The norm overflows fp32, but by value none is needed: every element is finite.'
    },
    clipNormFault: (v: Values) =>
      `At ${power(n(v, 'max'))} ${percent(n(v, 'lost'))} of a usual step's updates are lost, and no other threshold helps: the norm in ${s(v, 'format')} is at fault. Summed in fp32: ${percent(n(v, 'lostWide'))}.`,
    clipSymbols: (v: Values) =>
      `S is the loss scale; n the norm of unscaled gradients, in ${s(v, 'names')} of those still × S.`,
    clipFrom: (v: Values) =>
      `No real step: every ${s(v, 'steps')}th of ${s(v, 'source')}'s gradients of ${s(v, 'steps')} steps, sorted.`,
    clipTooSmall: (v: Values) =>
      `${power(n(v, 'max'))} clips ${percent(n(v, 'clipped'))} of ${s(v, 'steps')} steps (norms drawn) and loses ${percent(n(v, 'lost'))} of a usual step's updates (unclipped ${percent(n(v, 'lostPlain'))}). Better a percentile of the norms: ${number(n(v, 'threshold'))} clips ${percent(n(v, 'clippedThen'))}, loses ${percent(n(v, 'lostThen'))}.`,
    clipNormFormat: (v: Values) =>
      `Summed in ${s(v, 'format')} the norm is ${number(n(v, 'here'))}, in fp32 ${number(n(v, 'norm'))}${n(v, 'here') === Number.POSITIVE_INFINITY ? ': the factor is 0, and every gradient with it' : ''}.`,
    clipNotFinite: (v: Values) =>
      `The norm is ${number(n(v, 'norm'))}: no factor brings that back (${s(v, 'framework')}). Skip the step; check before clipping.`,
    clipNothing: () => 'The norm is 0: there is nothing to clip.',
    clipAtExactly: (v: Values) =>
      `A norm of exactly ${power(n(v, 'max'))} needs no clipping; PyTorch's 1e-6 shrinks it by ${number(n(v, 'shrink'))}.`,
    clipGrows: (v: Values) =>
      n(v, 'zeroedAt') >= 0
        ? `Recurrent chain × ${number(n(v, 'radius'))}: from step ${s(v, 'zeroedAt')} the norm's squares overflow fp32, and clipping makes all 0.`
        : v['overflows'] === true
          ? `Recurrent chain × ${number(n(v, 'radius'))}: clipping holds it until ${s(v, 'format')} overflows at step ${s(v, 'at')}.`
          : `Recurrent chain × ${number(n(v, 'radius'))}: ${number(n(v, 'last'))} after ${steps(n(v, 'length'))}; clipping holds it at ${power(n(v, 'max'))}.`,
    clipShrinks: (v: Values) =>
      v['vanishes'] === true
        ? `Recurrent chain × ${number(n(v, 'radius'))}: only noise from step ${s(v, 'at')}; clipping enlarges nothing.`
        : `Recurrent chain × ${number(n(v, 'radius'))}: ${number(n(v, 'last'))} after ${steps(n(v, 'length'))}; clipping enlarges nothing.`,
    clipChainSteady: (v: Values) =>
      `Recurrent chain: with radius 1 the gradient keeps its size over ${steps(n(v, 'length'))} back.`,
  },
  labels: {
    clipSubject: (v: Values) =>
      `${count(n(v, 'count'), 'en')} gradients, ${v['recorded'] === true ? 'as many as a step of ' : ''}${s(v, 'source')}${n(v, 'spike') === 1 ? '' : ` × ${number(n(v, 'spike'))}`}`,
    clipMethod: () => 'way to clip',
    clipThreshold: () => 'threshold',
    clipNormAfter: () => 'norm after',
    clipAngle: () => 'turned',
    clipDegrees: (v: Values) => degrees(n(v, 'angle')),
    clipCut: () => 'changed',
    clipLost: () => 'lost: w - lr·g = w',
    'clipName-norm': () => 'by norm',
    'clipName-value': () => 'by value',
    'clipName-per-tensor': () => 'tensor by tensor',
    'clipName-before': () => 'before unscale_',
    'clipName-percentile': () => 'percentile of norms',
    clipChainTitle: (v: Values) => `Norm of a gradient on its way back through a recurrent chain, ${s(v, 'format')}`,
    clipStepsBack: () => 'steps back',
    clipRadius: (v: Values) => `radius ${number(n(v, 'radius'))}`,
    clipRadiusClipped: () => 'clipped',
    clipFramework: () => 'framework',
    clipSkipped: () => 'step skipped',
    clipFactor: () => 'factor; n norm, c max',
    clipAtThreshold: () => '1 - factor, n = c',
    'metric-gradients': () => 'gradients',
    'metric-norm': () => 'norm',
    'metric-normInFormat': () => 'norm as summed',
    'metric-normAfter': () => 'norm after',
    'metric-angle': () => 'degrees turned',
    'metric-cut': () => 'changed',
    'metric-lostUnclipped': () => 'lost unclipped',
    'metric-normByValue': () => 'norm by value',
    'metric-angleByValue': () => 'degrees by value',
    'metric-cutByValue': () => 'changed by value',
    'metric-anglePerTensor': () => 'degrees per tensor',
    'metric-effectiveThreshold': () => 'threshold before unscale',
    'metric-normBefore': () => 'norm before unscale',
    'metric-lostBefore': () => 'lost before unscale',
    'metric-stepsClipped': () => 'steps clipped',
    'metric-lostUsual': () => 'lost, usual step',
    'metric-lostUsualClipped': () => 'lost, usual step clipped',
    'metric-percentileThreshold': () => 'percentile',
    'metric-stepsClippedPercentile': () => 'steps above it',
    'metric-lostPercentile': () => 'lost with it',
    'metric-shrinkAtThreshold': () => '1 - factor at max',
    'metric-chainNorm': () => 'chain, exact',
    'metric-chainInFormat': () => 'chain in the format',
    'metric-chainClipped': () => 'chain, clipped',
    'metric-overflowAt': () => 'overflows after steps',
    'metric-lostAt': () => 'noise after steps',
    'param-method': () => 'way to clip',
    'param-max': () => 'max norm',
    'param-framework': () => 'framework',
    'param-order': () => 'order',
    'param-normFormat': () => 'norm in',
    'param-spike': () => 'spike',
    'param-lr': () => 'learning rate',
    'param-percentile': () => 'percentile',
    'param-radius': () => 'radius',
    'param-length': () => 'steps back',
  },
  options: {
    method: 'how to clip: norm (all tensors together), value (each element), per-tensor',
    max: 'the threshold: the largest norm, or for value the largest element',
    framework: 'whose formula: pytorch, keras, megatron, deepspeed, fairseq, or all, side by side',
    'clipping.order': 'clip after or before unscale_',
    'clipping.scale': 'the loss scale of the row that clips before unscale_',
    'clipping.spike': 'how many times larger than usual the gradients of this step are',
    normFormat: 'the format in which the norm is summed: in fp16 an element of 256 makes it Inf',
    'clipping.format': 'the format of the weights and of the recurrent chain: fp16, bf16 …',
    'clipping.weight': 'the size of the weights that the updates are for',
    percentile: 'the threshold to compare with: this percentile of 400 norms, 0 … 100',
    radius: 'spectral radius of the recurrent chain: above 1 its gradient explodes, below it vanishes',
    length: 'how many steps the gradient goes back through the chain',
  },
}

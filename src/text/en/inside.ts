/** The words of what happens inside the network: autocast, forward overflow, FP8. */
import { brief, count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const many = (x: number, one: string, more: string): string => (x === 1 ? `1 ${one}` : `${count(x, 'en')} ${more}`)

/** The places of a forward pass, with the numbers they are tried with. */
const places: Readonly<Record<string, (v: Values) => string>> = {
  exp: (v) => `e^${s(v, 'x')}`,
  'exp-small': (v) => `e^${s(v, 'x')}`,
  square: (v) => `${s(v, 'x')}²`,
  softmax: (v) => `softmax [${s(v, 'logits')}]`,
  'log-softmax': (v) => `log softmax [${s(v, 'logits')}]`,
  'layer-norm': (v) => `variance of ${s(v, 'count')} × ±${s(v, 'x')}`,
  attention: (v) => `q·k/8, ${s(v, 'count')} × ${s(v, 'x')}²`,
  t5: (v) => `T5 output ${number(n(v, 'x'), 7)}`,
}
const place = (name: string, v: Values): string => places[name]?.(v) ?? name

export const inside = {
  errors: {},
  findings: {
    'autocast-fp16-lost': (v: Values) => {
      const why =
        v['tooLarge'] === true && n(v, 'peak') > n(v, 'limit')
          ? `inside it reaches ${number(n(v, 'peak'))}, beyond ${n(v, 'limit')}`
          : 'what is too small for FP16 becomes 0'
      return `All in FP16, ${s(v, 'op')} loses ${s(v, 'lost')} of ${s(v, 'values')} values: ${why}. The result is ${number(n(v, 'fp16'))}, exactly ${number(n(v, 'exact'))}${Number.isFinite(n(v, 'fp16')) ? ': finite, no alarm' : ''}.`
    },
    'autocast-fp16-fine': (v: Values) =>
      `All in FP16, nothing becomes 0, Inf or NaN here: the result is ${number(n(v, 'fp16'))}, exactly ${number(n(v, 'exact'))}.`,
    'autocast-policy': (v: Values) =>
      `${s(v, 'name')} runs ${s(v, 'wide')} of ${s(v, 'operations')} operations in FP32: ${n(v, 'lost') === 0 ? 'nothing is lost' : `${many(n(v, 'lost'), 'value is', 'values are')} lost all the same`}; the result is ${number(n(v, 'policy'))}.`,
    'autocast-refused': (v: Values) =>
      `${s(v, 'policy')} stops at operation ${s(v, 'number')}: binary_cross_entropy and BCELoss are unsafe to autocast. A probability that FP16 rounds to 0 or 1 has no usable logarithm. ${s(v, 'before') === 'sigmoid' ? 'Leave out the sigmoid and use' : 'Use'} BCEWithLogitsLoss: --graph 'linear bce-with-logits'`,
    'autocast-lists': (v: Values) =>
      `lower: cast to ${s(v, 'low')}; fp32: cast to fp32; widest: the widest input decides; input: as it comes. exact: float64, the largest |value|; lost: became 0, Inf or NaN. Matmuls add in FP32 everywhere.`,
    'autocast-model': (v: Values) =>
      `The model as a whole: weights ${s(v, 'weights')}, computing in ${s(v, 'compute')}, output ${s(v, 'output')}; losses in ${s(v, 'loss')}. exact: float64, the largest |value|; lost: became 0, Inf or NaN.`,
    'forward-loss-scaling': (v: Values) =>
      `Loss scaling heals ${s(v, 'healed')} of ${s(v, 'all')}: it comes after the forward pass. Where that gives Inf, every step is skipped: ${scale(n(v, 'start'))} is 0 after ${s(v, 'steps')} steps.`,
    'forward-cures': (v: Values) =>
      `In FP32 ${s(v, 'fp32')} of ${s(v, 'all')} are right; autocast sees to ${s(v, 'autocast')}, its matmuls stay FP16. In BF16 ${s(v, 'bf16')}: it has the range, not the bits for a long sum.`,
    'forward-none': (v: Values) => `Nothing of the ${s(v, 'cases')} places is Inf, NaN or 0 in ${s(v, 'format')}.`,
    'forward-legend': () => '✓ right within 1 %; ~ finite, but off; ✗ Inf, NaN or 0. Numbers: --case attention',
    'fp8-delayed': (v: Values) => {
      const cut = n(v, 'cut') > 0 ? `cuts it (${many(n(v, 'cut'), 'value', 'values')}) and` : 'holds it, but'
      return `Step ${s(v, 'step')} has a value ${brief(n(v, 'times'))} × its largest. Delayed scaling ${cut} pays for ${many(n(v, 'aftermath'), 'step', 'steps')}${Number.isNaN(n(v, 'after')) ? '.' : `: ${percent(n(v, 'after'))} become 0${Number.isNaN(n(v, 'before')) ? '' : `, before ${percent(n(v, 'before'))}`}.`}`
    },
    'fp8-current': (v: Values) =>
      `Current scaling pays in that step only: ${percent(n(v, 'at'))} become 0${Number.isNaN(n(v, 'after')) ? '' : `, after it ${percent(n(v, 'after'))}`}; ${n(v, 'cutSteps') === 0 ? 'it never cuts' : `${many(n(v, 'cutSteps'), 'step cuts', 'steps cut')} a value`}, but reads the tensor twice.`,
    'fp8-calm': (v: Values) => `Without an outlier delayed scaling loses ${percent(n(v, 'lost'))}.`,
    'fp8-drift': (v: Values) =>
      n(v, 'cut') === 0
        ? `With margin ${s(v, 'margin')} no step of ${s(v, 'steps')} cuts a value, though the tensor grows.`
        : `${s(v, 'cut')} of ${many(n(v, 'steps'), 'step', 'steps')} ${n(v, 'cut') === 1 ? 'cuts' : 'cut'} a value that outgrew the past. Try --margin ${n(v, 'margin') + 1}.`,
    'saturation-blind': (v: Values) =>
      n(v, 'cut') > 0
        ? `Ascend's saturation: ${n(v, 'skipped') === 0 ? 'no step is skipped' : `${many(n(v, 'skipped'), 'step', 'steps')} skipped`}, and ${scale(n(v, 'start'))} grows to ${power(n(v, 'scale'))}. From step ${s(v, 'first')} on gradients are cut, at the end to ${number(n(v, 'limit'))}: ${percent(n(v, 'norm'))} of their norm.`
        : `Ascend's saturation: nothing is cut within these ${many(n(v, 'steps'), 'step', 'steps')}; the scale ends at ${power(n(v, 'scale'))}.`,
    'saturation-seen': (v: Values) =>
      `With Inf and NaN ${many(n(v, 'skipped'), 'step is', 'steps are')} skipped, and the scale ends at ${power(n(v, 'scale'))}. Where hardware saturates, its overflow flag must be read: ${s(v, 'flagSkipped')} skipped, ${power(n(v, 'flagScale'))}.`,
    'saturation-nan-zero': (v: Values) =>
      `The NaN of step ${s(v, 'step')} becomes 0 and is used: nobody sees the bad sample.`,
  },
  labels: {
    'autocast-subject': (v: Values) =>
      `${s(v, 'policy')}, ${many(n(v, 'operations'), 'operation', 'operations')}, ${s(v, 'width')} values`,
    'metric-wideOperations': () => 'in fp32',
    'metric-casts': () => 'casts',
    'metric-lostUnderPolicy': () => 'lost',
    'metric-errorUnderPolicy': () => 'error of the result',
    'autocast-op': () => 'operation',
    'autocast-list': () => 'list',
    'autocast-types': () => 'runs > returns',
    'autocast-exact': () => 'exact',
    'autocast-allFp16': () => 'all fp16',
    'autocast-lost': () => 'lost',
    'autocast-low': () => 'lower',
    'autocast-fp32': () => 'fp32',
    'autocast-promote': () => 'widest',
    'autocast-unlisted': () => 'input',
    'autocast-banned': () => 'banned',
    'autocast-compute': () => 'model',
    'autocast-wide-inside': () => 'wide inside',
    'autocast-loss': () => 'loss',
    'autocast-error': () => 'refused',
    'autocast-under': () => 'policy',
    'forward-of': () => 'of x',
    'forward-last': () => 'last x',
    'forward-next': () => 'next x',
    'forward-result': () => 'gives',
    'forward-edge-exp': () => 'e^x',
    'forward-edge-square': () => 'x²',
    'forward-edge-activation': (v: Values) => `variance of ${s(v, 'count')} × ±x`,
    'forward-edge-component': (v: Values) => `q·k/8, ${s(v, 'head')} × x²`,
    'forward-edge-small': () => 'e^-x',
    'forward-place': () => 'wanted',
    'forward-head-fp32': () => 'in fp32',
    'forward-head-bf16': () => 'bf16',
    'forward-head-scaleFirst': () => 'scale 1st',
    'forward-head-subtractMax': () => '- max',
    'forward-head-clamp': () => 'clamp',
    'forward-head-lossScaling': () => 'loss ×',
    'forward-case-exp': (v: Values) => place('exp', v),
    'forward-case-exp-small': (v: Values) => place('exp-small', v),
    'forward-case-square': (v: Values) => place('square', v),
    'forward-case-softmax': (v: Values) => place('softmax', v),
    'forward-case-log-softmax': (v: Values) => place('log-softmax', v),
    'forward-case-layer-norm': (v: Values) => place('layer-norm', v),
    'forward-case-attention': (v: Values) => place('attention', v),
    'forward-case-t5': (v: Values) => place('t5', v),
    'forward-opened': (v: Values) => `${place(s(v, 'case'), v)}: wanted ${number(n(v, 'wanted'), 7)}`,
    'forward-cure': () => 'cure',
    'forward-off': () => 'off by',
    'forward-does': () => 'what it does',
    'forward-cure-none': (v: Values) => `none, ${s(v, 'format')}`,
    'forward-cure-fp32': () => 'the operation in fp32',
    'forward-cure-bf16': () => 'bf16',
    'forward-cure-scaleFirst': () => 'scale first',
    'forward-cure-subtractMax': () => 'subtract the max',
    'forward-cure-clamp': () => 'clamp',
    'forward-cure-lossScaling': () => 'loss scaling',
    'forward-does-none': () => 'every step rounded',
    'forward-does-matmul': () => 'autocast does not: a matmul',
    'forward-does-fp32': () => 'what autocast does',
    'forward-does-bf16': () => "FP32's range, 8 bits",
    'forward-does-scaleFirst': () => 'operands divided first',
    'forward-does-subtractMax': () => 'e^(x − max), log-sum-exp',
    'forward-does-clamp': (v: Values) => `Inf becomes ${brief(n(v, 'clamp'))}`,
    'forward-does-lossScaling': () => 'too late: loss only',
    'fp8-subject': (v: Values) =>
      `${count(n(v, 'count'), 'en')} values, ${s(v, 'steps')} steps, history ${s(v, 'history')}`,
    'fp8-chart': () => 'The scale of the E4M3 activations',
    'fp8-step': () => 'step',
    'fp8-outlier': () => 'outlier',
    'fp8-line-delayed': () => 'delayed',
    'fp8-line-current': () => 'current',
    'fp8-way-delayed': () => 'delayed',
    'fp8-way-current': () => 'current',
    'fp8-way-none': () => 'none',
    'fp8-tensor': () => 'tensor',
    'fp8-role-activations': (v: Values) => `${s(v, 'format')} activations`,
    'fp8-role-gradients': (v: Values) => `${s(v, 'format')} gradients`,
    'fp8-way': () => 'scaling',
    'fp8-cutSteps': () => 'steps cut',
    'fp8-lostBefore': () => '0 before',
    'fp8-lostAll': () => '0 after step 1',
    'fp8-lostAt': () => 'outlier',
    'fp8-lostAfter': (v: Values) => `${s(v, 'history')} after`,
    'fp8-lostLater': () => 'later',
    'saturation-subject': (v: Values) =>
      `${s(v, 'format')}, ${many(n(v, 'steps'), 'step', 'steps')}, growth interval ${s(v, 'interval')}`,
    'saturation-step': () => 'step',
    'saturation-scale': () => 'loss scale',
    'saturation-line-inf': () => 'Inf/NaN',
    'saturation-line-saturate': () => 'saturate',
    'saturation-line-ascend': () => 'Ascend',
    'saturation-line-flag': () => 'flag',
    'saturation-mode': () => 'overflow',
    'saturation-looksAt': () => 'checked',
    'saturation-skipped': () => 'skipped',
    'saturation-last': () => 'end scale',
    'saturation-cut': () => 'cut',
    'saturation-norm': () => 'norm left',
    'saturation-nan': (v: Values) => `NaN at ${s(v, 'step')}`,
    'saturation-mode-inf': () => 'Inf or NaN',
    'saturation-mode-saturate': () => 'largest',
    'saturation-mode-ascend': () => 'largest, NaN 0',
    'saturation-mode-flag': () => 'largest, NaN 0',
    'saturation-values': () => 'Inf, NaN',
    'saturation-flag': () => 'overflow flag',
    'saturation-applied': () => 'used as 0',
    'saturation-skips': () => 'skipped',
  },
  options: {
    'autocast.policy':
      'pytorch, pytorch-bf16, apex-O0 … apex-O3, mixed_float16, mixed_bfloat16, or jmp: p=f32,c=f16,o=f32',
    graph: "operations in order: 'linear softmax bce'; add and cat take the input before the last operation too",
    amplitude: 'the largest size of the input values',
    'forward-overflow.format': 'the format of the forward pass: fp16, bf16, fp32',
    case: 'one place with its numbers: exp, exp-small, square, softmax, log-softmax, layer-norm, attention, t5',
    'fp8-scaling.format': 'hybrid (E4M3 forward, E5M2 backward) or e4m3fn',
    'fp8-scaling.steps': 'steps of the run',
    'fp8-scaling.count': 'values of each tensor',
    'fp8-scaling.std': 'standard deviation of ln |x|: how many sizes a tensor holds',
    'fp8-scaling.drift': 'size of the tensors at the last step against the first',
    outlier: 'how many times its largest value the outlier is; 1: none',
    outlierStep: 'the step of the outlier',
    history: 'how many amax values delayed scaling remembers',
    margin: 'powers of two kept free above the largest value expected',
    algo: 'which remembered amax counts: max or most_recent',
    'saturation.format': 'the format of the gradients: fp16, bf16, e5m2, e4m3fn',
    'saturation.steps': 'steps of the run',
    'saturation.magnitude': 'the standard deviation of the gradients',
    nanStep: 'the step with a NaN; 0: none',
  },
}

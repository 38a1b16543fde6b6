/** The words of memory, hardware, speed and evidence. */
import { count, number, percent, power } from '../numbers.js'
import { bytes, seconds, times } from '../units.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const optimizerNames: Readonly<Record<string, string>> = { sgd: 'SGD', momentum: 'SGD with momentum', adam: 'Adam' }
const optimizer = (v: Values): string => optimizerNames[s(v, 'optimizer')] ?? s(v, 'optimizer')

/** 1.56 B, as models are named; `count` would write G. */
const billions = (x: number): string => count(x, 'en').replace(/ G$/, ' B')

/** How a figure of a device is known, in a sentence. */
const known: Readonly<Record<string, string>> = {
  read: 'read in the source',
  quoted: 'quoted by a second text',
  computed: 'computed',
  inferred: 'inferred',
  unverified: 'not verified',
  absent: 'not checked',
}

export const cost = {
  errors: {},
  findings: {
    costModelBytes: (v: Values) => {
      const copies = n(v, 'copies') > 0 ? ` and ${s(v, 'copies')} B of 16-bit copies` : ''
      const states = s(v, 'optimizer') === 'sgd' ? 'gradients' : `gradients, ${optimizer(v)}'s states`
      const verdict =
        n(v, 'after') > n(v, 'before') / 1.5
          ? n(v, 'after') < n(v, 'before')
            ? 'It shrinks, it does not halve'
            : 'Nothing halves'
          : 'This is what halves'
      return `${verdict}: weights, ${states}: ${number(n(v, 'fp32'))} B a parameter in fp32, ${number(n(v, 'mixed'))} B${copies} with ${s(v, 'recipe')} (${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}).`
    },
    costActivations: (v: Values) =>
      `Activations: ${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}, ${percent(n(v, 'share'))} of FP32${n(v, 'share') > 0.5 && n(v, 'share') < 1 ? ': not quite half, for the byte of a dropout mask stays a byte' : ''}.`,
    costNoActivations: () =>
      'Activations depend on the shape: give --layers and --hidden, or --model, instead of --params.',
    costTotal: (v: Values) =>
      `${v['known'] === true ? 'In all' : 'Without activations'}: ${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}, ${n(v, 'saved') === 0 ? 'the same' : n(v, 'saved') > 0 ? `${percent(n(v, 'saved'))} saved` : `${percent(-n(v, 'saved'))} more`}.`,
    costClaim: (v: Values) =>
      n(v, 'count') === 0
        ? `"FP16 is ${number(n(v, 'times'))} times faster" is true of none of these ${s(v, 'compared')} devices: their peaks say ${times(n(v, 'low'))} (${s(v, 'lowName')}) to ${times(n(v, 'high'))} (${s(v, 'highName')}).`
        : `"FP16 is ${number(n(v, 'times'))} times faster" is true of ${s(v, 'count')} of ${s(v, 'compared')} devices (${s(v, 'right')}); the peaks say ${times(n(v, 'low'))} (${s(v, 'lowName')}) to ${times(n(v, 'high'))} (${s(v, 'highName')}). Against TF32, which FP32 code may run in, ${times(n(v, 'tf32Low'))} to ${times(n(v, 'tf32High'))}.`,
    costRidgeMeans: (v: Values) =>
      `Ridge: on ${s(v, 'device')} the 16-bit peak counts only from ${number(Math.round(n(v, 'ridge')))} operations a byte on; below, the memory decides (fpsim speed).`,
    costNotChecked: (v: Values) =>
      `${s(v, 'devices')}: no figure was checked, so none is shown. In its saturation mode Inf becomes ±MAX and NaN becomes 0.`,
    costDeviceRatio: (v: Values) =>
      `${s(v, 'device')}: the FP16 peak is ${times(n(v, 'ratio'))} that of FP32${v['hasTf32'] === true ? `, and ${times(n(v, 'tf32'))} that of TF32, with which "FP32" code may run` : ''}.`,
    costDeviceAchieved: (v: Values) =>
      `The fastest measured 16-bit product reached ${number(n(v, 'achieved'))} TFLOPS, ${percent(n(v, 'share'))} of the peak.`,
    costDeviceFormats: (v: Values) =>
      `Matrix and vector units with a figure here: ${s(v, 'formats')}.${v['bf16'] === true ? '' : ' No BF16: mixed precision means FP16 and a loss scale.'}`,
    costTimeLine: (v: Values) =>
      `Time improvement: ${n(v, 'gain').toFixed(2)}x (${seconds(n(v, 'before'))} → ${seconds(n(v, 'after'))} a step; the peaks promise ${times(n(v, 'ratio'))})`,
    costMemoryLine: (v: Values) =>
      `Memory saved: ${(n(v, 'saved') * 100).toFixed(1)}% (${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))})`,
    costBoundShares: (v: Values) =>
      `Of the mixed step ${percent(n(v, 'memory'))} waits for memory${n(v, 'launch') > 0.01 ? `, ${percent(n(v, 'launch'))} for kernels to start` : ''}; only ${percent(n(v, 'arithmetic'))} is arithmetic, where the faster units help.`,
    costLaunchBound: (v: Values) =>
      `Starting kernels takes ${percent(n(v, 'launch'))} of the step (${seconds(n(v, 'each'))} each, assumed): the arithmetic does not count, and casts make ${s(v, 'fp32')} kernels ${s(v, 'amp')}.`,
    costOddSizes: (v: Values) =>
      `Sizes that are no multiple of 8 (${s(v, 'sizes')}): FP16 matrix units are padded or left idle, so the true gain is smaller.`,
    costDoesNotFit: (v: Values) =>
      `It does not fit: ${bytes(n(v, 'after'))} even with mixed precision, ${s(v, 'device')} has ${bytes(n(v, 'room'))}.`,
    costNoPeaks: (v: Values) =>
      `${s(v, 'device')}: its FP32 or FP16 peak was not checked, so no time is computed. fpsim hardware shows what is known.`,
    costEstimate: (v: Values) =>
      `Roofline: the least time of these kernels, one by one; real ones are slower, fused ones (--attention fused, compilers) move less. ${n(v, 'watts') > 0 ? `Energy: an estimate, time × board power (${s(v, 'watts')} W, ${known[s(v, 'status')]}).` : 'Energy: the board power was not checked.'}`,
    costAsGood: (v: Values) =>
      n(v, 'asGood') === n(v, 'count')
        ? `${s(v, 'count')} of ${s(v, 'count')} published results with mixed precision are at least as good as ${s(v, 'from') || 'their baseline'}.`
        : `${s(v, 'asGood')} of ${s(v, 'count')} published results with mixed precision are at least as good as ${s(v, 'from') || 'their baseline'}; the largest loss: ${s(v, 'worst').replaceAll('%', 'points')}.`,
    costDiverged: (v: Values) => `Without loss scaling ${s(v, 'network')} diverges.`,
    costNoEvidence: (v: Values) =>
      `No published result for ${s(v, 'task')} was checked; fpsim shows none rather than guess.`,
    costFp8Inference: () =>
      'The FP8 perplexities are probably of networks quantized for inference, not trained in FP8: unverified.',
    costTooLong: (v: Values) =>
      `${s(v, 'name')} knows only ${s(v, 'positions')} positions, computed here for ${s(v, 'sequence')} tokens: --sequence ${s(v, 'positions')}.`,
    costTheirs: () => 'These are the numbers of their authors; fpsim did not train these networks.',
    costTryMemory: () =>
      'Try --recompute full, --recipe bf16, --optimizer sgd, --params 7B or your own --layers 12 --hidden 768.',
    costTrySpeed: () =>
      'Try --model mlp --device rtx3090 --batch 32 (too small to gain), --model resnet50 --device v100, --attention fused.',
    costTryHardware: () => 'Try --device rtx3090: every figure with its source; --times 8: where that claim holds.',
    costTryEvidence: () => 'Try --task detection, speech, language, large-models, bf16, fp8 or all.',
    frameworksStarts: (v: Values) =>
      `${s(v, 'count')} dynamic policies start between ${power(n(v, 'low'))} (${s(v, 'lowName')}) and ${power(n(v, 'high'))} (${s(v, 'highName')}); each row below was run, not copied.`,
    frameworksLate: (v: Values) => `One clean step later than their interval says: ${s(v, 'names')}.`,
    frameworksClip: (v: Values) =>
      `A gradient of norm 5 through ${s(v, 'count')} frameworks, clipped to 1; and unclipped at the step on which the scale grows.`,
    frameworksHalved: (v: Values) =>
      `${s(v, 'name')}: at that step the update has norm ${number(n(v, 'growing'))} instead of 5${v['early'] === true ? ': the scale is updated before it is divided out' : ''}.`,
    frameworksUneven: (v: Values) =>
      `Micro-batches of 3 and 1 examples: ${s(v, 'wrong')} of ${s(v, 'count')} frameworks take the mean of the means, ${number(n(v, 'got'))}; the mean of all is ${number(n(v, 'exact'))}${s(v, 'right') === '' ? '' : ` (${s(v, 'right')})`}.`,
    frameworksBoundary: () =>
      'Step and update the scaler at the boundary alone: all micro-gradients of a step must carry one scale, and one Inf discards them all.',
    frameworksCompressed: (v: Values) =>
      `${s(v, 'length')} gradients on ${s(v, 'workers')} workers, one exchange each: a message up to ${number(n(v, 'ratio'))} times smaller (${s(v, 'name')}).`,
    frameworksGather: (v: Values) =>
      `What cannot be added on the way needs an all-gather: each of the ${s(v, 'workers')} messages goes round whole, so the ring gains less than the message.`,
    frameworksTry: () => 'Try --topic clipping, accumulation or compression.',
    costSources: (v: Values) =>
      n(v, 'sources') === 0
        ? 'No lesson has such a reference. fpsim sources lists them all.'
        : `${n(v, 'sources') === 1 ? '1 reference' : `${s(v, 'sources')} references`}, ${n(v, 'lessons') === 1 ? '1 lesson' : `${s(v, 'lessons')} lessons`}.`,
    costSilent: (v: Values) => `Without a reference: ${s(v, 'lessons')}.`,
  },
  labels: {
    costSize: (v: Values) => bytes(n(v, 'bytes')),
    costRecipe: () => 'recipe',
    costWeights: () => 'weights',
    costGradients: () => 'grads',
    costMaster: () => 'master',
    costStates: () => 'states',
    costPerParameter: () => 'B/param',
    costWhole: () => 'in all',
    costWho: () => 'used by',
    costPlus: (v: Values) => `${number(n(v, 'bytes'))} + ${number(n(v, 'copies'))}`,
    'costRecompute-none': () => 'all kept',
    'costRecompute-selective': () => 'attention recomputed',
    'costRecompute-full': () => 'layer inputs only',
    costTokens: (v: Values) => `activations of ${s(v, 'batch')} × ${s(v, 'sequence')} tokens`,
    costExamples: (v: Values) => `activations of ${s(v, 'batch')} examples`,
    cost16bit: () => '16-bit',
    costShare: () => 'share',
    costRanks: (v: Values) => `${s(v, 'recipe')} with ZeRO on ${s(v, 'ranks')} ranks`,
    'costStage-0': () => 'none',
    'costStage-1': () => '1 states',
    'costStage-2': () => '2 + gradients',
    'costStage-3': () => '3 + weights',
    costBytes: (v: Values) => number(n(v, 'bytes')),
    costARank: () => 'a rank',
    costParameters: (v: Values) =>
      `${s(v, 'name') === '' ? '' : `${s(v, 'name')}, `}${billions(n(v, 'count'))} parameters`,
    costTimes: (v: Values) => times(n(v, 'times')),
    costPeaks: () => 'Dense peaks in TFLOPS; marketing often prints twice that (2:4 sparse)',
    costDevice: () => 'device',
    costRidge: () => 'ridge',
    costChecked: () => 'figures',
    costFp16Accumulate: () => 'FP16, FP16 accumulator',
    costAchieved: () => '16-bit product, measured',
    costMemory: () => 'memory',
    costBandwidth: () => 'bandwidth',
    costPower: () => 'board power',
    costFigure: () => 'figure',
    costUnit: () => 'unit',
    costSource: () => 'source',
    costDevices: (v: Values) => `${s(v, 'count')} devices`,
    'costStatus-read': () => 'read',
    'costStatus-quoted': () => 'quoted',
    'costStatus-computed': () => 'computed',
    'costStatus-inferred': () => 'inferred',
    'costStatus-unverified': () => 'unverified',
    'costStatus-absent': () => 'not checked',
    costSeconds: (v: Values) => seconds(n(v, 'seconds')),
    costJoules: (v: Values) => `${number(n(v, 'joules'))} J`,
    costWay: () => 'step in',
    'costWay-fp32': () => 'FP32',
    'costWay-tf32': () => 'FP32, products in TF32',
    'costWay-amp': () => 'FP16 autocast',
    costStep: () => 'time',
    costGain: () => 'gain',
    costTokensSecond: () => 'tokens/s',
    costExamplesSecond: () => 'examples/s',
    costEnergy: () => 'energy (est.)',
    costPart: () => 'where the time goes',
    'costPart-products': () => 'matrix products',
    'costPart-attention': () => 'attention, softmax',
    'costPart-elementwise': () => 'norms, activations, sums',
    'costPart-loss': () => 'loss (FP32)',
    'costPart-optimizer': () => 'optimizer (FP32)',
    'costPart-casts': () => 'casts, unscale',
    costBoundBy: () => 'then bound by',
    'costBound-arithmetic': () => 'arithmetic',
    'costBound-memory': () => 'memory',
    'costBound-launch': () => 'launches',
    costOn: (v: Values) => `${s(v, 'model')}, batch ${s(v, 'batch')}, ${s(v, 'device')}`,
    costNetwork: () => 'network',
    costMeasure: () => 'measure',
    costBaseline: () => 'baseline',
    costUnscaled: () => 'mixed, unscaled',
    costScaled: () => 'mixed, scaled',
    costBetterBy: () => 'better by',
    costSigned: (v: Values) =>
      n(v, 'value') === 0 ? '0' : `${n(v, 'value') > 0 ? '+' : '−'}${number(Math.abs(n(v, 'value')))}`,
    costDiverges: () => 'diverges',
    costReported: () => 'what was reported',
    'evidence-ssd-zeros': (v: Values) =>
      `Multibox SSD: ${percent(n(v, 'zeros'))} of the activation gradients are 0 already; a loss scale of ${s(v, 'scale')} is enough.`,
    'evidence-ssd-guide': (v: Values) =>
      `The same network: ${percent(n(v, 'zeros'))} are 0, ${percent(n(v, 'lost'))} become 0 in FP16, ${percent(n(v, 'kept'))} remain; × ${s(v, 'scale')} recovers all but ${percent(n(v, 'left'))}. (The three shares add up to more than 100 %.)`,
    'evidence-fp16-weights': (v: Values) =>
      `Mandarin speech: FP16 weights alone cost ${percent(n(v, 'loss'))} of the accuracy, relative; FP32 master weights match FP32. About ${percent(n(v, 'tiny'))} of the weight gradients lie below 2^-24.`,
    'evidence-biglstm': (v: Values) =>
      `bigLSTM: without scaling it diverges after about ${count(n(v, 'steps'), 'en')} iterations; with a loss scale of ${s(v, 'scale')} it matches FP32.`,
    'evidence-t5-overflow': (v: Values) =>
      `T5 in FP16: an output of ${s(v, 'value')} in a feed-forward layer, above ${s(v, 'largest')}, becomes Inf. No loss scale cures that.`,
    'evidence-t5-bf16': () => "T5's team trained all of it with bfloat16 activations.",
    'evidence-opt-scale': (v: Values) =>
      `OPT, ${billions(n(v, 'size'))} parameters in FP16: loss scales that drop to the minimum, clipping 2.5 → 1.5 → 1.0, dozens of restarts.`,
    'evidence-bloom-bf16': (v: Values) =>
      `BigScience: the ${billions(n(v, 'failed'))} model in FP16 did not become stable; BLOOM with ${billions(n(v, 'trained'))} was trained in BF16, without a scaler.`,
    'evidence-bloom-checkpoint': (v: Values) =>
      `BLOOM's checkpoint: ${s(v, 'bytes')} B a parameter (BF16 weights, FP32 master and Adam), ${s(v, 'size')} GiB.`,
    'evidence-kalamkar': () =>
      'BF16 reaches the FP32 results in as many iterations, without changing hyper-parameters.',
    'evidence-zamirai': (v: Values) =>
      `Nearest rounding of BF16 weights cancels small updates; stochastic rounding or Kahan wins back up to ${percent(n(v, 'gain'))} accuracy, absolute.`,
    'evidence-skip': () => 'FP8 saturates; skipping the step, as FP16 does, is called no good choice for FP8.',
    'evidence-deepseek': (v: Values) =>
      `DeepSeek-V3: H800 adds FP8 products with about ${s(v, 'bits')} bits, ${percent(n(v, 'error'))} error at K = ${s(v, 'length')}; promoted to FP32 every ${s(v, 'chunk')}. Loss within ${percent(n(v, 'loss'))} of BF16.`,
    costTask: (v: Values) => `${s(v, 'task')}: ${s(v, 'results')} results, ${s(v, 'reports')} reports`,
    costUsedBy: () => 'used by',
    costCorrected: () => 'Citations that are wrong or not verified',
    costCited: () => 'cited',
    costHolds: () => 'but',
    costInstead: () => 'instead',
    'citation-1904': () => 'not verified',
    'citation-accumulation': () => 'the paper does not treat micro-batches',
    'citation-fig2': () => 'the figure shows Mandarin speech, not ResNet-50',
    'citation-threshold': () => 'nearest-even loses 2^-25 and less; 2^-24 is a value',
    'citation-ssd': () => 'the three shares add up to 103.1 %: name the one you use',
    'citation-a100-fp8': () => 'the A100 has no FP8; 624 is its 2:4-sparse FP16 peak',
    frameworksPolicy: () => 'policy',
    frameworksStart: () => 'start',
    frameworksGrows: () => 'grows at step',
    frameworksShrinks: () => 'overflows to shrink',
    frameworksFactor: () => 'by',
    frameworksFloor: () => 'floor',
    frameworksCeiling: () => 'ceiling',
    frameworksHeld: () => 'held in',
    frameworksName: () => 'framework',
    frameworksOrder: () => 'order after the backward pass',
    frameworksClipper: () => 'who clips',
    'frameworksBy-framework': () => 'itself',
    'frameworksBy-user': () => 'you',
    frameworksEpsilon: () => 'epsilon',
    frameworksClipped: () => 'clipped norm',
    frameworksGrowing: () => 'at growth',
    frameworksDivides: () => 'divides',
    'frameworksDivides-loss': (v: Values): string => (v['user'] === true ? 'you: the loss' : 'the loss'),
    'frameworksDivides-sum': () => 'the sum, by N',
    'frameworksDivides-sum-by-size': () => 'the sum, by tokens',
    frameworksKeeps: () => 'keeps',
    frameworksUnevenMean: () => '3 + 1 → 2',
    frameworksSumError: () => '1024 × 0.001',
    frameworksLargeSum: () => '4 × 2^15',
    frameworksKnob: () => 'set by',
    frameworksMethod: () => 'method',
    frameworksSmaller: () => 'smaller by',
    frameworksCollective: () => 'all-…',
    frameworksRing: () => 'ring, by',
    frameworksFeedback: () => 'feedback',
    frameworksHome: () => 'found in',
    'frameworksTopic-scaling': () => 'loss scaling',
    'frameworksTopic-clipping': () => 'clipping and the order of a step',
    'frameworksTopic-accumulation': () => 'gradient accumulation',
    'frameworksTopic-compression': () => 'gradient compression',
    'param-device': () => 'device',
    'param-model': () => 'model',
    'param-batch': () => 'batch',
    'metric-gain': () => 'gain',
    'metric-gainTf32': () => 'gain over TF32',
    'metric-peakRatio': () => 'FP16:FP32',
    'metric-memorySaved': () => 'memory saved',
    'metric-saved': () => 'saved',
    'metric-totalFp32': () => 'FP32, GiB',
    'metric-totalMixed': () => 'mixed, GiB',
  },
  options: {
    model: 'the network: gpt2, gpt2-medium, gpt2-large, gpt2-xl, bert-base, resnet50, efficientnet-b0, 7b, 175b, mlp',
    params: 'only its number of parameters: 7B, 350M, 1.5e9',
    layers: 'a GPT of your own: how many layers',
    hidden: 'its width; a multiple of its heads',
    heads: 'its attention heads; absent: one for each 64 of the width',
    vocabulary: 'its vocabulary; absent: 50257',
    positions: 'the longest sequence it knows; absent: 1024',
    batch: 'examples in a step',
    sequence: 'tokens of an example; networks for pictures have none',
    optimizer: 'sgd, momentum or adam',
    recipe: 'how training keeps its numbers: fp32, autocast, fp16-master, fp32-grads, bf16 …',
    recompute: 'activations that are computed again: none, selective (attention), full',
    ranks: 'devices that share the model with ZeRO',
    device: 'the accelerator: v100, t4, a100, rtx3090, h100, h200, b200, mi300x, tpuv3, tpuv4, ascend910',
    times: 'the claim to check: FP16 is so many times faster',
    attention: 'plain, or fused: the scores are never written (flash attention)',
    launch: 'seconds that starting a kernel takes; an assumption, not a measurement',
    topic: 'scaling, clipping, accumulation or compression',
    task: 'image, detection, speech, language, large-models, bf16, fp8, time-series or all',
  },
}

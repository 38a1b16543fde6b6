/** The words of the myths about loss scaling, and of the cures. */
import { brief, number, percent, power, scale, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** Wrong, Half true, True: how the sentence on an opened myth begins. */
const verdict = (v: Values): string => ({ wrong: 'Wrong', half: 'Half true', true: 'True here' })[s(v, 'verdict')] ?? ''

const claims = {
  magnitude: 'GradScaler follows the size of the gradients.',
  prevention: 'GradScaler prevents overflow of the gradients.',
  forward: 'Loss scaling also cures forward overflow.',
  doubling: 'Doubling it every clean step finds the best scale.',
  'after-backward': 'Gradients can be scaled after backward() as well.',
  'unscale-fp16': 'Unscaling can be done in FP16.',
  'clip-first': 'Clip before or after unscaling, it is the same.',
  'update-first': 'Update the scale first, then unscale: the same.',
  'fp16-loss': 'A loss can always be scaled safely.',
  zero: 'FP16 turns everything below 2^-24 into 0.',
}

const opening = (v: Values, name: keyof typeof claims): string => `"${claims[name]}" ${verdict(v)}:`

const cures: Readonly<Record<string, string>> = {
  none: 'nothing',
  scaling: 'loss scaling',
  master: 'FP32 master',
  sums: 'FP32 sums',
  autocast: 'autocast',
  bf16: 'BF16',
  stochastic: 'stochastic rounding',
  kahan: 'Kahan',
  clipping: 'clipping',
}

const many = (x: number, one: string, more: string): string => (x === 1 ? `1 ${one}` : `${x} ${more}`)

export const myths = {
  errors: {},
  findings: {
    mythsCounted: (v: Values) =>
      `${s(v, 'statements')} statements about loss scaling, measured: ${s(v, 'wrong')} are wrong, ${s(v, 'halfTrue')} half true. Each name opens with --myth NAME.`,
    'myth-magnitude': (v: Values) =>
      `${opening(v, 'magnitude')} the gradients grew ${brief(n(v, 'growth'))}-fold without overflow, and its scale ${n(v, 'gradScalerMoved') === 1 ? 'stayed at' : 'left'} ${power(n(v, 'scale'))}. It looks for Inf and NaN and counts steps. FP8's delayed scaling and OpenSeq2Seq's LogMax do read the size: × ${number(n(v, 'delayedMoved'))} and × ${number(n(v, 'logmaxMoved'))}.`,
    'myth-prevention': (v: Values) =>
      `${opening(v, 'prevention')} one gradient 8 times as large overflowed. GradScaler saw the Inf afterwards, skipped ${many(n(v, 'skipped'), 'update', 'updates')} and went from ${power(n(v, 'scale'))} to ${power(n(v, 'scaleAfter'))}. What it prevents is underflow.`,
    'myth-forward': (v: Values) =>
      `${opening(v, 'forward')} T5's activation ${shortest(n(v, 'activation'))} is Inf in FP16 before there is a loss. At every scale the loss is Inf: ${s(v, 'taken')} updates in ${s(v, 'steps')} steps, the scale ${n(v, 'taken') === 0 ? 'halved to 0' : 'moved'}.`,
    'myth-doubling': (v: Values) =>
      `${opening(v, 'doubling')} of ${s(v, 'steps')} updates ${percent(n(v, 'naiveSkipped'))} are skipped, since each doubling beyond the best scale costs one. GradScaler, which waits for 2000 clean steps, skips ${percent(n(v, 'pytorchSkipped'))}.`,
    'myth-after-backward': (v: Values) =>
      `${opening(v, 'after-backward')} loss × ${scale(n(v, 'scale'))} before backward() loses ${percent(n(v, 'lostScaledBefore'))} of the gradients; the gradients × ${scale(n(v, 'scale'))} after it, ${percent(n(v, 'lostScaledAfter'))}. What became 0 stays 0.`,
    'myth-unscale-fp16': (v: Values) =>
      `${opening(v, 'unscale-fp16')} divided by ${scale(n(v, 'scale'))} in FP32, ${percent(n(v, 'lostUnscaledFp32'))} of the gradients are 0; in FP16 ${percent(n(v, 'lostUnscaledFp16'))}, and with the scale in FP16 too ${percent(n(v, 'lostByFp16Scale'))}.`,
    'myth-clip-first': (v: Values) =>
      `${opening(v, 'clip-first')} clipped to norm 1 while still × ${scale(n(v, 'scale'))}, a gradient of norm ${number(n(v, 'clipRightNorm'))}, which needs no clipping, arrives with norm ${number(n(v, 'clipFirstNorm'))}. The limit was max_norm / scale = ${number(n(v, 'clipThreshold'))}.`,
    'myth-update-first': (v: Values) =>
      `${opening(v, 'update-first')} ${s(v, 'names')} updates its scale before it unscales. On the step that grows, number ${s(v, 'steps')}, its gradients are divided by the next scale: ${number(n(v, 'earlyUpdateNorm'))} of each arrives.`,
    'myth-fp16-loss': (v: Values) =>
      `${opening(v, 'fp16-loss')} × ${scale(n(v, 'scale'))}, an FP16 loss of ${number(n(v, 'lossLimit'), 5)} or more leaves FP16; ln 10 = ${number(n(v, 'loss'))}, the first loss of 10 classes, becomes ${number(n(v, 'scaledLossFp16'))}. A single number PyTorch promotes to FP32: ${number(n(v, 'scaledLossFp32'), 6)}. A tensor with a dimension stays FP16, and there the scale is itself ${power(n(v, 'scaleInFp16'))}.`,
    'myth-zero': (v: Values) =>
      `${opening(v, 'zero')} rounding to nearest, only what is ${power(n(v, 'becomesZeroUpTo'))} or less becomes 0. Of the gradients below 2^-24, ${percent(n(v, 'belowQuantumLost'))} become 0; the others round up to 2^-24.`,
    mythsFaint: (v: Values) =>
      `One gradient, ${power(n(v, 'x'))}: × ${scale(n(v, 'scale'))} = ${power(n(v, 'scaled'))} in FP16. ÷ ${scale(n(v, 'scale'))}: ${power(n(v, 'fp32'))} in FP32, ${power(n(v, 'fp16'))} in FP16. And the scale itself is ${power(n(v, 'scaleInFp16'))} as an FP16 number.`,
    mythsPromotion: () => "So take the mean of the losses first: one number × GradScaler's FP32 scale is FP32.",
    curesAlone: (v: Values) =>
      `No cure alone heals all ${s(v, 'all')} failures: ${cures[s(v, 'best')]} heals ${s(v, 'most')}, loss scaling ${s(v, 'scaling')}.`,
    'cures-amp': (v: Values) =>
      `FP16 with loss scaling, FP32 master, FP32 sums and autocast: ${s(v, 'healed')} of ${s(v, 'all')}.`,
    'cures-bf16Amp': (v: Values) =>
      `BF16 with FP32 master, FP32 sums and autocast: ${s(v, 'healed')} of ${s(v, 'all')}.`,
    'cures-underflow': () =>
      'Stochastic rounding keeps the mean right, but each small gradient is still 0 or 2^-24, and most of them 0. Clipping only makes gradients smaller (here by half).',
    'cures-overflow': (v: Values) =>
      `Scaling skips ${many(n(v, 'skipped'), 'update', 'updates')}, then steps on at ${power(n(v, 'scale'))}. Clipping comes too late: Inf/Inf = NaN. BF16 takes the outlier: its weight ends at ${number(n(v, 'weight'))}, so clip there.`,
    'cures-forward': () =>
      'The overflow comes before there is a loss, so no loss scale reaches it. Autocast runs squares, exp, softmax and norms in FP32.',
    'cures-matmul': () =>
      "A matmul is on autocast's FP16 list, and an FP32 sum is stored in FP16 in the end. That ended T5 in FP16; scale q by 1/8 first, or use BF16.",
    'cures-swallowed': (v: Values) =>
      `A weight of 1 swallows updates up to ${power(n(v, 'fp16'))} in FP16, in BF16 up to ${power(n(v, 'bf16'))}: BF16 is worse here. (PyTorch's autocast keeps its weights in FP32: the master column.)`,
    'cures-stalled': (v: Values) =>
      `In FP16 the sum stalls at ${number(n(v, 'fp16'))}, in BF16 at ${number(n(v, 'bf16'))}: BF16 is worse here. Scaling moves the sum and its steps alike.`,
  },
  labels: {
    'myths-said': () => 'people say',
    'myths-measured': () => 'measured here',
    'verdict-wrong': () => '✗ wrong',
    'verdict-half': () => '· half',
    'verdict-true': () => '✓ true',
    'myth-magnitude': () => claims.magnitude,
    'myth-magnitude-measured': (v: Values) =>
      `gradients × ${brief(n(v, 'growth'))}: scale × ${number(n(v, 'gradScalerMoved'))} (FP8 delayed: × ${number(n(v, 'delayedMoved'))})`,
    'myth-prevention': () => claims.prevention,
    'myth-prevention-measured': (v: Values) =>
      `Inf came; ${many(n(v, 'skipped'), 'update', 'updates')} skipped, scale × ${number(n(v, 'spikeScaleMoved'))}`,
    'myth-forward': () => claims.forward,
    'myth-forward-measured': (v: Values) =>
      `${s(v, 'taken')} updates, scale ${n(v, 'taken') === 0 ? '0' : 'moved'} after ${s(v, 'steps')} steps`,
    'myth-doubling': () => claims.doubling,
    'myth-doubling-measured': (v: Values) =>
      `skips ${percent(n(v, 'naiveSkipped'))}; GradScaler ${percent(n(v, 'pytorchSkipped'))}`,
    'myth-after-backward': () => claims['after-backward'],
    'myth-after-backward-measured': (v: Values) =>
      `lost: ${percent(n(v, 'lostScaledAfter'))}; scaled before ${percent(n(v, 'lostScaledBefore'))}`,
    'myth-unscale-fp16': () => claims['unscale-fp16'],
    'myth-unscale-fp16-measured': (v: Values) =>
      `lost: ${percent(n(v, 'lostUnscaledFp16'))}; in FP32 ${percent(n(v, 'lostUnscaledFp32'))}`,
    'myth-clip-first': () => claims['clip-first'],
    'myth-clip-first-measured': (v: Values) =>
      `norm ${number(n(v, 'clipFirstNorm'))} before, ${number(n(v, 'clipRightNorm'))} after`,
    'myth-update-first': () => claims['update-first'],
    'myth-update-first-measured': (v: Values) =>
      `${s(v, 'names')}, on a growth step: update × ${number(n(v, 'earlyUpdateNorm'))}`,
    'myths-usual-step': () => 'usual step',
    'myths-growing-step': () => 'growth step',
    'myth-fp16-loss': () => claims['fp16-loss'],
    'myth-fp16-loss-measured': (v: Values) => `Inf in FP16 from ${number(n(v, 'lossLimit'), 5)} on; as one number FP32`,
    'myth-zero': () => claims.zero,
    'myth-zero-measured': (v: Values) =>
      `only ${percent(n(v, 'belowQuantumLost'))} of them: those up to ${power(n(v, 'becomesZeroUpTo'))}`,
    'myths-growing': (v: Values) => `Gradients that grow ${brief(n(v, 'growth'))}-fold, and what three scales do`,
    'myths-steps': () => 'steps',
    'myths-delayed': () => 'FP8 delayed',
    'myths-largest': () => 'largest gradient',
    'myths-first-steps': (v: Values) => `The first ${s(v, 'steps')} steps, gradients of one size`,
    'myths-naive': () => 'doubling',
    'myths-naive-skips': () => 'update skipped by doubling',
    'myths-gradient': () => 'gradient',
    'myths-times': (v: Values) => (n(v, 'times') === 1 ? 'usual' : `× ${s(v, 'times')}`),
    'myths-in-fp16': () => 'in FP16',
    'myths-optimizer': () => 'update',
    'myths-stepped': () => 'made',
    'myths-t5': () => "T5's activation",
    'myths-forward': () => 'in the forward pass',
    'myths-dying-scale': () => 'Every loss is Inf: the loss scale, step by step',
    'myths-lost-by-scale': () => 'Gradients that are 0 at the optimizer, by loss scale',
    'myths-way-before': () => 'done right',
    'myths-way-unscaledInFp16': () => 'unscaled in FP16',
    'myths-way-after': () => 'scaled afterwards',
    'myths-clipped': () => 'Norm that reaches the optimizer, max_norm 1',
    'myths-true-norm': () => 'true norm',
    'myths-clip-after': () => 'unscale, clip',
    'myths-clip-before': () => 'clip, unscale',
    'myths-loss': () => 'FP16 loss',
    'myths-loss-number': () => 'one number, FP32',
    'myths-loss-vector': () => 'FP16 vector',
    'myths-loss-fp16': () => 'product in FP16',
    'myths-of-quantum': () => '× 2^-24',
    'cures-does': () => 'what the cure does',
    'cures-head-scaling': () => 'loss scaling',
    'cures-head-master': () => 'FP32 master',
    'cures-head-sums': () => 'FP32 sums',
    'cures-head-autocast': () => 'autocast',
    'cures-head-bf16': () => 'BF16',
    'cures-head-stochastic': () => 'stoch. rounding',
    'cures-head-kahan': () => 'Kahan',
    'cures-head-clipping': () => 'clip',
    'cure-none': () => cures['none'] ?? '',
    'cure-scaling': () => 'loss scaling',
    'cure-master': () => 'FP32 master',
    'cure-sums': () => 'FP32 sums',
    'cure-autocast': () => 'autocast',
    'cure-bf16': () => 'BF16',
    'cure-stochastic': () => 'stoch. rounding',
    'cure-kahan': () => 'Kahan',
    'cure-clipping': () => 'clip',
    'cure-none-does': () => 'everything in FP16',
    'cure-scaling-does': () => 'loss × scale, gradients ÷ scale in FP32, skip Inf',
    'cure-master-does': () => 'weights kept and updated in FP32',
    'cure-sums-does': () => 'partial sums in FP32, results stored in FP16',
    'cure-autocast-does': () => 'x², exp, sum in FP32; matmul stays FP16',
    'cure-bf16-does': () => 'BF16 for FP16: more range, 8 bits for 11',
    'cure-stochastic-does': () => 'rounds up or down by chance, right on average',
    'cure-kahan-does': () => 'sums and weights carry what was rounded off',
    'cure-clipping-does': () => 'norm of the gradient cut to 1',
    'failure-underflow': () => 'gradient underflow',
    'failure-underflow-title': (v: Values) =>
      `Gradient underflow: recorded gradients that arrive as 0 (✓ below ${percent(n(v, 'limit'))})`,
    'failure-underflow-measure': () => 'lost',
    'failure-overflow': () => 'gradient overflow',
    'failure-overflow-title': () => 'Gradient overflow: weights that are Inf or NaN after one outlier (✓ none)',
    'failure-overflow-measure': () => 'lost',
    'failure-forward': () => 'forward: x², exp',
    'failure-forward-title': () => 'Forward overflow: Inf among x² up to 512² and exp up to exp(16) (✓ none)',
    'failure-forward-measure': () => 'Inf',
    'failure-matmul': () => 'forward: matmul',
    'failure-matmul-title': () => 'Forward overflow: Inf among attention scores q·k up to 131072 (✓ none)',
    'failure-matmul-measure': () => 'Inf',
    'failure-swallowed': () => 'swallowed update',
    'failure-swallowed-title': (v: Values) =>
      `Swallowed update: 1 + 0.0001, 1000 times (✓ less than ${percent(n(v, 'limit'))} off the exact way)`,
    'failure-swallowed-measure': () => 'off by',
    'failure-stalled': () => 'stalled sum',
    'failure-stalled-title': (v: Values) =>
      `Stalled sum: 20000 × 0.0001 (✓ less than ${percent(n(v, 'limit'))} off the exact sum)`,
    'failure-stalled-measure': () => 'off by',
  },
  options: {
    myth: 'opens one statement with its picture: magnitude, clip-first … or all',
    growth: 'by how much the gradients grow, without overflow',
    failure: 'the failure whose numbers are shown: underflow, overflow, forward, matmul, swallowed, stalled',
  },
}

/** The words of loss scalers: what each policy is, what its keys mean, and what a scaler refuses. */
import { scale } from '../numbers.js'

type Values = Readonly<Record<string, unknown>>

const named = (v: Values): string => (v['optimizer'] === undefined ? '' : ` (${v['optimizer']})`)

/** What PyTorch itself says, and what to do. */
const misuses: Readonly<Record<string, (v: Values) => string>> = {
  'already-unscaled': (v) =>
    `RuntimeError: unscale_() has already been called on this optimizer since the last update()${named(v)}. Unscale once, after the last backward pass.`,
  'unscale-after-step': (v) =>
    `RuntimeError: unscale_() is being called after step()${named(v)}. The order is scale, backward, unscale_, clip, step, update.`,
  'already-stepped': (v) =>
    `RuntimeError: step() has already been called since the last update()${named(v)}. Call update() once after all steps.`,
  closure: () => 'RuntimeError: Closure use is not currently supported if GradScaler is enabled.',
  'scale-first': (v) =>
    `AssertionError: Attempted ${v['call']} but _scale is None. Call scaler.scale(loss) earlier in the iteration.`,
  'no-checks-for-optimizer': (v) =>
    `AssertionError: No inf checks were recorded for this optimizer${named(v)}. It owns no gradients: was backward() called for its parameters?`,
  'no-checks': () => 'AssertionError: No inf checks were recorded prior to update. Call step() or unscale_() first.',
  'fp16-gradients': (v) =>
    `ValueError: Attempting to unscale FP16 gradients${named(v)}. Keep the weights in FP32 and let autocast convert them, or use BF16.`,
  'no-param-groups': (v) =>
    `AttributeError: '${v['given'] ?? 'object'}' object has no attribute 'param_groups'. Give the optimizer, not model.parameters().`,
  'empty-state': () =>
    'RuntimeError: The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler.',
}

const key = (meaning: string) => (v: Values) =>
  v['names'] === undefined || v['names'] === '' ? `${meaning}.` : `${meaning}; there called ${v['names']}.`

export const scaler = {
  errors: {
    'scale-at-minimum': (v: Values) =>
      `${v['policy']} gives up: one more overflow at loss scale ${scale(Number(v['scale']))}, with ${scale(Number(v['limit']))} as its minimum. ${v['raises'] === 'FloatingPointError' ? 'fairseq raises FloatingPointError and restores the scale' : 'DeepSpeed raises an Exception: "Current loss scale already at minimum"'}; the training ends here.`,
    'scaler-misuse': (v: Values): string =>
      misuses[String(v['problem'])]?.(v) ?? `GradScaler refuses: ${v['problem']}.`,
    'unknown-policy': (v: Values): string => {
      const allowed = Array.isArray(v['allowed']) ? v['allowed'].join(', ') : ''
      const meant = v['suggestion'] === undefined ? `; known: ${allowed}.` : `; did you mean ${v['suggestion']}?`
      return `unknown loss-scale policy "${v['name']}"${meant}`
    },
  },
  findings: {},
  labels: {
    'scaler-about-none': () => 'no scaling: the loss as it is; what underflows in FP16 is lost.',
    'scaler-about-static': () => 'one scale for ever, chosen by hand; an overflow costs its step and teaches nothing.',
    'scaler-about-pytorch': () =>
      'PyTorch: × 2 after 2000 clean updates, × 0.5 at an overflow; no floor (the scale can reach 0 and stays there), no growth beyond FP32.',
    'scaler-about-pytorch-legacy': () =>
      'PyTorch up to 2021: the same without the guard at the top, so the scale can become Inf and stays there.',
    'scaler-about-apex': () =>
      'NVIDIA apex amp: factor 2 fixed in the code, never above 2^24, no floor unless you set one.',
    'scaler-about-apex-legacy': () =>
      "apex's first scaler and DeepSpeed's ancestor: starts at 2^32, window 1000, never below 1.",
    'scaler-about-apex-hysteresis': () =>
      'apex kernel: only overflows in a row lower the scale, as one clean step refills the hysteresis.',
    'scaler-about-deepspeed-fused': () =>
      'DeepSpeed without ZeRO: reads hysteresis and ignores it; every growth comes after an overflow one step late (1001).',
    'scaler-about-deepspeed-zero': () =>
      'DeepSpeed ZeRO: hysteresis 2, refilled only by growth; one step late like its sibling; ends the run at the minimum.',
    'scaler-about-megatron': () =>
      'Megatron-LM: starts at 2^32; hysteresis 2, refilled only by growth, so once used up every overflow halves; floor 1.',
    'scaler-about-fairseq': () =>
      'fairseq: can tolerate a share of overflows; no ceiling (float64), and below 1e-4 it ends the run.',
    'scaler-about-keras2': () => 'TensorFlow and Keras 2: never below 1, no growth beyond FP32.',
    'scaler-about-keras3': () => 'Keras 3: neither the floor nor the guard of Keras 2: the scale can reach 0 or Inf.',
    'scaler-about-jmp': () => 'JAX jmp: one factor for both directions, floor 1, no growth beyond FP32.',
    'scaler-about-flax': () =>
      'Flax: compares before it counts, so it grows every 2001st clean step; capped at the largest FP32 value, no power of two.',
    'scaler-about-openseq2seq-backoff': () => 'OpenSeq2Seq: starts at its ceiling 2^14 and comes back to it.',
    'scaler-about-openseq2seq-logmax': () =>
      'OpenSeq2Seq LogMax: follows mean and spread of log2 of the largest gradient; an overflow counts as 65536 where 16 was meant.',
    'scaler-about-te-delayed': () =>
      'Transformer Engine (FP8): the next scale is the largest FP8 value / the largest amax remembered; overflows saturate, no step is skipped.',
    'scaler-about-paddle': () =>
      'PaddlePaddle: lowers after decr_every_n_nan_or_inf overflows in a row; no floor, no guard at the top.',
    'scaler-about-mindspore': () => 'MindSpore: as jmp; its users choose scale, factor and window.',
    'scaler-about-naive': () =>
      'course notes: × 2 after every clean step, × 0.5 at an overflow: half of all steps are lost.',
    'scaler-about-adaptive': () =>
      'course notes: as PyTorch, between 1 and 2^24; its counter consecutive_skips counts clean steps.',
    'scaler-key-initScale': key('the loss scale of the first step'),
    'scaler-key-growthFactor': key('the scale grows by this factor'),
    'scaler-key-backoffFactor': key('an overflow multiplies the scale by this'),
    'scaler-key-growthInterval': key('clean steps until the scale grows'),
    'scaler-key-minScale': key('the scale does not fall below this; fairseq ends the run there'),
    'scaler-key-maxScale': key('the scale does not rise above this'),
    'scaler-key-thresholdScale': key('fairseq: a floor above the point where it ends the run'),
    'scaler-key-hysteresis': key('the scale falls only at the n-th overflow; what starts the count again differs'),
    'scaler-key-consecutiveHysteresis': key('DeepSpeed: a clean step refills the hysteresis'),
    'scaler-key-tolerance': key('fairseq: the share of overflows since the last change that leaves the scale alone'),
    'scaler-key-decrEvery': key('PaddlePaddle: this many overflows in a row lower the scale'),
    'scaler-key-history': key('how many amax values are remembered'),
    'scaler-key-margin': key('powers of two kept free above the largest amax'),
    'scaler-key-algo': key('which remembered amax counts: the largest or the latest'),
    'scaler-key-format': key('the FP8 format whose largest value amax is mapped to'),
    scalerPower: () => 'an exponent: 16 means 2^16',
    scalerGivenThere: () => 'the framework asks its user for this value; here the one its documents show',
  },
  options: {},
}

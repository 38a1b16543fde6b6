/** The keys of loss-scale policies: their limits, and the names the frameworks themselves give them. */
import type { ConfigKey } from './policy.js'

interface Limits {
  readonly kind: 'number' | 'boolean' | 'word'
  readonly above?: number
  readonly below?: number
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
  readonly words?: readonly string[]
}

export const keyLimits: Readonly<Record<ConfigKey, Limits>> = {
  initScale: { kind: 'number', above: 0 },
  growthFactor: { kind: 'number', above: 1 },
  backoffFactor: { kind: 'number', above: 0, below: 1 },
  growthInterval: { kind: 'number', integer: true, min: 1 },
  minScale: { kind: 'number', min: 0 },
  maxScale: { kind: 'number', above: 0 },
  thresholdScale: { kind: 'number', min: 0 },
  hysteresis: { kind: 'number', integer: true, min: 1 },
  consecutiveHysteresis: { kind: 'boolean' },
  tolerance: { kind: 'number', min: 0, max: 1 },
  decrEvery: { kind: 'number', integer: true, min: 1 },
  history: { kind: 'number', integer: true, min: 1, max: 1_000_000 },
  margin: { kind: 'number', integer: true, min: -64, max: 64 },
  algo: { kind: 'word', words: ['max', 'most_recent'] },
  format: { kind: 'word', words: ['e4m3fn', 'e5m2'] },
}

/** A framework's own name of a key. */
export interface KeySynonym {
  readonly synonym: string
  readonly key: ConfigKey
  readonly frameworks: readonly string[]
  /** The value is an exponent of two. */
  readonly power?: true
}

export const keySynonyms: readonly KeySynonym[] = [
  { synonym: 'init_scale', key: 'initScale', frameworks: ['PyTorch', 'apex', 'DeepSpeed', 'fairseq'] },
  { synonym: 'initial_scale', key: 'initScale', frameworks: ['Megatron-LM', 'Keras'] },
  { synonym: 'initial_loss_scale', key: 'initScale', frameworks: ['TensorFlow', 'Megatron-LM'] },
  { synonym: 'initial_scale_power', key: 'initScale', frameworks: ['DeepSpeed'], power: true },
  { synonym: 'fp16_init_scale', key: 'initScale', frameworks: ['fairseq'] },
  { synonym: 'init_loss_scale', key: 'initScale', frameworks: ['MindSpore'] },
  { synonym: 'scale_value', key: 'initScale', frameworks: ['MindSpore'] },
  { synonym: 'init_loss_scaling', key: 'initScale', frameworks: ['PaddlePaddle'] },
  { synonym: 'loss_scale', key: 'initScale', frameworks: ['apex', 'DeepSpeed', 'jmp'] },
  { synonym: 'growth_factor', key: 'growthFactor', frameworks: ['PyTorch', 'Megatron-LM', 'Flax'] },
  { synonym: 'scale_factor', key: 'growthFactor', frameworks: ['apex', 'DeepSpeed', 'fairseq', 'MindSpore'] },
  { synonym: 'step_factor', key: 'growthFactor', frameworks: ['OpenSeq2Seq'] },
  { synonym: 'factor', key: 'growthFactor', frameworks: ['jmp'] },
  { synonym: 'multiplier', key: 'growthFactor', frameworks: ['TensorFlow'] },
  { synonym: 'incr_ratio', key: 'growthFactor', frameworks: ['PaddlePaddle'] },
  { synonym: 'backoff_factor', key: 'backoffFactor', frameworks: ['PyTorch', 'Megatron-LM', 'Flax'] },
  { synonym: 'decr_ratio', key: 'backoffFactor', frameworks: ['PaddlePaddle'] },
  { synonym: 'growth_interval', key: 'growthInterval', frameworks: ['PyTorch', 'Megatron-LM', 'Flax'] },
  { synonym: 'scale_window', key: 'growthInterval', frameworks: ['apex', 'DeepSpeed', 'fairseq', 'MindSpore'] },
  { synonym: 'loss_scale_window', key: 'growthInterval', frameworks: ['DeepSpeed', 'Megatron-LM'] },
  { synonym: 'fp16_scale_window', key: 'growthInterval', frameworks: ['fairseq'] },
  { synonym: 'step_window', key: 'growthInterval', frameworks: ['OpenSeq2Seq'] },
  { synonym: 'period', key: 'growthInterval', frameworks: ['jmp'] },
  { synonym: 'increment_period', key: 'growthInterval', frameworks: ['TensorFlow'] },
  { synonym: 'dynamic_growth_steps', key: 'growthInterval', frameworks: ['Keras'] },
  { synonym: 'incr_every_n_steps', key: 'growthInterval', frameworks: ['PaddlePaddle'] },
  { synonym: 'min_loss_scale', key: 'minScale', frameworks: ['apex', 'DeepSpeed', 'Megatron-LM', 'fairseq', 'jmp'] },
  { synonym: 'min_scale', key: 'minScale', frameworks: ['DeepSpeed', 'Megatron-LM'] },
  { synonym: 'minimum_scale', key: 'minScale', frameworks: ['Flax'] },
  { synonym: 'scale_min', key: 'minScale', frameworks: ['OpenSeq2Seq'] },
  { synonym: 'max_loss_scale', key: 'maxScale', frameworks: ['apex'] },
  { synonym: 'max_scale', key: 'maxScale', frameworks: ['course notes'] },
  { synonym: 'scale_max', key: 'maxScale', frameworks: ['OpenSeq2Seq'] },
  { synonym: 'threshold_loss_scale', key: 'thresholdScale', frameworks: ['fairseq'] },
  { synonym: 'threshold', key: 'thresholdScale', frameworks: ['fairseq'] },
  { synonym: 'delayed_shift', key: 'hysteresis', frameworks: ['DeepSpeed'] },
  { synonym: 'consecutive_hysteresis', key: 'consecutiveHysteresis', frameworks: ['DeepSpeed'] },
  { synonym: 'fp16_scale_tolerance', key: 'tolerance', frameworks: ['fairseq'] },
  { synonym: 'decr_every_n_nan_or_inf', key: 'decrEvery', frameworks: ['PaddlePaddle'] },
  { synonym: 'amax_history_len', key: 'history', frameworks: ['Transformer Engine'] },
  { synonym: 'amax_compute_algo', key: 'algo', frameworks: ['Transformer Engine'] },
  { synonym: 'fp8_format', key: 'format', frameworks: ['Transformer Engine'] },
]

/** The frameworks' own names of a key, each with who uses it: `init_scale (PyTorch, apex), …`. */
export const synonymsOf = (key: ConfigKey): string =>
  keySynonyms
    .flatMap(({ synonym, frameworks, ...row }) => (row.key === key ? [`${synonym} (${frameworks.join(', ')})`] : []))
    .join(', ')

/** The order of one iteration under a loss scale, framework by framework: what is checked, unscaled, clipped, updated when. */

export type OrderStep = 'scale' | 'backward' | 'check' | 'unscale' | 'clip' | 'update' | 'skip' | 'step'

export interface FrameworkOrder {
  readonly name: string
  /** The policy the framework scales by. */
  readonly policy: string
  readonly source: string
  /** `skip`: from here on nothing is done to the weights if the check failed; `unscale` and `update` read the scale of that moment. */
  readonly steps: readonly OrderStep[]
  /** Multiplied by the inverse scale, or divided by the scale; in float32. */
  readonly unscales: 'multiplies' | 'divides'
  /** Whether clipping is a step of its own, or a factor that `unscale` applies with the scale in one product. */
  readonly clips: 'apart' | 'fused'
  /** Added to the norm before it divides. */
  readonly epsilon: number
  /** Who clips: the framework, or the user's own line. */
  readonly clipper: 'framework' | 'user'
}

/** Most frameworks: one product with the inverse scale, clipping apart with PyTorch's 1e-6. */
const usual = { unscales: 'multiplies', clips: 'apart', epsilon: 1e-6, clipper: 'user' } as const

export const orders: readonly FrameworkOrder[] = [
  {
    ...usual,
    name: 'PyTorch',
    policy: 'pytorch',
    source: 'pytorch/pytorch:torch/amp/grad_scaler.py',
    steps: ['scale', 'backward', 'check', 'unscale', 'clip', 'skip', 'step', 'update'],
  },
  {
    ...usual,
    name: 'apex amp',
    policy: 'apex',
    source: 'NVIDIA/apex:apex/amp/handle.py (history)',
    steps: ['scale', 'backward', 'check', 'unscale', 'update', 'clip', 'skip', 'step'],
  },
  {
    ...usual,
    name: 'Megatron-LM',
    policy: 'megatron',
    source: 'NVIDIA/Megatron-LM:megatron/core/optimizer/optimizer.py',
    steps: ['scale', 'backward', 'check', 'unscale', 'update', 'skip', 'clip', 'step'],
    clipper: 'framework',
  },
  {
    ...usual,
    name: 'DeepSpeed',
    policy: 'deepspeed-zero',
    source: 'deepspeedai/DeepSpeed:deepspeed/runtime/zero/stage_1_and_2.py',
    steps: ['scale', 'backward', 'check', 'update', 'skip', 'clip', 'unscale', 'step'],
    clips: 'fused',
    clipper: 'framework',
  },
  {
    ...usual,
    name: 'fairseq',
    policy: 'fairseq',
    source: 'facebookresearch/fairseq:fairseq/optim/fp16_optimizer.py',
    steps: ['scale', 'backward', 'clip', 'check', 'skip', 'unscale', 'step', 'update'],
    clips: 'fused',
    epsilon: 0,
    clipper: 'framework',
  },
  {
    ...usual,
    name: 'Keras 2',
    policy: 'keras2',
    source: 'keras-team/keras:keras/mixed_precision/loss_scale_optimizer.py (history)',
    steps: ['scale', 'backward', 'unscale', 'check', 'update', 'skip', 'clip', 'step'],
    unscales: 'divides',
    epsilon: 0,
    clipper: 'framework',
  },
  {
    ...usual,
    name: 'Keras 3',
    policy: 'keras3',
    source: 'keras-team/keras:keras/src/optimizers/loss_scale_optimizer.py',
    steps: ['scale', 'backward', 'check', 'skip', 'unscale', 'clip', 'step', 'update'],
    unscales: 'divides',
    epsilon: 0,
    clipper: 'framework',
  },
  {
    ...usual,
    name: 'jmp',
    policy: 'jmp',
    source: 'google-deepmind/jmp:jmp/_src/loss_scale.py',
    steps: ['scale', 'backward', 'unscale', 'check', 'update', 'clip', 'skip', 'step'],
    epsilon: 0,
  },
  {
    ...usual,
    name: 'Flax',
    policy: 'flax',
    source: 'google/flax:flax/training/dynamic_scale.py',
    steps: ['scale', 'backward', 'unscale', 'check', 'update', 'clip', 'skip', 'step'],
    unscales: 'divides',
    epsilon: 0,
  },
]

/** Whether the scale moves before the gradients are divided by it: then a growing step gets gradients that are too small. */
export const updatesBeforeUnscale = ({ steps }: Pick<FrameworkOrder, 'steps'>): boolean =>
  steps.indexOf('update') < steps.indexOf('unscale')

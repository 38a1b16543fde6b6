/** Which operation runs in which type: the lists of PyTorch and apex, and the policies that cast whole models, as data. */

export type Dtype = 'fp32' | 'fp16' | 'bf16'

/** The operations of the small graph, by one name for all frameworks. */
export const opNames = [
  'linear',
  'conv',
  'relu',
  'sigmoid',
  'add',
  'cat',
  'softmax',
  'layer-norm',
  'pow',
  'exp',
  'sum',
  'cross-entropy',
  'mse',
  'bce',
  'bce-with-logits',
] as const
export type OpName = (typeof opNames)[number]

/** Operations that compare the model's output with a target: outside the model where a policy casts the model as one. */
export const losses: readonly OpName[] = ['cross-entropy', 'mse', 'bce', 'bce-with-logits']

/**
 * What a list does with an operation: run it in the low type, run it in FP32, in the widest type of its inputs, or refuse
 * it. On no list, and unless all inputs have one type: the widest, as arithmetic of mixed types always gives.
 */
export type ListName = 'low' | 'fp32' | 'promote' | 'unlisted' | 'banned'

type Lists = Readonly<Record<OpName, ListName>>

/**
 * PyTorch for CUDA. Cross entropy is log_softmax and nll_loss, both on the FP32 list; add is on none and promotes by
 * itself. Source: pytorch/pytorch:aten/src/ATen/autocast_mode.h, torch.amp's operator reference.
 */
const pytorch: Lists = {
  linear: 'low',
  conv: 'low',
  relu: 'unlisted',
  sigmoid: 'unlisted',
  add: 'unlisted',
  cat: 'promote',
  softmax: 'fp32',
  'layer-norm': 'fp32',
  pow: 'fp32',
  exp: 'fp32',
  sum: 'fp32',
  'cross-entropy': 'fp32',
  mse: 'fp32',
  bce: 'banned',
  'bce-with-logits': 'fp32',
}

/** Source: NVIDIA/apex:apex/amp/lists/functional_overrides.py, torch_overrides.py. */
const apex: Lists = { ...pytorch, add: 'promote' }

/** How a policy works. */
export type AutocastPolicy =
  | {
      readonly kind: 'lists'
      readonly name: string
      readonly low: Dtype
      readonly lists: Lists
      /** A banned operation is refused whatever it is given, or only where its input is not FP32. */
      readonly refuses: 'always' | 'low-inputs'
      readonly source: string
    }
  | {
      readonly kind: 'model'
      readonly name: string
      readonly params: Dtype
      readonly compute: Dtype
      /** What the model's last operation is cast to; what losses run in. */
      readonly output: Dtype
      readonly loss: Dtype
      /** Operations that run in FP32 inside and return the compute type. */
      readonly wideInside: readonly OpName[]
      readonly source: string
    }

const apexSource = 'NVIDIA/apex:apex/amp/frontend.py, _initialize.py'
const kerasSource = 'keras-team/keras:keras/src/dtype_policies, losses/loss.py, layers/normalization'

/** A model cast as one; apex hands its output to the loss as FP32. */
const whole = (name: string, params: Dtype, compute: Dtype, source: string): AutocastPolicy => ({
  kind: 'model',
  name,
  params,
  compute,
  output: 'fp32',
  loss: 'fp32',
  wideInside: [],
  source,
})

const keras = (name: string, compute: Dtype): AutocastPolicy => ({
  kind: 'model',
  name,
  params: 'fp32',
  compute,
  output: compute,
  loss: 'fp32',
  wideInside: ['layer-norm'],
  source: kerasSource,
})

const pytorchSource = 'pytorch/pytorch:aten/src/ATen/autocast_mode.h'

export const autocastPolicies: readonly AutocastPolicy[] = [
  { kind: 'lists', name: 'pytorch', low: 'fp16', lists: pytorch, refuses: 'always', source: pytorchSource },
  { kind: 'lists', name: 'pytorch-bf16', low: 'bf16', lists: pytorch, refuses: 'always', source: pytorchSource },
  whole('apex-O0', 'fp32', 'fp32', apexSource),
  { kind: 'lists', name: 'apex-O1', low: 'fp16', lists: apex, refuses: 'low-inputs', source: apexSource },
  whole('apex-O2', 'fp16', 'fp16', apexSource),
  whole('apex-O3', 'fp16', 'fp16', apexSource),
  keras('mixed_float16', 'fp16'),
  keras('mixed_bfloat16', 'bf16'),
]

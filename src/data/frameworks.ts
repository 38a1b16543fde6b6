/** What frameworks do that is no state machine: who divides accumulated gradients, where compression comes from. */
import type { Status } from './figure.js'

export interface Accumulation {
  readonly framework: string
  /** What the user sets. */
  readonly knob: string
  readonly divider: 'user' | 'framework'
  /** The loss of each micro-batch by their number; the sum by their number; the sum by all tokens or examples. */
  readonly divides: 'loss' | 'sum' | 'sum-by-size'
  /** The format the sum is kept in. */
  readonly keeps: 'fp32' | 'fp16' | 'bf16'
  readonly status: Status
  readonly source: string
}

export const accumulations: readonly Accumulation[] = [
  {
    framework: 'PyTorch',
    knob: 'loss / N',
    divider: 'user',
    divides: 'loss',
    keeps: 'fp32',
    status: 'read',
    source: 'pytorch/pytorch:docs/source/notes/amp_examples.rst',
  },
  {
    framework: 'Accelerate',
    knob: 'gradient_accumulation_steps',
    divider: 'framework',
    divides: 'loss',
    keeps: 'fp32',
    status: 'read',
    source: 'huggingface/accelerate:src/accelerate/accelerator.py',
  },
  {
    framework: 'DeepSpeed',
    knob: 'gradient_accumulation_steps',
    divider: 'framework',
    divides: 'loss',
    keeps: 'fp16',
    status: 'inferred',
    source: 'deepspeedai/DeepSpeed:deepspeed/runtime/engine.py',
  },
  {
    framework: 'Megatron, BF16',
    knob: 'global_batch_size',
    divider: 'framework',
    divides: 'loss',
    keeps: 'fp32',
    status: 'inferred',
    source: 'NVIDIA/Megatron-LM:megatron/training/arguments.py',
  },
  {
    framework: 'Keras 3',
    knob: 'gradient_accumulation_steps',
    divider: 'framework',
    divides: 'sum',
    keeps: 'fp32',
    status: 'read',
    source: 'keras-team/keras:keras/src/optimizers/base_optimizer.py',
  },
  {
    framework: 'fairseq',
    knob: 'update_freq',
    divider: 'framework',
    divides: 'sum-by-size',
    keeps: 'fp16',
    status: 'inferred',
    source: 'facebookresearch/fairseq:fairseq/trainer.py',
  },
]

/** Where a method of compression can be had, or was read. */
export interface CompressionHome {
  /** As `fpsim compression` takes it. */
  readonly method: string
  readonly home: string
  readonly source: string
}

const hooks = 'pytorch/pytorch:torch/distributed/algorithms/ddp_comm_hooks'

export const compressionHomes: readonly CompressionHome[] = [
  { method: 'none', home: '', source: 'fpsim' },
  { method: 'fp16', home: 'PyTorch DDP', source: `${hooks}/default_hooks.py` },
  { method: 'bf16', home: 'PyTorch DDP', source: `${hooks}/default_hooks.py` },
  { method: 'powersgd', home: 'PyTorch DDP', source: `${hooks}/powerSGD_hook.py` },
  { method: 'efsign', home: 'epfml', source: 'epfml/error-feedback-SGD' },
  { method: 'dgc', home: 'DGC', source: 'synxlin/deep-gradient-compression' },
  { method: 'topk', home: 'GRACE', source: 'sands-lab/grace' },
  { method: 'qsgd', home: 'GRACE', source: 'sands-lab/grace' },
  { method: 'terngrad', home: 'TernGrad, GRACE', source: 'wenwei202/terngrad; sands-lab/grace' },
  { method: 'sign', home: 'GRACE', source: 'sands-lab/grace' },
]

/** The recipes by name: what each sets otherwise than FP32 does. */
import type { Recipe } from './recipe.js'

type Row = Partial<Recipe> & Pick<Recipe, 'name'>

const half = { param: 'fp16', compute: 'fp16', grad: 'fp16', comm: 'fp16' } as const
const brain = { param: 'bf16', compute: 'bf16', grad: 'bf16', comm: 'bf16' } as const

/** O2 and the paper's own: FP16 everywhere but for the master weights, the states and the loss. */
const withMaster = { ...half, autocast: 'model', weights: 'master' } as const

/** FP32 masters and sums; BF16 between the products. */
const blocks = { compute: 'bf16', autocast: 'lists' } as const

export const recipes: readonly Row[] = [
  { name: 'fp32' },
  // Operands of products are read with 11 bits; what is kept stays FP32.
  { name: 'tf32', compute: 'tf32', autocast: 'lists' },
  // model.half(), and an optimizer whose every operation is rounded to FP16.
  { name: 'pure-fp16', ...half, state: 'fp16' },
  { name: 'fp16-master', ...withMaster },
  // Micikevicius et al. 2018: master weights and a scale chosen once. The paper used 8 to 32768.
  { name: 'fp16-static', ...withMaster, scaler: 'static', scaling: { initScale: 1024 } },
  // torch.amp, apex O1.
  { name: 'fp16-amp', compute: 'fp16', autocast: 'lists', scaler: 'pytorch' },
  // torch.amp without its GradScaler.
  { name: 'fp16-unscaled', compute: 'fp16', autocast: 'lists' },
  { name: 'fp16-o2', ...withMaster, scaler: 'apex' },
  { name: 'bf16', ...brain, state: 'bf16' },
  { name: 'bf16-amp', compute: 'bf16', autocast: 'lists' },
  // torchao: the sum in FP32, then one stochastic rounding.
  { name: 'bf16-sr', ...brain, state: 'bf16', weights: 'stochastic' },
  // optimi, torchdistx.
  { name: 'bf16-kahan', ...brain, state: 'bf16', weights: 'kahan' },
  // Transformer Engine: e4m3fn forward, e5m2 backward, BF16 between, delayed scaling.
  { name: 'fp8-hybrid', compute: 'bf16', autocast: 'lists', forward: 'e4m3fn', backward: 'e5m2' },
  // Its Format.E4M3: one format for all operands, as the tensor cores of `fp8-e4m3/h100` are modelled.
  { name: 'fp8-e4m3', compute: 'bf16', autocast: 'lists', forward: 'e4m3fn', backward: 'e4m3fn' },
  // Transformer Engine's MXFP8: e4m3fn both ways, a power of two for every 32 values.
  { name: 'mxfp8', ...blocks, forward: 'mxfp8-e4m3fn:rceil', backward: 'mxfp8-e4m3fn:rceil' },
  // Its NVFP4 without what is optional there: blocks of 16 in one dimension for weights too, no Hadamard transform.
  { name: 'nvfp4', ...blocks, forward: 'nvfp4', backward: 'nvfp4:stochastic' },
]

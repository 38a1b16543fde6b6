/** 损失缩放器的用词：各策略是什么、各个键的含义、缩放器拒绝什么。 */
import type { scaler as english } from '../en/scaler.js'
import { scale } from '../numbers.js'

type Values = Readonly<Record<string, unknown>>

const named = (v: Values): string => (v['optimizer'] === undefined ? '' : `（${v['optimizer']}）`)

/** PyTorch 自己的报错，以及该怎么办。 */
const misuses: Readonly<Record<string, (v: Values) => string>> = {
  'already-unscaled': (v) =>
    `RuntimeError: unscale_() has already been called on this optimizer since the last update()${named(v)}。反缩放只做一次，放在最后一次反向传播之后。`,
  'unscale-after-step': (v) =>
    `RuntimeError: unscale_() is being called after step()${named(v)}。顺序应为 scale、backward、unscale_、clip、step、update。`,
  'already-stepped': (v) =>
    `RuntimeError: step() has already been called since the last update()${named(v)}。所有 step 之后调用一次 update()。`,
  closure: () =>
    'RuntimeError: Closure use is not currently supported if GradScaler is enabled。启用 GradScaler 时不支持 closure。',
  'scale-first': (v) =>
    `AssertionError: Attempted ${v['call']} but _scale is None。请先在本次迭代中调用 scaler.scale(loss)。`,
  'no-checks-for-optimizer': (v) =>
    `AssertionError: No inf checks were recorded for this optimizer${named(v)}。它没有任何梯度：它的参数做过 backward() 吗？`,
  'no-checks': () => 'AssertionError: No inf checks were recorded prior to update。请先调用 step() 或 unscale_()。',
  'fp16-gradients': (v) =>
    `ValueError: Attempting to unscale FP16 gradients${named(v)}。权重应保持 FP32，由 autocast 转换；或改用 BF16。`,
  'no-param-groups': (v) =>
    `AttributeError: '${v['given'] ?? 'object'}' object has no attribute 'param_groups'。应传入优化器，而不是 model.parameters()。`,
  'empty-state': () => 'RuntimeError: The source state dict is empty。它可能来自未启用的 GradScaler。',
}

const key = (meaning: string) => (v: Values) =>
  v['names'] === undefined || v['names'] === '' ? `${meaning}。` : `${meaning}；框架中的名字：${v['names']}。`

export const scaler: typeof english = {
  errors: {
    'scale-at-minimum': (v: Values) =>
      `${v['policy']} 放弃训练：损失缩放系数为 ${scale(Number(v['scale']))} 时再次上溢，而下限是 ${scale(Number(v['limit']))}。${v['raises'] === 'FloatingPointError' ? 'fairseq 抛出 FloatingPointError 并恢复原来的系数' : 'DeepSpeed 抛出 Exception：“Current loss scale already at minimum”'}，训练到此为止。`,
    'scaler-misuse': (v: Values): string => misuses[String(v['problem'])]?.(v) ?? `GradScaler 拒绝：${v['problem']}。`,
    'unknown-policy': (v: Values): string => {
      const allowed = Array.isArray(v['allowed']) ? v['allowed'].join('、') : ''
      const meant = v['suggestion'] === undefined ? `；可用的有：${allowed}。` : `；是否想用 ${v['suggestion']}？`
      return `没有名为 "${v['name']}" 的损失缩放策略${meant}`
    },
  },
  findings: {},
  labels: {
    'scaler-about-none': () => '不缩放：损失保持原样；在 FP16 中下溢的梯度变成 0。',
    'scaler-about-static': () => '人工选定的一个系数，始终不变；上溢只是跳过这一步更新，系数不因此改变。',
    'scaler-about-pytorch': () =>
      'PyTorch：2000 次干净的 update 后 × 2，上溢时 × 0.5；没有下限（系数可降到 0，此后一直是 0），不会增长到超出 FP32。',
    'scaler-about-pytorch-legacy': () => '2021 年及以前的 PyTorch：上端没有保护，系数可变成 Inf，此后一直是 Inf。',
    'scaler-about-apex': () => 'NVIDIA apex amp：因子 2 写死在代码中，不超过 2^24，默认没有下限。',
    'scaler-about-apex-legacy': () => 'apex 最早的缩放器，DeepSpeed 由它而来：从 2^32 开始，窗口 1000，不低于 1。',
    'scaler-about-apex-hysteresis': () => 'apex 内核：只有连续的上溢才降低系数，因为一个干净步就把迟滞补满。',
    'scaler-about-deepspeed-fused': () =>
      '不用 ZeRO 的 DeepSpeed：读入 hysteresis 却不使用；起步和每次上溢之后，增长都晚一步（第 1001 步）。',
    'scaler-about-deepspeed-zero': () =>
      'DeepSpeed ZeRO：迟滞为 2，只在增长时补满；增长同样晚一步；到下限再上溢就终止训练。',
    'scaler-about-megatron': () =>
      'Megatron-LM：从 2^32 开始；迟滞为 2，只在增长时补满，用完后每次上溢都减半；下限为 1。',
    'scaler-about-fairseq': () => 'fairseq：可容忍一定比例的上溢；没有上限（float64），低于 1e-4 就终止训练。',
    'scaler-about-keras2': () => 'TensorFlow 和 Keras 2：不低于 1，不会增长到超出 FP32。',
    'scaler-about-keras3': () => 'Keras 3：没有 Keras 2 的下限和上端保护：系数可变成 0 或 Inf。',
    'scaler-about-jmp': () => 'JAX jmp：升降用同一个因子，下限为 1，不会增长到超出 FP32。',
    'scaler-about-flax': () =>
      'Flax：先比较后计数，所以每 2001 个干净步才增长一次；上限是 FP32 的最大值，它不是 2 的幂。',
    'scaler-about-openseq2seq-backoff': () => 'OpenSeq2Seq：从上限 2^14 开始，降低后再回到上限。',
    'scaler-about-openseq2seq-logmax': () =>
      'OpenSeq2Seq LogMax：跟随最大梯度的 log2 的均值和离散程度；上溢按 65536 计入，而本意是 16。',
    'scaler-about-te-delayed': () =>
      'Transformer Engine（FP8）：下一步的系数 = FP8 最大值 / 记住的最大 amax；上溢时饱和，不跳过更新。',
    'scaler-about-paddle': () => 'PaddlePaddle：连续上溢 decr_every_n_nan_or_inf 次才降低；没有下限，上端没有保护。',
    'scaler-about-mindspore': () => 'MindSpore：规则同 jmp；系数、因子和窗口由用户给定。',
    'scaler-about-naive': () => '课程讲义：每个干净步 × 2，上溢时 × 0.5：一半的更新被跳过。',
    'scaler-about-adaptive': () =>
      '课程讲义：与 PyTorch 相同，但限制在 1 与 2^24 之间；名为 consecutive_skips 的计数器数的其实是干净步。',
    'scaler-key-initScale': key('第一步的损失缩放系数'),
    'scaler-key-growthFactor': key('增长因子：系数增长的倍数'),
    'scaler-key-backoffFactor': key('回退因子：上溢时系数乘以它'),
    'scaler-key-growthInterval': key('增长间隔：多少个干净步后系数增长'),
    'scaler-key-minScale': key('系数的下限；fairseq 降到此处则终止训练'),
    'scaler-key-maxScale': key('系数的上限'),
    'scaler-key-thresholdScale': key('fairseq：高于终止点的下限'),
    'scaler-key-hysteresis': key('迟滞：第 n 次上溢才降低系数；何时重新计数，各框架不同'),
    'scaler-key-consecutiveHysteresis': key('DeepSpeed：一个干净步就把迟滞补满'),
    'scaler-key-tolerance': key('fairseq：自上次变化以来，可容忍的上溢比例'),
    'scaler-key-decrEvery': key('PaddlePaddle：连续上溢这么多次才降低系数'),
    'scaler-key-history': key('记住多少个 amax'),
    'scaler-key-margin': key('在最大的 amax 之上留出几个 2 的幂'),
    'scaler-key-algo': key('采用记住的哪个 amax：最大的或最近的'),
    'scaler-key-format': key('amax 所对应的 FP8 格式'),
    scalerPower: () => '这是指数：16 表示 2^16',
    scalerGivenThere: () => '框架要求用户给出该值；这里用其文档中的值',
  },
  options: {},
}

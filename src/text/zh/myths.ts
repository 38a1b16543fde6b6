/** The words of the myths about loss scaling, and of the cures. In Chinese. */
import type { myths as english } from '../en/myths.js'
import { brief, number, percent, power, scale, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const verdict = (v: Values): string => ({ wrong: '错', half: '半对', true: '此处成立' })[s(v, 'verdict')] ?? ''

const claims = {
  magnitude: 'GradScaler 会跟着梯度的大小调整。',
  prevention: 'GradScaler 能防止梯度上溢。',
  forward: '损失缩放也能治前向传播中的上溢。',
  doubling: '每个正常步之后都加倍，就能找到最好的系数。',
  'after-backward': '反向传播之后再放大梯度，效果一样。',
  'unscale-fp16': '反缩放可以在 FP16 中做。',
  'clip-first': '在反缩放之前还是之后裁剪，都一样。',
  'update-first': '先更新系数再反缩放，结果一样。',
  'fp16-loss': '损失总能安全地放大。',
  zero: 'FP16 把小于 2^-24 的值都变成 0。',
}

const opening = (v: Values, name: keyof typeof claims): string => `“${claims[name]}”——${verdict(v)}：`

const cures: Readonly<Record<string, string>> = {
  none: '不处理',
  scaling: '损失缩放',
  master: 'FP32 主权重',
  sums: 'FP32 累加',
  autocast: 'autocast',
  bf16: 'BF16',
  stochastic: '随机舍入',
  kahan: 'Kahan',
  clipping: '裁剪',
}

export const myths: typeof english = {
  errors: {},
  findings: {
    mythsCounted: (v: Values) =>
      `关于损失缩放的 ${s(v, 'statements')} 种说法，逐一实测：${s(v, 'wrong')} 种是错的，${s(v, 'halfTrue')} 种只对一半。用 --myth 名称 展开。`,
    'myth-magnitude': (v: Values) =>
      `${opening(v, 'magnitude')}梯度增大到 ${brief(n(v, 'growth'))} 倍而没有上溢，它的系数${n(v, 'gradScalerMoved') === 1 ? '一直是' : '离开了'} ${power(n(v, 'scale'))}。它只看 Inf 与 NaN，并数步数。真正读取大小的是 FP8 的延迟缩放与 OpenSeq2Seq 的 LogMax：× ${number(n(v, 'delayedMoved'))} 与 × ${number(n(v, 'logmaxMoved'))}。`,
    'myth-prevention': (v: Values) =>
      `${opening(v, 'prevention')}一个 8 倍大的梯度照样上溢。GradScaler 事后看到 Inf，跳过 ${s(v, 'skipped')} 次更新，系数从 ${power(n(v, 'scale'))} 降到 ${power(n(v, 'scaleAfter'))}。它防止的是下溢。`,
    'myth-forward': (v: Values) =>
      `${opening(v, 'forward')}T5 的激活值 ${shortest(n(v, 'activation'))} 在 FP16 中是 Inf，那时还没有损失。系数取多少，损失都是 Inf：${s(v, 'steps')} 步中更新 ${s(v, 'taken')} 次，系数${n(v, 'taken') === 0 ? '减半直到 0' : '有变化'}。`,
    'myth-doubling': (v: Values) =>
      `${opening(v, 'doubling')}${s(v, 'steps')} 步中 ${percent(n(v, 'naiveSkipped'))} 跳过更新：每次加倍越过最好的系数，就损失一步。GradScaler 等满 2000 个正常步，跳过 ${percent(n(v, 'pytorchSkipped'))}。`,
    'myth-after-backward': (v: Values) =>
      `${opening(v, 'after-backward')}反向传播之前把损失 × ${scale(n(v, 'scale'))}，丢失 ${percent(n(v, 'lostScaledBefore'))} 的梯度；之后把梯度 × ${scale(n(v, 'scale'))}，丢失 ${percent(n(v, 'lostScaledAfter'))}。已经变成 0 的还是 0。`,
    'myth-unscale-fp16': (v: Values) =>
      `${opening(v, 'unscale-fp16')}在 FP32 中除以 ${scale(n(v, 'scale'))}，${percent(n(v, 'lostUnscaledFp32'))} 的梯度为 0；在 FP16 中除为 ${percent(n(v, 'lostUnscaledFp16'))}；若系数也存成 FP16，则 ${percent(n(v, 'lostByFp16Scale'))}。`,
    'myth-clip-first': (v: Values) =>
      `${opening(v, 'clip-first')}还带着 × ${scale(n(v, 'scale'))} 就裁剪到范数 1，一个范数 ${number(n(v, 'clipRightNorm'))}、本不必裁剪的梯度到优化器时范数只有 ${number(n(v, 'clipFirstNorm'))}。实际的阈值成了 max_norm / 系数 = ${number(n(v, 'clipThreshold'))}。`,
    'myth-update-first': (v: Values) =>
      `${opening(v, 'update-first')}${s(v, 'names')} 先更新系数，后反缩放。系数增长的那一步（第 ${s(v, 'steps')} 步），梯度除以的已是下一步的系数：只剩原来的 ${number(n(v, 'earlyUpdateNorm'))} 倍。`,
    'myth-fp16-loss': (v: Values) =>
      `${opening(v, 'fp16-loss')}× ${scale(n(v, 'scale'))} 时，不小于 ${number(n(v, 'lossLimit'), 5)} 的 FP16 损失超出 FP16 的范围；10 类的初始损失 ln 10 = ${number(n(v, 'loss'))} 成为 ${number(n(v, 'scaledLossFp16'))}。若是单个数，PyTorch 把它提升为 FP32，得 ${number(n(v, 'scaledLossFp32'), 6)}；带维度的张量仍是 FP16，在那里系数本身就是 ${power(n(v, 'scaleInFp16'))}。`,
    'myth-zero': (v: Values) =>
      `${opening(v, 'zero')}就近舍入时，不超过 ${power(n(v, 'becomesZeroUpTo'))} 的才是 0。小于 2^-24 的梯度中有 ${percent(n(v, 'belowQuantumLost'))} 变成 0；其余舍入为 2^-24。`,
    mythsFaint: (v: Values) =>
      `跟踪一个梯度 ${power(n(v, 'x'))}：× ${scale(n(v, 'scale'))} 在 FP16 中为 ${power(n(v, 'scaled'))}。÷ ${scale(n(v, 'scale'))}：在 FP32 中为 ${power(n(v, 'fp32'))}，在 FP16 中为 ${power(n(v, 'fp16'))}。而系数本身存成 FP16 是 ${power(n(v, 'scaleInFp16'))}。`,
    mythsPromotion: () => '所以先对损失求平均：单个数 × GradScaler 的 FP32 系数，得 FP32。',
    curesAlone: (v: Values) =>
      `没有一种办法能单独治好 ${s(v, 'all')} 种失效：${cures[s(v, 'best')]} 治好 ${s(v, 'most')} 种，损失缩放 ${s(v, 'scaling')} 种。`,
    'cures-amp': (v: Values) =>
      `FP16 加上损失缩放、FP32 主权重、FP32 累加与 autocast：治好 ${s(v, 'all')} 种中的 ${s(v, 'healed')} 种。`,
    'cures-bf16Amp': (v: Values) =>
      `BF16 加上 FP32 主权重、FP32 累加与 autocast：治好 ${s(v, 'all')} 种中的 ${s(v, 'healed')} 种。`,
    'cures-underflow': () =>
      '随机舍入使均值正确，但每个小梯度仍是 0 或 2^-24，而且多半是 0。裁剪只会使梯度更小（这里减半）。',
    'cures-overflow': (v: Values) =>
      `缩放器跳过 ${s(v, 'skipped')} 次更新，然后以 ${power(n(v, 'scale'))} 继续。裁剪来得太迟：Inf/Inf = NaN。BF16 容得下离群值，但那个权重到了 ${number(n(v, 'weight'))}：那里要裁剪。`,
    'cures-forward': () =>
      '上溢发生时还没有损失，损失缩放够不着它。autocast 让平方、exp、softmax 与各种范数在 FP32 中运行。',
    'cures-matmul': () =>
      '矩阵乘在 autocast 的 FP16 名单上，而 FP32 的和最终存成 FP16。T5 用 FP16 失败正因如此；先把 q 乘以 1/8，或用 BF16。',
    'cures-swallowed': (v: Values) =>
      `权重为 1 时，FP16 吞掉不超过 ${power(n(v, 'fp16'))} 的更新，BF16 吞掉不超过 ${power(n(v, 'bf16'))} 的：在这里 BF16 更糟。（PyTorch 的 autocast 本就以 FP32 保存权重，即主权重一列。）`,
    'cures-stalled': (v: Values) =>
      `FP16 中的和停在 ${number(n(v, 'fp16'))}，BF16 中停在 ${number(n(v, 'bf16'))}：在这里 BF16 更糟。缩放使和与步长一同变大，无济于事。`,
  },
  labels: {
    'myths-said': () => '常见的说法',
    'myths-measured': () => '实测',
    'verdict-wrong': () => '✗ 错',
    'verdict-half': () => '· 半对',
    'verdict-true': () => '✓ 对',
    'myth-magnitude': () => claims.magnitude,
    'myth-magnitude-measured': (v: Values) =>
      `梯度 × ${brief(n(v, 'growth'))}：系数 × ${number(n(v, 'gradScalerMoved'))}（FP8 延迟缩放 × ${number(n(v, 'delayedMoved'))}）`,
    'myth-prevention': () => claims.prevention,
    'myth-prevention-measured': (v: Values) =>
      `出现了 Inf；跳过 ${s(v, 'skipped')} 次更新，系数 × ${number(n(v, 'spikeScaleMoved'))}`,
    'myth-forward': () => claims.forward,
    'myth-forward-measured': (v: Values) =>
      `更新 ${s(v, 'taken')} 次，${s(v, 'steps')} 步后系数${n(v, 'taken') === 0 ? '为 0' : '有变化'}`,
    'myth-doubling': () => claims.doubling,
    'myth-doubling-measured': (v: Values) =>
      `跳过 ${percent(n(v, 'naiveSkipped'))}；GradScaler ${percent(n(v, 'pytorchSkipped'))}`,
    'myth-after-backward': () => claims['after-backward'],
    'myth-after-backward-measured': (v: Values) =>
      `丢失 ${percent(n(v, 'lostScaledAfter'))}；之前放大 ${percent(n(v, 'lostScaledBefore'))}`,
    'myth-unscale-fp16': () => claims['unscale-fp16'],
    'myth-unscale-fp16-measured': (v: Values) =>
      `丢失 ${percent(n(v, 'lostUnscaledFp16'))}；在 FP32 中 ${percent(n(v, 'lostUnscaledFp32'))}`,
    'myth-clip-first': () => claims['clip-first'],
    'myth-clip-first-measured': (v: Values) =>
      `之前：范数 ${number(n(v, 'clipFirstNorm'))}；之后：${number(n(v, 'clipRightNorm'))}`,
    'myth-update-first': () => claims['update-first'],
    'myth-update-first-measured': (v: Values) =>
      `${s(v, 'names')} 在增长的那一步：更新 × ${number(n(v, 'earlyUpdateNorm'))}`,
    'myths-usual-step': () => '平常的步',
    'myths-growing-step': () => '增长的步',
    'myth-fp16-loss': () => claims['fp16-loss'],
    'myth-fp16-loss-measured': (v: Values) => `在 FP16 中从 ${number(n(v, 'lossLimit'), 5)} 起成为 Inf；单个数是 FP32`,
    'myth-zero': () => claims.zero,
    'myth-zero-measured': (v: Values) =>
      `其中 ${percent(n(v, 'belowQuantumLost'))}：不超过 ${power(n(v, 'becomesZeroUpTo'))} 的才是 0`,
    'myths-growing': (v: Values) => `梯度增大到 ${brief(n(v, 'growth'))} 倍，三种系数各怎么变`,
    'myths-steps': () => '步数',
    'myths-delayed': () => 'FP8 延迟缩放',
    'myths-largest': () => '最大梯度',
    'myths-first-steps': (v: Values) => `前 ${s(v, 'steps')} 步，梯度大小不变`,
    'myths-naive': () => '每步加倍',
    'myths-naive-skips': () => '加倍者跳过更新',
    'myths-gradient': () => '梯度',
    'myths-times': (v: Values) => (n(v, 'times') === 1 ? '平常' : `× ${s(v, 'times')}`),
    'myths-in-fp16': () => '在 FP16 中',
    'myths-optimizer': () => '更新',
    'myths-stepped': () => '执行',
    'myths-t5': () => 'T5 的激活值',
    'myths-forward': () => '前向传播中',
    'myths-dying-scale': () => '每个损失都是 Inf：损失缩放系数逐步变化',
    'myths-lost-by-scale': () => '到优化器时已为 0 的梯度，随损失缩放系数变化',
    'myths-way-before': () => '正确做法',
    'myths-way-unscaledInFp16': () => '在 FP16 中反缩放',
    'myths-way-after': () => '事后放大',
    'myths-clipped': () => '到达优化器的范数，max_norm 为 1',
    'myths-true-norm': () => '真实范数',
    'myths-clip-after': () => '先反缩放再裁剪',
    'myths-clip-before': () => '先裁剪再反缩放',
    'myths-loss': () => 'FP16 损失',
    'myths-loss-number': () => '单个数，FP32',
    'myths-loss-vector': () => 'FP16 向量',
    'myths-loss-fp16': () => '乘积存成 FP16',
    'myths-of-quantum': () => '× 2^-24',
    'cures-does': () => '办法做了什么',
    'cures-head-scaling': () => '损失缩放',
    'cures-head-master': () => '主权重',
    'cures-head-sums': () => '累加器',
    'cures-head-autocast': () => 'autocast',
    'cures-head-bf16': () => 'BF16',
    'cures-head-stochastic': () => '随机舍入',
    'cures-head-kahan': () => 'Kahan',
    'cures-head-clipping': () => '裁剪',
    'cure-none': () => cures['none'] ?? '',
    'cure-scaling': () => '损失缩放',
    'cure-master': () => 'FP32 主权重',
    'cure-sums': () => 'FP32 累加',
    'cure-autocast': () => 'autocast',
    'cure-bf16': () => 'BF16',
    'cure-stochastic': () => '随机舍入',
    'cure-kahan': () => 'Kahan',
    'cure-clipping': () => '裁剪',
    'cure-none-does': () => '全部用 FP16',
    'cure-scaling-does': () => '损失乘以系数，梯度在 FP32 中除回，遇 Inf 跳过',
    'cure-master-does': () => '权重在 FP32 中保存与更新',
    'cure-sums-does': () => '部分和用 FP32，结果存成 FP16',
    'cure-autocast-does': () => 'x²、exp、求和用 FP32；矩阵乘仍用 FP16',
    'cure-bf16-does': () => '以 BF16 代替 FP16：范围更大，11 位变 8 位',
    'cure-stochastic-does': () => '按概率向上或向下舍入，平均正确',
    'cure-kahan-does': () => '求和与权重记住被舍去的部分',
    'cure-clipping-does': () => '把梯度的范数限制到 1',
    'failure-underflow': () => '梯度下溢',
    'failure-underflow-title': (v: Values) =>
      `梯度下溢：到达优化器时已为 0 的梯度（低于 ${percent(n(v, 'limit'))} 为 ✓）`,
    'failure-underflow-measure': () => '丢失',
    'failure-overflow': () => '梯度上溢',
    'failure-overflow-title': () => '梯度上溢：一个离群值之后变成 Inf 或 NaN 的权重（没有为 ✓）',
    'failure-overflow-measure': () => '丢失',
    'failure-forward': () => '前向：x²、exp',
    'failure-forward-title': () => '前向上溢：x² 到 512²、exp 到 exp(16) 之中的 Inf（没有为 ✓）',
    'failure-forward-measure': () => 'Inf',
    'failure-matmul': () => '前向：矩阵乘',
    'failure-matmul-title': () => '前向上溢：大到 131072 的注意力分数 q·k 之中的 Inf（没有为 ✓）',
    'failure-matmul-measure': () => 'Inf',
    'failure-swallowed': () => '更新丢失',
    'failure-swallowed-title': (v: Values) =>
      `更新丢失：1 + 0.0001，共 1000 次（与精确路程相差低于 ${percent(n(v, 'limit'))} 为 ✓）`,
    'failure-swallowed-measure': () => '相差',
    'failure-stalled': () => '求和停滞',
    'failure-stalled-title': (v: Values) =>
      `求和停滞：20000 × 0.0001（与精确的和相差低于 ${percent(n(v, 'limit'))} 为 ✓）`,
    'failure-stalled-measure': () => '相差',
  },
  options: {
    myth: '打开其中一种说法，附图：magnitude、clip-first……或 all',
    growth: '梯度增大到多少倍（不上溢）',
    failure: '显示哪一种失效的数值：underflow、overflow、forward、matmul、swallowed、stalled',
  },
}

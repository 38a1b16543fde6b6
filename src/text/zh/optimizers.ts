/** The words of optimizers whose states are kept in a format. In Chinese. */
import type { optimizers as english } from '../en/optimizers.js'
import { count, number, percent, power, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const from = (x: number): string => (Number.isNaN(x) ? '不会全部丢失' : `从 |w| = ${power(x)} 起丢失`)

export const optimizers: typeof english = {
  errors: {},
  findings: {
    tuneLost: (v: Values) =>
      `AdamW 的更新（每次约 ${number(n(v, 'lr') * n(v, 'move'), 2)}）在 bf16 中丢失 ${percent(n(v, 'bf16'))}，在 fp16 中丢失 ${percent(n(v, 'fp16'))}。`,
    tuneWays: (v: Values) =>
      `直接用 bf16 走了 fp32 路程的 ${percent(n(v, 'bf16'))}，bf16 加 FP32 主权重为 ${percent(n(v, 'master'))}。`,
    tuneWild: (v: Values) =>
      `Adam 的状态用 ${s(v, 'states')} 保存时，${Number.isFinite(n(v, 'move')) ? `每次更新约 ${number(n(v, 'lr') * n(v, 'move'), 2)}，是学习率的 ${number(n(v, 'move'), 2)} 倍` : '更新变成 Inf 或 NaN'}${n(v, 'emptied') > 0 ? `：二阶矩 v 有 ${percent(n(v, 'emptied'))} 为 0（g² 下溢归零），m 只除以 ε = ${number(n(v, 'epsilon'))}` : ''}。`,
    tuneWildWays: (v: Values) =>
      `无论权重怎样保存，这都不是微调：直接用 bf16 走了 fp32 路程的 ${percent(n(v, 'bf16'))} 也没有意义，因为 fp32 走的就是错路。`,
    tuneFrom: (v: Values) =>
      `lr = ${number(n(v, 'lr'))} 大小的更新：bf16 ${from(n(v, 'bf16'))}，fp16 ${from(n(v, 'fp16'))}。`,
    epsGone: (v: Values) =>
      `ε = ${number(n(v, 'epsilon'))} 在 ${s(v, 'format')} 中变成 0：梯度为 0 时得到 0 / (√0 + 0) = NaN。`,
    epsStays: (v: Values) =>
      `ε = ${number(n(v, 'epsilon'))} 在 ${s(v, 'format')} 中为 ${number(n(v, 'kept'))}，偏${n(v, 'error') < 0 ? '小' : '大'} ${percent(Math.abs(n(v, 'error')))}。`,
    epsFirst: (v: Values) =>
      n(v, 'broken') > 0
        ? `${s(v, 'format')} 中 Adam 的第一步使这些权重的 ${percent(n(v, 'broken'))} 变成 NaN 或 Inf。`
        : `${s(v, 'format')} 中 Adam 的第一步没有产生 NaN 或 Inf；最大更新为 ${number(n(v, 'largest'))} × lr。`,
    epsSquare: (v: Values) =>
      `在 ${s(v, 'format')} 中，g 小于 ${number(n(v, 'square'), 5)} 时 g² 为 0，${Number.isNaN(n(v, 'variance')) ? '而 (1 − β2)·g² 总是 0' : `小于 ${number(n(v, 'variance'), 4)} 时 (1 − β2)·g² 为 0`}。`,
    epsRaise: (v: Values) =>
      `更大的 ε 消除了 NaN，却没有消除问题：v 仍为 0，更新为 g/ε，ε = ${number(n(v, 'epsilon'))} 时可达 ${number(n(v, 'times'))} × lr。办法是用 FP32 保存 Adam 的状态和权重。`,
    epsBeta2: (v: Values) => `β2 = ${n(v, 'beta2')} 在 ${s(v, 'format')} 中变成 1：v 什么也不忘，只增不减。`,
    decayIsOne: (v: Values) =>
      `1 − ${number(n(v, 'decay'))} 在 ${s(v, 'format')} 中等于 1（每步衰减不超过 ${power(n(v, 'limit'))} 时都是如此）：权重不衰减。`,
    decayIsFactor: (v: Values) =>
      `1 − ${number(n(v, 'decay'))} 在 ${s(v, 'format')} 中为 ${shortest(n(v, 'factor'))}；每步衰减不超过 ${power(n(v, 'limit'))} 时会丢失。`,
    decayAfter: (v: Values) =>
      `${count(n(v, 'updates'), 'zh')} 步后，${s(v, 'format')} 中 |w| 剩余 ${percent(n(v, 'left'))}${s(v, 'format') === 'fp32' ? '' : `，fp32 中为 ${percent(n(v, 'fp32'))}`}。`,
    decayNothingLeft: (v: Values) => `这些权重在 ${s(v, 'format')} 中全是 0 或 NaN。`,
    tuneRemembers: (v: Values) => `有主权重时也有 ${percent(n(v, 'still'))} 的更新没有立刻显现，但主权重记住了它们。`,
    tuneNoMove: (v: Values) => `学习率为 ${number(n(v, 'lr'))}，权重不动。`,
  },
  labels: {
    decaySubject: (v: Values) =>
      `${count(n(v, 'count'), 'zh')} 个权重，lr ${number(n(v, 'lr'))}，权重衰减 ${number(n(v, 'weightDecay'))}`,
    decayChart: (v: Values) => `|w| 的均值（占起始值的比例），每步衰减 ${number(n(v, 'decay'))}`,
    decaySteps: () => '步',
    decayWay: () => '衰减的方式',
    decayUnchanged: () => '不变',
    decayLeftAfter: (v: Values) => `${count(n(v, 'updates'), 'zh')} 步后剩余`,
    decayBytes: () => '每个权重字节数',
    'decay-fp32': () => 'fp32 × (1 − lr·wd)',
    'decay-factor': (v: Values) => `${s(v, 'format')} × (1 − lr·wd)`,
    'decay-fp32Factor': (v: Values) => `${s(v, 'format')} × fp32 系数`,
    'decay-subtract': (v: Values) => `${s(v, 'format')} − lr·wd·w`,
    'decay-kahan': (v: Values) => `${s(v, 'format')} Kahan，乘系数（同 optimi）`,
    'decay-kahanSum': (v: Values) => `${s(v, 'format')} Kahan，− lr·wd·w`,
    'decay-stochastic': (v: Values) => `${s(v, 'format')} 随机舍入`,
    'decay-master': (v: Values) => `${s(v, 'format')} 加 fp32 主权重`,
    'decayLine-fp32': () => 'fp32',
    'decayLine-factor': (v: Values) => s(v, 'format'),
    'decayLine-kahan': () => 'Kahan，乘系数',
    'decayLine-kahanSum': () => 'Kahan，− lr·wd·w',
    'decayLine-stochastic': () => '随机舍入',
    epsSubject: (v: Values) => `${count(n(v, 'count'), 'zh')} 个梯度，${s(v, 'source')}，${s(v, 'format')}`,
    epsChart: (v: Values) => `${s(v, 'format')} 中 Adam 的第一步（按梯度大小）；应为 1 × lr`,
    epsGradient: () => '梯度',
    epsOf: (v: Values) => `${s(v, 'format')}，ε ${number(n(v, 'epsilon'))}`,
    epsNumber: (v: Values) => number(n(v, 'value')),
    epsTimes: (v: Values) => `${number(n(v, 'times'))} × lr`,
    epsBecomes: () => '变成',
    epsOff: () => '误差',
    epsZero: () => 'g = 0 时的更新',
    epsBroken: () => 'NaN 或 Inf',
    epsLargest: () => '最大更新',
    tuneSubject: (v: Values) =>
      `${count(n(v, 'count'), 'zh')} 个权重${Number.isNaN(n(v, 'std')) ? '' : `，标准差 ${number(n(v, 'std'))}`}，lr ${number(n(v, 'lr'))}`,
    tuneChart: () => '没有改变权重的更新所占比例（按权重大小）',
    tuneSize: () => '权重',
    tuneWeightsThere: () => '权重分布',
    tuneKept: () => '权重的保存方式',
    tuneStill: () => '更新后不变',
    tuneNever: () => '从未动过',
    tuneWay: () => '占 fp32 路程',
    tuneBytes: () => '每个权重字节数',
  },
  options: {
    lr: '学习率',
    scatter: '梯度逐步的随机起伏，以其典型大小为单位；0 表示每步相同',
    beta1: 'Adam 的 β1：梯度均值的保留比例',
    beta2: 'Adam 的 β2：梯度平方均值的保留比例',
    epsilon: 'Adam 的 ε，防止除以 0',
    weightDecay: '权重衰减；AdamW 把权重乘以 1 − lr × 权重衰减',
    states: 'Adam 两个状态的保存格式',
  },
}

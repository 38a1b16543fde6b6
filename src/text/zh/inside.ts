/** The words of what happens inside the network: autocast, forward overflow, FP8. In Chinese. */

import type { inside as english } from '../en/inside.js'
import { brief, count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** The places of a forward pass, with the numbers they are tried with. */
const places: Readonly<Record<string, (v: Values) => string>> = {
  exp: (v) => `e^${s(v, 'x')}`,
  'exp-small': (v) => `e^${s(v, 'x')}`,
  square: (v) => `${s(v, 'x')}²`,
  softmax: (v) => `softmax [${s(v, 'logits')}]`,
  'log-softmax': (v) => `log softmax [${s(v, 'logits')}]`,
  'layer-norm': (v) => `${s(v, 'count')} 个 ±${s(v, 'x')} 的方差`,
  attention: (v) => `q·k/8，${s(v, 'count')} × ${s(v, 'x')}²`,
  t5: (v) => `T5 的输出 ${number(n(v, 'x'), 7)}`,
}
const place = (name: string, v: Values): string => places[name]?.(v) ?? name

export const inside: typeof english = {
  errors: {},
  findings: {
    'autocast-fp16-lost': (v: Values) => {
      const why =
        v['tooLarge'] === true && n(v, 'peak') > n(v, 'limit')
          ? `中间结果达到 ${number(n(v, 'peak'))}，超过 ${n(v, 'limit')}`
          : '对 FP16 来说太小的值变成 0'
      return `全部用 FP16 时，${s(v, 'op')} 丢失 ${s(v, 'values')} 个值中的 ${s(v, 'lost')} 个：${why}。最后得到 ${number(n(v, 'fp16'))}，应为 ${number(n(v, 'exact'))}${Number.isFinite(n(v, 'fp16')) ? '：结果有限，无人察觉' : ''}。`
    },
    'autocast-fp16-fine': (v: Values) =>
      `全部用 FP16 时，这里没有值变成 0、Inf 或 NaN。最后得到 ${number(n(v, 'fp16'))}，精确值为 ${number(n(v, 'exact'))}。`,
    'autocast-policy': (v: Values) =>
      `${s(v, 'name')} 让 ${s(v, 'operations')} 个运算中的 ${s(v, 'wide')} 个用 FP32：${n(v, 'lost') === 0 ? '没有值丢失' : `仍有 ${count(n(v, 'lost'), 'zh')} 个值丢失`}，最后得到 ${number(n(v, 'policy'))}。`,
    'autocast-refused': (v: Values) =>
      `${s(v, 'policy')} 在第 ${s(v, 'number')} 个运算处报错：binary_cross_entropy 与 BCELoss 不能安全地用于 autocast。被 FP16 舍入成 0 或 1 的概率没有可用的对数。${s(v, 'before') === 'sigmoid' ? '去掉 sigmoid，' : ''}改用 BCEWithLogitsLoss：--graph 'linear bce-with-logits'`,
    'autocast-lists': (v: Values) =>
      `降低：转成 ${s(v, 'low')}；fp32：转成 fp32；最宽：由最宽的输入决定；随输入：保持原样。精确：float64，绝对值的最大值；丢失：变成 0、Inf 或 NaN。矩阵乘一律用 FP32 累加。`,
    'autocast-model': (v: Values) =>
      `整个模型：权重 ${s(v, 'weights')}，计算 ${s(v, 'compute')}，输出 ${s(v, 'output')}；损失用 ${s(v, 'loss')}。精确：float64，绝对值的最大值；丢失：变成 0、Inf 或 NaN。`,
    'forward-loss-scaling': (v: Values) =>
      `损失缩放治好 ${s(v, 'all')} 处中的 ${s(v, 'healed')} 处：它在前向计算之后才起作用。前向得到 Inf 时，每一步都跳过更新：系数从 ${scale(n(v, 'start'))} 起，${s(v, 'steps')} 步后变成 0。`,
    'forward-cures': (v: Values) =>
      `用 FP32 有 ${s(v, 'fp32')} 处正确（共 ${s(v, 'all')} 处）；autocast 会管其中 ${s(v, 'autocast')} 处，矩阵乘仍用 FP16。用 BF16 有 ${s(v, 'bf16')} 处：它有范围，却没有长求和所需的位数。`,
    'forward-none': (v: Values) => `这 ${s(v, 'cases')} 处在 ${s(v, 'format')} 中都不是 Inf、NaN 或 0。`,
    'forward-legend': () => '✓ 误差在 1 % 以内；~ 有限，但不对；✗ Inf、NaN 或 0。看数值：--case attention',
    'fp8-delayed': (v: Values) => {
      const cut = n(v, 'cut') > 0 ? `把它截断（${count(n(v, 'cut'), 'zh')} 个值），` : '能容纳它，但'
      return `第 ${s(v, 'step')} 步有一个值是最大值的 ${brief(n(v, 'times'))} 倍。延迟缩放${cut}之后 ${s(v, 'aftermath')} 步还要付出代价${Number.isNaN(n(v, 'after')) ? '' : `：${percent(n(v, 'after'))} 变成 0`}${Number.isNaN(n(v, 'before')) ? '' : `，此前为 ${percent(n(v, 'before'))}`}。`
    },
    'fp8-current': (v: Values) =>
      `当前缩放只在当步付出一次代价：该步有 ${percent(n(v, 'at'))} 变成 0${Number.isNaN(n(v, 'after')) ? '' : `，之后为 ${percent(n(v, 'after'))}`}；${n(v, 'cutSteps') === 0 ? '没有值被截断' : `有 ${s(v, 'cutSteps')} 步截断了值`}。但它要把张量读两遍。`,
    'fp8-calm': (v: Values) => `没有离群值时，延迟缩放使 ${percent(n(v, 'lost'))} 变成 0。`,
    'fp8-drift': (v: Values) =>
      n(v, 'cut') === 0
        ? `margin 为 ${s(v, 'margin')} 时，张量虽在变大，${s(v, 'steps')} 步中没有一步截断值。`
        : `${s(v, 'steps')} 步中有 ${s(v, 'cut')} 步截断了比以前更大的值。试试 --margin ${n(v, 'margin') + 1}。`,
    'saturation-blind': (v: Values) =>
      n(v, 'cut') > 0
        ? `昇腾的饱和模式：${n(v, 'skipped') === 0 ? '没有一步跳过更新' : `跳过更新 ${s(v, 'skipped')} 步`}，系数从 ${scale(n(v, 'start'))} 涨到 ${power(n(v, 'scale'))}。从第 ${s(v, 'first')} 步起梯度被截断；最后每个值至多 ${number(n(v, 'limit'))}，范数只剩 ${percent(n(v, 'norm'))}。`
        : `昇腾的饱和模式：这 ${s(v, 'steps')} 步内没有值被截断；系数最后为 ${power(n(v, 'scale'))}。`,
    'saturation-seen': (v: Values) =>
      `Inf/NaN 模式跳过更新 ${s(v, 'skipped')} 步，系数最后为 ${power(n(v, 'scale'))}。饱和的硬件要读取上溢标志：跳过更新 ${s(v, 'flagSkipped')} 步，系数为 ${power(n(v, 'flagScale'))}。`,
    'saturation-nan-zero': (v: Values) => `第 ${s(v, 'step')} 步的 NaN 变成 0 并照常更新：没有人知道这个样本有问题。`,
  },
  labels: {
    'autocast-subject': (v: Values) => `${s(v, 'policy')}，${s(v, 'operations')} 个运算，${s(v, 'width')} 个值`,
    'metric-wideOperations': () => '用 fp32',
    'metric-casts': () => '转换',
    'metric-lostUnderPolicy': () => '丢失',
    'metric-errorUnderPolicy': () => '结果的误差',
    'autocast-op': () => '运算',
    'autocast-list': () => '名单',
    'autocast-types': () => '计算 > 返回',
    'autocast-exact': () => '精确',
    'autocast-allFp16': () => '全 fp16',
    'autocast-lost': () => '丢失',
    'autocast-low': () => '降低',
    'autocast-fp32': () => 'fp32',
    'autocast-promote': () => '最宽',
    'autocast-unlisted': () => '随输入',
    'autocast-banned': () => '禁用',
    'autocast-compute': () => '模型',
    'autocast-wide-inside': () => '内部较宽',
    'autocast-loss': () => '损失',
    'autocast-error': () => '拒绝',
    'autocast-under': () => '策略',
    'forward-of': () => '对 x 求',
    'forward-last': () => '最后的 x',
    'forward-next': () => '下一个 x',
    'forward-result': () => '得到',
    'forward-edge-exp': () => 'e^x',
    'forward-edge-square': () => 'x²',
    'forward-edge-activation': (v: Values) => `${s(v, 'count')} 个 ±x 的方差`,
    'forward-edge-component': (v: Values) => `q·k/8，${s(v, 'head')} × x²`,
    'forward-edge-small': () => 'e^-x',
    'forward-place': () => '要算的',
    'forward-head-fp32': () => 'fp32 运算',
    'forward-head-bf16': () => 'bf16',
    'forward-head-scaleFirst': () => '先缩小',
    'forward-head-subtractMax': () => '减最大值',
    'forward-head-clamp': () => '截断',
    'forward-head-lossScaling': () => '损失缩放',
    'forward-case-exp': (v: Values) => place('exp', v),
    'forward-case-exp-small': (v: Values) => place('exp-small', v),
    'forward-case-square': (v: Values) => place('square', v),
    'forward-case-softmax': (v: Values) => place('softmax', v),
    'forward-case-log-softmax': (v: Values) => place('log-softmax', v),
    'forward-case-layer-norm': (v: Values) => place('layer-norm', v),
    'forward-case-attention': (v: Values) => place('attention', v),
    'forward-case-t5': (v: Values) => place('t5', v),
    'forward-opened': (v: Values) => `${place(s(v, 'case'), v)}：应为 ${number(n(v, 'wanted'), 7)}`,
    'forward-cure': () => '办法',
    'forward-off': () => '偏差',
    'forward-does': () => '做了什么',
    'forward-cure-none': (v: Values) => `无，${s(v, 'format')}`,
    'forward-cure-fp32': () => '该运算用 fp32',
    'forward-cure-bf16': () => 'bf16',
    'forward-cure-scaleFirst': () => '先缩小',
    'forward-cure-subtractMax': () => '减去最大值',
    'forward-cure-clamp': () => '截断',
    'forward-cure-lossScaling': () => '损失缩放',
    'forward-does-none': () => '每一步都舍入',
    'forward-does-matmul': () => 'autocast 不管：这是矩阵乘',
    'forward-does-fp32': () => 'autocast 的做法',
    'forward-does-bf16': () => 'FP32 的范围，8 位有效数字',
    'forward-does-scaleFirst': () => '先把操作数除小',
    'forward-does-subtractMax': () => 'e^(x − max)，log-sum-exp',
    'forward-does-clamp': (v: Values) => `Inf 改为 ${brief(n(v, 'clamp'))}`,
    'forward-does-lossScaling': () => '太迟：只乘在损失上',
    'fp8-subject': (v: Values) => `${count(n(v, 'count'), 'zh')} 个值，${s(v, 'steps')} 步，历史 ${s(v, 'history')}`,
    'fp8-chart': () => 'E4M3 激活值的缩放系数',
    'fp8-step': () => '步',
    'fp8-outlier': () => '离群值',
    'fp8-line-delayed': () => '延迟',
    'fp8-line-current': () => '当前',
    'fp8-way-delayed': () => '延迟',
    'fp8-way-current': () => '当前',
    'fp8-way-none': () => '无',
    'fp8-tensor': () => '张量',
    'fp8-role-activations': (v: Values) => `${s(v, 'format')} 激活值`,
    'fp8-role-gradients': (v: Values) => `${s(v, 'format')} 梯度`,
    'fp8-way': () => '缩放',
    'fp8-cutSteps': () => '截断步数',
    'fp8-lostBefore': () => '此前变 0',
    'fp8-lostAll': () => '第 1 步后变 0',
    'fp8-lostAt': () => '离群步',
    'fp8-lostAfter': (v: Values) => `后 ${s(v, 'history')} 步`,
    'fp8-lostLater': () => '更后',
    'saturation-subject': (v: Values) => `${s(v, 'format')}，${s(v, 'steps')} 步，增长间隔 ${s(v, 'interval')}`,
    'saturation-step': () => '步',
    'saturation-scale': () => '损失缩放系数',
    'saturation-line-inf': () => 'Inf/NaN',
    'saturation-line-saturate': () => '饱和',
    'saturation-line-ascend': () => '昇腾',
    'saturation-line-flag': () => '标志',
    'saturation-mode': () => '上溢',
    'saturation-looksAt': () => '检查',
    'saturation-skipped': () => '跳过更新',
    'saturation-last': () => '最后系数',
    'saturation-cut': () => '截断',
    'saturation-norm': () => '剩余范数',
    'saturation-nan': (v: Values) => `${s(v, 'step')} 步 NaN`,
    'saturation-mode-inf': () => 'Inf 或 NaN',
    'saturation-mode-saturate': () => '最大值',
    'saturation-mode-ascend': () => '最大值，NaN 变成 0',
    'saturation-mode-flag': () => '最大值，NaN 变成 0',
    'saturation-values': () => 'Inf、NaN',
    'saturation-flag': () => '上溢标志',
    'saturation-applied': () => '当作 0 更新',
    'saturation-skips': () => '跳过',
  },
  options: {
    'autocast.policy':
      'pytorch、pytorch-bf16、apex-O0 … apex-O3、mixed_float16、mixed_bfloat16，或 jmp 的 p=f32,c=f16,o=f32',
    graph: "按顺序的运算：'linear softmax bce'；add 与 cat 还取前一个运算的输入",
    amplitude: '输入值的最大绝对值',
    'forward-overflow.format': '前向计算的格式：fp16、bf16、fp32',
    case: '看某一处的数值：exp、exp-small、square、softmax、log-softmax、layer-norm、attention、t5',
    'fp8-scaling.format': 'hybrid（前向 E4M3，反向 E5M2）或 e4m3fn',
    'fp8-scaling.steps': '运行的步数',
    'fp8-scaling.count': '每个张量的元素个数',
    'fp8-scaling.std': 'ln |x| 的标准差：一个张量中大小相差多远',
    'fp8-scaling.drift': '最后一步的张量大小与第一步之比',
    outlier: '离群值是最大值的几倍；1：没有离群值',
    outlierStep: '离群值出现在第几步',
    history: '延迟缩放记住多少个 amax',
    margin: '在预期最大值之上留出几个 2 的幂',
    algo: '取哪个记住的 amax：max 或 most_recent',
    'saturation.format': '梯度的格式：fp16、bf16、e5m2、e4m3fn',
    'saturation.steps': '运行的步数',
    'saturation.magnitude': '梯度的标准差',
    nanStep: '哪一步出现 NaN；0：没有',
  },
}

/** The words of gradient clipping. In Chinese. */
import type { clipping as english } from '../en/clipping.js'
import { count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** A factor next to 1 by what is missing. */
const times = (x: number): string => (x < 1 && x > 0.999 ? `(1 - ${number(1 - x)})` : number(x))

const degrees = (x: number): string => (x < 0.005 ? '0°' : `${number(x)}°`)

const how: Readonly<Record<string, string>> = {
  norm: '按范数裁剪',
  value: '按值裁剪',
  'per-tensor': '逐张量裁剪',
}

export const clipping: typeof english = {
  errors: {},
  findings: {
    clipWay: (v) => {
      const head = `${how[s(v, 'name')]}到 ${power(n(v, 'threshold'))}：范数 ${number(n(v, 'before'))} → ${number(n(v, 'norm'))}`
      const what =
        v['name'] === 'norm' ? `每个梯度 × ${times(n(v, 'factor'))}` : `改变了 ${percent(n(v, 'cut'))} 的元素`
      const angle = n(v, 'angle')
      const turn = Number.isNaN(angle) ? '什么也不剩' : angle < 0.01 ? '方向不变' : `方向转过 ${degrees(angle)}`
      return `${head}，${what}，${turn}。`
    },
    clipIdle: (v) =>
      `${how[s(v, 'name')]}到 ${power(n(v, 'threshold'))}：没有需要裁剪的梯度（范数 ${number(n(v, 'before'))}）。`,
    clipBefore: (v) =>
      `在 unscale_ 之前裁剪：阈值成了 ${power(n(v, 'max'))}/${scale(n(v, 'scale'))}，范数 → ${number(n(v, 'norm'))}，${percent(n(v, 'lost'))} 的更新丢失。`,
    clipBeforeIdle: (v) =>
      `在 unscale_ 之前裁剪：阈值成了 ${power(n(v, 'max'))}/${scale(n(v, 'scale'))}，但仍高于范数 ${number(n(v, 'norm'))}：没有裁剪。`,
    clipValueHides: (v) => {
      const [infinite, nan] = [n(v, 'infinite'), n(v, 'nan')]
      if (infinite > 0)
        return `按值裁剪不用系数：${infinite} 个 Inf 变成 ±${power(n(v, 'max'))}，之后的检查看不到这次上溢${nan > 0 ? '（NaN 仍是 NaN）' : ''}。应先检查，再裁剪，并跳过更新。`
      return nan > 0
        ? `按值裁剪后 ${nan} 个 NaN 仍是 NaN。应先检查，再裁剪，并跳过更新。`
        : '范数在 fp32 中上溢，但按值裁剪不需要范数：所有元素都有限。'
    },
    clipNormFault: (v) =>
      `阈值 ${power(n(v, 'max'))} 使平常一步的更新丢失 ${percent(n(v, 'lost'))}，换别的阈值也没有用：问题在于用 ${s(v, 'format')} 求范数。用 fp32 求范数则丢失 ${percent(n(v, 'lostWide'))}。`,
    clipSymbols: (v) => `S 为损失缩放系数；n 为反缩放后梯度的范数，${s(v, 'names')} 中则为仍放大 S 倍的梯度的范数。`,
    clipFrom: (v) =>
      `并非某一步的原样：取自 ${s(v, 'source')} 的 ${s(v, 'steps')} 步全部梯度，排序后每 ${s(v, 'steps')} 个取一个。`,
    clipTooSmall: (v) =>
      `阈值 ${power(n(v, 'max'))} 裁剪了 ${s(v, 'steps')} 步（范数由随机抽取）中的 ${percent(n(v, 'clipped'))}，平常一步的更新丢失 ${percent(n(v, 'lost'))}（不裁剪时 ${percent(n(v, 'lostPlain'))}）。应取范数的百分位数：阈值 ${number(n(v, 'threshold'))} 只裁剪 ${percent(n(v, 'clippedThen'))}，丢失 ${percent(n(v, 'lostThen'))}。`,
    clipNormFormat: (v) =>
      `在 ${s(v, 'format')} 中求和的范数为 ${number(n(v, 'here'))}，在 fp32 中为 ${number(n(v, 'norm'))}${n(v, 'here') === Number.POSITIVE_INFINITY ? '：系数变成 0，所有梯度也变成 0' : ''}。`,
    clipNotFinite: (v) =>
      `范数为 ${number(n(v, 'norm'))}：任何系数都无法挽回（${s(v, 'framework')}）。应先检查，再裁剪，并跳过更新。`,
    clipNothing: () => '范数为 0：没有可裁剪的梯度。',
    clipAtExactly: (v) =>
      `范数恰为 ${power(n(v, 'max'))} 时无需裁剪；PyTorch 公式中的 1e-6 仍使它缩小 ${number(n(v, 'shrink'))}。`,
    clipGrows: (v) =>
      n(v, 'zeroedAt') >= 0
        ? `循环网络，每步 × ${number(n(v, 'radius'))}：从第 ${s(v, 'zeroedAt')} 步起范数的平方在 fp32 中上溢，裁剪使梯度全部变成 0。`
        : v['overflows'] === true
          ? `循环网络，每步 × ${number(n(v, 'radius'))}：裁剪有效，直到第 ${s(v, 'at')} 步 ${s(v, 'format')} 上溢。`
          : `循环网络，每步 × ${number(n(v, 'radius'))}：${s(v, 'length')} 步后为 ${number(n(v, 'last'))}；裁剪把它限制在 ${power(n(v, 'max'))}。`,
    clipShrinks: (v) =>
      v['vanishes'] === true
        ? `循环网络，每步 × ${number(n(v, 'radius'))}：从第 ${s(v, 'at')} 步起只剩舍入噪声，裁剪不会放大任何梯度。`
        : `循环网络，每步 × ${number(n(v, 'radius'))}：${s(v, 'length')} 步后为 ${number(n(v, 'last'))}，裁剪不会放大任何梯度。`,
    clipChainSteady: (v) => `循环网络：半径为 1 时，梯度回传 ${s(v, 'length')} 步后大小不变。`,
  },
  labels: {
    clipSubject: (v) =>
      `${count(n(v, 'count'), 'zh')} 个梯度，${s(v, 'source')}${v['recorded'] === true ? ' 一步的量' : ''}${n(v, 'spike') === 1 ? '' : ` × ${number(n(v, 'spike'))}`}`,
    clipMethod: () => '裁剪方式',
    clipThreshold: () => '阈值',
    clipNormAfter: () => '裁剪后范数',
    clipAngle: () => '转角',
    clipDegrees: (v) => degrees(n(v, 'angle')),
    clipCut: () => '改变的元素',
    clipLost: () => '更新丢失：w - lr·g = w',
    'clipName-norm': () => '按范数',
    'clipName-value': () => '按值',
    'clipName-per-tensor': () => '逐张量',
    'clipName-before': () => 'unscale_ 之前',
    'clipName-percentile': () => '范数百分位数',
    clipChainTitle: (v) => `梯度在循环网络中回传时的范数，${s(v, 'format')}`,
    clipStepsBack: () => '回传步数',
    clipRadius: (v) => `半径 ${number(n(v, 'radius'))}`,
    clipRadiusClipped: () => '裁剪后',
    clipFramework: () => '框架',
    clipSkipped: () => '跳过更新',
    clipFactor: () => '系数；n 范数，c 阈值',
    clipAtThreshold: () => '1 - 系数，n = c',
    'metric-gradients': () => '梯度数',
    'metric-norm': () => '范数',
    'metric-normInFormat': () => '求得的范数',
    'metric-normAfter': () => '裁剪后范数',
    'metric-angle': () => '转过的角度',
    'metric-cut': () => '改变的元素',
    'metric-lostUnclipped': () => '不裁剪时更新丢失',
    'metric-normByValue': () => '按值裁剪后范数',
    'metric-angleByValue': () => '按值裁剪的角度',
    'metric-cutByValue': () => '按值改变的元素',
    'metric-anglePerTensor': () => '逐张量裁剪的角度',
    'metric-effectiveThreshold': () => '反缩放前的阈值',
    'metric-normBefore': () => '反缩放前裁剪后的范数',
    'metric-lostBefore': () => '反缩放前裁剪的更新丢失',
    'metric-stepsClipped': () => '被裁剪的步',
    'metric-lostUsual': () => '平常一步的更新丢失',
    'metric-lostUsualClipped': () => '平常一步裁剪后更新丢失',
    'metric-percentileThreshold': () => '百分位数',
    'metric-stepsClippedPercentile': () => '超过它的步',
    'metric-lostPercentile': () => '以它为阈值的更新丢失',
    'metric-shrinkAtThreshold': () => '恰为阈值时 1 - 系数',
    'metric-chainNorm': () => '循环网络，精确值',
    'metric-chainInFormat': () => '循环网络，该格式',
    'metric-chainClipped': () => '循环网络，裁剪后',
    'metric-overflowAt': () => '上溢的步',
    'metric-lostAt': () => '成为噪声的步',
    'param-method': () => '裁剪方式',
    'param-max': () => '最大范数',
    'param-framework': () => '框架',
    'param-order': () => '顺序',
    'param-normFormat': () => '求范数的格式',
    'param-spike': () => '尖峰',
    'param-lr': () => '学习率',
    'param-percentile': () => '百分位',
    'param-radius': () => '半径',
    'param-length': () => '回传步数',
  },
  options: {
    method: '裁剪方式：norm（全部张量一起按范数）、value（逐元素按值）、per-tensor（逐张量）',
    max: '阈值：最大范数；按值裁剪时为最大的元素',
    framework: '用哪个框架的公式：pytorch、keras、megatron、deepspeed、fairseq，或 all 并列比较',
    'clipping.order': '在 unscale_ 之后（after）还是之前（before）裁剪',
    'clipping.scale': '在 unscale_ 之前裁剪的那一行所用的损失缩放系数',
    'clipping.spike': '这一步的梯度比平常大多少倍',
    normFormat: '求范数所用的格式：在 fp16 中，256 的元素就使它变成 Inf',
    'clipping.format': '权重和循环网络所用的格式：fp16、bf16 …',
    'clipping.weight': '被更新的权重的大小',
    percentile: '用来比较的阈值：400 个范数的第几百分位数，0 … 100',
    radius: '循环网络的谱半径：大于 1 梯度爆炸，小于 1 梯度消失',
    length: '梯度在循环网络中回传多少步',
  },
}

/** The words of the lessons on loss scaling. In Chinese. */
import type { scaling as english } from '../en/scaling.js'
import { count, number, percent, power } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const many = (x: number): string => `${count(x, 'zh')} 个`.replace(/([万亿]) /, '$1')

const of = (v: Values): string => {
  if (!(n(v, 'significands') > 0)) return '位数全保留的值中'
  return n(v, 'drawn') === 1
    ? `抽取的 ${s(v, 'significands')} 个 ${s(v, 'format')} 尾数中`
    : `${s(v, 'format')} 的全部尾数中`
}

/** 每步梯度所乘的倍数。 */
const invented = (v: Values): string =>
  [
    n(v, 'size') === 1 ? [] : [`大小 × ${power(n(v, 'size'))}`],
    n(v, 'drift') === 1 ? [] : [`逐步漂移到 ${power(n(v, 'drift'))} 倍`],
    n(v, 'noise') === 1 ? [] : [`噪声最多 × ${number(n(v, 'noise'))}`],
    n(v, 'spikeRate') > 0 ? [`${percent(n(v, 'spikeRate'))} 的步有 × ${number(n(v, 'spikeHeight'))} 的尖峰`] : [],
  ]
    .flat()
    .join('，')

const upTo = (share: number): string => (percent(share).startsWith('<') ? percent(share) : `≤ ${percent(share)}`)

export const scaling: typeof english = {
  errors: {},
  findings: {
    scalingRerounds: (v: Values) =>
      `× ${power(n(v, 'scale'))}，÷ ${power(n(v, 'scale'))}：${of(v)}有 ${percent(n(v, 'changed'))} 变了（${upTo(n(v, 'worstChange'))}）；2^${s(v, 'exponent')}：${percent(n(v, 'changedByPower'))}。`,
    scalingFollows: (v: Values) => {
      const moved = `${power(n(v, 'first'))} → ${power(n(v, 'final'))}`
      return Number.isNaN(n(v, 'lost'))
        ? `${s(v, 'policy')}：${count(n(v, 'steps'), 'zh')} 步全部上溢而被跳过；${moved}。`
        : `${s(v, 'policy')}：${count(n(v, 'steps'), 'zh')} 步中跳过 ${count(n(v, 'skipped'), 'zh')} 步（${percent(n(v, 'share'))}）；${percent(n(v, 'lost'))} 下溢归零；${moved}。`
    },
    scalingStays: (v: Values) => {
      const inf = n(v, 'overflows')
      const applied = inf === 0 ? '无上溢' : `${count(inf, 'zh')} 步采用了 ${s(v, 'inf')}`
      return Number.isNaN(n(v, 'lost'))
        ? `${s(v, 'policy')}，始终为 ${power(n(v, 'first'))}：${applied}。`
        : `${s(v, 'policy')}，始终为 ${power(n(v, 'first'))}：${percent(n(v, 'lost'))} 下溢归零，末段${Number.isNaN(n(v, 'lostAtEnd')) ? '每一步都上溢' : ` ${percent(n(v, 'lostAtEnd'))}`}；${applied}。`
    },
    scalingSaturates: (v: Values) =>
      `${s(v, 'policy')}：${count(n(v, 'overflows'), 'zh')} 步饱和，一步也不跳过；${Number.isNaN(n(v, 'lost')) ? '' : `${percent(n(v, 'lost'))} 下溢归零；`}${power(n(v, 'first'))} → ${number(n(v, 'final'))}。`,
    scalingDelayed: (v: Values) =>
      `${s(v, 'policy')} 把最大的梯度缩放到 ${number(n(v, 'largest'))}，即 ${s(v, 'aim')} 的最大值；此处缩放后的梯度是 ${s(v, 'format')}。`,
    scalingClips: (v: Values) => `${s(v, 'format')} 既无 Inf 也无 NaN：过大的值变成最大值，缩放器毫无察觉。`,
    scalingEvent: (v: Values) =>
      `第 ${s(v, 'step')} 步${v['spike'] === true ? `（尖峰，为前一步的 ${number(n(v, 'jump'), 2)} 倍）` : ''}：最大的梯度 × ${power(n(v, 'scale'))} 超出 ${s(v, 'format')}：跳过更新，系数${n(v, 'next') === n(v, 'scale') ? '不变' : ` → ${power(n(v, 'next'))}`}。`,
    scalingGaveUp: (v: Values) =>
      `${s(v, 'policy')} 跳过 ${count(n(v, 'skipped'), 'zh')} 步后，在第 ${s(v, 'step')} 步抛出 ${s(v, 'raises')}：系数已到最小的 ${power(n(v, 'final'))} 而仍然上溢。训练到此为止。`,
    scalingReplayed: (v: Values) => {
      const steps =
        n(v, 'steps') === n(v, 'all') ? `${s(v, 'steps')} 步` : `${s(v, 'all')} 步中的前 ${s(v, 'steps')} 步`
      const which =
        n(v, 'last') - n(v, 'first') === n(v, 'steps') - 1
          ? ''
          : `（训练的第 ${s(v, 'first')} 步至第 ${s(v, 'last')} 步）`
      return `照记录重放 ${steps}${which}，每步用各自的梯度${v['some'] === true ? '' : '，不另加漂移、噪声和尖峰'}。`
    },
    scalingInvented: (v: Values) =>
      v['some'] !== true
        ? `各步的大小没有记录：${n(v, 'steps') === 1 ? '只有一步' : '每一步都用同样的梯度'}。`
        : `以下是虚构的，并非记录：${invented(v)}。`,
    scalingNaNStream: (v: Values) =>
      `缩放之前已有 ${many(n(v, 'nonfinite'))}梯度为 NaN 或 Inf：每一步都上溢，任何缩放系数都无济于事。`,
    scalingReproduced: (v: Values) =>
      n(v, 'same') === 0
        ? n(v, 'all') === 1
          ? '这种策略给不出日志中的系数。'
          : `${s(v, 'all')} 种策略都给不出日志中的系数。`
        : `${s(v, 'all')} 种策略中有 ${s(v, 'same')} 种与日志中的系数完全一致：${s(v, 'names').replaceAll(', ', '、')}。`,
    scalingTellsApart: (v: Values) =>
      `正常的一步 ${s(v, 'clean')} 把它们区分开来：到 ${s(v, 'at')} 时 ${s(v, 'policy')} 为 ${power(n(v, 'scale'))}，因为正常的一步会重置它的迟滞计数；日志为 ${power(n(v, 'logged'))}。`,
    scalingAnswers: (v: Values) =>
      `${count(n(v, 'steps'), 'zh')} 步中上溢 ${count(n(v, 'overflows'), 'zh')} 次：${s(v, 'policies')} 种策略给出 ${s(v, 'different')} 种不同的系数序列，最后在 ${power(n(v, 'lowest'))} 与 ${power(n(v, 'highest'))} 之间。`,
    scalingRaises: (v: Values) =>
      `${s(v, 'policy')} 在${v['log'] === true ? `迭代 ${s(v, 'at')}` : `${s(v, 'steps')} 步中的第 ${s(v, 'at')} 步`}抛出 ${s(v, 'raises')}：系数已到最小的 ${power(n(v, 'scale'))} 而仍然上溢。“–”：此后不再运行。`,
    scalingCallersLegend: () => '(2^15)：由调用者选定；所列的值见于其文档。',
    scalingCommandLine: (v: Values) =>
      `${s(v, 'policy')} 的命令行：初值 2^${s(v, 'exponent')}，窗口 ${power(n(v, 'window'))} / 工作进程数 / ${s(v, 'divisor')}。`,
    scalingCrash: (v: Values) =>
      `${s(v, 'log')}：第 ${s(v, 'at')} 次迭代时系数增长到 ${power(n(v, 'top'))}；随后损失从 ${number(n(v, 'lossBefore'))} 跳到 ${number(n(v, 'lossAfter'))}，到 ${s(v, 'until')} 时系数已降到 ${power(n(v, 'low'))}。`,
    collapseCriticalRate: (v: Values) =>
      `${s(v, 'policy')}，增长间隔 ${s(v, 'interval')}：若平均不到 ${count(n(v, 'oneIn'), 'zh')} 步就上溢一次，系数就降多升少。${Number.isNaN(n(v, 'measured')) ? '' : `实测：${count(n(v, 'measured'), 'zh')} 步一次。`}`,
    collapseStays: (v: Values) =>
      `${s(v, 'policy').replaceAll(', ', '、')} 从不变动：无论上溢多少，都不会失控，也无从恢复。`,
    collapseAt: (v: Values) =>
      `${s(v, 'policy')}，上溢比例 ${percent(n(v, 'rate'))}：${count(n(v, 'steps'), 'zh')} 步中 ${power(n(v, 'start'))} → 2^${Math.round(n(v, 'end'))}${n(v, 'end') < 0 ? '；小于 1 时反使梯度归零' : ''}。`,
    collapseForgiven: (v: Values) =>
      `${s(v, 'policy')}：2^${Math.round(n(v, 'end'))}。每个正常的步都重置迟滞计数，单独的上溢得到宽容。`,
    collapseRaises: (v: Values) =>
      `${s(v, 'policy')}，上溢比例 ${percent(n(v, 'rate'))}：${s(v, 'runs')} 次运行中有 ${s(v, 'raised')} 次在第 ${n(v, 'first') === n(v, 'last') ? s(v, 'first') : `${s(v, 'first')} 至 ${s(v, 'last')}`} 步抛出 ${s(v, 'raises')}，训练到此为止。`,
    scalingInterval: (v: Values) =>
      `${s(v, 'title')} 默认等待 ${s(v, 'usual')} 个正常的步才增长；此处为 ${s(v, 'here')}。`,
    scalingPowerKeeps: (v: Values) =>
      `× ${power(n(v, 'scale'))}，÷ ${power(n(v, 'scale'))}：${of(v)}有 ${percent(n(v, 'changed'))} 改变。2 的幂只移动阶码；试试 --scale 1000。`,
  },
  labels: {
    scalingSubject: (v: Values) => `${count(n(v, 'steps'), 'zh')} 步，${s(v, 'source')}，${s(v, 'format')}`,
    scalingLimit: () => '上限',
    scalingOverflowOf: (v: Values) => `${s(v, 'policy')} 上溢的步`,
    scalingPower: (v: Values) => power(n(v, 'scale')),
    scalingTop: () => '最大值 × 系数',
    scalingFinite: () => '有限？',
    scalingYes: () => '是',
    scalingNoScale: () => '–',
    scalingSame: () => '是',
    scalingDiffers: (v: Values) => `否，自 ${s(v, 'at')} 起`,
    scalingLogged: () => '日志',
    scalingAsLogged: () => '与日志一致？',
    scalingTraceOfLog: (v: Values) => `迭代 ${s(v, 'first')} … ${s(v, 'last')} 之后系数的 log2；X：梯度上溢`,
    scalingTraceOfPattern: (v: Values) =>
      `每一步之后系数的 log2，从 ${power(n(v, 'initScale'))} 开始，增长间隔 ${s(v, 'growthInterval')}；X：上溢`,
    scalingOverflows: () => '上溢',
    scalingPatternSubject: (v: Values) => `${s(v, 'steps')} 步`,
    scalingDefaults: () => '不另作设置时各自的做法',
    scalingDefaultsCallers: () => '不另作设置时各自的做法；(2^15)：由调用者选定，值见于其文档',
    scalingInit: () => '初值',
    scalingFirstGrowth: () => '首次增长',
    scalingHysteresis: () => '迟滞',
    scalingFloor: () => '下限',
    scalingCeiling: () => '上限',
    scalingHolds: () => '存为',
    scalingNoLimit: () => '无',
    scalingCallers: (v: Values) => `(${power(n(v, 'scale'))})`,
    scalingNever: () => '从不',
    scalingIteration: () => '迭代',
    collapseSubject: (v: Values) => `${s(v, 'runs')} 次运行，每次 ${count(n(v, 'steps'), 'zh')} 步`,
    collapseRateAxis: () => '上溢比例',
    collapseEndAxis: () => '最后的损失缩放系数',
    collapsePredicted: () => '预测',
    collapseCritical: () => '临界比例',
    collapseRate: () => '比例',
    collapseAtRate: (v: Values) => `比例 ${percent(n(v, 'rate'))}`,
    collapseOneIn: () => '每几步一次',
    collapsePredictedDrift: () => '预测（每千步）',
    collapseEnd: (v: Values) => `2^${number(n(v, 'exponent'), 2)}${n(v, 'raised') > 0 ? '，报错' : ''}`,
    scalingTracker: () => '计数',
    scalingLeft: () => '剩余',
    scalingAction: () => '动作',
    'scaling-action-applied': () => '更新',
    'scaling-action-raised': (v: Values) => `更新；系数 → ${power(n(v, 'next'))}`,
    'scaling-action-moved': (v: Values) => `更新；系数 → ${power(n(v, 'next'))}`,
    'scaling-action-skipped': () => '跳过更新；系数不变',
    'scaling-action-lowered': (v: Values) => `跳过更新；系数 → ${power(n(v, 'next'))}`,
    'scaling-action-applied-inf': () => '照样更新：权重损坏',
    'scaling-action-saturated': () => '更新；已饱和',
    'scaling-action-gave-up': () => '报错：放弃',
    scalingPolicyHead: () => '策略',
    scalingOverflowSteps: () => '上溢步数',
    scalingThen: () => '结果',
    'scaling-then-skipped': (v: Values) => `跳过 ${percent(n(v, 'share'))} 的步`,
    'scaling-then-applied': () => '照样更新：权重损坏',
    'scaling-then-saturated': () => '饱和后照样更新',
    'scaling-then-gave-up': (v: Values) => `第 ${s(v, 'step')} 步报错`,
    scalingLastTenth: () => '最后十分之一',
    scalingFinal: () => '最后系数',
    scalingScaleAxis: () => '损失缩放系数',
    scalingShareAxis: () => '占梯度的比例',
    scalingVerdict: () => '判断',
    'scaling-verdict-low': () => '太小',
    'scaling-verdict-good': () => '安全',
    'scaling-verdict-skip': () => '太大',
    'scaling-verdict-nonfinite': () => '跳过更新',
    scalingKnown: () => '见于',
    'scaling-known-ssd': () => 'Multibox SSD，2018',
    'scaling-known-pytorch': () => 'PyTorch 的初值',
    'param-from': () => '从 2^',
    'param-to': () => '到 2^',
    'param-policies': () => '策略',
    'param-size': () => '大小',
    'param-drift': () => '漂移',
    'param-noise': () => '噪声',
    'param-spikeRate': () => '尖峰比例',
    'param-spikeHeight': () => '尖峰高度',
    'param-staticScale': () => '静态系数',
    'param-initScale': () => '初始系数',
    'param-growthFactor': () => '增长倍数',
    'param-backoffFactor': () => '回退倍数',
    'param-growthInterval': () => '增长间隔',
    'param-minScale': () => '下限',
    'param-maxScale': () => '上限',
    'param-thresholdScale': () => '阈值',
    'param-hysteresis': () => '迟滞',
    'param-consecutiveHysteresis': () => '连续计数',
    'param-tolerance': () => '容忍度',
    'param-decrEvery': () => '几次上溢才降',
    'metric-overflows': () => '上溢步数',
    'metric-skipped': () => '跳过的步数',
    'metric-skippedShare': () => '跳过更新',
    'metric-infApplied': () => 'Inf 被采用',
    'metric-lostShare': () => '下溢归零',
    'metric-lostAtEnd': () => '最后十分之一下溢归零',
    'metric-finalScale': () => '最后系数',
    'metric-lowestScale': () => '最低系数',
    'metric-highestScale': () => '最高系数',
    'metric-growths': () => '增长次数',
    'metric-backoffs': () => '回退次数',
    'metric-firstOverflowStep': () => '首次上溢',
    'metric-gaveUpStep': () => '放弃于',
    'metric-staticStart': () => '静态系数',
    'metric-lostNone': () => 'none：下溢归零',
    'metric-lostStatic': () => 'static：下溢归零',
    'metric-lostAtEndStatic': () => 'static：最后十分之一下溢归零',
    'metric-infAppliedStatic': () => 'static：Inf 被采用',
    'metric-skippedShareNaive': () => 'naive：跳过更新',
    'metric-lostNaive': () => 'naive：下溢归零',
    'metric-skippedShareAdaptive': () => 'adaptive：跳过更新',
    'metric-lostAdaptive': () => 'adaptive：下溢归零',
    'metric-finalScaleAdaptive': () => 'adaptive：最后系数',
    'metric-skippedSharePytorch': () => 'pytorch：跳过更新',
    'metric-lostPytorch': () => 'pytorch：下溢归零',
    'metric-finalScalePytorch': () => 'pytorch：最后系数',
    'param-log': () => '日志',
    'param-pattern': () => '上溢序列',
    'metric-policiesRun': () => '策略数',
    'metric-matching': () => '与日志一致',
    'metric-matchDeepspeedZero': () => 'deepspeed-zero：与日志一致',
    'metric-matchMegatron': () => 'megatron：与日志一致',
    'metric-matchApexHysteresis': () => 'apex-hysteresis：与日志一致',
    'metric-matchPytorch': () => 'pytorch：与日志一致',
    'metric-differsApexHysteresis': () => 'apex-hysteresis：不一致始于',
    'metric-differsPytorch': () => 'pytorch：不一致始于',
    'metric-finalPytorch': () => 'pytorch：最后系数',
    'metric-loggedFinal': () => '日志最后的系数',
    'param-rate': () => '上溢比例',
    'metric-criticalRate': () => '临界比例',
    'metric-stepsPerOverflow': () => '每次上溢的步数',
    'metric-measuredCriticalRate': () => '实测临界比例',
    'metric-predictedDrift': () => '预测的每步漂移',
    'metric-measuredDrift': () => '实测的每步漂移',
    'metric-finalExponent': () => '最后系数的 log2',
    'metric-finalExponentPytorch': () => 'pytorch：最后系数的 log2',
    'metric-finalExponentMegatron': () => 'megatron：最后系数的 log2',
    'metric-finalExponentApexHysteresis': () => 'apex-hysteresis：最后系数的 log2',
    'metric-runsRaised': () => '报错的运行',
    'metric-firstRaise': () => '首次报错的步',
    'metric-goodScales': () => '安全的 2 的幂个数',
    'metric-lostAtMaxSafe': () => '最大安全系数时下溢归零',
    'metric-overflowAbove': () => '再大一倍时上溢',
    'metric-lostAtScale': () => '此系数时下溢归零',
    'metric-overflowAtScale': () => '此系数时上溢',
    'metric-changed': () => '再次舍入而改变',
    'metric-changedByPower': () => '2 的幂改变的比例',
    'metric-worstChange': () => '最大改变',
  },
  options: {
    policies: '损失缩放策略，第一个详细显示：pytorch、deepspeed-zero、megatron……或 all',
    steps: '步数',
    size: '第一步的梯度是记录值的多少倍',
    log: '真实日志：bigscience-104b、bigscience-13b',
    pattern: "改用自己的上溢序列，每步一个 X 或 .：'..XXXX.XX'",
    rate: '上溢的步所占比例，与缩放系数无关',
    drift: '最后一步的梯度大小与第一步之比：2^-12 缩小，1000 增大',
    noise: '每一步的大小随机变动至多几倍；1 表示不变',
    spikeRate: '梯度出现尖峰的步所占比例',
    spikeHeight: '尖峰时梯度大多少倍',
    staticScale: 'static 的缩放系数；不给则取第一步安全的最大的 2 的幂',
    initScale: '第一步之前的缩放系数',
    growthFactor: '缩放系数增长的倍数',
    backoffFactor: '上溢后缩放系数乘以的倍数',
    growthInterval: '增长间隔：连续多少步正常后增长',
    minScale: '缩放系数的下限；fairseq 到此放弃',
    maxScale: '缩放系数的上限',
    thresholdScale: 'fairseq：高于放弃点的下限',
    hysteresis: '几次上溢才降低缩放系数：DeepSpeed、Megatron、apex',
    consecutiveHysteresis: 'DeepSpeed：正常的一步是否让计数重新开始：yes、no',
    tolerance: 'fairseq：不改变缩放系数所容忍的上溢比例',
    decrEvery: 'Paddle：连续多少次上溢才降低缩放系数',
    from: '扫描的最小缩放系数，以 2 的幂给出：0 即 2^0',
    to: '扫描的最大缩放系数，以 2 的幂给出：24 即 2^24',
  },
}

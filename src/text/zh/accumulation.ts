/** The words of gradient accumulation, large batches and the gradient pipeline. In Chinese. */
import type { accumulation as english } from '../en/accumulation.js'
import { stops } from '../en/step.js'
import { brief, count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const many = (x: number): string => count(x, 'zh')
const gib = (bytes: number): string => `${number(bytes / 1073741824)} GiB`
const off = (x: number): string => (Number.isNaN(x) ? '结果不是有限数' : x === 0 ? '精确' : `误差 ${percent(x)}`)
const messages = (v: Values): string =>
  `${percent(n(v, 'share'))} 的消息字节${Number.isNaN(n(v, 'traffic')) ? '' : `（${s(v, 'workers')} 个节点 All-Gather 的通信量：${number(100 * n(v, 'traffic'), 4)} %）`}`
const fourTimes = (v: Values): string => (n(v, 'exponent') < 20 ? brief(4 * n(v, 'top')) : `2^${s(v, 'exponent')}`)
const left = (x: number): string => (Number.isNaN(x) ? '发散' : `还剩 ${percent(x)} 的距离`)

export const accumulation: typeof english = {
  errors: {},
  findings: {
    accSumLow: (v: Values) =>
      `${many(n(v, 'count'))} 个约 ${brief(n(v, 'gradient'))} 的微梯度之和为 ${number(n(v, 'exact'), 6)}；${s(v, 'format')} 缓冲区得到 ${number(n(v, 'sum'), 6)}。`,
    accSumOther: (v: Values) => `用 ${s(v, 'other')} 累加：${off(n(v, 'error'))}。`,
    accSumWide: (v: Values) => `用 ${s(v, 'wide')} 累加：${off(n(v, 'error'))}。`,
    accBackAgain: (v: Values) =>
      `把 ${s(v, 'wide')} 的和转回 ${s(v, 'format')}：${off(n(v, 'back'))}；4 × ${power(n(v, 'top'))}（${fourTimes(v)}）变为 ${brief(n(v, 'largeBack'))}。`,
    accNotDivided: (v: Values) =>
      n(v, 'micro') === 1
        ? '只有一个微批次时无须除以 N，哪种循环都不会错。'
        : `损失不除以 N，优化器得到的梯度是大批量的 ${number(n(v, 'factor'))} 倍。`,
    accMeanOfMeans: (v: Values) =>
      v['even'] === true
        ? '所有微批次一样大：均值的均值就是全部样本的均值。'
        : `均值的均值：误差 ${percent(n(v, 'off'))}。最后 ${s(v, 'last')} 个样本每个的权重是其他样本的 ${number(n(v, 'weight'))} 倍。`,
    accLostBatch: (v: Values) =>
      `${v['skipped'] === true ? '一次上溢就使整个有效批量作废' : '一个 Inf 影响整个有效批量'}：${s(v, 'micro')} 个微批次各以 ${percent(n(v, 'rate'))} 的概率上溢时，${percent(n(v, 'lost'))} 的更新被跳过。`,
    accEqualExact: (v: Values) =>
      n(v, 'share') === 1
        ? '求和全部精确时，梯度累积与大批量逐位相同：收敛既不更快也不更慢。'
        : `这些求和太长，已不精确：只有 ${percent(n(v, 'share'))} 的梯度与大批量逐位相同。`,
    accEqualRounded: (v: Values) =>
      `有舍入时，FP32 缓冲区中 ${percent(n(v, 'share'))} 逐位相同（其余因求和次序而不同），${s(v, 'format')} 缓冲区中 ${percent(n(v, 'narrow'))}。`,
    accMemorySaved: (v: Values) =>
      `${s(v, 'model')}，批量 ${s(v, 'batch')}：一次算完需 ${gib(n(v, 'before'))}；分成 ${s(v, 'micro')} 个微批次需 ${gib(n(v, 'after'))}。`,
    accMemoryFloor: (v: Values) =>
      `不会低于 ${gib(n(v, 'fixed'))}：权重、一个梯度缓冲区（${gib(n(v, 'gradients'))}，N 多大都是同一个 .grad）与 Adam 状态。`,
    accTry: (v: Values) => `试一试：${s(v, 'what')}`,
    largeSame: (v: Values) =>
      `批量 × ${s(v, 'times')}，学习率不变：${left(n(v, 'same'))}。小批量：${left(n(v, 'small'))}。`,
    largeLinear: (v: Values) =>
      `学习率也 × ${s(v, 'times')}（线性规则），第一步就用 ${number(n(v, 'rate'))}：${left(n(v, 'linear'))}。`,
    largeWarm: (v: Values) => `先预热 ${s(v, 'warmup')} 次更新，再用同样的学习率：${left(n(v, 'warm'))}。`,
    largeNorms: (v: Values) =>
      n(v, 'wrong') === 0
        ? `LARS，${s(v, 'format')} 范数：${s(v, 'layers')} 层的范数全部正确。`
        : `LARS，${s(v, 'format')} 范数：${s(v, 'layers')} 层中错 ${s(v, 'wrong')} 层；|x| < ${number(n(v, 'low'))} 时 x² 为 0${!Number.isFinite(n(v, 'high')) ? '' : `，≥ ${number(n(v, 'high'))} 时为 ${s(v, 'beyond')}`}。`,
    pipeEnds: (v: Values) =>
      `${s(v, 'steps')} 步之后还剩 ${percent(n(v, 'left'))} 的距离（纯 FP32、全部发送：${percent(n(v, 'plain'))}），只发送 ${messages(v)}。`,
    pipeNorms: (v: Values) =>
      n(v, 'workers') === 1
        ? '范数是梯度的范数；compress 之后是所发送部分的范数。'
        : '范数是第 1 个节点的；compress 之后是全部节点均值的范数。',
    pipeEvents: (v: Values) =>
      `因上溢跳过 ${s(v, 'skipped')} 步，裁剪 ${s(v, 'clipped')} 步；第 ${s(v, 'spike')} 步的梯度大 ${brief(n(v, 'times'))} 倍。`,
    pipeCrushed: (v: Values) =>
      `在 unscale_ 之前裁剪：max_norm ${brief(n(v, 'max'))} 与放大 ${scale(n(v, 'scale'))} 倍的梯度比较，实际阈值是 ${number(n(v, 'threshold'))}。还剩 ${percent(n(v, 'left'))} 的距离。`,
    pipeFixClip: (v: Values) =>
      `解决办法：先 unscale_，再以 ${brief(n(v, 'threshold'))} 裁剪：还剩 ${percent(n(v, 'left'))}。`,
    pipeGraphsKept: (v: Values) =>
      n(v, 'fullAt') > 0
        ? `total += loss，最后才 backward()：计算图全部保留。${s(v, 'micro')} 个微批次中的第 ${s(v, 'fullAt')} 个${n(v, 'fullAt') === 1 ? '就' : '已'}放不进 ${number(n(v, 'capacity'))} GiB 显存。`
        : `total += loss，最后才 backward()：计算图全部保留，${s(v, 'micro')} 个微批次占 ${gib(n(v, 'peak'))}。放得下，但什么也没省。`,
    pipeFixMemory: (v: Values) =>
      v['hopeless'] === true
        ? `批量再小也没有用：仅权重、梯度与状态就需 ${gib(n(v, 'fixed'))}。应把它们分到多个设备上（fpsim memory）。`
        : v['full'] === true
          ? `对每个损失调用 backward() 会释放计算图，但一个微批次的 ${gib(n(v, 'peak'))} 已经太大：减少每个微批次的样本。`
          : `解决办法：每个微批次都 (loss / N).backward()，计算图随即释放：${gib(n(v, 'peak'))}，与 N 无关。`,
    pipeForgets: (v: Values) =>
      `每个节点只发送最大的 ${percent(n(v, 'keep'))}，其余丢弃：${s(v, 'steps')} 步之后还剩 ${percent(n(v, 'left'))} 的距离。`,
    pipeFixFeedback: (v: Values) =>
      `解决办法：误差反馈把其余部分加到下一步的梯度上：还剩 ${percent(n(v, 'left'))}，同样发送 ${messages(v)}。`,
  },
  labels: {
    accSubject: (v: Values) => `${many(n(v, 'micro'))} 个微批次，${s(v, 'format')}`,
    accMemorySubject: (v: Values) =>
      `${s(v, 'model')}，批量 ${s(v, 'batch')}${v['tokens'] === true ? ` × ${s(v, 'sequence')}` : ''}，AMP 与 Adam`,
    accSumsChart: () => '每个微批次之后的梯度缓冲区',
    accMicroAxis: () => '微批次',
    accExact: () => '精确值',
    accBuffer: () => '缓冲区',
    accBytes: () => '字节',
    accSum: () => '和',
    accDigits: (v: Values) => number(n(v, 'value'), 7),
    accBack: (v: Values) => `转回 ${s(v, 'format')}`,
    accLarge: (v: Values) => `4 × ${power(n(v, 'top'))}`,
    accLoop: () => '循环',
    accApplied: () => '优化器得到',
    accTimes: () => '与正确值之比',
    accFactor: (v: Values) => `× ${number(n(v, 'value'), 4)}`,
    accHappens: () => '发生了什么',
    accStops: (v: Values) => (stops[s(v, 'problem')] ?? s(v, 'problem')).replace(/^(\w+): .*$/, '程序停止：$1'),
    'accLoop-right': () => '损失 / N，一次 step',
    'accLoop-not-divided': () => '不除以 N',
    'accLoop-zeroed': () => '循环内 zero_grad',
    'accLoop-update-inside': () => '循环内 unscale_、update',
    'accLoop-unscale-inside': () => '循环内 unscale_',
    'accLoop-update-alone': () => '循环内 update()',
    'accLoop-own-scaler': () => '循环内自写缩放器',
    'accLoop-means': () => '大小不一，均值的均值',
    'accLoop-overflow': () => '一次上溢',
    'accWhy-right': () => '与大批量相同',
    'accWhy-not-divided': (v: Values) => `${s(v, 'micro')} 个之和，不是均值`,
    'accWhy-zeroed': () => '只剩最后一个',
    'accWhy-update-inside': () => '除最后一个外都被多除一次',
    'accWhy-unscale-inside': () => '真实梯度与放大的梯度混在一起',
    'accWhy-update-alone': () => '只有一个时不出错',
    'accWhy-own-scaler': () => '中途系数增长：两种系数混用',
    'accWhy-means': (v: Values) => `${s(v, 'last')} 个样本抵 ${s(v, 'samples')} 个`,
    'accWhy-one': () => '只有一个微批次：不出错',
    'accWhy-same-size': () => '大小都相同：不出错',
    'accWhy-overflow': () => 'Inf 留下：跳过更新，全部作废',
    accCase: () => '梯度、微批次、缓冲区',
    accSame: () => '逐位相同',
    accWorst: () => '最大差',
    'accCase-few-bits': (v: Values) => `位数少，和精确，N = ${s(v, 'micro')}，${s(v, 'buffer')}`,
    'accCase-thirds': (v: Values) => `位数少，除以 N 有舍入，N = ${s(v, 'micro')}，${s(v, 'buffer')}`,
    'accCase-fp32': (v: Values) => `fp32 的全部位数，N = ${s(v, 'micro')}，${s(v, 'buffer')}`,
    'accCase-narrow': (v: Values) => `全部位数，N = ${s(v, 'micro')}，缓冲区 ${s(v, 'buffer')}`,
    'accCase-batch-norm': (v: Values) => `批归一化，N = ${s(v, 'micro')}：微批次的方差`,
    accUlps: (v: Values) => `${number(n(v, 'ulps'))} 个 ${s(v, 'format')} 的 ulp`,
    accVariance: (v: Values) => `大批量的 ${percent(n(v, 'share'))}`,
    accMemoryChart: () => '一次更新所需的显存',
    accTotal: () => '合计',
    accFixed: () => '不含激活值',
    accMicroBatches: () => 'N',
    accSamplesEach: () => '每个的样本',
    accActivations: () => '激活值',
    largeSubject: (v: Values) => `批量 ${s(v, 'batch')} 与 ${s(v, 'large')}，${many(n(v, 'dimension'))} 个权重`,
    largeChart: () => '到最优点的距离（起点为 1）与已用样本数',
    largeSamples: () => '样本',
    largeDistance: () => '',
    'largeLine-small': () => '小批量',
    'largeLine-same-rate': () => '学习率不变',
    'largeLine-linear': () => '学习率 × k',
    'largeLine-warm-up': () => '预热',
    largeRun: () => '方案',
    'largeRun-small': () => '小批量',
    'largeRun-same-rate': () => '大批量，学习率不变',
    'largeRun-linear': () => '大批量，线性规则',
    'largeRun-warm-up': () => '大批量，线性规则加预热',
    largeBatchColumn: () => '批量',
    largeRate: () => '学习率',
    largeUpdates: () => '更新次数',
    largeLeft: () => '剩余',
    largeDiverges: () => '发散',
    largeLayer: () => '层',
    largeWeights: () => '|w|',
    largeGradient: () => '|g|',
    largeRatio: () => '|w|/|g|',
    largeWeightsIn: (v: Values) => s(v, 'format'),
    largeGradientIn: (v: Values) => s(v, 'format'),
    largeRatioIn: (v: Values) => s(v, 'format'),
    largeCause: () => '原因',
    'largeCause-right': () => '正确',
    'largeCause-nan': () => 'g² 变成 0：0/0',
    'largeCause-both': () => 'w²、g² 都上溢',
    'largeCause-vanished-both': () => 'w²、g² 都变成 0',
    'largeCause-weights-vanished': () => 'w² 变成 0',
    'largeCause-vanished': () => 'g² 变成 0',
    'largeCause-overflowed': () => 'g² 上溢',
    'largeCause-weights': () => 'w² 上溢',
    'largeCause-stalled': () => '求和停住',
    'largeCause-rounded': () => '位数太少',
    pipeSubject: (v: Values) =>
      `${s(v, 'workers')} 个节点 × ${s(v, 'micro')} 个微批次，${many(n(v, 'dimension'))} 个权重`,
    pipeMemorySubject: (v: Values) =>
      `${s(v, 'model')}，每个微批次 ${s(v, 'samples')}${v['tokens'] === true ? ` × ${s(v, 'sequence')}` : ' 个样本'}，AMP`,
    pipeEvent: () => '事件',
    pipeHappened: () => '发生了什么',
    pipeNorm: () => '范数',
    pipeMicro: () => '微批次',
    pipeAdded: (v: Values) => `${s(v, 'micro')} 个微批次，损失 / ${s(v, 'micro')}，在 fp32 中累加`,
    pipeAddedInf: (v: Values) => `微梯度中有 ${many(n(v, 'infinite'))} 个值为 Inf`,
    pipeUnscaled: (v: Values) => `÷ ${scale(n(v, 'scale'))}：全部有限`,
    pipeFoundInf: () => '发现 Inf',
    pipeClipped: (v: Values) => `${number(n(v, 'norm'))} > ${brief(n(v, 'max'))}：× ${number(n(v, 'factor'))}`,
    pipeClippedScaled: (v: Values) =>
      `未反缩放，${number(n(v, 'norm'))} > ${brief(n(v, 'max'))}：× ${number(n(v, 'factor'))}`,
    pipeUnclipped: (v: Values) => `${number(n(v, 'norm'))} 没有超过 ${brief(n(v, 'max'))}`,
    pipeSentWhole: (v: Values) => `${s(v, 'all')} 个值全部发送，${s(v, 'bytes')} 字节`,
    pipeSentKept: (v: Values) => `发送 ${s(v, 'all')} 个值中的 ${s(v, 'sent')} 个，${s(v, 'bytes')} 字节；其余留存`,
    pipeSentForgot: (v: Values) => `发送 ${s(v, 'all')} 个值中的 ${s(v, 'sent')} 个，${s(v, 'bytes')} 字节；其余丢失`,
    pipeStepped: (v: Values) => `权重移动 ${number(n(v, 'move'))}`,
    pipeSkipped: () => '跳过更新',
    pipeBacksOff: (v: Values) => `${power(n(v, 'before'))} → ${power(n(v, 'after'))}`,
    pipeKeepsScale: (v: Values) => (n(v, 'after') > n(v, 'before') ? `增长到 ${power(n(v, 'after'))}` : '缩放系数不变'),
    pipeDistances: () => '到最优点的距离，起点为 1',
    'pipeRun-clipped': () => '先裁剪',
    'pipeRun-forgotten': () => '无反馈',
    'pipeRun-fixed': () => '已修正',
    'pipeRun-plain': () => '纯 FP32',
    pipeMemoryChart: () => '计算每个微批次时的显存',
    pipeKept: () => '保留计算图',
    pipeFreed: () => '释放计算图',
    pipeCapacity: () => '设备显存',
    pipeOutOfMemory: () => '显存不足',
    pipeNotReached: () => '到不了这里',
    pipeGraphs: (v: Values) => `保留 ${s(v, 'graphs')} 个计算图`,
  },
  options: {
    about: 'sums（并列的缓冲区）、mistakes（出错的循环）、equal（与大批量是否相同）、memory（显存）',
    micro: '一次更新的微批次数；不给时 sums 为 1024，其他为 4',
    'gradient-accumulation.gradient': '梯度的大小',
    'gradient-accumulation.spread': '梯度之间相差多少：0.5 即 ±50 %',
    'gradient-accumulation.scale': '微梯度上的损失缩放系数；不给时 sums 为 1，其他为 65536',
    samples: '一个微批次的样本数',
    lastSamples: '最后一个较短的微批次的样本数（均值的均值）',
    overflowRate: '一个微批次上溢的概率',
    'large-batch.batch': '小批量的样本数',
    'large-batch.times': '大批量是小批量的多少倍；线性规则把学习率乘以它',
    'large-batch.lr': '小批量的学习率',
    problem:
      'none，或课程中的一个问题：clipped（裁剪到几乎为零）、memory（累积中的显存）、precision（压缩损失数值精度）',
    keep: '节点发送的值所占比例（Top-K）',
    spike: '中间那一步的梯度大多少倍',
    capacity: '设备显存，GiB',
    'gradient-accumulation.format': '微梯度与第一个缓冲区的格式',
    'gradient-pipeline.format': '微梯度的格式',
    'gradient-pipeline.micro': '每个节点一步累加的微批次数',
    'gradient-pipeline.noise': '一个微批次的噪声，以起点梯度为 1',
    'gradient-pipeline.lr': '第一步的学习率；之后降到 0',
    'gradient-pipeline.maxNorm': '每个节点裁剪到的范数',
    'gradient-pipeline.scale': '第一步的损失缩放系数',
    warmup: '大批量以小学习率起步、逐渐增长的更新次数',
    'large-batch.updates': '小批量的更新次数；大批量的次数为其 1/times',
    'large-batch.noise': '单个样本梯度的标准差',
    steep: '损失在远离最优点处陡多少：½λw² + ¼cw⁴ 中的 c；0 为二次函数',
    'large-batch.format': 'LARS 求范数所用的格式',
    'large-batch.scale': 'LARS 求范数时梯度上的损失缩放系数',
  },
}

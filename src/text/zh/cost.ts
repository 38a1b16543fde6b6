/** The words of memory, hardware, speed and evidence. In Chinese. */
import type { cost as english } from '../en/cost.js'
import { count, number, percent, power } from '../numbers.js'
import { bytes, seconds, times } from '../units.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** 以顿号分隔的名称。 */
const names = (v: Values, key: string): string => s(v, key).replaceAll(', ', '、')

const optimizerNames: Readonly<Record<string, string>> = { sgd: 'SGD', momentum: '带动量的 SGD', adam: 'Adam' }
const optimizer = (v: Values): string => optimizerNames[s(v, 'optimizer')] ?? s(v, 'optimizer')

const known: Readonly<Record<string, string>> = {
  read: '已在来源中核对',
  quoted: '由第二手文献引用',
  computed: '由计算得到',
  inferred: '推断',
  unverified: '未核实',
  absent: '未核对',
}

const taskNames: Readonly<Record<string, string>> = {
  image: '图像分类',
  detection: '目标检测',
  speech: '语音',
  language: '语言',
  'large-models': '大模型',
  bf16: 'BF16',
  fp8: 'FP8',
  'time-series': '时间序列',
  all: '全部',
}
const task = (v: Values): string => taskNames[s(v, 'task')] ?? s(v, 'task')

export const cost: typeof english = {
  errors: {},
  findings: {
    costModelBytes: (v: Values) => {
      const copies = n(v, 'copies') > 0 ? `，另有 ${s(v, 'copies')} 字节的 16 位副本` : ''
      const states = s(v, 'optimizer') === 'sgd' ? '梯度' : `梯度、${optimizer(v)} 状态`
      const verdict =
        n(v, 'after') > n(v, 'before') / 1.5
          ? n(v, 'after') < n(v, 'before')
            ? '这部分变小了，但没有减半'
            : '这部分完全没有减半'
          : '减半的正是这部分'
      return `${verdict}：权重、${states}，fp32 每参数 ${number(n(v, 'fp32'))} 字节，${s(v, 'recipe')} 每参数 ${number(n(v, 'mixed'))} 字节${copies}（${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}）。`
    },
    costActivations: (v: Values) =>
      `激活值：${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}，为 FP32 的 ${percent(n(v, 'share'))}${n(v, 'share') > 0.5 && n(v, 'share') < 1 ? '：不到减半，因为 dropout 掩码的 1 字节不会变小' : ''}。`,
    costNoActivations: () => '激活值取决于网络形状：不用 --params，改给 --layers 与 --hidden，或 --model。',
    costTotal: (v: Values) =>
      `${v['known'] === true ? '合计' : '不含激活值'}：${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}，${n(v, 'saved') === 0 ? '不变' : n(v, 'saved') > 0 ? `节省 ${percent(n(v, 'saved'))}` : `多用 ${percent(-n(v, 'saved'))}`}。`,
    costClaim: (v: Values) =>
      n(v, 'count') === 0
        ? `“FP16 快 ${number(n(v, 'times'))} 倍”对这 ${s(v, 'compared')} 种设备都不成立：峰值之比从 ${times(n(v, 'low'))}（${s(v, 'lowName')}）到 ${times(n(v, 'high'))}（${s(v, 'highName')}）。`
        : `“FP16 快 ${number(n(v, 'times'))} 倍”只对 ${s(v, 'compared')} 种设备中的 ${s(v, 'count')} 种成立（${names(v, 'right')}）；峰值之比从 ${times(n(v, 'low'))}（${s(v, 'lowName')}）到 ${times(n(v, 'high'))}（${s(v, 'highName')}）。相对 TF32（FP32 代码可能正以它运行）则为 ${times(n(v, 'tf32Low'))} 到 ${times(n(v, 'tf32High'))}。`,
    costRidgeMeans: (v: Values) =>
      `拐点：在 ${s(v, 'device')} 上，每字节至少要有 ${number(Math.round(n(v, 'ridge')))} 次运算，16 位峰值才起作用；低于此值，由显存带宽决定（fpsim speed）。`,
    costNotChecked: (v: Values) =>
      `${s(v, 'devices')}：没有核对过任何数字，因此不列出。其饱和模式下 Inf 变成 ±MAX，NaN 变成 0。`,
    costDeviceRatio: (v: Values) =>
      `${s(v, 'device')}：FP16 峰值是 FP32 的 ${times(n(v, 'ratio'))}${v['hasTf32'] === true ? `，是 TF32 的 ${times(n(v, 'tf32'))}，而“FP32”代码可能正以 TF32 运行` : ''}。`,
    costDeviceAchieved: (v: Values) =>
      `实测最快的 16 位矩阵乘法达到 ${number(n(v, 'achieved'))} TFLOPS，为峰值的 ${percent(n(v, 'share'))}。`,
    costDeviceFormats: (v: Values) =>
      `这里有峰值数字的格式：${names(v, 'formats')}。${v['bf16'] === true ? '' : '没有 BF16：混合精度只能用 FP16 加损失缩放。'}`,
    costTimeLine: (v: Values) =>
      `时间提升: ${n(v, 'gain').toFixed(2)}x（每步 ${seconds(n(v, 'before'))} → ${seconds(n(v, 'after'))}；峰值之比为 ${times(n(v, 'ratio'))}）`,
    costMemoryLine: (v: Values) =>
      `内存节省: ${(n(v, 'saved') * 100).toFixed(1)}%（显存 ${bytes(n(v, 'before'))} → ${bytes(n(v, 'after'))}）`,
    costBoundShares: (v: Values) =>
      `混合精度的一步中，${percent(n(v, 'memory'))} 在等显存${n(v, 'launch') > 0.01 ? `，${percent(n(v, 'launch'))} 在等核函数启动` : ''}；只有 ${percent(n(v, 'arithmetic'))} 是运算，更快的单元只在这里有用。`,
    costLaunchBound: (v: Values) =>
      `一步中 ${percent(n(v, 'launch'))} 的时间用于启动核函数（假定每个 ${seconds(n(v, 'each'))}）：运算快慢无关紧要，类型转换还使核函数从 ${s(v, 'fp32')} 个增至 ${s(v, 'amp')} 个。`,
    costOddSizes: (v: Values) =>
      `有些尺寸不是 8 的倍数（${names(v, 'sizes')}）：FP16 矩阵单元要填充或闲置，实际提升更小。`,
    costDoesNotFit: (v: Values) =>
      `放不下：即使用混合精度也要 ${bytes(n(v, 'after'))}，而 ${s(v, 'device')} 只有 ${bytes(n(v, 'room'))}。`,
    costNoPeaks: (v: Values) =>
      `${s(v, 'device')}：没有核对过它的 FP32 或 FP16 峰值，因此不计算时间。fpsim hardware 列出已知的数字。`,
    costEstimate: (v: Values) =>
      `屋顶线模型：这些核函数逐个执行的最短时间；实际更慢，融合的（--attention fused、编译器）搬运更少。${n(v, 'watts') > 0 ? `能耗为估计值：时间 × 板卡功率（${s(v, 'watts')} W，${known[s(v, 'status')]}）。` : '能耗：没有核对过板卡功率。'}`,
    costAsGood: (v: Values) =>
      n(v, 'asGood') === n(v, 'count')
        ? `${s(v, 'count')} 个已发表的混合精度结果全部不差于${s(v, 'from') === '' ? '各自的基准' : ` ${s(v, 'from')}`}。`
        : `${s(v, 'count')} 个已发表的混合精度结果中有 ${s(v, 'asGood')} 个不差于${s(v, 'from') === '' ? '各自的基准' : ` ${s(v, 'from')}`}；最大的损失：${s(v, 'worst').replaceAll('%', '百分点')}。`,
    costDiverged: (v: Values) => `不做损失缩放时，${s(v, 'network')} 发散。`,
    costNoEvidence: (v: Values) => `${task(v)}：没有核对过已发表的结果，因此不列出，也不猜测。`,
    costFp8Inference: () => 'FP8 的困惑度可能来自推理量化，而不是用 FP8 训练：未核实。',
    costTooLong: (v: Values) =>
      `${s(v, 'name')} 只有 ${s(v, 'positions')} 个位置，这里却按 ${s(v, 'sequence')} 个 token 计算：应加 --sequence ${s(v, 'positions')}。`,
    costTheirs: () => '这些是原作者的数字；fpsim 没有训练过这些网络。',
    costTryMemory: () =>
      '试试 --recompute full、--recipe bf16、--optimizer sgd、--params 7B，或自己的 --layers 12 --hidden 768。',
    costTrySpeed: () =>
      '试试 --model mlp --device rtx3090 --batch 32（太小，不会变快）、--model resnet50 --device v100、--attention fused。',
    costTryHardware: () => '试试 --device rtx3090：每个数字及其来源；--times 8：这个说法对谁成立。',
    costTryEvidence: () => '试试 --task detection、speech、language、large-models、bf16、fp8 或 all。',
    frameworksStarts: (v: Values) =>
      `${s(v, 'count')} 种动态策略的初值从 ${power(n(v, 'low'))}（${s(v, 'lowName')}）到 ${power(n(v, 'high'))}（${s(v, 'highName')}）；下面每一行都是运行得到的，不是抄来的。`,
    frameworksLate: (v: Values) => `比增长间隔晚一步才增长的：${names(v, 'names')}。`,
    frameworksClip: (v: Values) =>
      `范数为 5 的梯度经过 ${s(v, 'count')} 种框架，裁剪到 1；另在系数增长的那一步不裁剪。`,
    frameworksHalved: (v: Values) =>
      `${s(v, 'name')}：在那一步，更新的范数为 ${number(n(v, 'growing'))} 而不是 5${v['early'] === true ? '：系数先更新，后用于反缩放' : ''}。`,
    frameworksUneven: (v: Values) =>
      `3 个与 1 个样本的微批次：${s(v, 'count')} 种框架中有 ${s(v, 'wrong')} 种取均值的均值 ${number(n(v, 'got'))}；全部样本的均值为 ${number(n(v, 'exact'))}${s(v, 'right') === '' ? '' : `（${names(v, 'right')}）`}。`,
    frameworksBoundary: () =>
      '只在边界处 step 并更新损失缩放系数：一步中的微梯度必须用同一个系数，出现一个 Inf 就全部丢弃。',
    frameworksCompressed: (v: Values) =>
      `${s(v, 'workers')} 个设备上各 ${s(v, 'length')} 个梯度，各交换一次：消息最多小 ${number(n(v, 'ratio'))} 倍（${s(v, 'name')}）。`,
    frameworksGather: (v: Values) =>
      `途中不能相加的只能用 all-gather：${s(v, 'workers')} 条消息都要整条传一圈，因此环上的收益小于消息的收益。`,
    frameworksTry: () => '试试 --topic clipping、accumulation 或 compression。',
    costSources: (v: Values) =>
      n(v, 'sources') === 0
        ? '没有课引用这样的文献。fpsim sources 列出全部。'
        : `${s(v, 'sources')} 条文献，${s(v, 'lessons')} 课。`,
    costSilent: (v: Values) => `没有文献的课：${names(v, 'lessons')}。`,
  },
  labels: {
    costSize: (v: Values) => bytes(n(v, 'bytes')),
    costRecipe: () => '方案',
    costWeights: () => '权重',
    costGradients: () => '梯度',
    costMaster: () => '主权重',
    costStates: () => '状态',
    costPerParameter: () => '字节/参数',
    costWhole: () => '合计',
    costWho: () => '使用者',
    costPlus: (v: Values) => `${number(n(v, 'bytes'))} + ${number(n(v, 'copies'))}`,
    'costRecompute-none': () => '全部保留',
    'costRecompute-selective': () => '重算注意力',
    'costRecompute-full': () => '只留各层输入',
    costTokens: (v: Values) => `${s(v, 'batch')} × ${s(v, 'sequence')} 个 token 的激活值`,
    costExamples: (v: Values) => `${s(v, 'batch')} 个样本的激活值`,
    cost16bit: () => '16 位',
    costShare: () => '比例',
    costRanks: (v: Values) => `${s(v, 'recipe')} 用 ZeRO 分到 ${s(v, 'ranks')} 个设备`,
    'costStage-0': () => '不分',
    'costStage-1': () => '1 状态',
    'costStage-2': () => '2 加梯度',
    'costStage-3': () => '3 加权重',
    costBytes: (v: Values) => number(n(v, 'bytes')),
    costARank: () => '每个设备',
    costParameters: (v: Values) =>
      `${s(v, 'name') === '' ? '' : `${s(v, 'name')}，`}${count(n(v, 'count'), 'zh')}${n(v, 'count') < 1e5 ? ' 个' : ''}参数`,
    costTimes: (v: Values) => times(n(v, 'times')),
    costPeaks: () => '稠密峰值，单位 TFLOPS；宣传材料常写其两倍（2:4 稀疏）',
    costDevice: () => '设备',
    costRidge: () => '拐点',
    costChecked: () => '核对',
    costFp16Accumulate: () => 'FP16（FP16 累加器）',
    costAchieved: () => '16 位矩阵乘法（实测）',
    costMemory: () => '显存',
    costBandwidth: () => '带宽',
    costPower: () => '板卡功率',
    costFigure: () => '数字',
    costUnit: () => '单位',
    costSource: () => '来源',
    costDevices: (v: Values) => `${s(v, 'count')} 种设备`,
    'costStatus-read': () => '已核对',
    'costStatus-quoted': () => '转引',
    'costStatus-computed': () => '计算',
    'costStatus-inferred': () => '推断',
    'costStatus-unverified': () => '未核实',
    'costStatus-absent': () => '未核对',
    costSeconds: (v: Values) => seconds(n(v, 'seconds')),
    costJoules: (v: Values) => `${number(n(v, 'joules'))} J`,
    costWay: () => '一步用',
    'costWay-fp32': () => 'FP32',
    'costWay-tf32': () => 'FP32，乘积用 TF32',
    'costWay-amp': () => 'FP16 autocast',
    costStep: () => '时间',
    costGain: () => '提升',
    costTokensSecond: () => 'token/s',
    costExamplesSecond: () => '样本/s',
    costEnergy: () => '能耗（估计）',
    costPart: () => '时间花在哪里',
    'costPart-products': () => '矩阵乘法',
    'costPart-attention': () => '注意力、softmax',
    'costPart-elementwise': () => '归一化、激活、求和',
    'costPart-loss': () => '损失（FP32）',
    'costPart-optimizer': () => '优化器（FP32）',
    'costPart-casts': () => '类型转换、反缩放',
    costBoundBy: () => '此后受限于',
    'costBound-arithmetic': () => '运算',
    'costBound-memory': () => '显存带宽',
    'costBound-launch': () => '启动',
    costOn: (v: Values) => `${s(v, 'model')}，批量 ${s(v, 'batch')}，${s(v, 'device')}`,
    costNetwork: () => '网络',
    costMeasure: () => '指标',
    costBaseline: () => '基准',
    costUnscaled: () => '混合，不缩放',
    costScaled: () => '混合，缩放',
    costBetterBy: () => '改善',
    costSigned: (v: Values) =>
      n(v, 'value') === 0 ? '0' : `${n(v, 'value') > 0 ? '+' : '−'}${number(Math.abs(n(v, 'value')))}`,
    costDiverges: () => '发散',
    costReported: () => '报道的内容',
    'evidence-ssd-zeros': (v: Values) =>
      `Multibox SSD：激活值梯度中 ${percent(n(v, 'zeros'))} 本来就是 0；损失缩放系数取 ${s(v, 'scale')} 就够了。`,
    'evidence-ssd-guide': (v: Values) =>
      `同一网络：${percent(n(v, 'zeros'))} 为 0，${percent(n(v, 'lost'))} 在 FP16 中变成 0，${percent(n(v, 'kept'))} 保留；× ${s(v, 'scale')} 后只丢 ${percent(n(v, 'left'))}。（三个比例之和超过 100 %。）`,
    'evidence-fp16-weights': (v: Values) =>
      `中文语音：只用 FP16 权重，准确率相对损失 ${percent(n(v, 'loss'))}；用 FP32 主权重则与 FP32 相当。约 ${percent(n(v, 'tiny'))} 的权重梯度小于 2^-24。`,
    'evidence-biglstm': (v: Values) =>
      `bigLSTM：不缩放时约 ${count(n(v, 'steps'), 'zh')}次迭代后发散；损失缩放系数取 ${s(v, 'scale')} 则与 FP32 相当。`,
    'evidence-t5-overflow': (v: Values) =>
      `T5 用 FP16：前馈层的输出 ${s(v, 'value')} 超过 ${s(v, 'largest')}，变成 Inf。任何损失缩放系数都无法解决。`,
    'evidence-t5-bf16': () => 'T5 团队全部使用 bfloat16 激活值训练。',
    'evidence-opt-scale': (v: Values) =>
      `OPT，${count(n(v, 'size'), 'zh')}参数，FP16：损失缩放系数跌到下限，梯度裁剪 2.5 → 1.5 → 1.0，重启数十次。`,
    'evidence-bloom-bf16': (v: Values) =>
      `BigScience：${count(n(v, 'failed'), 'zh')}参数的模型用 FP16 始终不稳定；${count(n(v, 'trained'), 'zh')}参数的 BLOOM 用 BF16 训练，不做损失缩放。`,
    'evidence-bloom-checkpoint': (v: Values) =>
      `BLOOM 的检查点：每参数 ${s(v, 'bytes')} 字节（BF16 权重、FP32 主权重与 Adam 状态），${s(v, 'size')} GiB。`,
    'evidence-kalamkar': () => 'BF16 用同样多的迭代达到 FP32 的结果，无需改超参数。',
    'evidence-zamirai': (v: Values) =>
      `BF16 权重就近舍入会抹去小的更新；随机舍入或 Kahan 补偿最多挽回 ${percent(n(v, 'gain'))} 的准确率（绝对值）。`,
    'evidence-skip': () => 'FP8 采用饱和；像 FP16 那样跳过更新，论文认为对 FP8 不合适。',
    'evidence-deepseek': (v: Values) =>
      `DeepSeek-V3：H800 累加 FP8 乘积约 ${s(v, 'bits')} 位，K = ${s(v, 'length')} 时误差 ${percent(n(v, 'error'))}；每 ${s(v, 'chunk')} 项提升到 FP32。损失与 BF16 相差不到 ${percent(n(v, 'loss'))}。`,
    costTask: (v: Values) => `${task(v)}：${s(v, 'results')} 个结果，${s(v, 'reports')} 条报道`,
    costUsedBy: () => '使用它的课',
    costCorrected: () => '错误或未能核实的引用',
    costCited: () => '引用',
    costHolds: () => '但是',
    costInstead: () => '应引用',
    'citation-1904': () => '未能核实',
    'citation-accumulation': () => '该论文没有讨论微批次累积',
    'citation-fig2': () => '该图是中文语音模型，不是 ResNet-50',
    'citation-threshold': () => '就近取偶时变成 0 的是 2^-25 及以下；2^-24 是可表示的值',
    'citation-ssd': () => '三个比例之和为 103.1 %：要写明用的是哪一个',
    'citation-a100-fp8': () => 'A100 没有 FP8；624 是它 2:4 稀疏的 FP16 峰值',
    frameworksPolicy: () => '策略',
    frameworksStart: () => '初值',
    frameworksGrows: () => '第几步增长',
    frameworksShrinks: () => '几次上溢才减',
    frameworksFactor: () => '乘以',
    frameworksFloor: () => '下限',
    frameworksCeiling: () => '上限',
    frameworksHeld: () => '保存为',
    frameworksName: () => '框架',
    frameworksOrder: () => '反向传播之后的顺序',
    frameworksClipper: () => '谁裁剪',
    'frameworksBy-framework': () => '框架',
    'frameworksBy-user': () => '用户',
    frameworksEpsilon: () => 'ε',
    frameworksClipped: () => '裁剪后范数',
    frameworksGrowing: () => '增长时',
    frameworksDivides: () => '除以 N 的是',
    'frameworksDivides-loss': (v: Values): string => (v['user'] === true ? '损失（用户）' : '损失'),
    'frameworksDivides-sum': () => '和，除以 N',
    'frameworksDivides-sum-by-size': () => '和，除以 token 数',
    frameworksKeeps: () => '保存为',
    frameworksUnevenMean: () => '3 + 1 → 2',
    frameworksSumError: () => '1024 × 0.001',
    frameworksLargeSum: () => '4 × 2^15',
    frameworksKnob: () => '设置',
    frameworksMethod: () => '方法',
    frameworksSmaller: () => '小几倍',
    frameworksCollective: () => 'all-…',
    frameworksRing: () => '环上几倍',
    frameworksFeedback: () => '误差反馈',
    frameworksHome: () => '见于',
    'frameworksTopic-scaling': () => '损失缩放',
    'frameworksTopic-clipping': () => '梯度裁剪与一步的顺序',
    'frameworksTopic-accumulation': () => '梯度累积',
    'frameworksTopic-compression': () => '梯度压缩',
    'param-device': () => '设备',
    'param-model': () => '模型',
    'param-batch': () => '批量',
    'metric-gain': () => '提升',
    'metric-gainTf32': () => '相对 TF32',
    'metric-peakRatio': () => 'FP16:FP32',
    'metric-memorySaved': () => '显存节省',
    'metric-saved': () => '节省',
    'metric-totalFp32': () => 'FP32，GiB',
    'metric-totalMixed': () => '混合，GiB',
  },
  options: {
    model: '网络：gpt2、gpt2-medium、gpt2-large、gpt2-xl、bert-base、resnet50、efficientnet-b0、7b、175b、mlp',
    params: '只给参数个数：7B、350M、1.5e9、70亿',
    layers: '自定义 GPT：层数',
    hidden: '其宽度，须为注意力头数的倍数',
    heads: '其注意力头数；不给则每 64 宽度一个',
    vocabulary: '其词表大小；不给则为 50257',
    positions: '其最长序列；不给则为 1024',
    batch: '一步中的样本数',
    sequence: '每个样本的 token 数；图像网络没有',
    optimizer: 'sgd、momentum 或 adam',
    recipe: '训练如何保存各种数：fp32、autocast、fp16-master、fp32-grads、bf16……',
    recompute: '重新计算的激活值：none（无）、selective（注意力）、full（全部）',
    ranks: '用 ZeRO 共同存放模型的设备数',
    device: '加速器：v100、t4、a100、rtx3090、h100、h200、b200、mi300x、tpuv3、tpuv4、ascend910',
    times: '要核对的说法：FP16 快多少倍',
    attention: 'plain，或 fused（融合：从不写出注意力分数，即 flash attention）',
    launch: '启动一个核函数的秒数；是假定，不是测量',
    topic: 'scaling（缩放）、clipping（裁剪）、accumulation（累积）或 compression（压缩）',
    task: 'image、detection、speech、language、large-models、bf16、fp8、time-series 或 all',
  },
}

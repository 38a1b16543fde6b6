/** The words of gradient compression. In Chinese. */
import type { compression as english } from '../en/compression.js'
import { brief, count, number, percent, power, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const under = (x: number): string => (x === 1 ? '' : `，损失 × ${scale(x)}`)

/** A distance as a share of the one at the start. */
const way = (x: number): string => (x < 10 ? percent(x) : `${number(x)} 倍`)

export const compression: typeof english = {
  errors: {},
  findings: {
    compressPlain: (v) => `${s(v, 'method')} 不带误差反馈：最后离最优点的距离为起点的 ${way(n(v, 'left'))}。`,
    compressFed: (v) =>
      `带误差反馈：为 ${way(n(v, 'fed'))}（不压缩：${percent(n(v, 'baseline'))}），字节数为 ${percent(n(v, 'share'))}。`,
    compressOnly: (v) =>
      `${s(v, 'method')}：最后离最优点的距离为起点的 ${way(n(v, 'left'))}（不压缩：${percent(n(v, 'baseline'))}），字节数为 ${percent(n(v, 'share'))}。`,
    compressVanished: (v) => {
      const advice = n(v, 'scale') === 1 ? '应在反缩放之前压缩：--scale 65536。' : ''
      return `${percent(n(v, 'share'))} 的非零梯度值在 16 位消息中变成 0${under(n(v, 'scale'))}。${advice}`
    },
    compressSkipped: (v) =>
      `${count(n(v, 'updates'), 'zh')} 次更新中最多跳过 ${count(n(v, 'skipped'), 'zh')} 次：交换后的梯度含 Inf 或 NaN。误差残差不受污染。`,
    compressGather: (v) =>
      n(v, 'workers') >= n(v, 'breakEven')
        ? `All-Gather：${s(v, 'workers')} 个节点时，通信量是全规约的 ${number(n(v, 'factor'))} 倍；少于 ${s(v, 'breakEven')} 个节点才节省。`
        : `All-Gather：${s(v, 'workers')} 个节点时，通信量为全规约的 ${percent(n(v, 'factor'))}；从 ${s(v, 'breakEven')} 个节点起反而更多。`,
    compressOrder: (v) => {
      const [small, large] = [power(n(v, 'small')), brief(n(v, 'large'))]
      return `${s(v, 'workers')} 个节点的 FP16 均值${under(n(v, 'scale'))}，先 ÷：${small} → ${power(n(v, 'preSmall'))}，${large} → ${brief(n(v, 'preLarge'))}；后 ÷：→ ${power(n(v, 'postSmall'))}，→ ${brief(n(v, 'postLarge'))}。`
    },
  },
  labels: {
    compressSubject: (v) =>
      `${s(v, 'workers')} 个节点，${s(v, 'dimension')} 个权重，条件数 ${brief(n(v, 'condition'))}`,
    compressDistances: () => '到最优点的距离，起点为 1（-ef：不带误差反馈）',
    compressUpdates: () => '更新次数',
    compressMark: () => '跳过更新',
    compressMethod: () => '方法',
    compressBytes: () => '每步字节',
    compressRatio: () => '压缩倍数',
    compressTime: (v) => `${count(n(v, 'parameters'), 'zh')}参数 ms`,
    compressDiverges: () => '发散',
    compressWith: () => '有反馈剩余',
    compressWithout: () => '无反馈剩余',
    'metric-subjectShare': () => '字节占比',
    'metric-baseline': () => '不压缩剩余',
    'metric-withFeedback': () => '有反馈剩余',
    'metric-withoutFeedback': () => '无反馈剩余',
    'metric-rawBytes': () => '不压缩的字节',
    'metric-bytes': () => '每步字节',
    'metric-ratio': () => '压缩倍数',
    'metric-rawTime': () => '不压缩 ms',
    'metric-time': () => '每步 ms',
    'metric-breakEven': () => '不再节省的节点数',
    'metric-vanished': () => '传输中变成 0',
    'metric-preSmall': () => '先 ÷ n，2^-24',
    'metric-postSmall': () => '后 ÷ n，2^-24',
    'metric-preLarge': () => '先 ÷ n，1e4',
    'metric-postLarge': () => '后 ÷ n，1e4',
    'param-methods': () => '方法',
    'param-workers': () => '节点',
    'param-dimension': () => '权重数',
    'param-condition': () => '条件数',
    'param-spread': () => '数据差异',
    'param-magnitude': () => '梯度大小',
    'param-latency': () => '延迟 µs',
    'param-bandwidth': () => 'Gbit/s',
  },
  options: {
    methods:
      '用逗号分隔，或 all：none、fp16:pre|post、bf16、int8、qsgd:4、terngrad、sign、efsign、threshold:0.1、topk:0.05（或个数）、randomk:0.05、dgc:0.05、powersgd:2；-ef 不带误差反馈，+ef 带',
    workers: '交换梯度的节点数',
    firstRate: '初始学习率，以 1 / 最大曲率为单位；线性降到 0',
    dimension: '问题的权重数',
    condition: '最大曲率与最小曲率之比',
    spread: '各节点数据的差异：在共同最优点处各自梯度的标准差',
    dgcWarmup: 'DGC 预热时每一档比例的更新次数：25、6.3、1.5、0.4、0.1 %；0 为不预热',
    magnitude: '梯度的大小：1e-6 使其小如大型网络的梯度',
    parameters: '按多少个参数计算时间',
    latency: '相邻节点间的延迟，微秒',
    bandwidth: '相邻节点间的带宽，Gbit/s',
  },
}

/** The words of real trainings in simulated precision. In Chinese. */
import type { training as english } from '../en/training.js'
import { count, number, percent, scale } from '../numbers.js'
import { bytes } from '../units.js'
import { monitor } from './monitor.js'
import { measureNames } from './tasks.js'

type Values = Readonly<Record<string, number | string | boolean>>
type Unknowns = Readonly<Record<string, unknown>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** What the first measure of a task is called in a sentence. */
const measures: Readonly<Record<string, string>> = {
  accuracy: '准确率',
  testLoss: '测试损失',
  ...measureNames,
  loss: '损失',
}

const measured = (v: Values, key: string): string => (v['as'] === 'percent' ? percent(n(v, key)) : number(n(v, key)))
const measureName = (v: Values): string => measures[s(v, 'measure')] ?? s(v, 'measure')
const run = (v: Values): string => s(v, 'recipe')

const causes: Readonly<Record<string, (v: Values) => string>> = {
  gradients: (v) => `${percent(n(v, 'lost'))} 的梯度下溢归零`,
  updates: (v) => `${percent(n(v, 'lostUpdates'))} 的更新没有改变权重`,
  skips: (v) => `跳过了 ${count(n(v, 'skipped'), 'zh')} 步`,
  overflow: () => '梯度上溢',
}

/** What happened to a run that is worse, and to one that is not as well: no cause, then. */
const shared: Readonly<Record<string, (v: Values) => string>> = {
  'gradients-shared': (v) =>
    `${percent(n(v, 'lost'))} 的梯度下溢归零，但 ${s(v, 'like')} 也有 ${percent(n(v, 'likeShare'))}`,
  'updates-shared': (v) =>
    `${percent(n(v, 'lostUpdates'))} 的更新没有改变权重，但 ${s(v, 'like')} 也有 ${percent(n(v, 'likeShare'))}`,
}

/** How far one may be off: points of a percentage, or in the measure's own unit. */
const room = (v: Values): string =>
  v['as'] === 'percent' ? `${number(100 * n(v, 'room'), 2)} 百分点` : number(n(v, 'room'), 2)

/** Names of recipes in a row, as Chinese writes them. */
const row = (v: Values, key: string): string => s(v, key).replaceAll(', ', '、')

/** A count with its unit, without the blank that follows a Chinese unit of counting. */
const many = (x: number, unit: string): string => `${count(x, 'zh')} ${unit}`.replace(/([万亿]) /, '$1')

const alarmWord = (code: string): string =>
  (monitor.labels as unknown as Readonly<Record<string, () => string>>)[`monitor-alarm-${code}`]?.() ?? code

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join('、') : String(values))

const place = (v: Unknowns): string => (v['line'] === undefined ? '' : `${v['file']}:${v['line']}:${v['column']} `)

const problems: Readonly<Record<string, (v: Unknowns) => string>> = {
  unknown: (v) =>
    v['suggestion'] === undefined
      ? `没有这个配方；可用的有 ${list(v['allowed'])}，以及 .yaml 文件。`
      : `没有这个配方；是不是想写 ${v['suggestion']}？`,
  'narrow-master': (v) =>
    `${v['master']} 的主权重装不下 ${v['param']} 权重的所有值；请用 fp32，或另一种包含 ${v['param']} 全部值的格式。`,
  'unused-master': (v) =>
    `“master: ${v['master']}” 在 “weights: ${v['weights']}” 下不起作用，只用于 master 或 stochastic；请去掉其中一项。`,
  'no-numbers': (v) => `“${v['key']}” 的格式 ${v['format']} 没有符号或没有零，它用于块的缩放系数；训练两者都需要。`,
  'gpu-mixed': (v) =>
    `${v['gpu']} 累加乘积的模型只适用于同一种格式的操作数，不适用于反向传播中 ${v['forward']} 与 ${v['backward']} 的乘积。可用 fp8-e4m3/${v['gpu']}：前向与反向都用 ${v['forward']}。`,
  'gpu-blocks': (v) =>
    `${v['gpu']} 累加块格式（${v['forward']}）的乘积尚无模型；请去掉 ${v['gpu']}，或试 fp16-amp/${v['gpu']}，FP8 可试 fp8-e4m3/h100。`,
  empty: () =>
    '文件是空的。它应含一个配方（base: fp16-amp 及不同之处）、一个配方列表，或一个调度：- { from: 0, recipe: fp16-amp } ……',
  'too-wide': (v) => `“${v['key']}” 的格式 ${v['format']} 有 FP32 没有的值；训练以 FP32 承载。`,
  accumulate: (v) =>
    `“${v['value']}” 不是累加乘积的方式；可写 fp32、fp16、fp16:64、fp16:kahan，或某种 GPU：v100、h100、v100:fp16。`,
  blocks: (v) =>
    `“${v['value']}” 不是按块舍入的方式；可写 mxfp8-e4m3fn、mxfp8-e4m3fn:rceil、nvfp4 或 nvfp4:stochastic。`,
  name: () => '名称由字母、数字、空格、点、- 和 _ 组成，以字母或数字开头。',
  taken: () => '已有同名的配方；请换一个名称。',
  'half-fp8': () => 'forward 与 backward（FP8 操作数的格式）要么都给，要么都不给。',
  'delayed-loss': () => '延迟缩放用于 FP8 张量（forward、backward），不用于损失。',
  stage: (v) => `“${v['value']}” 不是一个阶段；调度写作 fp16-amp+fp32@200。`,
  'first-stage': () => '调度的第一个配方从第 0 步开始。',
  order: (v) => `后一个配方从第 ${v['value']} 步开始；步数应为递增的整数。`,
}

const refusals: Readonly<Record<string, (v: Unknowns) => string>> = {
  ignored: (v) =>
    `--${v['option']} 对任务 ${v['task']} 不起作用${Array.isArray(v['tasks']) ? `，只用于 ${list(v['tasks'])}` : ''}。`,
  'record-kind': (v) =>
    `--record ${v['file']}：文件的扩展名决定记录什么，可用 ${list(v['allowed'])}：.json 按 2 的幂计数，其余两种保存全部梯度。`,
  'record-host': (v) => `--record ${v['file']}：只有命令行能写文件。`,
  'record-large': (v) =>
    `--record ${v['file']}：${bytes(Number(v['bytes']))}、${count(Number(v['tensors']), 'zh')} 个张量太多了；这里至多 ${bytes(Number(v['limit']))}、${count(Number(v['most']), 'zh')} 个。可试 --every ${v['every']}，或改用很小的 .json。`,
}

export const training: typeof english = {
  errors: {
    'wrong-recipe': (v: Unknowns): string =>
      `${place(v)}配方 “${v['recipe']}”：${problems[String(v['problem'])]?.(v) ?? String(v['problem'])}`,
    'wrong-training': (v: Unknowns): string => refusals[String(v['problem'])]?.(v) ?? String(v['problem']),
  },
  findings: {
    'train-broken': (v: Values): string =>
      `${run(v)} 在第 ${count(n(v, 'step'), 'zh')} 步崩溃：权重变成 NaN 或 Inf，再也回不来。`,
    'train-broken-epsilon': (v: Values): string =>
      `${run(v)} 在第 ${count(n(v, 'step'), 'zh')} 步崩溃：Adam 的 ε ${number(n(v, 'epsilon'))} 在它的格式中是 0，0/0 得 NaN。`,
    'train-gave-up': (v: Values): string =>
      `${run(v)}：缩放器在第 ${count(n(v, 'step'), 'zh')} 步放弃，损失缩放系数已不能再降。`,
    'train-worse': (v: Values): string => {
      const cause = causes[s(v, 'cause')]
      const what = `${measureName(v)} ${measured(v, 'value')}，FP32 为 ${measured(v, 'twin')}`
      const also = shared[s(v, 'cause')]
      return also ? `${run(v)}：${what}；${also(v)}。` : `${run(v)}：${cause ? `${cause(v)}；` : ''}${what}。`
    },
    'train-twin-fails': (v: Values): string =>
      `这里 FP32 自己也学不会（损失 ${number(n(v, 'start'))} → ${number(n(v, 'end'))}），问题不在数值精度。换一个 --lr，或增加 --steps。`,
    'train-twin-idle': (v: Values): string =>
      `${count(n(v, 'steps'), 'zh')} 步之后 FP32 自己也不比不用网络好（${measureName(v)} ${measured(v, 'twin')} 与 ${measured(v, 'naive')}）：请增加 --steps。`,
    'train-uncleared': (v: Values): string =>
      `${row(v, 'names')} 从不清零梯度：${measureName(v)}至多 ${measured(v, 'value')}，而非 ${measured(v, 'twin')}。`,
    'train-hidden': (v: Values): string =>
      `${row(v, 'names')} 只是碰巧无事：每次 unscale_ 都把残留的梯度除以 ${scale(n(v, 'scale'))}。`,
    'train-same': (v: Values): string =>
      `与 FP32 一样好（${measureName(v)} ${measured(v, 'twin')} ± ${room(v)}）：${row(v, 'names')}。`,
    'train-with-idle': (v: Values): string =>
      `加上这些之后，FP32 在 ${count(n(v, 'steps'), 'zh')} 步后也不比不用网络好（${measureName(v)} ${measured(v, 'twin')} 与 ${measured(v, 'naive')}）。`,
    'train-clip-idle': (v: Values): string =>
      `clip ${number(n(v, 'clip'))} 从未起作用，与不裁剪的 (fp32) 相同：梯度范数不超过 ${number(n(v, 'norm'))}。可试 --clip ${number(n(v, 'half'), 1)}`,
    'train-naive': (v: Values): string =>
      v['data'] === 'seattle'
        ? '（不用网络）：气温保持最后一天的值。'
        : '（不用网络）：CO2 取一年前的值加一年来的增量。',
    'train-techniques': (v: Values): string =>
      `加上 ${row(v, 'words')}：${measureName(v)} ${measured(v, 'value')}，原样 (fp32) 为 ${measured(v, 'plain')}${n(v, 'sent') > 0 ? `；每个节点每步发送 ${many(Math.round(n(v, 'sent')), '字节')}，梯度共 ${many(n(v, 'dense'), '字节')}` : ''}。`,
    'train-alone': (v: Values): string =>
      `单独使用：${['accumulate', 'exchange', 'clip'].flatMap((one) => (v[one] === undefined ? [] : [`${s(v, `name-${one}`)} → ${measured(v, one)}`])).join('，')}。`,
    'train-late': (v: Values): string =>
      `${run(v)}：${s(v, 'stage')} 应从第 ${count(n(v, 'from'), 'zh')} 步开始，而一共只有 ${count(n(v, 'steps'), 'zh')} 步。`,
    'train-weight': (v: Values): string =>
      `损失 × ${number(n(v, 'weight'))}：梯度像大网络中那样小。原样训练：--loss-weight 1`,
    'train-alarm': (v: Values): string =>
      `监控从第 ${count(n(v, 'step'), 'zh')} 步起报警：${alarmWord(s(v, 'alarm'))}（${row(v, 'names')}）。`,
    'train-sample': (v: Values): string => `${run(v)} 写出：${s(v, 'text')}`,
  },
  labels: {
    'train-subject': (v: Values): string =>
      `${many(n(v, 'parameters'), '个')}参数，${s(v, 'data')}，${count(n(v, 'steps'), 'zh')} 步，每步 ${s(v, 'batch')} 个样本，${s(v, 'optimizer')}`,
    'train-written': (v: Values): string => `${s(v, 'recipe')}*`,
    'train-plain': (v: Values): string => `(${s(v, 'recipe')})`,
    'train-alike': (v: Values): string => row(v, 'names'),
    'train-loss': (): string => '损失',
    'train-losses': (): string => '各步的损失',
    'train-recipe': (): string => '配方',
    'train-loss-of': (v: Values): string =>
      `${({ discriminator: '判别器', generator: '生成器' } as Readonly<Record<string, string>>)[s(v, 'phase')] ?? s(v, 'phase')}各步的损失`,
    'train-skipped': (): string => '跳过',
    'train-overflows': (): string => 'Inf',
    'train-lost': (): string => '梯度→0',
    'train-lost-updates': (): string => 'w+Δ=w',
    'train-drawn': (): string => '随机',
    'train-scale': (): string => '系数',
    'train-bytes': (): string => '字节/w',
    'train-sent': (): string => '通信字节',
    'train-histogram': (v: Values): string => `各层梯度，${s(v, 'recipe')}，${s(v, 'steps')} 步`,
    'trainMeasure-accuracy': (): string => '准确率',
    'trainMeasure-testLoss': (): string => '测试损失',
  },
  options: {
    'train.task': '训练什么：simple、image、text、classify（微调文本分类）、series、gan',
    data: '用该任务的哪个数据集：digits 或 fashion，moby-dick 或 shijing，co2 或 seattle',
    'train.recipes':
      '要比较的配方，FP32 总在其中：pure-fp16、fp16-amp、bf16-sr……，all，或 .yaml 文件；fp16-amp+fp32@200 表示在第 200 步换配方，fp16-amp/h100、fp8-e4m3/h100 表示像该 GPU 那样累加乘积',
    loops: 'repaired（每步清零梯度）、written（从不清零：缺少 zero_grad），或 all',
    'train.steps': '更新的次数',
    epochs: '遍历数据的次数，代替 steps',
    'train.batch': '每次更新的样本数',
    'train.lr': '学习率',
    'train.optimizer': '优化器：sgd、momentum、nesterov、adam、adamw',
    momentum: '带动量的 sgd 的动量',
    lossWeight: '损失乘以的权重；小权重使梯度像大网络中那样小',
    clip: '把梯度的范数裁剪到这个值；梯度的大小随 --loss-weight 而变',
    accumulate: '每次更新的微批次数',
    compress: '各工作节点怎样交换梯度：topk:0.01、powersgd:2、fp16……',
    'train.workers': '分担每个批次的工作节点数',
    units: '网络的宽度：隐藏单元数，第一层卷积的通道数',
    depth: '隐藏层数',
    every: '每 N 步统计一次各层的梯度，并画出来',
    'train.format': '这些直方图按哪种格式划分区域',
    record:
      '把 FP32 训练的梯度写入 FILE：.json 按 2 的幂计数（其他课程用 --profile FILE），.npy 或 .safetensors 保存全部（用 --input FILE）；默认均匀记录 50 步左右，--every N 则每 N 步一次',
  },
}

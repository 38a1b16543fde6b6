/** The words of the tasks that are trained: text, series, GAN. In Chinese. */
import type { tasks as english } from '../en/tasks.js'
import { count, scale } from '../numbers.js'

/** What the measures of these tasks are called in a sentence. */
export const measureNames: Readonly<Record<string, string>> = {
  bits: '每字符比特数',
  forecastError: '预测误差',
  modes: '命中的簇数',
  quality: '落在簇内的点',
}

export const tasks: typeof english = {
  errors: {},
  findings: {
    'train-phases': (v) =>
      `${v['recipe']} 共用一个缩放器：判别器跳过 ${count(Number(v['discriminator']), 'zh')} 步，生成器跳过 ${count(Number(v['generator']), 'zh')} 步；缩放系数在其中 ${count(Number(v['skipped']), 'zh')} 步各减半一次，从 ${scale(Number(v['from']))} 到 ${scale(Number(v['to']))}。`,
  },
  labels: {
    'trainMeasure-bits': () => '比特/字',
    'trainMeasure-forecastError': () => '误差',
    'trainMeasure-modes': () => '簇',
    'trainMeasure-quality': () => '命中',
    'train-set-real': () => '真实',
    'train-set-generated': () => '生成',
    'train-set-both': () => '重合',
    'train-set-measured': () => '实测',
    'train-set-forecast': () => '预测',
    'train-no-network': () => '（不用网络）',
    'train-time': (v) => (v['data'] === 'seattle' ? '天' : '年'),
    'train-y-series': () => '',
    'train-forecasts': () => '对网络从未见过的数据的预测',
  },
  options: {
    variant: '任务 text 的变体：language（预测下一个字符）或 classify（这句话出自何处）',
  },
}

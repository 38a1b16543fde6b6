/** The words of `fpsim explain`, in Chinese. */
import type { explain as english } from '../en/explain.js'

type Values = Readonly<Record<string, number | string | boolean>>

const s = (v: Values, key: string): string => String(v[key])
const names = (v: Values): string =>
  `${s(v, 'names').replaceAll(', ', '、')}${Number(v['more']) > 0 ? ` 等（另有 ${v['more']} 种）` : ''}`

const verdicts: Readonly<Record<string, string>> = {
  false: '错',
  depends: '看情况',
  true: '对',
  open: '无法判定',
}

export const explain: typeof english = {
  errors: {},
  findings: {
    explainText: (v) => s(v, 'text'),
    explainFor: (v) => `优点：${s(v, 'text')}`,
    explainAgainst: (v) => `缺点：${s(v, 'text')}`,
    explainWhen: (v) => `适用：${s(v, 'text')}`,
    explainClaim: (v) => `说法 ${s(v, 'id')}（${verdicts[s(v, 'verdict')]}）：${s(v, 'statement')}`,
    explainSeeAlso: (v) => `参见：${s(v, 'terms').replaceAll(', ', '、')}`,
    explainSource: (v) => `出处：${s(v, 'sources')}`,
    explainMetricNow: (v) => `${s(v, 'name')} = ${s(v, 'written')}，刚刚由 fpsim ${s(v, 'lesson')} 算出`,
    explainAsked: (v) => `${s(v, 'lesson')} 的提问：${s(v, 'text')}`,
    explainMoreClaims: (v) => `另有 ${s(v, 'count')} 条说法`,
    explainFindingNow: (v) => `刚刚由 fpsim ${s(v, 'command')} 打印：`,
    explainFindingNever: () => '各课按自己的参数运行时不打印这一句；… 处由运行填入。',
    explainCounted: (v) =>
      `${s(v, 'terms')} 个术语。fpsim explain TERM 打开一个，中英文名称皆可；也可以是数（65504）、指标、结论、说法；--search TEXT 搜索全部文字。`,
    explainHits: (v) =>
      `有 ${s(v, 'hits')} 处含有 “${s(v, 'query')}”；fpsim explain NAME 可逐一打开，卡片用 fpsim interview NAME，练习用 fpsim exercise show NAME。`,
    explainMoreHits: (v) => `… 另有 ${s(v, 'count')} 处，--json 列出全部。`,
    'fact-largest': (v) => `${s(v, 'value')}：${names(v)} 的最大有限值。`,
    'fact-overflowsFrom': (v) => `${s(v, 'value')}：就近舍入时，${names(v)} 从这里开始上溢。`,
    'fact-keptUpTo': (v) => `${s(v, 'value')}：${names(v)} 舍入到最大值的最后一个数，再大就上溢。`,
    'fact-smallestNormal': (v) => `${s(v, 'value')}：${names(v)} 的最小规格化数。`,
    'fact-smallest': (v) => `${s(v, 'value')}：${names(v)} 的最小正数。`,
    'fact-zeroUpTo': (v) => `${s(v, 'value')}：不大于它的正数在 ${names(v)} 中都舍入为 0，恰在中间的也算。`,
    'fact-epsilon': (v) => `${s(v, 'value')}：${names(v)} 的机器精度（eps），即 1 之后的步长。`,
    'fact-unitRoundoff': (v) => `${s(v, 'value')}：${names(v)} 的单位舍入误差，即最大的相对舍入误差。`,
    'fact-integersUpTo': (v) =>
      `${s(v, 'value')}：不大于它的整数在 ${names(v)} 中都能表示；1 + 1 + 1 + … 停在这里，更新量小到权重的这么多分之一就可能丢失。`,
    'fact-firstLostInteger': (v) => `${s(v, 'value')}：${names(v)} 无法表示的第一个整数。`,
    'fact-alwaysLost': (v) => `${s(v, 'value')}：在 ${names(v)} 中，更新量小到权重的这么多分之一就必定丢失。`,
    'fact-squareOverflowsFrom': (v) => `${s(v, 'value')}：${names(v)} 中平方会上溢的最小值。`,
    'fact-expOverflowsAbove': (v) => `${s(v, 'value')}：x 从这里开始，exp(x) 在 ${names(v)} 中上溢。`,
    'fact-expZeroBelow': (v) => `${s(v, 'value')}：x 不大于它时，exp(x) 在 ${names(v)} 中变成 0。`,
    'fact-bias': (v) => `${s(v, 'value')}：${names(v)} 的阶码偏置。`,
    'fact-initScale': (v) => `${s(v, 'value')}：${names(v)} 的初始损失缩放系数。`,
    'fact-growthFactor': (v) => `${s(v, 'value')}：${names(v)} 的增长因子。`,
    'fact-backoffFactor': (v) => `${s(v, 'value')}：${names(v)} 的回退因子。`,
    'fact-growthInterval': (v) => `${s(v, 'value')}：${names(v)} 的增长间隔，即系数增大之前的正常步数。`,
    'fact-minScale': (v) => `${s(v, 'value')}：${names(v)} 的损失缩放系数下限。`,
    'fact-maxScale': (v) => `${s(v, 'value')}：${names(v)} 的损失缩放系数上限。`,
  },
  labels: {
    explainNumber: () => '一个数',
    explainFormat: () => '一种格式',
    explainMetric: () => '一个指标',
    explainFinding: () => '一句结论',
    explainLesson: () => '一课',
    explainRunner: () => '机制',
    explainWritten: () => '写法',
    explainLessons: () => '课程',
    explainKind: () => '类别',
    explainName: () => '名称',
    explainWords: () => '内容',
    'explain-term': () => '术语',
    'explain-claim': () => '说法',
    'explain-lesson': () => '课程',
    'explain-card': () => '卡片',
    'explain-exercise': () => '练习',
    'explain-metric': () => '指标',
    'explain-finding': () => '结论',
    'style-percent': () => '百分比',
    'style-count': () => '个数',
    'style-number': () => '数值',
    'style-power': () => '2 的幂',
    'style-exact': () => '全部数字',
    'style-hex': () => '十六进制',
    'style-bits': () => '二进制位',
    'style-text': () => '文字',
  },
  options: {
    'check.from': '自己的文件夹：其中的文件，以及子文件夹 claims、exercises、cards、terms 中的文件',
    'explain.search': '列出文字中含有这些词的全部术语、说法、课程、指标和结论',
  },
}

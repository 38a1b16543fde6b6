/** The words of other libraries' semantics, in Chinese. */
import type { libraries as english } from '../en/libraries.js'
import { shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const known: Readonly<Record<string, string>> = {
  ran: '已实际运行，逐一比对',
  built: '编译后试过个别值',
  read: '读过源码，未运行',
  table: '公布的格式上下限；此处不含转换规则',
}

/** 'fp16 2, e4m3fn 5' */
const differing = (v: Values): string =>
  s(v, 'families')
    .split(', ')
    .map((one) => one.replace(' ', ' 有 '))
    .join(' 种，')
    .concat(' 种不同结果')

export const libraries: typeof english = {
  errors: {},
  findings: {
    librariesDiffer: (v: Values) => `${s(v, 'value')} 在其他库的 ${s(v, 'types')} 种类型中：${differing(v)}。`,
    librariesAgree: (v: Values) => `${s(v, 'value')}：其他库的 ${s(v, 'types')} 种类型，每种格式结果相同。`,
    librariesAlone: (v: Values) =>
      n(v, 'types') === 0
        ? `${s(v, 'value')}：其他库的结果均未核实。`
        : `${s(v, 'value')}：其他库中${n(v, 'types') === 1 ? '只有一种类型' : '每种格式只有一种类型'}经过核实，无从比较。`,
    librariesSource: (v: Values) =>
      `${s(v, 'library')}：${s(v, 'source')}（${known[s(v, 'known')] ?? s(v, 'known')}）。`,
    librariesValue: (v: Values) => s(v, 'value'),
    librariesOpen: (v: Values) => `未经核实，故不列出：${s(v, 'types').replaceAll(', ', '、')}。`,
  },
  labels: {
    librariesFormat: () => '格式',
    librariesLibrary: () => '库',
    librariesType: () => '类型',
    librariesGives: () => '结果',
    librariesWho: () => '库',
    librariesWhy: () => '原因',
    librariesKnown: () => '依据',
    librariesUnverified: () => '未核实',
    'librariesWhy-nan': () => 'NaN 仍为 NaN',
    'librariesWhy-nan-less': () => '没有 NaN',
    'librariesWhy-infinite': () => '输入为 Inf',
    'librariesWhy-double-rounding': () => '先舍入到 float32，共两次',
    'librariesWhy-scale': () => '恰在中间时向上',
    'librariesWhy-beyond': (v: Values) => `超过最大值 ${shortest(n(v, 'top'))}`,
    'librariesWhy-saturates': (v: Values) => `饱和为 ${shortest(n(v, 'top'))}`,
    'librariesWhy-range': (v: Values) => `最大值 ${shortest(n(v, 'top'))}`,
    'librariesWhy-no-subnormals': () => '没有次正规数',
    'librariesWhy-exact': () => '精确',
    'librariesWhy-nearest': () => '就近舍入',
    'librariesKnown-ran': () => '运行',
    'librariesKnown-built': () => '编译',
    'librariesKnown-read': () => '源码',
    'librariesKnown-table': () => '上下限',
  },
  options: {
    as: '其他库如何转换这个数：torch、numpy、ml_dtypes、onnx、ocp、cpfloat、chop，可用逗号给出多个，或 all',
  },
}

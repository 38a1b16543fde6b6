/** The words of block formats, in Chinese. */
import type { blocks as english } from '../en/blocks.js'
import { brief, count, number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

export const blocks: typeof english = {
  errors: {},
  findings: {
    'blocks-outlier': (v: Values) =>
      `块中最大的值 × ${brief(n(v, 'times'))} 之后，同块其他值在 ${s(v, 'format')} 中有 ${percent(n(v, 'beside'))} 变成 0，此前为 ${percent(n(v, 'alone'))}。`,
    'blocks-rule': (v: Values) =>
      `${s(v, 'rule')} ${n(v, 'cut') > 0 ? `使 ${percent(n(v, 'cut'))} 的块里最大的值被截断` : '不截断任何值'}，误差为 ${percent(n(v, 'error'))}；${v['best'] === v['rule'] ? '没有规则误差更小' : `用 ${s(v, 'best')} 为 ${percent(n(v, 'least'))}`}。`,
    'blocks-e4m3': (v: Values) =>
      `E4M3 的缩放系数不限于 2 的幂：误差为 ${percent(n(v, 'error'))}，${percent(n(v, 'lost'))} 变成 0。`,
    'blocks-chance': (v: Values) =>
      n(v, 'draws') === 1
        ? `随机舍入一次，误差为 ${percent(n(v, 'once'))}；就近舍入为 ${percent(n(v, 'nearest'))}。`
        : `随机舍入：单次误差为 ${percent(n(v, 'once'))}，${s(v, 'draws')} 次的平均为 ${percent(n(v, 'mean'))}${n(v, 'cutOff') > n(v, 'mean') / 4 ? `，仅截断一项就有 ${percent(n(v, 'cutOff'))}` : `。就近舍入每次都是 ${percent(n(v, 'nearest'))}`}。`,
    'blocks-alone': () => '每 32 个值中不为 0 的都只有一个：离群值不会使别的值变成 0。',
    'blocks-nonfinite': (v: Values) =>
      `有 ${count(n(v, 'nonfinite'), 'zh')} 个值是 NaN 或 Inf，这里当作 0；在 MX 格式中，它们所在的整块都会变成 NaN。`,
    'blocks-first': (v: Values) => `只看前 ${count(n(v, 'count'), 'zh')} 个值。`,
    'blocks-follow': (v: Values) => {
      const head = `跟踪一个值 ${number(n(v, 'x'))}：块中最大的是 ${number(n(v, 'amax'))}`
      if (n(v, 'factor') === 0) return `${head}，缩放系数本身对 E4M3 来说太小，变成 0。`
      const scale =
        v['power'] === ''
          ? `${v['twoScales'] === true ? '两级系数之积' : '缩放系数'}为 ${number(n(v, 'factor'))}`
          : `缩放系数为 ${s(v, 'power')}（${s(v, 'rule')}）`
      return `${head}，${scale}，${number(n(v, 'x'))} ÷ 系数 = ${number(n(v, 'quotient'))} → 0，不超过步长 2^${s(v, 'smallest')} 的一半。`
    },
  },
  labels: {
    'blocks-subject': (v: Values) => `${count(n(v, 'count'), 'zh')} 个值，${s(v, 'source')}`,
    'blocks-chart': () => '32 个值中有一个变大时，其他值变成 0 的比例',
    'blocks-times': () => '倍',
    'blocks-bits': () => '每值位数',
    'blocks-error': (v: Values) => `误差 ${s(v, 'rule')}`,
    'blocks-lost': () => '变成 0',
    'blocks-beside': (v: Values) => `一个 × ${brief(n(v, 'times'))}`,
    'blocks-element': () => '元素',
    'blocks-size': () => '块',
    'blocks-scale': () => '缩放系数',
    'blocks-tensorScale': () => '整个张量',
    'blocks-largest': () => '最大元素',
    'blocks-formats': () => '块格式：若干元素共用一个缩放系数',
  },
  options: {
    'mx-blocks.format': '要看的块格式',
    'mx-blocks.scale': '怎样由最大的值得出 2 的幂系数：floor、ceil、even、rceil',
    'mx-blocks.outlier': '32 个值中最大的一个变为多少倍；1：不变',
    'mx-blocks.draws': '随机舍入多少次',
  },
}

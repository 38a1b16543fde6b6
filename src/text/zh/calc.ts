/** `fpsim calc` 的用语：答案、表格、笔算，以及表达式的错误。 */
import type { calc as english } from '../en/calc.js'
import { number, shortest } from '../numbers.js'

type Values = Readonly<Record<string, unknown>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const fateWords: Readonly<Record<string, string>> = {
  exact: '精确',
  rounded: '已舍入',
  subnormal: '次正规数',
  underflow: '下溢归零',
  overflow: '上溢',
  saturated: '截到最大值',
  nan: 'NaN',
}

/** 按舍入方式的规则说明往哪边舍入。 */
function decide(v: Values): string {
  const { rounding, part, odd, negative } = v
  if (part === 'none') return '没有被截去的位：精确'
  const stays = '不进位'
  const away = '远离零进一个 ulp'
  const last = `末位为 ${odd ? 1 : 0}`
  if (rounding === 'toward-zero') return `向零：${stays}`
  if (rounding === 'up') return negative ? `向上，且为负：${stays}` : `向上，且为正：${away}`
  if (rounding === 'down') return negative ? `向下，且为负：${away}` : `向下，且为正：${stays}`
  if (rounding === 'to-odd') return `不精确，${last}：${odd ? stays : `${away}，成为奇数`}`
  if (rounding === 'stochastic') {
    const up = n(v, 'random') < n(v, 'fraction')
    return `随机数 ${number(n(v, 'random'), 4)} ${up ? '<' : '≥'} 余下部分 ${number(n(v, 'fraction'), 4)}：${up ? away : stays}`
  }
  if (part === 'below') return `不到半个 ulp：${stays}`
  if (part === 'above') return `超过半个 ulp：${away}`
  if (rounding === 'nearest-away') return `恰好一半：${away}`
  return `恰好一半，${last}：${odd ? `${away}，取偶` : `${stays}，已是偶数`}`
}

export const calc: typeof english = {
  labels: {
    calcExpression: () => '表达式',
    calcSoFar: () => '到此为止，与不作任何舍入的值相比',
    calcTruth: () => '真值',
    calcPaper: (v: Values) => `#${s(v, 'step')} 笔算：${s(v, 'text')}`,
    calcDigits: () => '二进制',
    calcAligned: (v: Values) => `对齐后的 ${s(v, 'name')}`,
    calcShift: (v: Values) => `右移 ${s(v, 'moved')} 位`,
    calcExactSum: () => '精确和',
    calcExactProduct: () => '精确积',
    calcExponentsAdd: () => '指数相加',
    calcExactQuotient: () => '精确商',
    calcExponentsSubtract: () => '指数相减',
    calcNumber: () => '原数',
    calcNormalised: () => '规格化后',
    calcSeries: () => '级数的上下界一致到更多位，然后只舍入一次',
    calcKept: () => '保留',
    calcBits: () => '保护、舍入、粘滞位',
    calcDecide: decide,
    calcResultRow: () => '结果',
    calcEquals: (v: Values) => `= ${shortest(n(v, 'value'))}，${fateWords[s(v, 'fate')] ?? s(v, 'fate')}`,
    calcBeyond: (v: Values) => `= ${shortest(n(v, 'value'))}：超过最大值 ${shortest(n(v, 'largest'))}`,
    calcValue: (v: Values) => `= ${shortest(n(v, 'value'))}`,
    calcSpecial: (v: Values) => `= ${shortest(n(v, 'value'))}：特殊规则，没有要舍入的位`,
  },
  findings: {
    calcFunctions: () => 'exp 和 log 先用足够多的位（128 位以上）夹出上下界，再舍入一次。',
    calcAnswer: (v: Values) => {
      const { text, format, value, code, exact, float64 } = v
      const error = n(v, 'error')
      const off = Number.isNaN(error)
        ? ''
        : error === 0
          ? '最终没有误差。'
          : `误差 ${number(error)}，即 ${number(n(v, 'ulps'))} ulp。`
      const truth = exact === '' ? '' : `；真值 ${exact}`
      return `在 ${format} 中 ${text} = ${value}（${code}），舍入 ${s(v, 'roundings')} 次；float64 得 ${float64}${truth}。${off}`
    },
  },
  problems: {
    empty: () => '没有可计算的内容。试试 (1 + 2^-11) * 3 - 0.1',
    unfinished: () => '表达式不完整：缺少操作数或右括号。',
    unexpected: (v: Values) => `此处不应有 "${s(v, 'value')}"；前面可能缺少运算符。`,
    character: (v: Values) => `"${s(v, 'value')}" 在此没有意义；可用数、+ - * /、括号、sqrt、fma、exp 和 log。`,
    power: () => '^ 只用于写成幂的数，即整数 ^ 整数：2^-11。',
    'not-a-number': (v: Values) => `"${s(v, 'value')}" 不是数。可写 65536、2^16、1e4 或 0x1p16。`,
    'unknown-name': (v: Values) =>
      v['suggestion'] === undefined
        ? `未知的 "${s(v, 'value')}"；可用 ${(v['allowed'] as string[]).join('、')}。`
        : `未知的 "${s(v, 'value')}"；是否指 ${s(v, 'suggestion')}？`,
    'not-called': (v: Values) => `${s(v, 'value')} 的操作数要写在括号里，如 sqrt(2)。`,
    arguments: (v: Values) => `${s(v, 'value')} 需要 ${s(v, 'expected')} 个操作数，而不是 ${s(v, 'given')} 个。`,
    'too-deep': (v: Values) => `括号或符号嵌套超过 ${s(v, 'limit')} 层。`,
    'too-many-operators': (v: Values) => `一个表达式中的运算符超过 ${s(v, 'limit')} 个。`,
    'too-long': (v: Values) => `一个表达式超过 ${s(v, 'limit')} 个字符。`,
    'too-many-lines': (v: Values) => `表达式超过 ${s(v, 'limit')} 个。`,
  },
  place: (v: Values): string =>
    v['file'] === undefined ? `表达式第 ${s(v, 'column')} 列：` : `${s(v, 'file')}:${s(v, 'line')}:${s(v, 'column')}：`,
}

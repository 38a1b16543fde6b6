/** The words of `fpsim calc`: its answer, its tables, its paper, and what can be wrong with an expression. */
import { number, shortest } from '../numbers.js'

type Values = Readonly<Record<string, unknown>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const fateWords: Readonly<Record<string, string>> = {
  exact: 'exact',
  rounded: 'rounded',
  subnormal: 'a subnormal',
  underflow: 'underflow',
  overflow: 'overflow',
  saturated: 'cut to the largest',
  nan: 'NaN',
}

/** Which way a rounding goes, as the rule of the mode says. */
function decide(v: Values): string {
  const { rounding, part, odd, negative } = v
  if (part === 'none') return 'nothing is cut off: exact'
  const stays = 'stays'
  const away = 'one ulp away from zero'
  const last = `the last bit is ${odd ? 1 : 0}`
  if (rounding === 'toward-zero') return `toward zero: ${stays}`
  if (rounding === 'up') return negative ? `up, and it is negative: ${stays}` : `up, and it is positive: ${away}`
  if (rounding === 'down') return negative ? `down, and it is negative: ${away}` : `down, and it is positive: ${stays}`
  if (rounding === 'to-odd') return `inexact, ${last}: ${odd ? stays : `${away}, to odd`}`
  if (rounding === 'stochastic') {
    const up = n(v, 'random') < n(v, 'fraction')
    return `random ${number(n(v, 'random'), 4)} ${up ? '<' : '≥'} rest ${number(n(v, 'fraction'), 4)}: ${up ? away : stays}`
  }
  if (part === 'below') return `less than half an ulp: ${stays}`
  if (part === 'above') return `more than half an ulp: ${away}`
  if (rounding === 'nearest-away') return `exactly half: ${away}`
  return `exactly half, ${last}: ${odd ? `${away}, to even` : `${stays}, it is even`}`
}

export const calc = {
  labels: {
    calcExpression: () => 'expression',
    calcSoFar: () => 'Up to here, against the value without any rounding',
    calcTruth: () => 'true value',
    calcPaper: (v: Values) => `#${s(v, 'step')} on paper: ${s(v, 'text')}`,
    calcDigits: () => 'binary',
    calcAligned: (v: Values) => `${s(v, 'name')} aligned`,
    calcShift: (v: Values) => `shifted right by ${s(v, 'moved')}`,
    calcExactSum: () => 'exact sum',
    calcExactProduct: () => 'exact product',
    calcExponentsAdd: () => 'exponents added',
    calcExactQuotient: () => 'exact quotient',
    calcExponentsSubtract: () => 'exponents subtracted',
    calcNumber: () => 'the number',
    calcNormalised: () => 'in its place',
    calcSeries: () => 'bounds of a series agree this far and farther; then rounded once',
    calcKept: () => 'kept',
    calcBits: () => 'guard, round, sticky',
    calcDecide: decide,
    calcResultRow: () => 'result',
    calcEquals: (v: Values) => `= ${shortest(n(v, 'value'))}, ${fateWords[s(v, 'fate')] ?? s(v, 'fate')}`,
    calcBeyond: (v: Values) => `= ${shortest(n(v, 'value'))}: beyond the largest, ${shortest(n(v, 'largest'))}`,
    calcValue: (v: Values) => `= ${shortest(n(v, 'value'))}`,
    calcSpecial: (v: Values) => `= ${shortest(n(v, 'value'))}: a rule of its own, no digits to round`,
  },
  findings: {
    calcFunctions: () =>
      'exp and log are enclosed between bounds of as many bits as it takes (128 or more), then rounded once.',
    calcAnswer: (v: Values) => {
      const { text, format, value, code, exact, float64 } = v
      const roundings = n(v, 'roundings') === 1 ? '1 rounding' : `${s(v, 'roundings')} roundings`
      const error = n(v, 'error')
      const off = Number.isNaN(error)
        ? ''
        : error === 0
          ? ' No error in the end.'
          : ` Error ${number(error)}, ${number(n(v, 'ulps'))} ulp.`
      const truth = exact === '' ? '' : `; the true value is ${exact}`
      return `${text} = ${value} (${code}) in ${format}, after ${roundings}; float64 gives ${float64}${truth}.${off}`
    },
  },
  problems: {
    empty: () => 'there is nothing to calculate. Try (1 + 2^-11) * 3 - 0.1',
    unfinished: () => 'the expression ends too early: an operand or a closing parenthesis is missing.',
    unexpected: (v: Values) => `unexpected "${s(v, 'value')}"; an operator may be missing before it.`,
    character: (v: Values) =>
      `"${s(v, 'value')}" has no meaning here; there are numbers, + - * /, parentheses, sqrt, fma, exp and log.`,
    power: () => '^ is for powers that are numbers, a whole number ^ a whole number: 2^-11.',
    'not-a-number': (v: Values) => `"${s(v, 'value')}" is not a number. Try 65536, 2^16, 1e4 or 0x1p16.`,
    'unknown-name': (v: Values) =>
      `unknown "${s(v, 'value')}"${v['suggestion'] === undefined ? '' : `; did you mean ${s(v, 'suggestion')}?`}${v['suggestion'] === undefined ? `; there are ${(v['allowed'] as string[]).join(', ')}.` : ''}`,
    'not-called': (v: Values) => `${s(v, 'value')} needs its operands in parentheses, as in sqrt(2).`,
    arguments: (v: Values) =>
      `${s(v, 'value')} takes ${s(v, 'expected')} ${n(v, 'expected') === 1 ? 'operand' : 'operands'}, not ${s(v, 'given')}.`,
    'too-deep': (v: Values) => `more than ${s(v, 'limit')} parentheses or signs inside each other.`,
    'too-many-operators': (v: Values) => `more than ${s(v, 'limit')} operators in one expression.`,
    'too-long': (v: Values) => `more than ${s(v, 'limit')} characters in one expression.`,
    'too-many-lines': (v: Values) => `more than ${s(v, 'limit')} expressions.`,
  },
  /** Where an expression is wrong: in a file or in the argument. */
  place: (v: Values): string =>
    v['file'] === undefined
      ? `expression, column ${s(v, 'column')}: `
      : `${s(v, 'file')}:${s(v, 'line')}:${s(v, 'column')}: `,
}

/** From the text of an expression to a tree: numbers in all their forms, + − * /, parentheses, sqrt, fma, exp, log. */
import { parse } from 'acorn'
import { FpsimError } from '../../errors.js'
import { type Literal, parseLiteral } from '../../format/literal.js'
import { suggest } from '../../suggest.js'

/** Number of operands by name. */
export const functions = { sqrt: 1, fma: 3, exp: 1, log: 1 } as const
export type Name = 'add' | 'sub' | 'mul' | 'div' | 'neg' | keyof typeof functions

export type Expression =
  | { readonly kind: 'literal'; readonly text: string; readonly literal: Literal }
  | {
      readonly kind: 'operation'
      readonly text: string
      readonly name: Name
      readonly operands: readonly Expression[]
    }

/** Parentheses and signs inside each other, and operators in a row: more would exhaust the parser's stack. */
const maxDepth = 100
const maxOperators = 1000
const maxLength = 20_000

/** What fpsim takes from the parser's tree (ESTree, with offsets). */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly operator?: string
  readonly name?: string
  readonly left?: Node
  readonly right?: Node
  readonly argument?: Node
  readonly callee?: Node
  readonly arguments?: readonly Node[]
  readonly expression?: Node
}

/** Signs that people type or paste, one character each as its plain twin. */
const twins: Readonly<Record<string, string>> = {
  '\u2212': '-',
  '\u2013': '-',
  '\u00d7': '*',
  '\u00b7': '*',
  '\u22c5': '*',
  '\u00f7': '/',
  '\uff08': '(',
  '\uff09': ')',
  '\uff0c': ',',
  '\uff0b': '+',
  '\uff0d': '-',
  '\uff0f': '/',
}

const word = /[a-z_]\w*/iy
const numeral =
  /0x[\da-f_]*(?:\.[\da-f_]*)?p[+-]?\d+|0x[\da-f_]+|0[bo][\d_]+|\d[\d_]*\s*\^\s*(?:\(\s*[+-]?\d+\s*\)|[+-]?\d+)|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?/iy

/**
 * The text in the parser's own characters. Its own numbers are not ours and many words mean something to it: a number
 * becomes the digit 1, a word gets a `_` in front, and operators stay apart; `from` and `to` lead back to the text.
 */
interface Prepared {
  readonly code: string
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly literals: ReadonlyMap<number, { readonly text: string; readonly literal: Literal }>
}

type Refuse = (problem: string, at: number, values?: Record<string, unknown>) => FpsimError

function prepare(text: string, refuse: Refuse): Prepared {
  const from: number[] = []
  const to: number[] = []
  const literals = new Map<number, { text: string; literal: Literal }>()
  let code = ''
  const put = (written: string, start: number, end: number): void => {
    for (const char of written) {
      code += char
      from.push(start)
      to.push(end)
    }
  }
  let depth = 0
  let prefixes = 0
  let operators = 0
  let operand = false
  /** Whether the operand before is a name, which parentheses may follow. */
  let called = false
  for (let i = 0; i < text.length; ) {
    const char = text[i] as string
    numeral.lastIndex = i
    word.lastIndex = i
    const number = numeral.exec(text)?.[0]
    const name = number === undefined ? word.exec(text)?.[0] : undefined
    if (number !== undefined) {
      const after = text[i + number.length] ?? ' '
      const literal = parseLiteral(number.replace(/[\s()]/g, ''))
      if (!literal || /[\w.]/.test(after)) {
        const whole = /^[\w.]*/.exec(text.slice(i))?.[0] ?? number
        throw refuse('not-a-number', i, { value: whole.length > number.length ? whole : number })
      }
      literals.set(code.length, { text: number, literal })
      put('1', i, i + number.length)
      i += number.length
    } else if (name !== undefined) {
      put(`_${name}`, i, i + name.length)
      i += name.length
    } else {
      if (char === '^' || (char === '*' && text[i + 1] === '*')) throw refuse('power', i)
      if (!/[\s+\-*/(),]/.test(char))
        throw refuse('character', i, { value: String.fromCodePoint(text.codePointAt(i) as number) })
      // To the parser `//` and `/*` start comments and `/` where a number is due a regular expression.
      if (/[*/]/.test(char) && !operand) throw refuse('unexpected', i, { value: char })
      if (char === '(' && operand && !called) throw refuse('unexpected', i, { value: char })
      // A blank keeps `--` two operators.
      if (/[-+]/.test(char)) put(' ', i, i)
      put(/\s/.test(char) ? ' ' : char, i, i + 1)
      if (/[+\-*/]/.test(char)) operators++
      prefixes = operand || !/[-+]/.test(char) ? (/\s/.test(char) ? prefixes : 0) : prefixes + 1
      if (char === '(') depth++
      if (char === ')') depth--
      if (depth + prefixes > maxDepth) throw refuse('too-deep', i, { limit: maxDepth })
      if (operators > maxOperators) throw refuse('too-many-operators', i, { limit: maxOperators })
      i++
    }
    if (!/\s/.test(char)) called = name !== undefined
    if (!/\s/.test(char)) operand = number !== undefined || name !== undefined || char === ')'
    if (operand) prefixes = 0
  }
  return { code, from, to, literals }
}

const binary: Readonly<Record<string, Name>> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' }

/** The parser's tree as ours. Anything that is no arithmetic is refused where it stands. */
function convert(root: Node, source: string, { from, to, literals }: Prepared, refuse: Refuse): Expression {
  const textOf = ({ start, end }: Node): string => source.slice(from[start], to[end - 1]).trim()
  const at = ({ start }: Node): number => from[start] ?? source.length
  const operation = (node: Node, name: Name, operands: readonly Node[]): Expression => ({
    kind: 'operation',
    text: textOf(node),
    name,
    operands: operands.map(walk),
  })
  const named = (node: Node): string => (node.name ?? '').slice(1)

  function call(node: Node): Expression {
    const { callee, arguments: given = [] } = node
    if (callee?.type !== 'Identifier') throw refuse('unexpected', at(node), { value: '(' })
    const name = named(callee).toLowerCase()
    if (!Object.hasOwn(functions, name)) throw unknown(callee)
    const expected = functions[name as keyof typeof functions]
    if (given.length !== expected) throw refuse('arguments', at(node), { value: name, expected, given: given.length })
    return operation(node, name as Name, given)
  }

  function unknown(node: Node): FpsimError {
    if (Object.hasOwn(functions, named(node).toLowerCase()))
      return refuse('not-called', at(node), { value: named(node) })
    const known = [...Object.keys(functions), 'inf', 'nan']
    return refuse('unknown-name', at(node), {
      value: named(node),
      allowed: known,
      suggestion: suggest(named(node), known),
    })
  }

  function walk(node: Node): Expression {
    const { type, operator = '', left, right, argument } = node
    if (type === 'Literal') {
      const found = literals.get(node.start)
      if (found) return { kind: 'literal', ...found }
    }
    if (type === 'Identifier') {
      const literal = /^(?:nan|inf|infinity)$/i.test(named(node)) ? parseLiteral(named(node)) : undefined
      if (!literal) throw unknown(node)
      return { kind: 'literal', text: named(node), literal }
    }
    if (type === 'BinaryExpression' && left && right && Object.hasOwn(binary, operator))
      return operation(node, binary[operator] as Name, [left, right])
    if (type === 'UnaryExpression' && argument && operator === '+') return walk(argument)
    if (type === 'UnaryExpression' && argument && operator === '-') {
      // The minus of a number belongs to it: −0.1 is one number, rounded once.
      const inner = argument.type === 'Literal' ? literals.get(argument.start) : undefined
      const literal = inner && parseLiteral(`-${inner.text.replace(/[\s()]/g, '')}`)
      if (inner && literal) return { kind: 'literal', text: `-${inner.text}`, literal }
      return operation(node, 'neg', [argument])
    }
    if (type === 'CallExpression') return call(node)
    throw refuse('unexpected', at(node), { value: textOf(node) })
  }
  return walk(root)
}

/** The word or the sign at a place. */
const wordAt = (text: string, at: number): string => /^(?:[\w.]+|.)/u.exec(text.slice(at))?.[0] ?? ''

/**
 * The tree of an expression; nothing is evaluated. `^` is for numbers such as 2^-11 only. Throws 'invalid-expression'
 * { problem, column, … } with the values of `where` (a file and a line, if there are).
 */
export function parseExpression(text: string, where: Readonly<Record<string, unknown>> = {}): Expression {
  const plain = text.replace(/[^ -~]/g, (char) => twins[char] ?? char)
  const refuse: Refuse = (problem, at, values = {}) =>
    new FpsimError('invalid-expression', { ...where, problem, column: at + 1, ...values })
  if (plain.trim() === '') throw refuse('empty', 0)
  if (plain.length > maxLength) throw refuse('too-long', 0, { limit: maxLength })
  const prepared = prepare(plain, refuse)
  const { code, from } = prepared
  let statements: readonly Node[]
  try {
    statements = parse(code, { ecmaVersion: 5 }).body as unknown as readonly Node[]
  } catch (error) {
    const { pos } = error as { pos?: unknown }
    const index = typeof pos === 'number' ? pos : 0
    const at = from[index]
    throw at === undefined
      ? refuse('unfinished', plain.trimEnd().length)
      : refuse('unexpected', at, { value: wordAt(plain, at) })
  }
  const [first, second] = statements
  if (second) throw refuse('unexpected', from[second.start] ?? 0, { value: wordAt(plain, from[second.start] ?? 0) })
  if (first?.type !== 'ExpressionStatement' || !first.expression) throw refuse('unfinished', plain.trimEnd().length)
  return convert(first.expression, plain, prepared, refuse)
}

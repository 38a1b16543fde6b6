/** The JSON header of a .safetensors file. Strict, over bytes, and it keeps only what is needed: a header may be 100 MB. */

export interface TensorEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** From the end of the header; `end` is the first byte after. */
  readonly begin: number
  readonly end: number
}

const DEPTH = 64
/** More axes than NumPy or PyTorch can make. */
const RANK = 64
/** Far more tensors than a real file holds, and as many as fit in memory whatever their header says of them. */
export const TENSOR_LIMIT = 200_000

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Digits, letters, `+`, `-`, `.`: what numbers and true, false, null are made of. */
const isTokenByte = (c: number): boolean =>
  (c >= 0x30 && c <= 0x39) ||
  (c >= 0x61 && c <= 0x7a) ||
  (c >= 0x41 && c <= 0x5a) ||
  c === 0x2b ||
  c === 0x2d ||
  c === 0x2e

/** What is wrong with a header, and at which byte of it. */
export type HeaderProblem = 'json' | 'duplicate' | 'entry' | 'many'

/** `fail` must throw. JSON.parse is not used: it would take the last of two equal names, and memory without a limit. */
export function parseTensorHeader(
  bytes: Uint8Array,
  fail: (problem: HeaderProblem, offset: number, name?: string) => never,
): TensorEntry[] {
  let at = 0
  const peek = (): number => {
    for (let c = bytes[at]; ; c = bytes[++at]) if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return c ?? -1
  }
  const take = (c: number): boolean => {
    if (peek() !== c) return false
    at++
    return true
  }
  const need = (c: number): void => {
    if (!take(c)) fail('json', at)
  }

  function string(): string {
    need(QUOTE)
    const from = at
    let plain = true
    for (; bytes[at] !== QUOTE; at++) {
      const c = bytes[at]
      if (c === undefined || c < 0x20) fail('json', at)
      if (c === BACKSLASH) {
        plain = false
        at++
      }
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, at - from).toString('utf8')
    at++
    if (plain) return text
    try {
      return JSON.parse(`"${text}"`) as string
    } catch {
      return fail('json', from)
    }
  }

  /** Calls `member` with each name, in front of its value. */
  function object(member: (name: string, offset: number) => void): void {
    need(BRACE)
    if (take(BRACE_END)) return
    do {
      peek()
      const offset = at
      const name = string()
      need(COLON)
      member(name, offset)
    } while (take(COMMA))
    need(BRACE_END)
  }

  function array(item: () => void): void {
    need(BRACKET)
    if (take(BRACKET_END)) return
    do item()
    while (take(COMMA))
    need(BRACKET_END)
  }

  function token(): string {
    peek()
    const from = at
    // Long enough for any number that a float64 holds exactly.
    while (at - from < 400 && isTokenByte(bytes[at] ?? 0)) at++
    return Buffer.from(bytes.buffer, bytes.byteOffset + from, at - from).toString('latin1')
  }

  function natural(name: string): number {
    const from = at
    const text = token()
    const value = Number(text)
    if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value)) fail('entry', from, name)
    return value
  }

  function naturals(name: string): number[] {
    const found: number[] = []
    if (peek() !== BRACKET) fail('entry', at, name)
    array(() => {
      if (found.push(natural(name)) > RANK) fail('entry', at, name)
    })
    return found
  }

  function skip(depth: number): void {
    if (depth > DEPTH) fail('json', at)
    const c = peek()
    if (c === QUOTE) string()
    else if (c === BRACE) object(() => skip(depth + 1))
    else if (c === BRACKET) array(() => skip(depth + 1))
    else {
      const from = at
      if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(token())) fail('json', from)
    }
  }

  function entry(name: string): TensorEntry {
    let dtype: string | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    const from = at
    if (peek() !== BRACE) fail('entry', at, name)
    object((key, offset) => {
      const again = (old: unknown) => old !== undefined && fail('duplicate', offset, key)
      if (key === 'dtype') {
        again(dtype)
        if (peek() !== QUOTE) fail('entry', at, name)
        dtype = string()
      } else if (key === 'shape') {
        again(shape)
        shape = naturals(name)
      } else if (key === 'data_offsets') {
        again(offsets)
        offsets = naturals(name)
      } else skip(0)
    })
    const [begin, end] = (offsets ?? []) as number[]
    if (dtype === undefined || shape === undefined || begin === undefined || end === undefined || offsets?.length !== 2)
      return fail('entry', from, name)
    return { name, dtype, shape, begin, end }
  }

  const seen = new Set<string>()
  const entries: TensorEntry[] = []
  object((name, offset) => {
    if (seen.has(name)) fail('duplicate', offset, name)
    seen.add(name)
    if (entries.length === TENSOR_LIMIT) fail('many', offset)
    if (name === '__metadata__') skip(0)
    else entries.push(entry(name))
  })
  if (peek() !== -1) fail('json', at)
  return entries
}

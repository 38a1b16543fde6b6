/** Arithmetic against the answers of ../shared/vectors/arithmetic: every line, every column. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { arithmetic, type Flagged } from '../../src/format/arithmetic.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import type { Rounding } from '../../src/format/format.js'
import { shared, withoutShared } from '../support.js'

const folder = join(shared, 'vectors', 'arithmetic')

const modes: Readonly<Record<string, Rounding>> = {
  rne: 'nearest-even',
  rna: 'nearest-away',
  rtz: 'toward-zero',
  rup: 'up',
  rdn: 'down',
}

const flagBits = ({ inexact, underflow, overflow, divideByZero, invalid }: Flagged): number =>
  Number(inexact) + 2 * Number(underflow) + 4 * Number(overflow) + 8 * Number(divideByZero) + 16 * Number(invalid)

/** A signalling NaN of fp16: IEEE raises invalid for it, but a value has no signal, so only the flag of its rows is left out. */
const signals = (code: number): boolean => (code & 0x7e00) === 0x7c00 && (code & 0x1ff) !== 0

type Name = 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'fma'

/** Every answer of a file; returns how many were compared. */
function compare(file: string): number {
  const [, f, name] = /^(\w+)_(\w+)\.tsv$/.exec(file) as unknown as [string, string, Name]
  const [head, ...lines] = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')
  const columns = (head as string).split('\t')
  const rules = columns.map((column) => {
    const [, mode, rest] = /^(r..)(.*)$/.exec(column) ?? []
    if (mode === undefined) return undefined
    const rounding = modes[mode] as Rounding
    const overflow = rest === '+sat' ? 'saturate' : 'ieee'
    return { flags: rest === '_flags', run: arithmetic(f, { rounding, overflow, flags: true }) }
  })
  let compared = 0
  for (const line of lines) {
    const cells = line.split('\t').map((hex) => Number.parseInt(hex, 16))
    const operands = columns.flatMap((column, i) => (/^[abc]$/.test(column) ? [decode(cells[i] as number, f)] : []))
    const signalling =
      f === 'fp16' && columns.some((column, i) => /^[abc]$/.test(column) && signals(cells[i] as number))
    rules.forEach((rule, i) => {
      if (!rule || (rule.flags && signalling)) return
      const result = (rule.run[name] as (...x: number[]) => Flagged)(...operands)
      const got = rule.flags ? flagBits(result) : encode(result.value, f)
      assert.equal(got.toString(16), cells[i]?.toString(16), `${file} ${columns[i]}: ${line}`)
      compared++
    })
  }
  return compared
}

if (withoutShared) test('the shared answers', { skip: withoutShared }, () => {})
else {
  const files = readdirSync(folder).filter((file) => file.endsWith('.tsv'))
  test('there are answers to compare with', () => assert.ok(files.length >= 24))
  for (const file of files) test(file, () => assert.ok(compare(file) > 100))
}

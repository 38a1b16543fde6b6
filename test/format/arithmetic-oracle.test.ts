/** Arithmetic against test/vectors/arithmetic: exact fractions in another language, every mode, policy and flag. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type Arithmetic, arithmetic, type Flagged } from '../../src/format/arithmetic.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { hasNaN, type Rounding } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { root } from '../support.js'
import { deterministicModes, policies } from './support.js'

const folder = join(root, 'test', 'vectors', 'arithmetic')
const modes: readonly Rounding[] = [...deterministicModes, 'stochastic']
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.tsv.gz') && file !== 'functions.tsv.gz')
  .map((file) => file.slice(0, -'.tsv.gz'.length))

const flagsOf = ({ inexact, underflow, overflow, divideByZero, invalid }: Flagged): number =>
  Number(inexact) + 2 * Number(underflow) + 4 * Number(overflow) + 8 * Number(divideByZero) + 16 * Number(invalid)

/** One operation by its name, whatever its number of operands. */
const apply = <R>(rules: Arithmetic<R>, operation: string, operands: readonly number[]): R =>
  (rules[operation as keyof Arithmetic<R>] as (...x: readonly number[]) => R)(...operands)

test('there are answers for every kind of format', () => assert.ok(names.length >= 21, names.join(' ')))

for (const name of names)
  test(`${name}: every answer`, () => {
    const f = format(name)
    let random = 0
    const rules = modes.flatMap((rounding) =>
      policies.map((overflow) => {
        const o = { rounding, overflow, random: () => random }
        return { rounding, overflow, plain: arithmetic(f, o), flagged: arithmetic(f, { ...o, flags: true }) }
      }),
    )
    const codeOf = (x: number): string => (Number.isNaN(x) && !hasNaN(f) ? '-' : encode(x, f).toString(16))
    const lines = gunzipSync(readFileSync(join(folder, `${name}.tsv.gz`))).toString('latin1')
    let rows = 0
    for (const line of lines.trimEnd().split('\n')) {
      if (line.startsWith('#')) continue
      rows++
      const [operation, codes, draw, results, which, flags] = line.split('\t') as [
        string,
        string,
        string,
        string,
        string,
        string,
      ]
      const operands = codes.split(' ').map((code) => decode(Number.parseInt(code, 16), f))
      random = Number.parseInt(draw, 16) / 2 ** 53
      const expected = results.split(' ')
      rules.forEach(({ rounding, overflow, plain, flagged }, i) => {
        const wanted = expected[Number.parseInt(which[i] as string, 16)]
        const where = () => `${name} ${rounding} ${overflow}: ${line}`
        const result = apply(flagged, operation, operands)
        assert.equal(codeOf(result.value), wanted, where())
        assert.equal(flagsOf(result), Number.parseInt(flags[i >> 1] as string, 32), where())
        assert.ok(Object.is(apply(plain, operation, operands), result.value), where())
      })
    }
    assert.ok(rows > 700, `${rows} rows`)
  })

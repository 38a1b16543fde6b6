/** Tensor cores against results recorded on GPUs, and against exact rationals for what no recording exercises. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { FpsimError } from '../../src/errors.js'
import { decode } from '../../src/format/decode.js'
import {
  gpus,
  type Instruction,
  type Output,
  type TensorCoreOptions,
  tensorCore,
} from '../../src/format/tensor-core.js'
import { orderOf, stepOf, tensorCoreDot } from '../../src/format/tensor-core-dot.js'
import { codeOfRefusal } from '../kernel/inputs.js'
import { root, shared, withoutShared } from '../support.js'

const linesOf = (file: string): string[] => gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
const number = (hex: string): number => decode(Number.parseInt(hex, 16), 'fp32')
const numbers = (text: string): number[] => (text === '' ? [] : text.split(' ').map(number))

const folder = join(shared, 'vectors', 'tensor-core')

if (withoutShared) test('results recorded on GPUs', { skip: withoutShared }, () => {})
else {
  const files = readdirSync(folder).filter((file) => file.endsWith('.tsv.gz'))
  test('there are results to compare with', () => assert.ok(files.length >= 48))
  for (const file of files)
    test(file, () => {
      const [, gpu = '', type = '', output = ''] = /^(\w+)-(\w+)-(\w+)\.tsv/.exec(file) ?? []
      const fp8 = type.startsWith('E')
      const byWgmma = fp8 && gpu.startsWith('H') && output === 'fp32'
      const core = tensorCore({
        hardware: gpu.toLowerCase() as TensorCoreOptions['hardware'],
        input: type === 'E4M3' ? 'e4m3fn' : type.toLowerCase(),
        output: output as Output,
        instruction: byWgmma ? 'wgmma' : 'mma',
      })
      assert.ok(core.recorded)
      const sum = tensorCoreDot(core)
      const lines = linesOf(join(folder, file))
      assert.ok(lines.length >= 400)
      for (const line of lines) {
        const [a = '', b = '', c = '', d = ''] = line.split('\t')
        // Recorded with c = 0 whatever the column says.
        const got = sum(numbers(a), numbers(b), byWgmma ? 0 : number(c))
        assert.ok(Object.is(got, number(d)), `${line}: ${got}, not ${number(d)}`)
      }
    })
}

/** One line of the exact answers; d undefined where the GPU has no such dot product. */
interface Answer {
  readonly o: TensorCoreOptions
  readonly c: number
  readonly a: number[]
  readonly b: number[]
  readonly d: number | undefined
  readonly line: string
}

const answers = (): Answer[] =>
  linesOf(join(root, 'test', 'vectors', 'tensor-core', 'answers.tsv.gz')).map((line) => {
    const [hardware, input, output, instruction, c = '', a = '', b = '', d = ''] = line.split('\t')
    const o = { hardware, input, output, ...(instruction === '-' ? {} : { instruction: instruction as Instruction }) }
    if (c === 'none') return { o: o as TensorCoreOptions, c: 0, a: [], b: [], d: undefined, line }
    const value = d === 'nan' ? Number.NaN : number(d)
    return { o: o as TensorCoreOptions, c: number(c), a: numbers(a), b: numbers(b), d: value, line }
  })

test('every GPU, input, output and instruction: ten kinds of dot products in exact rationals', () => {
  let [compared, refused] = [0, 0]
  for (const { o, c, a, b, d, line } of answers()) {
    if (d === undefined) {
      refused++
      assert.equal(
        codeOfRefusal(() => tensorCore(o)),
        'unsupported-combination',
        line,
      )
    } else {
      compared++
      const got = tensorCoreDot(tensorCore(o))(a, b, c)
      assert.ok(Object.is(got, d), `${line}: ${got}, not ${d}`)
    }
  }
  assert.ok(compared > 2000 && refused > 100, `${compared} and ${refused}`)
})

/**
 * What an H100 gave for bf16 products near 2^-149 (MATLAB-tensor-core, issue 7, first example): 0x1.6p-146. Of the lowest
 * exponents from −140 to −126 only −133 gives it.
 */
test('the one recorded result that shows the lowest exponent', () => {
  const a =
    '9b940000 19f30000 9a2e0000 1a670000 9a250000 9b4e0000 9b290000 9a330000 99e00000 1a140000 99140000 99d10000 9ae90000 1b1a0000 9a9c0000 1b3a0000'
  const b =
    '9aaf0000 99f30000 9acc0000 1b7c0000 19ed0000 1b250000 9a1b0000 9a200000 9af70000 9a480000 1ae10000 1b320000 1b120000 1b0e0000 9a680000 17350000'
  const core = tensorCore({ hardware: 'h100', input: 'bf16' })
  const measured = 11 * 2 ** -149
  assert.equal(tensorCoreDot(core)(numbers(a), numbers(b), 0), measured)
  for (let least = -140; least <= -126; least++)
    assert.equal(tensorCoreDot({ ...core, least })(numbers(a), numbers(b), 0) === measured, least === -133, `${least}`)
})

const sumOf = (o: TensorCoreOptions, a: number[], b: number[], c = 0): number => tensorCoreDot(tensorCore(o))(a, b, c)

test('by hand: truncation, the bits kept, blocks, c within the sum', () => {
  const ones = (n: number) => new Array<number>(n).fill(1)
  // V100 keeps 23 bits below the largest term, A100 24 and H100 25; what is kept can add up before fp32 cuts the sum.
  const small = 2 ** -12
  const a = [1, small, small, 0]
  assert.equal(sumOf({ hardware: 'v100' }, a, a), 1)
  assert.equal(sumOf({ hardware: 'a100' }, a, a), 1 + 2 ** -23)
  const [p, q] = [2 ** -12, 2 ** -13]
  assert.equal(sumOf({ hardware: 'a100' }, [1, p, p, p, p], [1, q, q, q, q]), 1)
  assert.equal(sumOf({ hardware: 'h100' }, [1, p, p, p, p], [1, q, q, q, q]), 1 + 2 ** -23)
  // Toward zero, on both sides.
  assert.equal(sumOf({ hardware: 'h100' }, [1, 2 ** -13], [1, 2 ** -13]), 1)
  assert.equal(sumOf({ hardware: 'h100' }, [-1, 2 ** -13], [1, -(2 ** -13)]), -1)
  // fp16 outputs to nearest-even after every block: 2048 + 1 + 1 is 2048 in two blocks, 2050 in one.
  assert.equal(sumOf({ hardware: 'v100', output: 'fp16' }, [2048, 1, 0, 0, 1], ones(5)), 2048)
  assert.equal(sumOf({ hardware: 'a100', output: 'fp16' }, [2048, 1, 0, 0, 1], ones(5)), 2050)
  // FP8 on Hopper: beside 2^20 what is below 2^7 is cut off; not with mma, nor on B200.
  const many = ones(32)
  const count = (o: TensorCoreOptions, c: number) => sumOf(o, many, many, c)
  assert.equal(count({ hardware: 'h100', input: 'e4m3fn' }, 2 ** 20), 2 ** 20)
  assert.equal(count({ hardware: 'h100', input: 'e4m3fn', instruction: 'mma' }, 2 ** 20), 2 ** 20 + 32)
  assert.equal(count({ hardware: 'b200', input: 'e4m3fn' }, 2 ** 20), 2 ** 20 + 32)
})

test('by hand: NaN, infinities, overflow, zeros', () => {
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number
  for (const hardware of gpus) {
    const o = { hardware }
    assert.ok(Number.isNaN(sumOf(o, [nan], [0])))
    assert.ok(Number.isNaN(sumOf(o, [inf], [0])))
    assert.ok(Number.isNaN(sumOf(o, [inf, inf], [1, -1])))
    assert.ok(Number.isNaN(sumOf(o, [inf], [1], -inf)))
    assert.equal(sumOf(o, [inf, 1], [-1, 1], -inf), -inf)
    // Beyond float32: infinite although sums are cut, and not infinite before that.
    assert.equal(sumOf(o, [65504], [65504], (2 - 2 ** -23) * 2 ** 127), (2 - 2 ** -23) * 2 ** 127)
    if (hardware !== 'v100') {
      assert.equal(sumOf({ hardware, input: 'bf16' }, [2 ** 127, 2 ** 127], [2, -1]), 2 ** 127)
      assert.equal(sumOf({ hardware, input: 'bf16' }, [2 ** 127], [-2]), -inf)
    }
    assert.equal(sumOf({ hardware, output: 'fp16' }, [65504, 16], [1, 1]), inf)
    assert.equal(sumOf({ hardware, output: 'fp16' }, [65504, 15], [1, 1]), 65504)
    assert.ok(Object.is(sumOf(o, [-0], [1], -0), 0))
    assert.ok(Object.is(sumOf(o, [], [], -0), -0))
    assert.ok(Object.is(sumOf({ hardware, output: 'fp16' }, [-(2 ** -20)], [2 ** -20]), -0))
  }
})

test('options: aliases, defaults, what is refused and how', () => {
  const core = (o: Record<string, unknown>) => tensorCore(o as unknown as TensorCoreOptions)
  assert.equal(core({ hardware: 'a100', input: 'bfloat16' }).input.name, 'bf16')
  assert.equal(core({ hardware: 'ada', input: 'float8_e4m3fn' }).input.name, 'e4m3fn')
  assert.equal(core({ hardware: 'v100' }).input.name, 'fp16')
  assert.equal(core({ hardware: 'h200', input: 'e5m2' }).instruction, 'wgmma')
  assert.equal(core({ hardware: 'b200', input: 'e5m2' }).instruction, 'tcgen05')
  assert.equal(core({ hardware: 'h100', input: 'tf32' }).instruction, 'mma')
  assert.equal(core({ hardware: 'b200', input: 'e5m2' }).recorded, false)
  for (const [o, code] of [
    [{ hardware: 'h10' }, 'invalid-value'],
    [{ hardware: 5 }, 'invalid-value'],
    [{ hardware: 'h100', output: 'bf16' }, 'invalid-value'],
    [{ hardware: 'h100', instruction: 'wmma' }, 'invalid-value'],
    [{ hardware: 'h100', input: 'fp61' }, 'unknown-format'],
    [{ hardware: 'h100', input: 'e4m3' }, 'unsupported-combination'],
    [{ hardware: 'h100', input: 'fp32' }, 'unsupported-combination'],
    [{ hardware: 'v100', input: 'bf16' }, 'unsupported-combination'],
    [{ hardware: 'a100', input: 'e5m2' }, 'unsupported-combination'],
    [{ hardware: 'a100', instruction: 'wgmma' }, 'unsupported-combination'],
    [{ hardware: 'h100', input: 'bf16', output: 'fp16' }, 'unsupported-combination'],
  ] as const)
    assert.equal(
      codeOfRefusal(() => core(o)),
      code,
      JSON.stringify(o),
    )
  assert.throws(
    () => core({ hardware: 'h10' }),
    (e: FpsimError) => e.values['suggestion'] === 'h100',
  )
  for (const hardware of gpus) {
    const c = core({ hardware })
    assert.deepEqual(
      [...orderOf(c)].sort((x, y) => x - y),
      Array.from({ length: stepOf(c) }, (_, i) => i),
    )
  }
})

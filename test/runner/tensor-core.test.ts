/** The lesson's figures again, from big integers: blocks aligned, cut and summed as formats.md tells it, not as src does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { format } from '../../src/format/parse.js'
import { quantize } from '../../src/kernel/quantize.js'
import { render } from '../../src/render/render.js'
import type { Result } from '../../src/result/result.js'
import { drawn, operandsOf } from '../../src/runner/tensor-core/compare.js'
import { runScenario } from '../../src/scenario/library.js'

/** Everything here is a multiple of 2^-200. */
const one = 1n << 200n
const units = (x: number): bigint => BigInt(x * 2 ** 100) << 100n
const product = (x: number, y: number): bigint => (units(x) * units(y)) / one
const magnitude = (n: bigint): bigint => (n < 0n ? -n : n)
/** floor(log2 |n|), of units. */
const exponent = (n: bigint): number => magnitude(n).toString(2).length - 1 - 200
const toNumber = (n: bigint): number => Number(n) * 2 ** -200

/** Cut toward zero to multiples of 2^e. */
const cut = (n: bigint, e: number): bigint => (n / (1n << BigInt(e + 200))) * (1n << BigInt(e + 200))

interface Model {
  readonly block: number
  readonly kept: number
  readonly bits: number
  readonly emin: number
}

/** For numbers whose exponents lie nowhere near an end of a format. */
function modelled(a: ArrayLike<number>, b: ArrayLike<number>, { block, kept, bits, emin }: Model): bigint {
  const stored = (x: number) => Math.max(emin, exponent(units(x)))
  let sum = 0n
  for (let from = 0; from < a.length; from += block) {
    const terms: [value: bigint, exponent: number][] = sum === 0n ? [] : [[sum, exponent(sum)]]
    for (let i = from; i < Math.min(a.length, from + block); i++) {
      const [x, y] = [a[i] as number, b[i] as number]
      if (x !== 0 && y !== 0) terms.push([product(x, y), stored(x) + stored(y)])
    }
    const top = Math.max(...terms.map(([, e]) => e))
    const total = terms.reduce((s, [n]) => s + cut(n, top - kept), 0n)
    sum = total === 0n ? 0n : cut(total, exponent(total) - bits)
  }
  return sum
}

const close = (got: number | undefined, wanted: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${got}, not ${wanted}`)

const fp16 = { bits: 23, emin: -14 }
const cores: Readonly<Record<string, Model>> = {
  v100: { ...fp16, block: 4, kept: 23 },
  a100: { ...fp16, block: 8, kept: 24 },
  l40s: { ...fp16, block: 8, kept: 24 },
  h100: { ...fp16, block: 16, kept: 25 },
  b200: { ...fp16, block: 16, kept: 25 },
}

for (const values of ['positive', 'mixed'] as const)
  test(`errors of fp16 products on each GPU, ${values}`, async () => {
    const [count, length] = [90, 44]
    const { metrics } = await runScenario('tensor-core', { count, length, values, fp8Length: 64 })
    const { rows, columns } = operandsOf({ count, length, values, input: format('fp16') }, 1)
    assert.ok(rows.length * columns.length >= count)
    const results = new Map(Object.keys(cores).map((name) => [name, [] as number[]]))
    for (const [name, model] of Object.entries(cores)) {
      let [wrong, sum, worst] = [0, 0, 0]
      for (let i = 0; i < count; i++) {
        const [a, b] = [rows[Math.floor(i / columns.length)], columns[i % columns.length]] as [
          Float32Array,
          Float32Array,
        ]
        const products = Array.from(a, (x, k) => product(x, b[k] as number))
        const exact = products.reduce((s, x) => s + x, 0n)
        const size = products.reduce((s, x) => s + magnitude(x), 0n)
        const got = modelled(a, b, model)
        const error = toNumber(got - exact) / 2 ** (exponent(size) - 23)
        if (toNumber(got) !== Math.fround(toNumber(exact))) wrong++
        sum += exact < 0n ? -error : error
        worst = Math.max(worst, Math.abs(error))
        results.get(name)?.push(toNumber(got))
      }
      close(metrics[`${name}Wrong`], wrong / count)
      close(metrics[`${name}Bias`], sum / count)
      close(metrics[`${name}Worst`], worst)
    }
    const kinds = Array.from({ length: count }, (_, i) => new Set([...results.values()].map((all) => all[i])).size)
    assert.equal(metrics['kinds'], Math.max(...kinds))
    close(metrics['differ'], kinds.filter((n) => n > 1).length / count)
  })

test('FP8 on Hopper, alone and with additions in fp32', async () => {
  const length = 600
  const every = 96
  const { metrics } = await runScenario('tensor-core', { count: 4, length: 8, promote: every, fp8Length: length })
  const hopper: Model = { block: 32, kept: 13, bits: 13, emin: -6 }
  const blackwell: Model = { block: 32, kept: 25, bits: 23, emin: -6 }
  const draw = (use: string) => quantize(drawn(24 * length, 'positive', use, 1), 'e4m3fn')
  const [a, b] = [draw('promotion a'), draw('promotion b')]
  let [alone, promoted, wide] = [0, 0, 0]
  for (let s = 0; s < 24; s++) {
    const [x, y] = [a.subarray(s * length, (s + 1) * length), b.subarray(s * length, (s + 1) * length)]
    const exact = Array.from(x, (u, k) => product(u, y[k] as number)).reduce((t, u) => t + u, 0n)
    const off = (n: number) => Math.abs(n - toNumber(exact)) / toNumber(exact)
    let total = 0
    for (let k = 0; k < length; k += every)
      total = Math.fround(total + toNumber(modelled(x.subarray(k, k + every), y.subarray(k, k + every), hopper)))
    alone = Math.max(alone, off(toNumber(modelled(x, y, hopper))))
    promoted = Math.max(promoted, off(total))
    wide = Math.max(wide, off(toNumber(modelled(x, y, blackwell))))
  }
  close(metrics['fp8Error'], alone)
  close(metrics['fp8Promoted'], promoted)
  close(metrics['fp8Blackwell'], wide)
  assert.ok(alone > 4 * promoted && promoted > wide)
})

test('GPUs that lack a kind of product step back; where all do, the option is named', async () => {
  const small = { count: 4, length: 8, fp8Length: 64 }
  const { metrics, findings } = await runScenario('tensor-core', { ...small, input: 'e5m2' })
  assert.ok(Number.isNaN(metrics['v100Bias']) && Number.isNaN(metrics['a100Wrong']))
  assert.ok(Number.isFinite(metrics['adaBias']) && Number.isFinite(metrics['b200Worst']))
  assert.equal(findings[0]?.values['without'], 'v100, a100, a2')
  // What nobody has recorded is said to be a model, and nothing else is.
  assert.equal(findings.at(-1)?.code, 'tensorCoreModel')
  assert.equal(findings.at(-1)?.values['gpus'], 'b200')
  const models = async (o: Record<string, string>): Promise<unknown> =>
    (await runScenario('tensor-core', { ...small, ...o })).findings.find(({ code }) => code === 'tensorCoreModel')
      ?.values['gpus']
  assert.equal(await models({}), undefined)
  assert.equal(await models({ input: 'e4m3fn', instruction: 'mma' }), 'h100, h200')
  assert.equal(await models({ input: 'e4m3fn', result: 'fp16', gpu: 'l40s,ada' }), 'l40s')
  for (const [o, option, allowed] of [
    [{ gpu: 'v100', input: 'bf16' }, 'input', ['fp16']],
    [{ gpu: 'a100,a2', input: 'e4m3fn' }, 'input', ['fp16', 'bf16', 'tf32']],
    [{ input: 'tf32', result: 'fp16' }, 'input', ['fp16', 'e4m3fn', 'e5m2']],
    [{ gpu: 'a100', instruction: 'wgmma' }, 'instruction', ['usual', 'mma']],
  ] as const)
    await assert.rejects(
      runScenario('tensor-core', { ...small, ...o }),
      (e: FpsimError) => {
        assert.ok(e instanceof FpsimError)
        assert.equal(e.values['option'], option)
        assert.deepEqual(e.values['allowed'], allowed)
        return true
      },
      JSON.stringify(o),
    )
})

test('the screen: 26 lines at most, and the bits that it speaks of', async () => {
  const result: Result = await runScenario('tensor-core')
  for (const lang of ['en', 'zh'] as const) {
    const screen = render(result, { lang })
    assert.ok(screen.trimEnd().split('\n').length <= 26, screen)
    assert.match(screen, /h100 h200 b200 +0 1000\d+ \d{23}/)
  }
})

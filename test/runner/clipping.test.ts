/** The lesson on clipping, recomputed: angles by trigonometry, the chain with another FP16, the sample from the recording. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import fc from 'fast-check'
import { distribution } from '../../src/data/distributions.js'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Result } from '../../src/result/result.js'
import { degreesBetween } from '../../src/runner/clipping/angle.js'
import { percentileOf } from '../../src/runner/clipping/ways.js'
import { runScenario } from '../../src/scenario/library.js'
import { root } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-clip-'))
after(() => rmSync(folder, { recursive: true }))

const f32 = Math.fround

async function onValues(values: readonly number[], params: Record<string, number | string> = {}): Promise<Result> {
  const input = join(folder, 'gradients.txt')
  writeFileSync(input, values.join('\n'))
  return runScenario('clipping', { input, spike: 1, ...params })
}

const metric = ({ metrics }: Result, name: string): number => metrics[name] as number
const near = (got: number, wanted: number, share = 1e-6): void =>
  assert.ok(Math.abs(got - wanted) <= share * Math.abs(wanted), `${got} is not ${wanted}`)

const degrees = (radians: number): number => (radians * 180) / Math.PI

test('(3, 4) by norm keeps its direction, by value at 3 turns to the diagonal', async () => {
  const run = await onValues([3, 4], { max: 3 })
  assert.equal(metric(run, 'norm'), 5)
  near(metric(run, 'normAfter'), 3)
  assert.ok(metric(run, 'angle') < 1e-5)
  near(metric(run, 'angleByValue'), degrees(Math.atan2(4, 3) - Math.PI / 4), 1e-12)
  near(metric(run, 'normByValue'), Math.hypot(3, 3))
  assert.equal(metric(run, 'cutByValue'), 0.5)
  assert.equal(metric(run, 'cut'), 1)
})

test('angles between any vectors, small ones and straight ones too', () => {
  const components = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(components, components, (a, b) => {
      const [x, y] = [Float32Array.from(a), Float32Array.from(b)]
      const [x0 = 0, x1 = 0, x2 = 0] = x
      const [y0 = 0, y1 = 0, y2 = 0] = y
      fc.pre(Math.hypot(...x) > 1e-3 && Math.hypot(...y) > 1e-3)
      const cross = Math.hypot(x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0)
      const wanted = degrees(Math.atan2(cross, x0 * y0 + x1 * y1 + x2 * y2))
      assert.ok(Math.abs(degreesBetween([x], [y]) - wanted) < 1e-6, `${degreesBetween([x], [y])}, not ${wanted}`)
    }),
  )
  const g = Float32Array.of(1, 2, -3)
  assert.equal(degreesBetween([g], [g]), 0)
  near(degreesBetween([g], [g.map((x) => -x)]), 180, 1e-12)
  near(degreesBetween([Float32Array.of(1, 0)], [Float32Array.of(1, 1e-6)]), degrees(f32(1e-6)), 1e-9)
  assert.ok(Number.isNaN(degreesBetween([g], [new Float32Array(3)])))
})

test('before unscale_ the threshold is max / S, and below it nothing is cut', async () => {
  const run = await onValues([3e-6, 4e-6], { max: 1, scale: 65536, order: 'before' })
  assert.equal(metric(run, 'effectiveThreshold'), 2 ** -16)
  assert.equal(metric(run, 'cut'), 0)
  const crushed = await onValues([0.03, 0.04], { max: 1, scale: 4096, order: 'before' })
  near(metric(crushed, 'normAfter'), 1 / 4096)
  assert.equal(crushed.findings[0]?.code, 'clipBefore')
  assert.equal(crushed.findings[0]?.tone, 'bad')
})

test('one step of the recording: of each tensor one value in 400, sizes in their share', async () => {
  interface Tensor {
    readonly kind: string
    readonly zeros: number
    readonly from: number
    readonly counts: readonly number[]
  }
  for (const profile of ['digits-cnn', 'digits-mlp']) {
    const text = readFileSync(join(root, 'scenarios', 'profiles', `${profile}.json`), 'utf8')
    const { recorded, tensors } = JSON.parse(text) as { recorded: string; tensors: Tensor[] }
    assert.match(recorded, /\b400 steps\b/)
    const ofKind = tensors.filter(({ kind }) => kind === 'weights')
    const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0)
    const count = ofKind.reduce((total, t) => total + Math.floor((sum(t.counts) + t.zeros) / 400), 0)
    const run = await runScenario('clipping', { profile, spike: 1 })
    assert.equal(metric(run, 'gradients'), count)
    // The norm of a step of mean squares, within what is known of each value: its power of two.
    const squares = (up: number): number =>
      ofKind.reduce((all, t) => t.counts.reduce((own, n, i) => own + n * 4 ** (t.from + i + up), all), 0) / 400
    const norm = metric(run, 'norm')
    assert.ok(norm > 0.98 * Math.sqrt(squares(0)) && norm < 1.02 * Math.sqrt(squares(1)), `${norm}`)
    near(metric(await runScenario('clipping', { profile, spike: 8 }), 'norm'), 8 * norm, 1e-12)
  }
})

test('updates lost: w − lr · g in FP16, one by one', async () => {
  const values = Array.from({ length: 200 }, (_, i) => 1.7 * 10 ** (-i / 25) * (i % 3 === 0 ? -1 : 1))
  const run = await onValues(values, { max: 0.5, lr: 0.01, weight: 0.7 })
  const w = f16round(0.7)
  const share = (factor: number): number =>
    values.filter((x) => f16round(w - 0.01 * f32(f32(x) * factor)) === w).length / values.length
  const coefficient = f32(f32(1 / f32(f32(metric(run, 'norm')) + f32(1e-6))) * 0.5)
  assert.equal(metric(run, 'lostUnclipped'), share(1))
  assert.equal(metric(run, 'lost'), share(coefficient))
  assert.ok(share(coefficient) > share(1))
})

/** Sylvester's matrix by its recursion. */
const sylvester = (n: number): number[][] => {
  if (n === 1) return [[1]]
  const half = sylvester(n / 2)
  return [...half.map((row) => [...row, ...row]), ...half.map((row) => [...row, ...row.map((x) => -x)])]
}

function bf16round(x: number): number {
  const float = new Float32Array([x])
  const words = new Uint32Array(float.buffer)
  const bits = words[0] as number
  if (Number.isFinite(float[0] as number)) words[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000
  return float[0] as number
}

/** The chain with another codec: where an element is not finite, where half the size is wrong, and the last norm. */
function chainByHand(radius: number, length: number, round: (x: number) => number) {
  const drawn = distribution({ distribution: 'normal', count: 16, seed: 1 })
  const [block] = [...(drawn.blocks() as Iterable<{ values: Float64Array }>)]
  const raw = [...(block as { values: Float64Array }).values]
  const first = raw.map((x) => x / Math.sqrt(raw.reduce((sum, y) => sum + y * y, 0)))
  const weights = sylvester(16).map((row) => row.map((x) => round((x * radius) / 4)))
  const w = Math.abs(weights[0]?.[0] as number)
  let delta = first.map(round)
  let exact = first
  let [overflowAt, lostAt] = [NaN, NaN]
  for (let t = 1; t <= length; t++) {
    delta = weights.map((row) => round(row.reduce((sum, x, j) => f32(sum + f32(x * (delta[j] as number))), 0)))
    exact = sylvester(16).map((row) => row.reduce((sum, x, j) => sum + x * w * (exact[j] as number), 0))
    const finite = delta.every(Number.isFinite)
    if (!finite && Number.isNaN(overflowAt)) overflowAt = t
    const off = Math.hypot(...delta.map((x, j) => x - (exact[j] as number)))
    if (finite && off > Math.hypot(...exact) / 2 && Number.isNaN(lostAt)) lostAt = t
  }
  return { overflowAt, lostAt, norm: Math.hypot(...delta) }
}

for (const [format, round] of [
  ['fp16', f16round],
  ['bf16', bf16round],
] as const)
  for (const radius of [1.3, 2.5, 1.05])
    test(`the chain in ${format}, radius ${radius} and 1/${radius}`, async () => {
      const run = await runScenario('clipping', { format, radius, length: 90, max: 2, seed: 1 })
      const [up, down] = [chainByHand(radius, 90, round), chainByHand(1 / radius, 90, round)]
      assert.equal(metric(run, 'overflowAt'), up.overflowAt)
      assert.equal(metric(run, 'lostAt'), down.lostAt)
      near(metric(run, 'chainNorm'), radius ** 90, 1e-9)
      if (Number.isNaN(up.overflowAt)) {
        near(metric(run, 'chainInFormat'), up.norm, 1e-9)
        // The fp32 squares of a norm above 1.8e19 are Inf, and PyTorch's factor is then 0.
        if (up.norm > 2e20) {
          assert.equal(metric(run, 'chainClipped'), 0)
          assert.ok(Number(run.findings.find(({ code }) => code === 'clipGrows')?.values['zeroedAt']) > 0)
        } else near(metric(run, 'chainClipped'), 2, 1e-5)
      } else {
        assert.ok(Number.isNaN(metric(run, 'chainInFormat')))
        assert.ok(Number.isNaN(metric(run, 'chainClipped')))
      }
      // Shrinking: clipping leaves it as it is.
      const shrunk = await runScenario('clipping', { format, radius: 1 / radius, length: 90, max: 2, seed: 1 })
      assert.equal(metric(shrunk, 'chainClipped'), metric(shrunk, 'chainInFormat'))
      near(metric(shrunk, 'chainInFormat'), down.norm, 1e-9)
    })

test('a threshold too small is said, and its percentile is nearest-rank', async () => {
  const small = await runScenario('clipping', { max: 0.01 })
  const [found] = small.findings.filter(({ code }) => code === 'clipTooSmall')
  assert.ok(found)
  assert.equal(metric(small, 'stepsClipped'), 1)
  assert.ok(metric(small, 'lostUsualClipped') > 0.5)
  assert.ok(metric(small, 'lostPercentile') < 0.1)
  near(metric(small, 'stepsClippedPercentile'), 0.1, 1e-9)
  const wide = await runScenario('clipping', { max: 10 })
  assert.ok(!wide.findings.some(({ code }) => code === 'clipTooSmall'))
  const norms = Float64Array.from({ length: 400 }, (_, i) => i + 1)
  assert.deepEqual(
    [0, 0.25, 50, 90, 99.9, 100].map((percent) => percentileOf(norms, percent)),
    [1, 1, 200, 360, 400, 400],
  )
})

test('gradients that are not finite, and none at all', async () => {
  for (const bad of ['inf', 'nan']) {
    const input = join(folder, 'bad.txt')
    writeFileSync(input, `1\n2\n${bad}\n`)
    const run = await runScenario('clipping', { input })
    assert.equal(run.findings[0]?.code, 'clipNotFinite')
    assert.ok(Number.isNaN(metric(run, 'normAfter')))
  }
  const zero = await onValues([0, 0])
  assert.equal(zero.findings[0]?.code, 'clipNothing')
  assert.equal((await onValues([0.25], { max: 1 })).findings[0]?.code, 'clipIdle')
})

test('by value no norm is needed: Inf becomes the threshold and hides, NaN stays, a large norm is no matter', async () => {
  const byValue = async (values: readonly number[]) => (await onValues(values, { method: 'value' })).findings[0]
  const [hides, stays, large] = [await byValue([1, Infinity]), await byValue([1, NaN]), await byValue([1e30, 1e30])]
  assert.deepEqual([hides?.code, hides?.tone, hides?.values['infinite']], ['clipValueHides', 'bad', 1])
  assert.deepEqual([stays?.code, stays?.tone, stays?.values['nan']], ['clipValueHides', 'bad', 1])
  assert.deepEqual([large?.code, large?.tone], ['clipValueHides', 'note'])
})

test('where the norm format is at fault no percentile is advised, and with fp32 the updates survive', async () => {
  const { findings, blocks } = await onValues([300, 400], { normFormat: 'fp16' })
  const fault = findings.find(({ code }) => code === 'clipNormFault')
  // 1 / 500 of 300 and 400 are 0.6 and 0.8: lr · g = 0.06 moves a weight of 0.1.
  assert.deepEqual([fault?.values['lost'], fault?.values['lostWide']], [1, 0])
  assert.ok(!findings.some(({ code }) => code === 'clipTooSmall'))
  assert.ok(!JSON.stringify(blocks).includes('clipName-percentile'))
})

test('before unscale_ nothing is praised, cut or not, whatever is lost anyway', async () => {
  for (const values of [
    [0.3, 0.4],
    [3e-6, 4e-6],
  ]) {
    const { findings, blocks } = await onValues(values)
    for (const { code, tone } of findings.filter(({ code }) => code.startsWith('clipBefore')))
      assert.notEqual(tone, 'good', code)
    const ways = blocks.find((block) => block.kind === 'table')
    const at = ways?.rows.findIndex((row) => JSON.stringify(row[0]).includes('clipName-before')) as number
    assert.notEqual(ways?.tones?.[at], 'good')
  }
})

test('the sample and the drawn norms are called what they are', async () => {
  const { findings } = await runScenario('clipping', {})
  assert.ok(findings.some(({ code }) => code === 'clipFrom'))
  assert.ok(!(await onValues([1, 2])).findings.some(({ code }) => code === 'clipFrom'))
  const screen = render(await runScenario('clipping', { max: 0.01 }), { lang: 'en', width: 400 })
  assert.match(screen, /of 400 steps \(norms drawn\)/)
})

test('a norm summed in FP16: Inf from an element of 256, and every gradient becomes 0', async () => {
  const run = await onValues([256, 1, 0.5], { normFormat: 'fp16', max: 1 })
  assert.equal(metric(run, 'normInFormat'), Infinity)
  assert.equal(metric(run, 'normAfter'), 0)
  assert.equal(run.findings[0]?.code, 'clipNormFormat')
  assert.equal(run.findings[0]?.tone, 'bad')
  const below = await onValues([240, 1, 0.5], { normFormat: 'fp16', max: 1 })
  assert.equal(metric(below, 'normInFormat'), f16round(Math.sqrt(f16round(240 ** 2 + 0))))
})

test('the frameworks side by side', async () => {
  const { blocks, findings } = await runScenario('clipping', { framework: 'all', max: 5 })
  assert.ok(findings.some(({ code }) => code === 'clipAtExactly'))
  assert.equal(findings.find(({ code }) => code === 'clipSymbols')?.values['names'], 'deepspeed, fairseq')
  const skipped = { code: 'clipSkipped' }
  const tables = blocks.filter((block) => block.kind === 'table')
  assert.deepEqual(
    tables.at(-1)?.rows.map(([name, , shrink, inf, nan]) => [name, (shrink as number) * 2 ** 24, inf, nan]),
    [
      ['pytorch', 4, 'NaN 0', 'NaN NaN'],
      ['keras', 0, 'NaN NaN', 'NaN NaN'],
      // These look for Inf and NaN before they clip: the step is skipped.
      ['megatron', 3, skipped, skipped],
      ['deepspeed', 3, skipped, skipped],
      ['fairseq', 0, skipped, skipped],
    ],
  )
})

test('bad input is refused with its option', async () => {
  for (const [params, option] of [
    [{ max: 0 }, 'max'],
    [{ max: -1 }, 'max'],
    [{ format: 'e8m0' }, 'format'],
    [{ normFormat: 'e8m0' }, 'normFormat'],
    [{ framework: 'tourch' }, 'framework'],
    [{ radius: 0 }, 'radius'],
    [{ length: 1e9 }, 'length'],
    [{ percentile: 101 }, 'percentile'],
    [{ distribution: 'normal', count: 2e7 }, 'count'],
  ] as const)
    await assert.rejects(
      runScenario('clipping', { ...params }),
      (error) => error instanceof FpsimError && error.values['option'] === option,
      option,
    )
})

/** Every cell of the matrix of cures, computed again with another FP16, BF16 on integers, and loops of its own. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { f16round } from '@petamoriken/float16'
import { loadProfile } from '../../src/data/profile.js'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Block, Result } from '../../src/result/result.js'
import { runScenario } from '../../src/scenario/library.js'

type Round = (x: number) => number

/** bf16 by integer arithmetic on float32 bits: nearest, ties to even. */
function bf16round(x: number): number {
  const float = new Float32Array([x])
  const words = new Uint32Array(float.buffer)
  const bits = words[0] as number
  words[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000
  return float[0] as number
}

const failures = ['underflow', 'overflow', 'forward', 'matmul', 'swallowed', 'stalled'] as const
const cures = ['scaling', 'master', 'sums', 'autocast', 'bf16', 'stochastic', 'kahan', 'clipping'] as const

const metricsOf = async (params = {}): Promise<Record<string, number>> => (await runScenario('cures', params)).metrics
const cell = (failure: string, cure: string): string => `${failure}${cure.charAt(0).toUpperCase()}${cure.slice(1)}`

/** The cells of a row, of all cures but those named, are this number. */
function rest(metrics: Record<string, number>, failure: string, wanted: number, but: readonly string[]): void {
  for (const cure of ['none', ...cures])
    if (!but.includes(cure)) near(metrics[cell(failure, cure)], wanted, `${failure} ${cure}`)
}

const near = (got: number | undefined, wanted: number, what = '', share = 1e-9): void =>
  assert.ok(Math.abs((got as number) - wanted) <= share * Math.abs(wanted), `${what}: ${got} is not ${wanted}`)

const metrics = await metricsOf()

test('gradient underflow', async () => {
  for (const profile of ['digits-cnn', 'digits-mlp']) {
    const found = profile === 'digits-cnn' ? metrics : await metricsOf({ profile })
    const source = await loadProfile(profile, { seed: 1 })
    const shares: Record<string, number> = {}
    let all = 0
    const add = (name: string, part: number) => {
      shares[name] = (shares[name] ?? 0) + part
    }
    for await (const { values, weights } of source.blocks())
      values.forEach((g, i) => {
        const weight = weights?.[i] ?? 1
        all += weight
        if (f16round(g) === 0) add('none', weight)
        if (Math.fround(f16round(g * 65536) / 65536) === 0) add('scaling', weight)
        if (bf16round(g) === 0) add('bf16', weight)
        if (f16round(f16round(g) * Math.min(1, 1 / (2 + 1e-6))) === 0) add('clipping', weight)
        // By chance: a share |g| / 2^-24 of the smallest survives.
        add('stochastic', weight * Math.max(0, 1 - Math.abs(g) / 2 ** -24))
      })
    const share = (name: string): number => (shares[name] ?? 0) / all
    rest(found, 'underflow', share('none'), ['scaling', 'bf16', 'clipping', 'stochastic'])
    for (const name of ['scaling', 'bf16', 'clipping']) near(found[cell('underflow', name)], share(name), name)
    near(found['underflowAmp'], share('scaling'))
    near(found['underflowBf16Amp'], 0)
    near(found['underflowStochastic'], share('stochastic'), 'stochastic', 0.1)
  }
})

test('gradient overflow', () => {
  // 8 steps of 4 weights; in step 4 four samples of 30000 each.
  const lost = (round: Round, { clip = false, scaler = false } = {}): number => {
    const weights = [0.5, -0.5, 0.25, -0.25]
    let scale = scaler ? 65536 : 1
    for (let step = 1; step <= 8; step++) {
      let gradients = [0.1, -0.2, 0.3, -0.4].map((g, i) => {
        const sample = round((step === 4 && i === 3 ? 30000 : g / 4) * scale)
        return round(round(round(sample + sample) + sample) + sample) / scale
      })
      if (scaler && gradients.some((g) => !Number.isFinite(g))) {
        scale /= 2
        continue
      }
      const norm = Math.hypot(...gradients)
      if (clip) gradients = gradients.map((g) => g * Math.min(1, 1 / (norm + 1e-6)))
      gradients.forEach((g, i) => {
        weights[i] = round((weights[i] as number) - 0.01 * g)
      })
    }
    return weights.filter((w) => !Number.isFinite(w)).length / 4
  }
  assert.equal(lost(f16round), 1 / 4)
  assert.equal(lost(f16round, { clip: true }), 1 / 4)
  assert.equal(lost(f16round, { scaler: true }), 0)
  assert.equal(lost(bf16round), 0)
  rest(metrics, 'overflow', 1 / 4, ['scaling', 'bf16'])
  for (const name of ['scaling', 'bf16', 'amp', 'bf16Amp']) assert.equal(metrics[cell('overflow', name)], 0, name)
})

test('what the note on overflow says: one step skipped, the scale halved, and the weight that BF16 throws far away', async () => {
  const note = await noteOf('overflow')
  assert.deepEqual([note.values['skipped'], note.values['scale']], [1, 32768])
  // 0.01 · 4 · 30000 = 1200 from a weight near 0.
  assert.equal(note.values['weight'], bf16round(-1200))
})

test('forward overflow: squares from 256 on and exp above ln 65520', () => {
  const numbers = Array.from({ length: 512 }, (_, i) => i + 1)
  const beyond = numbers.filter((x) => x * x >= 65520).length + numbers.filter((x) => x / 32 >= Math.log(65520)).length
  assert.equal(beyond, 257 + 158)
  rest(metrics, 'forward', beyond / 1024, ['autocast', 'bf16'])
  for (const name of ['autocast', 'bf16', 'amp', 'bf16Amp']) assert.equal(metrics[cell('forward', name)], 0, name)
})

test('forward overflow of a matmul: 64 products of 32 and 4 … 64', () => {
  const scores = Array.from({ length: 16 }, (_, i) => 64 * 32 * 4 * (i + 1))
  assert.equal(scores.filter((x) => f16round(x) === Number.POSITIVE_INFINITY).length, 9)
  assert.ok(scores.every((x) => Number.isFinite(bf16round(x))))
  // An FP32 sum is exact here, and stored in FP16 it is Inf all the same: only BF16 helps.
  rest(metrics, 'matmul', 9 / 16, ['bf16'])
  assert.equal(metrics['matmulAmp'], 9 / 16)
  assert.equal(metrics['matmulBf16'], 0)
  assert.equal(metrics['matmulBf16Amp'], 0)
})

test('an overshoot is off, not missing', async () => {
  for (const failure of ['swallowed', 'stalled']) {
    const screen = render(await runScenario('cures', { failure }))
    assert.match(screen, /^ +off by /m)
    assert.ok(!screen.includes('missing'), screen)
  }
})

test('swallowed update: 1 + 0.0001, 1000 times', () => {
  const missing = (w: number): number => Math.abs(1 - (w - 1) / 0.1)
  const delta = (round: Round): number => Math.fround(-1e-3 * round(-0.1))
  const repeat = (step: (w: number) => number): number => {
    let w = 1
    for (let i = 0; i < 1000; i++) w = step(w)
    return w
  }
  assert.equal(
    repeat((w) => f16round(w + delta(f16round))),
    1,
  )
  assert.equal(
    repeat((w) => bf16round(w + delta(bf16round))),
    1,
  )
  rest(metrics, 'swallowed', 1, ['master', 'stochastic', 'kahan'])
  const master = (round: Round): number => repeat((w) => Math.fround(w + delta(round)))
  near(metrics['swallowedMaster'], missing(master(f16round)))
  near(metrics['swallowedAmp'], missing(Math.fround(master((x) => Math.fround(f16round(x * 65536) / 65536)))))
  near(metrics['swallowedBf16Amp'], missing(master(bf16round)))
  let carried = 0
  const kahan = repeat((w) => {
    carried = f16round(carried + delta(f16round))
    const next = f16round(w + carried)
    carried = f16round(carried + f16round(w - next))
    return next
  })
  near(metrics['swallowedKahan'], missing(kahan))
  // Of 1000 steps of ulp 2^-10 about a tenth are taken; the mean of 256 weights lies within four standard errors.
  const p = 1e-4 / 2 ** -10
  const error = (Math.sqrt(1000 * p * (1 - p)) * 2 ** -10) / Math.sqrt(256)
  assert.ok((metrics['swallowedStochastic'] as number) < (4 * error) / 0.1 + 3e-4)
})

test('stalled sum: 20000 × 0.0001', () => {
  const missing = (sum: number): number => Math.abs(1 - sum / 2)
  const sum = (add: (s: number, x: number) => number, term: number): number => {
    let s = 0
    for (let i = 0; i < 20_000; i++) s = add(s, term)
    return s
  }
  const inFp16 = sum((s, x) => f16round(s + x), f16round(1e-4))
  assert.equal(inFp16, 0.25)
  assert.equal(sum((s, x) => f16round(s + x), f16round(1e-4 * 65536)) / 65536, 0.25)
  rest(metrics, 'stalled', missing(0.25), ['sums', 'autocast', 'bf16', 'stochastic', 'kahan'])
  const wide = (round: Round): number => sum((s, x) => Math.fround(s + x), round(1e-4))
  near(metrics['stalledSums'], missing(f16round(wide(f16round))))
  near(metrics['stalledAutocast'], missing(wide(f16round)))
  assert.equal(
    sum((s, x) => bf16round(s + x), bf16round(1e-4)),
    0.03125,
  )
  near(metrics['stalledBf16'], missing(0.03125))
  let carried = 0
  const kahan = sum((s, x) => {
    const y = f16round(x - carried)
    const next = f16round(s + y)
    carried = f16round(f16round(next - s) - y)
    return next
  }, f16round(1e-4))
  near(metrics['stalledKahan'], missing(kahan))
  // σ of one sum is at most sqrt(20000 · p(1 − p)) ulps of 2^-10; the mean of 16 lies within four standard errors.
  const p = 1e-4 / 2 ** -10
  const error = (Math.sqrt(20_000 * p * (1 - p)) * 2 ** -10) / Math.sqrt(16)
  assert.ok((metrics['stalledStochastic'] as number) < (4 * error) / 2 + 3e-4)
})

const limits = { underflow: 0.001, overflow: 0.001, forward: 0.001, matmul: 0.001, swallowed: 0.05, stalled: 0.05 }

/** What heals what: the exam's answer, written by hand. */
const healed: Readonly<Record<(typeof failures)[number], readonly string[]>> = {
  underflow: ['scaling', 'bf16'],
  overflow: ['scaling', 'bf16'],
  forward: ['autocast', 'bf16'],
  matmul: ['bf16'],
  swallowed: ['master', 'stochastic', 'kahan'],
  stalled: ['sums', 'autocast', 'stochastic', 'kahan'],
}

const tablesOf = ({ blocks }: Result): Extract<Block, { kind: 'table' }>[] =>
  blocks.flatMap((block) => (block.kind === 'table' ? [block] : []))

async function noteOf(failure: string): Promise<Extract<Block, { kind: 'note' }>> {
  const note = (await runScenario('cures', { failure })).blocks.at(-1)
  assert.ok(note?.kind === 'note')
  return note
}

test('the marks of the matrix are the criteria applied to the cells, and those of the exam', async () => {
  const [matrix] = tablesOf(await runScenario('cures'))
  failures.forEach((failure, i) => {
    const marks = matrix?.rows[i]?.slice(1)
    const below = cures.map((cure) => (metrics[cell(failure, cure)] as number) < limits[failure])
    assert.deepEqual(
      marks,
      below.map((good) => (good ? '✓' : '✗')),
    )
    assert.deepEqual(
      cures.filter((_, c) => below[c]),
      healed[failure],
    )
    assert.equal(metrics[`${failure}Healed`], healed[failure].length)
  })
  assert.equal(metrics['scalingHeals'], 2)
  assert.equal(metrics['bf16Heals'], 4)
  assert.equal(metrics['ampHeals'], 5)
  assert.equal(metrics['bf16AmpHeals'], 6)
})

test('no seed changes a mark, though chance rounds in it', async () => {
  const rows = async (seed: number | string) => tablesOf(await runScenario('cures', { seed }))[0]?.rows
  const first = await rows(1)
  assert.equal(first?.length, failures.length)
  for (const seed of [2, 'alice']) assert.deepEqual(await rows(seed), first)
  assert.notEqual((await metricsOf({ seed: 2 }))['stalledStochastic'], metrics['stalledStochastic'])
})

test('a profile that no single scale saves: digits-mlp', async () => {
  const found = await metricsOf({ profile: 'digits-mlp' })
  assert.ok((found['underflowScaling'] as number) > 0.01)
  assert.equal(found['underflowHealed'], 1)
})

test('without a scale, loss scaling still skips the overflow but saves no small gradient', async () => {
  const found = await metricsOf({ scale: 1 })
  near(found['underflowScaling'], metrics['underflowNone'] as number)
  assert.equal(found['overflowScaling'], 0)
})

test('a scale too large is backed off until nothing overflows', async () => {
  // 0.4865 × 2^17 < 65520: from 2^20 the scaler comes down to 2^17, the last safe one.
  const found = await metricsOf({ scale: 2 ** 20 })
  near(found['underflowScaling'], (await metricsOf({ scale: 2 ** 17 }))['underflowScaling'] as number)
  assert.ok((found['underflowScaling'] as number) < (metrics['underflowScaling'] as number))
})

test('every row opens in both languages, on one screen', async () => {
  for (const failure of failures)
    for (const params of [{ failure }, { failure, scale: failure === 'overflow' ? 2 ** 24 : 3.7 }]) {
      const result = await runScenario('cures', params)
      for (const lang of ['en', 'zh'] as const) {
        const screen = render(result, { lang, width: 80 })
        assert.doesNotMatch(screen, /undefined/)
        assert.ok(screen.trimEnd().split('\n').length <= 26, screen)
        assert.ok(render(result, { lang, width: 60, charset: 'ascii' }).length > 500)
      }
    }
})

test('what is not allowed is refused', async () => {
  for (const params of [{ failure: 'underflows' }, { scale: 0 }, { scale: 2 ** 25 }, { profile: 'nothing' }])
    await assert.rejects(
      runScenario('cures', params),
      (error) => error instanceof FpsimError && error.code === 'invalid-value',
    )
})

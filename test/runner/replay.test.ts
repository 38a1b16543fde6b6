/** The replay runner against answers computed by exact rationals, and against the recordings of the shipped profiles. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { FpsimError } from '../../src/errors.js'
import { toJson } from '../../src/render/json.js'
import type { Result } from '../../src/result/result.js'
import { runScenario } from '../../src/scenario/library.js'
import { loadScenario } from '../../src/scenario/load.js'
import { runLoaded } from '../../src/scenario/run.js'

const vectors = 'test/vectors/replay'

/** One column of the answers per metric, in order; `relative`: equal within 1e-12 of itself. */
const columns = [
  'values',
  'zeros',
  'nonfinite',
  'largest',
  'lost',
  'subnormal',
  'overflow',
  'bitsKept',
  'relativeError',
  'lostUnscaled',
  'subnormalUnscaled',
  'overflowUnscaled',
  'bitsKeptUnscaled',
  'relativeErrorUnscaled',
  'maxSafeScale',
  'minGoodScale',
]

function agrees(name: string, got: number, wanted: number): boolean {
  if (Object.is(got, wanted)) return true
  return name.startsWith('relativeError') && Math.abs(got - wanted) <= 1e-12 * wanted
}

test('every metric is the one computed by exact rationals', async () => {
  const lines = gunzipSync(readFileSync(`${vectors}/answers.tsv.gz`))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1)
  const lesson = await loadScenario('underflow')
  const wrong: string[] = []
  for (const line of lines) {
    const [array, format, scale, rounding, overflow, ...answers] = line.split('\t') as [string, ...string[]]
    const overrides = { input: `${vectors}/${array}.npy`, format, scale, rounding, overflow } as Record<string, string>
    const { metrics } = await runLoaded(lesson, { overrides })
    columns.forEach((name, i) => {
      const wanted = Number(answers[i])
      const got = metrics[name] as number
      if (!agrees(name, got, wanted))
        wrong.push(`${[array, format, scale, rounding, overflow].join(' ')}: ${name} ${got}, expected ${wanted}`)
    })
  }
  assert.ok(lines.length > 4000, `${lines.length} lines`)
  assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} wrong`)
})

/** Counts by exponent of the recordings, by kind ('w' or 'a'). */
function recorded(model: string, kinds: string): Map<number, number> {
  const counts = new Map<number, number>()
  for (const line of readFileSync(`../shared/gradients/${model}/exponents.csv`, 'utf8').trim().split('\n').slice(1)) {
    const [kind, , exponent, count] = line.split(',') as [string, string, string, string]
    if (exponent !== 'zero' && kinds.includes(kind))
      counts.set(Number(exponent), (counts.get(Number(exponent)) ?? 0) + Number(count))
  }
  return counts
}

const share = (counts: Map<number, number>, which: (exponent: number) => boolean): number => {
  const all = [...counts.values()].reduce((a, b) => a + b, 0)
  return [...counts].reduce((sum, [e, n]) => sum + (which(e) ? n : 0), 0) / all
}

const skip = existsSync('../shared/gradients') ? false : 'no recordings beside the repository'

/** What the recordings say of FP16: the value's binade decides, because no recorded value is a power of two. */
const recordings = [
  { profile: 'digits-cnn', kind: 'all', kinds: 'wa', nonzero: 12_463_883 },
  { profile: 'digits-cnn', kind: 'activations', kinds: 'a' },
  { profile: 'digits-cnn', kind: 'weights', kinds: 'w' },
  { profile: 'digits-mlp', kind: 'all', kinds: 'wa' },
] as const

for (const { profile, kind, kinds, ...more } of recordings)
  test(`${profile}, ${kind}: the fractions are those of the recording`, { skip }, async () => {
    const counts = recorded(profile, kinds)
    const total = [...counts.values()].reduce((a, b) => a + b, 0)
    for (const k of [-8, 0, 4, 16]) {
      const { metrics } = await runScenario('underflow', { profile, kind, scale: 2 ** k })
      const { values, zeros, nonfinite } = metrics as Record<string, number>
      assert.equal((values as number) - (zeros as number) - (nonfinite as number), total)
      if ('nonzero' in more) assert.equal(total, more.nonzero)
      assert.equal(
        metrics['lost'],
        share(counts, (e) => e + k < -25),
      )
      assert.equal(
        metrics['overflow'],
        share(counts, (e) => e + k >= 16),
      )
      // The bin just below 2^-14 holds some that round up to a normal.
      const subnormal = metrics['subnormal'] as number
      assert.ok(subnormal <= share(counts, (e) => e + k >= -25 && e + k < -14))
      assert.ok(subnormal >= share(counts, (e) => e + k >= -25 && e + k < -15))
    }
  })

test('the default profile: what is lost, and the safe window', async () => {
  const near = (got: number | undefined, percent: number, half: number) =>
    assert.ok(Math.abs((got as number) * 100 - percent) <= half, `${got}`)
  const cnn = (await runScenario('underflow', { scale: 65536 })).metrics
  near(cnn['lostUnscaled'], 3.25, 0.005)
  near(cnn['lost'], 0.028, 0.0005)
  assert.deepEqual([cnn['minGoodScale'], cnn['maxSafeScale']], [2048, 131072])
  const activations = (await runScenario('underflow', { kind: 'activations' })).metrics
  near(activations['lostUnscaled'], 3.5, 0.005)
  assert.deepEqual([activations['minGoodScale'], activations['maxSafeScale']], [2048, 2097152])
})

test('digits-mlp has no safe window: 1.1 % lost at 2^16, overflow at 2^17', async () => {
  const mlp = await runScenario('underflow', { profile: 'digits-mlp', scale: '2^16' })
  assert.equal(((mlp.metrics['lost'] as number) * 100).toFixed(1), '1.1')
  assert.equal(mlp.metrics['overflow'], 0)
  assert.ok((mlp.metrics['minGoodScale'] as number) > (mlp.metrics['maxSafeScale'] as number))
  assert.ok(mlp.blocks.some((block) => block.kind === 'note' && block.code === 'noSafeScale'))
  const beyond = await runScenario('underflow', { profile: 'digits-mlp', scale: '2^17' })
  assert.ok((beyond.metrics['overflow'] as number) > 0)
  assert.ok(beyond.findings.some(({ code }) => code === 'stepSkipped'))
})

test('a profile has the same fractions whatever the seed', async () => {
  for (const format of ['fp16', 'e4m3fn', 'e5m6'])
    for (const scale of [1, 3.7, 1000, 65536]) {
      const one = async (seed: number) => {
        const { metrics } = await runScenario('underflow', { format, scale, seed })
        const { lost, subnormal, overflow, bitsKept, maxSafeScale, minGoodScale, values, zeros } = metrics
        return { lost, subnormal, overflow, bitsKept, maxSafeScale, minGoodScale, values, zeros }
      }
      const first = await one(1)
      for (const seed of [2, 3, 4, 5, 6, 7, 8, 9, 10]) assert.deepEqual(await one(seed), first)
    }
})

test('where nothing is nonzero and finite the fractions are NaN, with a note and no pictures', async () => {
  for (const name of ['zeros', 'nothing', 'empty']) {
    const { metrics, findings, blocks } = await runScenario('underflow', { input: `${vectors}/${name}.npy`, scale: 8 })
    for (const metric of columns.slice(3)) assert.ok(Number.isNaN(metrics[metric]), `${name} ${metric}`)
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['nothingToReplay'],
    )
    assert.deepEqual(blocks, [])
  }
})

/** The error that a promise is refused with. */
async function refusal(promise: Promise<unknown>): Promise<FpsimError> {
  const error = await promise.then(
    () => assert.fail('nothing was refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof FpsimError, String(error))
  return error
}

test('two sources given together are refused; a lone one replaces that of the lesson', async () => {
  const input = `${vectors}/powers.npy`
  for (const two of [
    { input, profile: 'digits-cnn' },
    { input, distribution: 'normal' },
    { profile: 'digits-mlp', distribution: 'normal' },
  ])
    assert.equal((await refusal(runScenario('underflow', two))).code, 'conflicting-sources')
  assert.equal((await runScenario('underflow', { input })).metrics['values'], 51)
  assert.equal((await runScenario('underflow', { distribution: 'laplace', count: 100 })).metrics['values'], 100)
  // A parameter that is there but undefined was not given.
  const unset = { scale: undefined, input: undefined } as unknown as Record<string, number>
  assert.equal((await runScenario('overflow', unset)).params['scale'], 262144)
})

test('wrong arguments are refused with a code', async () => {
  const code = async (params: unknown) =>
    (await refusal(runScenario('underflow', params as Record<string, number>))).code
  assert.equal(await code({ scale: 'big' }), 'invalid-value')
  assert.equal(await code({ scale: 0 }), 'invalid-value')
  assert.equal(await code({ scale: -2 }), 'invalid-value')
  assert.equal(await code({ scale: Number.NaN }), 'invalid-value')
  assert.equal(await code({ scale: Number.POSITIVE_INFINITY }), 'invalid-value')
  assert.equal(await code({ scale: true }), 'invalid-value')
  assert.equal(await code({ scal: 2 }), 'unknown-key')
  assert.equal(await code({ format: 'fp61' }), 'unknown-format')
  assert.equal(await code({ format: 'fp8' }), 'ambiguous-format')
  assert.equal(await code({ rounding: 'nearest' }), 'invalid-value')
  assert.equal(await code({ profile: 'digits-rnn' }), 'invalid-value')
  assert.equal(await code({ tensor: 'no-such-*' }), 'no-match')
  assert.equal(await code({ input: 'no/such.npy' }), 'missing-file')
  assert.equal(await code({ seed: Number.NaN }), 'invalid-value')
  assert.equal(await code(null), 'invalid-value')
  assert.equal((await refusal(runScenario('underfow'))).code, 'unknown-scenario')
  assert.equal((await refusal(runScenario('underfow'))).values['suggestion'], 'underflow')
  assert.equal((await refusal(runScenario(7 as unknown as string))).code, 'unknown-scenario')
})

/** Text in pieces of a size, as a pipe would give it. */
async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

test('the same Result twice, and however the input is cut', async () => {
  const lesson = await loadScenario('underflow')
  const text = Array.from({ length: 3000 }, (_, i) => `${(i % 7) - 3}.${i}e-${i % 40}`).join('\n')
  for (const rounding of ['nearest-even', 'stochastic']) {
    const one = (size: number): Promise<Result> =>
      runLoaded(lesson, {
        overrides: { input: '-', scale: 3.7, rounding },
        seed: 5,
        host: { stdin: pieces(text, size) },
      })
    const whole = toJson(await one(1 << 20))
    for (const size of [7, 100, 4099]) assert.equal(toJson(await one(size)), whole)
  }
  const shipped = () => runScenario('underflow', { scale: 65536, rounding: 'stochastic', seed: 'Ada' })
  assert.equal(toJson(await shipped()), toJson(await shipped()))
})

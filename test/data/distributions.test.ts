/** The distributions against an independent evaluation, their analytic distribution functions and moments. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { type DistributionOptions, distribution } from '../../src/data/distributions.js'
import { FpsimError } from '../../src/errors.js'

/** All values of a source of moderate size. */
async function values(options: DistributionOptions): Promise<Float64Array> {
  const source = distribution(options)
  const out = new Float64Array(source.size as number)
  let at = 0
  for await (const block of source.blocks()) {
    out.set(block.values, at)
    at += block.values.length
  }
  assert.equal(at, out.length)
  return out
}

test('values agree with 60-digit arithmetic', async () => {
  const cases = JSON.parse(readFileSync('test/vectors/rng/distributions.json', 'utf8')) as {
    options: DistributionOptions
    indices: number[]
    values: number[]
  }[]
  for (const { options, indices, values: expected } of cases) {
    const got = await values({ ...options, count: 100_000 })
    for (const [k, i] of indices.entries()) {
      const [g, e] = [got[i] as number, expected[k] as number]
      // Relative to the spread beside 0, where the cosine's argument decides; to the value elsewhere. The power of a
      // small df and the exponential multiply the errors of their arguments.
      const scale = options.distribution === 'lognormal' ? Math.abs(e) : Math.max(Math.abs(e), options.std as number)
      assert.ok(Math.abs(g - e) <= 1e-14 * scale, `${options.distribution} ${i}: ${g}, expected ${e}`)
    }
  }
})

/** The distribution function of the standard normal: Simpson's rule on the density, in steps of 1/1024. */
const normalTable = (() => {
  const h = 1 / 1024
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  const table = [0.5]
  for (let i = 0; i < 9 * 1024; i++) {
    const x = i * h
    table.push((table[i] as number) + (h / 6) * (density(x) + 4 * density(x + h / 2) + density(x + h)))
  }
  return table
})()
function normalBelow(x: number): number {
  const at = Math.min(Math.abs(x), 8.99) * 1024
  const i = Math.floor(at)
  const p = (normalTable[i] as number) + (at - i) * ((normalTable[i + 1] as number) - (normalTable[i] as number))
  return x < 0 ? 1 - p : p
}

const below: Record<string, (x: number) => number> = {
  normal: normalBelow,
  lognormal: (x) => normalBelow(Math.log(x)),
  laplace: (x) => (x < 0 ? 0.5 * Math.exp(x * Math.SQRT2) : 1 - 0.5 * Math.exp(-x * Math.SQRT2)),
  'student-t 1': (x) => 0.5 + Math.atan(x) / Math.PI,
  'student-t 2': (x) => 0.5 + x / (2 * Math.sqrt(2 + x * x)),
  'student-t 3': (x) => 0.5 + (x / Math.sqrt(3) / (1 + (x * x) / 3) + Math.atan(x / Math.sqrt(3))) / Math.PI,
  'student-t 4': (x) => {
    const s = x / Math.sqrt(4 + x * x)
    return 0.5 + 0.75 * (s - (s * s * s) / 3)
  },
}

for (const [name, cdf] of Object.entries(below)) {
  test(`${name}: Kolmogorov–Smirnov distance to the analytic distribution`, async () => {
    const [kind, df] = name.split(' ') as [DistributionOptions['distribution'], string | undefined]
    for (const seed of [1, 2, 3]) {
      const n = 100_000
      const sorted = (
        await values({ distribution: kind, count: n, seed, ...(df === undefined ? {} : { df: Number(df) }) })
      ).sort()
      let distance = 0
      for (const [i, x] of sorted.entries()) {
        const p = cdf(x)
        distance = Math.max(distance, Math.abs(p - i / n), Math.abs(p - (i + 1) / n))
      }
      // √n · D stays below 1.95 with probability 0.999; the seeds are fixed.
      assert.ok(distance * Math.sqrt(n) < 1.95, `seed ${seed}: ${distance * Math.sqrt(n)}`)
    }
  })
}

test('mean and standard deviation mean what the options say', async () => {
  const n = 200_000
  const moments = (xs: Float64Array): [number, number] => {
    const mean = xs.reduce((s, x) => s + x, 0) / n
    return [mean, Math.sqrt(xs.reduce((s, x) => s + (x - mean) * (x - mean), 0) / n)]
  }
  const check = async (options: Partial<DistributionOptions>, std: number, of = (x: number) => x) => {
    const [m, s] = moments(
      (await values({ distribution: 'normal', mean: -2, std: 0.5, count: n, seed: 11, ...options })).map(of),
    )
    assert.ok(Math.abs(m + 2) < (5 * std) / Math.sqrt(n), `mean ${m}`)
    assert.ok(Math.abs(s - std) < 0.02 * std, `std ${s}`)
  }
  await check({}, 0.5)
  await check({ distribution: 'laplace' }, 0.5)
  await check({ distribution: 'lognormal' }, 0.5, Math.log)
  await check({ distribution: 'student-t', df: 10 }, 0.5 * Math.sqrt(10 / 8))
  await check({ distribution: 'student-t', df: 1e9 }, 0.5)
})

test('value i depends on the seed and i alone', async () => {
  const long = await values({ distribution: 'normal', count: 150_000, seed: 5 })
  for (const count of [1, 2, 65_535, 65_536, 65_537, 131_072]) {
    const short = await values({ distribution: 'normal', count, seed: 5 })
    assert.deepEqual(short, long.slice(0, count))
  }
  const source = distribution({ distribution: 'normal', count: 10, seed: 5 })
  const twice = [
    [...(source.blocks() as Iterable<{ values: Float64Array }>)],
    [...(source.blocks() as Iterable<{ values: Float64Array }>)],
  ]
  assert.deepEqual(twice[0], twice[1])
  assert.notDeepEqual(await values({ distribution: 'normal', count: 10, seed: 6 }), long.slice(0, 10))
})

test('the values have the same bits everywhere', async () => {
  const hash = createHash('sha256')
  for (const name of ['normal', 'lognormal', 'laplace', 'student-t'] as const) {
    const got = await values({ distribution: name, mean: 0.1, std: 2.5, df: 3, count: 70_000, seed: 2026 })
    hash.update(new Uint8Array(got.buffer))
  }
  assert.equal(hash.digest('hex'), '4244a4d8abca26361d3e6e86b593698416a289a8ec38a0e2e667020429c9724a')
})

test('defaults: a million standard values', () => {
  const source = distribution({ distribution: 'laplace', seed: 1 })
  assert.equal(source.size, 1_000_000)
  assert.equal(source.name, 'laplace')
})

test('values beyond float64 are infinite, never NaN', async () => {
  for (const options of [
    { distribution: 'lognormal', std: 1e6 },
    { distribution: 'normal', std: 1.7e308 },
    { distribution: 'student-t', df: 0.25, std: 1e300 },
  ] as const) {
    const got = await values({ ...options, count: 2000, seed: 1 })
    assert.ok(!got.some(Number.isNaN))
  }
})

test('parameters out of range are invalid-value, with the option', () => {
  const bad: [Record<string, unknown>, string][] = [
    [{ distribution: 'gauss' }, 'distribution'],
    [{ mean: Number.NaN }, 'mean'],
    [{ mean: Infinity }, 'mean'],
    [{ std: 0 }, 'std'],
    [{ std: -1 }, 'std'],
    [{ std: Infinity }, 'std'],
    [{ distribution: 'student-t', df: 0 }, 'df'],
    [{ distribution: 'student-t', df: Number.NaN }, 'df'],
    [{ distribution: 'student-t', df: Infinity }, 'df'],
    [{ count: 0 }, 'count'],
    [{ count: 1.5 }, 'count'],
    [{ count: 2 ** 53 }, 'count'],
    [{ seed: Number.NaN }, 'seed'],
  ]
  for (const [change, option] of bad) {
    const options = { distribution: 'normal', seed: 1, ...change } as DistributionOptions
    assert.throws(
      () => distribution(options),
      (e) => e instanceof FpsimError && e.code === 'invalid-value' && e.values['option'] === option,
      JSON.stringify(change),
    )
  }
  distribution({ distribution: 'normal', df: -1, seed: 1 }) // df belongs to student-t alone
})

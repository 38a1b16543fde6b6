/** `monitor`: the stream recomputed value by value with another codec, and logs with known answers. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { sizeOfSteps } from '../../src/data/gradient-stream.js'
import { FpsimError, render, runScenario } from '../../src/index.js'
import { lossOfSteps } from '../../src/runner/monitor/stream.js'
import { patterns } from '../../src/train/monitor/scale-history.js'
import { root } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-monitor-'))
after(() => rmSync(folder, { recursive: true }))

const values = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? -1 : 1) * 10 ** (-7 + i / 6))
const input = join(folder, 'values.txt')
writeFileSync(input, values.join('\n'))

for (const weight of [0.05, 0])
  test(`scale, skips, lost gradients and updates, weight ${weight}: every value of every step with another codec`, async () => {
    const o = { steps: 800, size: 2, drift: 2 ** -8, noise: 1.5, seed: 3 }
    const { metrics } = await runScenario('monitor', {
      input,
      ...o,
      growthInterval: 40,
      badBatches: 30,
      lr: 0.01,
      weight,
    })
    const sizeOf = sizeOfSteps(o)
    const w = f16round(weight)
    let [scale, clean, bad, skipped, lost, moved, ups] = [65536, 0, 0, 0, 0, 0, 0]
    let lowest = scale
    const norms: number[][] = []
    for (let t = 0; t < o.steps; t++) {
      const size = sizeOf(t) * (t === 320 ? 64 : 1)
      const nan = t === 480 || (t >= 600 && t < 630)
      const scaled = values.map((x) => f16round(x * size * scale))
      if (nan || scaled.some((y) => !Number.isFinite(y))) {
        skipped++
        scale /= 2
        bad = 0
      } else {
        clean++
        lost += scaled.filter((y) => y === 0).length
        values.forEach((x, i) => {
          if (scaled[i] !== 0 && f16round(w + 0.01 * size * Math.abs(x)) !== w) moved++
        })
        if (t < 600) norms.push([Math.hypot(...scaled) / scale, Math.hypot(...scaled)])
        if (++bad === 40) {
          scale *= 2
          ups++
          bad = 0
        }
      }
      lowest = Math.min(lowest, scale)
    }
    assert.equal(metrics['skipped'], skipped)
    assert.equal(metrics['overflows'], skipped)
    assert.equal(metrics['growths'], ups)
    assert.equal(metrics['finalScale'], scale)
    assert.equal(metrics['lowestScale'], lowest)
    assert.ok(skipped > 35 && lost > 0 && moved > 0 && moved < clean * values.length)
    assert.ok(Math.abs((metrics['lostShare'] as number) - lost / clean / values.length) < 1e-12)
    assert.ok(Math.abs((metrics['updatesLost'] as number) - (1 - moved / clean / values.length)) < 1e-12)
    // The norm leaves out the rounding of each value: half an ulp at most.
    const [first, last] = [norms[0] as number[], norms.at(-1) as number[]]
    const change = (i: number) => (last[i] as number) / (first[i] as number)
    assert.ok(Math.abs((metrics['normChange'] as number) / change(0) - 1) < 2 ** -10)
    assert.ok(Math.abs((metrics['readNormChange'] as number) / change(1) - 1) < 2 ** -10)
  })

/** The two lines of the document, with a plain comparison loop as Python's max and min are. */
function documentWarns(history: readonly number[]): boolean {
  if (history.length <= 100) return false
  const recent = history.slice(-100)
  let [high, low] = [recent[0] as number, recent[0] as number]
  for (const x of recent) {
    if (x > high) high = x
    if (x < low) low = x
  }
  return high / low > 10
}

test("the document's monitor on the same losses", async () => {
  const loss = { loss: 2.3, lossFloor: 0.1, descent: 30, lossNoise: 1.2 }
  for (const lossSpike of [4, 40]) {
    const { metrics } = await runScenario('monitor', { input, steps: 1000, lossSpike, badBatches: 30, ...loss })
    const of = lossOfSteps({
      steps: 1000,
      seed: 1,
      ...loss,
      lossSpike,
      gradientSpike: 64,
      badBatches: 30,
      badRate: 0,
      lr: 1,
      weight: 1,
    })
    const history: number[] = []
    const warned: number[] = []
    for (let t = 0; t < 1000; t++) {
      const nan = t === 600 || (t >= 750 && t < 780)
      history.push(nan ? Number.NaN : of(t).loss * (t === 200 ? lossSpike : 1))
      if (documentWarns(history)) warned.push(t)
    }
    assert.equal(metrics['interviewFirst'], warned[0])
    assert.equal(metrics['noticedByInterview'], warned.includes(200) && !warned.includes(199) ? 1 : 0)
    assert.equal(warned.includes(200), lossSpike === 40)
    assert.ok(!warned.some((t) => t >= 600 && t < 780))
  }
})

test('the loss: within its noise around the curve, the same for every step asked alone', () => {
  const o = { steps: 500, seed: 9, loss: 2, lossFloor: 0.5, descent: 50, lossNoise: 1.3 }
  const more = { lossSpike: 1, gradientSpike: 1, badBatches: 0, badRate: 0.1, lr: 1, weight: 1 }
  const of = lossOfSteps({ ...o, ...more })
  const all = Array.from({ length: 500 }, (_, t) => of(t))
  const logs = all.map(({ loss }, t) => Math.log(loss / (0.5 + 1.5 * Math.exp(-t / 50))))
  for (const x of logs) assert.ok(Math.abs(x) <= Math.log(1.3) + 1e-12)
  // A triangular distribution: deviation ln 1.3 / √6.
  const deviation = Math.sqrt(logs.reduce((sum, x) => sum + x * x, 0) / logs.length)
  assert.ok(Math.abs(deviation / (Math.log(1.3) / Math.sqrt(6)) - 1) < 0.1)
  const bad = all.filter((one) => one.bad).length
  assert.ok(bad > 25 && bad < 80, `${bad} of 500 at 10 %`)
  for (const t of [499, 0, 250]) assert.deepEqual(of(t), all[t])
})

test('troubles asked for one by one; none asked for, no alarm', async () => {
  const none = { lossSpike: 1, gradientSpike: 1, badBatches: 0 }
  const quiet = await runScenario('monitor', { ...none, descent: 300 })
  const { troubles, alarms, falseAlarms, interviewFirst } = quiet.metrics
  assert.deepEqual([troubles, alarms, falseAlarms], [0, 0, 0])
  assert.ok(Number.isNaN(interviewFirst))
  for (const one of [{ lossSpike: 4 }, { gradientSpike: 64 }, { badBatches: 10 }]) {
    const { metrics } = await runScenario('monitor', { ...none, ...one })
    assert.equal((metrics['noticed'] as number) + (metrics['skippedByScaler'] as number), metrics['troubles'])
    assert.equal(metrics['skippedByScaler'], 'gradientSpike' in one ? 1 : 0)
    assert.equal(metrics['falseAlarms'], 0)
  }
  // In BF16 nothing overflows: the spike is seen in the norm itself.
  const wide = await runScenario('monitor', { format: 'bf16' })
  const table = wide.blocks.find(({ kind }) => kind === 'table')
  assert.match(JSON.stringify(table), /norm-spike/)
  // Nobody checks: one overflow ends it, and the weights stay NaN.
  const broken = await runScenario('monitor', { policy: 'static', gradientSpike: 2 ** 20 })
  assert.equal(broken.metrics['infApplied'], 3000 - 1200)
  assert.equal(broken.metrics['skipped'], 0)
})

test('the same seed, the same bytes; another seed, another stream', async () => {
  const json = async (seed: number) => render(await runScenario('monitor', { steps: 500, seed }), { to: 'json' })
  assert.equal(await json(4), await json(4))
  assert.notEqual(await json(4), await json(5))
})

const expected = JSON.parse(readFileSync(join(root, 'test/vectors/logs/expected.json'), 'utf8')) as Record<
  string,
  {
    pattern: string
    copies: number
    overflows?: number
    backoffs?: number
    growths?: number
    first: number
    last: number
  }
>

for (const [name, want] of Object.entries(expected))
  test(`log: ${name}`, async () => {
    const result = await runScenario('monitor', { log: join(root, 'test/vectors/logs', name) })
    const { metrics } = result
    assert.equal(patterns[(metrics['logPattern'] as number) - 1], want.pattern)
    assert.equal(result.findings[0]?.code, `monitor-pattern-${want.pattern}`)
    assert.equal(result.findings[1]?.code, `monitor-next-${want.pattern}`)
    const found = {
      copies: 'logCopies',
      overflows: 'logOverflows',
      backoffs: 'logBackoffs',
      growths: 'logGrowths',
    } as const
    for (const [key, metric] of Object.entries(found) as [keyof typeof found, string][])
      if (want[key] !== undefined) assert.equal(metrics[metric], want[key], metric)
    assert.equal(metrics['logFirst'], want.first)
    assert.equal(metrics['logLast'], want.last)
    for (const lang of ['en', 'zh'] as const) {
      const screen = render(result, { lang, width: 80 })
      assert.doesNotMatch(screen, /NaN iterations|undefined|NaN 次|\{/)
    }
  })

test('there are logs of every pattern', () => {
  // The two others stand in the tests of the history.
  const others = ['dead', 'too-many-overflows']
  assert.deepEqual(
    [...new Set(Object.values(expected).map(({ pattern }) => pattern)), ...others].sort(),
    [...patterns].sort(),
  )
})

test('interval and floor decide what a log means', async () => {
  const log = join(root, 'test/vectors/logs/megatron-never-grows.log')
  const pattern = async (params: Record<string, number>) =>
    patterns[((await runScenario('monitor', { log, ...params })).metrics['logPattern'] as number) - 1]
  assert.equal(await pattern({}), 'never-grows')
  assert.equal(await pattern({ interval: 2450 }), 'never-grows')
  assert.equal(await pattern({ interval: 2451 }), 'healthy')
  const stuck = join(folder, 'stuck.log')
  writeFileSync(stuck, 'OVERFLOW! Skipping step. Attempted loss scale: 128, reducing to 128\n'.repeat(3))
  const of = async (floor: number) =>
    patterns[((await runScenario('monitor', { log: stuck, floor })).metrics['logPattern'] as number) - 1]
  assert.equal(await of(128), 'stuck-at-minimum')
  assert.equal(await of(64), 'probing')
})

test('little is written', async () => {
  const of = async (text: string) => {
    const log = join(folder, 'little.log')
    writeFileSync(log, text)
    const result = await runScenario('monitor', { log })
    for (const lang of ['en', 'zh'] as const)
      assert.doesNotMatch(render(result, { lang }), /undefined|\{|is NaN|at NaN|to NaN/, text)
    for (const to of ['json', 'csv', 'markdown'] as const) assert.ok(render(result, { to }).length > 100)
    return result
  }
  const stopped = await of(
    'Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.\n',
  )
  assert.equal(stopped.findings[0]?.code, 'monitor-pattern-stuck-at-minimum')
  const one = await of('Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0\n')
  assert.deepEqual([one.metrics['logFirst'], one.metrics['logLast'], one.metrics['logOverflows']], [65536, 32768, 1])
  // Means of the scale between 1024 and 2048, and one that was rounded.
  const means = await of(
    '| num_updates=100, loss_scale=1399\n| num_updates=200, loss_scale=1024\n| num_updates=300, loss_scale=2047\n',
  )
  assert.deepEqual([means.metrics['logFirst'], means.metrics['logLast'], means.metrics['logGrowths']], [1024, 2048, 1])
  // Several scalers, each with a fate of its own: the one that tells most.
  const line = (scaler: number, to: number) =>
    `Gradient overflow.  Skipping step, loss scaler ${scaler} reducing loss scale to ${to}\n`
  const two = await of([32768, 16384, 8192].map((to) => line(1, to)).join('') + line(0, 128))
  assert.deepEqual([two.metrics['logLast'], two.metrics['logOverflows']], [8192, 3])
  assert.ok(two.findings.some(({ code }) => code === 'monitorLogScalers'))
})

test('a log and a stream exclude each other; options of one mean nothing to the other', async () => {
  const log = join(root, 'test/vectors/logs/mmcv.log')
  const code = async (params: Record<string, number | string>) => {
    try {
      await runScenario('monitor', params)
      return 'nothing'
    } catch (error) {
      assert.ok(error instanceof FpsimError, String(error))
      return error.code
    }
  }
  assert.equal(await code({ log, steps: 10 }), 'conflicting-sources')
  assert.equal(await code({ log, profile: 'digits-mlp' }), 'conflicting-sources')
  assert.equal(await code({ log, growthInterval: 10 }), 'conflicting-sources')
  assert.equal(await code({ interval: 10 }), 'wrong-usage')
  assert.equal(await code({ log: join(folder, 'none.log') }), 'missing-file')
  assert.equal(await code({ log, interval: 0 }), 'invalid-value')
  for (const params of [
    { steps: 0 },
    { sigmas: 0 },
    { badRate: 2 },
    { lossNoise: 0.5 },
    { policy: 'te-delayed' },
    { lr: 0 },
  ])
    assert.equal(await code(params as Record<string, number | string>), 'invalid-value')
  // Odd ones that are allowed.
  for (const params of [
    { steps: 1 },
    { weight: 0 },
    { weight: 1e-8 },
    { format: 'e2m1', steps: 50 },
    { loss: 1e-6, lossFloor: 0, steps: 300 },
  ])
    assert.equal(await code(params as Record<string, number | string>), 'nothing')
})

test('gradients that are Inf themselves: every step is lost, and no alarm about it is false', async () => {
  const path = join(folder, 'inf.txt')
  writeFileSync(path, '3\n4\ninf\n')
  const result = await runScenario('monitor', { input: path })
  assert.equal(result.findings[0]?.code, 'monitorNoStep')
  assert.equal(result.findings[0]?.tone, 'bad')
  assert.equal(result.metrics['falseAlarms'], 0)
  for (const lang of ['en', 'zh'] as const) assert.doesNotMatch(render(result, { lang }), /NaN of|NaN 的/)
})

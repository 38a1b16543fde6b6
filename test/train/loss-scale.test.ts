/** Every policy against traces made elsewhere: published ones, the ones recorded in ../shared, and our own oracle's. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { FpsimError } from '../../src/errors.js'
import { powerOfTwo } from '../../src/format/bits.js'
import { lossScaler, policyNames, type ScaleStep } from '../../src/train/loss-scale.js'
import { root, shared } from '../support.js'

type Outcome = number | string

/** The scale after each step; `raises` and nothing more where the policy gives up. */
function trace(policy: string, config: Record<string, unknown>, steps: Iterable<string | number>): Outcome[] {
  const { init, next } = lossScaler(policy, config)
  const out: Outcome[] = []
  let state = init()
  for (const step of steps) {
    const seen: ScaleStep = step === 'X' ? 'overflow' : step === '.' ? 'finite' : { amax: Number(step) }
    try {
      state = next(state, seen)
    } catch (error) {
      assert.ok(error instanceof FpsimError && error.code === 'scale-at-minimum', String(error))
      return [...out, 'raises']
    }
    out.push(state.scale === Number.POSITIVE_INFINITY ? 'Infinity' : state.scale)
  }
  return out
}

/** Exponents of two as written in the tables below. */
const powers = (text: string): Outcome[] =>
  text.split(' ').map((word) => (word === 'inf' ? 'Infinity' : word === 'raises' ? word : powerOfTwo(Number(word))))

const s1 = '...X....XX..X.......X.X......'
const s2 = '.XX.X....X..'
const s3 = '....X.'
const three = { initScale: 65536, growthInterval: 3 }
const patient = { ...three, hysteresis: 2 }
const high = { initScale: powerOfTwo(126), growthInterval: 1 }

/** Published sequences (log2 of the scale after each step), each computed from the frameworks' own sources. */
const published: readonly [
  name: string,
  policies: string,
  config: Record<string, unknown>,
  steps: string,
  log2: string,
][] = [
  [
    'S1',
    'pytorch apex apex-legacy fairseq keras2 keras3 jmp adaptive mindspore pytorch-legacy',
    three,
    s1,
    '16 16 17 16 16 16 17 17 16 15 15 15 14 14 14 15 15 15 16 16 15 15 14 14 14 15 15 15 16',
  ],
  [
    'S1',
    'apex-hysteresis',
    patient,
    s1,
    '16 16 17 17 17 17 18 18 18 17 17 17 17 17 17 18 18 18 19 19 19 19 19 19 19 20 20 20 21',
  ],
  [
    'S1',
    'deepspeed-fused',
    three,
    s1,
    '16 16 16 15 15 15 15 16 15 14 14 14 13 13 13 13 14 14 14 15 14 14 13 13 13 13 14 14 14',
  ],
  [
    'S1',
    'deepspeed-zero',
    patient,
    s1,
    '16 16 16 16 16 16 16 17 17 16 16 16 15 15 15 15 16 16 16 17 17 17 16 16 16 16 17 17 17',
  ],
  [
    'S1',
    'deepspeed-zero',
    { ...patient, consecutiveHysteresis: true },
    s1,
    '16 16 16 16 16 16 16 17 17 16 16 16 16 16 16 16 17 17 17 18 18 18 18 18 18 18 19 19 19',
  ],
  [
    'S1',
    'megatron',
    patient,
    s1,
    '16 16 17 17 17 17 18 18 18 17 17 17 16 16 16 17 17 17 18 18 18 18 17 17 17 18 18 18 19',
  ],
  ['S1', 'flax', three, s1, '16 16 16 15 15 15 15 16 15 14 14 14 13 13 13 13 14 14 14 14 13 13 12 12 12 12 13 13 13'],
  [
    'S1',
    'naive',
    { initScale: 65536 },
    s1,
    '17 18 19 18 19 20 21 22 21 20 21 22 21 22 23 24 24 24 24 24 23 24 23 24 24 24 24 24 24',
  ],
  [
    'S2',
    'pytorch apex apex-legacy fairseq keras2 keras3 jmp adaptive',
    three,
    s2,
    '16 15 14 14 13 13 13 14 14 13 13 13',
  ],
  ['S2', 'deepspeed-fused flax', three, s2, '16 15 14 14 13 13 13 13 14 13 13 13'],
  ['S2', 'deepspeed-zero', { ...patient, consecutiveHysteresis: true }, s2, '16 16 15 15 15 15 15 15 16 16 16 16'],
  ['S2', 'apex-hysteresis', patient, s2, '16 16 15 15 15 15 15 16 16 16 16 16'],
  ['S2', 'deepspeed-zero', patient, s2, '16 16 15 15 14 14 14 14 15 15 15 15'],
  ['S2', 'megatron', patient, s2, '16 16 15 15 14 14 14 15 15 15 15 15'],
  ['S2', 'naive', { initScale: 65536 }, s2, '17 16 15 16 15 16 17 18 19 18 19 20'],
  ['S3 ceiling', 'pytorch keras2 jmp', high, s3, '127 127 127 127 126 127'],
  ['S3 ceiling', 'pytorch-legacy keras3', high, s3, '127 inf inf inf inf inf'],
  ['S3 ceiling', 'megatron', { ...high, hysteresis: 1 }, s3, '127 inf inf inf inf inf'],
  ['S3 ceiling', 'apex', high, s3, '24 24 24 24 23 24'],
  ['S3 ceiling', 'fairseq', high, s3, '127 128 129 130 129 130'],
  ['S3 ceiling', 'deepspeed-zero', { ...high, hysteresis: 1 }, s3, '126 127 128 129 128 128'],
  ['S3 ceiling', 'apex-hysteresis', { ...high, hysteresis: 2 }, s3, '127 127 127 127 127 127'],
  ['S4 floor', 'pytorch apex keras3 flax paddle', { initScale: 4 }, 'XXXXX', '1 0 -1 -2 -3'],
  ['S4 floor', 'keras2 jmp apex-legacy deepspeed-fused mindspore', { initScale: 4 }, 'XXXXX', '1 0 0 0 0'],
  ['S4 floor', 'deepspeed-zero', { initScale: 4, hysteresis: 1 }, 'XXXXX', '1 0 raises'],
  ['S4 floor', 'deepspeed-zero', { initScale: 4, hysteresis: 2 }, 'XXXXX', '2 1 0 raises'],
  ['S4 floor', 'megatron', { initScale: 4, hysteresis: 2 }, 'XXXXX', '2 1 0 0 0'],
  ['S4 floor', 'fairseq', { initScale: 4 }, 'X'.repeat(17), '1 0 -1 -2 -3 -4 -5 -6 -7 -8 -9 -10 -11 -12 -13 raises'],
  ['S4 floor', 'fairseq', { initScale: 4, thresholdScale: 0.25 }, 'XXXXXX', '1 0 -1 -2 -2 -2'],
  // Iterations 17060 to 17068 of BigScience's 104B run: the log itself, and what other policies would have done.
  [
    'S6 log',
    'deepspeed-zero megatron',
    { initScale: 2 ** 20, growthInterval: 500, hysteresis: 2 },
    '..XXXX.XX',
    '20 20 20 19 18 17 17 16 15',
  ],
  [
    'S6 log',
    'apex-hysteresis',
    { initScale: 2 ** 20, growthInterval: 500, hysteresis: 2 },
    '..XXXX.XX',
    '20 20 20 19 18 17 17 17 16',
  ],
  ['S6 log', 'pytorch', { initScale: 2 ** 20, growthInterval: 500 }, '..XXXX.XX', '20 20 19 18 17 16 16 15 14'],
  ['no scaling', 'none', {}, s2, '0 0 0 0 0 0 0 0 0 0 0 0'],
  ['static', 'static', { initScale: 1024 }, s2, '10 10 10 10 10 10 10 10 10 10 10 10'],
  ['Paddle, 2 in a row', 'paddle', { ...three, decrEvery: 2 }, s2, '16 16 15 15 15 15 15 16 16 16 16 16'],
]

for (const [name, policies, config, steps, log2] of published)
  for (const policy of policies.split(' '))
    test(`${name}: ${policy} ${JSON.stringify(config)}`, () => {
      assert.deepEqual(trace(policy, config, steps), powers(log2))
    })

test('S3: Flax stops at the largest float32, which is no power of two', () => {
  const largest = 3.4028234663852886e38
  assert.deepEqual(trace('flax', { initScale: powerOfTwo(126), growthInterval: 0 }, s3), [
    powerOfTwo(127),
    largest,
    largest,
    largest,
    largest / 2,
    largest,
  ])
})

test('S4: PyTorch reaches 0 with the 166th overflow in a row and stays there', () => {
  const scales = trace('pytorch', { growthInterval: 1 }, `${'X'.repeat(166)}...`)
  assert.deepEqual(scales.slice(164), [powerOfTwo(-149), 0, 0, 0, 0])
  assert.equal(trace('flax', {}, 'X'.repeat(200)).at(-1), powerOfTwo(-126))
})

test('S8: delayed FP8 scaling, the scale each step uses', () => {
  const amaxes = [1, 2, 4, 100, 1, 1, 1, 1, 1, Number.POSITIVE_INFINITY, 1, 0, 1]
  const used = (config: Record<string, unknown>) => [1, ...trace('te-delayed', config, amaxes)].slice(0, amaxes.length)
  const after100 = 4.480000019073486
  const most = [1, 448, 224, 112, after100, after100, after100, after100, 448, 448, 448, 448, 448]
  assert.deepEqual(used({ history: 4 }), most)
  assert.deepEqual(used({ history: 4, algo: 'most_recent' }), [1, 448, 224, 112, after100, ...Array(8).fill(448)])
  assert.deepEqual(used({ history: 4, margin: 2, format: 'e5m2' })[1], 14336)
  // The fourth step is the outlier itself: 100 · 112 is far above 448.
  assert.deepEqual(
    amaxes.map((amax, i) => amax * (most[i] as number) > 448).map(Number),
    [0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0],
  )
})

interface Recorded {
  readonly name: string
  readonly policy: string
  readonly config: Record<string, unknown>
  readonly steps: string
  readonly scales: readonly Outcome[]
}

const file = join(shared, 'vectors', 'loss-scale', 'traces.json')

test('the recorded traces of ../shared', { skip: existsSync(file) ? false : 'skipped: ../shared is not here' }, () => {
  const traces = JSON.parse(readFileSync(file, 'utf8')) as Recorded[]
  assert.ok(traces.length >= 57)
  for (const { name, policy, config, steps, scales } of traces)
    assert.deepEqual(trace(policy, config, steps), scales, `${name} ${policy}`)
})

type OracleLine = [
  policy: string,
  config: Record<string, unknown>,
  steps: string | (number | string)[],
  changes: [number, Outcome][],
]

test('random sequences of the Python oracle, every policy', () => {
  const path = join(root, 'test', 'vectors', 'loss-scale', 'traces.jsonl.gz')
  const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n')
  const seen = new Map<string, number>()
  for (const line of lines) {
    const [policy, config, steps, wanted] = JSON.parse(line) as OracleLine
    const got = trace(policy, config, steps)
    const changes = got.flatMap((scale, i) => (i === 0 || scale !== got[i - 1] ? [[i, scale]] : []))
    assert.deepEqual(changes, wanted, `${policy} ${JSON.stringify(config)} ${steps}`)
    seen.set(policy, (seen.get(policy) ?? 0) + 1)
  }
  assert.equal(lines.length, 2108)
  assert.deepEqual([...seen.keys()].sort(), [...policyNames].sort())
})

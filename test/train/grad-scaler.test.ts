/** GradScaler against PyTorch's own class, and the rules that a training loop relies on. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { FpsimError } from '../../src/errors.js'
import { languages } from '../../src/text/text.js'
import { gradScaler, type ScaledOptimizer } from '../../src/train/grad-scaler.js'
import { root } from '../support.js'

interface Counted extends ScaledOptimizer {
  gradients: readonly Float32Array[]
  readonly steps: () => number
}

function optimizer(name: string, gradients: readonly (readonly number[])[], dtype?: string): Counted {
  let count = 0
  return {
    name,
    gradients: gradients.map((g) => Float32Array.from(g)),
    ...(dtype === undefined ? {} : { dtype }),
    step: () => {
      count++
    },
    steps: () => count,
  }
}

const misused = (problem: string) => (error: unknown) => {
  assert.ok(error instanceof FpsimError, String(error))
  assert.deepEqual([error.code, error.values['problem']], ['scaler-misuse', problem])
  return true
}

const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)
const toBits = (x: number): string => {
  float[0] = Number.isNaN(x) ? 0 : x
  return Number.isNaN(x) ? '7fc00000' : (word[0] as number).toString(16).padStart(8, '0')
}
const fromBits = (hex: string): number => {
  word[0] = Number.parseInt(hex, 16)
  return float[0] as number
}

type Call = [kind: string, ...args: unknown[]]
type Line = [call: Call, answer: unknown, scale: string, tracker: number, stages: string[], moved: string[][] | null]

test('150 random loops of PyTorch 1.13.1: answers, errors, scale, tracker, stages and gradients bit for bit', () => {
  const path = join(root, 'test', 'vectors', 'loss-scale', 'gradscaler.jsonl.gz')
  const sequences = gunzipSync(readFileSync(path)).toString().trim().split('\n')
  const errors = new Set<string>()
  assert.equal(sequences.length, 150)
  for (const [index, text] of sequences.entries()) {
    const [config, lines] = JSON.parse(text) as [Record<string, number>, Line[]]
    const scaler = gradScaler({
      initScale: config['init_scale'] as number,
      growthFactor: config['growth_factor'] as number,
      backoffFactor: config['backoff_factor'] as number,
      growthInterval: config['growth_interval'] as number,
    })
    const all = [
      optimizer('0', [
        [0, 0, 0],
        [0, 0],
      ]),
      optimizer('1', [
        [0, 0, 0],
        [0, 0],
      ]),
      optimizer('2', []),
      optimizer(
        '3',
        [
          [0, 0, 0],
          [0, 0],
        ],
        'fp16',
      ),
    ]
    const call = ([kind, ...args]: Call): unknown => {
      const o = all[Number(args[0])] as Counted
      if (kind === 'grad') {
        for (const [i, row] of (args[1] as string[][]).entries()) o.gradients[i]?.set(row.map(fromBits))
        return null
      }
      if (kind === 'scale') return toBits(scaler.scale(fromBits(String(args[0]))))
      if (kind === 'step') return scaler.step(o)
      if (kind === 'closure') return scaler.step(o, { closure: () => 0 })
      if (kind === 'parameters') return scaler.step(o.gradients[Symbol.iterator]() as unknown as ScaledOptimizer)
      if (kind === 'unscale_') scaler.unscale_(o)
      else if (kind === 'update') scaler.update(...(args as number[]))
      else if (kind === 'interval') scaler.setGrowthInterval(Number(args[0]))
      else if (kind === 'reload') scaler.loadStateDict(scaler.stateDict())
      else assert.fail(kind)
      return null
    }
    for (const [at, [what, answer, scale, tracker, stages, moved]] of lines.entries()) {
      const where = `sequence ${index}, call ${at}: ${JSON.stringify(what)}`
      let got: unknown
      try {
        got = call(what[0] === 'parameters' ? ['parameters', 0] : what)
      } catch (error) {
        assert.ok(error instanceof FpsimError && error.code === 'scaler-misuse', `${where} ${error}`)
        got = languages.en.errors['scaler-misuse'](error.values)
      }
      if (typeof answer === 'string' && answer.includes('Error')) {
        // PyTorch's sentence up to its first full stop opens ours.
        const sentence = answer.split(/\. /)[0]?.replace(/\.$/, '') as string
        assert.ok(String(got).startsWith(sentence), `${where}\n${got}\n${answer}`)
        errors.add(sentence)
      } else assert.equal(got, answer, where)
      assert.equal(toBits(scaler.getScale()), scale, where)
      assert.equal(scaler.getGrowthTracker(), tracker, where)
      assert.deepEqual(
        all.map((o) => scaler.stage(o)),
        stages,
        where,
      )
      if (moved)
        assert.deepEqual(
          (all[Number(what[1])] as Counted).gradients.map((g) => [...g].map(toBits)),
          moved,
          where,
        )
    }
  }
  assert.equal(errors.size, 11)
})

test('S7: one scaler, two optimizers: each skipped on its own, one backoff, one count an update', () => {
  const scaler = gradScaler({ growthInterval: 3 })
  const { POSITIVE_INFINITY: inf } = Number
  const round = (d: number, g: number): [boolean, boolean, number, number] => {
    scaler.scale(1)
    const discriminator = optimizer('D', [[d]])
    const generator = optimizer('G', [[g]])
    const stepped: [boolean, boolean] = [scaler.step(discriminator), scaler.step(generator)]
    scaler.update()
    return [...stepped, scaler.getScale(), scaler.getGrowthTracker()]
  }
  assert.deepEqual(round(inf, 1), [false, true, 32768, 0])
  assert.deepEqual(round(inf, Number.NaN), [false, false, 16384, 0])
  assert.deepEqual(round(1, 1), [true, true, 16384, 1])
  assert.deepEqual(round(1, 1), [true, true, 16384, 2])
  assert.deepEqual(round(1, 1), [true, true, 32768, 0])
})

test('accumulation: unscale once after the last micro-batch; an infinity in one of them discards the whole batch', () => {
  const scaler = gradScaler({ initScale: 1024 })
  const o = optimizer('sgd', [[0]])
  for (const g of [0.5, 0.25, 0.125]) {
    const scaled = scaler.scale(g / 3)
    ;(o.gradients[0] as Float32Array)[0] = (o.gradients[0]?.[0] as number) + scaled
  }
  scaler.unscale_(o)
  assert.ok(Math.abs((o.gradients[0]?.[0] as number) - 0.875 / 3) < 1e-7)
  assert.throws(() => scaler.unscale_(o), misused('already-unscaled'))
  ;(o.gradients[0] as Float32Array)[0] = 1
  assert.equal(scaler.step(o), true)
  scaler.update()
  const bad = optimizer('sgd', [[1 + Number.POSITIVE_INFINITY + 1]])
  assert.equal(scaler.step(bad), false)
  assert.equal(bad.steps(), 0)
})

test('unscaling multiplies by float32(1/scale): not the same as dividing where the scale is no power of two', () => {
  const scaler = gradScaler({ initScale: 1000 })
  const o = optimizer('sgd', [[5]])
  scaler.scale(1)
  scaler.unscale_(o)
  const inverse = Math.fround(1 / 1000)
  assert.equal(o.gradients[0]?.[0], Math.fround(5 * inverse))
  assert.equal(scaler.foundInf(o), false)
})

test('a scale that fell to 0 never recovers: 0 · Inf is NaN', () => {
  const scaler = gradScaler({ initScale: 2 ** -149 })
  scaler.scale(1)
  scaler.step(optimizer('sgd', [[Number.POSITIVE_INFINITY]]))
  scaler.update()
  assert.equal(scaler.getScale(), 0)
  assert.equal(scaler.scale(3), 0)
  const o = optimizer('sgd', [[0]])
  scaler.unscale_(o)
  assert.ok(Number.isNaN(o.gradients[0]?.[0]))
})

test('an interval at or below the tracker stops growth until an overflow', () => {
  const scaler = gradScaler({ growthInterval: 10, initScale: 16 })
  const iterate = (g: number): number => {
    scaler.scale(1)
    scaler.step(optimizer('sgd', [[g]]))
    scaler.update()
    return scaler.getScale()
  }
  for (let i = 0; i < 5; i++) iterate(1)
  scaler.setGrowthInterval(5)
  for (let i = 0; i < 100; i++) assert.equal(iterate(1), 16)
  assert.equal(scaler.getGrowthTracker(), 105)
  assert.equal(iterate(Number.NaN), 8)
  for (let i = 0; i < 5; i++) iterate(1)
  assert.equal(scaler.getScale(), 16)
})

test('update(newScale) leaves the tracker; disabled, everything passes through', () => {
  const scaler = gradScaler()
  scaler.scale(1)
  scaler.step(optimizer('sgd', [[1]]))
  scaler.update()
  scaler.update(3)
  assert.deepEqual([scaler.getScale(), scaler.getGrowthTracker()], [3, 1])
  for (const bad of [0, -1, Number.NaN, 1e39])
    assert.throws(
      () => scaler.update(bad),
      (e: unknown) => e instanceof FpsimError && e.code === 'invalid-value',
    )
  const off = gradScaler({ enabled: false })
  const o = optimizer('sgd', [[Number.NaN]])
  assert.deepEqual([off.scale(7), off.step(o), o.steps(), off.getScale()], [7, true, 1, 1])
  off.unscale_(o)
  off.unscale_(o)
  off.update()
  assert.deepEqual(off.stateDict(), {})
  assert.equal(off.isEnabled(), false)
  assert.throws(() => scaler.loadStateDict({}), misused('empty-state'))
})

test('a saved scaler goes on where it was', () => {
  const scaler = gradScaler({ initScale: 8, growthInterval: 7, growthFactor: 3, backoffFactor: 0.25 })
  scaler.scale(1)
  scaler.step(optimizer('sgd', [[1]]))
  scaler.update()
  const saved = scaler.stateDict()
  assert.deepEqual(saved, { scale: 8, growth_factor: 3, backoff_factor: 0.25, growth_interval: 7, _growth_tracker: 1 })
  const other = gradScaler()
  other.loadStateDict(JSON.parse(JSON.stringify(saved)))
  assert.deepEqual(other.stateDict(), saved)
  assert.throws(() => other.update(), misused('scale-first'))
})

test('refused at the door: factors, scale and interval out of range, unknown keys', () => {
  for (const config of [{ growthFactor: 1 }, { backoffFactor: 1 }, { initScale: 0 }, { growthInterval: 0 }])
    assert.throws(
      () => gradScaler(config),
      (e: unknown) => e instanceof FpsimError && e.code === 'invalid-value',
    )
  assert.throws(
    () => gradScaler({ hysteresis: 2 } as object),
    (e: unknown) => e instanceof FpsimError && e.code === 'unknown-key',
  )
})

test('refused in use: what is no number, no truth value, no checkpoint', () => {
  const refused = (act: () => unknown, option: string): void =>
    assert.throws(
      act,
      (e: unknown) => e instanceof FpsimError && e.code === 'invalid-value' && e.values['option'] === option,
    )
  refused(() => gradScaler({ enabled: 'no' } as never), 'enabled')
  refused(() => gradScaler(null as never), 'options')
  const scaler = gradScaler()
  refused(() => scaler.scale('3' as never), 'loss')
  refused(() => scaler.update('3' as never), 'newScale')
  const good = { scale: 8, growth_factor: 2, backoff_factor: 0.5, growth_interval: 7, _growth_tracker: 1 }
  for (const [key, value] of [
    ['scale', 'x'],
    ['scale', Number.NaN],
    ['scale', -1],
    ['_growth_tracker', 0.5],
    ['_growth_tracker', undefined],
    ['growth_interval', '7'],
  ] as const)
    refused(() => scaler.loadStateDict({ ...good, [key]: value } as never), key)
  assert.throws(() => scaler.loadStateDict({ ...good, growth_factor: 1 }), FpsimError)
  // A refused checkpoint changes nothing; PyTorch itself saves a scale that fell to 0.
  assert.equal(scaler.getScale(), 65536)
  scaler.loadStateDict({ ...good, scale: 0 })
  assert.equal(scaler.getScale(), 0)
})

test('FP16 gradients are refused under every name of the format', () => {
  for (const dtype of ['fp16', 'float16', 'half', 'torch.float16']) {
    const scaler = gradScaler()
    scaler.scale(1)
    assert.throws(() => scaler.unscale_({ ...optimizer('sgd', [[1]]), dtype }), misused('fp16-gradients'), dtype)
  }
  for (const [dtype, code] of [
    ['float61', 'unknown-format'],
    [16, 'invalid-value'],
  ] as const) {
    const scaler = gradScaler()
    scaler.scale(1)
    const o = { ...optimizer('sgd', [[1]]), dtype: dtype as never }
    assert.throws(
      () => scaler.unscale_(o),
      (e: unknown) => e instanceof FpsimError && e.code === code,
    )
  }
  const scaler = gradScaler()
  scaler.scale(1)
  scaler.unscale_({ ...optimizer('sgd', [[1]]), dtype: 'torch.bfloat16' })
})

test('states are replaced, never changed', () => {
  const scaler = gradScaler()
  const before = scaler.state()
  const o = optimizer('sgd', [[1]])
  scaler.scale(1)
  const begun = scaler.state()
  scaler.step(o)
  assert.deepEqual(
    [before.begun, begun.begun, begun.optimizers.size, scaler.state().optimizers.size],
    [false, true, 0, 1],
  )
})

/** What a loss scaler is given: names, keys, their frameworks' own words, values, steps; and that states never change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { languages } from '../../src/text/text.js'
import { keyLimits, keySynonyms, synonymsOf } from '../../src/train/loss-scale/keys.js'
import { lossScaler, policyNames, policyOf, type ScaleStep } from '../../src/train/loss-scale.js'

function refusal(act: () => unknown): { code: string; values: Record<string, unknown> } {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof FpsimError, String(error))
    return error
  }
  assert.fail('nothing was refused')
}

test('22 policies; each starts at its default scale and tells whose it is', () => {
  assert.equal(policyNames.length, 22)
  assert.equal(new Set(policyNames).size, 22)
  const starts: Record<string, number> = {
    none: 0,
    static: 16,
    pytorch: 16,
    'pytorch-legacy': 16,
    apex: 16,
    'apex-legacy': 32,
    'apex-hysteresis': 16,
    'deepspeed-fused': 16,
    'deepspeed-zero': 16,
    megatron: 32,
    fairseq: 15,
    keras2: 15,
    keras3: 15,
    jmp: 15,
    flax: 16,
    'openseq2seq-backoff': 14,
    'openseq2seq-logmax': 0,
    'te-delayed': 0,
    paddle: 16,
    mindspore: 24,
    naive: 16,
    adaptive: 16,
  }
  for (const name of policyNames) {
    assert.equal(lossScaler(name).init().scale, 2 ** (starts[name] as number), name)
    assert.ok(policyOf(name).title.length > 0 && policyOf(name).source.length > 0)
  }
})

test('an unknown policy is refused, with the nearest name', () => {
  const { code, values } = refusal(() => lossScaler('pytroch'))
  assert.deepEqual([code, values['suggestion']], ['unknown-policy', 'pytorch'])
  assert.equal(refusal(() => lossScaler('toString')).code, 'unknown-policy')
})

test('a key that the framework has not is refused', () => {
  for (const [policy, key] of [
    ['pytorch', 'hysteresis'],
    ['pytorch', 'minScale'],
    ['keras3', 'minScale'],
    ['apex', 'tolerance'],
    ['jmp', 'decrEvery'],
    ['pytorch', 'toString'],
    ['naive', 'scaleWindow'],
  ] as const) {
    const { code, values } = refusal(() => lossScaler(policy, { [key]: 1 }))
    assert.deepEqual([code, values['key']], ['unknown-key', key], `${policy} ${key}`)
  }
  assert.equal(refusal(() => lossScaler('pytorch', { growthIntervall: 3 })).values['suggestion'], 'growthInterval')
})

test('what a framework fixes may be said but not changed', () => {
  assert.equal(lossScaler('apex', { growthFactor: 2, backoffFactor: 0.5 }).init().scale, 65536)
  assert.equal(refusal(() => lossScaler('apex', { growthFactor: 4 })).values['problem'], 'not-allowed')
  assert.equal(lossScaler('jmp', { growthFactor: 4, backoffFactor: 0.25 }).config.growthFactor, 4)
  assert.equal(
    refusal(() => lossScaler('jmp', { growthFactor: 4, backoffFactor: 0.5 })).values['problem'],
    'not-allowed',
  )
})

test('DeepSpeed without ZeRO reads its hysteresis and does not use it', () => {
  const { init, next } = lossScaler('deepspeed-fused', { hysteresis: 3, consecutiveHysteresis: true })
  assert.equal(next(init(), 'overflow').scale, 32768)
})

const bad: readonly [config: Record<string, unknown>, problem: string, policy?: string][] = [
  [{ growthFactor: 1 }, 'not-above'],
  [{ growthFactor: 0.5 }, 'not-above'],
  [{ backoffFactor: 1 }, 'not-below'],
  [{ backoffFactor: 0 }, 'not-above'],
  [{ growthInterval: 0 }, 'below-minimum'],
  [{ growthInterval: 2.5 }, 'not-an-integer'],
  [{ growthInterval: -1 }, 'below-minimum', 'flax'],
  [{ initScale: 0 }, 'not-above'],
  [{ initScale: -1 }, 'not-above'],
  [{ initScale: Number.NaN }, 'not-finite'],
  [{ initScale: Number.POSITIVE_INFINITY }, 'not-finite'],
  [{ initScale: 2 ** 128 }, 'above-maximum'],
  [{ initScale: 2 ** -151 }, 'below-minimum'],
  [{ initScale: '65536' }, 'wrong-type'],
  [{ initScale: null }, 'wrong-type'],
  [{ hysteresis: 0 }, 'below-minimum', 'megatron'],
  [{ consecutiveHysteresis: 1 }, 'wrong-type', 'deepspeed-zero'],
  [{ tolerance: 1.5 }, 'above-maximum', 'fairseq'],
  [{ decrEvery: 0 }, 'below-minimum', 'paddle'],
  [{ minScale: 8, maxScale: 4 }, 'below-minimum', 'apex'],
  [{ history: 0 }, 'below-minimum', 'te-delayed'],
  [{ algo: 'mean' }, 'not-allowed', 'te-delayed'],
  [{ format: 'e4m3' }, 'not-allowed', 'te-delayed'],
  [{ initScale: 1, init_scale: 1 }, 'given-twice'],
  [{ initial_scale_power: 1.5 }, 'not-an-integer', 'deepspeed-zero'],
]
for (const [config, problem, policy = 'pytorch'] of bad)
  test(`refused: ${policy} ${Object.entries(config).flat().join(' ')} (${problem})`, () => {
    const { code, values } = refusal(() => lossScaler(policy, config))
    assert.deepEqual([code, values['problem']], ['invalid-value', problem])
  })

test('float64 frameworks may start beyond float32, Flax may grow at every step', () => {
  assert.equal(lossScaler('fairseq', { initScale: 2 ** 200 }).init().scale, 2 ** 200)
  const { init, next } = lossScaler('flax', { growthInterval: 0 })
  assert.equal(next(next(init(), 'finite'), 'finite').scale, 2 ** 18)
})

test("the frameworks' own names mean the same", () => {
  const same = (policy: string, theirs: Record<string, unknown>, ours: Record<string, unknown>): void =>
    assert.deepEqual(lossScaler(policy, theirs).config, lossScaler(policy, ours).config)
  same('pytorch', { init_scale: 8, growth_interval: 5 }, { initScale: 8, growthInterval: 5 })
  same(
    'deepspeed-zero',
    { initial_scale_power: 12, loss_scale_window: 500, consecutive_hysteresis: true, min_loss_scale: 2 },
    { initScale: 4096, growthInterval: 500, consecutiveHysteresis: true, minScale: 2 },
  )
  same(
    'paddle',
    { init_loss_scaling: 4, incr_ratio: 3, decr_ratio: 0.25, incr_every_n_steps: 7, decr_every_n_nan_or_inf: 2 },
    { initScale: 4, growthFactor: 3, backoffFactor: 0.25, growthInterval: 7, decrEvery: 2 },
  )
  same('fairseq', { '--fp16-init-scale': 128, '--threshold-loss-scale': 0.5 }, { initScale: 128, thresholdScale: 0.5 })
  same('jmp', { period: 3, factor: 4 }, { growthInterval: 3, growthFactor: 4 })
  same(
    'te-delayed',
    { amax_history_len: 16, amax_compute_algo: 'most_recent', fp8_format: 'E4M3' },
    { history: 16, algo: 'most_recent', format: 'e4m3fn' },
  )
  assert.equal(new Set(keySynonyms.map(({ synonym }) => synonym)).size, keySynonyms.length)
  // Every synonym is of use to some policy.
  for (const { synonym, key } of keySynonyms)
    assert.ok(
      policyNames.some((name) => key in policyOf(name).defaults),
      synonym,
    )
})

test('a step is finite, overflow or an amax; NaN and Inf are overflows', () => {
  const { init, next } = lossScaler('pytorch')
  for (const step of ['inf', 3, null, undefined, {}, { amax: '1' }] as unknown[])
    assert.equal(refusal(() => next(init(), step as ScaleStep)).code, 'invalid-value')
  const down = next(init(), 'overflow')
  assert.equal(down.scale, 32768)
  assert.deepEqual(next(init(), { amax: Number.NaN }), down)
  for (const amax of [-1, Number.NEGATIVE_INFINITY]) {
    const { code, values } = refusal(() => next(init(), { amax }))
    assert.deepEqual([code, values['problem']], ['invalid-value', 'below-minimum'])
  }
  assert.deepEqual(next(init(), { amax: 1e300 }), next(init(), 'finite'))
  for (const policy of ['te-delayed', 'openseq2seq-logmax']) {
    const scaler = lossScaler(policy)
    assert.equal(refusal(() => scaler.next(scaler.init(), 'finite')).code, 'invalid-value')
    for (const amax of [Number.NaN, 1e39])
      assert.deepEqual(
        scaler.next(scaler.init(), { amax }),
        scaler.next(scaler.init(), 'overflow'),
        `${policy} ${amax}`,
      )
  }
})

test('what is no state is refused', () => {
  const states: unknown[] = [
    ...[null, undefined, 4, 'state', {}, { scale: 4 }, { tracker: 0 }],
    ...[
      { scale: '4', tracker: 0 },
      { scale: 4, tracker: Number.NaN },
      { scale: Number.NaN, tracker: 0 },
      { scale: -4, tracker: 0 },
      { scale: 4, tracker: 0.5 },
    ],
  ]
  for (const policy of ['pytorch', 'fairseq', 'te-delayed'])
    for (const state of states)
      assert.equal(refusal(() => lossScaler(policy).next(state as never, { amax: 1 })).code, 'invalid-value')
  assert.equal(refusal(() => lossScaler('fairseq').next({ scale: 4, tracker: 0 }, 'finite')).code, 'invalid-value')
  // How much is left of a hysteresis may be left out: then all of it is.
  assert.deepEqual(lossScaler('megatron').next({ scale: 4, tracker: 0 }, 'overflow').left, 1)
})

test('an exponent out of range is shown as it was written', () => {
  for (const [policy, power, problem, limit] of [
    ['deepspeed-zero', 2000, 'above-maximum', 1023],
    ['deepspeed-zero', -2000, 'below-minimum', -1074],
    ['pytorch', 128, 'above-maximum', 127],
    ['pytorch', -150, 'below-minimum', -149],
  ] as const) {
    const { values } = refusal(() => lossScaler(policy, { initial_scale_power: power }))
    assert.deepEqual([values['value'], values['problem'], values['limit']], [power, problem, limit])
  }
})

test('states are values: the same state and step give the same, and nothing is changed', () => {
  for (const name of policyNames) {
    const { init, next } = lossScaler(name, name === 'te-delayed' ? { history: 3 } : {})
    const steps: ScaleStep[] = [{ amax: 3 }, 'overflow', { amax: 1 }, { amax: 2 }, { amax: 0.5 }, { amax: 7 }]
    let state = Object.freeze(init())
    for (const step of steps) {
      const copy = structuredClone(state)
      const once = next(state, step)
      assert.deepEqual(next(state, step), once, name)
      assert.deepEqual(state, copy, name)
      state = Object.freeze(once)
    }
  }
})

test('every policy and every key is explained in both languages, with the names the frameworks use', () => {
  for (const { labels } of Object.values(languages)) {
    const about = labels as unknown as Readonly<Record<string, (v: Record<string, string>) => string>>
    for (const name of policyNames) assert.ok((about[`scaler-about-${name}`]?.({}) ?? '').length > 10, name)
    for (const key of Object.keys(keyLimits) as (keyof typeof keyLimits)[]) {
      const names = synonymsOf(key)
      const sentence = about[`scaler-key-${key}`]?.({ names }) ?? ''
      assert.ok(sentence.length > 5 && sentence.includes(names), key)
    }
  }
  assert.equal(synonymsOf('decrEvery'), 'decr_every_n_nan_or_inf (PaddlePaddle)')
})

test('refusals are whole sentences in both languages', () => {
  const give = (policy: string, config: object, steps = 0) =>
    refusal(() => {
      const { init, next } = lossScaler(policy, config)
      for (let i = 0, state = init(); i < steps; i++) state = next(state, 'overflow')
    })
  const cases = [
    give('pytroch', {}),
    give('nothing like it', {}),
    give('pytorch', { hysteresis: 2 }),
    give('pytorch', { backoffFactor: 1 }),
    give('pytorch', { growthFactor: 1 }),
    give('deepspeed-zero', {}, 100),
    give('fairseq', {}, 100),
  ]
  for (const { code, values } of cases)
    for (const { errors } of Object.values(languages)) {
      const sentence =
        (errors as Readonly<Record<string, (v: Record<string, unknown>) => string>>)[code]?.(values) ?? ''
      assert.ok(sentence.length > 10 && !/undefined|\[object/.test(sentence), `${code}: ${sentence}`)
    }
})

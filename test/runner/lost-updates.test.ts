/** Lost updates: the closed form against other codecs for every 16-bit weight, and the vectors of the lesson. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { decode } from '../../src/format/decode.js'
import { largest } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { render } from '../../src/render/render.js'
import {
  edgeRatios,
  halfStep,
  hasOddCode,
  isLost,
  smallestMove,
  stuckFrom,
  updater,
} from '../../src/runner/lost-updates/lost.js'
import { runScenario } from '../../src/scenario/library.js'

const float = new Float32Array(1)
const words = new Uint32Array(float.buffer)

/** bf16 by integer arithmetic on float32 bits: nearest, ties to even. For sums that float32 holds. */
function bf16round(x: number): number {
  float[0] = x
  assert.equal(float[0], x)
  const bits = words[0] as number
  words[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000
  return float[0] as number
}

const codecs = [
  { name: 'fp16', round: f16round as (x: number) => number, finite: 0x7c00 },
  { name: 'bf16', round: bf16round, finite: 0x7f80 },
] as const

for (const { name, round, finite } of codecs)
  test(`every weight of ${name}, below, at and above half a step, up and down`, () => {
    const f = format(name)
    const add = updater(f)
    let lost = 0
    for (let code = 0; code < finite; code++) {
      const size = decode(code, f)
      for (const w of [size, -size])
        for (const sign of [1, -1]) {
          const half = halfStep(w, f, sign < 0)
          assert.equal(hasOddCode(w, f), code % 2 === 1)
          // 2^-10: the sum stays a float32, so that the other codec sees it exactly.
          for (const part of [0.5, 1 - 2 ** -10, 1, 1 + 2 ** -10, 1.5]) {
            const delta = sign * half * part
            const stays = round(w + delta) === w
            assert.equal(isLost(w, delta, f), stays, `${w} + ${delta}`)
            if (code % 64 < 3) assert.equal(add(w, delta).value === w, stays, `${w} + ${delta}`)
            lost += Number(stays)
          }
        }
    }
    // Two of five parts are always lost, the tie at even codes, nothing else.
    assert.equal(lost, finite * 4 * 2 + finite * 2)
  })

test('bisection finds half a step', () => {
  for (const [w, name, wanted] of [
    [1, 'fp16', 2 ** -11 * (1 + 2 ** -52)],
    [1 + 2 ** -10, 'fp16', 2 ** -11],
    [2 ** -24, 'fp16', 2 ** -25],
    [2 ** -23, 'fp16', 2 ** -25 * (1 + 2 ** -52)],
    [1, 'bf16', 2 ** -8 * (1 + 2 ** -52)],
    [1, 'fp64', 2 ** -53 * (1 + 2 ** -52)],
    [448, 'e4m3fn', 16 * (1 + 2 ** -52)],
    [6, 'e2m1', Number.NaN],
  ] as const)
    assert.equal(smallestMove(w, format(name)), wanted, `${w} in ${name}`)
})

test('the vectors of the closed form', () => {
  const add = updater(format('fp16'))
  for (const [w, delta, after] of [
    [1, 2 ** -11, 1],
    [1 + 2 ** -10, 2 ** -11, 1 + 2 ** -9],
    [1, -(2 ** -12), 1],
    [1, -(2 ** -11), 0.99951171875],
    [2 - 2 ** -10, 2 ** -11, 2],
  ] as const)
    assert.equal(add(w, delta).value, after)
})

test('the edges: 2^p is the first ratio lost, 2^(p+1) − 2 the last one kept', () => {
  for (const [name, p] of [
    ['fp16', 11],
    ['bf16', 8],
    ['e5m2', 3],
    ['e4m3fn', 4],
    ['tf32', 11],
    ['fp32', 24],
  ] as const)
    assert.deepEqual(edgeRatios(format(name)), { firstLost: 2 ** p, lastKept: 2 ** (p + 1) - 2 }, name)
})

test('from where on nothing moves, against every fp16 and bf16 weight', () => {
  for (const { name, round, finite } of codecs)
    for (const delta of [
      2 ** -12,
      2 ** -11,
      1.5 * 2 ** -11,
      1.625 * 2 ** -14,
      2 ** -25,
      2 ** -26,
      0.75,
      1.25 * 2 ** 4,
      16,
      24,
    ]) {
      const f = format(name)
      for (const towardZero of [false, true]) {
        let moved = 0
        let stays = 0
        for (let code = 1; code < finite - 1; code++) {
          const w = decode(code, f)
          const sum = towardZero ? w - delta : w + delta
          // float64 holds these sums; float32 does where it is asked.
          const after = Math.fround(sum) === sum ? round(sum) : w < delta ? delta : w
          if (after !== w) moved = w
          if (after === w) stays = w
        }
        const stuck = stuckFrom(delta, f, towardZero)
        const what = `${delta} ${towardZero ? 'off' : 'on'} ${name}`
        // The last weight that moves ends its binade, at a tie it is the one before, or it is a power of two itself.
        const isPower = moved > 0 && Number.isInteger(Math.log2(moved))
        const above = towardZero && isPower && moved !== stuckFrom(delta, f, false).from / 2
        const inTop = moved > largest(f) / 2
        assert.equal(
          stuck.from,
          moved === 0 ? decode(1, f) : inTop ? Number.NaN : above ? moved : 2 ** (Math.floor(Math.log2(moved)) + 1),
          what,
        )
        assert.equal(stuck.above, !inTop && above, what)
        // In the last binade some move and some stay only at a tie.
        assert.equal(stuck.everyOther, inTop && stays > largest(f) / 2 ? 2 ** f.emax : Number.NaN, what)
      }
    }
})

test('what it says agrees with itself when the update points to 0, and at the top', async () => {
  const stuck = async (params: Record<string, number>) =>
    (await runScenario('lost-updates', params)).findings[1]?.values
  // 1 − 0.00024414065 is less than half way to 1 − 2^-11: it moves, but nothing above 1 does.
  assert.notEqual(f16round(1 - 0.00024414065), 1)
  assert.equal(f16round(1 + 2 ** -10 - 0.00024414065), 1 + 2 ** -10)
  const down = await stuck({ weight: 1, update: -0.00024414065 })
  assert.deepEqual([down?.['formatStuck'], down?.['formatAbove'], down?.['update']], [1, true, -0.00024414065])
  const up = await stuck({ weight: 1, update: 0.00024414065 })
  assert.deepEqual([up?.['formatStuck'], up?.['formatAbove']], [1, false])
  assert.deepEqual([f16round(32768 + 16), f16round(32768 + 32 + 16)], [32768, 32768 + 64])
  assert.equal((await stuck({ weight: 32768, update: 16 }))?.['formatEveryOther'], 32768)
  // Exactly half a step is not enough for an even weight: the sentence must not ask for what it has.
  const [lost] = (await runScenario('lost-updates', { weight: 1, update: 2 ** -11 })).findings
  assert.deepEqual([lost?.code, lost?.values['odd']], ['lostUpdateLost', false])
  const screen = render(await runScenario('lost-updates', { weight: 1, update: 2 ** -11 }))
  assert.match(screen.replace(/\s+/g, ' '), /more than half a step, 2\^-11/)
})

test('the lesson: 1e-4', async () => {
  const { metrics, findings } = await runScenario('lost-updates')
  assert.equal(metrics['stuckFrom'], 0.25)
  assert.equal(metrics['otherStuckFrom'], 2 ** -5)
  assert.equal(findings[0]?.code, 'lostUpdateLost')
  // fp16: 0.2499 moves, 0.25 does not. bf16: 0.0311 moves, 2^-5 does not.
  assert.notEqual(f16round(f16round(0.2499) + 1e-4), f16round(0.2499))
  assert.equal(f16round(0.25 + 1e-4), 0.25)
  const kept = await runScenario('lost-updates', { weight: 0.2499 })
  assert.equal(kept.findings[0]?.code, 'lostUpdateKept')
  assert.equal(kept.metrics['weightAfter'], f16round(f16round(0.2499) + 1e-4))
  assert.equal((await runScenario('lost-updates', { update: 1e6 })).findings[0]?.code, 'lostUpdateBeyond')
})

test('nonsense is refused', async () => {
  for (const params of [
    { update: 0 },
    { weight: 1e6 },
    { weight: -1, format: 'e8m0' },
    { update: 'x' },
    { weight: '' },
  ])
    await assert.rejects(runScenario('lost-updates', params), (error) => {
      assert.ok(error instanceof FpsimError)
      return error.code === 'invalid-value'
    })
})

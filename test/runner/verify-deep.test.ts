/** The proof by exhaustion, on parts of the whole: boundaries by other codecs, mistakes that must be found, one digest. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { decode } from '../../src/format/decode.js'
import type { Format } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { render } from '../../src/render/render.js'
import { type Boundaries, boundariesOf as computed, noCode } from '../../src/runner/verify/boundaries.js'
import { checkProvable, digestOf, inputs, type Proof, plan, proofOf } from '../../src/runner/verify/proof.js'
import { proofResult } from '../../src/runner/verify/proof-result.js'
import { blockLength, type Sweep, sweep } from '../../src/runner/verify/sweep.js'
import { codeOfRefusal } from '../kernel/inputs.js'
import { digests } from './digests.js'

/** Computed once a format: it takes a while. */
const known = new Map<string, Boundaries>()
function boundariesOf(f: Format): Boundaries {
  const boundaries = known.get(f.name) ?? computed(f)
  known.set(f.name, boundaries)
  return boundaries
}

const words = new Uint32Array(1)
const floats = new Float32Array(words.buffer)
const float32 = (bits: number): number => {
  words[0] = bits
  return floats[0] as number
}

/** bf16 by integers: half of the last place added, ties by the bit that stays. */
function bf16(x: number): number {
  if (Number.isNaN(x)) return x
  floats[0] = x
  const bits = words[0] as number
  return float32((((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) << 16) >>> 0)
}

for (const [name, peer, finite] of [
  ['fp16', f16round, 31744],
  ['bf16', bf16, 0x7f80],
] as const)
  test(`${name}: each boundary lies where another codec has it`, () => {
    const { starts, values, codes } = boundariesOf(format(name))
    // Finite values and Inf of either sign; NaN behind each.
    assert.equal(starts.length, 2 * (finite + 2))
    for (const [i, start] of starts.entries()) {
      const value = float32(values[i] as number)
      assert.ok(Object.is(peer(float32(start)), value), `${start}`)
      assert.ok(Object.is(decode(codes[i] as number, name), value))
      if (i === 0) continue
      assert.ok(Object.is(peer(float32(start - 1)), float32(values[i - 1] as number)), `before ${start}`)
    }
  })

test('the boundaries of nine formats have the digests of another program', () => {
  for (const [name, digest] of Object.entries(digests))
    assert.equal(digestOf([boundariesOf(format(name))]), digest, name)
})

test('boundaries by hand', () => {
  const at = (name: string, x: number): number => {
    const { starts, codes } = boundariesOf(format(name))
    floats[0] = x
    const bits = words[0] as number
    return codes[starts.findLastIndex((start) => start <= bits)] as number
  }
  const above464 = float32(0x43e80001)
  assert.deepEqual(
    [at('e4m3fn', 464), at('e4m3fn', above464), at('e4m3fn', Number.POSITIVE_INFINITY)],
    [0x7e, 0x7f, 0x7f],
  )
  assert.deepEqual([at('e4m3fnuz', -0), at('e4m3fnuz', -(2 ** -12)), at('e4m3fnuz', -(2 ** -11))], [0, 0, 0])
  assert.equal(at('e4m3fnuz', -(2 ** -11) * (1 + 2 ** -23)), 0x81)
  assert.deepEqual([at('e8m0', 3), at('e8m0', -1), at('e8m0', 0), at('e8m0', 1e-40)], [0x80, 0xff, 0, 0])
  assert.deepEqual([at('e2m1', 5), at('e2m1', 1e30), at('e2m1', Number.NaN), at('e2m1', -0.25)], [6, 7, noCode, 8])
})

const quiet = (): void => {}
const part = (name: string, from: number, blocks: number, o: Partial<Parameters<typeof sweep>[0]> = {}): Sweep =>
  sweep(
    {
      format: name,
      swept: 'kernel',
      from,
      to: from + blocks * blockLength,
      boundaries: boundariesOf(format(name)),
      ...o,
    },
    quiet,
  )

test('parts of the sweep agree, NaN counted, in formats of every kind', () => {
  for (const name of ['fp16', 'bf16', 'e4m3fn', 'e4m3fnuz', 'e2m1', 'e8m0', 'e3m9'])
    for (const from of [0, 0x33800000, 0x3f800000, 0x477f0000, 0x7f7e0000, 0x80000000, 0xb3000000, 0xff7f0000]) {
      const { cases, wrong, nan, mismatch } = part(name, from, 4)
      assert.deepEqual([cases, wrong, mismatch], [4 * blockLength, 0, undefined], `${name} ${from}`)
      const first = Math.max(from, (from >= 0x80000000 ? 0xff800000 : 0x7f800000) + 1)
      assert.equal(nan, Math.max(0, from + 4 * blockLength - first), name)
    }
  for (const from of [0x38800000, 0x7f800000, 0xffff0000 - 0x10000])
    assert.equal(part('fp16', from, 2, { swept: 'float16' }).wrong, 0)
})

test('a boundary one float32 off, a wrong value, a wrong code: each is found, and the smallest told', () => {
  const right = boundariesOf(format('fp16'))
  const from = 0x3f800000
  const k = right.starts.findIndex((start) => start > from + 3 * blockLength)
  const broken = (
    change: (b: { starts: Uint32Array; values: Uint32Array; codes: Uint32Array }) => void,
  ): Boundaries => {
    const copy = { starts: right.starts.slice(), values: right.values.slice(), codes: right.codes.slice() }
    change(copy)
    return copy
  }
  const wrongIn = (boundaries: Boundaries, swept: 'kernel' | 'float16') => part('fp16', from, 8, { boundaries, swept })
  const start = right.starts[k] as number
  const later = broken((b) => {
    b.starts[k] = start + 1
  })
  // The value and the code at that one input.
  assert.deepEqual(
    [wrongIn(later, 'kernel').wrong, wrongIn(later, 'float16').wrong, wrongIn(later, 'kernel').mismatch?.input],
    [2, 1, start],
  )
  const value = broken((b) => {
    b.values[k] = b.values[k + 1] as number
  })
  const length = (right.starts[k + 1] as number) - start
  assert.deepEqual([wrongIn(value, 'kernel').wrong, wrongIn(value, 'kernel').mismatch?.input], [length, start])
  assert.equal(wrongIn(value, 'kernel').mismatch?.wanted, right.values[k + 1])
  const code = broken((b) => {
    b.codes[k] = 5
  })
  // The encoder is asked at both ends of a run.
  assert.deepEqual([wrongIn(code, 'kernel').wrong, wrongIn(code, 'float16').wrong], [2, 0])
  // The codes that are hashed are those that came out, not those that should have.
  for (const swept of ['kernel', 'float16'] as const) {
    assert.equal(digestOf([part('fp16', from, 8, { swept })]), digestOf([part('fp16', from, 8)]))
    const wrong = swept === 'kernel' ? code : value
    assert.equal(digestOf([wrongIn(wrong, swept)]), digestOf([part('fp16', from, 8)]))
  }
})

test('the digest: runs as documented, however the work is divided', () => {
  const hash = createHash('sha256')
  const bytes = Buffer.alloc(24)
  ;[0, 7, 10, 9, 30, 0xffffffff].forEach((word, i) => {
    bytes.writeUInt32LE(word, 4 * i)
  })
  const wanted = hash.update(bytes).digest('hex')
  const runs = (...pairs: [number, number][]) => ({
    starts: Uint32Array.from(pairs, ([start]) => start),
    codes: Uint32Array.from(pairs, ([, code]) => code),
  })
  assert.equal(digestOf([runs([0, 7], [10, 9], [30, noCode])]), wanted)
  assert.equal(digestOf([runs([0, 7]), runs([5, 7], [10, 9]), runs([20, 9], [30, noCode])]), wanted)
  const whole = part('e4m3fn', 0x43d00000, 32)
  const pieces = [0, 8, 16, 24].map((at) => part('e4m3fn', 0x43d00000 + at * blockLength, 8))
  assert.equal(digestOf(pieces), digestOf([whole]))
})

test('a proof is the sum of its parts; one that was stopped says how far it came', async () => {
  const f = format('e2m1')
  const sweeps = (limit: number) => async (jobs: readonly { from: number }[]) =>
    jobs.map((job, i): Sweep | undefined =>
      i < limit
        ? {
            cases: inputs / jobs.length,
            nan: 1,
            wrong: i === 2 ? 1 : 0,
            ...(i === 2 ? { mismatch: { input: 0x40a00000, got: 0x40c00000, wanted: 0x40800000 } } : {}),
            starts: Uint32Array.of(job.from),
            codes: Uint32Array.of(i),
          }
        : undefined,
    )
  const whole = await proofOf(f, 'kernel', sweeps(99), quiet)
  assert.deepEqual([whole.cases, whole.nan, whole.wrong, whole.digest?.length], [2 ** 32, 16, 1, 64])
  assert.deepEqual(whole.failure, { format: 'e2m1', rounding: 'nearest-even', input: 5, got: 6, wanted: 4 })
  const some = await proofOf(f, 'kernel', sweeps(2), quiet)
  assert.deepEqual([some.cases, some.digest, some.failure], [2 ** 29, undefined, undefined])
  const screen = (proofs: Proof[], planned: number, lang: 'en' | 'zh' = 'en') =>
    render(proofResult(proofs, { formats: ['e2m1'], planned }), { lang })
  assert.match(screen([some], 1), /Stopped: 537 M of 4\.29 G results compared/)
  assert.match(screen([some], 1, 'zh'), /已停止/)
  assert.match(screen([whole], 1), /✗ 1 result of 4\.29 G/)
  assert.match(screen([whole], 1), /got +0 11 1 +6\n/)
  const { failure: _, ...rest } = whole
  assert.match(screen([{ ...rest, wrong: 0 }], 1), /✓ Every float32 there is, to e2m1: 4\.29 G results/)
  assert.match(screen([{ ...rest, wrong: 0 }], 2), /Stopped/)
})

test('what is swept, and what cannot be', () => {
  const names = (list: string[]) => plan(list.map((name) => format(name))).map(({ f, swept }) => `${f.name} ${swept}`)
  assert.deepEqual(names(['fp16', 'bf16']), ['fp16 kernel', 'bf16 kernel', 'fp16 float16'])
  assert.deepEqual(names(['e5m2']), ['e5m2 kernel'])
  for (const name of ['tf32', 'fp32', 'e11m4', 'e9m6'])
    assert.equal(
      codeOfRefusal(() => checkProvable(format(name))),
      'invalid-value',
    )
  for (const name of ['fp16', 'e8m7', 'e8m0', 'e2m1', 'e2m13'])
    assert.equal(
      codeOfRefusal(() => checkProvable(format(name))),
      'none',
    )
})

test('a stopped sweep returns what it has', () => {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const boundaries = boundariesOf(format('e4m3fn'))
  const job = { format: 'e4m3fn', swept: 'kernel' as const, from: 0, to: 2 ** 26, boundaries, stop }
  const { cases, wrong } = sweep(job, (done) => {
    if (done > 0) Atomics.store(stop, 0, 1)
  })
  assert.deepEqual([cases, wrong], [64 * blockLength, 0])
})

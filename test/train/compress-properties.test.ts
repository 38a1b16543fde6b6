/** What the papers prove of the methods: unbiased or not, how large the variance, and that feedback loses nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rationalOf } from '../../src/format/exact.js'
import { dgc, shareAt } from '../../src/train/compress/dgc.js'
import type { CompressState, Setting } from '../../src/train/compress/method.js'
import { orthonormal, product, squarest, worthCompressing } from '../../src/train/compress/powersgd.js'
import { cutAtSigma, nearestEven, qsgd, ternary } from '../../src/train/compress/quantized.js'
import { largestK, randomK } from '../../src/train/compress/sparse.js'
import { compressor } from '../../src/train/compress.js'

/** Integers from −size to size, 0 now and then, as a small generator of the test's own gives them. */
function integers(length: number, size: number, seed: number): Float32Array {
  let x = (seed * 2654435761 + 12345) >>> 0
  return Float32Array.from({ length }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return Math.floor((x / 2 ** 32) * (2 * size + 1)) - size
  })
}

/** The probability that a step function of a uniform draw takes its first value: where it jumps, by bisection. */
function jump(isFirst: (u: number) => boolean): number {
  if (!isFirst(0)) return 0
  let [low, high] = [0, 1]
  while (high - low > 2 ** -45) {
    const middle = (low + high) / 2
    if (isFirst(middle)) low = middle
    else high = middle
  }
  return high
}

const values = Float32Array.of(0.3, -1.7, 2.5, 0, 1e-3, -0.9, 4, 0.125)

test('QSGD: the expectation over all draws is the gradient', () => {
  for (const levels of [1, 2, 4, 127, 1000])
    for (let i = 0; i < values.length; i++) {
      const at = (u: number): number => qsgd(values, levels, () => u)[i] as number
      const [up, down] = [at(0), at(1 - 2 ** -32)]
      const p = jump((u) => at(u) === up)
      const expected = p * up + (1 - p) * down
      const x = values[i] as number
      // The levels come from float32: a few ulps of the level, each worth one unit.
      const size = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0))
      assert.ok(Math.abs(expected - x) <= 4 * 2 ** -24 * size, `${levels} levels: ${x} becomes ${expected}`)
    }
})

test('TernGrad without its cut: the expectation over all draws is the gradient', () => {
  for (const s of [4, 4.5, 100])
    for (let i = 0; i < values.length; i++) {
      const at = (u: number): number => ternary(values, s, () => u)[i] as number
      const p = jump((u) => at(u) !== 0)
      assert.ok(Math.abs(p * at(0) - (values[i] as number)) <= 2 ** -40 * s)
    }
})

test("TernGrad's cut makes it biased: the expectation is that of the cut values", () => {
  const spiky = integers(400, 3, 1)
  spiky[7] = 100
  const cut = cutAtSigma(spiky, 2.5)
  assert.ok((cut[7] as number) < 20)
  assert.equal(cutAtSigma(spiky, 0), spiky)
  const sigma = Math.sqrt(
    spiky.reduce((sum, x) => sum + x * x, 0) / 400 - (spiky.reduce((a, b) => a + b, 0) / 400) ** 2,
  )
  assert.ok(Math.abs((cut[7] as number) - 2.5 * sigma) < 1e-4)
})

test('random-k: every choice of 2 of 5 comes from equally many draws, and times n / k the mean is the gradient', () => {
  const counts = new Map<string, number>()
  for (let a = 0; a < 5; a++)
    for (let b = 0; b < 4; b++) {
      const chosen = randomK(5, 2, (i) => (i === 0 ? (a + 0.5) / 5 : (b + 0.5) / 4))
      counts.set(chosen.join(), (counts.get(chosen.join()) ?? 0) + 1)
    }
  assert.equal(counts.size, 10)
  for (const [chosen, count] of counts) assert.equal(count, 2, chosen)
  // Each index is in 4 of the 10 choices: 4/10 · 5/2 = 1.
  const x = integers(5, 50, 3)
  const method = compressor('randomk:2', { workers: 1, length: 5 })
  const { mean } = method.exchange(method.init(), [x])
  const sent = [...mean.keys()].filter((i) => mean[i] !== 0)
  for (const i of sent) assert.equal(mean[i], (x[i] as number) * 2.5)
})

/** Mean and variance of each element over many steps of a method without a memory. */
function moments(name: string, gradient: Float32Array, steps: number) {
  const method = compressor(name, { workers: 1, length: gradient.length, seed: 5 })
  const sum = new Float64Array(gradient.length)
  const squares = new Float64Array(gradient.length)
  let state = method.init()
  let error = 0
  for (let t = 0; t < steps; t++) {
    const { mean, state: after } = method.exchange(state, [gradient])
    state = after
    mean.forEach((x, i) => {
      const off = x - (gradient[i] as number)
      sum[i] = (sum[i] as number) + off
      squares[i] = (squares[i] as number) + off * off
      error += off * off
    })
  }
  return {
    bias: sum.map((x) => x / steps),
    deviation: squares.map((x) => Math.sqrt(x / steps)),
    variance: error / steps,
  }
}

test('the means of many draws are within 4.5 standard errors, and the variances within the bounds', () => {
  const steps = 4000
  const gradient = values
  const n = gradient.length
  const size2 = gradient.reduce((sum, x) => sum + x * x, 0)
  const biggest = Math.max(...gradient.map(Math.abs))
  const l1 = gradient.reduce((sum, x) => sum + Math.abs(x), 0)
  const bounds: Record<string, number> = {
    'qsgd:1': Math.min(n, Math.sqrt(n)) * size2,
    'qsgd:4': Math.min(n / 16, Math.sqrt(n) / 4) * size2,
    'qsgd:64': Math.min(n / 4096, Math.sqrt(n) / 64) * size2,
    // E|s·b|² − |x|² summed: s·‖x‖₁ − ‖x‖₂², exactly; 5 % for the draws.
    'terngrad:0': (biggest * l1 - size2) * 1.05,
    'randomk:2': (n / 2 - 1) * size2 * 1.1,
  }
  for (const [name, bound] of Object.entries(bounds)) {
    const { bias, deviation, variance } = moments(name, gradient, steps)
    bias.forEach((off, i) => {
      const error = (deviation[i] as number) / Math.sqrt(steps)
      assert.ok(Math.abs(off) <= 4.5 * error + 1e-6, `${name} ${i}: ${off / error} standard errors`)
    })
    assert.ok(variance <= bound, `${name}: ${variance} above ${bound}`)
    assert.ok(variance > 0, name)
  }
})

test('top-k, sign and threshold without feedback are biased: the same gradient loses the same values every time', () => {
  for (const name of ['topk:2-ef', 'efsign-ef', 'threshold:2-ef', 'sign'])
    assert.ok(
      moments(name, values, 20).bias.some((off) => Math.abs(off) > 0.1),
      name,
    )
})

/** The exact sum of float32 vectors at one index, as a rational with a power-of-two denominator: numerator over 2^1100. */
const exactSum = (numbers: readonly number[]): bigint =>
  numbers.reduce((sum, x) => {
    const { numerator, denominator } = rationalOf(x)
    return sum + (numerator << 1100n) / denominator
  }, 0n)

// More bits than the narrow formats keep.
const sizes: Readonly<Record<string, number>> = { 'bf16:post+ef': 3000, 'fp16:post+ef': 10_000 }

// Small integers and halves stay exact in float32, and so do the scales: gradients are made so that int8's is 1 and efsign's
// an integer. What is left out must then be kept to the last bit.
test('error feedback: everything sent plus what is kept is everything computed, exactly', () => {
  for (const name of [
    'topk:3',
    'topk:0.1',
    'randomk:3+ef',
    'threshold:9',
    'dgc:0.1',
    'bf16:post+ef',
    'fp16:post+ef',
    'int8+ef',
    'efsign',
  ]) {
    const [workers, length] = [3, 32]
    const method = compressor(name, { workers, length, momentum: 0, seed: 2 })
    let state = method.init()
    const all: { given: number[]; sent: number[] }[][] = Array.from({ length: workers }, () =>
      Array.from({ length }, () => ({ given: [], sent: [] })),
    )
    for (let t = 0; t < 12; t++) {
      const gradients = Array.from({ length: workers }, (_, w) => {
        const g = integers(length, sizes[name] ?? 20, 100 * t + w)
        if (name === 'int8+ef') {
          const left = state.residuals[w] as Float32Array
          g.forEach((x, i) => {
            g[i] = x / 2
          })
          g[0] = 127 - (left[0] as number)
        }
        if (name === 'efsign') {
          const left = state.residuals[w] as Float32Array
          const rest = g.reduce((sum, x, i) => (i === 0 ? sum : sum + Math.abs(x + (left[i] as number))), 0)
          g[0] = 32 * Math.ceil((rest + 1) / 32) - rest - (left[0] as number)
        }
        return g
      })
      const { sent, state: after } = method.exchange(state, gradients)
      state = after
      gradients.forEach((g, w) => {
        for (const [i, x] of g.entries()) all[w]?.[i]?.given.push(x)
        for (const [i, x] of sent[w]?.entries() ?? []) all[w]?.[i]?.sent.push(x)
      })
    }
    for (const [w, worker] of all.entries())
      for (const [i, { given, sent }] of worker.entries()) {
        const kept = state.residuals[w]?.[i] as number
        assert.equal(exactSum([...sent, kept]), exactSum(given), `${name}, worker ${w}, value ${i}`)
      }
    assert.ok(
      state.residuals.some((e) => e.some((x) => x !== 0)),
      `${name} keeps something`,
    )
  }
})

test('error feedback of PowerSGD and QSGD: the same up to the roundings of float32', () => {
  for (const name of ['powersgd:2', 'qsgd:4+ef', 'terngrad+ef']) {
    const [workers, length] = [2, 256]
    const method = compressor(name, { workers, length, start: 0 })
    let state = method.init()
    const balance = Array.from({ length: workers }, () => new Float64Array(length))
    let size = 0
    for (let t = 0; t < 10; t++) {
      const gradients = [0, 1].map((w) => integers(length, 20, 100 * t + w))
      const { sent, state: after } = method.exchange(state, gradients)
      state = after
      balance.forEach((b, w) => {
        for (let i = 0; i < length; i++) {
          const moved = sent[w]?.[i] as number
          b[i] = (b[i] as number) + (gradients[w]?.[i] as number) - moved
          size = Math.max(size, Math.abs(moved), Math.abs(state.residuals[w]?.[i] as number))
        }
      })
    }
    balance.forEach((b, w) => {
      b.forEach((x, i) => {
        const off = Math.abs(x - (state.residuals[w]?.[i] as number))
        assert.ok(off <= 10 * 2 * 2 ** -24 * 2 * (size + 20), `${name}: ${off}`)
      })
    })
  }
})

test('biased compressors are contractions: what is left is at most (1 − k/n) of the square', () => {
  for (const k of [1, 3, 7]) {
    const v = integers(20, 9, k)
    const kept = new Set(largestK(v, k))
    const square = (own: (i: number) => boolean): number => v.reduce((sum, x, i) => (own(i) ? sum + x * x : sum), 0)
    assert.equal(kept.size, k)
    assert.ok(square((i) => !kept.has(i)) <= (1 - k / 20) * square(() => true))
    const least = Math.min(...[...kept].map((i) => Math.abs(v[i] as number)))
    v.forEach((x, i) => {
      if (!kept.has(i)) assert.ok(Math.abs(x) <= least)
      // Of equal ones the lower index goes.
      if (!kept.has(i) && Math.abs(x) === least)
        assert.ok([...kept].some((j) => j < i && Math.abs(v[j] as number) === least))
    })
  }
})

const dgcSetting: Setting = {
  workers: 1,
  length: 4,
  seed: 1,
  feedback: true,
  shape: [2, 2],
  momentum: 0.5,
  clip: undefined,
  warmup: 0,
  start: 0,
}

test('DGC by hand: momentum is corrected, and masked where a value was sent', () => {
  const advance = dgc(0.25, dgcSetting)
  let state: CompressState = { step: 0, residuals: [new Float32Array(4)], momenta: [new Float32Array(4)] }
  const sent = [1, 2, 3].map(() => {
    const message = advance(state, [Float32Array.of(8, 4, 2, 0)])
    state = message.state
    return [...(message.sent[0] as Float32Array)]
  })
  // Step 1: u = v = (8, 4, 2, 0), 8 goes. Step 2: u = (8, 6, 3, 0), v = (8, 10, 5, 0), 10 goes. Step 3: u = (12, 4, 3.5, 0),
  // v = (20, 4, 8.5, 0), 20 goes.
  assert.deepEqual(sent, [
    [8, 0, 0, 0],
    [0, 10, 0, 0],
    [20, 0, 0, 0],
  ])
  assert.deepEqual([...(state.residuals[0] as Float32Array)], [0, 4, 8.5, 0])
  assert.deepEqual([...(state.momenta[0] as Float32Array)], [0, 4, 3.5, 0])
})

test("DGC's warm-up sends 25, 6.3, 1.5, 0.4 and 0.1 %", () => {
  const shares = Array.from({ length: 12 }, (_, t) => shareAt(t, 0.001, 2))
  assert.deepEqual(shares, [0.25, 0.25, 0.063, 0.063, 0.015, 0.015, 0.004, 0.004, 0.001, 0.001, 0.001, 0.001])
  assert.equal(shareAt(9, 0.02, 1), 0.02)
  assert.equal(shareAt(0, 0.02, 0), 0.02)
})

test('PowerSGD sends a matrix of its rank whole, and its columns are orthonormal', () => {
  // Rank 2 by construction; small integers, so only the method rounds.
  const [rows, columns] = [16, 24]
  const [a, b, c, d] = [integers(rows, 5, 1), integers(rows, 5, 2), integers(columns, 5, 3), integers(columns, 5, 4)]
  const m = Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    return (a[i] as number) * (c[j] as number) + (b[i] as number) * (d[j] as number)
  })
  const method = compressor('powersgd:2', { workers: 1, length: m.length, shape: [rows, columns], start: 0 })
  const { mean, transfers } = method.exchange(method.init(), [m])
  for (const [i, x] of mean.entries()) assert.ok(Math.abs(x - (m[i] as number)) < 1e-4, `${x} ${m[i]}`)
  assert.deepEqual(transfers, [
    { collective: 'all-reduce', bytes: 4 * 2 * rows },
    { collective: 'all-reduce', bytes: 4 * 2 * columns },
  ])
  const p = orthonormal({ rows, columns: 3, values: integers(rows * 3, 9, 7) })
  const gram = product(p, p, true).values
  for (let i = 0; i < 9; i++) assert.ok(Math.abs((gram[i] as number) - (i % 4 === 0 ? 1 : 0)) < 1e-6, `${gram[i]}`)
})

test('PowerSGD: when it is worth it, and shapes', () => {
  assert.equal(worthCompressing([16, 16], 4), false)
  assert.equal(worthCompressing([16, 16], 3), true)
  assert.equal(worthCompressing([1, 1000], 1), false)
  assert.deepEqual(squarest(256), [16, 16])
  assert.deepEqual(squarest(360), [18, 20])
  assert.deepEqual(squarest(997), [1, 997])
  assert.deepEqual(squarest(1), [1, 1])
  const vector = compressor('powersgd:4', { workers: 1, length: 997, start: 0 })
  const { transfers } = vector.exchange(vector.init(), [integers(997, 9, 1)])
  assert.deepEqual(transfers, [{ collective: 'all-reduce', bytes: 4 * 997 }])
})

test('ties to even', () => {
  for (const [x, wanted] of [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [2.500001, 3],
    [-3, -3],
  ] as const)
    assert.equal(nearestEven(x) + 0, wanted)
})

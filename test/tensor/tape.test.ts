/** Casts, sums of gradients, loss scales, seeds, memory, watchers: what the tape itself does. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { FpsimError } from '../../src/errors.js'
import { asFormat } from '../../src/format/parse.js'
import { round, rounder } from '../../src/format/round.js'
import { valuesOf } from '../../src/kernel/arena.js'
import { add, dropout, mul, relu, scale, tanh } from '../../src/tensor/activations.js'
import { backward } from '../../src/tensor/backward.js'
import { conv2d, maxPool } from '../../src/tensor/images.js'
import { embedding, layerNorm, softmax } from '../../src/tensor/layers.js'
import {
  clearGradients,
  detach,
  gradientOf,
  indices,
  input,
  named,
  numberIn,
  parameter,
  setParameter,
} from '../../src/tensor/leaves.js'
import { linear, matmul } from '../../src/tensor/linear.js'
import { crossEntropy, mse } from '../../src/tensor/losses.js'
import { holds, type Precisions, widest } from '../../src/tensor/precision.js'
import { seedOf } from '../../src/tensor/seeds.js'
import { concat, reshape, split } from '../../src/tensor/shapes.js'
import {
  closeTape,
  newTape,
  part,
  quietly,
  type Seen,
  step,
  type Tape,
  type TapeOptions,
} from '../../src/tensor/tape.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { floats } from './draws.js'
import { train } from './training.js'

const f = Math.fround
const [fp32, fp16, bf16, e4m3, e5m2] = ['fp32', 'fp16', 'bf16', 'e4m3fn', 'e5m2'].map((name) => asFormat(name)) as [
  ReturnType<typeof asFormat>,
  ReturnType<typeof asFormat>,
  ReturnType<typeof asFormat>,
  ReturnType<typeof asFormat>,
  ReturnType<typeof asFormat>,
]
const half = rounder(fp16)

/** Products in FP16, losses in FP32, the rest as it comes. */
const amp: Precisions = (op) =>
  op === 'linear' || op === 'matmul'
    ? { compute: fp16 }
    : op === 'cross-entropy' || op === 'mse'
      ? { compute: fp32 }
      : {}

function within<T>(o: Partial<TapeOptions>, work: (tape: Tape) => T): T {
  const tape = newTape({ precisions: () => ({}), ...o })
  try {
    return work(tape)
  } finally {
    closeTape(tape)
  }
}

const list = (tensor: Tensor): number[] => [...valuesOf(tensor.slab)]
/** Σ of all values, in float32, for a gradient of ones. */
function summed(tape: Tape, x: Tensor): Tensor {
  const n = x.slab.length
  const ones = input(tape, [1, n], new Float32Array(n).fill(1), x.format)
  return matmul(tape, reshape(tape, x, [1, n]), ones, { transposeB: true })
}

test('which format holds which', () => {
  assert.ok(holds(fp32, fp16) && holds(fp32, bf16) && holds(fp32, e4m3) && holds(fp16, e5m2) && holds(fp16, fp16))
  assert.ok(!holds(fp16, bf16) && !holds(bf16, fp16) && !holds(fp16, fp32) && !holds(e4m3, e5m2))
  // e4m3fn has no infinity, and 448 is more than FP16's smaller kin but not than FP16.
  assert.ok(holds(fp16, e4m3) && holds(bf16, e5m2))
  assert.ok(!holds(asFormat('e4m3'), e4m3))
  assert.equal(widest([fp16, fp16]), fp16)
  assert.equal(widest([fp16, bf16]), fp32)
  assert.equal(widest([e5m2, fp16]), fp16)
  assert.equal(widest([]), fp32)
})

test('one layer in mixed precision: every cast and rounding where autocast has it', () => {
  const [x, w, b] = [floats(1, 20), floats(2, 15, 0.5), floats(3, 3)]
  const labels = [0, 2, 1, 1]
  const scaled = 1024
  within({ precisions: amp }, (tape) => {
    const [pw, pb] = [parameter(tape, 'w', [3, 5], w), parameter(tape, 'b', [3], b)]
    step(tape, 1, () => {
      const y = linear(tape, input(tape, [4, 5], x), pw, pb)
      assert.equal(y.format, fp16)
      const loss = crossEntropy(tape, y, indices(tape, labels, 3))
      assert.equal(loss.format, fp32)
      backward(tape, loss, scaled)
      const [hx, hw, hb] = [Array.from(x, half), Array.from(w, half), Array.from(b, half)] as [
        number[],
        number[],
        number[],
      ]
      const at = (values: readonly number[], i: number): number => values[i] as number
      const logits = labels.flatMap((_, row) =>
        [0, 1, 2].map((c) => {
          let sum = 0
          for (let k = 0; k < 5; k++) sum = f(sum + f(at(hx, row * 5 + k) * at(hw, c * 5 + k)))
          return half(f(sum + at(hb, c)))
        }),
      )
      assert.deepEqual(list(y), logits)
      // What FP32's softmax gives, in float64: near enough, since it is rounded to FP16 next.
      const arriving = logits.map((_, i) => {
        const row = Math.floor(i / 3)
        const powers = [0, 1, 2].map((c) => Math.exp(at(logits, row * 3 + c)))
        const share = Math.exp(at(logits, i)) / powers.reduce((p, q) => p + q)
        return half((share - (labels[row] === i % 3 ? 1 : 0)) * (scaled / 4))
      })
      const toWeight = Array.from(w, (_, i) => {
        let sum = 0
        for (let row = 0; row < 4; row++)
          sum = f(sum + f(at(arriving, row * 3 + Math.floor(i / 5)) * at(hx, row * 5 + (i % 5))))
        return half(sum)
      })
      const toBias = [0, 1, 2].map((c) => half([0, 1, 2, 3].reduce((sum, row) => sum + at(arriving, row * 3 + c), 0)))
      assert.deepEqual([...gradientOf(pw)], toWeight)
      assert.deepEqual([...gradientOf(pb)], toBias)
    })
  })
})

test('small gradients are lost on their way through FP16, and a loss scale saves them', () => {
  const kept = (scaled: number): { gradient: number[]; lost: number } =>
    within({ precisions: amp, watch: (seen) => events.push(seen) }, (tape) => {
      events.length = 0
      const w = parameter(tape, 'w', [1, 4], [1, 0.5, 0.25, 2 ** -10])
      step(tape, 1, () => {
        const y = linear(tape, input(tape, [1, 4], [1, 1, 1, 1]), w)
        backward(tape, scale(tape, summed(tape, y), 2 ** -26), scaled)
      })
      const lost = events.filter(({ kind }) => kind === 'parameter').reduce((sum, { losses }) => sum + losses.lost, 0)
      return { gradient: Array.from(gradientOf(w), (g) => g / scaled), lost }
    })
  const events: Seen[] = []
  assert.deepEqual(kept(1).gradient, [0, 0, 0, 0])
  assert.deepEqual(kept(1024).gradient, Array(4).fill(2 ** -26))
})

test('a watcher sees results, casts and gradients by name, and what was lost', () => {
  const seen: Seen[] = []
  within({ precisions: amp, watch: (event) => seen.push({ ...event, values: event.values.slice() }) }, (tape) => {
    const w = parameter(tape, 'w', [1, 3], [1, 2 ** -30, 1e6])
    step(tape, 1, () => {
      const y = named(tape, linear(tape, input(tape, [1, 3], [2 ** -20, 0, 0]), w), 'y')
      backward(tape, reshape(tape, y, [1]), 2 ** -6)
    })
    assert.deepEqual([...gradientOf(w)], [0, 0, 0])
  })
  const kinds = seen.map(({ kind, name }) => `${kind} ${name}`)
  assert.deepEqual(kinds, ['cast w', 'output y', 'gradient y', 'parameter w'])
  const [cast, , gradient, toWeight] = seen as [Seen, Seen, Seen, Seen]
  assert.deepEqual([...cast.values], [1, 0, Number.POSITIVE_INFINITY])
  assert.deepEqual([cast.losses.values, cast.losses.lost, cast.losses.overflow], [3, 1, 1])
  assert.deepEqual([...gradient.values], [2 ** -6])
  // 2^-6 · 2^-20 is below half of FP16's quantum.
  assert.deepEqual([toWeight.losses.values, toWeight.losses.lost], [3, 1])
})

test('gradients that meet are added in the format of their tensor, each sum rounded once', () => {
  // 2048 + 1 is 2048 in FP16: a parameter's cast is shared, so the sum is made there; another tensor's casts meet in FP32.
  const twice = (asParameter: boolean): number =>
    within({ precisions: amp }, (tape) => {
      const p = parameter(tape, 'p', [1, 1], [1])
      step(tape, 1, () => {
        const x = asParameter ? p : scale(tape, p, 1)
        const [big, one] = [input(tape, [1, 1], [2048]), input(tape, [1, 1], [1])]
        backward(tape, reshape(tape, add(tape, matmul(tape, x, big), matmul(tape, x, one)), [1]))
      })
      return gradientOf(p)[0] as number
    })
  assert.equal(twice(true), 2048)
  assert.equal(twice(false), 2049)
})

test('gradients last over steps until they are cleared, and are summed in their format', () =>
  within({}, (tape) => {
    const [p, h] = [parameter(tape, 'p', [1], [1]), parameter(tape, 'h', [1], [1], { format: fp16 })]
    const go = (gradient: number): void => {
      step(tape, 1, () => backward(tape, add(tape, scale(tape, p, gradient), scale(tape, h, gradient))))
    }
    go(2048)
    go(1)
    assert.deepEqual([gradientOf(p)[0], gradientOf(h)[0]], [2049, 2048])
    clearGradients(tape, [p])
    go(1)
    assert.deepEqual([gradientOf(p)[0], gradientOf(h)[0]], [1, 2048])
    clearGradients(tape)
    assert.deepEqual([gradientOf(p)[0], gradientOf(h)[0]], [0, 0])
  }))

test('nothing flows through what is detached, nor is anything recorded quietly', () =>
  within({}, (tape) => {
    const p = parameter(tape, 'p', [2], [3, 4])
    step(tape, 1, () => {
      const cut = detach(mul(tape, p, p))
      assert.deepEqual(list(cut), [9, 16])
      backward(tape, summed(tape, mul(tape, cut, p)))
      assert.deepEqual([...gradientOf(p)], [9, 16])
      const quiet = quietly(tape, () => mul(tape, p, p))
      assert.equal(quiet.wants, false)
      backward(tape, summed(tape, quiet))
      assert.deepEqual([...gradientOf(p)], [9, 16])
    })
  }))

test('a cast made quietly is not taken for a recorded one', () =>
  within({ precisions: amp }, (tape) => {
    const p = parameter(tape, 'p', [1, 1], [3])
    step(tape, 1, () => {
      const one = input(tape, [1, 1], [1])
      quietly(tape, () => linear(tape, one, p))
      backward(tape, reshape(tape, linear(tape, one, p), [1]))
      assert.equal(gradientOf(p)[0], 1)
    })
  }))

test('new values of a parameter are seen by the next operation', () =>
  within({ precisions: amp }, (tape) => {
    const p = parameter(tape, 'p', [1, 1], [3])
    step(tape, 1, () => {
      const one = input(tape, [1, 1], [1])
      assert.deepEqual(list(linear(tape, one, p)), [3])
      setParameter(tape, p, [5])
      assert.deepEqual(list(linear(tape, one, p)), [5])
    })
  }))

test('FP8 with a scale: inputs in E4M3, gradients in E5M2, results and what flows on in BF16', () => {
  const scales: string[] = []
  const hybrid: Precisions = (op) =>
    op === 'linear'
      ? {
          compute: e4m3,
          output: bf16,
          gradient: bf16,
          incoming: e5m2,
          scale: (amax, { role, input: which }) => {
            scales.push(`${role} ${which} ${amax}`)
            return role === 'input' ? 256 : 1024
          },
        }
      : {}
  const x = [0.001, 0.75, -0.3]
  const w = [0.5, -0.02, 1]
  const by = (name: typeof e4m3, factor: number) => (v: number) => round(f(v) * factor, name) / factor
  within({ precisions: hybrid }, (tape) => {
    const [px, pw] = [parameter(tape, 'x', [1, 3], x), parameter(tape, 'w', [1, 3], w)]
    step(tape, 1, () => {
      const y = linear(tape, px, pw)
      const [qx, qw] = [x.map(by(e4m3, 256)), w.map(by(e4m3, 256))] as [number[], number[]]
      const sum = qx.reduce((total, v, i) => f(total + f(v * (qw[i] as number))), 0)
      assert.deepEqual(list(y), [round(sum, bf16)])
      backward(tape, reshape(tape, y, [1]), 0.007)
      const g = by(e5m2, 1024)(round(f(0.007), bf16))
      assert.deepEqual(
        [...gradientOf(pw)],
        qx.map((v) => round(f(v * g), bf16)),
      )
      assert.deepEqual(
        [...gradientOf(px)],
        qw.map((v) => round(f(v * g), bf16)),
      )
    })
  })
  assert.deepEqual(scales, [`input 0 ${f(0.75)}`, 'input 1 1', `gradient 0 ${round(f(0.007), bf16)}`])
})

test('stochastic draws follow from seed, step and number of the rounding', () => {
  const values = floats(7, 50)
  const tanhs = (seed: number, number: number): number[] =>
    within({ seed, precisions: () => ({ compute: bf16, rounding: 'stochastic' }) }, (tape) => {
      const p = parameter(tape, 'p', [50], values)
      return step(tape, number, () => list(scale(tape, p, 1)))
    })
  // Rounding 0 of the step is the cast; the product with 1 is one of bf16's values already.
  const seed = seedOf(5, 'rounding', 3, 0)
  assert.deepEqual(
    tanhs(5, 3),
    Array.from(values, (x, i) => round(x, bf16, { rounding: 'stochastic', random: uniform(seed, i) })),
  )
  assert.deepEqual(tanhs(5, 3), tanhs(5, 3))
  assert.notDeepEqual(tanhs(5, 3), tanhs(5, 4))
  assert.notDeepEqual(tanhs(5, 3), tanhs(6, 3))
})

test('seeds of places differ', () => {
  const seeds = new Set<number>()
  for (const seed of [1, 2])
    for (const purpose of ['rounding', 'dropout'] as const)
      for (let number = 0; number < 50; number++)
        for (let index = 0; index < 50; index++) seeds.add(seedOf(seed, purpose, number, index))
  assert.equal(seeds.size, 10000)
  for (const seed of seeds) assert.ok(Number.isSafeInteger(seed) && seed >= 0)
})

test('dropout: the share, the factor, the same places for the gradient, other places in other steps', () =>
  within({ seed: 3 }, (tape) => {
    const p = parameter(tape, 'p', [4000], new Float32Array(4000).fill(1))
    const masks = [1, 2].map((number) =>
      step(tape, number, () => {
        clearGradients(tape)
        const y = dropout(tape, p, 0.25)
        backward(tape, summed(tape, y))
        assert.deepEqual(list(y), [...gradientOf(p)])
        return list(y)
      }),
    )
    const [first, second] = masks as [number[], number[]]
    const dropped = first.filter((x) => x === 0).length
    // Four standard deviations of a binomial.
    assert.ok(Math.abs(dropped - 1000) < 4 * Math.sqrt(750), `${dropped}`)
    assert.deepEqual([...new Set(first)].sort(), [0, f(4 / 3)])
    assert.notDeepEqual(first, second)
    assert.equal(dropout(tape, p, 0), p)
  }))

test('split and concatenate: values and gradients of every part', () =>
  within({}, (tape) => {
    const p = parameter(tape, 'p', [2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    step(tape, 1, () => {
      const [a, , c] = split(tape, p, [2, 1, 2]) as [Tensor, Tensor, Tensor]
      assert.deepEqual(list(a), [1, 2, 6, 7])
      const y = concat(tape, [scale(tape, c, 3), a])
      assert.deepEqual(list(y), [12, 15, 1, 2, 27, 30, 6, 7])
      backward(tape, summed(tape, y))
      assert.deepEqual([...gradientOf(p)], [1, 1, 0, 3, 3, 1, 1, 0, 3, 3])
    })
  }))

test('NaN and infinities flow through every operation', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38])
    for (const format of [fp32, fp16, bf16, e4m3])
      within({ precisions: () => ({ compute: format }) }, (tape) => {
        const values = new Float32Array(64).fill(1)
        values[3] = bad
        const x = parameter(tape, 'x', [1, 4, 4, 4], values)
        const w = parameter(tape, 'w', [4, 3, 3, 4], new Float32Array(144).fill(0.5))
        const [one, square] = [
          parameter(tape, 'one', [4], [1, 1, 1, 1]),
          parameter(tape, 's', [4, 4], values.subarray(0, 16)),
        ]
        step(tape, 1, () => {
          const convolved = maxPool(tape, relu(tape, conv2d(tape, x, w, one, { padding: 1 })), 2)
          const rows = tanh(tape, layerNorm(tape, reshape(tape, convolved, [4, 4]), one, one))
          const mixed = matmul(tape, softmax(tape, rows, { causal: true }), square)
          const looked = embedding(tape, square, indices(tape, [0, 1, 2, 3], 4))
          const loss = add(
            tape,
            crossEntropy(tape, add(tape, mixed, looked), indices(tape, [0, 1, 2, 3], 4)),
            mse(tape, mixed, input(tape, [4, 4], new Float32Array(16))),
          )
          backward(tape, loss)
          // E4M3 has no infinity, and float32 holds 3e38.
          const survives = format === e4m3 || (bad === 3e38 && format !== fp16)
          if (!survives) assert.ok(!Number.isFinite(numberIn(loss)), `${bad} ${format.name}: ${numberIn(loss)}`)
        })
      })
})

test('what does not fit is refused, with the shapes', () =>
  within({}, (tape) => {
    const p = parameter(tape, 'p', [2, 3], new Float32Array(6))
    const q = parameter(tape, 'q', [4, 4], new Float32Array(16))
    const refused = (work: () => unknown): void => {
      assert.throws(work, (error) => error instanceof FpsimError && error.code === 'invalid-value')
    }
    step(tape, 1, () => {
      refused(() => linear(tape, p, q))
      refused(() => matmul(tape, p, p))
      refused(() => add(tape, p, q))
      refused(() => mul(tape, p, q))
      refused(() => reshape(tape, p, [7]))
      refused(() => concat(tape, [p, q]))
      refused(() => split(tape, p, [2, 2]))
      refused(() => conv2d(tape, p, q))
      refused(() => layerNorm(tape, p, q, q))
      refused(() => softmax(tape, p, { causal: true }))
      refused(() => crossEntropy(tape, p, indices(tape, [0], 3)))
      refused(() => mse(tape, p, q))
      refused(() => mse(tape, p, p))
      refused(() => dropout(tape, p, 1))
      refused(() => indices(tape, [0, 3], 3))
      refused(() => indices(tape, [0.5], 3))
      refused(() => backward(tape, p))
      refused(() => input(tape, [2], [1, 2, 3]))
      refused(() => setParameter(tape, p, [1]))
      refused(() => parameter(tape, 'p', [1], [1]))
      refused(() => step(tape, 2, () => 1))
    })
  }))

test('a run takes no more memory than its first step, and gives the same bits each time', () => {
  const runs = [5, 200, 200].map((steps) => train('mlp', steps))
  const [short, long, again] = runs as [(typeof runs)[0], (typeof runs)[0], (typeof runs)[0]]
  assert.equal(long.memory, short.memory)
  assert.deepEqual(long.losses, again.losses)
  assert.deepEqual(long.weights, again.weights)
})

test('parts of a step: their gradients add up, their memory does not, their draws differ', () =>
  within({ precisions: amp }, (tape) => {
    const n = 4096
    const p = parameter(tape, 'p', [1, n], new Float32Array(n).fill(1))
    const masks: number[][] = []
    const sizes: number[] = []
    step(tape, 1, () => {
      // Made before the parts, and used in all of them.
      const kept = linear(tape, input(tape, [1, n], new Float32Array(n).fill(2 ** -8)), p)
      for (let i = 0; i < 300; i++)
        part(tape, () => {
          const y = dropout(tape, p, 0.5)
          if (i < 2) masks.push(list(y))
          backward(
            tape,
            add(
              tape,
              reshape(tape, summed(tape, linear(tape, p, input(tape, [1, n], values(i)))), [1]),
              reshape(tape, kept, [1]),
            ),
          )
          sizes.push(valuesOf(p.slab).buffer.byteLength)
        })
    })
    assert.notDeepEqual(masks[0], masks[1])
    assert.equal(sizes.at(-1), sizes[1])
    let expected = 0
    for (let i = 0; i < 300; i++) expected += 1 + (i % 3)
    // The layer before the parts gives its gradient in each.
    assert.equal(gradientOf(p)[7], expected + 300 * 2 ** -8)
    function values(i: number): Float32Array {
      return new Float32Array(n).fill(1 + (i % 3))
    }
  }))

test('after an error within a step the next one is as if nothing had happened', () =>
  within({}, (tape) => {
    const p = parameter(tape, 'p', [1], [3])
    const go = (): number => {
      clearGradients(tape)
      step(tape, 1, () => backward(tape, mul(tape, p, p)))
      return gradientOf(p)[0] as number
    }
    assert.throws(() =>
      step(tape, 1, () => {
        const y = mul(tape, p, p)
        p.grad = y.slab
        throw new Error('stop')
      }),
    )
    assert.equal(go(), 6)
    assert.equal(go(), 6)
  }))

test('a watcher changes nothing, stochastic rounding included', () => {
  const precisions: Precisions = () => ({ compute: bf16, rounding: 'stochastic' })
  let events = 0
  const alone = train('gan', 6, { precisions, seed: 9 })
  const watched = train('gan', 6, { precisions, seed: 9, watch: () => events++ })
  assert.ok(events > 0)
  assert.deepEqual(alone.losses, watched.losses)
  assert.deepEqual(alone.weights, watched.weights)
})

test('a power of two as loss scale changes nothing in FP32', () => {
  const [plain, scaled] = [train('gan', 8), train('gan', 8, { scale: 4096 })]
  assert.deepEqual(plain.losses, scaled.losses)
  assert.deepEqual(plain.weights, scaled.weights)
})

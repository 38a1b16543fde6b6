/** The calls of a training loop against a second calculation with other codecs, and against PyTorch's documented behaviour. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import fc from 'fast-check'
import { format } from '../../src/format/parse.js'
import { type Call, type Op, runCalls, type Setup, type Trace } from '../../src/train/step.js'

const f32 = Math.fround

const setup: Setup = {
  nets: [{ weight: 0.001, activation: 1, gradient: 2e-8, rest: 0.5 }],
  compute: format('fp16'),
  scale: 65536,
  lr: 1,
  maxNorm: 1,
  iterations: 1,
}

const calls = (order: string): Call[] => order.split(' ').map((op, i) => ({ op: op as Op, line: i + 1 }))
const run = (order: string, change: Partial<Setup> = {}): Trace => runCalls(calls(order), { ...setup, ...change })
const right = 'zero_grad forward scale backward unscale clip step update'
const codes = (trace: Trace): string[] => trace.problems.map(({ code }) => code)
const error = (order: string, change: Partial<Setup> = {}): unknown =>
  run(order, change).problems.find(({ code }) => code === 'error')?.values['problem']
const weight = (trace: Trace): number => trace.nets[0]?.w as number

/** PyTorch's step by hand: FP16 by another codec, everything else in fp32. */
function byHand(p: { weight: number; activation: number; gradient: number; rest: number }, scale: number, n: number) {
  let [w, v, s, tracker] = [f32(p.weight), 8, f32(scale), 0]
  for (let i = 0; i < n; i++) {
    const dy = f16round(f32(s * f32(p.gradient)))
    const scaled = [f16round(dy * f16round(p.activation)), f16round(f32(s * f32(p.rest)))] as const
    const overflow = scaled.some((g) => !Number.isFinite(g))
    const inverse = f32(1 / s)
    const [gw, gv] = scaled.map((g) => f32(g * inverse)) as [number, number]
    const norm = f32(Math.sqrt(f32(f32(gw * gw) + f32(gv * gv))))
    const coefficient = Math.min(1, f32(1 / f32(norm + f32(1e-6))))
    if (!overflow) {
      w = f32(w - f32(gw * coefficient))
      v = f32(v - f32(gv * coefficient))
    }
    if (overflow) [s, tracker] = [f32(s * 0.5), 0]
    else if (++tracker === 2000) [s, tracker] = [f32(s * 2), 0]
  }
  return { w, v, scale: s }
}

test('any values, scales and numbers of steps: as by hand, bit for bit', () => {
  const size = fc.double({ min: -40, max: 12, noNaN: true }).map((e) => 1.3 * 2 ** e)
  const exponent = fc.integer({ min: -4, max: 24 })
  const skips = { some: 0 }
  fc.assert(
    fc.property(size, size, size, size, exponent, fc.integer({ min: 1, max: 6 }), (w, x, g, rest, e, n) => {
      const net = { weight: w, activation: x, gradient: g, rest }
      const trace = run(right, { nets: [net], scale: 2 ** e, iterations: n })
      const wanted = byHand(net, 2 ** e, n)
      skips.some += trace.skipped
      assert.deepEqual([weight(trace), trace.nets[0]?.v, trace.scale], [wanted.w, wanted.v, wanted.scale])
    }),
    { numRuns: 300 },
  )
  assert.ok(skips.some > 0, 'some of them overflow')
})

/**
 * PyTorch 1.13.1 on the CPU (ATEN_CPU_CAPABILITY=default): weights cast with .half(), a scaled loss, autograd, gradients times
 * 1/S, clip_grad_norm_, SGD, the scale halved instead of a step on Inf. Columns: weight, activation, gradient, rest, scale,
 * learning rate, max_norm, steps; then weight, v and scale afterwards.
 */
// biome-ignore format: one case a line
const pytorch: readonly (readonly number[])[] = [
  [0.024712502557226033, -35.11777843183147, 12.514946345067093, 23.942631921815867, 8192, 0.1, 5, 4, 0.02471250295639038, 8, 512],
  [-0.014305418449752236, -0.0801206701454211, -12.27672769840083, -7.812391702100381, 524288, 0.01, 1, 4, -0.014305418357253075, 8, 32768],
  [-0.0015759152958744445, 0.10087931173677991, -7.821872095685885, -1.757325486221026e-7, 32768, 0.1, 0.01, 4, 0.0004240822745487094, 8, 8192],
  [-0.01171944218642062, -0.021046890970747793, -3.0179198119564584e-11, 4.621078221015538e-5, 12345, 0.1, 5, 4, -0.01171944197267294, 7.999980926513672, 12345],
  [0.2094634571015968, -2.929325706748629, 0.9966502036663254, 3.909095113788247e-8, 3, 1, 5, 4, 11.886547088623047, 8, 3],
  [5.50227063998146, 0.0281771575007677, -2.782189873403014e-10, -0.0026620591564615412, 12345, 0.01, 5, 3, 5.502270698547363, 8.000080108642578, 12345],
  [-0.010154429662997518, 0.27046375269894246, -0.007324755842083707, -2.397535769695645e-8, 8, 1, 0.01, 2, -0.0061909593641757965, 8, 8],
  [-1.2845955320941491, -2.045125856111177, -2.175659647037358e-9, -0.00025853379378205823, 16, 0.1, 0.01, 4, -1.2845954895019531, 8.000102996826172, 16],
  [-13.458650917908471, 0.02942543460059633, 6.934314332676187e-11, 48.24684773735426, 1, 1, 0.01, 3, -13.458650588989258, 7.969999313354492, 1],
  [0.0009509031741735778, -0.13119866417372145, 5.799028642241257e-9, -22.706224697143444, 8, 0.01, 5, 2, 0.0009509031660854816, 8.100000381469727, 8],
  [6.770924010192917, -0.1884689824110839, -1.1460687002063432e-7, -1.3555698822699208e-7, 4096, 1, 5, 2, 6.770924091339111, 8, 4096],
  [-0.1341400958715843, 0.11856415205492293, -4.257928572312881e-9, -7.269309942733763e-8, 4096, 1, 5, 2, -0.13414008915424347, 8, 4096],
]

test('forward, backward, unscale, clip and step as PyTorch does them, bit for bit', () => {
  for (const [
    weight = 0,
    activation = 0,
    gradient = 0,
    rest = 0,
    scale = 1,
    lr,
    maxNorm,
    iterations,
    ...after
  ] of pytorch) {
    const trace = run(right, {
      nets: [{ weight, activation, gradient, rest }],
      scale,
      lr: lr as number,
      maxNorm: maxNorm as number,
      iterations: iterations as number,
    })
    assert.deepEqual([trace.nets[0]?.w, trace.nets[0]?.v, trace.scale].map(Number), after)
  }
})

test('2e-8 is lost in FP16 without scaling, and at the call that loses it', () => {
  const plain = run('forward backward step-plain')
  assert.equal(weight(plain), f32(0.001))
  assert.deepEqual(
    plain.problems.map(({ code, line }) => [code, line]),
    [['lost', 2]],
  )
  // 2^-25 is the last that becomes 0, to the even side; everything above it stays.
  const lost = (gradient: number): boolean =>
    codes(run('forward backward', { nets: [{ weight: 1, activation: 1, gradient, rest: 0 }] })).includes('lost')
  assert.deepEqual([lost(2 ** -25), lost(2 ** -25 * (1 + 2 ** -20))], [true, false])
})

test("the scaler's errors, by the calls that PyTorch refuses", () => {
  assert.equal(error('forward scale backward unscale unscale'), 'already-unscaled')
  assert.equal(error('forward scale backward step unscale'), 'unscale-after-step')
  assert.equal(error('forward scale backward step step'), 'already-stepped')
  assert.equal(error('forward backward step'), 'scale-first')
  assert.equal(error('forward backward unscale'), 'scale-first')
  assert.equal(error('forward backward update'), 'scale-first')
  assert.equal(error('forward scale backward update step'), 'no-checks')
  assert.equal(error('forward scale step'), 'no-checks-for-optimizer')
  assert.equal(error('forward scale backward zero_grad step'), 'no-checks-for-optimizer')
  assert.equal(error('forward scale backward step-parameters'), 'no-param-groups')
  assert.equal(error('forward scale backward backward'), 'graph-freed')
  assert.equal(error('scale forward backward'), 'no-loss')
  assert.equal(error('zero_grad bce'), 'bce-autocast')
  assert.equal(error(right), undefined)
  // Without update() the second iteration is refused.
  assert.equal(error('zero_grad forward scale backward step', { iterations: 2 }), 'already-stepped')
  // An error ends the run as it would end the script.
  const stopped = run('forward scale backward step step', { iterations: 5 })
  assert.equal(stopped.iterations.length, 1)
})

test('clipping before unscale_: the threshold is max_norm / S', () => {
  const { problems, coefficient, norm } = run('forward scale backward clip unscale step update')
  const [clipped] = problems.filter(({ code }) => code === 'clipped-scaled')
  assert.equal(clipped?.values['threshold'], 1 / 65536)
  assert.equal(norm, 32768)
  assert.equal(coefficient, f32(1 / f32(32768 + f32(1e-6))))
  assert.deepEqual(codes(run(right)), [])
  // The two gradients of the reference, 3e-6 and 4e-6: at 65536 their scaled norm is 0.328 and nothing is cut.
  const small = run('forward scale backward clip unscale step update', {
    nets: [{ weight: 1, activation: 1, gradient: 3e-6, rest: 4e-6 }],
  })
  assert.ok(Math.abs(small.norm - 0.32768) < 1e-4, `${small.norm}`)
  assert.equal(small.coefficient, 1)
})

test('update() between unscale_() and step(): unscaled twice', () => {
  const trace = run('forward scale backward unscale update step')
  const [wrong] = trace.problems.filter(({ code }) => code === 'wrong-factor')
  assert.equal(wrong?.values['factor'], 1 / 65536)
  assert.equal(trace.iterations[0]?.applied, f32(f16round(f32(65536 * f32(2e-8))) / 2 ** 32))
})

test('no zero_grad: in fp32 gradients add up; with a scaler the leftover counts 1/S', () => {
  const order = 'forward scale backward step update'
  const fp32 = run(order, { compute: format('fp32'), enabled: false, iterations: 3 })
  const g = f32(2e-8)
  assert.deepEqual(
    fp32.iterations.map(({ applied }) => applied),
    [g, f32(g + g), f32(f32(g + g) + g)],
  )
  const scaled = run(order, { iterations: 3, scale: 1024, nets: [{ weight: 1, activation: 1, gradient: 1, rest: 0 }] })
  assert.deepEqual(
    scaled.iterations.map(({ applied }) => applied),
    [1, 1 + 1 / 1024, 1 + 1 / 1024 + 1 / 1048576],
  )
  assert.deepEqual(codes(scaled), ['adds-up'])
})

test('no zero_grad: one Inf stays, every later step is skipped and the scale halves each time', () => {
  const nets = [{ weight: 1, activation: 1, gradient: 1e-3, rest: 1.5 }]
  const stuck = run('forward scale backward step update', { nets, iterations: 7 })
  assert.equal(stuck.skipped, 7)
  assert.equal(stuck.scale, 2 ** 9)
  assert.equal(weight(stuck), 1)
  assert.ok(codes(stuck).includes('stuck'))
  const cured = run('zero_grad forward scale backward step update', { nets, iterations: 7 })
  assert.equal(cured.skipped, 1)
  assert.equal(cured.scale, 2 ** 15)
})

test('a scaler by hand: divided in FP16 the gradient is 0 again, in fp32 it is not', () => {
  const half = { storage: format('fp16') }
  const fp16 = run('forward multiply backward divide step-plain', half)
  assert.equal(fp16.iterations[0]?.applied, 0)
  assert.ok(codes(fp16).includes('divided-to-zero'))
  const fp32 = run('forward multiply backward divide-fp32 check step-if-finite', half)
  assert.equal(fp32.iterations[0]?.applied, f32(f16round(f32(65536 * f32(2e-8))) / 65536))
  const unchecked = run('forward multiply backward divide-fp32 step-plain', { ...half, scale: 2 ** 18 })
  assert.equal(unchecked.nets[0]?.v, -Infinity)
  const checked = run('forward multiply backward divide-fp32 check step-if-finite adjust', { ...half, scale: 2 ** 18 })
  assert.deepEqual([checked.nets[0]?.v, checked.skipped, checked.scale], [8, 1, 2 ** 17])
})

test('two networks, one scaler: the overflow of one skips its step only, the scale backs off once', () => {
  const of = (rest: number) => ({ weight: 1, activation: 1, gradient: 1e-3, rest })
  const both = { nets: [0, 1] }
  const trace = runCalls(
    [
      { op: 'zero_grad', line: 1, ...both },
      { op: 'forward', line: 2, ...both },
      { op: 'scale', line: 3 },
      { op: 'backward', line: 4 },
      { op: 'step', line: 5, ...both },
      { op: 'update', line: 6 },
    ],
    { ...setup, nets: [of(1.5), of(0.5)] },
  )
  assert.equal(trace.nets[0]?.w, 1)
  assert.equal(trace.nets[1]?.w, f32(1 - f32(f16round(f32(65536 * f32(1e-3))) / 65536)))
  assert.equal(trace.skipped, 1)
  assert.equal(trace.scale, 2 ** 15)
})

test('clipping an infinite norm: the finite gradient becomes 0, the infinite one NaN, and the step is skipped', () => {
  const trace = run(right, { scale: 2 ** 18 })
  assert.deepEqual(
    [...(trace.nets[0]?.gradients ?? [])].map((g) => g[0]),
    [0, Number.NaN],
  )
  assert.equal(trace.skipped, 1)
})

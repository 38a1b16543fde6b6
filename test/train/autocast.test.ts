/** Autocast: types against what the frameworks document, values against NumPy's float16. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { type Dtype, type OpName, opNames } from '../../src/train/autocast/lists.js'
import { applyOp, numbersOf, type Precision } from '../../src/train/autocast/ops.js'
import { autocastPolicy, decide, parseGraph } from '../../src/train/autocast.js'

/** What an operation returns when FP16 or FP32 arrives, as PyTorch's operator reference for CUDA says; null: an error. */
const documented: Readonly<Record<OpName, readonly [fromFp16: Dtype | null, fromFp32: Dtype | null]>> = {
  linear: ['fp16', 'fp16'],
  conv: ['fp16', 'fp16'],
  relu: ['fp16', 'fp32'],
  sigmoid: ['fp16', 'fp32'],
  add: ['fp16', 'fp32'],
  cat: ['fp16', 'fp32'],
  softmax: ['fp32', 'fp32'],
  'layer-norm': ['fp32', 'fp32'],
  pow: ['fp32', 'fp32'],
  exp: ['fp32', 'fp32'],
  sum: ['fp32', 'fp32'],
  'cross-entropy': ['fp32', 'fp32'],
  mse: ['fp32', 'fp32'],
  bce: [null, null],
  'bce-with-logits': ['fp32', 'fp32'],
}

const typesOf = (policy: string, graph: string): string[] =>
  decide(autocastPolicy(policy), parseGraph(graph)).map(({ runs, returns, refused }) =>
    refused ? 'refused' : runs === returns ? runs : `${runs}>${returns}`,
  )

test('every operation under PyTorch returns the documented type', () => {
  for (const op of opNames) {
    const [fromFp16, fromFp32] = documented[op]
    // Two linear layers first, so that both inputs of add and cat are FP16.
    assert.equal(typesOf('pytorch', `linear linear ${op}`)[2], fromFp16 ?? 'refused', op)
    assert.equal(typesOf('pytorch', op)[0], fromFp32 ?? 'refused', op)
    const low = (type: Dtype | null) => (type === 'fp16' ? 'bf16' : (type ?? 'refused'))
    assert.equal(typesOf('pytorch-bf16', `linear linear ${op}`)[2], low(fromFp16), op)
  }
})

test('a mixed pair is promoted to the widest', () => {
  for (const policy of ['pytorch', 'apex-O1'])
    assert.deepEqual(typesOf(policy, 'layer-norm linear add'), ['fp32', 'fp16', 'fp32'])
  assert.deepEqual(typesOf('pytorch', 'layer-norm linear cat'), ['fp32', 'fp16', 'fp32'])
})

test('BCELoss: refused by PyTorch always, by apex O1 for FP16, by whole-model policies never', () => {
  assert.equal(typesOf('pytorch', 'linear softmax bce')[2], 'refused')
  assert.equal(typesOf('apex-O1', 'linear softmax bce')[2], 'fp32')
  assert.equal(typesOf('apex-O1', 'linear sigmoid bce')[2], 'refused')
  assert.equal(typesOf('mixed_float16', 'linear sigmoid bce')[2], 'fp32')
})

test('policies that cast the model: apex, Keras', () => {
  assert.deepEqual(typesOf('apex-O0', 'linear layer-norm softmax mse'), ['fp32', 'fp32', 'fp32', 'fp32'])
  // The output is handed over as FP32.
  assert.deepEqual(typesOf('O2', 'linear layer-norm softmax mse'), ['fp16', 'fp16', 'fp16>fp32', 'fp32'])
  assert.deepEqual(typesOf('apex_o3', 'linear exp'), ['fp16', 'fp16>fp32'])
  assert.deepEqual(typesOf('keras', 'linear layer-norm softmax mse'), ['fp16', 'fp32>fp16', 'fp16', 'fp32'])
  assert.deepEqual(typesOf('mixed_bfloat16', 'linear bce'), ['bf16', 'fp32'])
})

test("jmp's strings mean what its grammar says", () => {
  // As the comments of jmp's get_policy give them: c=f16, p=f16 with c=f16, p=f16 with c=bf16.
  const meaning = (text: string) => {
    const policy = autocastPolicy(text)
    return policy.kind === 'model' && [policy.params, policy.compute, policy.output]
  }
  assert.deepEqual(meaning('c=f16'), ['fp32', 'fp16', 'fp16'])
  assert.deepEqual(meaning('p=f16,c=f16'), ['fp16', 'fp16', 'fp16'])
  assert.deepEqual(meaning('p=f16,c=bf16'), ['fp16', 'bf16', 'bf16'])
  assert.deepEqual(meaning('params=full,compute=half,output=float32'), ['fp32', 'fp16', 'fp32'])
  assert.deepEqual(typesOf('p=f32,c=f16,o=f32', 'linear softmax mse'), ['fp16', 'fp16>fp32', 'fp32'])
  assert.deepEqual(typesOf('c=f16', 'linear softmax mse'), ['fp16', 'fp16', 'fp16'])
})

const problemOf = (work: () => unknown): Record<string, unknown> => {
  try {
    work()
  } catch (error) {
    if (error instanceof FpsimError) return { code: error.code, ...error.values }
    throw error
  }
  throw new Error('nothing was refused')
}

test('graphs and policies that do not exist are refused with what is meant', () => {
  assert.equal(problemOf(() => parseGraph(' , '))['option'], 'graph')
  assert.equal(problemOf(() => parseGraph('linear sofmax'))['suggestion'], 'softmax')
  assert.equal(problemOf(() => parseGraph('linear BCELos'))['suggestion'], 'bce')
  assert.equal(problemOf(() => parseGraph('toString'))['problem'], 'not-allowed')
  assert.equal(problemOf(() => parseGraph('relu '.repeat(13)))['limit'], 12)
  assert.equal(problemOf(() => autocastPolicy('pytroch'))['suggestion'], 'pytorch')
  for (const wrong of ['', 'p=', 'p=f16=f16', 'q=f16', 'p=f16,,c=f16', '=f16', 'constructor=f16', 'p=toString'])
    assert.equal(problemOf(() => autocastPolicy(wrong))['option'], 'policy', wrong)
  assert.deepEqual(parseGraph('Linear -> LayerNorm, BCEWithLogitsLoss'), ['linear', 'layer-norm', 'bce-with-logits'])
})

const run = (op: OpName, values: readonly number[], precision: Precision): number[] => [
  ...applyOp(
    op,
    { values: Float64Array.from(values), other: Float64Array.of(0), weights: () => 0, stored: (w) => w },
    numbersOf(precision),
  ),
]

/** NumPy 2.4.6, float16 throughout: every sum one element after the other, exp and log of NumPy. */
const answers = [
  {
    x: [1.5, -2.25, 0.375, 7, -0.0999755859375, 3.30078125, 12, -5],
    'layer-norm': [
      -0.12042236328125, -0.8681640625, -0.344970703125, 0.9775390625, -0.439697265625, 0.2388916015625, 1.974609375,
      -1.4169921875,
    ],
    softmax: [
      2.7358531951904297e-5,
      6.556510925292969e-7,
      8.881092071533203e-6,
      0.00669097900390625,
      5.4836273193359375e-6,
      0.00016498565673828125,
      0.9931640625,
      1 / 16777216,
    ],
    'cross-entropy': [10.5078125],
    mse: [29.28125],
    'bce-with-logits': [3.0234375],
    bce: [1.9375],
  },
  {
    x: [100, -200, 30, 45.5, -77, 210, -3, 8],
    // Its squares add up to Inf: everything divided by Inf is 0.
    'layer-norm': [0, -0, 0, 0, -0, 0, -0, -0],
    softmax: [0, 0, 0, 0, 0, 1, 0, 0],
    'cross-entropy': [110],
    mse: [Number.POSITIVE_INFINITY],
    'bce-with-logits': [36.6875],
    // Probabilities of 0 and 1: the clamp of −100 speaks.
    bce: [25],
  },
  {
    x: [250, -250, 240, 230, -220, 255, -255, 200],
    'layer-norm': [0, -0, 0, 0, -0, 0, -0, 0],
    softmax: [0.00669097900390625, 0, 2.980232238769531e-7, 0, 0, 0.9931640625, 0, 0],
    'cross-entropy': [5.0078125],
    mse: [Number.POSITIVE_INFINITY],
    'bce-with-logits': [115.625],
    bce: [1.2490234375],
  },
] as const

test("FP16 results are NumPy's", () => {
  for (const { x, bce, ...others } of answers) {
    for (const [op, wanted] of Object.entries(others)) assert.deepEqual(run(op as OpName, x, 'fp16'), [...wanted], op)
    assert.deepEqual(run('bce', others.softmax, 'fp16'), [...bce])
  }
})

test('identities hold in exact arithmetic, to a few ulp', () => {
  const near = (a: number | undefined, b: number) =>
    assert.ok(Math.abs((a as number) - b) <= 1e-12 * Math.max(1, Math.abs(b)), `${a} is not ${b}`)
  for (const { x } of answers) {
    const normal = run('layer-norm', x, 'exact')
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length
    near(
      normal.reduce((sum, value) => sum + value, 0),
      0,
    )
    near(normal.reduce((sum, value) => sum + value * value, 0) / x.length, variance / (variance + 1e-5))
    const shares = run('softmax', x, 'exact')
    near(
      shares.reduce((sum, value) => sum + value, 0),
      1,
    )
    near(run('cross-entropy', x, 'exact')[0], -Math.log(shares[0] as number))
  }
  const small = [1.5, -2.25, 0.375, 3]
  near(run('bce-with-logits', small, 'exact')[0], run('bce', run('sigmoid', small, 'exact'), 'exact')[0] as number)
})

test('a matmul rounds its operands and its result, and adds in FP32', () => {
  const values = Float64Array.of(1.0009765625, 300.1, -7.7, 0.3)
  const weights = (i: number, j: number) => ((i * 7 + j * 13) % 11) / 11 - 0.5
  const given = { values, other: values, weights, stored: (w: number) => w }
  const got = applyOp('linear', given, numbersOf('fp16'))
  const factor = Math.sqrt(3 / 4)
  assert.equal(got.length, 64)
  got.forEach((y, i) => {
    const sum = [...values].reduce((s, x, j) => Math.fround(s + f16round(factor * weights(i, j)) * f16round(x)), 0)
    assert.equal(y, f16round(sum))
  })
})

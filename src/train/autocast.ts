/** Autocast: the type that each operation of a graph runs in and returns, under the policy of a framework. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { type AutocastPolicy, autocastPolicies, type Dtype, losses, type OpName, opNames } from './autocast/lists.js'

/** What becomes of one operation. */
export interface Decision {
  readonly op: OpName
  /** Why: the list it is on, `compute` where the policy casts the whole model, `loss` for a loss outside of it. */
  readonly because: 'low' | 'fp32' | 'promote' | 'unlisted' | 'banned' | 'compute' | 'wide-inside' | 'loss'
  /** The types that arrive. */
  readonly inputs: readonly Dtype[]
  readonly runs: Dtype
  readonly returns: Dtype
  /** The framework refuses to run it. */
  readonly refused: boolean
}

const bits: Readonly<Record<Dtype, number>> = { fp16: 16, bf16: 16, fp32: 32 }

/** FP16 and BF16 together give FP32, as type promotion has it. */
function widest(types: readonly Dtype[]): Dtype {
  return types.reduce((a, b) => (a === b ? a : bits[a] === bits[b] ? 'fp32' : bits[a] > bits[b] ? a : b))
}

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '')

/** What frameworks and people call the operations. */
const opWords: Readonly<Record<string, OpName>> = {
  ...Object.fromEntries(opNames.map((name) => [plain(name), name])),
  dense: 'linear',
  matmul: 'linear',
  conv1d: 'conv',
  convolution: 'conv',
  layernorm: 'layer-norm',
  concat: 'cat',
  concatenate: 'cat',
  square: 'pow',
  ce: 'cross-entropy',
  crossentropyloss: 'cross-entropy',
  mseloss: 'mse',
  bceloss: 'bce',
  binarycrossentropy: 'bce',
  bcewithlogitsloss: 'bce-with-logits',
  binarycrossentropywithlogits: 'bce-with-logits',
}

/** More than this is no small graph. */
const longest = 12

/** A graph as people write it: `linear softmax bce`, also with commas or arrows. Throws 'invalid-value'. */
export function parseGraph(text: string): OpName[] {
  const words = text.split(/(?:->|[\s,>→])+/).filter((word) => word !== '')
  if (words.length === 0)
    throw new FpsimError('invalid-value', { option: 'graph', value: text, problem: 'not-allowed', allowed: opNames })
  const graph = words.map((word) => {
    const op = Object.hasOwn(opWords, plain(word)) ? opWords[plain(word)] : undefined
    if (op) return op
    const near = suggest(plain(word), Object.keys(opWords))
    throw new FpsimError('invalid-value', {
      option: 'graph',
      value: word,
      problem: 'not-allowed',
      allowed: opNames,
      suggestion: near && opWords[near],
    })
  })
  if (graph.length > longest)
    throw new FpsimError('invalid-value', {
      option: 'graph',
      value: `${graph.length} operations`,
      problem: 'above-maximum',
      limit: longest,
    })
  return graph
}

/** jmp's names of types; `half` is FP16 on a GPU. */
const dtypeWords: Readonly<Record<string, Dtype>> = {
  f16: 'fp16',
  float16: 'fp16',
  fp16: 'fp16',
  half: 'fp16',
  bf16: 'bf16',
  bfloat16: 'bf16',
  f32: 'fp32',
  float32: 'fp32',
  fp32: 'fp32',
  full: 'fp32',
}

const policyWords: Readonly<Record<string, string>> = {
  torch: 'pytorch',
  autocast: 'pytorch',
  bf16: 'pytorch-bf16',
  keras: 'mixed_float16',
  apex: 'apex-O1',
  o0: 'apex-O0',
  o1: 'apex-O1',
  o2: 'apex-O2',
  o3: 'apex-O3',
}

/** What `--policy` may be, for messages. */
export const policyForms: readonly string[] = [...autocastPolicies.map(({ name }) => name), 'p=f32,c=f16,o=f32']

const refusePolicy = (value: string, suggestion?: string): never => {
  throw new FpsimError('invalid-value', {
    option: 'policy',
    value,
    problem: 'not-allowed',
    allowed: policyForms,
    suggestion,
  })
}

const jmpKeys: Readonly<Record<string, 'params' | 'compute' | 'output'>> = {
  p: 'params',
  params: 'params',
  c: 'compute',
  compute: 'compute',
  o: 'output',
  output: 'output',
}

/**
 * jmp's string: what is not given follows from what is, parameters being FP32, compute as parameters, output as compute.
 * The loss comes after the cast to output. Source: google-deepmind/jmp:jmp/_src/policy.py
 */
function jmp(text: string): AutocastPolicy {
  const given: { params?: Dtype; compute?: Dtype; output?: Dtype } = {}
  for (const part of text.split(',')) {
    const [key = '', value = '', ...rest] = part.split('=').map((word) => word.trim())
    const role = Object.hasOwn(jmpKeys, key) ? jmpKeys[key] : undefined
    const dtype = Object.hasOwn(dtypeWords, value) ? dtypeWords[value] : undefined
    if (role && !dtype && rest.length === 0)
      throw new FpsimError('invalid-value', {
        option: 'policy',
        value: value,
        problem: 'not-allowed',
        allowed: Object.keys(dtypeWords),
        suggestion: suggest(value, Object.keys(dtypeWords)),
      })
    if (!role || !dtype || rest.length > 0) return refusePolicy(text)
    given[role] = dtype
  }
  const { params = 'fp32' } = given
  const { compute = params } = given
  const { output = compute } = given
  const name = `p=${params},c=${compute},o=${output}`.replaceAll('=fp', '=f')
  const source = 'google-deepmind/jmp:jmp/_src/policy.py'
  return { kind: 'model', name, params, compute, output, loss: output, wideInside: [], source }
}

/** The policy of a name or of one of jmp's strings. Throws 'invalid-value'. */
export function autocastPolicy(text: string): AutocastPolicy {
  if (text.includes('=')) return jmp(text)
  const word = plain(text)
  const known = autocastPolicies.find(({ name }) => plain(name) === word || name === policyWords[word])
  return (
    known ??
    refusePolicy(
      text,
      suggest(
        text,
        autocastPolicies.map(({ name }) => name),
      ),
    )
  )
}

type ListPolicy = Extract<AutocastPolicy, { kind: 'lists' }>
type ModelPolicy = Extract<AutocastPolicy, { kind: 'model' }>

function byLists(policy: ListPolicy, op: OpName, inputs: readonly Dtype[]): Decision {
  const because = policy.lists[op]
  const refused = because === 'banned' && (policy.refuses === 'always' || inputs.some((type) => type !== 'fp32'))
  const runs = because === 'low' ? policy.low : because === 'fp32' ? 'fp32' : widest(inputs)
  return { op, because, inputs, runs, returns: runs, refused }
}

function byModel(policy: ModelPolicy, op: OpName, inputs: readonly Dtype[], isLast: boolean): Decision {
  const decided = (because: Decision['because'], runs: Dtype, returns: Dtype): Decision => ({
    op,
    because,
    inputs,
    runs,
    returns,
    refused: false,
  })
  if (losses.includes(op)) return decided('loss', policy.loss, policy.loss)
  const returns = isLast ? policy.output : policy.compute
  return policy.wideInside.includes(op)
    ? decided('wide-inside', 'fp32', returns)
    : decided('compute', policy.compute, returns)
}

/** Operations of two inputs take what the operation before was given beside what it gave: a skip connection. */
export const isBinary = (op: OpName): boolean => op === 'add' || op === 'cat'

/**
 * The decisions for a chain of operations on FP32 data. Exact: table and rules. The model of a policy that casts the model
 * as one ends before the first loss; what follows the loss runs in the type that arrives.
 */
export function decide(policy: AutocastPolicy, graph: readonly OpName[]): Decision[] {
  const firstLoss = graph.findIndex((op) => losses.includes(op))
  const end = firstLoss < 0 ? graph.length : firstLoss
  const decisions: Decision[] = []
  // A model that is cast as one casts what goes into it.
  const start: Dtype = policy.kind === 'model' && end > 0 ? policy.compute : 'fp32'
  let [before, at] = [start, start]
  for (const [i, op] of graph.entries()) {
    const inputs = isBinary(op) ? [at, before] : [at]
    const after = policy.kind === 'model' && i > end && !losses.includes(op)
    const decision: Decision =
      policy.kind === 'lists'
        ? byLists(policy, op, inputs)
        : after
          ? { op, because: 'unlisted', inputs, runs: widest(inputs), returns: widest(inputs), refused: false }
          : byModel(policy, op, inputs, i === end - 1)
    decisions.push(decision)
    before = at
    at = decision.returns
  }
  return decisions
}

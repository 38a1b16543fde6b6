/** Recipes: each sound by itself, contradictions refused, schedules read, bytes as the memory model has them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FpsimError } from '../../src/errors.js'
import { asFormat } from '../../src/format/parse.js'
import { fp32 } from '../../src/tensor/precision.js'
import { bytesPerParameter, memoryRecipes } from '../../src/train/memory.js'
import { precisionsOf } from '../../src/train/precisions.js'
import {
  type Recipe,
  recipeNamed,
  recipeNames,
  recipeOf,
  scheduleNamed,
  scheduleWritten,
  sumOptionsOf,
} from '../../src/train/recipe.js'
import { updaterOf } from '../../src/train/training/updater.js'

const refuses = (work: () => unknown, code: string, problem?: string): void => {
  assert.throws(
    work,
    (error: FpsimError) => error.code === code && (problem === undefined || error.values['problem'] === problem),
  )
}

test('every named recipe is sound as it would be in a file', () => {
  assert.ok(recipeNames.length >= 12)
  for (const name of recipeNames) assert.deepEqual(recipeOf({ ...recipeNamed(name) }), recipeNamed(name))
})

test('what contradicts itself is refused', () => {
  refuses(() => recipeNamed('fp16-apm'), 'wrong-recipe', 'unknown')
  refuses(
    () => recipeOf({ name: 'x', param: 'fp16', master: 'e5m2', weights: 'master' }),
    'wrong-recipe',
    'narrow-master',
  )
  // Neither holds the other: a master of another kind is allowed.
  assert.equal(recipeOf({ name: 'x', param: 'fp16', master: 'bf16', weights: 'master' }).master, 'bf16')
  refuses(() => recipeOf({ name: 'x', param: 'fp64' }), 'wrong-recipe', 'too-wide')
  refuses(() => recipeOf({ name: 'x', forward: 'e4m3fn' }), 'wrong-recipe', 'half-fp8')
  refuses(() => recipeOf({ name: 'x', scaler: 'te-delayed' }), 'wrong-recipe', 'delayed-loss')
  refuses(() => recipeOf({ name: 'x', accumulate: 'fp16:0' }), 'wrong-recipe', 'accumulate')
  refuses(() => recipeOf({ name: 'x', acumulate: 'fp16' }), 'unknown-key')
  refuses(() => recipeOf({ name: 'x', param: 'fp61' }), 'unknown-format')
  refuses(() => recipeOf({ name: 'x', scaler: 'pytorsh' }), 'unknown-policy')
  refuses(() => recipeOf({ name: 'x', weights: 'kahn' }), 'invalid-value')
  refuses(() => recipeOf({ name: 'x', param: 16 }), 'invalid-value')
})

test('sums', () => {
  const of = (accumulate: string) => sumOptionsOf({ name: 'x', accumulate })
  assert.deepEqual(of('fp32'), {})
  assert.deepEqual(of('fp16:64'), { accumulate: asFormat('fp16'), chunk: 64 })
  assert.deepEqual(of('fp32:kahan'), { accumulate: fp32, method: 'kahan' })
})

test('schedules, by name and as written', () => {
  const { stages } = scheduleNamed('fp16-amp+fp32@200+bf16@300')
  assert.deepEqual(
    stages.map(({ from, recipe }) => [from, recipe.name]),
    [
      [0, 'fp16-amp'],
      [200, 'fp32'],
      [300, 'bf16'],
    ],
  )
  for (const text of ['fp16-amp+fp32', 'fp16-amp@5', 'fp16-amp+fp32@-1', 'fp16-amp+fp32@9+bf16@9'])
    refuses(() => scheduleNamed(text), 'wrong-recipe')
  refuses(() => scheduleNamed('fp16-amp+fp32@x'), 'wrong-recipe', 'stage')
  const own = new Map<string, Recipe>()
  const mine = scheduleWritten({ name: 'mine', base: 'fp16-amp', accumulate: 'fp16' }, own)
  assert.deepEqual(mine.stages[0].recipe, { ...recipeNamed('fp16-amp'), name: 'mine', accumulate: 'fp16' })
  const both = scheduleWritten(
    {
      name: 'both',
      schedule: [
        { from: 0, recipe: 'mine' },
        { from: 10, recipe: 'fp32' },
      ],
    },
    own,
  )
  assert.deepEqual(both.stages[0].recipe, mine.stages[0].recipe)
  refuses(() => scheduleWritten({ base: 'fp32' }, own), 'invalid-value', 'missing')
  refuses(
    () => scheduleWritten({ name: 'x', schedule: [{ from: 1, recipe: 'fp32' }] }, own),
    'wrong-recipe',
    'first-stage',
  )
  refuses(() => scheduleWritten({ name: 'x', schedule: 7 }, own), 'invalid-value', 'wrong-type')
})

test('bytes a parameter are those of the memory model', () => {
  const pairs = [
    ['fp32', 'fp32'],
    ['fp16-amp', 'autocast'],
    ['fp16-o2', 'fp16-master'],
    ['bf16', 'bf16'],
    ['bf16-kahan', 'bf16-kahan'],
  ] as const
  for (const [name, model] of pairs)
    for (const [optimizer, as] of [
      ['adamw', 'adam'],
      ['momentum', 'momentum'],
      ['sgd', 'sgd'],
    ] as const) {
      const row = memoryRecipes.find((known) => known.name === model)
      assert.ok(row)
      const { bytes } = updaterOf({ recipe: recipeNamed(name), optimizer, hyper: {}, seed: 1 })
      assert.equal(bytes, bytesPerParameter(row, as).total, `${name} ${optimizer}`)
    }
})

test('what an operation computes in, recipe by recipe', () => {
  const [fp16, bf16] = [asFormat('fp16'), asFormat('bf16')]
  const of = (name: string, op: 'linear' | 'relu' | 'softmax' | 'cross-entropy') =>
    precisionsOf(recipeNamed(name)).of(op, [fp16]).compute?.name
  assert.deepEqual(
    (['linear', 'relu', 'softmax', 'cross-entropy'] as const).map((op) => of('fp16-amp', op)),
    ['fp16', undefined, 'fp32', 'fp32'],
  )
  assert.deepEqual(
    (['linear', 'relu', 'softmax', 'cross-entropy'] as const).map((op) => of('fp16-o2', op)),
    ['fp16', 'fp16', 'fp16', 'fp32'],
  )
  assert.equal(of('pure-fp16', 'cross-entropy'), 'fp16')
  const fp8 = precisionsOf(recipeNamed('fp8-hybrid')).of('linear', [fp32])
  assert.deepEqual([fp8.compute?.name, fp8.incoming?.name, fp8.output], ['e4m3fn', 'e5m2', bf16])
  const place = { op: 'linear', index: 0, input: 0, role: 'input' } as const
  // Delayed: the first step knows nothing; then the largest size seen is brought to at most 448, by a power of two.
  assert.equal(fp8.scale?.(3, place), 1)
  assert.equal(fp8.scale?.(100, place), 128)
  assert.equal(fp8.scale?.(1, place), 4)
  assert.equal(fp8.scale?.(1, { ...place, index: 1 }), 1)
})

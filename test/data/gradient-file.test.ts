/** What is written as gradients is read back to the last bit, by readers of their own; what is too much is refused. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { diskFile } from '../../src/data/file.js'
import { GRADIENT_LIMIT, type Gradient, gradientFile } from '../../src/data/gradient-file.js'
import { npySource } from '../../src/data/npy.js'
import { safetensorsSource } from '../../src/data/safetensors.js'
import type { Source } from '../../src/data/source.js'
import type { FpsimError } from '../../src/errors.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-gradients-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const about = { task: 'test' }
const of = (name: string, shape: readonly number[], values: readonly number[]): Gradient => ({
  name,
  shape,
  values: Float32Array.from(values),
})

/** Zeros of both signs, the smallest and largest subnormal and normal values, and what is no number. */
const odd = [
  0,
  -0,
  2 ** -149,
  -(2 ** -126 - 2 ** -149),
  2 ** -126,
  3.4028234663852886e38,
  Math.fround(1 / 3),
  Infinity,
  -Infinity,
]

/** The last batch of an epoch is smaller; the second pass of a step gives `fc` a gradient again. */
const steps: readonly (readonly [number, readonly Gradient[]])[] = [
  [0, [of('conv "1"', [3, 3], odd), of('fc', [2], [1, 2]), of('fc', [2], [3, -4])]],
  [7, [of('conv "1"', [2, 3], odd.slice(0, 6)), of('fc', [2], [NaN, 2 ** -60]), of('fc', [2], [0, 5])]],
]
const everything = steps.flatMap(([, gradients]) => gradients.flatMap(({ values }) => [...values]))

async function written(kind: 'npy' | 'safetensors', some = steps): Promise<string> {
  const path = join(folder, `g.${kind}`)
  const file = await gradientFile(path, { kind, file: path, every: 7, steps: 30, about })
  for (const [step, gradients] of some) await file.add(step, gradients)
  const size = await file.finish()
  await file.close()
  assert.equal(readFileSync(path).length, size)
  return path
}

async function valuesOf(source: Source): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {}
  for await (const { tensor, values } of source.blocks()) found[tensor] = [...(found[tensor] ?? []), ...values]
  return found
}

test('.npy: one array of all, in the order in which they came', async () => {
  const path = await written('npy')
  assert.deepEqual((await valuesOf(await npySource(diskFile(path))))[''], everything)
  const bytes = readFileSync(path)
  const text = bytes.subarray(10, 128).toString('latin1')
  assert.equal(bytes.readUInt16LE(8), 118)
  assert.match(text, /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(23,\), \} +\n$/)
})

test('.safetensors: a tensor for each layer and step, with names and shapes', async () => {
  const path = await written('safetensors')
  assert.deepEqual(await valuesOf(await safetensorsSource(diskFile(path))), {
    'conv "1"@0': odd,
    'fc@0': [1, 2],
    'fc@0.2': [3, -4],
    'conv "1"@7': odd.slice(0, 6),
    'fc@7': [NaN, 2 ** -60],
    'fc@7.2': [0, 5],
  })
  assert.deepEqual(await valuesOf(await safetensorsSource(diskFile(path), { tensor: 'fc@*' })), {
    'fc@0': [1, 2],
    'fc@0.2': [3, -4],
    'fc@7': [NaN, 2 ** -60],
    'fc@7.2': [0, 5],
  })
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  // Loaders map the file into memory: the data begin at a multiple of eight.
  assert.equal(length % 8, 0)
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8')) as Record<string, { shape: number[] }>
  assert.deepEqual(header['__metadata__'], about)
  assert.deepEqual(header['conv "1"@7']?.shape, [2, 3])
})

test('a training that ends early leaves a whole file', async () => {
  for (const kind of ['npy', 'safetensors'] as const) {
    const path = await written(kind, steps.slice(0, 1))
    const source = await (kind === 'npy' ? npySource(diskFile(path)) : safetensorsSource(diskFile(path)))
    assert.equal(Object.values(await valuesOf(source)).flat().length, 13)
  }
})

test('the reserved header holds as many tensors as were announced, with the longest numbers', async () => {
  const path = join(folder, 'many.safetensors')
  const file = await gradientFile(path, { kind: 'safetensors', file: path, every: 1, steps: 1001, about })
  for (let step = 0; step <= 1000; step++) await file.add(step, [of('层', [1], [step]), of('层', [1, 1], [-step])])
  await file.finish()
  await file.close()
  const found = await valuesOf(await safetensorsSource(diskFile(path)))
  assert.equal(Object.keys(found).length, 2002)
  assert.deepEqual([found['层@1000'], found['层@999.2']], [[1000], [-999]])
})

const refusal = async (promise: Promise<unknown>): Promise<FpsimError> => {
  let caught: unknown
  await promise.catch((error: unknown) => {
    caught = error
  })
  assert.ok(caught)
  return caught as FpsimError
}

test('too much is refused at the first step, with a number of steps between that fits', async () => {
  const large = new Float32Array(1 << 20)
  const path = join(folder, 'large.npy')
  const add = async (every: number, gradients: readonly Gradient[], kind: 'npy' | 'safetensors' = 'npy') => {
    const file = await gradientFile(path, { kind, file: path, every, steps: 5000, about })
    try {
      await file.add(0, gradients)
    } finally {
      await file.close()
    }
  }
  const gradients = [{ name: 'x', shape: [1 << 20], values: large }]
  const { code, values } = await refusal(add(1, gradients))
  assert.equal(code, 'wrong-training')
  assert.equal(values['bytes'], 5000 * 4 * 2 ** 20)
  assert.ok((values['limit'] as number) <= GRADIENT_LIMIT)
  assert.equal(readFileSync(path).length, 0)
  await add(values['every'] as number, gradients)
  // More tensors than fpsim itself would read.
  const tiny = Array.from({ length: 100 }, (_, i) => of(`t${i}`, [1], [1]))
  const many = await refusal(add(1, tiny, 'safetensors'))
  assert.equal(many.values['tensors'], 500_000)
  await add(many.values['every'] as number, tiny, 'safetensors')
})

test('a folder that is not there', async () => {
  const path = join(folder, 'none', 'g.npy')
  const { code, values } = await refusal(gradientFile(path, { kind: 'npy', file: 'mine', every: 1, steps: 1, about }))
  assert.deepEqual([code, values['file'], values['reason']], ['cannot-write', 'mine', 'ENOENT'])
})

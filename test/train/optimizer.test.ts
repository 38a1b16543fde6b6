/** The optimizers against PyTorch 1.13.1 on a CPU without FMA: every weight and state of every step, bit for bit. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Hyper, type OptimizerName, optimizer } from '../../src/train/optimizer.js'
import { weightKeeper } from '../../src/train/weights.js'
import { root } from '../support.js'
import { floats, hex, type Kind, words } from './inputs.js'

interface Case {
  readonly optimizer: OptimizerName
  readonly hyper: Partial<Hyper>
  readonly kind: string
  readonly steps: number
  readonly shown: Readonly<Record<string, readonly string[]>>
  /** Eight hex digits a step: the CRC-32 of the weights and then the states. */
  readonly checksums: string
}

interface Answers {
  readonly count: number
  readonly kinds: Readonly<Record<string, Kind>>
  readonly cases: readonly Case[]
}

const answers: Answers = JSON.parse(readFileSync(join(root, 'test/vectors/optimizer/torch.json'), 'utf8'))

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})

/** CRC-32 of float32 arrays one after another, little-endian, NaN as 7fc00000. */
function checksum(arrays: readonly Float64Array[]): string {
  let crc = 0xffffffff
  for (const values of arrays) {
    const bits = new Uint32Array(Float32Array.from(values).buffer)
    for (let i = 0; i < bits.length; i++) {
      const word = Number.isNaN(values[i]) ? 0x7fc00000 : (bits[i] as number)
      for (let shift = 0; shift < 32; shift += 8) crc = (table[(crc ^ (word >>> shift)) & 0xff] as number) ^ (crc >>> 8)
    }
  }
  return (~crc >>> 0).toString(16).padStart(8, '0')
}

for (const [index, { optimizer: name, hyper, kind, steps, shown, checksums }] of answers.cases.entries())
  test(`${name} ${JSON.stringify(hyper)}, ${kind}: ${steps} steps`, () => {
    const next = words(1000 + index)
    const draw = (of: string) => floats(answers.kinds[of] as Kind, answers.count, next)
    const recipe = optimizer(name, hyper)
    const keeper = weightKeeper('plain', { format: 'fp32' })
    let weights = keeper.init(draw(kind === 'huge' ? 'ordinary' : kind))
    let state = recipe.init(answers.count)
    for (let step = 1; step <= steps; step++) {
      const moved = recipe.next(state, weights.held, draw(kind))
      weights = keeper.next(weights, moved.move)
      state = moved.state
      const wanted = shown[step]
      if (wanted) assert.deepEqual(Array.from(weights.seen.slice(0, wanted.length), hex), wanted, `step ${step}`)
      const slots = recipe.slots.flatMap((slot) => state.slots[slot] ?? [])
      assert.equal(checksum([weights.seen, ...slots]), checksums.slice(8 * step - 8, 8 * step), `step ${step}`)
    }
  })

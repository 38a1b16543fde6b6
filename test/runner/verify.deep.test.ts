/** The whole proof: its digests against other programs', and the exact codec on every float32, by two other codecs. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { f16round } from '@petamoriken/float16'
import { rounder } from '../../src/format/round.js'
import { fpsim } from '../support.js'
import { digests } from './digests.js'

const words = new Uint32Array(2)
const floats = new Float32Array(words.buffer)

/** bf16 by integers: half of the last place added, ties by the bit that stays. */
function bf16(x: number): number {
  floats[1] = x
  const bits = words[1] as number
  words[1] = ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) << 16
  return Number.isNaN(x) ? x : (floats[1] as number)
}

const peers: Readonly<Record<string, (x: number) => number>> = { fp16: f16round, bf16 }

interface Part {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** The first input for which the exact codec and its peer differ, or −1. */
function firstDifference({ name, from, to }: Part): number {
  const [exact, peer] = [rounder(name), peers[name] as (x: number) => number]
  for (let bits = from; bits < to; bits++) {
    words[0] = bits
    const x = floats[0] as number
    if (!Object.is(exact(x), peer(x))) return bits
  }
  return -1
}

if (!isMainThread) parentPort?.postMessage(firstDifference(workerData as Part))
else {
  for (const name of ['fp16', 'bf16', 'e4m3fn', 'e5m2'])
    test(`fpsim verify --deep, ${name}: the digest of NumPy's or ml_dtypes' codes`, () => {
      const { code, out, err } = fpsim(['verify', '--deep', '--format', name, '--json'])
      assert.equal(code, 0, err)
      const { metrics, blocks } = JSON.parse(out)
      assert.equal(metrics.wrong, 0)
      assert.equal(metrics[`${name}.kernel.cases`], 2 ** 32)
      // All NaN of float32: two signs, 2^23 - 1 payloads.
      assert.equal(metrics[`${name}.kernel.nan`], 2 * (2 ** 23 - 1))
      assert.equal(blocks[0].rows[0].at(-1), digests[name]?.slice(0, 16))
    })

  for (const name of Object.keys(peers))
    test(`the exact codec on every float32: ${name}`, async () => {
      const count = 64
      const parts = Array.from({ length: count }, (_, i): Part => {
        return { name, from: (i * 2 ** 32) / count, to: ((i + 1) * 2 ** 32) / count }
      })
      const lane = async (): Promise<void> => {
        for (let part = parts.pop(); part; part = parts.pop()) {
          const worker = new Worker(new URL(import.meta.url), { workerData: part })
          const [found] = await once(worker, 'message')
          assert.equal(found, -1, `0x${Number(found).toString(16)}`)
        }
      }
      await Promise.all(Array.from({ length: availableParallelism() }, lane))
    })
}

/** The long proofs of the readers: 200,000 damaged files; 1 GB of .npy in under 200 MB of resident memory. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { readMutants } from './mutants.js'

test('200,000 damaged files', async () => {
  await readMutants({ runs: 200_000, seed: 1 })
  assert.ok(process.resourceUsage().maxRSS / 1024 < 300)
})

const child = `
  const { openInput } = await import(process.argv[1])
  let count = 0
  let sum = 0
  for await (const { values } of (await openInput(process.argv[2])).blocks()) {
    count += values.length
    sum += values[0]
  }
  console.log(JSON.stringify({ count, sum, peak: process.resourceUsage().maxRSS / 1024 }))
`

test('1 GB of .npy in under 200 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-large-'))
  try {
    for (const [descr, width] of [
      ['<f4', 4],
      ['>f4', 4],
      ['<f2', 2],
      ['<f8', 8],
    ] as const) {
      const count = Math.ceil(2 ** 30 / width)
      const header = `${`{'descr': '${descr}', 'fortran_order': False, 'shape': (${count},), }`.padEnd(117)}\n`
      const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1')
      const path = join(folder, 'large.npy')
      // A sparse file: all but the header and the first element is zero.
      const file = openSync(path, 'w')
      const first = Buffer.alloc(width)
      first[descr[0] === '<' ? width - 1 : 0] = 0x40
      writeSync(file, Buffer.concat([start, Buffer.from(header), first]))
      ftruncateSync(file, 128 + count * width)
      closeSync(file)
      const module = pathToFileURL(join(import.meta.dirname, '../../src/data/input.js')).href
      const out = execFileSync(process.execPath, ['--input-type=module', '-e', child, module, path], {
        encoding: 'utf8',
      })
      const result = JSON.parse(out) as { count: number; sum: number; peak: number }
      assert.deepEqual([result.count, result.sum], [count, 2], descr)
      assert.ok(result.peak < 200, `${descr}: ${result.peak} MiB`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** 10,000 damaged files through the three readers: only FpsimError comes out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMutants } from './mutants.js'

test('10,000 damaged files', async () => {
  const { whole, problems } = await readMutants({ runs: 10_000, seed: 20_261_121 })
  // The damage must reach deep, and not only the first check.
  assert.ok(whole > 500 && whole < 9_500, `${whole} files could be read`)
  assert.ok(problems.size >= 25, [...problems].join(' '))
  // This file runs in a process of its own.
  const peak = process.resourceUsage().maxRSS / 1024
  assert.ok(peak < 300, `${peak} MiB of resident memory`)
})

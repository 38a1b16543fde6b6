/** Verdicts do not lean on one seed: with others they are the same, and none is open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadClaims } from '../../src/learn/claim.js'
import { measureClaims } from '../../src/learn/claims.js'

const claims = await loadClaims()
const verdictsOf = async (seed: number): Promise<string[]> =>
  (await measureClaims(claims, { seed })).map(({ claim, verdict }) => `${claim.id}: ${verdict}`)
const first = await verdictsOf(1)

for (const seed of [2, 3, 4, 5])
  test(`seed ${seed}`, async () => {
    const found = await verdictsOf(seed)
    assert.deepEqual(found, first)
    assert.ok(found.every((line) => !line.endsWith(': open')))
  })

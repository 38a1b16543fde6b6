/** `verify` passes, prints the same digests everywhere, and shows a failure bit by bit when there is one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../src/render/render.js'
import { checks } from '../../src/runner/verify/checks.js'
import type { Evidence } from '../../src/runner/verify/evidence.js'
import { verifyResult } from '../../src/runner/verify.js'

/** Recorded on x64 with Node 20; the same on every machine, or the promise of equal bytes is broken. */
const digests: Readonly<Record<string, string>> = {
  codes: '0b22e17cef6d1693',
  peers: '5ce1337422342063',
  recorded: 'af817ac1e8bfccdb',
  operations: 'b8a879d2098b2e3c',
  kernels: 'c70a594c0ea78a35',
  midpoints: '7c07cb88f8562fa2',
}

for (const check of checks)
  test(`verify: ${check.name}`, async () => {
    const run = check.run()
    let step = await run.next()
    let last = 0
    for (; !step.done; step = await run.next()) {
      assert.ok(step.value >= last, 'progress goes up')
      last = step.value
    }
    const { cases, wrong, failure, digest } = step.value
    assert.equal(wrong, 0, JSON.stringify(failure))
    assert.equal(failure, undefined)
    assert.ok(cases > 10_000, `${cases} cases`)
    assert.equal(digest, digests[check.name])
  })

const broken: Evidence = {
  name: 'midpoints',
  cases: 10,
  wrong: 2,
  digest: '0123456789abcdef',
  failure: { format: 'fp16', rounding: 'nearest-even', input: 2049, got: 2050, wanted: 2048 },
}

test('a mismatch is told, and shown bit by bit', () => {
  const screen = render(verifyResult([broken], { complete: true }))
  assert.match(screen, /✗ 2 comparisons of 10 went wrong/)
  assert.match(screen, /got +0 11010 0000000001 +1025\*2\^1/)
  assert.match(screen, /wanted +0 11010 0000000000 +2\^11/)
  assert.match(render(verifyResult([broken], { complete: true }), { lang: 'zh' }), /2 次错误/)
})

test('a stopped run says so', () => {
  const { wrong: _, failure: __, ...rest } = broken
  const result = verifyResult([{ ...rest, wrong: 0 }], { complete: false })
  assert.match(render(result), /Stopped: 1 of 6 checks done/)
  assert.equal(result.metrics['cases'], 10)
})

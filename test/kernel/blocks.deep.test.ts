/** The scale of a block of any largest size: the kernel's steps lie where the plain code's do, for every rule. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { scaleExponent } from '../../src/format/block.js'
import { blockFormats, isPowerScaled, type ScaleRule, scaleRules } from '../../src/format/block-catalog.js'
import { quantizeBlocks } from '../../src/kernel/quantize-blocks.js'

const infinity = 0x7f800000
/** Sizes looked at: every so many-th float32, a prime. */
const stride = 509

test('every step of the scale, for every MX format and rule', { timeout: 300_000 }, () => {
  const cell = new Float32Array(1)
  const bits = new Uint32Array(cell.buffer)
  const sizes = new Float32Array(1 << 16)
  const codes = new Uint32Array(sizes.buffer)
  let steps = 0
  for (const f of blockFormats().filter(isPowerScaled))
    for (const rule of scaleRules) {
      const kernel = (code: number): number => {
        bits[0] = code
        return quantizeBlocks(cell, f.name, { scale: rule }).scales[0] as number
      }
      const plain = (code: number, by: ScaleRule): number => {
        bits[0] = code
        return 2 ** scaleExponent(cell[0] as number, f, by)
      }
      let [last, lastCode] = [kernel(0), 0]
      assert.equal(last, plain(0, rule))
      for (let start = 1; start < infinity; start += stride * sizes.length) {
        const n = Math.min(sizes.length, Math.ceil((infinity - start) / stride))
        for (let i = 0; i < n; i++) codes[i] = start + i * stride
        const { scales } = quantizeBlocks(sizes.subarray(0, n), f.name, { scale: rule, columns: 1 })
        for (let i = 0; i < n; i++) {
          const [scale, code] = [scales[i] as number, start + i * stride]
          if (scale !== last) {
            // The exact place of the step, by halving; on both sides of it the plain code must agree.
            let [low, high] = [lastCode, code]
            while (high - low > 1) {
              const middle = Math.floor((low + high) / 2)
              if (kernel(middle) === last) low = middle
              else high = middle
            }
            assert.equal(plain(low, rule), last, `${f.name} ${rule} ${low}`)
            assert.equal(plain(high, rule), scale, `${f.name} ${rule} ${high}`)
            steps++
          }
          last = scale
          lastCode = code
        }
      }
      assert.equal(last, plain(infinity - 1, rule))
    }
  assert.ok(steps > 24 * 200, `${steps}`)
})

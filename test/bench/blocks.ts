/** quantizeBlocks, and the slab rounder of the trainings, beside a plain copy; nothing is timed before it has agreed. */
import { uniform } from '../../src/data/rng.js'
import { amaxOf, encodeBlock, noTensorScale, tensorScaleOf } from '../../src/format/block.js'
import { blockFormat, blockFormats, isPowerScaled } from '../../src/format/block-catalog.js'
import { newArena, valuesOf } from '../../src/kernel/arena.js'
import { slabBlockRounder } from '../../src/kernel/blocks.js'
import { type QuantizeBlocksOptions, quantizeBlocks } from '../../src/kernel/quantize-blocks.js'

const count = 1 << 18
const rounds = 15

/** Gradients of many scales: normal, subnormal and lost among the elements. */
function gradients(): Float32Array {
  const out = new Float32Array(count)
  for (let i = 0; i < count; i++)
    out[i] =
      (uniform(5, 2 * i) * 2 - 1) * 2 ** (Math.floor(uniform(6, i >> 5) * 30) - Math.floor(uniform(5, 2 * i + 1) * 9))
  return out
}

/** Refuses to time what is not the plain code, bit for bit. */
function check(data: Float32Array, name: string, o: QuantizeBlocksOptions): void {
  const f = blockFormat(name)
  const tensor = f.tensorScale ? tensorScaleOf(amaxOf(data), f) : noTensorScale
  const got = quantizeBlocks(data, name, o)
  const slab = newArena().of(data)
  slabBlockRounder(name, o)(slab)
  const again = valuesOf(slab)
  for (let at = 0; at < data.length; at += f.size) {
    const random = (i: number): number => uniform(1, at + i)
    const plain = encodeBlock(data.subarray(at, at + f.size), f, {
      rule: o.scale ?? 'floor',
      tensor,
      ...(o.rounding === 'stochastic' ? { random } : {}),
    })
    if (!Object.is(got.scales[at / f.size], plain.scale)) throw new Error(`${name} disagrees at the scale of ${at}`)
    for (const [i, x] of plain.values.entries())
      if (!Object.is(got.values[at + i], x) || got.codes[at + i] !== plain.codes[i] || !Object.is(again[at + i], x))
        throw new Error(`${name} disagrees at ${at + i}: ${got.values[at + i]}, not ${x}`)
  }
}

/** Nanoseconds a value; target at most 3 for values, scales and codes. */
export function blocksBench(): void {
  const data = gradients()
  const arena = newArena()
  const slab = arena.of(data)
  const to = arena.slab(count)
  const rows: { name: string; run: () => unknown; target?: number }[] = [
    { name: 'a copy of the values', run: () => data.slice() },
  ]
  const add = (name: string, o: QuantizeBlocksOptions, target: number): void => {
    check(data, name, o)
    const words = [name, ...(o.scale ? [o.scale] : []), ...(o.rounding ? [o.rounding] : [])].join(' ')
    rows.push({ name: `quantizeBlocks ${words}`, run: () => quantizeBlocks(data, name, o), target })
    const round = slabBlockRounder(name, o)
    rows.push({ name: `  a slab ${words}`, run: () => round(to, { from: slab, columns: 512 }) })
  }
  for (const f of blockFormats()) add(f.name, isPowerScaled(f) ? { scale: 'floor' } : {}, 3)
  add('mxfp8-e4m3fn', { scale: 'rceil' }, 3)
  add('nvfp4', { rounding: 'stochastic' }, 6)
  const times = rows.map(() => [] as number[])
  for (let i = 0; i < rounds; i++)
    for (const [r, { run }] of rows.entries()) {
      const start = process.hrtime.bigint()
      run()
      times[r]?.push(Number(process.hrtime.bigint() - start) / count)
    }
  console.log(`\nBlock formats: ${count} values, best of ${rounds} runs in turn`)
  for (const [r, { name, target }] of rows.entries()) {
    const verdict = target === undefined ? '' : `  (target <= ${target} ns)`
    console.log(
      `  ${name.padEnd(46)}${Math.min(...(times[r] as number[]))
        .toFixed(2)
        .padStart(6)} ns a value${verdict}`,
    )
  }
}

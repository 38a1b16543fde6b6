/** Tensor cores in bulk: millions of products a second on one thread, after the results agreed with the exact model. */
import { uniform } from '../../src/data/rng.js'
import { dot } from '../../src/kernel/dot.js'
import { gemm } from '../../src/kernel/gemm.js'
import type { SumOptions } from '../../src/kernel/sum-options.js'

const side = 256
const rounds = 9
const target = 50

const rows: readonly SumOptions[] = [
  { hardware: 'v100' },
  { hardware: 'a100' },
  { hardware: 'a100', input: 'tf32' },
  { hardware: 'h100' },
  { hardware: 'h100', output: 'fp16' },
  { hardware: 'h100', input: 'e4m3fn' },
  { hardware: 'h100', input: 'e4m3fn', instruction: 'mma' },
  { hardware: 'b200', input: 'e5m2' },
]

const matrix = (seed: number): Float32Array =>
  Float32Array.from({ length: side * side }, (_, i) => uniform(seed, i) * 2 - 1)

export function tensorCoreBench(): void {
  const [a, b] = [matrix(1), matrix(2)]
  console.log(`\nDot products of GPUs' tensor cores, ${side}^3 products; median (best) of ${rounds}, agreed first`)
  for (const o of rows) {
    const got = gemm(a, b, side, side, side, o)
    for (let t = 0; t < 500; t++) {
      const [i, j] = [(t * 37) % side, (t * 101) % side]
      const column = Float32Array.from({ length: side }, (_, k) => b[k * side + j] as number)
      if (!Object.is(got[i * side + j], dot(a.subarray(i * side, (i + 1) * side), column, o)))
        throw new Error(`${JSON.stringify(o)} disagrees at ${i}, ${j}`)
    }
    const speeds = Array.from({ length: rounds }, () => {
      const start = process.hrtime.bigint()
      gemm(a, b, side, side, side, o)
      return side ** 3 / (Number(process.hrtime.bigint() - start) / 1e3)
    }).sort((x, y) => x - y)
    const name = [o.hardware, o.input ?? 'fp16', `-> ${o.output ?? 'fp32'}`, o.instruction ?? ''].join(' ')
    const figure = `${(speeds[rounds >> 1] as number).toFixed(0)} (${(speeds.at(-1) as number).toFixed(0)}) M/s`
    console.log(`  ${name.padEnd(48)}${figure.padStart(22)}   target >= ${target}`)
  }
}

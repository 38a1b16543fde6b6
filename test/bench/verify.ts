/** `verify --deep` on a 64th of all float32, one thread: nanoseconds an input, and what that makes of the whole on two. */
import { format } from '../../src/format/parse.js'
import { boundariesOf } from '../../src/runner/verify/boundaries.js'
import { sweep } from '../../src/runner/verify/sweep.js'

const length = 2 ** 26
const all = 2 ** 32

export function verifyBench(): void {
  console.log('\nverify --deep, 2^26 float32 around 1 on one thread; seconds for all 2^32 on two')
  for (const [name, swept, target] of [
    ['fp16', 'kernel', 15],
    ['bf16', 'kernel', 15],
    ['e4m3fn', 'kernel', 15],
    ['fp16', 'float16', 60],
  ] as const) {
    const boundaries = boundariesOf(format(name))
    const job = { format: name, swept, from: 0x3c000000, to: 0x3c000000 + length, boundaries }
    const start = process.hrtime.bigint()
    const { wrong } = sweep(job, () => {})
    const each = Number(process.hrtime.bigint() - start) / length
    if (wrong > 0) throw new Error(`${name} disagrees`)
    const seconds = (each * all) / 2e9
    console.log(
      `  ${`${name}, ${swept}`.padEnd(48)}${each.toFixed(2).padStart(8)} ns ${seconds.toFixed(1).padStart(8)} s   target <= ${target}`,
    )
  }
}

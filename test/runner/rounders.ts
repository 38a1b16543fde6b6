/** Roundings to fp16 and bf16 that share nothing with src/: for lessons computed once more. */
import { f16round } from '@petamoriken/float16'

/** Nearest, ties to even, by the library float16. */
export const fp16: (x: number) => number = f16round

/** Nearest, ties to even, by integer arithmetic on float32 bits; for x that are float32, or sums far from a tie. */
export function bf16(x: number): number {
  const float = new Float32Array([x])
  const words = new Uint32Array(float.buffer)
  const bits = words[0] as number
  words[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000
  return float[0] as number
}

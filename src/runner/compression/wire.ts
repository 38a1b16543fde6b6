/** The two orders of division of an FP16 all-reduce, and what each of them breaks. */
import { powerOfTwo } from '../../format/bits.js'
import { compressor } from '../../train/compress.js'

export interface WireOrder {
  readonly small: number
  readonly large: number
  /** What workers who all have the small or the large gradient get for their mean, after ÷ the loss scale in float32. */
  readonly preSmall: number
  readonly postSmall: number
  readonly preLarge: number
  readonly postLarge: number
}

/** The example of PyTorch's note at fp16_compress_hook, for so many workers under a loss scale. */
export function wireOrder(workers: number, scale: number): WireOrder {
  const [small, large] = [powerOfTwo(-24), 1e4]
  const sent = (order: 'pre' | 'post'): number[] => {
    const hook = compressor(`fp16:${order}`, { workers, length: 2 })
    const gradient = Float32Array.of(small * scale, large * scale)
    const { mean } = hook.exchange(hook.init(), Array(workers).fill(gradient))
    return Array.from(mean, (x) => Math.fround(x / scale))
  }
  const [preSmall = 0, preLarge = 0] = sent('pre')
  const [postSmall = 0, postLarge = 0] = sent('post')
  return { small, large, preSmall, postSmall, preLarge, postLarge }
}

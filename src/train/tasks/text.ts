/** The task `text`: a transformer that tells the next character; and its kind `classify`, which says where a sentence is from. */
import { FpsimError } from '../../errors.js'
import { suggest } from '../../suggest.js'
import type { TaskDefaults, TaskKind, TaskOptions } from '../task.js'
import { classify } from './text-classify.js'
import { language } from './text-language.js'

const texts = ['moby-dick', 'shijing'] as const
const labelled = { 'moby-dick': 'authors', shijing: 'shijing-parts' } as const

export const textVariants = ['language', 'classify'] as const

function variantOf({ variant = 'language' }: TaskOptions): (typeof textVariants)[number] {
  const known = textVariants.find((each) => each === variant)
  if (known) return known
  throw new FpsimError('invalid-value', {
    option: 'variant',
    value: variant,
    problem: 'not-allowed',
    allowed: textVariants,
    suggestion: suggest(variant, textVariants),
  })
}

/** Width and layers of the network: heads of 16. Throws 'invalid-value'. */
export function shapeOf({ width = 64, depth = 2 }: TaskOptions): { width: number; heads: number; layers: number } {
  if (width % 16 !== 0)
    throw new FpsimError('invalid-value', { option: 'width', value: width, allowed: '16, 32, 48 …' })
  return { width, heads: width / 16, layers: depth }
}

const defaults: Readonly<Record<(typeof textVariants)[number], TaskDefaults>> = {
  // The rate of GPT-3 XL, 1.3 billion parameters.
  language: { optimizer: 'adamw', lr: 2e-4, batch: 8, steps: 160 },
  // BERT's own way to be fine-tuned: AdamW and 2e-5.
  classify: { optimizer: 'adamw', lr: 2e-5, batch: 16, steps: 150 },
}

export const text: TaskKind = {
  name: 'text',
  data: texts,
  variants: textVariants,
  defaults: (o) => defaults[variantOf(o)],
  load(o, seed) {
    const data = texts.find((each) => each === o.data) ?? 'moby-dick'
    const shape = shapeOf(o)
    return variantOf(o) === 'classify' ? classify(labelled[data], shape, seed) : language(data, shape)
  },
}

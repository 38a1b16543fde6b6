/** The calls of one iteration as a person types them: `--order 'scale backward clip unscale step'`. */
import { FpsimError } from '../../errors.js'
import { suggest } from '../../suggest.js'
import { type Call, type Word, words } from '../../train/step.js'

export const rightOrder: readonly Word[] = words

/** What people type for them. */
const aliases: Readonly<Record<string, Word>> = {
  unscale_: 'unscale',
  'zero-grad': 'zero_grad',
  zerograd: 'zero_grad',
  zero: 'zero_grad',
  clip_grad_norm_: 'clip',
  clip_grad_norm: 'clip',
  autocast: 'forward',
}

const limit = 40

/** Throws 'invalid-value' for a word that is no call, for none at all, and for more than anybody means. */
export function parseOrder(text: string): readonly Word[] {
  const typed = text
    .toLowerCase()
    .split(/[\s,;→>]+/)
    .map((word) => word.replace(/^(?:scaler|optimizer|loss|model)\./, '').replace(/\(\)?$/, ''))
    .filter((word) => word !== '')
  if (typed.length === 0) throw new FpsimError('invalid-value', { option: 'order', value: text, problem: 'missing' })
  if (typed.length > limit)
    throw new FpsimError('invalid-value', {
      option: 'order',
      value: `${typed.length} calls`,
      problem: 'above-maximum',
      limit,
    })
  return typed.map((word) => {
    const known = (words as readonly string[]).includes(word) ? (word as Word) : aliases[word]
    if (known) return known
    const suggestion = suggest(word, words) ?? aliases[suggest(word, Object.keys(aliases)) ?? '']
    throw new FpsimError('invalid-value', {
      option: 'order',
      value: word,
      problem: 'not-allowed',
      allowed: words,
      suggestion,
    })
  })
}

/** The calls of an order. A loop that never speaks of the loss still computes it; one without a scaler is plain. */
export function callsOf(order: readonly Word[]): readonly Call[] {
  const withLoss: readonly Word[] = order.includes('forward') ? order : ['forward', ...order]
  const shift = withLoss.length - order.length
  const scaled = order.some((word) => word === 'scale' || word === 'unscale' || word === 'update')
  return withLoss.map((word, i) => ({ op: word === 'step' && !scaled ? 'step-plain' : word, line: i + 1 - shift }))
}

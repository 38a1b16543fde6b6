/** What an experiment on a myth is: settings in; figures, a verdict and pictures out. */
import type { Block, Label, Values } from '../../result/result.js'
import type { Gradients } from './gradients.js'

export interface Setting {
  /** The loss scale of the experiments. */
  readonly scale: number
  /** By how much the gradients grow. */
  readonly growth: number
  readonly gradients: Gradients
}

export type Verdict = 'wrong' | 'half' | 'true'

/** What one myth came to. The words of its claim, of what was measured and of its finding are in text/, by its name. */
export interface Evidence {
  readonly verdict: Verdict
  readonly metrics: Readonly<Record<string, number>>
  /** What its sentences need. */
  readonly values: Values
  /** The screen of the myth alone. */
  pictures(): Block[]
}

export type Measure = (setting: Setting) => Evidence

export const label = (code: string, values?: Values): Label => (values ? { code, values } : { code })

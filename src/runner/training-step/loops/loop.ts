/** A training loop of the course as data: the lines that act, what each of them does, and what repairs it. */
import type { Op } from '../../../train/step.js'

export interface Line {
  /** The code, abbreviated to what acts, indented with blanks. */
  readonly code: string
  /** What it does when it is run; nothing for a line that only frames others. */
  readonly does?: readonly Op[]
  /** The networks it concerns (the GAN has two); the first one where it is not said. */
  readonly nets?: readonly number[]
  /** Only in the loop as written, or only in the repaired one; else in both. */
  readonly only?: 'written' | 'repaired'
  /** A mistake that no call shows: what a branch lacks, a dtype that a layer has. Calls find their own. */
  readonly wrong?: true
}

export interface Loop {
  readonly name: string
  /** The class or function it stands in; where it has none, text/ has words for it. */
  readonly title?: string
  readonly lines: readonly Line[]
  /** The optimizer of the document, where it names one: this lesson takes plain SGD. */
  readonly optimizer?: string
  /** Iterations that show what happens. */
  readonly iterations: number
  /** The gradient of the other weights, where the usual one would not show it. */
  readonly rest?: number
  /** The model itself is half precision, so its .grad is too. */
  readonly half?: true
  /** How many gradients one step of the first network adds up. */
  readonly parts?: number
  readonly networks?: number
  /** The loop's point is the softmax at the end of the model, not the order of its calls. */
  readonly softmax?: true
}

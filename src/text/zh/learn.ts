/** The words of `fpsim learn` and of progress, in Chinese. */
import type { learn as english } from '../en/learn.js'

export const learn: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

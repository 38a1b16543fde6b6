/** The words of tensor cores, in Chinese. */
import type { tensorCore as english } from '../en/tensor-core.js'

export const tensorCore: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

/** The words of `fpsim verify --deep`, in Chinese. */
import type { proof as english } from '../en/proof.js'

export const proof: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

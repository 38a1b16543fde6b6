/** The words of `fpsim explain`, in Chinese. */
import type { explain as english } from '../en/explain.js'

export const explain: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

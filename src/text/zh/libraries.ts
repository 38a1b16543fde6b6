/** The words of other libraries' semantics, in Chinese. */
import type { libraries as english } from '../en/libraries.js'

export const libraries: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

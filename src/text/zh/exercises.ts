/** The words of exercises and grading, in Chinese. */
import type { exercises as english } from '../en/exercises.js'

export const exercises: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

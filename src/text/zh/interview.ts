/** The words of the interview cards, in Chinese. */
import type { interview as english } from '../en/interview.js'

export const interview: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

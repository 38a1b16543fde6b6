/** The words of exercises and grading. */

export const exercises = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

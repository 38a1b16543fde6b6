/** The words of `fpsim learn` and of progress. */

export const learn = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

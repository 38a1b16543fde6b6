/** The words of `fpsim explain`. */

export const explain = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

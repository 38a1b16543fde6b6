/** The words of `fpsim verify --deep`. */

export const proof = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

/** The words of tensor cores. */

export const tensorCore = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

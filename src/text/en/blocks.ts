/** The words of block formats. */

export const blocks = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

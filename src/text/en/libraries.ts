/** The words of other libraries' semantics. */

export const libraries = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

/** The words of the interview cards. */

export const interview = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

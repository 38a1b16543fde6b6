/** The words of the claim checker. */

type Values = Readonly<Record<string, number | string | boolean>>

const verdicts: Readonly<Record<string, string>> = {
  false: 'Wrong',
  depends: 'It depends',
  true: 'True',
  open: 'Undecided: the rules fit these numbers not at all, or more than once',
}

export const claims = {
  errors: {},
  findings: {
    claimsCounted: (v: Values) =>
      `${v['claims']} statements, measured just now: ${v['false']} wrong, ${v['true']} true, ${v['depends']} depend.${v['open'] === 0 ? '' : ` Undecided with this seed: ${v['open']}.`}`,
    claimVerdict: (v: Values) => `${verdicts[String(v['verdict'])]}. ${v['truth']}`,
    claimBecause: (v: Values) => `Decided by: ${v['rule']}.`,
    claimRun: (v: Values) => `Shown by: ${v['commands']}`,
    claimsHint: () => 'fpsim claims ID shows one with its picture; --topic and --verdict choose.',
    claimsNone: () => 'No statement of this topic has this verdict.',
  },
  labels: {
    'claim-interview': () => 'interview answer',
    'claim-course': () => 'course document',
    'claim-code': () => 'code of a course',
    'claim-documentation': () => 'documentation',
    'claim-forum': () => 'forum',
    claimId: () => 'id',
    claimVerdictHead: () => 'verdict',
    claimStatement: () => 'people say',
    claimMeasured: () => 'measured here',
    'claim-false': () => 'wrong',
    'claim-depends': () => 'depends',
    'claim-true': () => 'true',
    'claim-open': () => 'undecided',
  },
  options: {
    'claims.topic': 'only the statements of one topic',
    'claims.verdict': 'only those that are false, true or depend on something',
  },
}

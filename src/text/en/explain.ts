/** The words of `fpsim explain`. */

type Values = Readonly<Record<string, number | string | boolean>>

const s = (v: Values, key: string): string => String(v[key])
const names = (v: Values): string => `${s(v, 'names')}${Number(v['more']) > 0 ? ` and ${v['more']} more` : ''}`

const verdicts: Readonly<Record<string, string>> = {
  false: 'wrong',
  depends: 'it depends',
  true: 'true',
  open: 'undecided',
}

export const explain = {
  errors: {},
  findings: {
    explainText: (v: Values) => s(v, 'text'),
    explainFor: (v: Values) => `For: ${s(v, 'text')}`,
    explainAgainst: (v: Values) => `Against: ${s(v, 'text')}`,
    explainWhen: (v: Values) => `When: ${s(v, 'text')}`,
    explainClaim: (v: Values) => `Claim ${s(v, 'id')}, ${verdicts[s(v, 'verdict')]}: ${s(v, 'statement')}`,
    explainSeeAlso: (v: Values) => `See also: ${s(v, 'terms')}`,
    explainSource: (v: Values) => `Source: ${s(v, 'sources')}`,
    explainMetricNow: (v: Values) => `${s(v, 'name')} = ${s(v, 'written')}, run just now: fpsim ${s(v, 'lesson')}`,
    explainAsked: (v: Values) => `Asked by ${s(v, 'lesson')}: ${s(v, 'text')}`,
    explainMoreClaims: (v: Values) => `and ${s(v, 'count')} more claims`,
    explainFindingNow: (v: Values) => `Printed just now by fpsim ${s(v, 'command')}:`,
    explainFindingNever: () => 'No lesson prints it with its own parameters; … stands for what a run puts there.',
    explainCounted: (v: Values) =>
      `${s(v, 'terms')} terms. fpsim explain TERM opens one, in either language; a number (65504), a metric, a finding, a claim too; --search TEXT looks in all texts.`,
    explainHits: (v: Values) =>
      `${s(v, 'hits')} places with "${s(v, 'query')}"; fpsim explain NAME opens each, fpsim interview NAME a card, fpsim exercise show NAME an exercise.`,
    explainMoreHits: (v: Values) => `… and ${s(v, 'count')} more: --json lists them all.`,
    'fact-largest': (v: Values) => `${s(v, 'value')}: the largest finite value of ${names(v)}.`,
    'fact-overflowsFrom': (v: Values) => `${s(v, 'value')}: from here on ${names(v)} overflows, rounding to nearest.`,
    'fact-keptUpTo': (v: Values) =>
      `${s(v, 'value')}: the last number that ${names(v)} rounds to its largest value; beyond, it overflows.`,
    'fact-smallestNormal': (v: Values) => `${s(v, 'value')}: the smallest normal value of ${names(v)}.`,
    'fact-smallest': (v: Values) => `${s(v, 'value')}: the smallest positive value of ${names(v)}.`,
    'fact-zeroUpTo': (v: Values) => `${s(v, 'value')}: up to here ${names(v)} rounds to 0, the tie included.`,
    'fact-epsilon': (v: Values) => `${s(v, 'value')}: the machine epsilon of ${names(v)}, the step after 1.`,
    'fact-unitRoundoff': (v: Values) =>
      `${s(v, 'value')}: the unit roundoff of ${names(v)}, its largest relative rounding error.`,
    'fact-integersUpTo': (v: Values) =>
      `${s(v, 'value')}: every integer up to here is a value of ${names(v)}; 1 + 1 + 1 + … stops here, and an update this many times smaller than its weight can be lost.`,
    'fact-firstLostInteger': (v: Values) => `${s(v, 'value')}: the first integer that ${names(v)} cannot hold.`,
    'fact-alwaysLost': (v: Values) =>
      `${s(v, 'value')}: an update this many times smaller than its weight is always lost in ${names(v)}.`,
    'fact-squareOverflowsFrom': (v: Values) =>
      `${s(v, 'value')}: the smallest value whose square overflows ${names(v)}.`,
    'fact-expOverflowsAbove': (v: Values) => `${s(v, 'value')}: exp(x) overflows ${names(v)} from here on.`,
    'fact-expZeroBelow': (v: Values) => `${s(v, 'value')}: exp(x) is 0 in ${names(v)} up to here.`,
    'fact-bias': (v: Values) => `${s(v, 'value')}: the exponent bias of ${names(v)}.`,
    'fact-initScale': (v: Values) => `${s(v, 'value')}: the first loss scale of ${names(v)}.`,
    'fact-growthFactor': (v: Values) => `${s(v, 'value')}: the growth factor of ${names(v)}.`,
    'fact-backoffFactor': (v: Values) => `${s(v, 'value')}: the backoff factor of ${names(v)}.`,
    'fact-growthInterval': (v: Values) => `${s(v, 'value')}: the clean steps before the scale of ${names(v)} grows.`,
    'fact-minScale': (v: Values) => `${s(v, 'value')}: the smallest loss scale of ${names(v)}.`,
    'fact-maxScale': (v: Values) => `${s(v, 'value')}: the largest loss scale of ${names(v)}.`,
  },
  labels: {
    explainNumber: () => 'a number',
    explainFormat: () => 'a format',
    explainMetric: () => 'a metric',
    explainFinding: () => 'a finding',
    explainLesson: () => 'a lesson',
    explainRunner: () => 'mechanism',
    explainWritten: () => 'written as',
    explainLessons: () => 'lessons',
    explainKind: () => 'what',
    explainName: () => 'name',
    explainWords: () => 'says',
    'explain-term': () => 'term',
    'explain-claim': () => 'claim',
    'explain-lesson': () => 'lesson',
    'explain-card': () => 'card',
    'explain-exercise': () => 'exercise',
    'explain-metric': () => 'metric',
    'explain-finding': () => 'finding',
    'style-percent': () => 'percentage',
    'style-count': () => 'count',
    'style-number': () => 'number',
    'style-power': () => 'power of two',
    'style-exact': () => 'every digit',
    'style-hex': () => 'hexadecimal',
    'style-bits': () => 'bits',
    'style-text': () => 'text',
  },
  options: {
    'check.from': 'a folder of your own: its files, and those of its folders claims, exercises, cards, terms',
    'explain.search': 'every term, claim, lesson, metric and finding whose text has these words',
  },
}

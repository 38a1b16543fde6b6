/** The words of other libraries' semantics. */
import { shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const known: Readonly<Record<string, string>> = {
  ran: 'ran, every answer compared',
  built: 'built, single values',
  read: 'read in the source, not run',
  table: 'published limits; conversion not specified here',
}

/** 'fp16 2, e4m3fn 5' */
const differing = (v: Values): string =>
  s(v, 'families')
    .split(', ')
    .map((one, i) => {
      const [family, answers] = one.split(' ')
      return `${answers}${i === 0 ? ' different answers' : ''} in ${family}`
    })
    .join(', ')

export const libraries = {
  errors: {},
  findings: {
    librariesDiffer: (v: Values) => `${s(v, 'value')} in ${s(v, 'types')} types of other libraries: ${differing(v)}.`,
    librariesAgree: (v: Values) => `${s(v, 'value')}: ${s(v, 'types')} types of other libraries, one answer a format.`,
    librariesAlone: (v: Values) =>
      n(v, 'types') === 0
        ? `${s(v, 'value')}: nobody has checked what other libraries give.`
        : `${s(v, 'value')}: ${n(v, 'types') === 1 ? 'one type of another library is checked' : 'one type of each format is checked'}, no other to compare it with.`,
    librariesSource: (v: Values) => `${s(v, 'library')}: ${s(v, 'source')} (${known[s(v, 'known')] ?? s(v, 'known')}).`,
    librariesValue: (v: Values) => s(v, 'value'),
    librariesOpen: (v: Values) => `Unverified, so not shown: ${s(v, 'types')}.`,
  },
  labels: {
    librariesFormat: () => 'format',
    librariesLibrary: () => 'library',
    librariesType: () => 'type',
    librariesGives: () => 'gives',
    librariesWho: () => 'libraries',
    librariesWhy: () => 'why',
    librariesKnown: () => 'known',
    librariesUnverified: () => 'unverified',
    'librariesWhy-nan': () => 'NaN stays NaN',
    'librariesWhy-nan-less': () => 'has no NaN',
    'librariesWhy-infinite': () => 'Inf came in',
    'librariesWhy-double-rounding': () => 'twice: float32 first',
    'librariesWhy-scale': () => 'halves go up',
    'librariesWhy-beyond': (v: Values) => `beyond ${shortest(n(v, 'top'))}`,
    'librariesWhy-saturates': (v: Values) => `saturates at ${shortest(n(v, 'top'))}`,
    'librariesWhy-range': (v: Values) => `largest: ${shortest(n(v, 'top'))}`,
    'librariesWhy-no-subnormals': () => 'no subnormals',
    'librariesWhy-exact': () => 'exact',
    'librariesWhy-nearest': () => 'nearest',
    'librariesKnown-ran': () => 'ran',
    'librariesKnown-built': () => 'built',
    'librariesKnown-read': () => 'read',
    'librariesKnown-table': () => 'limits',
  },
  options: {
    as: 'what other libraries make of the value: torch, numpy, ml_dtypes, onnx, ocp, cpfloat, chop, several with commas, or all',
  },
}

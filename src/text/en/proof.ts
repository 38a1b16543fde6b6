/** The words of `fpsim verify --deep`. */
import { count, number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

export const proof = {
  errors: {},
  findings: {
    proofPassed: (v: Values) =>
      `Every float32 there is, to ${s(v, 'formats')}: ${count(n(v, 'cases'), 'en')} results on this machine, none wrong.`,
    proofWrong: (v: Values) =>
      `${count(n(v, 'wrong'), 'en')} ${n(v, 'wrong') === 1 ? 'result' : 'results'} of ${count(n(v, 'cases'), 'en')} ${n(v, 'wrong') === 1 ? 'is' : 'are'} wrong. Please report this with the output of fpsim verify --deep --json.`,
    proofStopped: (v: Values) =>
      `Stopped: ${count(n(v, 'cases'), 'en')} of ${count(n(v, 'all'), 'en')} results compared, none wrong.`,
    proofDigest: () =>
      'The digest is of all 2^32 codes, the same on every machine and for any number of threads: compare it with the README. Without --deep: the other checks.',
  },
  labels: {
    proofSweep: () => 'every float32',
    proofInputs: () => 'inputs',
    proofNaN: () => 'NaN',
    'proof-kernel': (v: Values) => `${s(v, 'format')}: SIMD kernels`,
    'proof-float16': (v: Values) => `${s(v, 'format')}: @petamoriken/float16`,
    proofBar: (v: Values) =>
      `${s(v, 'name')}  ${percent(n(v, 'share'))}  ${number(n(v, 'rate') / 1e6)} M/s  ${s(v, 'left')} s left`,
    proofAbout: () =>
      '--deep: all 2^32 float32 to each format, by the kernels and for fp16 by @petamoriken/float16 too, against boundaries that the exact codec gives; on all cores, Ctrl-C stops with what was done.',
  },
  options: {
    'verify.deep': 'every float32 instead of chosen numbers',
    'verify.format':
      'the formats of --deep, several with commas: fp16, bf16, e4m3fn, any eXmY of at most 16 bits (default fp16,bf16)',
  },
}

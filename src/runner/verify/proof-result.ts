/** The proof as a Result. */
import type { Result } from '../../result/result.js'
import { failureBlock } from '../verify.js'
import { inputs, type Proof } from './proof.js'

/** Seconds, where given, are for people and only on the screen; `planned` is how many sweeps there should be. */
export function proofResult(
  proofs: readonly Proof[],
  o: { formats: readonly string[]; planned: number; seconds?: readonly number[] },
): Result {
  const cases = proofs.reduce((sum, p) => sum + p.cases, 0)
  const wrong = proofs.reduce((sum, p) => sum + p.wrong, 0)
  const complete = proofs.length === o.planned && proofs.every((p) => p.cases === inputs)
  const { seconds } = o
  return {
    schema: 1,
    scenario: 'verify',
    runner: 'verify',
    params: { deep: true, formats: o.formats.join(' '), complete },
    seed: 1,
    metrics: Object.fromEntries([
      ['cases', cases],
      ['wrong', wrong],
      ...proofs.flatMap(({ format, swept, ...p }) =>
        (['cases', 'nan', 'wrong'] as const).map((key) => [`${format}.${swept}.${key}`, p[key]]),
      ),
    ]),
    findings: [
      {
        code: wrong > 0 ? 'proofWrong' : complete ? 'proofPassed' : 'proofStopped',
        tone: wrong > 0 ? 'bad' : complete ? 'good' : 'note',
        values: { cases, wrong, formats: o.formats.join(', '), all: o.planned * inputs },
      },
    ],
    blocks: [
      {
        kind: 'table',
        columns: [
          { label: { code: 'proofSweep' }, as: 'text' },
          { label: { code: 'proofInputs' }, as: 'count' },
          { label: { code: 'proofNaN' }, as: 'count' },
          { label: { code: 'wrong' }, as: 'count' },
          ...(seconds ? [{ label: { code: 'seconds' }, as: 'number' as const }] : []),
          { label: { code: 'digest' }, as: 'text' },
        ],
        rows: proofs.map((p, i) => [
          { code: `proof-${p.swept}`, values: { format: p.format } },
          p.cases,
          p.nan,
          p.wrong,
          ...(seconds ? [seconds[i] as number] : []),
          p.digest?.slice(0, 16) ?? null,
        ]),
        tones: proofs.map((p) => (p.wrong > 0 ? 'bad' : p.cases === inputs ? 'good' : null)),
      },
      ...proofs.flatMap(({ failure }) => (failure ? [failureBlock(failure)] : [])),
      ...(complete ? [{ kind: 'note', code: 'proofDigest', tone: 'note', values: {} } as const] : []),
    ],
  }
}

/** fpsim judges itself: the evidence of its checks as a Result. */
import { fieldsOfValue } from '../format/encode.js'
import { exactPower, hexFloat } from '../format/exact.js'
import { hasNaN } from '../format/format.js'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'
import type { Block, Result } from '../result/result.js'
import { bitsOf } from './bits.js'
import { checks } from './verify/checks.js'
import type { Evidence, Failure } from './verify/evidence.js'

/** The bits of a failure: what went in, what came out, what should have. */
export function failureBlock({ format: name, rounding, input, got, wanted }: Failure): Block {
  const f = format(name)
  const row = (code: string, x: number) => {
    const fields = Number.isNaN(x) && !hasNaN(f) ? undefined : fieldsOfValue(rounder(f)(x), f)
    return { label: { code }, ...bitsOf(fields, f), notes: [exactPower(x)] }
  }
  return {
    kind: 'bit-field',
    title: {
      code: 'smallestFailure',
      values: { format: name, rounding, input: exactPower(input), hex: hexFloat(input) },
    },
    rows: [row('got', got), row('wanted', wanted)],
  }
}

/** The evidence as a Result; seconds, where given, are for people and only on the screen. */
export function verifyResult(
  evidence: readonly Evidence[],
  o: { complete: boolean; seconds?: readonly number[] },
): Result {
  const cases = evidence.reduce((sum, e) => sum + e.cases, 0)
  const wrong = evidence.reduce((sum, e) => sum + e.wrong, 0)
  const verdict = wrong > 0 ? 'verifyWrong' : o.complete ? 'verifyPassed' : 'verifyStopped'
  const { seconds } = o
  return {
    schema: 1,
    scenario: 'verify',
    runner: 'verify',
    params: { complete: o.complete },
    seed: 1,
    metrics: Object.fromEntries([
      ['cases', cases],
      ['wrong', wrong],
      ...evidence.flatMap(({ name, ...e }) => [
        [`${name}.cases`, e.cases],
        [`${name}.wrong`, e.wrong],
      ]),
    ]),
    findings: [
      {
        code: verdict,
        tone: wrong > 0 ? 'bad' : o.complete ? 'good' : 'note',
        values: { cases, wrong, checks: evidence.length, all: checks.length },
      },
    ],
    blocks: [
      {
        kind: 'table',
        columns: [
          { label: { code: 'check' }, as: 'text' },
          { label: { code: 'cases' }, as: 'count' },
          { label: { code: 'wrong' }, as: 'count' },
          ...(seconds ? [{ label: { code: 'seconds' }, as: 'number' as const }] : []),
          { label: { code: 'digest' }, as: 'text' },
        ],
        rows: evidence.map((e, i) => [
          { code: `check-${e.name}` },
          e.cases,
          e.wrong,
          ...(seconds ? [seconds[i] as number] : []),
          e.digest,
        ]),
        tones: evidence.map((e) => (e.wrong > 0 ? 'bad' : 'good')),
      },
      ...evidence.flatMap(({ failure }) => (failure ? [failureBlock(failure)] : [])),
    ],
  }
}

/** What can go wrong, as data: a code and values. The sentence a person reads is in text/. */

export type ErrorCode =
  | 'ambiguous-format'
  | 'bad-answers'
  | 'bad-data'
  | 'bad-exercise'
  | 'cannot-write'
  | 'carrier-too-narrow'
  | 'code-too-wide'
  | 'conflicting-sources'
  | 'expectation-failed'
  | 'invalid-code'
  | 'invalid-expression'
  | 'invalid-value'
  | 'is-a-directory'
  | 'missing-file'
  | 'missing-random'
  | 'no-match'
  | 'no-nan-code'
  | 'not-a-value'
  | 'out-of-memory'
  | 'scale-at-minimum'
  | 'scaler-misuse'
  | 'stray-argument'
  | 'too-large'
  | 'unexpected'
  | 'unknown-command'
  | 'unknown-format'
  | 'unknown-key'
  | 'unknown-policy'
  | 'unknown-scenario'
  | 'unreadable-file'
  | 'unsupported-combination'
  | 'wrong-recipe'
  | 'wrong-training'
  | 'wrong-usage'
  | 'yaml'

export type ErrorValues = Record<string, unknown>

/** The only error fpsim throws on purpose. `message` is for logs; people read the sentence that text/ makes of it. */
export class FpsimError extends Error {
  readonly code: ErrorCode
  readonly values: ErrorValues
  constructor(code: ErrorCode, values: ErrorValues = {}) {
    super(`${code} ${JSON.stringify(values, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`)
    this.name = 'FpsimError'
    this.code = code
    this.values = values
  }
}

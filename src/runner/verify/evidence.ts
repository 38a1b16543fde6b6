/** Evidence: what was compared, how often, with which digest; and the first thing that went wrong. */
import { createHash, type Hash } from 'node:crypto'
import type { Rounding } from '../../format/format.js'

/** One comparison that failed. */
export interface Failure {
  readonly format: string
  readonly rounding: Rounding
  readonly input: number
  readonly got: number
  readonly wanted: number
}

export interface Evidence {
  readonly name: string
  readonly cases: number
  readonly wrong: number
  /** SHA-256 of all results as float64, its first 16 digits: equal on every machine. */
  readonly digest: string
  /** The failure with the smallest input. */
  readonly failure?: Failure
}

export interface Check {
  readonly name: string
  /** Yields the cases done now and then, and returns the evidence. */
  run(): AsyncGenerator<number, Evidence>
}

/** Counts, compares and digests. NaN equals NaN; −0 does not equal 0. */
export class Ledger {
  cases = 0
  wrong = 0
  failure: Failure | undefined
  readonly #hash: Hash = createHash('sha256')
  readonly #results = new Float64Array(4096)
  readonly #bytes = new DataView(new ArrayBuffer(8 * 4096))
  #filled = 0

  compare(got: number, wanted: number, about: { format: string; rounding: Rounding; input: number }): void {
    this.cases++
    this.#results[this.#filled++] = got
    if (this.#filled === this.#results.length) this.#flush()
    if (Object.is(got, wanted)) return
    this.wrong++
    if (!this.failure || Math.abs(about.input) < Math.abs(this.failure.input)) this.failure = { ...about, got, wanted }
  }

  #flush(): void {
    // NaN by one pattern, and one byte order: the digest must not depend on the machine.
    for (let i = 0; i < this.#filled; i++) {
      const x = this.#results[i] as number
      this.#bytes.setFloat64(8 * i, Number.isNaN(x) ? Number.NaN : x)
    }
    this.#hash.update(new Uint8Array(this.#bytes.buffer, 0, 8 * this.#filled))
    this.#filled = 0
  }

  evidence(name: string): Evidence {
    this.#flush()
    const digest = this.#hash.digest('hex').slice(0, 16)
    const { cases, wrong, failure } = this
    return { name, cases, wrong, digest, ...(failure ? { failure } : {}) }
  }
}

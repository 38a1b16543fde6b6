/** What a mechanism is: its parameters, its metrics, and a function from one to the other. */
import type * as z from 'zod/mini'
import type { Block, Finding, Label, Metrics, NumberStyle } from '../result/result.js'
import type { Shape } from './params.js'

/** What a runner needs from the world outside; cli/ gives it, a library call gives little of it. */
export interface Host {
  /** Elements done and, where known, elements to do; what it returns is awaited, so that the host gets a turn. */
  readonly progress?: (done: number, total: number | undefined) => void | Promise<void> | undefined
  readonly stdin?: AsyncIterable<Uint8Array>
  /** Runs the jobs of a mechanism on threads, results in the order of the jobs; absent: one after another, here. */
  readonly workers?: <Job, Done>(
    kind: 'train',
    jobs: readonly Job[],
    progress: (done: number) => void | Promise<void> | undefined,
  ) => Promise<Done[]>
  /** Begins a file that comes into being whole or not at all. Throws 'cannot-write' and 'is-a-directory' at once. */
  readonly draft?: (file: string) => Promise<Draft>
  readonly recipesIn?: (file: string) => Promise<RecipeFile>
}

/** A file in the making: whoever makes it writes to `path`, on any thread. */
export interface Draft {
  readonly path: string
  write(text: string): Promise<void>
  /** Gives it its name. */
  commit(): Promise<void>
  /** Removes what there is of it; after `commit` nothing. */
  discard(): Promise<void>
}

/** What a file of recipes holds, as written, and where each entry or a key of it stands. */
export interface RecipeFile {
  readonly entries: readonly Readonly<Record<string, unknown>>[]
  place(entry: number, key: string | undefined, of: 'key' | 'value'): { readonly line: number; readonly column: number }
}

export interface Outcome {
  readonly subject?: Label
  /** Parameters that were not what was asked for: what they were instead. */
  readonly params?: Readonly<Record<string, number | string | boolean>>
  readonly metrics: Metrics
  readonly findings: readonly Finding[]
  readonly blocks: readonly Block[]
}

/** What a run is asked for besides its parameters. */
export interface Request {
  readonly seed: number
  /** Parts of the screen, in order; empty: all. */
  readonly show: readonly string[]
  readonly host: Host
  /** The parameters that the user gave, by their own names; the others are the lesson's. Absent: nobody knows. */
  readonly given?: ReadonlySet<string>
}

export interface Runner<S extends Shape = Shape, M extends string = string> {
  readonly name: string
  readonly params: S
  /** Groups of parameters of which at most one may be given: the others then step back. */
  readonly exclusive: readonly (readonly string[])[]
  /** Parameters that mean something only beside another one. */
  readonly beside?: Readonly<Record<string, string>>
  /** Parameters that may be given as bare words, in this order: `fpsim speed gpt2 a100`. */
  readonly positionals?: readonly string[]
  /** Other names under which parameters may be given, each with the parameter's own name. */
  readonly synonyms?: Readonly<Record<string, string>>
  /** Those of the synonyms whose value is an exponent of two: 16 means 2^16. */
  readonly powers?: readonly string[]
  /** Every metric, with the way it is written. */
  readonly metrics: Readonly<Record<M, NumberStyle>>
  /** What `show` may list. */
  readonly parts: readonly string[]
  run(params: ParamsOf<S>, request: Request): Promise<Outcome>
}

export type ParamsOf<S extends Shape> = { [K in keyof S]: z.output<S[K]> }

/** Declares a runner with its own parameter types, for a registry of any. */
export const defineRunner = <S extends Shape, M extends string>(
  runner: Runner<S, M> & {
    run(params: ParamsOf<S>, request: Request): Promise<Outcome & { metrics: Record<M, number> }>
  },
): Runner => runner as unknown as Runner

/** A stream of numbers, in blocks: all that a runner sees of a file, a profile or a distribution. */

export interface Block {
  /** Name of the tensor these values belong to; '' where the source has no names. */
  readonly tensor: string
  /** Values as float64: every narrower format is exact in it. Only valid until the next block is asked for. */
  readonly values: Float64Array
  /** How many equal elements each value stands for; absent: one each. */
  readonly weights?: Float64Array
  /** Exact zeros besides `values`. */
  readonly zeros?: number
}

export interface Source {
  /** A short name for people: the profile, the file, the distribution. */
  readonly name: string
  /** Elements to come, where known before reading: for progress. */
  readonly size?: number
  /** Read from the start. Each call is a new pass over the same numbers. */
  blocks(): AsyncIterable<Block> | Iterable<Block>
}

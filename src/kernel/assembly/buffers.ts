/** The fixed memory of the kernels: two blocks that the caller fills and reads. Nothing grows with the data. */

// The slack lets a loop finish its last group beyond the end of a full block.
export const blockA: usize = memory.data(65536 + 256, 64)
export const blockB: usize = memory.data(65536 + 256, 64)

/** Draws of a stretch of `stretch` values: small enough to stay in the nearest cache. */
export const draws: usize = memory.data(4096 + 128, 64)
// @ts-ignore: decorator
@inline export const stretch: i32 = 1024

/** Sides of a tile of matrices: rows of the first, columns of the second, and the length of their products at a time. */
// @ts-ignore: decorator
@inline export const tileRows: i32 = 64
// @ts-ignore: decorator
@inline export const tileColumns: i32 = 256
// @ts-ignore: decorator
@inline export const tileDepth: i32 = 256

/** Panels of 4 rows and of 8 columns, the depth outermost within each; sums; totals of promoted chunks. */
export const panelsA: usize = memory.data(65536, 64)
export const panelsB: usize = memory.data(262144, 64)
export const sums: usize = memory.data(65536, 64)
export const totals: usize = memory.data(65536, 64)
/** What Kahan's sums could not place so far. */
export const rests: usize = memory.data(65536, 64)

/**
 * Counts by exponent field, 2048 of 16 bytes: of values, four for the indices mod 4; behind them, 2048 of 16 bytes of which
 * the first 4 are used, of powers of two. Cleared by the caller.
 */
export const histograms: usize = memory.data(65536, 64)
/** Results of a tally, see there. */
export const results: usize = memory.data(128, 64)

const scratch: usize = memory.data(64, 64)

/** A constant that a loop keeps in a register: by itself V8 makes it anew in every round, unless it was loaded. */
// @ts-ignore: decorator
@inline export function held(x: v128): v128 {
  v128.store(scratch, x)
  return v128.load(scratch)
}

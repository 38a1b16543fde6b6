/** A part of a whole; of nothing there is no share: NaN. */
export const share = (part: number, all: number): number => (all > 0 ? part / all : Number.NaN)

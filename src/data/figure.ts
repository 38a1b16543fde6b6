/** A published number with how far it was checked. */

/**
 * read: in the source named. quoted: in a text that quotes the source. computed: from the other figures. inferred: follows
 * from what the source says. unverified: known, but found in no text. absent: no figure was checked.
 */
export type Status = 'read' | 'quoted' | 'computed' | 'inferred' | 'unverified' | 'absent'

/** From the best to the weakest. */
const order: readonly Status[] = ['read', 'computed', 'quoted', 'inferred', 'unverified', 'absent']

export interface Figure {
  readonly value: number
  readonly status: Status
}

export const figure = (value: number, status: Status): Figure => ({ value, status })

/** The weakest of several statuses; 'absent' of none. */
export const weakest = (statuses: readonly Status[]): Status =>
  statuses.length === 0 ? 'absent' : (order[Math.max(...statuses.map((status) => order.indexOf(status)))] as Status)

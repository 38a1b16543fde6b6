/** The words that pictures and screens are made of, in English. */
export const screen = {
  /** Names of the zones of a histogram, longest first: the first that fits is drawn. */
  lost: ['becomes 0', 'zero', '0'],
  few: ['few bits', 'few'],
  all: (precision: number) => [`all ${precision} bits`, 'all bits', 'all'],
  overflow: ['overflow', 'over'],
  columns: (powers: number) =>
    powers === 1 ? 'one column = one power of two' : `one column = ${powers} powers of two`,
  height: 'height = share of values',
  below: (power: string) => `all below ${power}`,
  above: (power: string) => `all from ${power} up`,
  nothingToDraw: (panel: string) => `${panel === '' ? '' : `${panel}: `}nothing to draw, no nonzero value`,
  noFiniteValue: 'nothing to draw, no finite value',
  notFinite: 'not finite',
  notPositive: 'zero or negative',
  labelsLeftOut: (count: number) => (count === 1 ? '1 label has no room' : `${count} labels have no room`),
  /** Ends with the blank that its language wants, or none. */
  next: 'Next: ',
  see: 'See',
  compared: 'Side by side',
}

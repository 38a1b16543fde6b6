/** The {name} slots of an author's texts, filled from params and metrics when the words are written. */

/** The names in a text's slots: `{lost}`, or `{lost:%}` to write it as a percentage. */
export const slotsOf = (text: string): { name: string; percent: boolean }[] =>
  [...text.matchAll(/\{([A-Za-z]\w*)(:%)?\}/g)].map(([, name = '', as]) => ({ name, percent: as !== undefined }))

/** The {name} slots of an author's texts, filled from params and metrics when the words are written. */

/**
 * The names in a text's slots: `{lost}`, or `{lost:%}` to write it as a percentage. Of what only looks like a slot, as
 * `{lost:.2f}` and `{ lost }`, all between the braces: no such name exists, and so the linter finds it.
 */
export const slotsOf = (text: string): { name: string; percent: boolean }[] =>
  [...text.matchAll(/\{(\s*[A-Za-z]\w*[^{}]*)\}/g)].map(([, inside = '']) => {
    const percent = inside.endsWith(':%')
    return { name: percent ? inside.slice(0, -2) : inside, percent }
  })

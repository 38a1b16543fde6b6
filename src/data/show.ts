/** Pieces of a user's file, made fit for one line of a terminal. */

/** At most `limit` characters, control characters (escape sequences among them) as `?`. */
export function show(text: string, limit = 40): string {
  let clean = ''
  let n = 0
  for (const character of text) {
    if (n === limit) return `${clean}…`
    const code = character.codePointAt(0) as number
    // C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing.
    const control =
      code < 0x20 ||
      (code >= 0x7f && code < 0xa0) ||
      (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069)
    clean += control ? '?' : character
    n++
  }
  return clean
}

/** A sentence of text/ by its code, for what a command says besides a Result. */
import type { Style } from '../render/terminal/document.js'
import { tell } from '../render/words.js'
import type { Values } from '../result/result.js'

export const sentence = (code: string, values: Values, { words }: Pick<Style, 'words'>): string =>
  tell({ code, tone: 'note', values }, words)

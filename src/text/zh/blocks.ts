/** The words of block formats, in Chinese. */
import type { blocks as english } from '../en/blocks.js'

export const blocks: typeof english = {
  errors: {},
  findings: {},
  labels: {},
  options: {},
}

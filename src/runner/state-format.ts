/** Which formats can hold the states of an optimizer. */
import { FpsimError } from '../errors.js'
import { formats } from '../format/catalog.js'
import type { Format } from '../format/format.js'
import { format } from '../format/parse.js'

/** With a sign and a zero: the first momentum is 0, the next may be negative. */
const isUsable = (f: Format): boolean => f.signed && f.subnormals

/** The format of a name that is the value of `option`. Throws 'invalid-value' for one that cannot hold a state. */
export function stateFormat(option: string, name: string): Format {
  const f = format(name)
  if (isUsable(f)) return f
  const allowed = formats.filter(isUsable).map((each) => each.name)
  throw new FpsimError('invalid-value', { option, value: name, allowed })
}

/** What the make scripts share: where their files go, and IDX, the format of the MNIST files. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const data = dirname(dirname(fileURLToPath(import.meta.url)))

/** Run as a program, writes the files that `make(FOLDER)` gives by name beside README.md; imported, does nothing. */
export function writes(url, make) {
  if (process.argv[1] !== fileURLToPath(url)) return
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('give the folder of the unpacked package; README.md names it')
  for (const [name, content] of Object.entries(make(folder))) writeFileSync(join(data, name), content)
}

/** An IDX file of unsigned bytes: 0 0 8, the number of dimensions, each dimension as a big-endian word, the values. */
export function idx(shape, values) {
  const head = Buffer.alloc(4 + 4 * shape.length)
  head.set([0, 0, 8, shape.length])
  for (const [i, n] of shape.entries()) head.writeUInt32BE(n, 4 + 4 * i)
  if (values.length !== shape.reduce((a, b) => a * b)) throw new Error(`${values.length} values, shape ${shape}`)
  return Buffer.concat([head, Uint8Array.from(values)])
}

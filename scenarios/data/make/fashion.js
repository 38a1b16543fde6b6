/** Makes the Fashion-MNIST subset: `node scenarios/data/make/fashion.js FOLDER`, the folder of the four .gz files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { idx, writes } from './write.js'

const side = 28

/** The first `each` images of every class, in the order of the file, each square of 2 × 2 pixels as its mean. */
function choose(folder, part, each) {
  const read = (name) => gunzipSync(readFileSync(join(folder, `${part}-${name}-ubyte.gz`)))
  const images = read('images-idx3').subarray(16)
  const labels = read('labels-idx1').subarray(8)
  const taken = new Array(10).fill(0)
  const chosen = { pixels: [], labels: [] }
  for (const [image, label] of labels.entries()) {
    if (taken[label]++ >= each) continue
    chosen.labels.push(label)
    for (let row = 0; row < side; row += 2)
      for (let column = 0; column < side; column += 2) {
        const at = (image * side + row) * side + column
        const sum = images[at] + images[at + 1] + images[at + side] + images[at + side + 1]
        // The mean of four bytes, a half up.
        chosen.pixels.push((sum + 2) >> 2)
      }
  }
  return chosen
}

/** 200 training images of each class, then 50 test images of each. */
export function fashion(folder) {
  const [train, test] = [choose(folder, 'train', 200), choose(folder, 't10k', 50)]
  const labels = [...train.labels, ...test.labels]
  return {
    'fashion-images.idx3-ubyte': idx([labels.length, side / 2, side / 2], [...train.pixels, ...test.pixels]),
    'fashion-labels.idx1-ubyte': idx([labels.length], labels),
  }
}

writes(import.meta.url, fashion)

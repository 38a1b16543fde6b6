/** Makes the profiles of this folder from recordings: `node scenarios/profiles/make.js ../shared/gradients`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const kinds = { w: 'weights', a: 'activations' }
const about = {
  'digits-cnn': 'conv 1-8 3x3, conv 8-16 3x3 stride 2, linear 144-10, ReLU; Adam 2e-3',
  'digits-mlp': '64-48-32-10, ReLU; SGD 0.1, momentum 0.9',
}

const rows = (file) => {
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/)
  const names = head.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])))
}

/** The text of one profile; the same recording gives the same bytes. */
export function profile(folder, name) {
  const tensors = new Map()
  for (const { kind, tensor, exponent, count } of rows(join(folder, name, 'exponents.csv'))) {
    const key = `${kind},${tensor}`
    if (!tensors.has(key)) tensors.set(key, { kind: kinds[kind], tensor, zeros: 0, bins: new Map() })
    const entry = tensors.get(key)
    if (exponent === 'zero') entry.zeros = Number(count)
    else entry.bins.set(Number(exponent), Number(count))
  }
  const steps = rows(join(folder, name, 'steps.csv'))
  // Nonnegative float32 patterns are ordered like their values, and hex of equal length like its text.
  const largest = (kind) => steps.map((s) => s[`${kind}_absmax_f32hex`]).sort().at(-1)
  const lines = [...tensors.values()].map(({ kind, tensor, zeros, bins }) => {
    const [from, to] = [Math.min(...bins.keys()), Math.max(...bins.keys())]
    const counts = Array.from({ length: to - from + 1 }, (_, i) => bins.get(from + i) ?? 0)
    return `    ${JSON.stringify({ kind, tensor, zeros, from, counts })}`
  })
  return `{
  "schema": 1,
  "name": "${name}",
  "network": "${about[name]}",
  "data": "scikit-learn digits 8x8 (UCI optical recognition of handwritten digits), first 1,500 images",
  "recorded": "gradients of the unscaled loss in float32, PyTorch 1.13.1, ${steps.length} steps, all elements",
  "largest": { "weights": "${largest('w')}", "activations": "${largest('a')}" },
  "tensors": [
${lines.join(',\n')}
  ]
}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? '../shared/gradients'
  for (const name of Object.keys(about)) writeFileSync(join(here, `${name}.json`), profile(folder, name))
}

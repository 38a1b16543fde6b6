/**
 * The data sets against numbers that NumPy and plain Python computed from the packages they were made from, not from the
 * files here; the shuffles against a Python implementation of their own in exact fractions.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import {
  type DatasetFile,
  type DatasetName,
  datasetFiles,
  datasetNames,
  datasets,
} from '../../src/data/dataset/catalog.js'
import { type ImageSplit, imageDataset, parseIdx } from '../../src/data/dataset/images.js'
import { mixture } from '../../src/data/dataset/mixture.js'
import { batches, gather, shuffled, windowStarts, windowsAt, windowsInOrder } from '../../src/data/dataset/order.js'
import { seriesDataset } from '../../src/data/dataset/series.js'
import { textOf } from '../../src/data/dataset/text.js'
import { loadDataset } from '../../src/data/dataset.js'
import { FpsimError } from '../../src/errors.js'
import { root } from '../support.js'

const folder = join(root, 'scenarios', 'data')
const files = Object.keys(datasetFiles) as DatasetFile[]

const sum = (values: Iterable<number>, weight: (i: number) => number = () => 1): number => {
  let total = 0
  let i = 0
  for (const value of values) total += value * weight(i++)
  return total
}
const countsOf = (labels: Uint8Array, classes: number): number[] => {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label] = (counts[label] as number) + 1
  return counts
}
const refuses =
  (code: string, values: Readonly<Record<string, unknown>> = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof FpsimError, String(error))
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(values)) assert.deepEqual(error.values[name], value)
    return true
  }

test('every file has its checksum, and there is no other', () => {
  const others = ['LICENSES.md', 'README.md', 'make']
  assert.deepEqual(readdirSync(folder).sort(), [...others, ...files].sort())
  for (const file of files) {
    const text = /\.(txt|tsv|csv)$/.test(file)
    const bytes = readFileSync(join(folder, file))
    const same = text ? bytes.toString('utf8').replaceAll('\r\n', '\n') : bytes
    assert.equal(createHash('sha256').update(same).digest('hex'), datasetFiles[file], file)
  }
  assert.ok(files.reduce((size, file) => size + statSync(join(folder, file)).size, 0) < 1.5 * 2 ** 20)
})

test('every set names its source, its licence and its script', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const licences = readFileSync(join(folder, 'LICENSES.md'), 'utf8')
  assert.deepEqual(Object.keys(datasets), [...datasetNames])
  assert.deepEqual([...new Set(datasetNames.flatMap((name) => datasets[name].files))].sort(), [...files].sort())
  for (const name of datasetNames) {
    const { source, licence, script, files } = datasets[name]
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
    for (const word of [script, ...files]) assert.ok(row.includes(`\`${word}\``), `${name}: ${word}`)
    const parts = licence.split('; ').map((part) => part.replace(/ \(.*/, ''))
    for (const part of parts) {
      assert.ok(row.includes(part), `${name}: ${part}`)
      const heads = licences.split('\n## ').filter((section) => section.split('\n')[0]?.includes(`\`${name}\``))
      assert.equal(heads.length, 1, name)
      const long = part.replace('CC BY', 'Creative Commons Attribution')
      assert.ok(heads[0]?.includes(long), `${name}: ${long}`)
    }
    assert.ok(source.length > 10)
    assert.ok(readFileSync(join(folder, 'make', script), 'utf8').startsWith('/** Makes'), script)
  }
})

/** Bytes again: what the checks below count. */
const bytesOf = ({ values }: ImageSplit, white: number): number[] => Array.from(values, (v) => Math.round(v * white))

test('the digits are those of scikit-learn', async () => {
  const { width, height, classes, train, test } = await loadDataset('digits')
  assert.deepEqual([width, height, classes.length, train.count, test.count], [8, 8, 10, 1437, 360])
  assert.deepEqual(countsOf(train.labels, 10), [143, 146, 142, 146, 144, 145, 144, 143, 141, 143])
  assert.deepEqual(countsOf(test.labels, 10), [35, 36, 35, 37, 37, 37, 37, 36, 33, 37])
  const all = [...train.values, ...test.values]
  assert.ok(all.every((v) => v >= 0 && v <= 1 && Number.isInteger(v * 16)))
  assert.equal(sum(train.values) * 16, 449_372)
  assert.equal(sum(test.values) * 16, 112_346)
  // Weighted by place in the image, and by image: each in its place.
  assert.equal(sum(all, (i) => (i % 64) + 1) * 16, 18_222_371)
  assert.equal(sum(all, (i) => Math.floor(i / 64) + 1) * 16, 503_904_265)
  assert.equal(
    sum([...train.labels, ...test.labels], (i) => i + 1),
    7_272_861,
  )
})

test('the clothes are Fashion-MNIST, pooled', async () => {
  const { width, height, classes, train, test } = await loadDataset('fashion')
  assert.deepEqual([width, height, classes.length, train.count, test.count], [14, 14, 10, 2000, 500])
  assert.deepEqual(countsOf(train.labels, 10), new Array(10).fill(200))
  assert.deepEqual(countsOf(test.labels, 10), new Array(10).fill(50))
  const expected = [
    [28_662_556, 2_968_524_168, 28_913_381_380, 8_990_023],
    [7_240_330, 753_823_553, 1_794_618_200, 587_800],
  ]
  for (const [i, split] of [train, test].entries()) {
    const bytes = bytesOf(split, 255)
    assert.ok(split.values.every((v, at) => v === Math.fround((bytes[at] as number) / 255)))
    const got = [sum(bytes), sum(bytes, (at) => (at % 196) + 1), sum(bytes, (at) => Math.floor(at / 196) + 1)]
    assert.deepEqual([...got, sum(split.labels, (at) => at + 1)], expected[i])
  }
})

test('no image is on both sides', async () => {
  for (const name of ['digits', 'fashion'] as const) {
    const { width, height, train, test } = await loadDataset(name)
    const size = width * height
    const pictures = ({ values, count }: ImageSplit): string[] =>
      Array.from({ length: count }, (_, i) => values.subarray(i * size, (i + 1) * size).join())
    const known = new Set(pictures(train))
    assert.equal(pictures(test).filter((picture) => known.has(picture)).length, 0, name)
  }
})

test('Moby-Dick is the text of its chapters', async () => {
  const { vocabulary, train, test } = await loadDataset('moby-dick')
  assert.equal(vocabulary.length, 76)
  assert.deepEqual(vocabulary.slice(0, 12), [' ', 'e', 't', 'a', 'o', 'n', 's', 'i', 'h', 'r', 'd', 'l'])
  const expected = [
    [189_897, 76, 33_542, 17_892, 19_888_908],
    [11_730, 63, 2075, 1054, 1_169_452],
  ]
  for (const [i, tokens] of [train, test].entries()) {
    const text = textOf(vocabulary, tokens)
    const blanks = tokens.filter((token) => token === 0).length
    const es = tokens.filter((token) => token === 1).length
    const codes = sum(Array.from(text, (c) => c.codePointAt(0) as number))
    assert.deepEqual([text.length, new Set(text).size, blanks, es, codes], expected[i])
  }
  assert.match(textOf(vocabulary, train), /^CHAPTER 1\. Loomings\.\n\nCall me Ishmael\. Some years ago—never mind/)
  assert.match(textOf(vocabulary, test), /^CHAPTER 19\. The Prophet\.\n\n"Shipmates, have ye shipped in that ship\?"/)
})

test('the 诗经 with its most frequent characters', async () => {
  const { vocabulary, train, test } = await loadDataset('shijing')
  assert.equal(vocabulary.length, 512)
  assert.deepEqual(vocabulary.slice(0, 9), ['□', '，', '。', '\n', '之', '不', '我', '有', '其'])
  const lost = (tokens: Uint16Array): number => tokens.filter((token) => token === 0).length
  assert.deepEqual([train.length, test.length, lost(train), lost(test)], [34_487, 4078, 6293, 895])
  const whole = await loadDataset('shijing', { vocabulary: 4000 })
  const full = textOf(whole.vocabulary, whole.train)
  assert.equal(full.slice(0, 22), '关关雎鸠，在河之洲。窈窕淑女，君子好逑。\n参')
  assert.ok(Array.from(textOf(vocabulary, train)).every((c, i) => c === '□' || c === full[i]))
})

test('a vocabulary with room for all leaves nothing out', async () => {
  const { vocabulary, train, test } = await loadDataset('shijing', { vocabulary: 4000 })
  assert.equal(sum(Array.from(textOf(vocabulary, train), (c) => c.codePointAt(0) as number)), 981_007_803)
  assert.ok(vocabulary.length < 2800)
  // Characters that only the test poems have stay unknown.
  assert.ok(test.includes(0) && !train.includes(0))
  const small = await loadDataset('moby-dick', { vocabulary: 20 })
  assert.equal(small.vocabulary.length, 20)
  assert.ok(small.train.every((token) => token < 20))
})

test('verses and the part they are from', async () => {
  const { vocabulary, classes, length, train, test } = await loadDataset('shijing-parts')
  assert.deepEqual([vocabulary.length, classes], [1024, ['feng', 'ya', 'song']])
  assert.deepEqual([countsOf(train.labels, 3), train.count], [[465, 636, 81], 1182])
  assert.deepEqual([countsOf(test.labels, 3), test.count], [[44, 67, 26], 137])
  assert.deepEqual([sum(train.lengths), sum(test.lengths), length], [30_849, 3664, 32])
  for (const { tokens, lengths, count } of [train, test]) {
    assert.equal(tokens.length, count * length)
    assert.ok(tokens.every((token, i) => (token !== 0) === i % length < (lengths[Math.floor(i / length)] as number)))
    assert.ok(tokens.every((token) => token < vocabulary.length))
  }
})

test('sentences and who wrote them', async () => {
  const { vocabulary, classes, length, train, test } = await loadDataset('authors')
  assert.deepEqual([vocabulary.length, classes], [1024, ['melville', 'coolidge']])
  assert.deepEqual(vocabulary.slice(0, 7), ['', '□', 'the', 'of', 'to', 'and', 'a'])
  assert.deepEqual(countsOf(train.labels, 2), [1000, 1000])
  assert.deepEqual(countsOf(test.labels, 2), [200, 200])
  const unknownOf = ({ tokens }: { tokens: Uint16Array }): number => tokens.filter((token) => token === 1).length
  assert.deepEqual([sum(train.lengths), unknownOf(train)], [36_160, 7947])
  assert.deepEqual([sum(test.lengths), unknownOf(test)], [6990, 1770])
  assert.ok([...train.lengths, ...test.lengths].every((n) => n >= 8 && n <= 30 && n <= length))
  const rows = readFileSync(join(folder, 'authors.tsv'), 'utf8').trimEnd().split(/\r?\n/)
  const sentences = (part: string): string[] =>
    rows.flatMap((row) => (row.startsWith(part) ? [row.split('\t')[2] as string] : []))
  const known = new Set(sentences('train'))
  assert.deepEqual([known.size, sentences('test').filter((s) => known.has(s)).length], [2000, 0])
})

test('the series are whole', async () => {
  const co2 = await loadDataset('co2')
  assert.deepEqual([co2.values.length, co2.train, co2.unit, co2.step, co2.from], [672, 540, 'ppm', 'month', '1964-05'])
  assert.deepEqual([Math.min(...co2.values), Math.max(...co2.values)], [316.7, 416.18])
  assert.equal(Math.round(sum(co2.values) * 100), 24_138_737)
  assert.equal(Math.round(sum(co2.values.subarray(0, 540)) * 100), 18_860_361)
  const { values, train, unit, step, from } = await loadDataset('seattle')
  assert.deepEqual([values.length, train, unit, step, from], [1461, 1096, '°C', 'day', '2012-01-01'])
  assert.deepEqual([Math.min(...values), Math.max(...values)], [-1.6, 35.6])
  assert.equal(Math.round(sum(values) * 10), 240_175)
  assert.equal(Math.round(sum(values.subarray(0, 1096)) * 10), 176_563)
  // No month and no day is missing.
  const times = (file: string): string[] =>
    readFileSync(join(folder, file), 'utf8')
      .trimEnd()
      .split(/\r?\n/)
      .slice(1)
      .map((row) => row.split(',')[0] as string)
  for (const [i, month] of times('co2.csv').entries())
    assert.equal(month, new Date(Date.UTC(1964, 4 + i)).toISOString().slice(0, 7))
  for (const [i, day] of times('seattle.csv').entries())
    assert.equal(day, new Date(Date.UTC(2012, 0, 1 + i)).toISOString().slice(0, 10))
})

/** A folder with the files of a set, one of them changed. */
function withChanged(name: DatasetName, change: (path: string) => void): { folder: string; path: string } {
  const copy = mkdtempSync(join(tmpdir(), 'fpsim-data-'))
  for (const file of datasets[name].files) copyFileSync(join(folder, file), join(copy, file))
  const path = join(copy, datasets[name].files[0] as string)
  change(path)
  return { folder: copy, path }
}

test('damaged and missing files are refused, whatever the damage', async () => {
  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    'one bit flipped': (bytes) => {
      const at = Math.floor(bytes.length / 2)
      bytes[at] = (bytes[at] as number) ^ 1
      return bytes
    },
    'one byte short': (bytes) => bytes.subarray(0, -1),
    'one byte more': (bytes) => Buffer.concat([bytes, Buffer.from('1')]),
    empty: () => Buffer.alloc(0),
    'another file': () => Buffer.from('<!doctype html><title>Not found</title>'),
  }
  for (const name of datasetNames)
    for (const [what, damage] of Object.entries(damages)) {
      const { folder, path } = withChanged(name, (file) => writeFileSync(file, damage(readFileSync(file))))
      const values = { file: path, problem: 'dataset', reason: 'checksum' }
      await assert.rejects(loadDataset(name, { folder }), refuses('bad-data', values), `${name}: ${what}`)
      rmSync(path)
      await assert.rejects(loadDataset(name, { folder }), refuses('missing-file', { file: path }))
      rmSync(folder, { recursive: true })
    }
})

test('text that Git gave the line ends of Windows is the same text', async () => {
  for (const name of ['moby-dick', 'shijing', 'authors', 'co2'] as const) {
    const { folder } = withChanged(name, (file) =>
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\r\n', '\n').replaceAll('\n', '\r\n')),
    )
    assert.deepEqual(await loadDataset(name, { folder }), await loadDataset(name))
    rmSync(folder, { recursive: true })
  }
})

test('names and vocabularies that are none', async () => {
  await assert.rejects(loadDataset('digit' as 'digits'), refuses('invalid-value', { suggestion: 'digits' }))
  await assert.rejects(loadDataset('toString' as 'digits'), refuses('invalid-value'))
  for (const vocabulary of [2, 0, -1, 2.5, Number.NaN, 65537, Number.POSITIVE_INFINITY])
    await assert.rejects(loadDataset('shijing', { vocabulary }), refuses('invalid-value', { option: 'vocabulary' }))
})

test('IDX files and series that are none', () => {
  const good = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)
  assert.deepEqual(parseIdx(good), { shape: [2], values: Uint8Array.of(7, 9) })
  for (const bad of [
    [],
    [0, 0, 8],
    [0, 0, 9, 1, 0, 0, 0, 2, 7, 9],
    [0, 0, 8, 255],
    [...good, 1],
    [...good.slice(0, 9)],
  ])
    assert.equal(parseIdx(Uint8Array.from(bad)), undefined, String(bad))
  assert.equal(imageDataset('digits', [good, good]), undefined)
  assert.equal(imageDataset('digits', []), undefined)
  assert.equal(seriesDataset('co2', ''), undefined)
  assert.equal(seriesDataset('co2', `month,ppm\n${'1964-05,x\n'.repeat(600)}`), undefined)
})

test('shuffles and windows agree with the Python implementation', () => {
  assert.deepEqual([...shuffled(10, 1, 0)], [8, 1, 6, 2, 4, 7, 9, 5, 0, 3])
  assert.deepEqual([...shuffled(10, 1, 1)], [7, 5, 4, 1, 6, 0, 3, 9, 2, 8])
  assert.deepEqual([...shuffled(12, -2.5, 4_000_000_000)], [7, 10, 8, 3, 9, 11, 4, 6, 1, 5, 0, 2])
  assert.equal(
    sum(shuffled(1437, 1, 3), (i) => i + 1),
    736_739_548,
  )
  assert.deepEqual([...windowStarts(1000, 65, 6, 1, 0)], [923, 9, 659, 282, 312, 378])
  assert.deepEqual([...windowStarts(1000, 65, 6, 1, 7)], [825, 918, 351, 836, 906, 809])
})

test('every order of four is as likely as the others', () => {
  const counts = new Map<string, number>()
  for (let epoch = 0; epoch < 24_000; epoch++) {
    const order = shuffled(4, 1, epoch).join()
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.equal(counts.size, 24)
  // Chi-square with 23 degrees of freedom: above 49.7 once in 1000 by chance.
  const chi = sum([...counts.values()].map((n) => (n - 1000) ** 2 / 1000))
  assert.ok(chi < 49.7, `chi-square ${chi}`)
})

test('an epoch holds each example once, in batches that depend on nothing but seed and epoch', () => {
  const b = batches(1437, 32, 7)
  assert.equal(b.length, 45)
  for (const epoch of [0, 1, 5]) {
    const parts = b.epoch(epoch)
    assert.deepEqual(
      parts.map((part) => part.length),
      [...new Array(44).fill(32), 29],
    )
    const seen = parts.flatMap((part) => [...part])
    assert.deepEqual(
      seen.sort((x, y) => x - y),
      Array.from({ length: 1437 }, (_, i) => i),
    )
  }
  // Steps asked for in any order, from another reader.
  const other = batches(1437, 32, 7)
  for (const step of [100, 3, 44, 45, 3, 1000])
    assert.deepEqual(other.at(step), b.epoch(Math.floor(step / 45))[step % 45], `step ${step}`)
  assert.notDeepEqual(b.epoch(0), b.epoch(1))
  assert.notDeepEqual(b.epoch(0), batches(1437, 32, 8).epoch(0))
  // What a caller does to a batch changes no other.
  b.at(0).fill(0)
  assert.deepEqual(b.at(0), other.at(0))
  assert.equal(batches(5, 5, 1).length, 1)
})

test('windows lie in the sequence and reach both ends', () => {
  const all = new Set<number>()
  for (let step = 0; step < 200; step++) for (const start of windowStarts(20, 17, 4, 3, step)) all.add(start)
  assert.deepEqual(
    [...all].sort((a, b) => a - b),
    [0, 1, 2, 3],
  )
  assert.deepEqual([...windowsInOrder(10, 4, 3)], [0, 3, 6])
  assert.deepEqual([...windowsInOrder(10, 10, 1)], [0])
  const tokens = Uint16Array.from({ length: 10 }, (_, i) => i)
  assert.deepEqual(windowsAt(tokens, 3, [0, 7]), Uint16Array.of(0, 1, 2, 7, 8, 9))
  assert.deepEqual(gather(tokens, 2, [4, 0]), Uint16Array.of(8, 9, 0, 1))
  assert.throws(() => windowsAt(tokens, 3, [8]), refuses('invalid-value'))
  assert.throws(() => gather(tokens, 2, [5]), refuses('invalid-value'))
})

test('batches and windows that cannot be', () => {
  const bad: readonly [() => unknown, string][] = [
    [() => batches(10, 11, 1), 'batch'],
    [() => batches(10, 0, 1), 'batch'],
    [() => batches(10, 1.5, 1), 'batch'],
    [() => batches(0, 1, 1), 'count'],
    [() => batches(10, 5, Number.NaN).epoch(0), 'seed'],
    [() => batches(10, 5, 1).at(-1), 'step'],
    [() => shuffled(10, 1, 0.5), 'epoch'],
    [() => windowStarts(10, 11, 1, 1, 0), 'length'],
    [() => windowStarts(10, 0, 1, 1, 0), 'length'],
    [() => windowsInOrder(10, 3, 0), 'stride'],
    [() => mixture({ seed: 1, centres: 0 }), 'centres'],
    [() => mixture({ seed: 1, std: Number.NaN }), 'std'],
    [() => mixture({ seed: 1 }).points(-1, 3), 'first'],
    [() => mixture({ seed: 1 }).points(0, Number.NaN), 'first'],
  ]
  for (const [call, option] of bad) assert.throws(call, refuses('invalid-value', { option }), option)
})

test('the mixture: the Python points, its centres and spread, in any pieces', () => {
  const { centres, points } = mixture({ seed: 1 })
  const near = (got: number, want: number) => assert.ok(Math.abs(got - want) <= 2 ** -24 * 1.2, `${got}, ${want}`)
  const python = [-1.0782894761150594, 0.06933524785098259, -0.7189551612251112, 0.7201320734480944]
  for (const [i, want] of python.entries()) near(points(0, 2)[i] as number, want)
  const far = points(1_000_000, 1)
  near(far[0] as number, 0.6469911598245195)
  near(far[1] as number, 0.7016450466022992)

  const whole = points(0, 16_000)
  assert.deepEqual(Float32Array.from([...points(0, 123), ...points(123, 15_877)]), whole)
  assert.notDeepEqual(mixture({ seed: 2 }).points(0, 3), points(0, 3))
  // Each point belongs to its nearest centre: 0.05 is far less than half the distance between two.
  const counts = new Array<number>(8).fill(0)
  let squares = 0
  for (let i = 0; i < 16_000; i++) {
    const [x, y] = [whole[2 * i] as number, whole[2 * i + 1] as number]
    const distances = counts.map(
      (_, c) => (x - (centres[2 * c] as number)) ** 2 + (y - (centres[2 * c + 1] as number)) ** 2,
    )
    const least = Math.min(...distances)
    counts[distances.indexOf(least)] = (counts[distances.indexOf(least)] as number) + 1
    squares += least
  }
  // Chi-square with 7 degrees of freedom: above 24.3 once in 1000 by chance.
  assert.ok(sum(counts.map((n) => (n - 2000) ** 2 / 2000)) < 24.3, String(counts))
  // The mean of 32,000 squares has a relative standard deviation of 0.8 %.
  assert.ok(Math.abs(squares / 32_000 / 0.0025 - 1) < 0.03, String(squares / 32_000))
  assert.deepEqual([...mixture({ seed: 1, centres: 1, radius: 0, std: 0 }).points(0, 2)], [0, 0, 0, 0])
})

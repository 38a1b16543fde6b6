/** The small real data sets of the training scenarios, loaded when asked for; scenarios/data/README.md describes them. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FpsimError } from '../errors.js'
import { projectDirectory } from '../project.js'
import { suggest } from '../suggest.js'
import { type DatasetFile, type DatasetName, datasetFiles, datasetNames, datasets } from './dataset/catalog.js'
import { type ImageDataset, imageDataset } from './dataset/images.js'
import { type SeriesDataset, seriesDataset } from './dataset/series.js'
import { authors, type LabelledTextDataset, mobyDick, shijing, shijingParts, type TextDataset } from './dataset/text.js'
import { fileError } from './file.js'

export interface Datasets {
  readonly digits: ImageDataset
  readonly fashion: ImageDataset
  readonly 'moby-dick': TextDataset
  readonly shijing: TextDataset
  readonly authors: LabelledTextDataset
  readonly 'shijing-parts': LabelledTextDataset
  readonly co2: SeriesDataset
  readonly seattle: SeriesDataset
}
export type Dataset = Datasets[DatasetName]

export interface DatasetOptions {
  /**
   * Of text how many signs the vocabulary holds at most. Default: all characters of moby-dick, 512 of shijing; 1024 signs
   * of the labelled sets.
   */
  readonly vocabulary?: number | undefined
  /** Where the files are. Default: scenarios/data. */
  readonly folder?: string | undefined
}

/**
 * A data set by name. Exact: the same numbers everywhere. Errors: 'invalid-value' for another name or vocabulary,
 * 'missing-file', 'unreadable-file', and 'bad-data' for a file that is not, byte for byte, the one that ships.
 */
export async function loadDataset<Name extends DatasetName>(
  name: Name,
  o: DatasetOptions = {},
): Promise<Datasets[Name]> {
  if (!datasetNames.includes(name))
    throw new FpsimError('invalid-value', {
      option: 'data',
      value: name,
      problem: 'not-allowed',
      allowed: [...datasetNames],
      suggestion: suggest(String(name), datasetNames),
    })
  const { vocabulary: size, folder = join(projectDirectory(), 'scenarios', 'data') } = o
  if (size !== undefined && !(Number.isInteger(size) && size >= 3 && size <= 65536))
    throw new FpsimError('invalid-value', { option: 'vocabulary', value: size, allowed: '3, 4, 5 … 65536' })
  const { files } = datasets[name]
  const contents = await Promise.all(files.map((file) => readChecked(folder, file)))
  const dataset = makers[name](contents, size)
  if (dataset === undefined) throw badData(files.join(', '), 'content')
  return dataset as Datasets[Name]
}

type Maker = (files: readonly Uint8Array[], size: number | undefined) => Dataset | undefined

const textIn = ([file = new Uint8Array()]: readonly Uint8Array[]): string => new TextDecoder().decode(file)

const makers: Readonly<Record<DatasetName, Maker>> = {
  digits: (files) => imageDataset('digits', files),
  fashion: (files) => imageDataset('fashion', files),
  'moby-dick': (files, size) => mobyDick(textIn(files), size),
  shijing: (files, size = 512) => shijing(textIn(files), size),
  authors: (files, size = 1024) => authors(textIn(files), size),
  'shijing-parts': (files, size = 1024) => shijingParts(textIn(files), size),
  co2: (files) => seriesDataset('co2', textIn(files)),
  seattle: (files) => seriesDataset('seattle', textIn(files)),
}

const badData = (file: string, reason: string): FpsimError =>
  new FpsimError('bad-data', { file, problem: 'dataset', reason })

/** The bytes of a file that are those that ship. Line ends that Git turned into \r\n on Windows are turned back. */
async function readChecked(folder: string, file: DatasetFile): Promise<Uint8Array> {
  const path = join(folder, file)
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw fileError(path, cause)
  }
  if (/\.(txt|tsv|csv)$/.test(file) && bytes.includes('\r\n'))
    bytes = Buffer.from(bytes.toString('utf8').replaceAll('\r\n', '\n'))
  if (createHash('sha256').update(bytes).digest('hex') !== datasetFiles[file]) throw badData(path, 'checksum')
  return bytes
}

/** What kind of file it is: by its ending, or by its first bytes. */
import { isNpy } from './npy.js'

export type Kind = 'npy' | 'safetensors' | 'text'

/** A family of files that fpsim does not read, each with its own advice. */
export type Unsupported =
  | 'torch'
  | 'npz'
  | 'raw'
  | 'onnx'
  | 'gguf'
  | 'hdf5'
  | 'pickle'
  | 'compressed'
  | 'table'
  | 'matlab'
  | 'json'

const endings: Readonly<Record<string, Kind | Unsupported>> = {
  npy: 'npy',
  safetensors: 'safetensors',
  csv: 'text',
  tsv: 'text',
  txt: 'text',
  dat: 'text',
  pt: 'torch',
  pth: 'torch',
  ckpt: 'torch',
  npz: 'npz',
  bin: 'raw',
  raw: 'raw',
  onnx: 'onnx',
  gguf: 'gguf',
  h5: 'hdf5',
  hdf5: 'hdf5',
  keras: 'hdf5',
  pkl: 'pickle',
  pickle: 'pickle',
  joblib: 'pickle',
  gz: 'compressed',
  zip: 'compressed',
  bz2: 'compressed',
  xz: 'compressed',
  zst: 'compressed',
  '7z': 'compressed',
  tar: 'compressed',
  tgz: 'compressed',
  xls: 'table',
  xlsx: 'table',
  ods: 'table',
  parquet: 'table',
  feather: 'table',
  arrow: 'table',
  mat: 'matlab',
  json: 'json',
  jsonl: 'json',
}

/** What the ending of a file's name says; undefined for an unknown one. */
export function kindOfEnding(path: string): Kind | Unsupported | undefined {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(endings, ending) ? endings[ending] : undefined
}

export const isReadable = (kind: Kind | Unsupported): kind is Kind =>
  kind === 'npy' || kind === 'safetensors' || kind === 'text'

/** How many bytes `looksLike` wants to see. */
export const HEAD = 16

/** What the first bytes of a file show it to be, if they belong to a binary format that people keep numbers in. */
export function looksLike(
  head: Uint8Array,
): 'npy' | 'safetensors' | 'zip' | 'gzip' | 'hdf5' | 'gguf' | 'pickle' | undefined {
  const begins = (...bytes: number[]): boolean => bytes.every((byte, i) => head[i] === byte)
  if (isNpy(head)) return 'npy'
  if (begins(0x50, 0x4b, 0x03, 0x04)) return 'zip'
  if (begins(0x1f, 0x8b)) return 'gzip'
  if (begins(0x89, 0x48, 0x44, 0x46)) return 'hdf5'
  if (begins(0x47, 0x47, 0x55, 0x46)) return 'gguf'
  if (head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5) return 'pickle'
  // Eight bytes of length, less than 2^32 in all, then the header's brace.
  if (head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0)) return 'safetensors'
  return undefined
}

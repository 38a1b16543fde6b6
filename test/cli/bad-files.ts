/** Files that a user may give by mistake, and a few sound ones beside them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support.js'

/** A .npy file of version 1.0. */
function npy(dtype: string, shape: string, data: Uint8Array): Buffer {
  const dictionary = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }`
  const header = `${dictionary.padEnd(117)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY'),
    Buffer.from([1, 0]),
    length,
    Buffer.from(header),
    data,
  ])
}

const float32 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

function safetensors(length: bigint, header: string, data: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(length)
  return Buffer.concat([head, Buffer.from(header), data])
}

const soundSafetensors = (header: string, data: Uint8Array): Buffer => safetensors(BigInt(header.length), header, data)

/** A shipped lesson with one thing changed. */
function lesson(from: string | RegExp, to: string): string {
  const text = readFileSync(join(root, 'scenarios', 'underflow.yaml'), 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`underflow.yaml has no ${from}`)
  return changed
}

const overlapping =
  '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}'

const files: Readonly<Record<string, Buffer | string>> = {
  'good.npy': npy('<f4', '(4,)', float32(1, 2e-8, 3e-5, 0)),
  'magic.npy': 'hello world, this is text',
  'cut.npy': npy('<f4', '(4,)', float32(1, 2)),
  'object.npy': npy('|O', '(4,)', Buffer.alloc(9)),
  'integer.npy': npy('<i8', '(4,)', Buffer.alloc(32)),
  'header.npy': Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY\x02\x00\xff\xff\xff\xff', 'latin1')]),
  'shape.npy': npy('<f4', '(99999999999999999999,)', Buffer.alloc(0)),
  'empty.npy': '',
  'length.safetensors': safetensors(1n << 60n, '{}'),
  'none.safetensors': safetensors(2n, '{}'),
  'short.safetensors': 'abc',
  'overlap.safetensors': soundSafetensors(overlapping, Buffer.alloc(12)),
  'outside.safetensors': soundSafetensors('{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}', Buffer.alloc(12)),
  'text.csv': 'name,value\nfoo,1\n',
  'empty.csv': '',
  'nul.csv': '1,2\n\0',
  'array.npz': 'PK\u0003\u0004',
  'model.pt': 'PK\u0003\u0004',
  'good.yaml': lesson('chapter: 2', 'chapter: 2 # the same'),
  'false.yaml': lesson('above: 0.0325', 'above: 0.9'),
  'number.yaml': lesson('scale: 1,', 'scale: big,'),
  'key.yaml': lesson('quiz:', 'quizz:'),
  'slot.yaml': lesson('zh: 在 FP16 中消失的梯度', 'zh: "{lostt}"'),
  'onlyenglish.yaml': lesson(', zh: 在 FP16 中消失的梯度', ''),
  'missing-title.yaml': 'runner: replay\nchapter: 2\nask: { en: a, zh: b }\n',
  'bracket.yaml': 'runner: [replay\n',
  'alias.yaml': 'runner: *nothing\n',
  'bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]\n`)
    .join('')}`,
  'deep.yaml': '['.repeat(20_000),
  'empty.yaml': '',
  'large.yaml': '#'.repeat(2_000_000),
  'binary.yaml': Buffer.from([0xff, 0xfe, 0x00, 0x80]),
}

/** Writes them all into a folder, and an empty folder named `folder` beside them. */
export function writeBadFiles(to: string): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(to, name), content)
  mkdirSync(join(to, 'folder'))
}

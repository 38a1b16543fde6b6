/** Labelled images from a pair of IDX files, the format of the MNIST files. */

export interface ImageSplit {
  readonly count: number
  /** Image after image, row after row: grey from 0 to 1. */
  readonly values: Float32Array
  /** Of each image the index of its class. */
  readonly labels: Uint8Array
}

export interface ImageDataset {
  readonly kind: 'images'
  readonly name: string
  readonly width: number
  readonly height: number
  readonly classes: readonly string[]
  readonly train: ImageSplit
  readonly test: ImageSplit
}

interface ImageFacts {
  readonly classes: readonly string[]
  /** The byte that stands for 1. */
  readonly white: number
  /** So many images, the first ones, are for training; the others for testing. */
  readonly train: number
}

export const imageFacts: Readonly<Record<'digits' | 'fashion', ImageFacts>> = {
  digits: { classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], white: 16, train: 1437 },
  fashion: {
    classes: ['t-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle-boot'],
    white: 255,
    train: 2000,
  },
}

/** The shape and the bytes of an IDX file of unsigned bytes; undefined for anything else. */
export function parseIdx(file: Uint8Array): { shape: number[]; values: Uint8Array } | undefined {
  const [zero, alsoZero, type, dimensions = 0] = file
  const start = 4 + 4 * dimensions
  if (zero !== 0 || alsoZero !== 0 || type !== 8 || dimensions < 1 || file.length < start) return undefined
  const words = new DataView(file.buffer, file.byteOffset)
  const shape = Array.from({ length: dimensions }, (_, i) => words.getUint32(4 + 4 * i))
  const values = file.subarray(start)
  return values.length === shape.reduce((a, b) => a * b, 1) ? { shape, values } : undefined
}

/**
 * The images of a set; undefined where the files are not such a set. A value is byte/white, correctly rounded to float32:
 * the digits' are exact, multiples of 1/16.
 */
export function imageDataset(name: keyof typeof imageFacts, files: readonly Uint8Array[]): ImageDataset | undefined {
  const { classes, white, train } = imageFacts[name]
  const [images, labels] = files.map(parseIdx)
  const [count = 0, height = 0, width = 0] = images?.shape ?? []
  if (images?.shape.length !== 3 || labels?.shape.length !== 1 || labels.shape[0] !== count || count <= train)
    return undefined
  if (!images.values.every((byte) => byte <= white) || !labels.values.every((label) => label < classes.length))
    return undefined
  const split = (from: number, to: number): ImageSplit => ({
    count: to - from,
    values: Float32Array.from(images.values.subarray(from * height * width, to * height * width), (x) => x / white),
    labels: labels.values.slice(from, to),
  })
  return { kind: 'images', name, width, height, classes, train: split(0, train), test: split(train, count) }
}

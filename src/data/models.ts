/** The networks people ask about, as shapes; parameters, layers and their sizes are computed from the shape. */

/** A transformer as Korthikanti et al. count it: 12h² + 13h parameters a layer. */
export interface Transformer {
  readonly kind: 'transformer'
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly vocabulary: number
  readonly positions: number
  /** Parameters outside the layers and the two embeddings: final norm, pooler, token types. */
  readonly extra: number
}

/** A convolution, or a linear layer as one of size 1 on a picture of 1 × 1. */
export interface Layer {
  readonly from: number
  readonly to: number
  readonly kernel: number
  readonly groups: number
  /** Rows (and columns) of the picture before and behind. */
  readonly before: number
  readonly behind: number
  readonly bias: boolean
  /** Followed by a batch norm, by an activation function. */
  readonly norm: boolean
  readonly activation: boolean
}

export interface Layered {
  readonly kind: 'layered'
  readonly layers: readonly Layer[]
}

export type Architecture = Transformer | Layered

export interface Model {
  readonly name: string
  readonly aliases: readonly string[]
  readonly architecture: Architecture
  readonly source: string
}

/** GPT-2's count: both embeddings (the output shares the first), the layers, one last norm. */
export function gpt(o: Pick<Transformer, 'layers' | 'hidden' | 'heads' | 'vocabulary' | 'positions'>): Transformer {
  return { kind: 'transformer', ...o, extra: 2 * o.hidden }
}

const layer = (from: number, to: number, o: Partial<Layer>): Layer => ({
  from,
  to,
  kernel: 1,
  groups: 1,
  before: o.behind ?? 1,
  behind: 1,
  bias: false,
  norm: true,
  activation: true,
  ...o,
})

const linear = (from: number, to: number, o: Partial<Layer> = {}): Layer =>
  layer(from, to, { bias: true, norm: false, activation: false, ...o })

/** ResNet-50 as torchvision builds it: the stride stands in the 3 × 3 convolution. */
function resnet50(): Layered {
  const layers = [layer(3, 64, { kernel: 7, before: 224, behind: 112 })]
  let [channels, size] = [64, 56]
  for (const [blocks, width, stride] of [
    [3, 64, 1],
    [4, 128, 2],
    [6, 256, 2],
    [3, 512, 2],
  ] as const)
    for (let block = 0; block < blocks; block++) {
      const before = size
      size = block === 0 ? size / stride : size
      layers.push(layer(channels, width, { before, behind: before }))
      layers.push(layer(width, width, { kernel: 3, before, behind: size }))
      layers.push(layer(width, 4 * width, { behind: size }))
      if (block === 0) layers.push(layer(channels, 4 * width, { before, behind: size, activation: false }))
      channels = 4 * width
    }
  return { kind: 'layered', layers: [...layers, linear(channels, 1000)] }
}

/** EfficientNet-B0 as torchvision builds it: inverted bottlenecks with squeeze and excitation. */
function efficientnetB0(): Layered {
  const layers = [layer(3, 32, { kernel: 3, before: 224, behind: 112 })]
  let size = 112
  for (const [expand, kernel, stride, from, to, repeats] of [
    [1, 3, 1, 32, 16, 1],
    [6, 3, 2, 16, 24, 2],
    [6, 5, 2, 24, 40, 2],
    [6, 3, 2, 40, 80, 3],
    [6, 5, 1, 80, 112, 3],
    [6, 5, 2, 112, 192, 4],
    [6, 3, 1, 192, 320, 1],
  ] as const)
    for (let i = 0; i < repeats; i++) {
      const input = i === 0 ? from : to
      const wide = input * expand
      const squeezed = Math.floor(input / 4)
      const before = size
      size = i === 0 ? size / stride : size
      if (expand > 1) layers.push(layer(input, wide, { behind: before }))
      layers.push(layer(wide, wide, { kernel, groups: wide, before, behind: size }))
      layers.push(linear(wide, squeezed, { activation: true }), linear(squeezed, wide, { activation: true }))
      layers.push(layer(wide, to, { behind: size, activation: false }))
    }
  return { kind: 'layered', layers: [...layers, layer(320, 1280, { behind: size }), linear(1280, 1000)] }
}

const gpt2 = (layers: number, hidden: number, heads: number): Transformer =>
  gpt({ layers, hidden, heads, vocabulary: 50257, positions: 1024 })

const gpt3 = (layers: number, hidden: number, heads: number): Transformer =>
  gpt({ layers, hidden, heads, vocabulary: 50257, positions: 2048 })

const radford = 'Radford et al. 2019 (GPT-2), sizes of the released configurations'
const brown = 'Brown et al. 2020 (GPT-3), arXiv:2005.14165, table 2.1'

/** The BERT base of 768: two token types, a norm behind the embeddings, a pooler of 768 × 768. */
const bertBase: Transformer = {
  ...gpt({ layers: 12, hidden: 768, heads: 12, vocabulary: 30522, positions: 512 }),
  extra: 2 * 768 + 2 * 768 + 768 * 768 + 768,
}

export const models: readonly Model[] = [
  { name: 'gpt2', aliases: ['gpt2-small', 'gpt-2'], architecture: gpt2(12, 768, 12), source: radford },
  { name: 'gpt2-medium', aliases: [], architecture: gpt2(24, 1024, 16), source: radford },
  { name: 'gpt2-large', aliases: [], architecture: gpt2(36, 1280, 20), source: radford },
  { name: 'gpt2-xl', aliases: [], architecture: gpt2(48, 1600, 25), source: radford },
  {
    name: 'bert-base',
    aliases: ['bert', 'bert-base-uncased'],
    architecture: bertBase,
    source: 'Devlin et al. 2018, arXiv:1810.04805',
  },
  {
    name: 'resnet50',
    aliases: ['resnet-50', 'resnet'],
    architecture: resnet50(),
    source: 'He et al. 2016, arXiv:1512.03385; torchvision',
  },
  {
    name: 'efficientnet-b0',
    aliases: ['efficientnet', 'efficientnet_b0'],
    architecture: efficientnetB0(),
    source: 'Tan and Le 2019, arXiv:1905.11946; torchvision',
  },
  { name: '7b', aliases: ['gpt3-6.7b', '6.7b', 'gpt3-7b'], architecture: gpt3(32, 4096, 32), source: brown },
  { name: '175b', aliases: ['gpt3', 'gpt-3', 'gpt3-175b'], architecture: gpt3(96, 12288, 96), source: brown },
  {
    name: 'mlp',
    aliases: ['10-20-10', 'simplemodel', 'mlp-10-20-10'],
    architecture: { kind: 'layered', layers: [linear(10, 20, { activation: true }), linear(20, 10)] },
    source: 'Linear(10, 20), ReLU, Linear(20, 10)',
  },
]

/** Weights and bias of a layer, and the two numbers a channel of its norm. */
export const parametersOf = (l: Layer): number =>
  (l.to * l.from * l.kernel * l.kernel) / l.groups + (l.bias ? l.to : 0) + (l.norm ? 2 * l.to : 0)

/** How many parameters a network has, exactly. */
export function parameterCount(a: Architecture): number {
  if (a.kind === 'layered') return a.layers.reduce((sum, l) => sum + parametersOf(l), 0)
  const { layers, hidden, vocabulary, positions, extra } = a
  return layers * (12 * hidden * hidden + 13 * hidden) + (vocabulary + positions) * hidden + extra
}

/** Multiply-adds of one example of a layer. */
export const multiplyAdds = (l: Layer): number =>
  ((l.to * l.from) / l.groups) * l.kernel * l.kernel * l.behind * l.behind

/** Elements of one example that go into a layer and come out of it. */
export const inputsOf = (l: Layer): number => l.from * l.before * l.before
export const outputsOf = (l: Layer): number => l.to * l.behind * l.behind

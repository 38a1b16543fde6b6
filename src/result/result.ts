/** What a run produces: numbers, codes and names. No words, no colour, no layout. */

/** Values that fill the slots of a sentence. */
export type Values = Readonly<Record<string, number | string | boolean>>

/** An author's own words, from a scenario file. May hold {name} slots until they are filled. */
export interface Localized {
  readonly en: string
  readonly zh: string
}

/** What a label says: a code of text/ (`labels`), a name that needs no translation, or an author's words. */
export type Label = { readonly code: string; readonly values?: Values } | { readonly name: string } | Localized

export type Tone = 'good' | 'bad' | 'note'

/** One sentence with its numbers; text/ (`findings`) has the words of `code`. */
export interface Finding {
  readonly code: string
  readonly tone: Tone
  readonly values: Values
}

/** How text/ writes a number: see text/numbers.ts. `text` is for columns of names. */
export type NumberStyle = 'percent' | 'count' | 'number' | 'power' | 'exact' | 'hex' | 'bits' | 'text'

export type Cell = number | string | Label | null

export interface Column {
  readonly label: Label
  readonly as: NumberStyle
}

/** A table. Strings in cells are names or numbers already in their final, language-free form. */
export interface Table {
  readonly kind: 'table'
  readonly title?: Label
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** The tone of each row, where it has one. */
  readonly tones?: readonly (Tone | null)[]
  /** The rows for a program, where they are what the run is about: its CSV then holds them instead of the metrics. */
  readonly data?: {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly (number | string | null)[])[]
  }
}

/** What a format makes of the values of one binade: the zones under a histogram. */
export type Zone = 'lost' | 'few' | 'all' | 'overflow'

/** Counts by power of two: bin i holds the values with exponent first + i. */
export interface Histogram {
  readonly kind: 'histogram'
  readonly title?: Label
  readonly first: number
  readonly panels: readonly { readonly label: Label; readonly counts: readonly number[] }[]
  /** The zone of each bin of the axis, and the format whose zones they are. */
  readonly format: string
  readonly precision: number
  readonly zones: readonly Zone[]
  /** What overflow becomes in this format, a short name for a narrow zone: 'Inf', 'NaN', 'max'. */
  readonly overflowTo?: string
}

/** Lines over a shared x axis. NaN and ±Infinity are gaps, marked on the axis. */
export interface LineChart {
  readonly kind: 'line-chart'
  readonly title?: Label
  readonly x: { readonly label: Label; readonly values: readonly number[]; readonly scale: 'linear' | 'log2' }
  readonly y: { readonly label: Label; readonly scale: 'linear' | 'log2' | 'log10' }
  readonly series: readonly { readonly label: Label; readonly values: readonly number[]; readonly tone?: Tone }[]
  /** How many rows high it should be about, where ten are too many beside what else is on the screen. */
  readonly rows?: number
  /** Places on the x axis where something happened: overflows. */
  readonly marks?: { readonly label: Label; readonly at: readonly number[] }
}

/** Bits of values, one row a format: the three fields as strings of 0 and 1. */
export interface BitField {
  readonly kind: 'bit-field'
  readonly title?: Label
  readonly rows: readonly {
    readonly label: Label
    readonly sign: string
    readonly exponent: string
    readonly fraction: string
    /** Behind the bits: code in hex, value, error … in their final form. */
    readonly notes: readonly (string | Label)[]
  }[]
}

/** Values of a format as points of a line. */
export interface NumberLine {
  readonly kind: 'number-line'
  readonly title?: Label
  readonly points: readonly { readonly value: number; readonly label: string; readonly zone: Zone }[]
}

/** Points in a plane, in panels beside each other that share their axes and their sets. */
export interface Scatter {
  readonly kind: 'scatter'
  readonly title?: Label
  /** Points beyond the axes are drawn at the edge. */
  readonly x: { readonly label: Label; readonly low: number; readonly high: number }
  readonly y: { readonly label: Label; readonly low: number; readonly high: number }
  /** What the points of a panel are, set by set. */
  readonly sets: readonly Label[]
  /** Where points of several sets share a place. */
  readonly several: Label
  readonly panels: readonly {
    readonly label: Label
    readonly points: readonly { readonly x: readonly number[]; readonly y: readonly number[] }[]
  }[]
}

/** A sentence between two pictures. */
export interface Note extends Finding {
  readonly kind: 'note'
}

/** Lines of code, each with a mark and a remark where there is something to say about it. */
export interface Listing {
  readonly kind: 'listing'
  readonly title?: Label
  readonly lines: readonly {
    /** null for a line that the listed program does not have: a repair. */
    readonly number: number | null
    readonly text: string
    readonly tone: Tone | null
    readonly remark?: Label
  }[]
}

export type Block = Table | Histogram | LineChart | BitField | NumberLine | Listing | Scatter | Note

/** What fills a {slot} of an author's words, and how it is written. */
export interface Slot {
  readonly value: number | string | boolean
  readonly as: NumberStyle
}

/** What the scenario file says in its author's words; texts may hold {name} or {name:%} slots. */
export interface Lesson {
  readonly title: Localized
  readonly ask: Localized
  readonly conclude?: Localized
  /** Params and metrics by name. */
  readonly slots: Readonly<Record<string, Slot>>
  readonly predict?: { readonly ask: Localized; readonly metric: string; readonly why: Localized }
  readonly next: readonly string[]
  readonly see: readonly string[]
}

export type Params = Readonly<Record<string, number | string | boolean>>
export type Metrics = Readonly<Record<string, number>>

export interface Result {
  readonly schema: 1
  readonly scenario: string
  readonly runner: string
  readonly params: Params
  readonly seed: number
  /** What the numbers are about, for the head of the screen: "12.5 M gradients, digits-cnn". */
  readonly subject?: Label
  readonly lesson?: Lesson
  readonly metrics: Metrics
  readonly findings: readonly Finding[]
  readonly blocks: readonly Block[]
  /** One entry per value of a `vary`. */
  readonly runs?: readonly { readonly params: Params; readonly metrics: Metrics }[]
}

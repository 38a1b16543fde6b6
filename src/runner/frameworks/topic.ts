/** What a topic of the frameworks lesson gives, and the metrics of all of them. */
import type { Block, Column, Finding } from '../../result/result.js'

export const metrics = {
  rows: 'count',
  earliestGrowth: 'count',
  latestGrowth: 'count',
  lowestStart: 'power',
  highestStart: 'power',
  late: 'count',
  halved: 'count',
  unevenWrong: 'count',
  largestRatio: 'number',
} as const

export interface Topic {
  readonly metrics: Partial<Record<keyof typeof metrics, number>>
  readonly findings: readonly Finding[]
  readonly blocks: readonly Block[]
  /** Where the rows come from, by name. */
  readonly sources: readonly (readonly [name: string, source: string])[]
}

/** Columns of names, and of numbers. */
export const text = (code: string): Column => ({ label: { code }, as: 'text' })
export const column = (code: string, as: Column['as']): Column => ({ label: { code }, as })

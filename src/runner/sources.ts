/** Every reference of the lessons with the lessons that use it, and citations that are wrong. */

import { corrections } from '../data/citations.js'
import { devices } from '../data/devices.js'
import { references } from '../data/evidence.js'
import type { Block, Result } from '../result/result.js'

export interface Cited {
  readonly lesson: string
  readonly see: readonly string[]
}

/** A lesson's references with those of the data it shows: published results, and what devices are known from. */
export function allCited({ lesson, see }: Cited): Cited {
  const data: Readonly<Record<string, readonly string[]>> = {
    evidence: references.map(({ text }) => text),
    hardware: devices.map(({ source }) => source),
    speed: devices.map(({ source }) => source),
  }
  return { lesson, see: [...new Set([...see, ...(data[lesson] ?? [])])] }
}

/** References by text, each once, sorted; the same work cited at two places stays two rows. Corrections that hold `wanted`. */
export function sourcesResult(lessons: readonly Cited[], wanted = ''): Result {
  const wrongOnes = corrections.filter(({ cited, instead }) => `${cited} ${instead}`.toLowerCase().includes(wanted))
  const users = new Map<string, string[]>()
  for (const { lesson, see } of lessons)
    for (const source of see) users.set(source, [...(users.get(source) ?? []), lesson])
  const byText = ([a]: [string, unknown], [b]: [string, unknown]): number => {
    const [x, y] = [a.toLowerCase(), b.toLowerCase()]
    return x < y ? -1 : x > y ? 1 : 0
  }
  const sorted = [...users].sort(byText)
  const table: Block = {
    kind: 'table',
    columns: [
      { label: { code: 'costSource' }, as: 'text' },
      { label: { code: 'costUsedBy' }, as: 'text' },
    ],
    rows: sorted.map(([source, by]) => [source, by.join(', ')]),
  }
  const wrong: Block = {
    kind: 'table',
    title: { code: 'costCorrected' },
    columns: [
      { label: { code: 'costCited' }, as: 'text' },
      { label: { code: 'costHolds' }, as: 'text' },
      { label: { code: 'costInstead' }, as: 'text' },
    ],
    rows: wrongOnes.map(({ code, cited, instead }) => [cited, { code }, instead]),
  }
  const silent = lessons.filter(({ see }) => see.length === 0).map(({ lesson }) => lesson)
  return {
    schema: 1,
    scenario: 'sources',
    runner: 'sources',
    params: {},
    seed: 1,
    metrics: {
      sources: sorted.length,
      lessons: lessons.length,
      silent: silent.length,
      corrections: wrongOnes.length,
    },
    findings: [
      { code: 'costSources', tone: 'note', values: { sources: sorted.length, lessons: lessons.length } },
      ...(silent.length === 0
        ? []
        : [{ code: 'costSilent', tone: 'note' as const, values: { lessons: silent.join(', ') } }]),
    ],
    blocks: [...(sorted.length > 0 ? [table] : []), ...(wrongOnes.length > 0 ? [wrong] : [])],
  }
}

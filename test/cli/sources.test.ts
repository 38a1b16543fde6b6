/** `fpsim sources`: every reference of every lesson, found by a part of it, and the corrections. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { devices } from '../../src/data/devices.js'
import { references } from '../../src/data/evidence.js'
import { loadScenario, scenarioNames } from '../../src/scenario/load.js'
import { fpsim } from '../support.js'

interface Listing {
  readonly metrics: Readonly<Record<string, number>>
  readonly blocks: readonly { readonly rows: readonly (readonly string[])[] }[]
}

const listing = (...words: string[]): Listing => JSON.parse(fpsim(['sources', ...words, '--json']).out) as Listing

test('every reference of every lesson is listed with that lesson', async () => {
  const { metrics, blocks } = listing()
  const rows = new Map(blocks[0]?.rows.map(([source = '', by = '']) => [source, by.split(', ')]))
  const lessons = await Promise.all((await scenarioNames()).map(loadScenario))
  for (const { name, see } of lessons) for (const source of see) assert.ok(rows.get(source)?.includes(name), source)
  // What the data of a lesson is known from is cited too, though its file does not list it.
  const known = [...references.map(({ text }) => text), ...devices.map(({ source }) => source)]
  for (const part of ['2412.19437', 'text-to-text-transfer-transformer#539', 'hiascend.com'])
    assert.ok(
      [...rows.keys()].some((source) => source.includes(part)),
      part,
    )
  const all = new Set([...lessons.flatMap(({ see }) => see), ...known])
  assert.deepEqual([rows.size, metrics['sources'], metrics['lessons']], [all.size, all.size, lessons.length])
})

test('a part of a reference, or the name of a lesson, chooses', () => {
  assert.deepEqual(listing('Kahan', '1965').blocks[0]?.rows[0]?.[1], 'summation')
  assert.deepEqual(
    listing('summation').blocks[0]?.rows.map(([, by]) => by),
    ['summation', 'summation'],
  )
})

test('the wrong citations of the course documents are named', () => {
  const { out, code } = fpsim(['sources', '1904.09794'])
  assert.equal(code, 0)
  assert.match(out, /1904\.09794/)
  assert.match(out, /1710\.03740/)
  assert.match(out, /not verified/)
  assert.ok(!/was found/.test(out))
  assert.match(fpsim(['sources', 'no-such-work', '--lang', 'zh']).out, /没有课引用/)
})

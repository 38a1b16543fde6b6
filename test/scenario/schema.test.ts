/** The JSON Schema for editors: it accepts every shipped lesson and refuses what is wrong. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { jsonSchema } from '../../src/scenario/json-schema.js'
import { scenarioNames } from '../../src/scenario/load.js'

type Json = Record<string, unknown>

const isObject = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x)

const types: Readonly<Record<string, (x: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (x) => typeof x === 'string',
  number: (x) => typeof x === 'number',
  integer: Number.isInteger,
  boolean: (x) => typeof x === 'boolean',
}

/** Keywords that say nothing about validity. */
const silent = new Set(['$schema', 'title', 'description', 'default'])

const every = (list: unknown, holds: (item: never) => boolean): boolean => (list as never[]).every(holds)

/** The keywords of draft 7 that the schema uses; any other makes the test fail. */
const keywords: Readonly<Record<string, (x: never, rule: never, schema: Json) => boolean>> = {
  type: (x: unknown, rule: string | string[]) => [rule].flat().some((name) => types[name]?.(x) === true),
  enum: (x: unknown, rule: unknown[]) => rule.includes(x),
  const: (x: unknown, rule: unknown) => x === rule,
  minLength: (x: unknown, rule: number) => typeof x !== 'string' || x.length >= rule,
  minItems: (x: unknown, rule: number) => !Array.isArray(x) || x.length >= rule,
  minimum: (x: unknown, rule: number) => typeof x !== 'number' || x >= rule,
  maximum: (x: unknown, rule: number) => typeof x !== 'number' || x <= rule,
  items: (x: unknown, rule: Json) => !Array.isArray(x) || x.every((item) => valid(item, rule)),
  required: (x: unknown, rule: string[]) => !isObject(x) || rule.every((key) => Object.hasOwn(x, key)),
  properties: (x: unknown, rule: Record<string, Json>) =>
    !isObject(x) || Object.entries(x).every(([key, value]) => !rule[key] || valid(value, rule[key])),
  additionalProperties: (x: unknown, rule: boolean | Json, { properties = {} }: { properties?: Json }) =>
    !isObject(x) ||
    Object.entries(x).every(
      ([key, value]) =>
        Object.hasOwn(properties, key) || (rule === false ? false : rule === true || valid(value, rule)),
    ),
  propertyNames: (x: unknown, rule: Json) => !isObject(x) || Object.keys(x).every((key) => valid(key, rule)),
  anyOf: (x: unknown, rule: Json[]) => rule.some((schema) => valid(x, schema)),
  allOf: (x: unknown, rule: Json[]) => every(rule, (schema) => valid(x, schema)),
  if: (x: unknown, rule: Json, { then }: Json) => !valid(x, rule) || valid(x, then as Json),
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
  then: () => true,
}

function valid(x: unknown, schema: Json): boolean {
  return Object.entries(schema).every(([key, rule]) => {
    if (silent.has(key)) return true
    const keyword = keywords[key]
    assert.ok(keyword, `keyword ${key}`)
    return keyword(x as never, rule as never, schema)
  })
}

const lesson = (name: string): Json => parse(readFileSync(`scenarios/${name}.yaml`, 'utf8')) as Json

test('the schema is draft 7 and accepts every shipped lesson', async () => {
  const schema = await jsonSchema((_, param) => `help for ${param}`)
  assert.equal(schema['$schema'], 'http://json-schema.org/draft-07/schema#')
  for (const name of await scenarioNames()) assert.ok(valid(lesson(name), schema), name)
})

test('every parameter has its help', async () => {
  const schema = await jsonSchema((_, param) => `help for ${param}`)
  let described = 0
  for (const { then } of schema['allOf'] as { then: { properties: { params: { properties: Json } } } }[])
    for (const [name, property] of Object.entries(then.properties.params.properties)) {
      assert.equal((property as Json)['description'], `help for ${name}`)
      described++
    }
  assert.ok(described >= 16)
})

test('the schema refuses a lesson with a mistake', async () => {
  const schema = await jsonSchema(() => '')
  const base = lesson('underflow')
  const words = { en: 'a', zh: 'b' }
  const wrong: Json[] = [
    { runner: 'repaly' },
    { runner: undefined },
    { chapter: 10 },
    { chapter: 1.5 },
    { title: { en: 'a' } },
    { title: { ...words, de: 'c' } },
    { title: { en: '', zh: 'b' } },
    { titel: words },
    { params: { scal: 2 } },
    { params: { rounding: 'nearest' } },
    { params: [] },
    { show: ['fetas'] },
    { show: ['line'] },
    { expect: { lots: { above: 1 } } },
    { expect: { lost: { abov: 1 } } },
    { predict: { ask: words, metric: 'lots', why: words } },
    { quiz: [{ ask: words, answer: { metric: 'lots' }, hint: words }] },
    { quiz: [{ ask: words, answer: { metric: 'lost' } }] },
    { vary: { scales: [1] } },
    { vary: { scale: [] } },
    { compare: ['lots'] },
    { level: 'hard' },
  ]
  for (const change of wrong) {
    const changed = JSON.parse(JSON.stringify({ ...base, ...change })) as Json
    assert.equal(valid(changed, schema), false, JSON.stringify(change))
  }
  for (const one of [null, [], 'text', {}]) assert.equal(valid(one, schema), false)
  for (const change of [{ params: { scale: '2^16' } }, { params: { scale: 8 } }, { level: 'advanced' }])
    assert.ok(valid({ ...base, ...change }, schema))
})

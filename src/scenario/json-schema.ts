/** The draft-7 JSON Schema of lesson files, for editors. */
import * as z from 'zod/mini'
import { loadRunner, runnerNames } from '../runner/index.js'
import type { Shape } from '../runner/params.js'
import { scenarioSchema } from './scenario.js'

type Json = Record<string, unknown>

/** Input side: what an author may write. Transforms (numbers as text) have no JSON form and are checked by `fpsim check`. */
const jsonOf = (schema: z.core.$ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  }) as Json
  return rest
}

function paramsOf(shape: Shape, describe: (name: string) => string): Json {
  const json = jsonOf(z.strictObject(shape)) as Json & { properties: Record<string, Json> }
  for (const [name, property] of Object.entries(json.properties)) property['description'] = describe(name)
  // Every parameter may be left out: the runner has a default for it.
  delete json['required']
  return json
}

/** The schema of all lesson files; params, parts and metrics depend on the runner. */
export async function jsonSchema(describe: (runner: string, param: string) => string): Promise<Json> {
  const base = jsonOf(scenarioSchema) as Json & { properties: Json }
  const cases = await Promise.all(
    runnerNames.map(async (name) => {
      const runner = await loadRunner(name)
      const params = paramsOf(runner?.params ?? {}, (param) => describe(name, param))
      const metrics = Object.keys(runner?.metrics ?? {})
      return {
        if: { properties: { runner: { const: name } }, required: ['runner'] },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
        then: {
          properties: {
            params,
            show: { items: { enum: runner?.parts ?? [] } },
            expect: { propertyNames: { enum: metrics } },
            predict: { properties: { metric: { enum: metrics } } },
            compare: { items: { enum: metrics } },
            quiz: { items: { properties: { answer: { properties: { metric: { enum: metrics } } } } } },
            vary: { propertyNames: { enum: Object.keys(runner?.params ?? {}) } },
          },
        },
      }
    }),
  )
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'fpsim lesson',
    ...base,
    properties: { ...base.properties, runner: { enum: runnerNames } },
    allOf: cases,
  }
}

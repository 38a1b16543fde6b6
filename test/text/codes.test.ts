/** Every code of a sentence stands in one file: two with the same name would silently hide each other. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../support.js'

type Sentences = Readonly<Record<string, unknown>>

/** Of each file of one language, the codes of one kind: those of labels.ts, and of `labels` in the files of a topic. */
async function codesByFile(lang: string, kind: string): Promise<[file: string, codes: string[]][]> {
  const folder = join(root, 'dist', 'src', 'text', lang)
  const files = readdirSync(folder).filter((file) => file.endsWith('.js') && file !== 'index.js')
  return Promise.all(
    files.map(async (file): Promise<[string, string[]]> => {
      const found = Object.values((await import(pathToFileURL(join(folder, file)).href)) as Record<string, Sentences>)
      const name = file.slice(0, -3)
      const sentences = name === kind ? found[0] : (found[0]?.[kind] as Sentences | undefined)
      return [name, Object.keys(sentences ?? {})]
    }),
  )
}

for (const lang of ['en', 'zh'])
  for (const kind of ['errors', 'findings', 'labels', 'options'])
    test(`${lang}: no code of ${kind} stands in two files`, async () => {
      const seen = new Map<string, string>()
      const files = await codesByFile(lang, kind)
      for (const [file, codes] of files)
        for (const code of codes) {
          assert.equal(seen.get(code), undefined, `${code} stands in ${seen.get(code)} and ${file}`)
          seen.set(code, file)
        }
      assert.ok(seen.size > 10, `${seen.size} codes`)
    })

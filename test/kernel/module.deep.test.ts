/** The committed module is what its sources compile to. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'

interface Build {
  install(folder: string): void
  compile(folder: string): Promise<Uint8Array>
  moduleText(bytes: Uint8Array): string
}

test('src/kernel/module.ts is what assembly/ compiles to', { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-kernel-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  // A copy, so that the test neither needs nor leaves anything in the working tree.
  cpSync('src/kernel/assembly', folder, { recursive: true, filter: (path) => !path.includes('node_modules') })
  const build = (await import(pathToFileURL('src/kernel/assembly/build.js').href)) as Build
  try {
    build.install(folder)
  } catch (e) {
    t.skip(`the compiler cannot be installed here: ${(e as Error).message}`)
    return
  }
  const bytes = await build.compile(folder)
  assert.equal(build.moduleText(bytes), readFileSync('src/kernel/module.ts', 'utf8'))
})

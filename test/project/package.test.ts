/** What is packed and what package.json promises. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../support.js'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

/** The files npm would pack, without running any script. */
function packed(): string[] {
  const npm = process.env['npm_execpath']
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout, status } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, encoding: 'utf8' })
    : spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  assert.equal(status, 0)
  const [entry] = Object.values(JSON.parse(stdout)) as { files: { path: string }[] }[]
  return (entry?.files ?? []).map(({ path }) => path)
}

test('the package holds what a user needs and nothing else', () => {
  const files = packed()
  for (const file of [
    'bin/fpsim.js',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/bundle/main.js',
    'dist/bundle/NOTICES.txt',
    'scenarios/underflow.yaml',
    'scenarios/profiles/digits-cnn.json',
    'LICENSE',
    'README.md',
    'README.zh.md',
    'CHANGELOG.md',
  ])
    assert.ok(files.includes(file), `${file} is missing`)
  const allowed =
    /^(bin\/fpsim\.js|dist\/(src|bundle)\/.+|scenarios\/.+|LICENSE|README(\.zh)?\.md|CHANGELOG\.md|package\.json)$/
  for (const file of files) assert.match(file, allowed)
  assert.ok(!files.some((file) => /\.test\.|node_modules|assembly\//.test(file)))
})

test('the exports exist', () => {
  for (const target of Object.values(manifest.exports['.']) as string[])
    assert.ok(existsSync(join(root, target)), target)
  assert.ok(existsSync(join(root, manifest.bin.fpsim)))
})

test('the door is executable', { skip: process.platform === 'win32' && 'no modes on Windows' }, () => {
  assert.equal(statSync(join(root, 'bin', 'fpsim.js')).mode & 0o111, 0o111)
})

test('no dependency has an install script, and all can run Node 20.19', () => {
  for (const [path, entry] of Object.entries(lock.packages) as [
    string,
    { hasInstallScript?: boolean; dev?: boolean },
  ][]) {
    if (path === '' || entry.dev) continue
    assert.ok(!entry.hasInstallScript, path)
  }
})

test('the packages the project was asked to use are there, in majors that Node 20 runs', () => {
  const { dependencies } = manifest
  for (const name of ['yargs', 'chalk', 'cli-table3', '@petamoriken/float16', 'asciichart'])
    assert.ok(dependencies[name], name)
  assert.match(dependencies.chalk, /^\^5/)
})

test('nothing lies at the top but what belongs there', () => {
  const { stdout } = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  const tops = new Set(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((file) => file.split('/')[0] as string),
  )
  const allowed = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'src',
    'bin',
    'scenarios',
    'test',
    'README.md',
    'README.zh.md',
    'LICENSE',
    'CHANGELOG.md',
  ]
  for (const top of tops) assert.ok(top.startsWith('.') || allowed.includes(top), top)
})

/**
 * Installs and builds what is missing, and nothing else. Its log goes to stderr.
 *   (no option)  before `npm start`, `npm test`: install if a package is missing, build if dist is older than its sources
 *   --prepare    after `npm ci` and before `npm pack`: build; do nothing where the dev tools are absent
 *   --build      build now
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...parts) => join(root, ...parts)
const readJson = (...parts) => JSON.parse(readFileSync(at(...parts), 'utf8'))
const log = (text) => process.stderr.write(`fpsim: ${text}\n`)

/** Written after a complete build: its age is the age of dist. */
const stamp = at('dist', '.built')

function fail(text) {
  log(text)
  process.exit(1)
}

/** Runs a program with its output on stderr: stdout belongs to the command the user typed. */
function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
  if (error) fail(`cannot run ${command}: ${error.message}`)
  if (status !== 0) fail(`${command} ${args.join(' ')} failed (exit code ${status})`)
}

/** Direct dependencies whose installed version is not the one of the lockfile. */
function missingPackages() {
  const { dependencies, devDependencies } = readJson('package.json')
  const locked = readJson('package-lock.json').packages
  return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => {
    const manifest = at('node_modules', name, 'package.json')
    if (!existsSync(manifest)) return true
    return JSON.parse(readFileSync(manifest, 'utf8')).version !== locked[`node_modules/${name}`]?.version
  })
}

function install() {
  const missing = missingPackages()
  if (missing.length === 0) return
  log(`installing ${missing.length} missing packages with npm ci (this happens once)`)
  const npm = process.env.npm_execpath
  // npm's own cli.js where npm started us; its .cmd needs a shell on Windows.
  if (npm?.endsWith('.js')) run(process.execPath, [npm, 'ci', '--include=dev', '--no-audit', '--no-fund'])
  else run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { shell: process.platform === 'win32' })
}

/** The newest modification below a file or folder. */
function newest(path) {
  const info = statSync(path)
  if (!info.isDirectory()) return info.mtimeMs
  const inside = readdirSync(path).filter((name) => name !== 'node_modules')
  return Math.max(info.mtimeMs, ...inside.map((name) => newest(join(path, name))))
}

function isStale() {
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  return ['src', 'test', 'bin/setup.js', 'package.json', 'tsconfig.json'].some((path) => newest(at(path)) > built)
}

/** The licence of each package in the bundle, as MIT and its like ask. */
function notices(inputs) {
  const names = new Set()
  for (const path of Object.keys(inputs)) {
    const match = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)
    if (match) names.add(match[0])
  }
  const entries = [...names].sort().map((folder) => {
    const { name, version, license } = readJson(folder, 'package.json')
    const file = readdirSync(at(folder)).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? readFileSync(at(folder, file), 'utf8').trim() : `Licence: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })
  const head = 'The files beside this one contain code of the packages below, under their licences.\n'
  const kernel = readFileSync(at('src', 'kernel', 'NOTICES.txt'), 'utf8')
  return [head, ...entries, kernel].join(`\n${'-'.repeat(78)}\n\n`)
}

/** Of yargs only its parser is used; without this, its help layout (and 60 ms of loading) would come along. */
const onlyTheParser = {
  name: 'only-the-parser',
  setup(build) {
    build.onResolve({ filter: /platform-shims/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      sideEffects: false,
    }))
  },
}

/** One bundle with lazily loaded parts: yargs alone costs more than an empty Node process when loaded file by file. */
async function bundle() {
  const { build } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: [at('dist', 'src', 'cli', 'main.js')],
    outdir: at('dist', 'bundle'),
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    // Parts of the bundle that are CommonJS call require().
    banner: {
      js: "import{createRequire as fpsimRequire}from'node:module';const require=fpsimRequire(import.meta.url);",
    },
    plugins: [onlyTheParser],
    metafile: true,
    logLevel: 'warning',
  })
  writeFileSync(at('dist', 'bundle', 'NOTICES.txt'), notices(metafile.inputs))
}

async function build() {
  log('building')
  rmSync(at('dist'), { recursive: true, force: true })
  run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc')])
  await bundle()
  mkdirSync(at('dist'), { recursive: true })
  writeFileSync(stamp, '')
}

const mode = process.argv[2]
if (mode === '--prepare') {
  const tools = ['typescript', 'esbuild'].every((name) => existsSync(at('node_modules', name)))
  if (tools && existsSync(at('src')) && isStale()) await build()
} else if (mode === '--build') {
  install()
  await build()
} else {
  install()
  if (isStale()) await build()
}

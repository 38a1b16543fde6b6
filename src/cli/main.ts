/** The entry of the bundle. `--version` is answered here, before anything else is loaded. */
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const argv = process.argv.slice(2)

/** package.json lies two folders above the bundle. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

if (!isMainThread) await (await import('./worker.js')).work()
else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) console.log(version())
else {
  const { main } = await import('./app.js')
  process.exitCode = await main(argv, version)
}

/** Runs many command lines in one process, for tests: `node batch-worker.js LINES.json` prints what became of each. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { main } from '../../src/cli/app.js'

interface Line {
  readonly argv: string[]
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}
const lines = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as Line[]
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0)

const write = process.stdout.write.bind(process.stdout)
const ran: { code: number; out: string; err: string }[] = []
for (const { argv, input, env } of lines) {
  Object.assign(process.env, env)
  if (input !== undefined)
    Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(input)]), configurable: true })
  let out = ''
  let err = ''
  process.stdout.write = (text: string | Uint8Array) => {
    out += String(text)
    return true
  }
  process.stderr.write = (text: string | Uint8Array) => {
    err += String(text)
    return true
  }
  const code = await main(argv, () => 'VERSION')
  ran.push({ code, out, err })
}
write(JSON.stringify(ran))

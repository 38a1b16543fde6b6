/** Runs many command lines in one process, for tests: `node batch-worker.js LINES.json` prints what became of each. */
import { readFileSync } from 'node:fs'
import { main } from '../../src/cli/app.js'

const lines = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as string[][]
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0)

const write = process.stdout.write.bind(process.stdout)
const ran: { code: number; out: string; err: string }[] = []
for (const line of lines) {
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
  const code = await main(line, () => 'VERSION')
  ran.push({ code, out, err })
}
write(JSON.stringify(ran))

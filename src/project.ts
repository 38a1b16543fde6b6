/** Where fpsim's own files are: scenarios/ beside package.json. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FpsimError } from './errors.js'

/** The folder that holds scenarios/: above the compiled modules and above the bundle, at different depths. */
export function projectDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'scenarios', 'profiles'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new FpsimError('missing-file', { file: 'scenarios/profiles' })
    directory = parent
  }
  return directory
}

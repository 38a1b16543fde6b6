/** Every sentence of fpsim in English. */
import { badData } from './bad-data.js'
import { calc } from './calc.js'
import { commands } from './commands.js'
import { errors } from './errors.js'
import { findings } from './findings.js'
import { labels } from './labels.js'
import { options } from './options.js'
import { screen } from './screen.js'

export const en = {
  badData,
  commands,
  errors,
  findings: { ...findings, ...calc.findings },
  labels: { ...labels, ...calc.labels },
  options,
  screen,
}

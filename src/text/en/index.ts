/** Every sentence of fpsim in English. */
import { badData } from './bad-data.js'
import { commands } from './commands.js'
import { errors } from './errors.js'
import { findings } from './findings.js'
import { labels } from './labels.js'
import { options } from './options.js'
import { screen } from './screen.js'

export const en = { badData, commands, errors, findings, labels, options, screen }

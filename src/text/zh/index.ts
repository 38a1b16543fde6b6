/** Every sentence of fpsim in Chinese. */
import type { Text } from '../text.js'
import { accumulation } from './accumulation.js'
import { badData } from './bad-data.js'
import { blocks } from './blocks.js'
import { calc } from './calc.js'
import { claims } from './claims.js'
import { clipping } from './clipping.js'
import { commands } from './commands.js'
import { compression } from './compression.js'
import { cost } from './cost.js'
import { errors } from './errors.js'
import { exercises } from './exercises.js'
import { explain } from './explain.js'
import { findings } from './findings.js'
import { inside } from './inside.js'
import { interview } from './interview.js'
import { labels } from './labels.js'
import { learn } from './learn.js'
import { libraries } from './libraries.js'
import { monitor } from './monitor.js'
import { myths } from './myths.js'
import { optimizers } from './optimizers.js'
import { options } from './options.js'
import { proof } from './proof.js'
import { scaler } from './scaler.js'
import { scaling } from './scaling.js'
import { screen } from './screen.js'
import { step } from './step.js'
import { tasks } from './tasks.js'
import { tensorCore } from './tensor-core.js'
import { training } from './training.js'
import { updates } from './updates.js'

export const zh: Text = {
  badData,
  commands,
  errors: {
    ...errors,
    ...claims.errors,
    ...learn.errors,
    ...exercises.errors,
    ...interview.errors,
    ...explain.errors,
    ...blocks.errors,
    ...tensorCore.errors,
    ...libraries.errors,
    ...proof.errors,
    ...tasks.errors,
    ...training.errors,
    ...accumulation.errors,
    ...clipping.errors,
    ...monitor.errors,
    ...inside.errors,
    ...cost.errors,
    ...compression.errors,
    ...myths.errors,
    ...optimizers.errors,
    ...scaler.errors,
    ...scaling.errors,
    ...step.errors,
    ...updates.errors,
  },
  findings: {
    ...findings,
    ...claims.findings,
    ...learn.findings,
    ...exercises.findings,
    ...interview.findings,
    ...explain.findings,
    ...blocks.findings,
    ...tensorCore.findings,
    ...libraries.findings,
    ...proof.findings,
    ...tasks.findings,
    ...training.findings,
    ...accumulation.findings,
    ...clipping.findings,
    ...monitor.findings,
    ...inside.findings,
    ...cost.findings,
    ...compression.findings,
    ...calc.findings,
    ...myths.findings,
    ...optimizers.findings,
    ...scaler.findings,
    ...scaling.findings,
    ...step.findings,
    ...updates.findings,
  },
  labels: {
    ...labels,
    ...claims.labels,
    ...learn.labels,
    ...exercises.labels,
    ...interview.labels,
    ...explain.labels,
    ...blocks.labels,
    ...tensorCore.labels,
    ...libraries.labels,
    ...proof.labels,
    ...tasks.labels,
    ...training.labels,
    ...accumulation.labels,
    ...clipping.labels,
    ...monitor.labels,
    ...inside.labels,
    ...cost.labels,
    ...compression.labels,
    ...calc.labels,
    ...myths.labels,
    ...optimizers.labels,
    ...scaler.labels,
    ...scaling.labels,
    ...step.labels,
    ...updates.labels,
  },
  options: {
    ...options,
    ...claims.options,
    ...learn.options,
    ...exercises.options,
    ...interview.options,
    ...explain.options,
    ...blocks.options,
    ...tensorCore.options,
    ...libraries.options,
    ...proof.options,
    ...tasks.options,
    ...training.options,
    ...accumulation.options,
    ...clipping.options,
    ...monitor.options,
    ...inside.options,
    ...cost.options,
    ...compression.options,
    ...myths.options,
    ...optimizers.options,
    ...scaler.options,
    ...scaling.options,
    ...step.options,
    ...updates.options,
  },
  screen,
}

/** The words of the tasks that are trained: text, series, GAN. */
import { count, scale } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

/** What the measures of these tasks are called in a sentence. */
export const measureNames: Readonly<Record<string, string>> = {
  bits: 'bits per character',
  forecastError: 'forecast error',
  modes: 'clusters met',
  quality: 'points in a cluster',
}

export const tasks = {
  errors: {},
  findings: {
    'train-phases': (v: Values): string =>
      `${v['recipe']}, one scaler: the discriminator skips ${count(Number(v['discriminator']), 'en')} ${Number(v['discriminator']) === 1 ? 'step' : 'steps'}, the generator ${count(Number(v['generator']), 'en')}; the scale falls in ${count(Number(v['skipped']), 'en')}, once each, from ${scale(Number(v['from']))} to ${scale(Number(v['to']))}.`,
  },
  labels: {
    'trainMeasure-bits': (): string => 'bits/char',
    'trainMeasure-forecastError': (): string => 'error',
    'trainMeasure-modes': (): string => 'clusters',
    'trainMeasure-quality': (): string => 'hits',
    'train-set-real': (): string => 'real',
    'train-set-generated': (): string => 'generated',
    'train-set-both': (): string => 'both',
    'train-set-measured': (): string => 'measured',
    'train-set-forecast': (): string => 'forecast',
    'train-no-network': (): string => '(no network)',
    'train-time': (v: Values): string => (v['data'] === 'seattle' ? 'day' : 'year'),
    'train-y-series': (): string => '',
    'train-forecasts': (): string => 'Forecasts of what the network never saw',
  },
  options: {
    variant: 'of the task text: language (the next character) or classify (who wrote this sentence?)',
  },
}

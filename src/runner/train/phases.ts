/** Several optimizers under one scaler: whose steps were skipped. */
import type { Finding } from '../../result/result.js'
import type { Judged } from './run.js'

/** Of a run with a scaler and two optimizers in which any step was skipped. */
export const phaseFindings = (runs: readonly Judged[]): Finding[] =>
  runs.flatMap(({ recipe, skipped, skippedBy: [first, second], trained }): Finding[] =>
    second === undefined || skipped === 0
      ? []
      : [
          {
            code: 'train-phases',
            tone: 'note',
            values: {
              recipe,
              skipped,
              discriminator: first ?? 0,
              generator: second,
              from: trained.history.scale[0] ?? Number.NaN,
              to: trained.finalScale,
            },
          },
        ],
  )

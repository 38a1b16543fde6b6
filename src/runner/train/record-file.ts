/** The file that a training records into: begun before the training, so that a wrong path is told first. */
import { FpsimError } from '../../errors.js'
import type { Host } from '../runner.js'
import { type Params, taskOf } from './params.js'
import { profileOf, recordKind } from './record.js'
import type { Run } from './run.js'

export interface RecordFile {
  /** Where its making goes on. */
  readonly path: string
  /** Of all runs: FP32 as it is, where one of them is that, else the twin. */
  complete(runs: readonly Run[]): Promise<void>
  discard(): Promise<void>
}

/** Throws 'wrong-training', 'cannot-write' and 'is-a-directory'. */
export async function recordFile(p: Params, host: Host): Promise<RecordFile | undefined> {
  const { record: file } = p
  if (file === undefined) return undefined
  const kind = recordKind(file)
  if (!host.draft) throw new FpsimError('wrong-training', { problem: 'record-host', file })
  const draft = await host.draft(file)
  return {
    path: draft.path,
    async complete(runs) {
      const of = (way: Run['loop']): Run | undefined =>
        runs.find(({ recipe, loop }) => recipe === 'fp32' && loop === way)
      const run = of('plain') ?? of('repaired')
      if (kind === 'json' && run) await draft.write(profileOf(file, taskOf(p), run.trained))
      await draft.commit()
    },
    discard: () => draft.discard(),
  }
}

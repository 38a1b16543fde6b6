/** Bytes that come only once, from standard input or a pipe, made readable again as far as memory should go. */
import { FpsimError } from '../errors.js'
import { fileError } from './file.js'

/** Most bytes kept for a second pass. */
export const REPLAY_LIMIT = 64 * 1024 * 1024

/**
 * Passes over a stream. The first reads it and keeps what it read; a later one gets the same bytes again. Where there
 * were more than `limit`, or the first pass was given up half-way, a later pass throws bad-data 'stream-once'.
 */
export function replayable(
  stream: AsyncIterable<Uint8Array>,
  o: { path: string; limit?: number },
): () => AsyncIterable<Uint8Array> {
  const limit = o.limit ?? REPLAY_LIMIT
  let kept: Uint8Array[] = []
  let state: 'new' | 'complete' | 'lost' = 'new'

  async function* first(): AsyncGenerator<Uint8Array> {
    // Until it has ended well, there is nothing to give to another pass.
    state = 'lost'
    let bytes = 0
    try {
      for await (const chunk of stream) {
        bytes += chunk.length
        if (bytes <= limit) kept.push(chunk)
        else kept = []
        yield chunk
      }
    } catch (cause) {
      throw fileError(o.path, cause)
    }
    if (bytes <= limit) state = 'complete'
  }

  async function* again(): AsyncGenerator<Uint8Array> {
    yield* kept
  }

  return () => {
    if (state === 'lost') throw new FpsimError('bad-data', { file: o.path, problem: 'stream-once', limit })
    return state === 'new' ? first() : again()
  }
}

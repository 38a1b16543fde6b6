/** Progress in `fpsim list`: a mark behind each lesson, and how far one is. */
import { lessonProgress, type Progress } from '../../learn/progress.js'
import { core, counted, whereLeft } from '../../learn/walk.js'
import type { Style } from '../../render/terminal/document.js'
import type { Outline } from '../../scenario/load.js'
import { sentence } from '../sentence.js'

const marks = { unicode: { done: '✓', begun: '~' }, ascii: { done: '+', begun: '~' } } as const

/** The mark of a lesson's state behind its name; nothing where it is not begun. */
export function stateMark(progress: Progress, name: string, style: Style): string {
  const state = lessonProgress(progress, name)?.state
  return state ? marks[style.ascii ? 'ascii' : 'unicode'][state] : ''
}

/** What the marks mean, and how far one is. */
export function standing(lessons: readonly Outline[], progress: Progress, style: Style): string[] {
  const { done: doneMark, begun: begunMark } = marks[style.ascii ? 'ascii' : 'unicode']
  const way = core(lessons)
  const values = { ...counted(way, progress), next: whereLeft(way, progress)?.name ?? '' }
  return [
    sentence('learnMarked', { ...values, doneMark, begunMark }, style),
    sentence('learnGoesOn', values, style),
  ].filter((line) => line !== '')
}

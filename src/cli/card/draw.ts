/** Which cards are asked, in which order: by chance from a seed, spread over the topics, or the least known first. */
import { uniform } from '../../data/rng.js'
import type { Card } from '../../learn/card.js'
import { cardGrade, type Progress } from '../../learn/progress.js'

/** The items in an order that the seed alone decides (Fisher–Yates); `first` is the first draw it uses. */
export function shuffled<T>(items: readonly T[], seed: number, first = 0): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed, first + i) * (i + 1))
    ;[out[i], out[j]] = [out[j] as T, out[i] as T]
  }
  return out
}

/** `count` different cards: topics by chance, and no topic twice before all had their turn. */
export function drawn(cards: readonly Card[], count: number, seed: number): Card[] {
  const names = [...new Set(cards.map(({ topic }) => topic.name))]
  const piles = shuffled(names, seed).map((name, i) =>
    shuffled(
      cards.filter(({ topic }) => topic.name === name),
      seed,
      (i + 1) * 1000,
    ),
  )
  const longest = Math.max(0, ...piles.map((pile) => pile.length))
  const rounds = Array.from({ length: longest }, (_, round) => piles.flatMap((pile) => pile[round] ?? []))
  return rounds.flat().slice(0, count)
}

/** Cards that were never graded first, then by their grade, the worst first; equal ones stay in their order. */
export const leastKnown = (cards: readonly Card[], progress: Progress): Card[] => {
  const grade = ({ id }: Card): number => cardGrade(progress, id) ?? -1
  return [...cards].sort((a, b) => grade(a) - grade(b))
}

/** The cards whose proofs are trainings and other long runs: they succeed, their slots are filled, they fit. */
import { describe } from 'node:test'
import { measureCards } from '../../src/learn/card/measure.js'
import { loadCards } from '../../src/learn/card.js'
import { isSlow, proofTests } from './card-proofs.js'

const measured = await measureCards((await loadCards()).filter(isSlow))

describe('each card with a long proof', () => proofTests(measured))

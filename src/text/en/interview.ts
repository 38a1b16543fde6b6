/** The words of the interview cards. */

type Values = Readonly<Record<string, number | string | boolean>>

const cards = (n: unknown): string => (n === 1 ? '1 card' : `${n} cards`)

const verdicts: Readonly<Record<string, string>> = {
  false: 'wrong',
  true: 'true',
  depends: 'depends',
  open: 'undecided',
}

export const interview = {
  errors: {},
  findings: {
    cardsCounted: (v: Values) =>
      `${cards(v['cards'])} on ${v['topics']} topics: question, outline, answer, what is asked next, and a run that proves it.${v['graded'] === 0 ? '' : ` You have graded ${v['graded']}; ${v['known']} of them 2 or better.`}`,
    cardsBegin: () =>
      'Begin: fpsim interview --quiz. One question: fpsim interview --random. A whole interview with a score sheet: fpsim interview --mock 8. The questions: --list, of one topic --topic WORD. For Anki: --export anki --output cards.tsv.',
    cardsHint: () => 'fpsim interview ID shows a card; --quiz asks for it first.',
    cardScore: (v: Values) =>
      `${v['points']} of ${v['possible']} points for ${cards(v['cards'])}.${v['weakest'] === '' ? '' : ` Weakest topic: ${v['weakest']}.`}`,
    cardScoreNone: () => 'No answer was graded.',
    cardAgain: (v: Values) => `Look again: ${v['commands']}`,
    cardSheet: (v: Values) =>
      `${cards(v['cards'])} to answer aloud, about ${v['minutes']} minutes. Nothing could be read from standard input: run this in a terminal to be asked one by one and to get a score sheet.`,
    cardRepeat: (v: Values) => `The same questions again: ${v['command']}`,
  },
  labels: {
    cardOutline: () => 'Outline',
    cardConcept: () => 'Concept',
    cardSteps: () => 'Steps',
    cardEffect: () => 'Effect',
    cardCase: () => 'Case',
    cardSummary: () => 'Summary',
    cardNext: () => 'Then',
    cardProof: () => 'Proof',
    cardId: () => 'card',
    cardTopic: () => 'topic',
    cardCount: () => 'cards',
    cardKnown: () => 'known',
    cardTitle: () => 'about',
    cardQuestion: () => 'question',
    cardGrade: () => 'grade',
    cardOf: (v: Values) => `${v['i']} of ${v['n']}`,
    cardThink: () => 'Answer aloud, then press Enter (s skips, q ends):',
    cardGradeAsk: () => 'How was it? 0 no idea, 1 parts of it, 2 most of it, 3 all of it (s skips, q ends):',
    cardGradeAgain: () => 'Please type 0, 1, 2 or 3; s skips, q ends:',
    cardClaims: () => 'Claims',
    cardVerdict: (v: Values) => `${verdicts[String(v['verdict'])]}: ${v['ids']}`,
    cardDeck: () => 'fpsim interview',
    cardIds: () => 'the ids that fpsim interview --list shows',
  },
  options: {
    'interview.topic': 'only the cards of one topic',
    'interview.list': 'the questions, with the grades given so far',
    'interview.random': 'one card by chance; with --quiz, the cards in another order',
    'interview.quiz': 'asks, waits for Enter, shows the answer, takes your grade 0 to 3; the least known cards first',
    'interview.mock': 'a mock interview of N cards over the topics, with a score sheet; --seed repeats it',
    'interview.export': 'all cards in both languages, or in that of --lang, for Anki, a spreadsheet or a document',
  },
}

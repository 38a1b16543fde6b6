/** The words of `fpsim learn` and of progress. */

type Values = Readonly<Record<string, unknown>>

/** How far a guess is off. */
const distance = (v: Values): string => {
  if (v['measure'] === 'points') return `${v['by']} percentage points too ${v['side'] === 'above' ? 'high' : 'low'}`
  if (v['measure'] === 'difference') return `the difference is ${v['by']}`
  const size = v['side'] === 'above' ? 'large' : 'small'
  return v['measure'] === 'share' ? `${v['by']} too ${size}` : `${v['by']} times too ${size}`
}

const grades: Readonly<Record<string, (v: Values) => string>> = {
  exact: () => 'Exactly right.',
  beside: (v) => `Not it: ${distance(v)}, and only the exact number is right here.`,
  close: (v) => `Very near: ${distance(v)}.`,
  near: (v) => `Near: ${distance(v)}.`,
  order: (v) => `The right order of magnitude: ${distance(v)}.`,
  far: (v) => `Far off: ${distance(v)}.`,
}

const plural = (n: unknown, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

const wrong = (v: Values): string =>
  v['side'] === 'none'
    ? `${v['given']} is not it.`
    : `${v['given']} is too ${v['side'] === 'above' ? 'large' : 'small'}.`

const goesOn = (v: Values): string => (v['next'] === '' ? '' : ` fpsim learn goes on with ${v['next']}.`)

export const learn = {
  errors: {},
  findings: {
    progressNotKept: (v: Values) =>
      `${v['cause']} Your progress is not kept; set FPSIM_STATE to a folder where it can be.`,
    progressNewer: (v: Values) =>
      `${v['file']} was written by a newer fpsim (version ${v['version']} of the file): it is left as it is, and what you do now is not kept.`,
    progressDamaged: (v: Values) =>
      `${v['file']} is damaged; it was set aside as ${v['aside']}. What could be read of it counts.`,
    progressBusy: (v: Values) =>
      `Your progress is not kept: ${v['file']} is held by another fpsim. Remove it if there is none.`,
    learnNear: (v: Values) => (grades[String(v['grade'])] ?? (() => ''))(v),
    learnKeys: () =>
      '? gives a hint, Enter alone shows the answer, s goes to the next lesson, q leaves. What you have done is kept.',
    learnHead: (v: Values) => `${v['chapter']} ${v['title']}, lesson ${v['at']} of ${v['of']}`,
    learnOwn: () => 'a lesson of your own',
    learnTrains: (v: Values) =>
      `This lesson trains: ${v['steps']} steps with each of ${plural(v['recipes'], 'recipe')}. Ctrl-C leaves at any time.`,
    learnTime: (v: Values) => `About ${v['seconds']} s to go on this machine.`,
    learnQuestion: (v: Values) =>
      `Question ${v['at']} of ${v['of']}. ${v['ask']}${v['within'] === undefined ? '' : ` (±${v['within']})`}${v['seen'] === true ? ' Its number is on the screen above: which one is it?' : ''}`,
    learnHint: (v: Values) => `Hint: ${v['hint']}`,
    learnNoHint: () => 'There is no hint for a guess: any number will do, and Enter passes.',
    learnRight: (v: Values) => `Right, it is ${v['answer']}.`,
    learnWrong: (v: Values) => `${wrong(v)} Try again; ? gives a hint, Enter shows the answer.`,
    learnWrongLast: (v: Values) => `${wrong(v)} It is ${v['answer']}.`,
    learnAnswer: (v: Values) => `It is ${v['answer']}.`,
    learnNoNumber: (v: Values) => `"${v['text']}" is not a number. 65536, 2^-24, 5.96e-8, 1/3 and 3 % are.`,
    learnDone: (v: Values) =>
      v['of'] === 0
        ? `This lesson is done. Lessons done: ${v['done']} of ${v['all']}.`
        : `This lesson is done, ${v['right']} of ${plural(v['of'], 'question')} right. Lessons done: ${v['done']} of ${v['all']}.`,
    learnExercises: (v: Values) => `${plural(v['exercises'], 'exercise')} on it: fpsim exercise ${v['name']}`,
    learnChapter: (v: Values) => `Chapter ${v['chapter']} is done.`,
    learnNext: (v: Values) => `Next: ${v['name']}. ${v['ask']}`,
    learnAllDone: (v: Values) =>
      `All ${v['all']} lessons are done. fpsim learn NAME walks one again, --all adds the advanced ones; fpsim exercise and fpsim interview ask more.`,
    learnBye: (v: Values) => `Lessons done: ${v['done']} of ${v['all']}. fpsim learn goes on with ${v['next']}.`,
    learnNoInput: (v: Values) =>
      `fpsim learn ${v['name']} asks where it can: at a terminal, or with a line for each answer on standard input. --json has the answers.`,
    learnNothing: () => 'There is no progress to forget.',
    learnForget: (v: Values) =>
      `This forgets ${plural(v['lessons'], 'lesson')}, ${plural(v['exercises'], 'exercise')} and ${plural(v['cards'], 'card')} in ${v['file']}.`,
    learnForgot: (v: Values) => `Forgotten. What was there is in ${v['file']}.`,
    learnKept: () => 'Nothing was forgotten.',
    learnCounted: (v: Values) => `Lessons done: ${v['done']} of ${v['all']}, begun: ${v['begun']}.${goesOn(v)}`,
    learnMarked: (v: Values) =>
      `${v['doneMark']} done: ${v['done']} of ${v['all']}   ${v['begunMark']} begun: ${v['begun']}`,
    learnGoesOn: (v: Values) => goesOn(v).trim(),
    learnWhere: (v: Values) =>
      v['file'] === ''
        ? 'FPSIM_STATE=off: progress is not kept.'
        : `Progress is kept in ${v['file']} and nowhere else. FPSIM_STATE moves it: a folder, a file ending in .json, or off.`,
    learnSecret: () =>
      'Answers are computed by the run, and --json prints them: nothing here depends on their being secret.',
  },
  labels: {
    'learn-guess': () => 'Your guess: ',
    'learn-answer': () => 'Your answer: ',
    'learn-go': () => 'Enter goes on, s skips it, q leaves: ',
    'learn-forget': () => 'Type yes to do so: ',
    'learn-lesson': () => 'lesson',
    'learn-state': () => 'state',
    'learn-off': () => 'best guess',
    'learn-quiz': () => 'questions',
    'learn-exact': () => 'exact',
    'learn-not-it': () => 'not right',
    'learn-some-off': (v: Values) => `${v['by']} off`,
    'learn-times-off': (v: Values) => `${v['by']} times off`,
    'learn-sign': () => 'the wrong sign',
    'learn-done': () => 'done',
    'learn-begun': () => 'begun',
  },
  options: {
    'learn.all': 'advanced lessons too',
    'learn.list': 'what you have done, lesson by lesson',
    'learn.reset': 'forgets what you have done, after a question',
  },
}

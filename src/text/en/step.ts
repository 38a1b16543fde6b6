/** The words of one training step, laid open. */
import { brief, number, percent, scale, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const weight = (v: Values, key: string): string => number(n(v, key), 7)
const steps = (x: number): string => (x === 1 ? '1 step' : `${x} steps`)

/** unscale_(), or the 2nd unscale_() where there are several. */
function call(v: Values): string {
  const nth = n(v, 'nth')
  const ending = ['th', 'st', 'nd', 'rd'][nth > 3 ? 0 : nth]
  return nth === 0 ? s(v, 'call') : `the ${nth}${ending} ${s(v, 'call')}`
}

const optimizerSteps = (v: Values, key: string): string =>
  n(v, 'optimizers') > 1 ? `${s(v, key)} optimizer steps` : steps(n(v, key))

/** Why a repaired loop skips. */
const why = (v: Values): string =>
  n(v, 'rightSkipped') === n(v, 'rightAttempts')
    ? ' all the same'
    : v['doubles'] === true
      ? ', as the scale doubles after each good one'
      : ' while the scale finds its size'

const capital = (text: string): string => (text.startsWith('the ') ? `T${text.slice(1)}` : text)

/** In one iteration nobody needs its number. */
const within = (v: Values): string => (n(v, 'iteration') > 1 ? `, iteration ${s(v, 'iteration')}` : '')

/** What the program stops with, by the word for it: PyTorch's and Python's own sentences. */
export const stops: Readonly<Record<string, string>> = {
  'already-unscaled': 'RuntimeError: unscale_() has already been called on this optimizer since the last update().',
  'unscale-after-step': 'RuntimeError: unscale_() is being called after step().',
  'already-stepped': 'RuntimeError: step() has already been called since the last update().',
  'scale-first': 'AssertionError: scale() was never called, so the scaler has no scale yet.',
  'no-checks-for-optimizer': 'AssertionError: No inf checks were recorded for this optimizer.',
  'no-checks': 'AssertionError: No inf checks were recorded prior to update.',
  'no-param-groups': "AttributeError: 'generator' object has no attribute 'param_groups'.",
  'no-loss': "NameError: name 'loss' is not defined.",
  'graph-freed': 'RuntimeError: Trying to backward through the graph a second time.',
  'no-step': "AttributeError: 'generator' object has no attribute 'step'.",
  'bce-autocast': 'RuntimeError: binary_cross_entropy and BCELoss are unsafe to autocast.',
  'fp16-gradients': 'ValueError: Attempting to unscale FP16 gradients.',
}

/** The same in one word. */
const kindOf = (problem: string): string => (stops[problem] ?? problem).split(':')[0] as string

/** Why the scaler refuses: what stands behind the error. */
const because: Readonly<Record<string, string>> = {
  'already-unscaled': 'Dividing twice would make the gradients S times too small.',
  'unscale-after-step': 'step() has unscaled and used the gradients already.',
  'already-stepped': 'One step per optimizer, then update().',
  'scale-first': 'Without scale(loss) there is nothing to divide by.',
  'no-checks-for-optimizer': 'There are no gradients to check: backward() comes first, zero_grad() not between.',
  'no-checks': 'update() judges what unscale_() or step() found: it comes after them.',
  'no-param-groups': 'It takes an optimizer, not parameters.',
  'bce-autocast': 'BCEWithLogitsLoss is the one that autocast takes.',
  'fp16-gradients': 'Master weights in FP32 have FP32 gradients.',
  'no-loss': 'Nothing was computed yet: the forward pass comes first.',
  'graph-freed': 'Each backward pass needs a forward pass of its own.',
}

export const step = {
  errors: {},
  findings: {
    'step-kept': (v: Values) =>
      `${v['scaleless'] === true ? 'No loss scaling' : `loss × ${scale(n(v, 'scale'))}`}: the gradient ${shortest(n(v, 'gradient'))} reaches the optimizer as ${number(n(v, 'applied'), 4)}; the weight goes from ${weight(v, 'before')} to ${weight(v, 'after')}, ${percent(n(v, 'share'))} of the exact move.`,
    'step-lost-plain': (v: Values) =>
      `Without scaling backward() makes it 0 in ${s(v, 'format')}: the weight does not move, and no error says so.`,
    'step-lost-anyway': (v: Values) =>
      `${v['scaleless'] === true ? 'Without scaling,' : `Even loss × ${scale(n(v, 'scale'))} is too little:`} backward() makes the gradient ${shortest(n(v, 'gradient'))} 0 in ${s(v, 'format')}. The weight does not move, and no error says so.`,
    'step-was-skipped': (v: Values) => {
      const [skipped, all] = [n(v, 'skipped'), n(v, 'steps')]
      const which = all === 1 ? 'The step is skipped' : `${skipped} of ${steps(all)} skipped`
      const after =
        n(v, 'scaleAfter') < n(v, 'scale') && v['isRight'] === true
          ? ` The scaler goes to ${scale(n(v, 'scaleAfter'))} and the loop on: that is its work.`
          : ''
      return `${which}: loss × ${scale(n(v, 'scale'))} makes a gradient Inf or NaN in ${s(v, 'format')} (the rest is ${brief(n(v, 'rest'))}).${after}`
    },
    'step-error': (v: Values) => {
      const problem = s(v, 'problem')
      return `${capital(call(v))}${within(v)}: ${stops[problem] ?? problem} ${because[problem] ?? ''}`.trim()
    },
    'step-adds-up': (v: Values) =>
      `No zero_grad: in iteration ${s(v, 'last')} ${call(v)} adds to the ${number(n(v, 'before'))} left in w.grad. ${n(v, 'factor') === 1 ? '' : `Unscaled in place, that counts only 1/${scale(n(v, 'factor'))} after the next unscaling, so it hardly shows. `}In FP32 without scaler and clipping ${steps(n(v, 'steps'))} end with ${number(n(v, 'times'))} times the gradient; and an Inf stays for ever (--rest 1.5).`,
    'step-stuck': () =>
      'No zero_grad: the Inf of a skipped step stays in .grad for ever. Inf + anything = Inf, so every later step is skipped too.',
    'step-clipped-scaled': (v: Values) => {
      const cut = n(v, 'coefficient') < 1
      const limit = `${capital(call(v))} before unscale_() compares gradients × ${scale(n(v, 'factor'))} with max_norm ${brief(n(v, 'maxNorm'))}, so the limit is really ${number(n(v, 'threshold'))}`
      return cut
        ? `${limit}. The norm is ${number(n(v, 'norm'))}: everything is cut to 1/${number(1 / n(v, 'coefficient'))}.`
        : `${limit}. This norm, ${number(n(v, 'norm'))}, stays below; a larger one would be crushed.`
    },
    'step-wrong-factor': (v: Values) =>
      n(v, 'factor') > 1
        ? `${capital(call(v))}: the optimizer gets gradients ${scale(n(v, 'factor'))} times too large: ${n(v, 'multiplied') > n(v, 'factor') ? `multiplied by ${scale(n(v, 'multiplied'))}, divided by ${scale(n(v, 'multiplied') / n(v, 'factor'))} only` : 'nobody unscaled them'}.`
        : `${capital(call(v))}: the optimizer gets gradients ${scale(1 / n(v, 'factor'))} times too small: divided by the scale once more than multiplied.`,
    'step-no-gradient': (v: Values) => `${capital(call(v))}: .grad is None, so nothing moves, and no error says so.`,
    'step-not-finite-applied': (v: Values) =>
      `${capital(call(v))}: an infinite gradient goes into the weights. Nothing checked it.`,
    'step-scaled-twice': (v: Values) =>
      `${capital(call(v))} scales the loss again: × ${scale(n(v, 'factor'))} in all, and unscaling divides by ${scale(n(v, 'scale'))} once.`,
    'step-accumulated': (v: Values) =>
      `${s(v, 'parts')} backward passes before the step, and no zero_grad between: gradient accumulation. The sum is ${s(v, 'parts')} times the mean: each loss should be divided by ${s(v, 'parts')} first (loss / ${s(v, 'parts')}).`,
    'step-zero': (v: Values) =>
      `The exact gradient is dL/dy · x = ${shortest(n(v, 'back'))} · ${shortest(n(v, 'activation'))} = 0: nothing to lose here, and nothing to move the weight.`,
    'step-swallowed': (v: Values) =>
      `${v['scaleless'] === true ? 'The' : `loss × ${scale(n(v, 'scale'))}: the`} gradient ${shortest(n(v, 'gradient'))} reaches the optimizer as ${number(n(v, 'applied'), 4)}, but the weight ${weight(v, 'before')} swallows it: an update of ${number(n(v, 'update'))} is too small, half a step of fp32 there is ${number(n(v, 'half'))}.`,
    'step-no-clip': (v: Values) => `--max-norm ${brief(n(v, 'maxNorm'))} changes nothing: no call here clips.`,
    'step-gan-skips': (v: Values) => {
      const [d, g, all] = [n(v, 'd'), n(v, 'g'), n(v, 'steps')]
      const name = (skips: number): string => (skips > 0 ? 'is skipped (its gradients are Inf)' : 'steps')
      const what =
        all === 1
          ? d > 0 && g > 0
            ? 'both are skipped (their gradients are Inf)'
            : `optimizer_d ${name(d)}, optimizer_g ${name(g)}`
          : `of ${steps(all)} each optimizer_d skips ${d}, optimizer_g ${g}`
      const often = n(v, 'backoffs') === 1 ? 'once' : `${s(v, 'backoffs')} times`
      return `One scaler, two optimizers: repaired, ${what}; the scale backs off ${often}, ${scale(n(v, 'scale'))} → ${scale(n(v, 'scaleAfter'))}.`
    },
    'step-loop-legend': (v: Values) =>
      `Run on one weight with SGD, lr ${brief(n(v, 'lr'))}; the original takes ${s(v, 'optimizer')}`,
    'step-never': () => 'Without step() no weight moves.',
    'step-compare': (v: Values) => {
      const share = n(v, 'share')
      const same = share === n(v, 'rightShare')
      return same
        ? `The weight ends at ${weight(v, 'after')} all the same, as in the right order: here it does no harm.`
        : `The weight ends at ${weight(v, 'after')}, ${percent(share)} of the exact move; in the right order at ${weight(v, 'right')}, ${percent(n(v, 'rightShare'))}.`
    },
    'step-compare-stopped': (v: Values) =>
      `The program ends there, the weight at ${weight(v, 'after')}, ${percent(n(v, 'share'))} of the exact move; in the right order it ends at ${weight(v, 'right')}, ${percent(n(v, 'rightShare'))}.`,
    'step-lost': (v: Values) =>
      `${capital(call(v))}: the gradient ${shortest(n(v, 'gradient'))} becomes 0 in ${s(v, 'format')}; nothing that comes later brings it back.`,
    'step-missing': (v: Values) => `Missing: ${s(v, 'missing')}. One iteration does not show it; --steps 3 does.`,
    'step-legend': (v: Values) =>
      `${n(v, 'iteration') > 0 ? `iteration ${s(v, 'iteration')}; ` : ''}w: the followed weight (fp32); v: all others as one, gradient ${brief(n(v, 'rest'))}; SGD, lr ${brief(n(v, 'lr'))}`,
    'step-try': (v: Values) => `Try: ${s(v, 'what')}`,
    'step-survey': (v: Values) =>
      `${n(v, 'loops') - n(v, 'wrong')} of the ${s(v, 'loops')} loops of the course are right as they stand, ${s(v, 'wrong')} are not.`,
    'step-right-mixed-precision-training': () =>
      'Right as written: scale, backward, unscale_, clip, step, update. zero_grad at the end does as well as at the start.',
    'step-right-train-with-amp': () =>
      'Right as written: zero_grad, autocast only around the forward pass, scale, step, update.',
    'step-right-large-model': () =>
      'Right as written. Whoever adds clipping to it needs scaler.unscale_(optimizer) before.',
    'step-right-computer-vision': () => 'Right as written: the same order as train_with_amp, whatever the model.',
    'step-right-nlp-with-amp': () =>
      'Right as written. Its learning rate 2e-5 is safe because the weights stay FP32: autocast casts copies.',
    'step-right-simple-10-20-10': () => 'Nothing goes wrong with these values.',
    'step-right-nlp': () => 'Nothing goes wrong with these values.',
    'step-right-loss-scaling': () => 'Nothing goes wrong with these values.',
    'step-right-performance-comparison': () => 'Nothing goes wrong with these values.',
    'step-right-gan': () => 'Nothing goes wrong with these values.',
    'step-right-tensorflow': (v: Values) => `In ${s(v, 'format')} no probability of this example becomes 0.`,
    'step-loop-moves': (v: Values) =>
      `${steps(n(v, 'steps'))}: the weight ends at ${weight(v, 'after')}, ${percent(n(v, 'share'))} of the exact move.`,
    'step-loop-skips': (v: Values) =>
      `${s(v, 'skipped')} of ${optimizerSteps(v, 'attempts')} skipped: at loss × ${scale(n(v, 'scale'))} a gradient overflows ${s(v, 'format')}, and the scale backs off to ${scale(n(v, 'scaleAfter'))}.`,
    'step-loop-error': (v: Values) =>
      `Line ${s(v, 'line')} stops the program: ${stops[s(v, 'problem')] ?? s(v, 'problem')} ${because[s(v, 'problem')] ?? ''}`.trim(),
    'step-loop-stuck': (v: Values) =>
      `Line ${s(v, 'line')}: no zero_grad. The first scale ${scale(n(v, 'scale'))} is too large (${brief(n(v, 'rest'))} × ${scale(n(v, 'scale'))} is Inf), and that Inf stays in .grad for ever: ${s(v, 'skipped')} of ${steps(n(v, 'attempts'))} skipped, the scale falls to ${scale(n(v, 'scaleAfter'))}${n(v, 'scaleAfter') > 0 ? ' and on' : ''}.`,
    'step-loop-adds-up': (v: Values) =>
      `Without CUDA (FP32, no scaler) the old gradients add up instead: the last of ${steps(n(v, 'steps'))} uses ${number(n(v, 'times'))} times the gradient.`,
    'step-loop-leftover': (v: Values) =>
      `Line ${s(v, 'line')}: no zero_grad. Each backward pass adds to what the last step left. The scaler divides that by ${scale(n(v, 'scale'))} again, so it hardly shows, until the first Inf: that would stay for ever.`,
    'step-loop-divided': (v: Values) =>
      `Line ${s(v, 'line')}: divided in the gradient's own ${s(v, 'format')}, ${number(n(v, 'before'))} / ${scale(n(v, 'scale'))} is 0 again: scaling was in vain.`,
    'step-loop-inf': (v: Values) =>
      `Line ${s(v, 'checkLine')}: nothing computes has_overflow. As False, the scale doubles every time: ${scale(n(v, 'scaleAfter'))} after ${steps(n(v, 'steps'))}${v['applied'] === true ? `, and the other weights are ${number(n(v, 'broken'))}` : '; the first Inf would go into the weights'}.`,
    'step-loop-no-step': () =>
      'Its FP32 branch has no optimizer step: no weight moves there, and the timing compares different work.',
    'step-loop-dtype': () =>
      '"step() converts FP16 gradients to FP32": .grad is fp32 from backward() on, as the weight is. step() divides, checks, and perhaps skips.',
    'step-loop-softmax': (v: Values) =>
      `Line ${s(v, 'line')}: the softmax comes out in ${s(v, 'format')}. ${s(v, 'lost')} of these 10 probabilities become 0: ${number(n(v, 'probability'))} should give a loss of ${number(n(v, 'loss'))}, −ln 0 is ${number(n(v, 'roundedLoss'))}. (Keras cuts p at 1e-7 first: then such a mistake gives no gradient.)`,
    'step-loop-softmax-repaired': (v: Values) =>
      `Repaired (✓): the last layer in float32 gives ${number(n(v, 'probability'))} and a loss of ${number(n(v, 'loss'))}. fit() scales the loss by itself.`,
    'step-loop-repaired': (v: Values) =>
      `Repaired (✓): ${n(v, 'rightSkipped') > 0 ? `${s(v, 'rightSkipped')} of ${optimizerSteps(v, 'rightAttempts')} skipped${why(v)}; ` : `${steps(n(v, 'steps'))}, `}the weight ends at ${weight(v, 'right')}, ${percent(n(v, 'rightShare'))} of the exact move (as written: ${percent(n(v, 'share'))}).`,
  },
  labels: {
    'step-subject': (v: Values) => `w.grad ${brief(n(v, 'gradient'))}, ${s(v, 'format')}`,
    'step-title-nlp': () => 'four snippets of an NLP project',
    'step-call': () => 'call',
    'step-tensor': () => 'tensor',
    'step-dtype': () => 'dtype',
    'step-happens': () => 'what happens',
    'step-unscaled': () => 'unscaled',
    'step-right-order': () => 'right order',
    'step-number': (v: Values) => number(n(v, 'value'), n(v, 'digits')),
    'step-lost-number': () => '0, lost',
    'step-stops': () => 'stops here',
    'step-skipped-cell': () => 'skipped',
    'step-swallowed-cell': () => 'swallowed',
    'step-fate-rounded': () => 'rounded',
    'step-fate-subnormal': () => 'few bits left',
    'step-fate-underflow': () => 'lost: 0',
    'step-fate-overflow': () => 'overflow',
    'step-fate-saturated': () => 'saturated',
    'step-fate-nan': () => 'NaN',
    'step-iteration': () => 'step',
    'step-scale-of': (v: Values) =>
      ({
        this: 'scale',
        unscaled: 'unscaled: scale',
        right: 'right: scale',
        written: 'written: scale',
        repaired: 'repaired: scale',
      })[s(v, 'run')] ?? s(v, 'run'),
    'step-applied': () => 'optimizer gets',
    'step-weight': () => 'weight',
    'step-outcome-skipped': () => 'skipped',
    'step-outcome-error': () => 'error',
    'step-outcome-none': () => 'no step',
    'step-is': (v: Values) => `${s(v, 'tensor')} = ${number(n(v, 'value'), n(v, 'digits'))}`,
    'step-remark-error': (v: Values) => kindOf(s(v, 'problem')),
    'step-listing': (v: Values) =>
      `As written (✗ wrong) and repaired (✓); right: after iteration ${s(v, 'iterations')}`,
    'step-listing-stopped': (v: Values) =>
      `As written (✗) and repaired (✓); right: iteration ${s(v, 'iterations')}, past the error repaired`,
    'step-listing-right': (v: Values) => `The loop; right: after iteration ${s(v, 'iterations')}`,
    'step-class': () => 'class',
    'step-logit': () => 'logit',
    'step-p-fp32': () => 'p in fp32',
    'step-p-in': (v: Values) => `p in ${s(v, 'format')}`,
    'step-minus-log': () => '−ln p',
    'step-minus-log-in': (v: Values) => `−ln p, ${s(v, 'format')}`,
    'step-loop': () => '--loop',
    'step-line': () => 'line',
    'step-wrong': () => 'what is wrong',
    'step-moves': () => 'weight moves',
    'step-repaired-moves': () => 'repaired',
    'step-is-right': () => 'right as written',
    'step-why-simple-10-20-10': () => 'no zero_grad',
    'step-why-nlp': () => 'no zero_grad',
    'step-why-loss-scaling': () => 'unscales in FP16, no Inf check',
    'step-why-performance-comparison': () => 'step(model.parameters())',
    'step-why-gan': () => 'BCELoss under autocast',
    'step-why-tensorflow': () => 'softmax in float16',
  },
  options: {
    activation: 'its input x in y = w·x',
    gradient: 'dL/dy, what the layers behind pass back',
    rest: 'the gradient of all the other weights, as one; 0.5, in two of the loops and beside --inf 1.5',
    maxNorm: 'max_norm of clip_grad_norm_ (1)',
    inf: '--loop gan: whose gradients are Inf at the first loss scale, the discriminator (d), the generator (g) or both',
    order: "the calls of one iteration: 'zero_grad forward scale backward unscale clip step update'",
    loop: 'a training loop of the course, as written and repaired: simple-10-20-10, mixed-precision-training, loss-scaling, train-with-amp, large-model, computer-vision, performance-comparison, nlp-with-amp, gan, nlp, tensorflow; all for a summary',
  },
}

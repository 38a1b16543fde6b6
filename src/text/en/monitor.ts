/** The words of watching a training, and of reading its log. */
import { count, number, percent, power } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const many = (x: number, one: string, more: string): string => (x === 1 ? `1 ${one}` : `${count(x, 'en')} ${more}`)
const known = (v: Values, key: string): boolean => Number.isFinite(n(v, key))
const overflows = (x: number): string => many(x, 'overflow', 'overflows')
/** A place in a log. */
const place = (v: Values, at: string, line: string): string =>
  known(v, at) ? `iteration ${s(v, at)}` : `line ${s(v, line)}`

const writers: Readonly<Record<string, string>> = {
  apex: 'apex',
  deepspeed: 'DeepSpeed',
  megatron: 'Megatron-LM',
  fairseq: 'fairseq',
  other: 'loss_scale',
}

export const monitor = {
  errors: {},
  findings: {
    monitorNoStep: (v: Values) =>
      `Every one of the ${many(n(v, 'steps'), 'step', 'steps')} overflows, whatever the scale is (it ends at ${power(n(v, 'final'))}): Inf or NaN is in the gradients themselves${known(v, 'first') ? `; first alarm at step ${s(v, 'first')}` : ''}.`,
    monitorNoticed: (v: Values) => {
      const wrong = known(v, 'wrong')
        ? `; ${n(v, 'wrong') === 0 ? 'no' : s(v, 'wrong')} false alarm${n(v, 'wrong') === 1 ? '' : 's'}`
        : ''
      if (n(v, 'troubles') === 0) return `Nothing goes wrong here: ${many(n(v, 'alarms'), 'alarm', 'alarms')}${wrong}.`
      const when = n(v, 'delay') === 0 ? 'at once' : `within ${many(n(v, 'delay'), 'step', 'steps')}`
      const skips = n(v, 'skipped') === 0 ? '' : `; the scaler skips ${s(v, 'skipped')}`
      const seen = `${s(v, 'noticed')} of ${s(v, 'troubles')} troubles${skips}${wrong}.`
      return n(v, 'noticed') === 0 ? `Noticed: ${seen}` : `Noticed ${when}: ${seen}`
    },
    monitorInterview: (v: Values) => {
      const name = "The interview document's monitor (max/min of 100 losses > 10)"
      const warns =
        n(v, 'wrong') === 0 ? '' : ` warns at steps ${s(v, 'from')}–${s(v, 'to')}, where the loss only falls`
      const crash = known(v, 'crash') ? ` At step ${s(v, 'crash')} it ends the run: ZeroDivisionError.` : ''
      if (n(v, 'troubles') === 0) return `${name}${warns || ' warns of nothing'}.${crash}`
      const noticed = n(v, 'noticed') === 0 ? 'none (NaN > 10 is false)' : s(v, 'noticed')
      return `${name} notices ${noticed}${warns && ` and${warns}`}.${crash}`
    },
    monitorNormHides: (v: Values) =>
      `Norm up to step ${s(v, 'until')}: × ${number(n(v, 'change'), 2)}; as read before unscale_: × ${number(n(v, 'read'), 2)}.`,
    monitorBroken: (v: Values) =>
      `${many(n(v, 'applied'), 'step applies', 'steps apply')} Inf or NaN: nothing checks for it, and the weights are NaN from then on.`,
    monitorGaveUp: (v: Values) =>
      `At step ${s(v, 'step')} the framework raises an error: the scale is at its minimum and the step overflows.`,
    monitorLosses: (v: Values) =>
      known(v, 'lost')
        ? `Lost: ${percent(n(v, 'share'))} of the steps, ${percent(n(v, 'lost'))} of the gradients, ${percent(n(v, 'updates'))} of ${s(v, 'format')} updates.`
        : `Lost: ${percent(n(v, 'share'))} of the steps; no gradient is applied.`,

    'monitor-pattern-probing': (v: Values) =>
      `Probing at the start: ${overflows(n(v, 'opening'))} take the scale from ${power(n(v, 'first'))} down to ${power(n(v, 'openingEnd'))}${n(v, 'overflows') === n(v, 'opening') && n(v, 'iterations') > 0 ? ', and none follows' : ''}.`,
    'monitor-pattern-healthy': (v: Values) =>
      n(v, 'overflows') === 0
        ? `Healthy: no overflow; the scale goes from ${power(n(v, 'first'))} to ${power(n(v, 'last'))}.`
        : `Healthy: ${overflows(n(v, 'overflows'))}${n(v, 'opening') > 0 ? `, ${s(v, 'opening')} of them at the start` : ''}${known(v, 'oneIn') ? `, ${n(v, 'opening') > 0 ? 'then ' : ''}one in ${many(n(v, 'oneIn'), 'iteration', 'iterations')},` : ''} and ${many(n(v, 'growths'), 'growth', 'growths')}; the scale stays between ${power(n(v, 'lowest'))} and ${power(n(v, 'peak'))}.`,
    'monitor-pattern-collapse': (v: Values) =>
      v['found'] === false || n(v, 'opening') === n(v, 'overflows')
        ? `Collapse: every step overflows, ${many(n(v, 'overflows'), 'time', 'times')} in a row, and the scale falls from ${power(n(v, 'first'))} to ${power(n(v, 'last'))}.`
        : `Collapse: after ${power(n(v, 'peak'))} at ${place(v, 'peakAt', 'peakLine')} the scale is halved ${many(n(v, 'backoffs'), 'time', 'times')} and ends at ${power(n(v, 'last'))}${n(v, 'last') < 1 ? ': below 1 it makes the gradients smaller' : ''}.`,
    'monitor-pattern-stuck-at-minimum': (v: Values) =>
      v['stopped'] === true
        ? `Stuck at the minimum: ${known(v, 'last') ? `${power(n(v, 'last'))} is the last scale written, then the framework gives up` : 'the framework gives up; no line says at which scale'}.`
        : n(v, 'held') < 2
          ? `Stuck at the minimum: the scale falls from ${power(n(v, 'highest'))} to ${power(n(v, 'last'))} by ${place(v, 'lowestAt', 'lowestLine')} and stays there for the last ${s(v, 'flat')} entries.`
          : `Stuck at the minimum: the scale is ${power(n(v, 'last'))} and cannot fall, and the last ${overflows(n(v, 'held'))} changed nothing: every step is skipped, the model learns nothing.`,
    'monitor-pattern-never-grows': (v: Values) =>
      `Never grows: no growth in ${count(n(v, 'withoutGrowth'), 'en')} iterations, where one is due every ${s(v, 'interval')}; ${overflows(n(v, 'overflows'))}, the scale ends at ${power(n(v, 'last'))}.`,
    'monitor-pattern-dead': (v: Values) =>
      `Dead: the loss scale is ${number(n(v, 'dead'))} from ${place(v, 'deadAt', 'deadLine')} on, and no factor brings it back.`,
    'monitor-pattern-too-many-overflows': (v: Values) =>
      n(v, 'growths') >= n(v, 'later') / 2
        ? `Grows too often: ${many(n(v, 'growths'), 'growth', 'growths')} and ${overflows(n(v, 'later'))} in ${count(n(v, 'afterOpening'), 'en')} iterations; ${percent(n(v, 'skippedShare'))} of the steps are skipped.`
        : `Too many overflows: ${s(v, 'later')} in ${count(n(v, 'afterOpening'), 'en')} iterations, one in ${count(n(v, 'oneIn'), 'en')}; with growth after ${s(v, 'interval')} clean steps (--interval) the scale holds only below one in ${count(n(v, 'critical'), 'en')}.`,
    'monitor-pattern-unscaled': () =>
      'Not scaled: the loss scale is 1 in every line and nothing overflows, as with BF16 or FP32.',

    'monitor-next-probing': () =>
      'Nothing to do: this is how a dynamic scale is found. A smaller first scale saves the skipped steps.',
    'monitor-next-healthy': (v: Values) =>
      n(v, 'later') > 0 && n(v, 'later') < 4
        ? 'Nothing to do so far: a few overflows have no rate yet. Look again when there are more.'
        : n(v, 'oneIn') < n(v, 'critical')
          ? `Nothing to do: growth is tried after ${s(v, 'interval')} clean steps (--interval) and taken back, one skipped step each time.`
          : `Nothing to do. If it grows after ${s(v, 'interval')} clean steps (--interval), it holds as long as overflows are rarer than one in ${count(n(v, 'critical'), 'en')} iterations.`,
    'monitor-next-collapse': () =>
      'A smaller scale does not help: Inf or NaN comes from the forward pass or from the data. Look at the loss and the batches of those steps; go back to the checkpoint before, skip the batches, lower the learning rate or clip; or train in BF16.',
    'monitor-next-stuck-at-minimum': (v: Values): string =>
      v['stopped'] !== true && n(v, 'held') < 2
        ? 'Is the loss still falling? If not, every step is skipped: find the first NaN or Inf of the forward pass. If it is, the gradients are so large that no scale above fits: clip them, lower the learning rate, or train in BF16.'
        : 'Stop the run: find the first NaN or Inf of the forward pass (hooks, torch.autograd.detect_anomaly), check the data, keep softmax and norms in FP32; or train in BF16. A smaller minimum changes nothing.',
    'monitor-next-never-grows': (v: Values) =>
      n(v, 'overflows') === 0
        ? 'Is the scale static? A dynamic one grows after its interval. Check the setting; small gradients may be lost meanwhile: fpsim static-scaling.'
        : !known(v, 'oneIn')
          ? 'After the start nothing overflows, and yet it does not grow: is growth switched off, or the interval longer (--interval)?'
          : `Overflows come before the interval is over (one in ${count(n(v, 'oneIn'), 'en')} iterations): a shorter interval, or their cause, is the cure: fpsim scale-collapse.`,
    'monitor-next-dead': (v: Values) =>
      `${n(v, 'dead') === 0 ? 'Times 0 every gradient is 0, and divided by it NaN' : 'Every gradient becomes NaN or Inf'}: stop, go back to a checkpoint from before, give the scale a floor (min_scale), and find the first NaN of the forward pass.`,
    'monitor-next-too-many-overflows': (v: Values) =>
      n(v, 'growths') >= n(v, 'later') / 2
        ? `Let it grow more rarely: after ${s(v, 'interval')} clean steps one step in ${count(n(v, 'interval') + 1, 'en')} is lost at most.`
        : 'Look for the cause in the batches and the loss of those steps; a shorter growth interval only makes the scale hold: fpsim scale-collapse.',
    monitorLogDead: (v: Values) =>
      `${many(n(v, 'lines'), 'line has', 'lines have')} a loss scale that is NaN or Inf; a finite one follows.`,
    'monitor-next-unscaled': () =>
      'Nothing to do for BF16: its range is that of FP32. In FP16 small gradients become 0 without a scale: fpsim underflow.',
    monitorLogNotFinite: (v: Values) =>
      `${many(n(v, 'lines'), 'line has', 'lines have')} a loss that is NaN or Inf: the forward pass fails, whatever the scale is.`,
    monitorLogCopies: (v: Values) =>
      `Every overflow stands there ${s(v, 'copies')} times, once a process; it is counted once.`,
    monitorLogScalers: (v: Values) => `${s(v, 'scalers')} loss scalers write here; this is scaler ${s(v, 'scaler')}.`,
    monitorLogRestarts: (v: Values) =>
      `The iterations go back ${many(n(v, 'restarts'), 'time', 'times')}: the training was started again.`,
    monitorLogShort: (v: Values) =>
      `Only ${many(n(v, 'recognized'), 'line speaks', 'lines speak')} of the loss scale: too few to be sure.`,
  },
  labels: {
    'monitor-norm': () => 'norm',
    'monitor-norm-read': () => 'norm × scale',
    'monitor-alarms': () => 'alarm',
    'monitor-what': () => 'what happens',
    'monitor-alarm': () => 'alarm',
    'monitor-value': () => 'value',
    'monitor-interview': () => 'max/min > 10',
    'monitor-fires': (v: Values) =>
      `warns: ${number(n(v, 'ratio'))}${n(v, 'length') > 1 ? `, ${s(v, 'length')} steps` : ''}`,
    'monitor-crashes': () => 'ZeroDivisionError',
    'monitor-silent': (v: Values) => `silent${known(v, 'ratio') ? `: ${number(n(v, 'ratio'))}` : ''}`,
    'monitor-warns-already': () => 'warns already',
    'monitor-by-chance': () => 'bad by chance',
    'monitor-always-overflow': () => 'every step overflows',
    'monitor-no-trouble': () => 'no trouble',
    'monitor-skipped-by-scaler': () => 'none: step skipped',
    'monitor-missed': () => 'none',
    'monitor-trouble-lossSpike': (v: Values) => `loss × ${number(n(v, 'size'))}`,
    'monitor-trouble-gradientSpike': (v: Values) => `gradients × ${number(n(v, 'size'))}`,
    'monitor-trouble-nanLoss': () => 'loss is NaN',
    'monitor-trouble-badBatches': (v: Values) => many(n(v, 'size'), 'bad batch', 'bad batches'),
    'monitor-alarm-loss-not-finite': () => 'loss not finite',
    'monitor-alarm-loss-spike': () => 'loss spike',
    'monitor-alarm-norm-spike': () => 'norm spike',
    'monitor-alarm-scale-falls': () => 'scale falls',
    'monitor-alarm-scale-below-one': () => 'scale below 1',
    'monitor-alarm-scale-at-minimum': () => 'scale at its minimum',
    'monitor-alarm-scale-never-grows': () => 'scale never grows',
    'monitor-alarm-gradients-lost': () => 'gradients lost',
    'monitor-value-loss-not-finite': (v: Values) => number(n(v, 'value')),
    'monitor-value-loss-spike': (v: Values) => `${number(n(v, 'value'))}, ${number(n(v, 'sigmas'), 2)} σ`,
    'monitor-value-norm-spike': (v: Values) => `${number(n(v, 'value'))}, ${number(n(v, 'sigmas'), 2)} σ`,
    'monitor-value-scale-falls': (v: Values) => power(n(v, 'value')),
    'monitor-value-scale-below-one': (v: Values) => power(n(v, 'value')),
    'monitor-value-scale-at-minimum': (v: Values) => power(n(v, 'value')),
    'monitor-value-scale-never-grows': (v: Values) => many(n(v, 'value'), 'step', 'steps'),
    'monitor-value-gradients-lost': (v: Values) => percent(n(v, 'value')),
    'monitor-iteration': () => 'iteration',
    'monitor-entry': () => 'entry',
    'monitor-overflow': () => 'overflow',
    'monitor-line': () => 'line',
    'monitor-at-first': () => 'first',
    'monitor-at-opening': () => 'end of probing',
    'monitor-at-highest': () => 'highest',
    'monitor-at-lowest': () => 'lowest',
    'monitor-at-last': () => 'last',
    monitorLogSubject: (v: Values) =>
      `${s(v, 'name')}: ${writers[s(v, 'format')] ?? s(v, 'format')}, ${count(n(v, 'recognized'), 'en')} of ${many(n(v, 'lines'), 'line', 'lines')}`,
    'param-policy': () => 'policy',
    'param-loss': () => 'first loss',
    'param-lossFloor': () => 'last loss',
    'param-descent': () => 'descent',
    'param-lossNoise': () => 'loss noise',
    'param-lossSpike': () => 'loss spike',
    'param-gradientSpike': () => 'gradient spike',
    'param-badBatches': () => 'bad batches',
    'param-badRate': () => 'bad rate',
    'param-sigmas': () => 'sigmas',
    'param-interval': () => 'interval',
    'param-floor': () => 'floor',
    'metric-troubles': () => 'troubles',
    'metric-noticed': () => 'noticed',
    'metric-skippedByScaler': () => 'skipped by the scaler',
    'metric-noticedByInterview': () => 'noticed by max/min',
    'metric-alarms': () => 'alarms',
    'metric-falseAlarms': () => 'false alarms',
    'metric-falseByInterview': () => 'false, max/min',
    'metric-interviewFirst': () => 'first warning of max/min',
    'metric-updatesLost': () => 'updates lost',
    'metric-normChange': () => 'norm, last to first',
    'metric-readNormChange': () => 'norm × scale, last to first',
    'metric-logLines': () => 'lines',
    'metric-logRecognized': () => 'lines understood',
    'metric-logPattern': () => 'pattern',
    'metric-logOverflows': () => 'overflows',
    'metric-logBackoffs': () => 'halvings',
    'metric-logGrowths': () => 'doublings',
    'metric-logFirst': () => 'first scale',
    'metric-logLast': () => 'last scale',
    'metric-logHighest': () => 'highest scale',
    'metric-logLowest': () => 'lowest scale',
    'metric-logCopies': () => 'processes',
    'metric-logIterations': () => 'iterations',
  },
  options: {
    'monitor.log':
      'the log of your training instead, or - for stdin: apex, DeepSpeed, Megatron-LM, fairseq, any line with loss_scale',
    'monitor.policy': 'the loss-scale policy: pytorch, keras2, megatron, deepspeed-zero, static …',
    'monitor.loss': 'the loss at the first step',
    'monitor.lr': 'learning rate, for the updates that are lost',
    'monitor.weight': 'the weight that is updated, for the updates that are lost',
    'monitor.interval': "clean steps until the logged training grows its scale; default: its framework's",
    'monitor.floor': "the smallest scale of the logged training; default: its framework's",
    lossFloor: 'the loss it falls to',
    descent: 'steps in which what is left of the fall shrinks by e',
    lossNoise: 'by which factor chance moves the loss of a step at most; 1: none',
    lossSpike: 'the loss of one step times this; 1: none',
    gradientSpike: 'the gradients of one step times this; 1: none',
    badBatches: 'steps in a row whose loss and gradients are NaN, and one alone before; 0: none',
    badRate: 'share of the steps that are NaN by chance, whatever the scale',
    sigmas: 'a spike lies this many standard deviations above the running mean',
  },
}

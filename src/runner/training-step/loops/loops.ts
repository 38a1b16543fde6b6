/** The training loops of the course documents, transcribed to the lines that act. */
import type { Line, Loop } from './loop.js'

const zeroGrad = (indent: string): Line => ({ code: `${indent}optimizer.zero_grad()`, does: ['zero_grad'] })

/** The scaled tail that most of the loops share. */
const scaledTail = (self: string, indent: string): readonly Line[] => [
  { code: `${indent}${self}scaler.scale(loss).backward()`, does: ['scale', 'backward'] },
  { code: `${indent}${self}scaler.step(${self}optimizer)`, does: ['step'] },
  { code: `${indent}${self}scaler.update()`, does: ['update'] },
]

const autocast = (indent: string, code: string): readonly Line[] => [
  { code: `${indent}with autocast():` },
  { code: `${indent}    ${code}`, does: ['forward'] },
]

export const loops: readonly Loop[] = [
  {
    name: 'simple-10-20-10',
    title: 'SimpleModel, Linear(10, 20, 10)',
    optimizer: 'SGD(lr=0.01, momentum=0.9)',
    iterations: 6,
    // A first loss scale of 65536 is usually too large for some gradient: calibration begins with skipped steps.
    rest: 1.5,
    lines: [
      { code: 'for inputs, labels in train_loader:' },
      { ...zeroGrad('    '), only: 'repaired' },
      ...autocast('    ', 'loss = criterion(model(inputs), labels)'),
      { code: '    scaler.scale(loss).backward()', does: ['scale', 'backward'] },
      { code: '    scaler.step(optimizer)', does: ['step'] },
      { code: '    scaler.update()', does: ['update'] },
    ],
  },
  {
    name: 'mixed-precision-training',
    title: 'MixedPrecisionTraining',
    iterations: 3,
    lines: [
      ...autocast('', 'loss = CrossEntropyLoss()(model(inputs), targets)'),
      { code: 'self.scaler.scale(loss).backward()', does: ['scale', 'backward'] },
      { code: 'self.scaler.unscale_(self.optimizer)', does: ['unscale'] },
      { code: 'clip_grad_norm_(self.model.parameters(), max_norm=1.0)', does: ['clip'] },
      { code: 'self.scaler.step(self.optimizer)', does: ['step'] },
      { code: 'self.scaler.update()', does: ['update'] },
      { code: 'self.optimizer.zero_grad()', does: ['zero_grad'] },
    ],
  },
  {
    name: 'loss-scaling',
    title: 'LossScaling',
    iterations: 3,
    half: true,
    lines: [
      { code: 'scaled = loss * self.scale', does: ['forward', 'multiply'] },
      { code: 'scaled.backward()', does: ['backward'] },
      { code: 'param.grad.data /= self.scale', does: ['divide'], only: 'written' },
      { code: 'master.grad = param.grad.float() / self.scale', does: ['divide-fp32'], only: 'repaired' },
      { code: 'has_overflow = not isfinite(master.grad).all()', does: ['check'], only: 'repaired' },
      { code: 'optimizer.step()', does: ['step-plain'], only: 'written' },
      { code: 'if not has_overflow: optimizer.step()', does: ['step-if-finite'], only: 'repaired' },
      // No line of the class computes has_overflow: as written it is taken to be False.
      { code: 'if has_overflow: self.scale = max(self.scale * 0.5, 1.0)', wrong: true },
      { code: 'else: self.scale = min(self.scale * 2.0, 2**24)', does: ['adjust'] },
      { code: 'optimizer.zero_grad()', does: ['zero_grad'] },
    ],
  },
  {
    name: 'train-with-amp',
    title: 'train_with_amp',
    iterations: 3,
    lines: [
      { code: 'for batch_idx, (data, target) in enumerate(train_loader):' },
      zeroGrad('    '),
      ...autocast('    ', 'loss = CrossEntropyLoss()(model(data), target)'),
      ...scaledTail('', '    '),
    ],
  },
  {
    name: 'large-model',
    title: 'LargeModelTraining.train_step, GPT-2',
    iterations: 3,
    lines: [
      { code: 'self.optimizer.zero_grad()', does: ['zero_grad'] },
      ...autocast('', 'loss = self.model(input_ids, …, labels=labels).loss'),
      ...scaledTail('self.', ''),
    ],
  },
  {
    name: 'computer-vision',
    title: 'ComputerVisionTraining.train_epoch, ResNet-50',
    optimizer: 'AdamW(lr=1e-4)',
    iterations: 3,
    lines: [
      { code: 'for batch_idx, (data, target) in enumerate(train_loader):' },
      { code: '    self.optimizer.zero_grad()', does: ['zero_grad'] },
      ...autocast('    ', 'loss = CrossEntropyLoss()(self.model(data), target)'),
      ...scaledTail('self.', '    '),
    ],
  },
  {
    name: 'performance-comparison',
    title: 'PerformanceComparison.benchmark_training',
    iterations: 3,
    lines: [
      { code: 'self.model.zero_grad()', does: ['zero_grad'] },
      { code: 'if use_mixed_precision:' },
      { code: '    with autocast(): loss = CrossEntropyLoss()(…)', does: ['forward'] },
      { code: '    scaler.scale(loss).backward()', does: ['scale', 'backward'] },
      {
        code: '    scaler.step(self.model.parameters())',
        does: ['step-parameters'],
        only: 'written',
      },
      { code: '    scaler.step(optimizer)', does: ['step'], only: 'repaired' },
      { code: '    scaler.update()', does: ['update'] },
      { code: 'else:' },
      { code: '    loss.backward()  # the optimizer step is missing', only: 'written', wrong: true },
      { code: '    loss.backward(); optimizer.step()', only: 'repaired' },
    ],
  },
  {
    name: 'nlp-with-amp',
    title: 'NLPTrainingWithAMP, BERT',
    optimizer: 'AdamW(lr=2e-5)',
    iterations: 3,
    lines: [
      { code: 'for batch in train_dataset:' },
      { code: '    self.optimizer.zero_grad()', does: ['zero_grad'] },
      ...autocast('    ', 'loss = self.model(input_ids, …, labels=labels).loss'),
      ...scaledTail('self.', '    '),
    ],
  },
  {
    name: 'gan',
    title: 'ImageGenerationWithAMP',
    optimizer: 'Adam(lr=0.0002)',
    iterations: 3,
    networks: 2,
    parts: 2,
    lines: [
      { code: 'optimizer_d.zero_grad()', does: ['zero_grad'], nets: [0] },
      { code: 'with autocast(): real_loss = BCELoss()(D(real), ones)', does: ['bce'], only: 'written', wrong: true },
      { code: 'with autocast(): real_loss = BCEWithLogitsLoss()(…)', does: ['forward'], only: 'repaired' },
      { code: 'scaler.scale(real_loss).backward()', does: ['scale', 'backward'] },
      {
        code: 'with autocast(): fake_loss = BCELoss()(D(fake.detach()), zeros)',
        does: ['bce'],
        only: 'written',
        wrong: true,
      },
      {
        code: 'with autocast(): fake_loss = BCEWithLogitsLoss()(…)',
        does: ['forward'],
        only: 'repaired',
      },
      { code: 'scaler.scale(fake_loss).backward()', does: ['scale', 'backward'] },
      { code: 'scaler.step(optimizer_d)', does: ['step'], nets: [0] },
      { code: 'optimizer_g.zero_grad()', does: ['zero_grad'], nets: [1] },
      { code: 'with autocast(): g_loss = BCELoss()(D(fake), ones)', does: ['bce'], only: 'written', wrong: true },
      {
        code: 'with autocast(): g_loss = BCEWithLogitsLoss()(…)',
        does: ['forward'],
        nets: [0, 1],
        only: 'repaired',
      },
      { code: 'scaler.scale(g_loss).backward()', does: ['scale', 'backward'], nets: [0, 1] },
      { code: 'scaler.step(optimizer_g)', does: ['step'], nets: [1] },
      { code: 'scaler.update()', does: ['update'] },
    ],
  },
  {
    name: 'nlp',
    iterations: 6,
    rest: 1.5,
    lines: [
      { code: 'scaler = GradScaler()' },
      { ...zeroGrad(''), only: 'repaired' },
      ...autocast('', 'loss = loss_fn(model(input_ids, …), labels)'),
      { code: 'scaled_loss = scaler.scale(loss)', does: ['scale'] },
      { code: 'scaled_loss.backward()', does: ['backward'] },
      { code: 'scaler.step(optimizer)', does: ['step'] },
      { code: 'scaler.update()', does: ['update'] },
    ],
  },
  {
    name: 'tensorflow',
    title: "Keras, Policy('mixed_float16')",
    iterations: 3,
    softmax: true,
    lines: [
      { code: "mixed_precision.set_global_policy('mixed_float16')" },
      { code: "Dense(128, activation='relu')," },
      { code: "Dense(10, activation='softmax')", only: 'written', wrong: true },
      { code: 'Dense(10),', only: 'repaired' },
      { code: "Activation('softmax', dtype='float32')", only: 'repaired' },
      { code: "model.compile(optimizer='adam', loss='sparse_categorical_crossentropy')" },
      {
        code: 'model.fit(train_dataset)',
        does: ['zero_grad', 'forward', 'scale', 'backward', 'unscale', 'step', 'update'],
      },
    ],
  },
]

export const loopNames: readonly string[] = loops.map(({ name }) => name)

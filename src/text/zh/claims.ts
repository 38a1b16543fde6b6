/** The words of the claim checker, in Chinese. */
import type { claims as english } from '../en/claims.js'

const verdicts: Readonly<Record<string, string>> = {
  false: '错',
  depends: '看情况',
  true: '对',
  open: '无法判定：这些数值不符合任何一条规则，或同时符合几条',
}

export const claims: typeof english = {
  errors: {},
  findings: {
    claimsCounted: (v) =>
      `${v['claims']} 条说法，刚刚实测：错 ${v['false']} 条，对 ${v['true']} 条，看情况 ${v['depends']} 条。${v['open'] === 0 ? '' : `此随机种子下无法判定：${v['open']} 条。`}`,
    claimVerdict: (v) => `${verdicts[String(v['verdict'])]}。${v['truth']}`,
    claimBecause: (v) => `判定依据：${v['rule']}。`,
    claimRun: (v) => `演示命令：${v['commands']}`,
    claimsHint: () => 'fpsim claims ID 显示一条及其图；用 --topic 与 --verdict 筛选。',
    claimsNone: () => '这个主题下没有这种判定的说法。',
  },
  labels: {
    'claim-interview': () => '面试答案',
    'claim-course': () => '课程文档',
    'claim-code': () => '课程代码',
    'claim-documentation': () => '官方文档',
    'claim-forum': () => '论坛',
    claimId: () => 'id',
    claimVerdictHead: () => '判定',
    claimStatement: () => '说法',
    claimMeasured: () => '实测',
    'claim-false': () => '错',
    'claim-depends': () => '看情况',
    'claim-true': () => '对',
    'claim-open': () => '无法判定',
  },
  options: {
    'claims.topic': '只看一个主题的说法',
    'claims.verdict': '只看判定为错（false）、对（true）或看情况（depends）的说法',
  },
}

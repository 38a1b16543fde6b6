/** The words that pictures and screens are made of, in Chinese. */
import type { Text } from '../text.js'

export const screen: Text['screen'] = {
  lost: ['下溢归零', '归零', '0'],
  few: ['位数不足', '不足'],
  all: (precision: number) => [`${precision} 位全保留`, '全保留', '全'],
  overflow: ['上溢'],
  columns: (powers: number) => (powers === 1 ? '一列 = 一个二的幂' : `一列 = ${powers} 个二的幂`),
  height: '高度 = 占数值的比例',
  below: (power: string) => `小于 ${power} 的全部数值`,
  above: (power: string) => `不小于 ${power} 的全部数值`,
  nothingToDraw: (panel: string) => `${panel === '' ? '' : `${panel}：`}没有非零数值，无图可画`,
  noFiniteValue: '没有有限数值，无图可画',
  notFinite: '不是有限数',
  notPositive: '零或负数',
  labelsLeftOut: (count: number) => `${count} 个标签放不下`,
  next: '下一步：',
  see: '参考',
  compared: '对照',
}

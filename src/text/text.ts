/** The two languages under one type: a sentence missing in one of them does not compile. */
import { en } from './en/index.js'
import { zh } from './zh/index.js'

export type Text = typeof en
export type Lang = 'en' | 'zh'

/** What an option does: a runner's own words for it before the common ones. */
export const optionWords = ({ options }: Text, key: string, runner = ''): string =>
  (options as Readonly<Record<string, string>>)[`${runner}.${key}`] ??
  (options as Readonly<Record<string, string>>)[key] ??
  ''

export const languages: Readonly<Record<Lang, Text>> = { en, zh }

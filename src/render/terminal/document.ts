/**
 * The pieces that screens are made of, for every command that prints:
 *   const style = styleOf({ lang, width, color, charset, ambiguous })
 *   table({ columns: [{ label: 'format' }, { label: 'bits', align: 'right' }], rows: [['fp16', '16']] }, style)
 * Each returns lines (no line breaks in them) no wider than the style's width; strings go through onScreen by themselves.
 */
export { palette } from './palette.js'
export { block, finding, screen } from './screen.js'
export { displayWidth, labelText, onScreen, pad, type Style, type StyleOptions, styleOf, trimmed } from './style.js'
export { type PlainTable, table } from './table.js'
export { hang, wrap } from './wrap.js'

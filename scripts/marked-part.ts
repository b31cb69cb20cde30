// The part of a page, between two marks, that is printed.

/** The page with `content` between its marks of this name. Throws where it has none: then nothing would be printed. */
export function withMarkedPart(page: string, name: string, content: string): string {
  const begin = `<!-- ${name}: printed by \`npm run generate\` -->\n`
  const end = `<!-- ${name}: end -->\n`
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)]
  if (start === -1 || stop < start) throw new Error(`A page has no marks for ${name}.`)
  return `${page.slice(0, start + begin.length)}\n${content.trim()}\n\n${page.slice(stop)}`
}

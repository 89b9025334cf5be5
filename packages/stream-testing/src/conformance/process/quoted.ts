/** The text with each quotation replaced by a mark, so that what stands in it is no grammar. */
export function hideQuotes(text: string): { readonly hidden: string; readonly quotes: readonly string[] } {
  const quotes: string[] = []
  const hidden = text.replace(/"([^"]*)"|“([^”]*)”/g, (_, plain: string | undefined, curly: string | undefined) => {
    quotes.push(plain ?? curly ?? '')
    return `#${quotes.length - 1}#`
  })
  return { hidden, quotes }
}

/** Matches the mark of a quotation, with its number. */
export const QUOTE = '#(\\d+)#'

import { describe, expect, it } from 'vitest'
import { number, text } from '../../src/index.ts'
import { collect, errorOf } from '../collect.ts'
import { temporaryFile } from '../temporary-files.ts'

const columns = { sensor: text('Phone'), value: number('Rating') }

describe('the header', () => {
  it('without a wanted column is an error that names what is missing and what is there', async () => {
    const error = await errorOf(collect({ files: temporaryFile('Phone,Score\nS1,1\n'), columns }))
    expect(error.code).toBe('CSV_COLUMN_MISSING')
    expect(error.message).toMatch(/no column "Rating".*"Phone", "Score"/)
  })

  it('with a wanted column twice is an error that names it', async () => {
    const error = await errorOf(collect({ files: temporaryFile('Phone,Rating,Rating\nS1,1,2\n'), columns }))
    expect(error.code).toBe('CSV_COLUMN_DUPLICATED')
    expect(error.message).toMatch(/more than one column "Rating".*"Phone", "Rating", "Rating"/)
  })

  it('may have columns twice that nobody wants', async () => {
    const { rows } = await collect({ files: temporaryFile('Phone,x,Rating,x\nS1,,1,\n'), columns })
    expect(rows).toEqual([{ sensor: 'S1', value: 1 }])
  })

  it.each([';', '\t', '|'])('that looks as if it were separated by %j says so', async delimiter => {
    const error = await errorOf(
      collect({ files: temporaryFile(`Phone${delimiter}"Rating"\nS1${delimiter}1\n`), columns }),
    )
    expect(error.message).toContain(`pass delimiter: ${JSON.stringify(delimiter)}`)
  })

  it('in UTF-16 says so', async () => {
    const files = temporaryFile(Buffer.from('\ufeffPhone,Rating\n', 'utf16le'))
    expect((await errorOf(collect({ files, columns }))).message).toContain('UTF-16')
  })

  it('keeps the characters of every script', async () => {
    const files = temporaryFile('Größe,"東京 ""1"""\n1,x\n')
    const { rows } = await collect({ files, columns: { size: number('Größe'), city: text('東京 "1"') } })
    expect(rows).toEqual([{ size: 1, city: 'x' }])
  })

  it('with a comma where another delimiter was declared says so', async () => {
    const error = await errorOf(collect({ files: temporaryFile('Phone,Rating\nS1,1\n'), columns, delimiter: ';' }))
    expect(error.message).toContain('pass delimiter: ","')
  })

  it('with a name in other letters says which', async () => {
    const error = await errorOf(collect({ files: temporaryFile('phone,Rating\nS1,1\n'), columns }))
    expect(error.message).toContain('Did you mean "phone"?')
  })

  it('may stand behind blank lines, with blanks around the names and line breaks in them', async () => {
    const files = temporaryFile('\n\r\nPhone , Rating,"a\nb"\nS1,1,\nS2,x,\n')
    const { rows, bad } = await collect({ files, columns })
    expect(rows).toEqual([{ sensor: 'S1', value: 1 }])
    expect(bad).toMatchObject([{ line: 6 }])
  })

  it('that cannot be read is an error', async () => {
    for (const content of ['Pho"ne,Rating\n', '"Phone,Rating\n', Buffer.from([0x50, 0xff, 0x2c, 0x52])]) {
      expect((await errorOf(collect({ files: temporaryFile(content), columns }))).code).toBe('CSV_HEADER_INVALID')
    }
  })

  it('that is missing because the file is empty is an error that says what to do', async () => {
    for (const content of ['', '\ufeff', '\r\n\n']) {
      const error = await errorOf(collect({ files: temporaryFile(content), columns }))
      expect(error.code).toBe('CSV_FILE_EMPTY')
      expect(error.message).toContain('header: [...]')
    }
  })
})

import { expect, it } from 'vitest'
import * as api from '../src/index.ts'

it('exports this name and no others', () => {
  expect(Object.keys(api)).toEqual(['runCommand'])
})

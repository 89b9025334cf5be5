import { preset } from '../../vitest.preset.ts'

/** Longer than the longest wait for a condition, so that a test that fails says which one it was. */
export default { ...preset, test: { ...preset.test, testTimeout: 30_000 } }

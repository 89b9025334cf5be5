import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vitest/config'
import { preset, properties } from '../../vitest.preset.ts'

/** The test kit depends on this package, so it cannot be a dependency of it: the tests find it by path. */
const testKit = fileURLToPath(new URL('../stream-testing/src/index.ts', import.meta.url))

export default mergeConfig(mergeConfig(preset, properties), {
  resolve: { alias: { '@rtp/stream-testing': testKit } },
  // Properties run a thousand cases; on a busy machine that takes its time.
  test: {
    testTimeout: 30_000,
    // Alone, the tests read as the specification; in a run of the whole workspace that would be too long.
    ...(process.env['RTP_TEST_REPORTS'] ? {} : { reporters: ['tree'] }),
  },
})

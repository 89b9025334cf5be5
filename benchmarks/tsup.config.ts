import { defineConfig } from 'tsup'
import { preset } from '../tsup.preset.ts'

export default defineConfig({
  ...preset([]),
  entry: {
    main: 'src/main.ts',
    'embedded-broker-process': 'src/kafka/embedded-broker-process.ts',
    'scale-out-member': 'src/scale-out/member-program.ts',
    'state-process': 'src/checkpoints/state-process.ts',
    'recovery-process': 'src/checkpoints/recovery-process.ts',
  },
})

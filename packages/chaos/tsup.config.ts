import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig({
  ...preset([]),
  entry: {
    main: 'src/main.ts',
    soak: 'src/soak/main.ts',
    'broker-process': 'src/servers/broker-process.ts',
    'crash-at': 'src/crash-at.ts',
  },
})

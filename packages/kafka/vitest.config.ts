import { mergeConfig } from 'vitest/config'
import { properties, withServers } from '../../vitest.preset.ts'

export default mergeConfig(withServers('kafka'), properties)

import { mergeConfig } from 'vitest/config'
import { preset, properties } from '../../vitest.preset.ts'

export default mergeConfig(preset, properties)

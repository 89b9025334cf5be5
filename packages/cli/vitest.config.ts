import { withServers } from '../../vitest.preset.ts'

export default withServers('postgres')

import { CRASHES_PER_POINT } from '../../../../runs.preset.ts'
import { crashSuite } from './crash-suite.ts'

crashSuite('commit', CRASHES_PER_POINT)

import fc from 'fast-check'
import { propertyRuns } from './runs.preset.ts'

/** Properties that do not say how often they run, and the seed of all of them where `pnpm test:full` names one, so that a run can be had again. */
const seed = process.env['RTP_SEED']
fc.configureGlobal({ numRuns: propertyRuns(100), ...(seed === undefined ? {} : { seed: Number(seed) }) })

import fc from 'fast-check'

/** `pnpm test:full` names the seed of all properties, so that a run can be had again; each test has one of its own otherwise. */
const seed = process.env['RTP_SEED']
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })

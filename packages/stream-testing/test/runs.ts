/** Simulated runs of `pnpm test`; more with RTP_SIMULATIONS. */
export const SIMULATIONS = Number(process.env['RTP_SIMULATIONS'] ?? 2_000)

/** The first of their seeds. */
export const FIRST_SEED = Number(process.env['RTP_SEED'] ?? 1)

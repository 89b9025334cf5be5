/** Cases of each property: 1,000 with `pnpm test`, more with RTP_PROPERTY_RUNS. A failing one prints its seed, which `fc.assert` takes again. */
export const PROPERTY_RUNS = { numRuns: Number(process.env['RTP_PROPERTY_RUNS'] ?? 1_000) }

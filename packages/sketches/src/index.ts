export { type DistinctCountOptions, distinctCount } from './distinct-count.ts'
export { type HeavyHitter, type HeavyHittersOptions, heavyHitters } from './heavy-hitters.ts'
export { type QuantilesOptions, quantiles } from './quantiles.ts'

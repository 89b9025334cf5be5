import { type NetworkProxy, networkProxy } from '@rtp/stream-testing/network'

/** The ways of the programs to their servers: what a test that fails them hands to PipelineFixture. */
export interface PipelineNetworks {
  readonly kafka: NetworkProxy
  readonly postgres: NetworkProxy
}

export async function pipelineNetworks(seed: number): Promise<PipelineNetworks> {
  const [kafka, postgres] = await Promise.all([networkProxy({ seed }), networkProxy({ seed: seed + 1 })])
  return { kafka, postgres }
}

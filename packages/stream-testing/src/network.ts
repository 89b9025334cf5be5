export { type DealOptions, type DealtFault, dealNetworkFaults } from './network/deal-network-faults.ts'
export type { NetworkCounts } from './network/network-counts.ts'
export type { Direction, NetworkFault, NetworkFaultKind, NetworkMoment } from './network/network-fault.ts'
export { type NetworkProxy, type NetworkProxyOptions, networkProxy } from './network/network-proxy.ts'

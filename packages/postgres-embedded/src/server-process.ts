export { freePort } from './free-port.ts'
export { isAlive, sendSignal } from './processes.ts'
export { until } from './until.ts'
export { startWatchdog, type Watchdog } from './watchdog.ts'

export { memoryCheckpointStore } from './checkpoint/memory-store.ts'
export { type CoreErrorCode, type Place, StreamError, type StreamErrorOptions } from './errors.ts'

export { type FileStoreOptions, fileCheckpointStore } from './checkpoint/file-store.ts'
export { memoryCheckpointStore } from './checkpoint/memory-store.ts'
export { type CoreErrorCode, type Place, StreamError, type StreamErrorOptions } from './errors.ts'

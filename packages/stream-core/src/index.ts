export { type CoreErrorCode, type Place, StreamError, type StreamErrorOptions } from './errors.ts'

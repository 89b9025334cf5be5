import { apiKeys, errorCodes, type WireWriter } from '@rtp/kafka-protocol'
import type { RequestHandler } from '../request-context.ts'

/** ApiVersions (18): which APIs in which versions. The table is filled by the dispatcher, which knows all handlers. */
export function apiVersionsHandler(handlers: () => readonly RequestHandler[]): RequestHandler {
  return {
    api: 'ApiVersions',
    minVersion: 0,
    maxVersion: 2,
    handle: (_request, response, { apiVersion, injectedError }) => {
      response.int16(injectedError)
      writeOffer(response, handlers())
      if (apiVersion >= 1) response.int32(0)
      return 'answer'
    },
  }
}

/** A client that asks in a version that is not offered gets the answer of version 0 (KIP-511), from which it learns what is. */
export function writeUnsupportedApiVersions(response: WireWriter, handlers: readonly RequestHandler[]): void {
  response.int16(errorCodes.UNSUPPORTED_VERSION)
  writeOffer(response, handlers)
}

function writeOffer(response: WireWriter, handlers: readonly RequestHandler[]): void {
  response.array(handlers, ({ api, minVersion, maxVersion }) => {
    response.int16(apiKeys[api]).int16(minVersion).int16(maxVersion)
  })
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { StreamError } from '@rtp/stream-core'
import { isAllowedHost } from './allowed-hosts.ts'
import { health } from './routes/health.ts'
import { metrics } from './routes/metrics.ts'
import { plan } from './routes/plan.ts'
import { readiness } from './routes/readiness.ts'
import { type Answer, json, type Route } from './routes/route.ts'
import type { ServedJob } from './served-job.ts'

export interface JobServerOptions {
  /** 0 takes a free one. Default 8083. */
  readonly port?: number
  /** Address to listen on. Default 127.0.0.1: nobody else's machine can ask. In a container: 0.0.0.0, published to where it is wanted. */
  readonly host?: string
  /** Names under which the server may be asked, besides localhost and addresses, e.g. that of a compose service. */
  readonly allowedHosts?: readonly string[]
}

export interface JobServer {
  readonly port: number
  /** Where to ask, e.g. `http://127.0.0.1:8083`. */
  readonly url: string
  /** Answers what is under way, then stops listening. Does nothing the second time. */
  close(): Promise<void>
}

/**
 * Serves /healthz, /readyz, /metrics and /plan of a running job, until the job ends or `close` is called. Throws PORT_IN_USE, PORT_DENIED,
 * PORT_INVALID, or SERVER_FAILED for anything else that keeps it from listening.
 */
export async function serveJob(job: ServedJob, options: JobServerOptions = {}): Promise<JobServer> {
  const { port = 8083, host = '127.0.0.1', allowedHosts = [] } = options
  const allowed = [host, ...allowedHosts]
  const server = createServer((request, response) => respond(job, allowed, request, response))
  server.headersTimeout = 5_000
  server.requestTimeout = 10_000
  const bound = await listen(server, port, host)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeServer(server))
  job.done.then(close, close)
  return { port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, close }
}

const ROUTES: ReadonlyMap<string, Route> = new Map([health, readiness, metrics, plan].map(route => [route.path, route]))

function respond(job: ServedJob, allowed: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  const { status, contentType, body } = answerTo(job, allowed, request)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    // Nothing here is meant for other sites, nor to be shown by a browser as anything but text.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function answerTo(job: ServedJob, allowed: readonly string[], { method, url, headers }: IncomingMessage): Answer {
  if (!isAllowedHost(headers.host, allowed)) {
    return json(403, { error: 'this Host is not allowed; add it to allowedHosts (option of serveJob) if it is yours.' })
  }
  const route = ROUTES.get((url ?? '').split('?', 1)[0]!)
  if (route === undefined) return json(404, { error: 'there is nothing here.', paths: [...ROUTES.keys()] })
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'only GET and HEAD are answered here.' })
  try {
    return route.answer(job)
  } catch (cause) {
    return json(500, { error: cause instanceof StreamError ? cause.code : 'the answer could not be made.' })
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StreamError('PORT_INVALID', `a port is a whole number from 0 to 65535; got ${port}.`)
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(listenError(cause, port, host)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function listenError(cause: Error, port: number, host: string): StreamError {
  const code = 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new StreamError(
      'PORT_IN_USE',
      `port ${port} on ${host} is taken by another program. Stop that, or choose another port; port 0 takes a free one.`,
      { cause },
    )
  }
  if (code === 'EACCES') {
    return new StreamError('PORT_DENIED', `this user may not listen on port ${port}. Choose one above 1023.`, { cause })
  }
  return new StreamError('SERVER_FAILED', `cannot listen on ${host}, port ${port}: ${cause.message}.`, { cause })
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

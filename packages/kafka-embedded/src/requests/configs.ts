import { errorCodes, type WireReader, type WireWriter } from '@rtp/kafka-protocol'
import type { BrokerState, RequestHandler } from '../request-context.ts'
import type { ConfigEntry } from '../topics/topic-config.ts'
import { checkConfig } from './topic-administration.ts'

const TOPIC = 2
const BROKER = 4
/** Where a value comes from (KIP-226). */
const TOPIC_SOURCE = 1
const STATIC_BROKER_SOURCE = 4
const DEFAULT_SOURCE = 5

interface Resource {
  readonly type: number
  readonly name: string
}

interface Outcome {
  readonly errorCode: number
  readonly message: string | null
}

/** DescribeConfigs (32), of topics and of the broker. */
export const describeConfigsHandler: RequestHandler = {
  api: 'DescribeConfigs',
  minVersion: 0,
  maxVersion: 2,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const resources = request.array(r => {
      const resource = readResource(r)
      return { ...resource, names: r.nullableArray(r2 => r2.string()) }
    })
    if (version >= 1) request.bool()
    response.int32(0)
    response.array(resources, ({ names, ...resource }) => {
      const outcome = injectedError ? { errorCode: injectedError, message: null } : checkResource(state, resource)
      response.int16(outcome.errorCode).nullableString(outcome.message).int8(resource.type).string(resource.name)
      const entries = outcome.errorCode === 0 ? entriesOf(state, resource) : []
      const wanted = names === null ? entries : entries.filter(({ name }) => names.includes(name))
      response.array(wanted, entry => writeEntry(response, version, resource, entry))
    })
    return 'answer'
  },
}

/** AlterConfigs (33): replaces the whole configuration of topics. */
export const alterConfigsHandler: RequestHandler = {
  api: 'AlterConfigs',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const resources = request.array(r => {
      const resource = readResource(r)
      return { ...resource, entries: r.array(r2 => [r2.string(), r2.nullableString()] as const) }
    })
    const validateOnly = request.bool()
    response.int32(0)
    response.array(resources, ({ entries, ...resource }) => {
      const config = entries.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]))
      writeOutcome(response, resource, injectedError, () => alter(state, resource, config, validateOnly))
    })
    return 'answer'
  },
}

/** IncrementalAlterConfigs (44): sets or deletes single entries; lists are not appended to. */
export const incrementalAlterConfigsHandler: RequestHandler = {
  api: 'IncrementalAlterConfigs',
  minVersion: 0,
  maxVersion: 0,
  handle: (request, response, { state, injectedError }) => {
    const resources = request.array(r => {
      const resource = readResource(r)
      const changes = r.array(r2 => ({ name: r2.string(), operation: r2.int8(), value: r2.nullableString() }))
      return { ...resource, changes }
    })
    const validateOnly = request.bool()
    response.int32(0)
    response.array(resources, ({ changes, ...resource }) => {
      const config = new Map(state.topics.get(resource.name)?.config.entries())
      for (const { name, operation, value } of changes) {
        if (operation === 0 && value !== null) config.set(name, value)
        else config.delete(name)
      }
      writeOutcome(response, resource, injectedError, () => {
        if (changes.every(({ operation }) => operation <= 1)) return alter(state, resource, [...config], validateOnly)
        return { errorCode: errorCodes.INVALID_CONFIG, message: 'Only set and delete are offered here.' }
      })
    })
    return 'answer'
  },
}

function readResource(request: WireReader): Resource {
  return { type: request.int8(), name: request.string() }
}

function checkResource(state: BrokerState, { type, name }: Resource): Outcome {
  if (type === BROKER) return { errorCode: 0, message: null }
  if (type !== TOPIC) {
    return { errorCode: errorCodes.INVALID_REQUEST, message: `Resources of type ${type} are not offered here.` }
  }
  if (state.topics.get(name) !== undefined) return { errorCode: 0, message: null }
  return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, message: `There is no topic "${name}".` }
}

function entriesOf(state: BrokerState, { type, name }: Resource): ConfigEntry[] {
  if (type === TOPIC) return state.topics.get(name)?.config.describe() ?? []
  return [
    { name: 'auto.create.topics.enable', value: String(state.autoCreateTopics), isDefault: false },
    { name: 'num.partitions', value: String(state.defaultPartitions), isDefault: false },
  ]
}

function writeEntry(response: WireWriter, version: number, { type }: Resource, entry: ConfigEntry): void {
  const ownSource = type === TOPIC ? TOPIC_SOURCE : STATIC_BROKER_SOURCE
  response
    .string(entry.name)
    .nullableString(entry.value)
    .bool(type === BROKER)
  if (version === 0) response.bool(entry.isDefault)
  else response.int8(entry.isDefault ? DEFAULT_SOURCE : ownSource)
  response.bool(false)
  if (version >= 1) response.int32(0)
}

function alter(state: BrokerState, resource: Resource, config: [string, string][], validateOnly: boolean): Outcome {
  const topic = state.topics.get(resource.name)
  const outcome = checkResource(state, resource)
  if (outcome.errorCode !== 0) return outcome
  if (resource.type !== TOPIC || topic === undefined) {
    return { errorCode: errorCodes.INVALID_REQUEST, message: 'The configuration of the broker cannot be changed.' }
  }
  const check = checkConfig(config)
  if (check.errorCode === 0 && !validateOnly) state.topics.configure(topic, config)
  return check
}

function writeOutcome(response: WireWriter, { type, name }: Resource, injectedError: number, act: () => Outcome): void {
  const { errorCode, message } = injectedError ? { errorCode: injectedError, message: null } : act()
  response.int16(errorCode).nullableString(message).int8(type).string(name)
}

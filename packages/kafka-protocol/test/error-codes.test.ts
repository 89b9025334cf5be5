import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { apiKeys, apiName, describeError, errorCodes } from '../src/index.ts'

const require = createRequire(import.meta.url)
const kafkajsErrors: { code: number; type: string; retriable: boolean }[] =
  require('kafkajs/src/protocol/error').errorCodes
const kafkajsApiKeys: Record<string, number> = require('kafkajs/src/protocol/requests/apiKeys')

/** kafkajs keeps the names from before Kafka 2.0 for these. */
const oldNames = new Map([
  ['UNKNOWN', 'UNKNOWN_SERVER_ERROR'],
  ['NOT_LEADER_FOR_PARTITION', 'NOT_LEADER_OR_FOLLOWER'],
  ['GROUP_LOAD_IN_PROGRESS', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_COORDINATOR_FOR_GROUP', 'NOT_COORDINATOR'],
])

describe('error codes', () => {
  it('agree with the table of kafkajs in number, name and whether they are retriable', () => {
    for (const theirs of kafkajsErrors) {
      const ours = describeError(theirs.code)
      expect(ours.name).toBe(oldNames.get(theirs.type) ?? theirs.type)
      expect(ours.retriable, ours.name).toBe(theirs.retriable)
    }
  })

  it('give the number by the name and back', () => {
    for (const [name, code] of Object.entries(errorCodes)) expect(describeError(code).name).toBe(name)
    expect(errorCodes.MESSAGE_TOO_LARGE).toBe(10)
  })

  it('describe a number that the table does not hold, as not retriable', () => {
    expect(describeError(9999)).toMatchObject({ code: 9999, name: 'UNKNOWN_ERROR_CODE', retriable: false })
  })
})

describe('API keys', () => {
  it('agree with the numbers that kafkajs uses', () => {
    const renamed = new Map([
      ['GroupCoordinator', 'FindCoordinator'],
      ['ElectPreferredLeaders', 'ElectLeaders'],
    ])
    const brokersOnly = ['LeaderAndIsr', 'StopReplica', 'UpdateMetadata', 'ControlledShutdown']
    for (const [name, key] of Object.entries(kafkajsApiKeys)) {
      if (!brokersOnly.includes(name)) expect(apiName(key)).toBe(renamed.get(name) ?? name)
    }
    expect(apiKeys.Produce).toBe(0)
  })
})

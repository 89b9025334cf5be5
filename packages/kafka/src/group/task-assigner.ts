import { dealPartitions } from './deal-partitions.ts'
import { readSubscription, type Subscription, writeDeal, writeSubscription } from './membership-records.ts'

/** What kafkajs knows of topics. */
export interface TopicPartitions {
  addMultipleTargetTopics(topics: string[]): Promise<void>
  findTopicPartitionMetadata(topic: string): readonly unknown[]
}

interface Joined {
  readonly memberId: string
  readonly memberMetadata: Buffer
}

/** A `PartitionAssigner` of kafkajs that deals whole tasks; `claim` is what this member says of itself. */
export interface TaskAssigner {
  readonly name: string
  readonly version: number
  protocol(): { name: string; metadata: Buffer }
  /** What the leader of the group does, with what all members say of themselves. */
  assign(group: { members: readonly Joined[] }): Promise<{ memberId: string; memberAssignment: Buffer }[]>
}

/** Groups whose members deal in another way refuse this one, instead of giving it half of a task. */
export const ASSIGNER_NAME = 'rtp-tasks'

export function taskAssigner(topics: TopicPartitions, claim: Subscription): TaskAssigner {
  return {
    name: ASSIGNER_NAME,
    version: 0,
    protocol: () => ({ name: ASSIGNER_NAME, metadata: writeSubscription(claim) }),
    async assign({ members }) {
      const dealt = members.map(({ memberId, memberMetadata }) => ({
        id: memberId,
        ...readSubscription(memberMetadata),
      }))
      // Members with another version of the job may want topics that this one does not know.
      await topics.addMultipleTargetTopics([...new Set(dealt.flatMap(member => member.topics))])
      return writeDeal(dealPartitions(dealt, topic => topics.findTopicPartitionMetadata(topic).length))
    },
  }
}

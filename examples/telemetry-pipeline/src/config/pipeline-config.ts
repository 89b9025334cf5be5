/** Everything about the pipeline that is not an address or a secret; the shape of `pipeline.config.json`. */
export interface PipelineConfig {
  /** Version of this shape. */
  readonly version: 1
  /** Topic of the readings; rows that cannot become a message go to `<topic>.dead`. */
  readonly topic: string
  /** Partitions of a topic that is made; an existing topic keeps its number. */
  readonly partitions: number
  /** Rows of the generated sample. */
  readonly rows: number
  readonly columns: ColumnMap
  readonly csv: {
    /** One character. */
    readonly delimiter: string
  }
  readonly eventTime: {
    /** How the CSV writes a time: declared, never guessed. ISO 8601 without a zone is UTC. */
    readonly form: EventTimeForm
    /** Earlier times are bad rows. ISO 8601. */
    readonly earliest: string
    /** Times later than the wall clock by more than this are bad rows. */
    readonly futureHours: number
  }
  readonly watermark: {
    /** How far behind the latest reading of its partition a reading may come without its window being closed already. */
    readonly outOfOrderSeconds: number
  }
  readonly window: {
    readonly minutes: number
    /** How long, in event time, a closed window's row still takes late readings in. */
    readonly allowedLatenessMinutes: number
    /** A stream that is quiet for so long by the wall clock has its open windows closed. */
    readonly quietSeconds: number
  }
  /** What `raw_events.payload` holds: fields without a column of their own, or the whole message. */
  readonly rawPayload: 'meta' | 'full'
  /** Worker threads of a job process; 1: none besides the main one. They share the partitions as processes do. */
  readonly threads: number
  readonly checkpoint: {
    /** Longest time between two commits. */
    readonly intervalMs: number
    /** Records after which a commit comes sooner. */
    readonly records: number
  }
  readonly group: {
    /** How long a job that vanished without a word keeps its partitions before the others, or its successor, get them. Brokers want 6 s or more. */
    readonly sessionTimeoutMs: number
  }
  readonly consumer: {
    /** What one answer of a broker brings of a partition, and so how much is processed at a time. */
    readonly fetchKb: number
  }
  readonly producer: {
    /** Size at which a record batch is sent. */
    readonly batchKb: number
    /** Longest wait for a batch to fill. */
    readonly lingerMs: number
  }
  readonly timeouts: {
    /** Time for one connection to a broker or the database, login included. */
    readonly connectMs: number
    /** A broker or database that owes an answer for so long counts as lost, and is connected to anew. */
    readonly answerMs: number
  }
  readonly startup: {
    /** How long broker and database are waited for before the command gives up. */
    readonly waitSeconds: number
  }
  readonly dashboard: {
    readonly port: number
    /** Address to listen on; 0.0.0.0 only behind something that asks for a password. */
    readonly host: string
  }
}

/** Header names of the CSV for the three columns of a reading. */
export interface ColumnMap {
  readonly sensor_id: string
  readonly value: string
  readonly event_time: string
}

export type EventTimeForm = 'iso8601' | 'epoch-seconds' | 'epoch-milliseconds'

/** What holds where a configuration file says nothing; the shipped file repeats it in full. */
export const DEFAULT_CONFIG: PipelineConfig = {
  version: 1,
  topic: 'telemetry.v0',
  partitions: 4,
  rows: 1_000_000,
  columns: { sensor_id: 'sensor_id', value: 'value', event_time: 'event_time' },
  csv: { delimiter: ',' },
  eventTime: { form: 'iso8601', earliest: '1900-01-01T00:00:00.000Z', futureHours: 24 },
  watermark: { outOfOrderSeconds: 5 },
  window: { minutes: 1, allowedLatenessMinutes: 60, quietSeconds: 10 },
  rawPayload: 'meta',
  threads: 1,
  checkpoint: { intervalMs: 1000, records: 20_000 },
  group: { sessionTimeoutMs: 10_000 },
  consumer: { fetchKb: 1024 },
  producer: { batchKb: 256, lingerMs: 5 },
  timeouts: { connectMs: 10_000, answerMs: 30_000 },
  startup: { waitSeconds: 60 },
  dashboard: { port: 8083, host: '127.0.0.1' },
}

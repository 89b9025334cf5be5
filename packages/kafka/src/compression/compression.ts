import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { CompressionName } from '@rtp/kafka-protocol'
import { messageOf } from '@rtp/stream-core/extend'
import { kafkaError } from '../errors.ts'
import { lz4FrameBound } from './lz4-frame-bound.ts'
import { readXerial, snappyLength } from './snappy-xerial.ts'
import { zstdFrameBound } from './zstd-frame-bound.ts'

/** One compression type. */
export interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  /** Throws when the result would be larger than `maxBytes`. */
  decompress(bytes: Buffer, maxBytes: number): Promise<Buffer>
}

/** The codec for a type; what it needs is loaded on first use. Throws KAFKA_COMPRESSION_UNAVAILABLE. */
export function codecFor(type: Exclude<CompressionName, 'none'>): Promise<Codec> {
  let codec = loaded.get(type)
  if (!codec) {
    codec = LOADERS[type]()
    loaded.set(type, codec)
    // A package may be installed while the process runs, and a failure is not worth keeping.
    codec.catch(() => loaded.delete(type))
  }
  return codec
}

const loaded = new Map<CompressionName, Promise<Codec>>()

const LOADERS: Record<Exclude<CompressionName, 'none'>, () => Promise<Codec>> = {
  gzip: async () => {
    const compress = promisify(gzip)
    const decompress = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)
    return {
      compress: bytes => compress(bytes),
      decompress: (bytes, maxBytes) => decompress(bytes, { maxOutputLength: maxBytes }),
    }
  },
  snappy: async () => {
    const { compress, uncompress } = await peer('snappy', () => import('snappy'))
    const one = async (block: Buffer): Promise<Buffer> => Buffer.from(await uncompress(block, { asBuffer: true }))
    return {
      compress: bytes => compress(bytes),
      async decompress(bytes, maxBytes) {
        const blocks = readXerial(bytes)
        let total = 0
        for (const block of blocks) total += snappyLength(block)
        checkBound(total, maxBytes)
        return blocks.length === 1 ? one(blocks[0]!) : Buffer.concat(await Promise.all(blocks.map(one)))
      },
    }
  },
  lz4: async () => {
    const { compressFrame, decompressFrame } = await peer('lz4-napi', () => import('lz4-napi'))
    return {
      compress: bytes => compressFrame(bytes),
      async decompress(bytes, maxBytes) {
        checkBound(lz4FrameBound(bytes), maxBytes)
        return decompressFrame(bytes)
      },
    }
  },
  zstd: async () => {
    const { compress, decompress } = await peer('@mongodb-js/zstd', () => import('@mongodb-js/zstd'))
    return {
      compress: bytes => compress(bytes),
      async decompress(bytes, maxBytes) {
        checkBound(zstdFrameBound(bytes), maxBytes)
        return decompress(bytes)
      },
    }
  },
}

async function peer<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load()
  } catch (cause) {
    throw kafkaError(
      'KAFKA_COMPRESSION_UNAVAILABLE',
      `the package ${name} is needed for this compression and cannot be loaded: ${messageOf(cause)}. Install it: npm install ${name}`,
      { cause },
    )
  }
}

function checkBound(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new RangeError(`it expands to up to ${bytes} bytes, ${maxBytes} are allowed`)
}

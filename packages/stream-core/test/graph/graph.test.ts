import { describe, expect, it } from 'vitest'
import { pipeline, toArray } from '../../src/index.ts'

describe('names of steps', () => {
  it('are unique: a default name is numbered from the second on', () => {
    const job = pipeline('names')
    const stream = job.from([1])
    stream
      .map(x => x)
      .map(x => x)
      .filter(() => true)
      .map(x => x)
      .sink(toArray<number>([]))
    stream.sink(toArray<number>([]))
    expect(job.graph.nodes.map(({ name }) => name)).toEqual([
      'iterable',
      'map',
      'map-2',
      'filter',
      'map-3',
      'array',
      'array-2',
    ])
  })

  it('that are given must differ, from default ones too', () => {
    const stream = pipeline('names').from([1], { name: 'numbers' })
    stream.map(x => x, { name: 'double' })
    expect(() => stream.map(x => x, { name: 'double' })).toThrow(
      'DUPLICATE_NAME: two steps of the pipeline are named "double"',
    )
    expect(() => stream.map(x => x, { name: 'numbers' })).toThrow('DUPLICATE_NAME')
    stream.filter(() => true)
    expect(() => stream.sink(toArray<number>([]), { name: 'filter' })).toThrow('DUPLICATE_NAME')
    expect(() => stream.map(x => x, { name: '' })).toThrow('a name must not be empty')
  })

  it('that were given are passed over by default ones', () => {
    const job = pipeline('names')
    const stream = job.from([1])
    stream.map(x => x, { name: 'filter-2' })
    stream.filter(() => true)
    stream.filter(() => true)
    expect(job.graph.nodes.map(({ name }) => name)).toEqual(['iterable', 'filter-2', 'filter', 'filter-3'])
  })
})

describe('the graph', () => {
  it('is plain data that cannot be changed', () => {
    const job = pipeline('frozen')
    job.from([1]).map(x => x)
    for (const node of job.graph.nodes) expect(Object.isFrozen(node)).toBe(true)
    expect(job.graph.nodes[1]).toMatchObject({ type: 'operator', id: 1, inputs: [{ from: 0, output: 'main' }] })
  })

  it('keeps inputs before what they feed, whichever way a pipeline branches', () => {
    const job = pipeline('order')
    const left = job.from([1])
    const right = job.from([2])
    const merged = left
      .map(x => x)
      .union(
        right.map(x => x),
        left,
      )
    merged.sink(toArray<number>([]))
    for (const node of job.graph.nodes) {
      if (node.type !== 'source') for (const { from } of node.inputs) expect(from).toBeLessThan(node.id)
    }
    expect(job.graph.upstreamOf(3)).toEqual(new Set([3, 1]))
  })
})

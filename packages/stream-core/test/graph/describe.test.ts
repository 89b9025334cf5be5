import { describe, expect, it } from 'vitest'
import { pipeline, toArray } from '../../src/index.ts'

function branching() {
  const job = pipeline('branching')
  const numbers = job.from([1, 2, 3], { name: 'numbers' })
  const { even, rest } = numbers.split({ even: x => x % 2 === 0 }, { name: 'parity' })
  even.union(rest.map(x => x * 2, { name: 'double "up"' })).sink(toArray<number>([]), { name: 'out' })
  return job
}

describe('a dataflow in print', () => {
  it('has a line for each step: its name, what it does, and where its records come from', () => {
    expect(branching().describe()).toBe(
      [
        'numbers      source (iterable)',
        'parity       split  <- numbers',
        'double "up"  map  <- parity',
        'union        union  <- parity.even, double "up"',
        'out          sink (array)  <- union',
      ].join('\n'),
    )
  })

  it('is a Mermaid flowchart, with side outputs on the arrows and quotes escaped', () => {
    expect(branching().toMermaid()).toBe(
      [
        'flowchart LR',
        '  n0(["numbers<br/><small>source (iterable)</small>"])',
        '  n1["parity<br/><small>split</small>"]',
        '  n0 --> n1',
        '  n2["double &quot;up&quot;<br/><small>map</small>"]',
        '  n1 --> n2',
        '  n3["union<br/><small>union</small>"]',
        '  n1 -->|even| n3',
        '  n2 --> n3',
        '  n4(["out<br/><small>sink (array)</small>"])',
        '  n3 --> n4',
      ].join('\n'),
    )
  })
})

import { describe, expect, it } from 'vitest'
import type { Key } from '../../src/state/key.ts'
import { KeyMap } from '../../src/state/key-map.ts'

describe('a map by keys', () => {
  it('compares by value: tuples that are equal are one key, and 1, 1n, "1" and true are four', () => {
    const map = new KeyMap<string>()
    const keys: Key[] = [['a', 1], ['a', '1'], 1, 1n, '1', true]
    for (const key of keys) map.set(key, JSON.stringify(String(key)) + typeof key)
    expect(map.size).toBe(6)
    expect(map.get(['a', 1])).toBe('"a,1"object')
    expect(map.get(-0)).toBeUndefined()
    map.delete(['a', 1])
    map.delete(1n)
    expect(map.get(['a', 1])).toBeUndefined()
    expect([...map.values()]).toEqual(['"1"number', '"1"string', '"true"boolean', '"a,1"object'])
    map.clear()
    expect(map.size).toBe(0)
  })

  it('visits values in the order in which keys came, tuples behind all others', () => {
    const map = new KeyMap<number>()
    map.set(['t'], 0)
    map.set('b', 1)
    map.set('a', 2)
    const visited: number[] = []
    map.each(value => visited.push(value))
    expect(visited).toEqual([1, 2, 0])
    expect([...map.values()]).toEqual(visited)
  })

  it('takes no object for a tuple that prints alike', () => {
    const map = new KeyMap<number>()
    map.set(['a'], 1)
    expect(() => map.get({ length: 1, 0: 'a' } as unknown as Key)).toThrow('KEY_INVALID')
  })
})

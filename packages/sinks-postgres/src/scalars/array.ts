import { textArray } from '../text-array.ts'
import { expected, type Scalar, type Target, ValueFault } from './scalar.ts'

/** Elements that are ready to be written, null where the array holds none, and their bytes. */
interface PreparedArray<P> {
  readonly elements: readonly (P | null)[]
  readonly bytes: number
}

/** One-dimensional arrays in the form of array_recv, with lower bound 1. */
export function arrayScalar<P>(element: Scalar<P>): Scalar<PreparedArray<P>> {
  return {
    name: element.name,
    oid: element.arrayOid,
    arrayOid: 0,
    prepare(value) {
      if (!Array.isArray(value)) throw expected(`an array of ${element.name}`, value)
      const elements: (P | null)[] = []
      let bytes = 0
      for (let i = 0; i < value.length; i++) {
        const prepared = value[i] === null || value[i] === undefined ? null : prepareElement(element, value[i], i)
        bytes += 4 + (prepared === null ? 0 : element.size(prepared))
        elements.push(prepared)
      }
      return { elements, bytes }
    },
    size: array => (array.elements.length === 0 ? EMPTY_HEADER : HEADER + array.bytes),
    put(target, at, array) {
      putHeader(target, at, element.oid, array.elements)
      let to = at + HEADER
      for (const prepared of array.elements) {
        const size = prepared === null ? -1 : element.size(prepared)
        target.view.setInt32(to, size)
        to += 4
        if (prepared === null) continue
        element.put(target, to, prepared)
        to += size
      }
    },
    text: array => textArray(array.elements.map(item => (item === null ? null : element.text(item)))),
  }
}

/** int32 each: dimensions, has nulls, element type; then length and lower bound of the one dimension. */
const HEADER = 20
const EMPTY_HEADER = 12

function putHeader({ view }: Target, at: number, elementOid: number, elements: readonly unknown[]): void {
  const isEmpty = elements.length === 0
  view.setInt32(at, isEmpty ? 0 : 1)
  view.setInt32(at + 4, elements.includes(null) ? 1 : 0)
  view.setInt32(at + 8, elementOid)
  if (isEmpty) return
  view.setInt32(at + 12, elements.length)
  view.setInt32(at + 16, 1)
}

function prepareElement<P>(element: Scalar<P>, value: unknown, at: number): P {
  try {
    return element.prepare(value)
  } catch (cause) {
    throw cause instanceof ValueFault ? new ValueFault(`element ${at} ${cause.message}`) : cause
  }
}

import { isIP } from 'node:net'

/**
 * Decides by the Host header whether a request may be answered. A page of another site can make a browser ask us under a name that it has
 * pointed at this machine (DNS rebinding), but it cannot make it send another name: so only known names pass, and addresses, which no one
 * can rebind.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  const name = nameOf(header)
  if (name === undefined) return false
  if (isIP(name) !== 0) return true
  return name === 'localhost' || name.endsWith('.localhost') || allowed.some(other => other.toLowerCase() === name)
}

/** The name in `name:port` or `[address]:port`, in lower case. */
function nameOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s[\]]+))(?::\d{1,5})?$/i.exec(header ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

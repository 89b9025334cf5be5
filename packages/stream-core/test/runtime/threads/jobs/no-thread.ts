/** A module that exports a function by the name, but no thread. */
export function thread(): void {}

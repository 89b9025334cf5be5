/** The job is cancelled when the signal is aborted, also if it was before; once it has ended, nothing is left at the signal. */
export function cancelWith(
  signal: AbortSignal | undefined,
  job: { readonly done: Promise<unknown>; cancel(): Promise<void> },
): void {
  if (signal === undefined) return
  const cancel = (): void => void job.cancel()
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const forget = (): void => signal.removeEventListener('abort', cancel)
  job.done.then(forget, forget)
}

declare module 'vitest' {
  interface ProvidedContext {
    /** From crash-setup.ts: the folder with `counting-job.js` and `crash-at.js`. */
    crashPrograms: string
  }
}

export {}

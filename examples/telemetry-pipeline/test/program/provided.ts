declare module 'vitest' {
  interface ProvidedContext {
    /** From program-setup.ts: file of the built program. */
    telemetryProgram: string
  }
}

export {}

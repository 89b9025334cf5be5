/** The file that was started: child processes run it again, and worker threads load it. */
export function programFile(): string {
  const [, file] = process.argv
  if (file === undefined) throw new Error('the program does not know its own file')
  return file
}

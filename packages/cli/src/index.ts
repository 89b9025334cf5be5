export { type Output, runCommand } from './run-command.ts'

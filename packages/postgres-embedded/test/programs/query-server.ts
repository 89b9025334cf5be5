import { statSync } from 'node:fs'
import { startPostgres } from '../../src/index.ts'
import { query } from '../query.ts'

/** Starts a server, asks it something, stops it, and prints who did so. */
const server = await startPostgres()
const rows = await query(server.url, 'select 1 as one')
const owner = statSync(server.dataDir).uid
await server.stop()
console.log(JSON.stringify({ user: process.getuid?.(), owner, rows }))

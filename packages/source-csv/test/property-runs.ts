/** Random cases for each property; FC_RUNS raises it for a long search. */
export const RUNS = Number(process.env['FC_RUNS'] ?? 1000)

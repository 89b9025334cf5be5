/** A row that does not end within so many bytes is bad. Below the 1 MiB that brokers take by default, so that it fits on the dead topic. */
export const MAX_ROW_BYTES = 1_000_000
/** A field of more bytes makes its row bad. */
export const MAX_FIELD_BYTES = 65_536
/** A sensor id of more bytes makes its row bad. */
export const MAX_ID_BYTES = 1024

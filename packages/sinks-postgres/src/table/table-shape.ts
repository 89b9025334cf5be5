/** What the catalogue says of a table, as far as a sink needs it. */
export interface TableShape {
  /** Schema and name as the server resolved them. */
  readonly schema: string
  readonly table: string
  /** pg_class.relkind: r table, p partitioned table, f foreign table, v view ... */
  readonly kind: string
  /** True when row-level security applies to this user: COPY refuses such tables. */
  readonly hasRowSecurity: boolean
  readonly canDelete: boolean
  readonly columns: ReadonlyMap<string, TableColumn>
  /** Column sets of the unique indexes that ON CONFLICT can use. */
  readonly uniqueKeys: readonly (readonly string[])[]
}

export interface TableColumn {
  readonly name: string
  /** pg_attribute.atttypid: the declared type. */
  readonly typeId: string
  /** pg_type.typname behind all domains, e.g. int8 or _int8. */
  readonly typeName: string
  /** pg_type.typtype behind all domains: b base, e enum, c composite, r range ... */
  readonly typeKind: string
  readonly isBuiltIn: boolean
  /** The declared type in SQL, for messages, e.g. `bigint`. */
  readonly typeText: string
  /** The same without length or precision: a cast to it never cuts a value off. */
  readonly castType: string
  /** n of varchar(n) and char(n). */
  readonly maxLength: number | undefined
  readonly isNotNull: boolean
  readonly hasDefault: boolean
  /** GENERATED ALWAYS AS (expression): never written. */
  readonly isGenerated: boolean
  /** GENERATED ALWAYS AS IDENTITY: COPY may write it, INSERT may not. */
  readonly isIdentityAlways: boolean
  readonly canInsert: boolean
  readonly canUpdate: boolean
  readonly canSelect: boolean
}

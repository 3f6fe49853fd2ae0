/** What `--table` may name (https://www.postgresql.org/docs/current/app-pgrestore.html). */
export const RELATIONS: ReadonlySet<string> = new Set([
  'TABLE',
  'FOREIGN TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SEQUENCE',
]);

/** What fills a relation, and is all that `--data-only` takes. */
export const DATA: ReadonlySet<string> = new Set(['TABLE DATA', 'SEQUENCE SET', 'MATERIALIZED VIEW DATA']);

/** What says something about another entry, and goes where that goes. */
const REMARKS: ReadonlySet<string> = new Set(['COMMENT', 'SECURITY LABEL', 'ACL']);

/** What belongs to a relation, an index or a constraint, and is nothing without it. */
const BELONGINGS: ReadonlySet<string> = new Set([
  ...DATA,
  ...REMARKS,
  'TABLE ATTACH',
  'INDEX ATTACH',
  'SEQUENCE OWNED BY',
  'DEFAULT',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'INDEX',
  'STATISTICS',
  'STATISTICS DATA',
  'RULE',
  'TRIGGER',
  'ROW SECURITY',
  'POLICY',
  'PUBLICATION TABLE',
]);

export const isRemark = (kind: string): boolean => REMARKS.has(kind);
export const isBelonging = (kind: string): boolean => BELONGINGS.has(kind);

/** What holds rows or shows those of others: too much to be brought along without being asked for. */
export const isAskedForOnly = (kind: string): boolean =>
  (RELATIONS.has(kind) && kind !== 'SEQUENCE') || kind.startsWith('PUBLICATION') || kind === 'SUBSCRIPTION';

/** Large objects themselves, and a list of what is in them. */
export const isLargeObject = (kind: string): boolean => kind === 'BLOB' || kind === 'BLOBS' || kind === 'BLOB METADATA';

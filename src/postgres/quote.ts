/** Quotes any name for SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text for SQL, as an escape string, which means the same under every setting. */
export function quoteLiteral(text: string): string {
  return ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/**
 * Quotes a value for SQL as JSON. Bytes that are not UTF-8 (`lossless-text.ts`) go out unchanged, because JSON would
 * escape them in a way that every server refuses.
 */
export function quoteJson(value: unknown): string {
  const text = JSON.stringify(value).replaceAll(/\\(?:u(dc[89a-f][0-9a-f])|[^])/g, (found, code: string | undefined) =>
    code === undefined ? found : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return quoteLiteral(text);
}

/** Settings that PostgreSQL keeps as lists of quoted names already (pg_dump's variable_is_guc_list_quote). */
export const LIST_SETTINGS: readonly string[] = [
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
];

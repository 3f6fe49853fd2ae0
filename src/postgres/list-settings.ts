/** Settings that PostgreSQL keeps as lists of quoted names already (pg_dump's variable_is_guc_list_quote). */
export const LIST_SETTINGS: readonly string[] = [
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
];

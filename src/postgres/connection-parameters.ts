/**
 * What libpq takes in a connection string, of any version from 13 to 18
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS). Which of them an older one refuses,
 * it says itself.
 */
const PARAMETERS = new Set(
  `application_name channel_binding client_encoding connect_timeout dbname fallback_application_name
  gssdelegation gssencmode gsslib host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname
  load_balance_hosts max_protocol_version min_protocol_version oauth_client_id oauth_client_secret oauth_issuer oauth_scope
  options passfile password port replication require_auth requirepeer scram_client_key scram_server_key service
  servicefile ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl sslcrldir sslkey
  sslkeylogfile sslmode sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user`.split(
    /\s+/,
  ),
);

export function isKnownParameter(keyword: string): boolean {
  return PARAMETERS.has(keyword);
}

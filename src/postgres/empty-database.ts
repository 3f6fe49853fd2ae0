/**
 * Takes everything out of a database that a dump could bring, in the transaction that then loads the dump: when that
 * fails, all of it is back. What belongs to PostgreSQL itself stays, and the schema `public` is as in a new database
 * (https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PUBLIC). Subscriptions stay: they cannot be
 * dropped in a transaction.
 */
export const EMPTY_DATABASE = `
DO $pgbak$
DECLARE
  object record;
BEGIN
  SET LOCAL client_min_messages = warning;
  FOR object IN SELECT evtname AS name FROM pg_catalog.pg_event_trigger LOOP
    EXECUTE pg_catalog.format('DROP EVENT TRIGGER IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT pubname AS name FROM pg_catalog.pg_publication LOOP
    EXECUTE pg_catalog.format('DROP PUBLICATION IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT extname AS name FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' LOOP
    EXECUTE pg_catalog.format('DROP EXTENSION IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT fdwname AS name FROM pg_catalog.pg_foreign_data_wrapper LOOP
    EXECUTE pg_catalog.format('DROP FOREIGN DATA WRAPPER IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT nspname AS name FROM pg_catalog.pg_namespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' LOOP
    EXECUTE pg_catalog.format('DROP SCHEMA IF EXISTS %I CASCADE', object.name);
  END LOOP;
  PERFORM pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;
  IF pg_catalog.current_setting('server_version_num')::integer >= 150000 THEN
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
  ELSE
    CREATE SCHEMA public;
    GRANT ALL ON SCHEMA public TO PUBLIC;
  END IF;
  COMMENT ON SCHEMA public IS 'standard public schema';
END
$pgbak$;
`;

/**
 * Gives what PostgreSQL itself brings the privileges of a new database again: a dump holds those that were changed, and
 * so must a restore over a database take them back. pg_init_privs has what initdb set; what has no line there has the
 * default (https://www.postgresql.org/docs/current/catalog-pg-init-privs.html). What another role owns stays, and so does
 * information_schema, whose privileges are in no dump.
 */
export const RESET_SYSTEM_PRIVILEGES = `
DO $pgbak$
DECLARE
  object record;
  given record;
BEGIN
  FOR object IN
    SELECT target, part, acl, coalesce(initprivs, usual) AS wanted FROM (
      SELECT 'pg_catalog.pg_class'::regclass AS class, c.oid, 0 AS subid, relowner AS owner, relacl AS acl, '' AS part,
        pg_catalog.acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner) AS usual,
        pg_catalog.format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname) AS target
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'pg_catalog' AND relkind IN ('r', 'v', 'm', 'S', 'f', 'p')
      UNION ALL SELECT 'pg_catalog.pg_class'::regclass, attrelid, attnum, relowner, attacl, pg_catalog.format('(%I)', attname),
        NULL, pg_catalog.format('TABLE %I.%I', nspname, relname)
        FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class c ON c.oid = attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE nspname = 'pg_catalog'
      UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, 0, proowner, proacl, '', pg_catalog.acldefault('f', proowner),
        'ROUTINE ' || oid::regprocedure FROM pg_catalog.pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
      UNION ALL SELECT 'pg_catalog.pg_type'::regclass, t.oid, 0, typowner, typacl, '', pg_catalog.acldefault('T', typowner),
        pg_catalog.format('TYPE %I.%I', nspname, typname)
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = typnamespace WHERE nspname = 'pg_catalog'
      UNION ALL SELECT 'pg_catalog.pg_language'::regclass, oid, 0, lanowner, lanacl, '', pg_catalog.acldefault('l', lanowner),
        pg_catalog.format('LANGUAGE %I', lanname) FROM pg_catalog.pg_language
      UNION ALL SELECT 'pg_catalog.pg_namespace'::regclass, oid, 0, nspowner, nspacl, '', pg_catalog.acldefault('n', nspowner),
        pg_catalog.format('SCHEMA %I', nspname) FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog'
    ) AS everything
    LEFT JOIN pg_catalog.pg_init_privs ON classoid = class AND objoid = oid AND objsubid = subid
    WHERE oid < 16384 AND acl IS NOT NULL AND pg_catalog.pg_has_role(owner, 'USAGE')
      AND NOT coalesce(acl @> coalesce(initprivs, usual) AND acl <@ coalesce(initprivs, usual), false)
  LOOP
    FOR given IN SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC'
        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END AS name FROM pg_catalog.aclexplode(object.acl) LOOP
      EXECUTE pg_catalog.format('REVOKE ALL %s ON %s FROM %s CASCADE', object.part, object.target, given.name);
    END LOOP;
    FOR given IN SELECT privilege_type, is_grantable, CASE grantee WHEN 0 THEN 'PUBLIC'
        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END AS name FROM pg_catalog.aclexplode(object.wanted) LOOP
      EXECUTE pg_catalog.format('GRANT %s %s ON %s TO %s %s', given.privilege_type, object.part, object.target, given.name,
        CASE WHEN given.is_grantable THEN 'WITH GRANT OPTION' END);
    END LOOP;
  END LOOP;
END
$pgbak$;
`;

/**
 * Resets the privileges on PostgreSQL's own objects to those in a new database. A dump holds only changed privileges,
 * so a restore over a database must undo other changes. pg_init_privs has the privileges that initdb set; an object
 * without a line there has the default (https://www.postgresql.org/docs/current/catalog-pg-init-privs.html).
 *
 * Objects of another role keep theirs, and so does information_schema, whose privileges are in no dump.
 */
const RESET_SYSTEM_PRIVILEGES = `
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

/**
 * Removes everything from a database that a dump could bring, in the same transaction that then loads the dump. If the
 * load fails, everything is back. PostgreSQL's own objects stay, and so does the database with its owner, settings and
 * privileges. The schema `public` becomes as in a new database of that version
 * (https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PUBLIC).
 *
 * Extensions of another role stay, because managed services create them with a role of their own. Only the rows in them
 * that a dump would bring again are removed. Subscriptions are refused: they cannot be dropped in a transaction.
 *
 * The script is in plpgsql, which every new database has, but this one may have lost.
 *
 * 16384 is the first id that PostgreSQL gives to an object that is not its own (FirstNormalObjectId).
 */
export const EMPTY_DATABASE = `
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS plpgsql;
DO $pgbak$
DECLARE
  object record;
  kept oid[];
  named text;
  is_there boolean;
BEGIN
  SELECT pg_catalog.string_agg(pg_catalog.quote_ident(subname), ', ') INTO named FROM pg_catalog.pg_subscription
    WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database());
  IF named IS NOT NULL THEN
    RAISE EXCEPTION 'the database has subscriptions, which cannot be dropped in a transaction: %', named
      USING HINT = 'DROP SUBSCRIPTION first, or restore into a new database: --create';
  END IF;
  FOR object IN SELECT evtname AS name FROM pg_catalog.pg_event_trigger WHERE oid >= 16384 LOOP
    EXECUTE pg_catalog.format('DROP EVENT TRIGGER IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT pubname AS name FROM pg_catalog.pg_publication LOOP
    EXECUTE pg_catalog.format('DROP PUBLICATION IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT srvname AS name FROM pg_catalog.pg_foreign_server LOOP
    EXECUTE pg_catalog.format('DROP SERVER IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN SELECT extname AS name, pg_catalog.pg_has_role(extowner, 'USAGE') AS is_own, extconfig, extcondition
    FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' LOOP
    IF object.is_own THEN
      EXECUTE pg_catalog.format('DROP EXTENSION IF EXISTS %I CASCADE', object.name);
    ELSE
      RAISE WARNING 'extension % belongs to another role and stays', pg_catalog.quote_ident(object.name);
      FOR i IN 1 .. coalesce(pg_catalog.array_length(object.extconfig, 1), 0) LOOP
        IF (SELECT relkind FROM pg_catalog.pg_class WHERE oid = object.extconfig[i]) = 'r'
          AND pg_catalog.has_table_privilege(object.extconfig[i], 'DELETE') THEN
          EXECUTE pg_catalog.format('DELETE FROM ONLY %s %s', object.extconfig[i]::regclass, object.extcondition[i]);
        END IF;
      END LOOP;
    END IF;
  END LOOP;

  -- From here on every extension is one that stays, and so do the schemas that hold it or belong to it.
  kept := ARRAY(
    SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ('public', 'pg_catalog', 'information_schema')
    UNION SELECT extnamespace FROM pg_catalog.pg_extension
    UNION SELECT objid FROM pg_catalog.pg_depend WHERE deptype = 'e' AND classid = 'pg_catalog.pg_namespace'::regclass);
  FOR object IN SELECT nspname AS name FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND oid <> ALL (kept) LOOP
    EXECUTE pg_catalog.format('DROP SCHEMA IF EXISTS %I CASCADE', object.name);
  END LOOP;
  FOR object IN
    SELECT classid, oid FROM (
      SELECT 'pg_catalog.pg_class'::regclass AS classid, oid, relnamespace AS namespace FROM pg_catalog.pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, pronamespace FROM pg_catalog.pg_proc
      UNION ALL SELECT 'pg_catalog.pg_type'::regclass, oid, typnamespace FROM pg_catalog.pg_type
      UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, oid, oprnamespace FROM pg_catalog.pg_operator
      UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace FROM pg_catalog.pg_opclass
      UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, oid, opfnamespace FROM pg_catalog.pg_opfamily
      UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid, collnamespace FROM pg_catalog.pg_collation
      UNION ALL SELECT 'pg_catalog.pg_conversion'::regclass, oid, connamespace FROM pg_catalog.pg_conversion
      UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace FROM pg_catalog.pg_ts_config
      UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace FROM pg_catalog.pg_ts_dict
      UNION ALL SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, prsnamespace FROM pg_catalog.pg_ts_parser
      UNION ALL SELECT 'pg_catalog.pg_ts_template'::regclass, oid, tmplnamespace FROM pg_catalog.pg_ts_template
      UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::regclass, oid, stxnamespace FROM pg_catalog.pg_statistic_ext
      UNION ALL SELECT 'pg_catalog.pg_cast'::regclass, oid, NULL FROM pg_catalog.pg_cast
      UNION ALL SELECT 'pg_catalog.pg_transform'::regclass, oid, NULL FROM pg_catalog.pg_transform
      UNION ALL SELECT 'pg_catalog.pg_language'::regclass, oid, NULL FROM pg_catalog.pg_language
      UNION ALL SELECT 'pg_catalog.pg_am'::regclass, oid, NULL FROM pg_catalog.pg_am
      UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, NULL FROM pg_catalog.pg_foreign_data_wrapper
    ) AS everything
    WHERE oid >= 16384 AND (namespace IS NULL OR namespace = ANY (kept))
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS needed WHERE needed.classid = everything.classid
        AND needed.objid = everything.oid AND needed.objsubid = 0 AND needed.deptype IN ('e', 'i', 'P', 'S'))
  LOOP
    -- An earlier DROP may have taken the object along, and PostgreSQL 13 fails to identify a missing object.
    EXECUTE pg_catalog.format('SELECT EXISTS (SELECT 1 FROM %s WHERE oid = $1)', object.classid::regclass)
      INTO is_there USING object.oid;
    CONTINUE WHEN NOT is_there;
    SELECT CASE type WHEN 'statistics object' THEN 'STATISTICS' WHEN 'function' THEN 'ROUTINE'
        WHEN 'procedure' THEN 'ROUTINE' WHEN 'aggregate' THEN 'ROUTINE'
        WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER' ELSE type END || ' ' ||
      CASE type WHEN 'transform' THEN pg_catalog.replace(identity, ' on language ', ' language ') ELSE identity END
      INTO named FROM pg_catalog.pg_identify_object(object.classid, object.oid, 0);
    EXECUTE 'DROP ' || named || ' CASCADE';
  END LOOP;
  PERFORM pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;

  FOR object IN
    SELECT DISTINCT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s', pg_catalog.pg_get_userbyid(defaclrole),
        CASE WHEN nspname IS NULL THEN '' ELSE pg_catalog.format(' IN SCHEMA %I', nspname) END) AS rule,
      CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES'
        WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS kind,
      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END AS grantee,
      pg_catalog.pg_get_userbyid(defaclrole) AS owner, defaclobjtype, nspname IS NULL AS is_global
    FROM pg_catalog.pg_default_acl LEFT JOIN pg_catalog.pg_namespace ON pg_namespace.oid = defaclnamespace
      LEFT JOIN LATERAL pg_catalog.aclexplode(defaclacl) AS given ON true
  LOOP
    IF object.grantee IS NOT NULL THEN
      EXECUTE pg_catalog.format('%s REVOKE ALL ON %s FROM %s', object.rule, object.kind, object.grantee);
    END IF;
  END LOOP;
  -- What is left now is empty, and goes when it is what PostgreSQL gives by itself.
  FOR object IN SELECT pg_catalog.pg_get_userbyid(defaclrole) AS owner, defaclobjtype AS kind
    FROM pg_catalog.pg_default_acl WHERE defaclnamespace = 0 LOOP
    named := CASE object.kind WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
      WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END;
    EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT ALL ON %s TO %I', object.owner, named,
      object.owner);
    IF object.kind IN ('f', 'T') THEN
      EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT ALL ON %s TO PUBLIC', object.owner, named);
    END IF;
  END LOOP;

  CREATE SCHEMA IF NOT EXISTS public;
  IF (SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = 'public') THEN
    FOR object IN SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC'
        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END AS name
      FROM pg_catalog.pg_namespace, pg_catalog.aclexplode(nspacl) AS given WHERE nspname = 'public' LOOP
      EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA public FROM %s CASCADE', object.name);
    END LOOP;
    COMMENT ON SCHEMA public IS 'standard public schema';
    IF pg_catalog.current_setting('server_version_num')::integer >= 150000 THEN
      ALTER SCHEMA public OWNER TO pg_database_owner;
      GRANT ALL ON SCHEMA public TO pg_database_owner;
      GRANT USAGE ON SCHEMA public TO PUBLIC;
    ELSE
      IF pg_catalog.pg_has_role(10::oid, 'MEMBER') THEN
        EXECUTE pg_catalog.format('ALTER SCHEMA public OWNER TO %I', pg_catalog.pg_get_userbyid(10));
      END IF;
      EXECUTE pg_catalog.format('GRANT ALL ON SCHEMA public TO %I', (SELECT pg_catalog.pg_get_userbyid(nspowner)
        FROM pg_catalog.pg_namespace WHERE nspname = 'public'));
      GRANT ALL ON SCHEMA public TO PUBLIC;
    END IF;
  END IF;
END
$pgbak$;
${RESET_SYSTEM_PRIVILEGES}`;

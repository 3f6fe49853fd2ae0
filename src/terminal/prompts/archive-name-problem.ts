import { placeOf } from '../../server/destination.ts';
import type { Environment } from '../../server/environment.ts';
import type { ServerFields, ServerRecord } from '../../server/server.ts';
import { withSameArchives } from '../../server/server-form.ts';

/** Whether another server's archives have that name in the same place. */
export function archiveNameProblem(
  fields: Pick<ServerFields, 'destination' | 'b2Bucket'>,
  { others, environment }: { others: readonly ServerRecord[]; environment: Environment },
): (archiveName: string) => string | undefined {
  const place = placeOf(fields, environment);
  return (archiveName) => {
    const other = withSameArchives(place, archiveName, others, environment);
    return other === undefined ? undefined : `server "${other.name}" has that name in ${place} already`;
  };
}

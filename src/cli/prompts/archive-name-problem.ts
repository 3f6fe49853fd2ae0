import { placeOf } from '../../config/destination.ts';
import type { Environment } from '../../config/environment.ts';
import type { ServerFields, ServerRecord } from '../../config/server.ts';
import { withSameArchives } from '../server-form.ts';

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

import { fileURLToPath } from 'node:url';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

/** Where the schemas are published: with the package, and in the repository. */
export const FOLDER = new URL('../../docs/json/', import.meta.url);

/**
 * The JSON Schema (draft 7) of each document that a command prints, made of the types that the commands return. Each stands
 * for itself: what several documents share is repeated.
 */
export function schemasOfDocuments(): Map<string, Schema> {
  const generator = createGenerator({
    path: fileURLToPath(new URL('documents.ts', import.meta.url)),
    tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
    type: 'Documents',
    expose: 'none',
    topRef: false,
    skipTypeCheck: true,
  });
  const { properties = {} } = generator.createSchema('Documents');
  return new Map(
    Object.entries(properties).flatMap(([name, schema]) =>
      typeof schema === 'boolean'
        ? []
        : [[name, { $schema: 'http://json-schema.org/draft-07/schema#', title: `pgbak ${name}`, ...schema }]],
    ),
  );
}

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { FOLDER, schemasOfDocuments } from './schemas.ts';

test('the schemas in docs/json are what the types of the commands make of them (npm run schemas)', () => {
  const schemas = schemasOfDocuments();
  expect(schemas.size).toBe(29);
  for (const [name, schema] of schemas) {
    expect({ name, schema: JSON.parse(readFileSync(new URL(`${name}.schema.json`, FOLDER), 'utf8')) }).toEqual({
      name,
      schema,
    });
  }
});

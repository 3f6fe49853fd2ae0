import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { FOLDER, schemasOfDocuments } from './schemas.ts';

// `npm run schemas` writes docs/json/*.schema.json anew.
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
for (const [name, schema] of schemasOfDocuments()) {
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
  writeFileSync(new URL(`${name}.schema.json`, FOLDER), text);
}

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { settingsPage } from './page.ts';

// `npm run settings` writes docs/settings.md anew.
const path = fileURLToPath(new URL('../../docs/settings.md', import.meta.url));
writeFileSync(path, await format(settingsPage(), { filepath: path, printWidth: 120 }));

import { measureStartup, startupTable } from './startup.ts';

// `npm run bench:startup`
process.stdout.write(`${startupTable(await measureStartup(1_000_000))}\n`);

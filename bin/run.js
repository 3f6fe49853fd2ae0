#!/usr/bin/env node

// Plain JavaScript without imports up to the check: it must run on a Node that is too old for everything else.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  process.stderr.write(`pgbak: needs Node 20.17 or newer, this is ${process.versions.node} (${process.execPath})\n`);
  process.exit(2);
}

// What oclif would print after it had loaded itself.
if (process.argv.length === 3 && process.argv[2] === '--version') {
  const { readFileSync } = await import('node:fs');
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
  process.exit();
}

try {
  const { main } = await import('../dist/main.js');
  await main(import.meta.url);
} catch (error) {
  // Commands report their own failures; what arrives here is an installation that does not load.
  const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  process.stderr.write(`pgbak: this installation is broken: ${message}\n`);
  process.stderr.write('Reinstall it: npm install -g --allow-scripts=better-sqlite3 pgbak\n');
  if (process.env.DEBUG) console.error(error);
  process.exit(2);
}

#!/usr/bin/env node

// The command line as it stands in src: compiles what has changed, then runs it as published.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const args = [tsc, '-p', root, '--incremental', '--tsBuildInfoFile', `${root}/node_modules/.cache/dev.tsbuildinfo`];
const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
if (status !== 0) process.exit(status ?? 1);
await import('./run.js');

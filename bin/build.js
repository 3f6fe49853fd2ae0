#!/usr/bin/env node

// Makes dist/: a file for each command, and what they share in chunks. Kysely alone is 279 modules, whose loading took
// most of the time of a run with nothing due; bundled, only what is used is left. What brings a compiled part, must be
// one copy, or is needed rarely stays outside and is loaded from node_modules.
import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledLicenses } from './bundled-licenses.js';

const BUNDLED = [
  'kysely',
  'kysely/helpers/sqlite',
  'valibot',
  'env-paths',
  'execa',
  'axios',
  'backblaze-b2',
  '@aws-sdk/client-s3',
  'fast-wrap-ansi',
  'fast-string-width',
  'cli-table3',
  'hono',
  'hono/cookie',
  'hono/html',
  'hono/streaming',
  '@hono/node-server',
  '@oclif/core/args',
  '@oclif/core/command',
  '@oclif/core/run',
  '@oclif/core/flags',
  '@oclif/core/help',
];

// oclif would use them in a development tree.
const OUTSIDE = ['typescript', 'ts-node'];

// Of what the packages bring, most of the time went into things that pgbak never comes to.
const INSTEAD = {
  // cli-table3 measures each text several times, with a package that compiles its pattern anew each time.
  'string-width': "module.exports = require('fast-string-width').default;",
  // All that backblaze-b2 takes of it.
  lodash:
    "module.exports = { get: require('lodash/get'), isString: require('lodash/isString'), merge: require('lodash/merge') };",
  // The types of files in forms, and no form is ever sent.
  'mime-db': 'module.exports = {};',
  // oclif looks for commands, plugins and its own settings by them, where a manifest and package.json do not tell.
  minimatch: 'module.exports = {};',
  tinyglobby: 'module.exports = {};',
  lilconfig: 'module.exports = {};',
  // It would tell Windows' Linux from others, and print spinners, wrapped errors and its own log.
  'wsl-utils': 'module.exports = { isWsl: false };',
  'cli-spinners': "module.exports = { dots2: { frames: [''] }, line: { frames: [''] } };",
  debug: 'module.exports = () => () => {};',
  // Tells browsers apart.
  bowser: 'module.exports = {};',
  // Of texts with placeholders of its own there are none in what is printed.
  ejs: 'module.exports = { render: (text) => text };',
  'wrap-ansi': "module.exports = require('fast-wrap-ansi').wrapAnsi;",
};

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}/dist`, { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
  absWorkingDir: root,
  entryPoints: ['src/commands/**/*.ts', 'src/main.ts', 'src/terminal/help.ts', 'src/terminal/completion/complete.ts'],
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'shared/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.17',
  logLevel: 'warning',
  // Files that pages load, as texts.
  loader: { '.css': 'text', '.svg': 'text', '.browser.js': 'text' },
  // Names stay, for the sake of stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Bundled CommonJS asks for Node's own modules by require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  plugins: [
    {
      name: 'packages stay outside',
      setup: (plugin) => {
        plugin.onResolve({ filter: new RegExp(`^(${Object.keys(INSTEAD).join('|')})$`) }, ({ path }) => ({
          path,
          namespace: 'instead',
        }));
        plugin.onLoad({ filter: /.*/, namespace: 'instead' }, ({ path }) => ({
          contents: INSTEAD[path],
          resolveDir: root,
        }));
        // A look at a global of the web makes Node load all of its fetch; axios' adapter for Node needs none of them.
        plugin.onLoad({ filter: /\/axios\/dist\/node\/axios\.cjs$/ }, async ({ path }) => ({
          contents: `'use strict'; const globalThis = {};${await readFile(path, 'utf8')}`,
        }));
        // It would end the process when standard output fails; what pgbak does then stands in src/terminal/output.ts.
        plugin.onLoad({ filter: /\/@oclif\/core\/lib\/command\.js$/ }, async ({ path }) => {
          const text = await readFile(path, 'utf8');
          const contents = text.replace(/^process\.stdout\.on\('error', [^]*?^\}\);$/m, '');
          if (contents === text) throw new Error(`${path} has no listener for errors of stdout any more`);
          return { contents };
        });
        // Only those of pages are texts.
        plugin.onLoad({ filter: /\/node_modules\/.*\.browser\.js$/ }, async ({ path }) => ({
          contents: await readFile(path, 'utf8'),
        }));
        // It would warn of Node 20, which no user of pgbak can do anything about here.
        plugin.onLoad({ filter: /\/emitWarningIfUnsupportedVersion\.js$/ }, () => ({
          contents: 'export const state = {}; export const emitWarningIfUnsupportedVersion = () => {};',
        }));
        // One copy for pings and for backblaze-b2, which takes it by require.
        plugin.onResolve({ filter: /^axios$/ }, () => ({ path: `${root}node_modules/axios/dist/node/axios.cjs` }));
        plugin.onResolve({ filter: /^[^.]/ }, ({ path, kind, importer, namespace }) => {
          if (OUTSIDE.includes(path)) return { path, external: true };
          const isTheirs = namespace === 'instead' || importer.includes('node_modules');
          return isTheirs || kind === 'entry-point' || BUNDLED.includes(path) ? undefined : { path, external: true };
        });
      },
    },
  ],
});
writeFileSync(`${root}/dist/LICENSES.txt`, bundledLicenses(root, Object.keys(metafile.inputs)));

import { ConfigError, errorCode, errorMessage } from '../core/errors.ts';

/**
 * The error to show when better-sqlite3's compiled part does not load, which after an upgrade of Node stops every run
 * until someone rebuilds it; undefined for any other error.
 */
export function nativeModuleProblem(error: unknown): ConfigError | undefined {
  const message = errorMessage(error);
  const isMissing = /could not locate the bindings file/i.test(message);
  const isForeign = errorCode(error) === 'ERR_DLOPEN_FAILED' || /NODE_MODULE_VERSION/.test(message);
  if (!isMissing && !isForeign) return undefined;
  const what = isMissing ? 'was not built when pgbak was installed' : 'was built for another version of Node';
  return new ConfigError(
    `better-sqlite3, which reads the catalogue, ${what} (this is Node ${process.version})`,
    'Reinstall pgbak with this Node: npm install -g --allow-scripts=better-sqlite3 pgbak (or: npm rebuild better-sqlite3).',
  );
}

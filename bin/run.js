#!/usr/bin/env node

// Plain JavaScript without imports up to the check: it must run on a Node that is too old for everything else.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  process.stderr.write(
    `pgbak: this is Node ${process.versions.node} (${process.execPath}), and pgbak needs Node 20.17 or newer\n`,
  );
  process.exit(2);
}

// Node gave SIGHUP its default back, under nohup too, and to load takes a moment: whether to obey is decided after it.
let isHungUp = false;
process.on('SIGHUP', () => (isHungUp = true));

// A message that cannot be printed ends nothing.
process.stderr.on('error', () => {});

// What oclif would print after it had loaded itself.
if (process.argv.length === 3 && ['--version', '-v', 'version'].includes(process.argv[2])) {
  const { readFileSync } = await import('node:fs');
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.on('error', ({ code }) => {
    if (code === 'EPIPE') return;
    process.exitCode = 1;
    process.stderr.write(`pgbak: cannot write to standard output: ${code}\n`);
  });
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else if (process.argv[2] === 'completion' && /^--complete(-line)?$/.test(process.argv[3] ?? '')) {
  // The shell asks at each Tab.
  muteDebugging();
  await nameHome();
  process.stdout.on('error', () => {});
  const { complete } = await import('../dist/terminal/completion/complete.js');
  complete(process.argv.slice(3), import.meta.url);
} else {
  const isDebugging = muteDebugging();
  await nameHome();
  try {
    const { main } = await import('../dist/main.js');
    await main(import.meta.url, { isDebugging, isHungUp: () => isHungUp });
  } catch (error) {
    explain(error);
    if (isDebugging) console.error(error);
    process.exit(process.exitCode);
  }
}

/**
 * With DEBUG and NODE_DEBUG, packages and Node print what they send and were given: keys and passwords. Both are taken
 * away; of DEBUG is left that pgbak's own faults show where they come from, which is what is returned.
 */
function muteDebugging() {
  const { DEBUG: debug = '', NODE_DEBUG: nodeDebug = '' } = process.env;
  delete process.env.DEBUG;
  delete process.env.NODE_DEBUG;
  if (nodeDebug !== '') {
    process.stderr.write('pgbak: NODE_DEBUG is ignored: it would print keys and passwords\n');
    // Node has read it already. Its lines begin with a name and the number of this process.
    // oxlint-disable-next-line no-control-regex
    const line = new RegExp(`^[\\w:/@.-]+ (?:\\u001b\\[\\d+m)?${process.pid}(?:\\u001b\\[\\d+m)?: `);
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (chunk, ...rest) => {
      if (typeof chunk !== 'string' || !line.test(chunk)) return write(chunk, ...rest);
      rest.find((argument) => typeof argument === 'function')?.();
      return true;
    };
  }
  return debug !== '';
}

/** A container's user often has no account, and then Node throws where somebody asks for its home or its shell. */
async function nameHome() {
  process.env.SHELL ||= '/bin/sh';
  if (process.platform !== 'win32') process.env.HOME ||= (await homeOfAccount()) ?? '/';
}

async function homeOfAccount() {
  try {
    const { userInfo } = await import('node:os');
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** Commands report their own failures. What arrives here is this machine's, or an installation that does not load. */
function explain(error) {
  const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  const isMachine = /^(EMFILE|ENFILE|ENOMEM|EACCES|EPERM|EIO|ELOOP|ENOSPC|EDQUOT|EROFS)$/.test(error?.code);
  process.exitCode = isMachine ? 1 : 2;
  let remedy = isMachine ? '' : 'Reinstall it: npm install -g --allow-scripts=better-sqlite3 pgbak\n';
  if (error?.code === 'EMFILE') remedy = 'Allow more open files: ulimit -n 1024\n';
  process.stderr.write(`pgbak: ${isMachine ? 'cannot start' : 'this installation is broken'}: ${message}\n${remedy}`);
}

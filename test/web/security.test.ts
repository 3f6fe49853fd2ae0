import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { ask, openWeb, type Web } from './support.ts';

const PASSWORD = 'correct-horse-7';
let account: Account;
let web: Web;
beforeAll(async () => {
  account = newAccount();
  await account.add({
    name: 'shop',
    'connection-string': `postgresql://app:${PASSWORD}@db.example/shop`,
    'archive-password': 'battery-staple-9',
    destination: `file:${account.folder.at('backups')}`,
    'no-check': true,
  });
  web = await openWeb(account);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  account[Symbol.dispose]();
});

describe('access', () => {
  test.each(['/', '/servers/1', '/logs', '/doctor', '/add', '/no-such-page'])(
    '%s tells a stranger nothing',
    async (path) => {
      const { status, body } = await web.ask(path, { isStranger: true });
      expect(status).toBe(403);
      expect(body).toContain('No access');
      expect(body).not.toContain('shop');
    },
  );

  test('a wrong token and a wrong cookie are no token', async () => {
    const wrong = web.token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const given of [wrong, '', web.token.slice(1), `${web.token}x`]) {
      expect((await web.ask(`/?token=${given}`, { isStranger: true })).status).toBe(403);
      const cookie = `pgbak-${web.port}=${given}`;
      expect((await web.ask('/', { isStranger: true, headers: { cookie } })).status).toBe(403);
    }
  });

  test('the address sets a cookie that no script and no other site can use, and leads on without the token', async () => {
    const { status, headers, body } = await web.ask(`/?token=${web.token}`, { isStranger: true });
    expect(status).toBe(200);
    expect(headers['set-cookie']).toEqual([`pgbak-${web.port}=${web.token}; Path=/; HttpOnly; SameSite=Strict`]);
    expect(body).toContain('content="0; url=/"');
    expect(body).not.toContain(web.token);
    expect((await web.ask('/')).body).toContain('shop');
  });

  test('the token opens only the first page, and no form', async () => {
    expect((await web.ask(`/logs?token=${web.token}`, { isStranger: true })).status).toBe(403);
    const options = { isStranger: true, method: 'POST', headers: { origin: web.origin } };
    expect((await web.ask(`/?token=${web.token}`, options)).status).toBe(403);
  });

  test('another start has another token', async () => {
    await using other = await openWeb(account);
    expect(other.token).not.toBe(web.token);
    expect(
      (await other.ask('/', { isStranger: true, headers: { cookie: `pgbak-${other.port}=${web.token}` } })).status,
    ).toBe(403);
  });

  test('the token is in no log', async () => {
    await using other = await openWeb(account);
    await other.ask(`/?token=${other.token}`, { isStranger: true });
    await other.ask('/');
    const { stdout, stderr } = await other.end();
    expect(stderr).not.toContain(other.token);
    expect(stdout.split(other.token)).toHaveLength(2);
  });
});

describe('other sites', () => {
  test.each([
    ['of another site', 'https://evil.example'],
    ['of another port', 'http://127.0.0.1:1'],
    ['of a file', 'null'],
  ])('a form %s is refused', async (_title, origin) => {
    const { status, body } = await web.ask('/servers/1/run', { method: 'POST', headers: { origin } });
    expect(status).toBe(403);
    expect(body).toContain('Nothing was changed');
  });

  test('a form without an origin is refused', async () => {
    const cookie = `pgbak-${web.port}=${web.token}`;
    const { status } = await ask(web.origin, '/servers/1/run', { method: 'POST', headers: { cookie } });
    expect(status).toBe(403);
  });

  test('a form without the cookie is refused, as a strict cookie is not sent from elsewhere', async () => {
    expect((await web.ask('/servers/1/run', { method: 'POST', isStranger: true })).status).toBe(403);
  });

  test.each(['evil.example', `evil.example:80`, '127.0.0.1.evil.example', '2130706433'])(
    'a name that leads here by DNS is refused: %j',
    async (host) => {
      const { status, body } = await web.ask('/', { headers: { host } });
      expect(status).toBe(403);
      expect(body).not.toContain('shop');
    },
  );

  test.each(['localhost', 'localhost:9000', '127.0.0.1:9000', '[::1]:9000'])(
    'this machine is reached as %s, as through ssh -L',
    async (host) => {
      expect((await web.ask('/', { headers: { host } })).status).toBe(200);
    },
  );

  test.each(['/', '/assets/style.css', '/assets/page.js', '/no-such-page'])(
    '%s cannot be framed, and loads nothing from elsewhere',
    async (path) => {
      const { headers } = await web.ask(path);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['x-content-type-options']).toBe('nosniff');
    },
  );
});

describe('bad requests', () => {
  test.each([
    '/../../etc/passwd',
    '/assets/../../../etc/passwd',
    '/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '/servers/..%2f..%2f',
    '/logs/../../x',
  ])('no path leads to a file: %s', async (path) => {
    const { status, body } = await web.ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain('root:');
  });

  test('a form of 10 MB is refused without being read', async () => {
    const socket = connect(web.port, '127.0.0.1');
    const answered = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
    socket.write(
      `POST /add HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nOrigin: ${web.origin}\r\nCookie: pgbak-${web.port}=${web.token}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000000\r\n\r\n`,
    );
    expect(await answered).toContain('413 Payload Too Large');
    socket.destroy();
  });

  test('1,000 slow connections keep no page from answering, and are closed', async () => {
    const sockets: Socket[] = [];
    const open = new Set<Socket>();
    for (let n = 0; n < 1000; n += 1) {
      const socket = connect(web.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: local'));
      socket.on('error', () => {});
      socket.resume();
      socket.once('close', () => open.delete(socket));
      open.add(socket);
      sockets.push(socket);
    }
    try {
      expect((await web.ask('/')).status).toBe(200);
      await eventually('most are closed', () => open.size <= 256, 20_000);
      expect((await web.ask('/')).status).toBe(200);
      await eventually('all are closed', () => open.size === 0, 30_000);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('where it listens', () => {
  test('only on this machine', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((some) => some ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    if (outside === undefined) return;
    await expect(ask(`http://${outside.address}:${web.port}`, '/', {})).rejects.toThrow(/ECONNREFUSED/);
  });

  test('elsewhere with --host alone, and with a warning', async () => {
    await using other = await openWeb(account, ['--host', '0.0.0.0']);
    expect((await ask(`http://127.0.0.1:${other.port}`, '/', {})).status).toBe(403);
    const { stderr } = await other.end();
    expect(stderr).toContain('0.0.0.0 can be reached through the network');
  });

  test('a port that is in use', async () => {
    const { status, stderr } = await account.pgbak('web', '--no-open', '--port', String(web.port));
    expect(status).toBe(2);
    expect(stderr).toContain(`port ${web.port} of 127.0.0.1 is in use`);
    expect(stderr).toContain('--port 0');
  });

  test('an address that is not of this machine', async () => {
    const { status, stderr } = await account.pgbak('web', '--no-open', '--port', '0', '--host', '203.0.113.7');
    expect(status).toBe(2);
    expect(stderr).toContain('203.0.113.7 is no address of this machine');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it, and that is no failure', async (signal) => {
    const other = await openWeb(account);
    expect(await other.end(signal)).toMatchObject({ status: 0, stderr: '' });
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { TemporaryFolder } from './temporary-folder.ts';

export interface HttpProxy extends AsyncDisposable {
  url: string;
  /** `CONNECT host:port`, or `POST http://host/path` for what came in the clear. */
  asked: string[];
  /** The certificate, by itself its authority, of every host behind the proxy. */
  certificate: string;
  /** The paths that the host behind a tunnel was asked for. */
  tunneled: string[];
}

/**
 * A proxy, the only way to a host whose name nobody else knows. It answers with 200 what comes in the clear; a tunnel
 * leads to a host that speaks TLS as `name`.
 */
export async function startHttpProxy(folder: TemporaryFolder, name: string): Promise<HttpProxy> {
  const certificate = folder.at('certificate.pem');
  const key = folder.at('key.pem');
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const asked: string[] = [];
  const tunneled: string[] = [];
  const sockets = new Set<Socket>();
  const host = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (incoming, response) => {
    tunneled.push(incoming.url ?? '');
    incoming.resume().on('end', () => response.end('{}'));
  });
  const hostPort = await portOf(host);
  const proxy = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    incoming.resume().on('end', () => response.end('{}'));
  });
  proxy.on('connect', (incoming, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    const tunnel = connect(hostPort, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    for (const end of [socket, tunnel]) sockets.add(end.on('error', () => end.destroy()));
    socket.pipe(tunnel).pipe(socket);
  });
  const port = await portOf(proxy);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    certificate,
    tunneled,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of [proxy, host]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

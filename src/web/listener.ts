import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ConfigError, errorCode } from '../core/errors.ts';

/** How long a request may take to arrive. */
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
const CHECK_EVERY_MS = 1000;

/** A browser opens six connections and leaves a few waiting. */
const MOST_WAITING = 64;
const MOST_CONNECTIONS = 256;

/**
 * A server of pages that no client can hold up: connections that send slowly are closed, and of those that have sent no
 * request the oldest goes where there are too many. So the files that pgbak may open stay for its backups.
 */
export function boundedServer(answer: RequestListener): Server {
  const server = createServer(
    { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: CHECK_EVERY_MS },
    answer,
  );
  server.maxConnections = MOST_CONNECTIONS;
  const waiting = new Set<Socket>();
  server.on('connection', (socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    const [oldest] = waiting;
    if (waiting.size > MOST_WAITING) oldest?.destroy();
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) waiting.add(socket);
    });
  });
  return server;
}

/**
 * Listens, and returns the port.
 *
 * @throws ConfigError where the port is taken or not allowed, or where the host is not one of this machine
 */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw refused(error, host, port);
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

const NO_ADDRESS = 'EADDRNOTAVAIL ENOTFOUND EAI_AGAIN EINVAL'.split(' ');

function refused(error: unknown, host: string, port: number): unknown {
  const code = errorCode(error) ?? '';
  if (code === 'EADDRINUSE') {
    return new ConfigError(
      `port ${port} of ${host} is in use`,
      'Another pgbak web perhaps? To take any free port: pgbak web --port 0',
    );
  }
  if (code === 'EACCES') {
    return new ConfigError(
      `this user may not listen on port ${port}`,
      'Take a port from 1024 up: pgbak web --port 8000',
    );
  }
  if (!NO_ADDRESS.includes(code)) return error;
  return new ConfigError(
    `${host} is no address of this machine`,
    'Leave --host out to serve this machine alone, or take one of its addresses: --host 192.168.1.10',
  );
}

import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What is broken of a request. */
export type S3Fault =
  /** The service is not asked. */
  | { kind: 'refuse'; status: number; code?: string; html?: boolean; headers?: Record<string, string>; more?: string }
  /** The service does what was asked, and the connection ends before its answer. */
  | { kind: 'lose-answer' }
  /** The service does what was asked, and something else answers. */
  | { kind: 'answer-instead'; status: number; body: string }
  /** The connection ends in the middle of the request. */
  | { kind: 'cut-request'; afterBytes: number }
  /** The answer ends after so many bytes of its body. */
  | { kind: 'cut-answer'; afterBytes: number }
  /** Nothing moves any more; or not after so many bytes of the answer. */
  | { kind: 'stall' }
  | { kind: 'stall-answer'; afterBytes: number }
  /** The service does what was asked, and its answer tells other sums. */
  | { kind: 'wrong-sums' }
  /** A byte of the request is another one. */
  | { kind: 'damage' }
  /** The range of the answer is left out of account. */
  | { kind: 'ignore-range' };

/** A fault, and the requests that it concerns. */
export interface S3Rule {
  /** `PUT`, `POST ?uploads`, `GET ?versioning`: the method, and a parameter that the request has. */
  on: string;
  times?: number;
  /** Requests that pass before. */
  after?: number;
  fault: S3Fault;
}

export interface S3Proxy extends AsyncDisposable {
  url: string;
  faults: S3Rule[];
  /** How often faults have struck. */
  struck(): number;
  /** All requests: `PUT /bucket/key?partNumber=1&uploadId=...`. */
  requests: { method: string; url: string; status: number | undefined; headers: IncomingMessage['headers'] }[];
}

const NO_SUM = `${'A'.repeat(43)}=`;
const XML = (code: string, more: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>made by the test</Message>${more}<RequestId>1</RequestId></Error>`;

/** A proxy before an S3 service that breaks requests and answers as a test wants. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const faults: S3Rule[] = [];
  const requests: S3Proxy['requests'] = [];
  let struck = 0;
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(target);

  const server = createServer((incoming, response) => {
    const entry: S3Proxy['requests'][number] = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      status: undefined,
      headers: incoming.headers,
    };
    requests.push(entry);
    response.once('finish', () => (entry.status = response.statusCode));
    incoming.on('error', () => {});
    const fault = takeFault(faults, incoming);
    if (fault !== undefined) struck += 1;
    void answer(incoming, response, fault).catch(() => response.destroy());
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse, fault: S3Fault | undefined) {
    if (fault?.kind === 'refuse') {
      const { status, code = '', html, headers, more = '' } = fault;
      incoming.resume();
      response.writeHead(status, { 'content-type': html === true ? 'text/html' : 'application/xml', ...headers });
      response.end(
        incoming.method === 'HEAD' ? '' : html === true ? '<html><body>Bad gateway<br></body>' : XML(code, more),
      );
      return;
    }
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'cut-request') {
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes >= fault.afterBytes) incoming.destroy();
      });
      return;
    }
    const headers = { ...incoming.headers };
    if (fault?.kind === 'ignore-range') delete headers.range;
    const passed = request({ agent, hostname, port, method: incoming.method, path: incoming.url, headers });
    if (fault?.kind === 'damage') {
      const body = await buffer(incoming);
      body[body.length - 1] = 255 - (body.at(-1) ?? 0);
      passed.end(body);
    } else incoming.pipe(passed);
    passed.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableFinished) passed.destroy();
    });
    const [came] = (await once(passed, 'response')) as [IncomingMessage];
    if (fault?.kind === 'lose-answer') {
      came.resume().on('end', () => response.destroy());
      return;
    }
    if (fault?.kind === 'answer-instead') {
      came.resume().on('end', () => {
        response.writeHead(fault.status, { 'content-type': 'application/xml' });
        response.end(fault.body);
      });
      return;
    }
    if (fault?.kind === 'wrong-sums') {
      const text = (await buffer(came)).toString('latin1');
      const { 'content-length': _length, ...others } = came.headers;
      if (others.etag !== undefined) others.etag = `"${'0'.repeat(32)}"`;
      if (others['x-amz-checksum-sha256'] !== undefined) others['x-amz-checksum-sha256'] = NO_SUM;
      response.writeHead(came.statusCode ?? 500, others);
      response.end(text.replace(/(<ChecksumSHA256>)[^<]*/, `$1${NO_SUM}`), 'latin1');
      return;
    }
    response.writeHead(came.statusCode ?? 500, came.headers);
    if (fault?.kind === 'stall-answer') {
      came.once('data', (chunk: Buffer) => response.write(chunk.subarray(0, fault.afterBytes)));
      return;
    }
    if (fault?.kind === 'cut-answer') {
      let left = fault.afterBytes;
      came.on('data', (chunk: Buffer) => {
        response.write(chunk.subarray(0, left), () => {
          if (left <= 0) response.destroy();
        });
        left -= chunk.length;
      });
      return;
    }
    came.pipe(response);
  }

  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    faults,
    struck: () => struck,
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Parameters that make a request another one. */
const OF_OTHERS = ['uploadId', 'uploads', 'versioning', 'versions', 'list-type'];

function takeFault(rules: S3Rule[], { method, url = '' }: IncomingMessage): S3Fault | undefined {
  const { searchParams } = new URL(url, 'http://localhost');
  const index = rules.findIndex(({ on }) => {
    const [wantedMethod, parameter] = on.split(' ?');
    if (method !== wantedMethod) return false;
    if (parameter === undefined) return !OF_OTHERS.some((name) => searchParams.has(name));
    return searchParams.has(parameter);
  });
  const rule = rules[index];
  if (rule === undefined) return undefined;
  if ((rule.after ?? 0) > 0) {
    rule.after = (rule.after ?? 0) - 1;
    return undefined;
  }
  rule.times = (rule.times ?? 1) - 1;
  if (rule.times === 0) rules.splice(index, 1);
  return rule.fault;
}

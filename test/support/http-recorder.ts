import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface RecordedRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface HttpRecorder extends AsyncDisposable {
  url: string;
  port: number;
  requests: RecordedRequest[];
  /**
   * What the next requests are answered with, one after another; after that 200. `hang` never answers, `drip` sends its
   * headers letter by letter and never all of them, `endless` a body that has no end.
   */
  answers: (number | 'hang' | 'drip' | 'endless' | 'reset' | { status: number; headers: Record<string, string> })[];
}

/** Stands for health checks and log services: takes every request, remembers it, answers as a test wants. */
export async function startHttpRecorder(): Promise<HttpRecorder> {
  const requests: RecordedRequest[] = [];
  const answers: HttpRecorder['answers'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const answer = answers.shift() ?? 200;
      if (answer === 'hang') return;
      if (answer === 'drip') {
        request.socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
        const timer = setInterval(() => request.socket.write('.'), 50);
        request.socket.once('close', () => clearInterval(timer));
        return;
      }
      if (answer === 'endless') {
        response.writeHead(200);
        response.write('never the last');
        return;
      }
      if (answer === 'reset') {
        request.socket.destroy();
        return;
      }
      if (typeof answer === 'number') response.writeHead(answer);
      else response.writeHead(answer.status, answer.headers);
      response.end('{}');
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    answers,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

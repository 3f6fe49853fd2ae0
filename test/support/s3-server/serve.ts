import { startS3Server } from './start.ts';

// The server as a process of its own, as that of B2: options as JSON in the first argument; it ends when its input does.
const { bucket = 'pgbak-bucket', ...options } = JSON.parse(process.argv[2] ?? '{}');
const server = await startS3Server({ bucket, ...options });
process.stdout.write(`${JSON.stringify({ url: server.url, id: server.accessKeyId, bucket })}\n`);
process.stdin.resume().once('end', () => void server[Symbol.asyncDispose]());

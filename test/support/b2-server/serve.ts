import { startB2Server } from './start.ts';

// The server as a process of its own, so that its memory and its CPU are not counted as those of a client. Its options
// come as JSON in the first argument; it prints where it listens and ends when its input does.
const { bucket = 'pgbak-bucket', ...options } = JSON.parse(process.argv[2] ?? '{}');
const server = await startB2Server(options);
server.createBucket(bucket);
process.stdout.write(`${JSON.stringify({ url: server.url, ...server.masterKey, bucket })}\n`);
process.stdin.resume().once('end', () => void server[Symbol.asyncDispose]());

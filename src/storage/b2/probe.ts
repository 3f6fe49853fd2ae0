import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { hashSlices } from '../streaming/parts.ts';
import { uploadInParts } from './large-file.ts';
import type { B2Upload } from './upload.ts';

/** Ends the probe before anything becomes a file. */
class ProbeDone extends Error {}

/**
 * Proves that bytes can be stored, and leaves none, not even with a key that may not delete: sends one part of a large
 * file, which is cancelled then.
 */
export async function probeUpload(upload: B2Upload): Promise<void> {
  const path = join(tmpdir(), `pgbak-probe-${randomUUID()}`);
  const content = 'pgbak doctor --probe-write\n';
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    const { slices } = await hashSlices([{ path, startByte: 0, sizeBytes: content.length }], upload.signal);
    const check = () => Promise.reject(new ProbeDone());
    const parts = async function* () {
      for (const slice of slices) yield await Promise.resolve({ number: 1, slice });
    };
    await uploadInParts({ parts, check }, upload);
  } catch (error) {
    if (!(error instanceof ProbeDone)) throw error;
  } finally {
    await rm(path, { force: true });
  }
}

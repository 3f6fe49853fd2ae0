import { open, type FileHandle } from 'node:fs/promises';
import { ArchiveError } from '../core/errors.ts';

/** `DOC/7zFormat.txt` of 7-Zip's source. */
const SIGNATURE = '377abcaf271c';
const START_BYTES = 32;
const PLACE = { offset: 12, size: 20 };
const ENCODED_HEADER = 0x17;
/** The id of 7zAES. */
const AES = '06f10701';
const PACK_INFO = 0x06;
const UNPACK_INFO = 0x07;
const FOLDERS = 0x0b;
const UNPACK_SIZES = 0x0c;
const SIZES = 0x09;
const CHECKSUMS = 0x0a;
const CHECKSUM_BYTES = 4;
const END = 0x00;
const IS_COMPLEX = 0x10;
const HAS_PROPERTIES = 0x20;
const ID_BYTES = 0x0f;
/** The header of pgbak's own archives, with one or two entries, has some 200 bytes. */
const MOST_HEADER_BYTES = 1 << 20;
/** With a directory, it has some 100 bytes for each file. */
export const MOST_BYTES_WITH_FILES = 16 << 20;

/**
 * Checks the header of a 7z archive before 7-Zip reads it: 7-Zip takes as much memory as the header claims to unpack to, and
 * a hundred kilobytes can claim gigabytes.
 *
 * @returns whether the header is encrypted, so that not even the names in the archive can be read without the password
 * @throws ArchiveError when it is no 7z archive, is truncated, or has a larger header than any archive of pgbak's
 */
export async function checkHeader(archivePath: string, mostBytes = MOST_HEADER_BYTES): Promise<boolean> {
  await using file = await open(archivePath, 'r').catch(() => undefined);
  // 7-Zip reports why it cannot be opened.
  if (file === undefined) return false;
  const start = await read(file, 0, START_BYTES);
  if (start.subarray(0, 6).toString('hex') !== SIGNATURE || start.length < START_BYTES) {
    throw new ArchiveError('the file is not a 7z archive, or it is cut off');
  }
  const offset = Number(start.readBigUInt64LE(PLACE.offset));
  const sizeBytes = Number(start.readBigUInt64LE(PLACE.size));
  refuseOver(sizeBytes, mostBytes);
  const header = await read(file, START_BYTES + offset, sizeBytes);
  if (header.length < sizeBytes) throw new ArchiveError('the archive is cut off: its end is missing');
  if (header[0] !== ENCODED_HEADER) return false;
  for (const size of unpackSizes(header)) refuseOver(size, mostBytes);
  return header.includes(AES, 0, 'hex');
}

function refuseOver(sizeBytes: number, mostBytes: number): void {
  if (sizeBytes <= mostBytes) return;
  throw new ArchiveError(
    `the archive's list of files has ${sizeBytes} bytes, more than pgbak ever writes`,
    'pgbak did not make this archive, or it was changed. 7-Zip would need as much memory to open it.',
  );
}

async function read(file: FileHandle, position: number, sizeBytes: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position)) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, position);
  return buffer.subarray(0, bytesRead);
}

/** The sizes to which a packed header claims to unpack, after each step. */
function unpackSizes(header: Buffer): number[] {
  let at = 1;
  const byte = () => header[at++] ?? 0;
  // Each leading 1 bit of the first byte stands for one more byte; the remaining bits are the highest of the number.
  const number = () => {
    const first = byte();
    const following = Math.clz32(~(first << 24));
    let value = 0;
    for (let place = 0; place < following; place += 1) value += byte() * 2 ** (8 * place);
    return value + (first & (0x7f >> following)) * 2 ** (8 * following);
  };
  const times = (count: number) => Array.from({ length: Math.min(count, header.length) });

  if (byte() !== PACK_INFO) throw unknownHeader();
  number();
  const packed = number();
  let kind = byte();
  if (kind === SIZES) {
    for (const _one of times(packed)) number();
    kind = byte();
  }
  if (kind === CHECKSUMS) {
    // 7-Zip writes no checksums of packed data; other programs write all of them.
    if (byte() === 0) throw unknownHeader();
    at += packed * CHECKSUM_BYTES;
    kind = byte();
  }
  if (kind !== END || byte() !== UNPACK_INFO || byte() !== FOLDERS) throw unknownHeader();
  const folders = number();
  if (folders !== 1 || byte() !== 0) throw unknownHeader();
  let [inputs, outputs] = [0, 0];
  for (const _coder of times(number())) {
    const flags = byte();
    at += flags & ID_BYTES;
    const isComplex = (flags & IS_COMPLEX) !== 0;
    inputs += isComplex ? number() : 1;
    outputs += isComplex ? number() : 1;
    const propertyBytes = (flags & HAS_PROPERTIES) === 0 ? 0 : number();
    at += propertyBytes;
  }
  const pairs = Math.max(0, outputs - 1);
  for (const _pair of times(pairs * 2)) number();
  if (inputs - pairs > 1) for (const _stream of times(inputs - pairs)) number();
  if (byte() !== UNPACK_SIZES) throw unknownHeader();
  return times(outputs).map(() => number());
}

function unknownHeader(): ArchiveError {
  return new ArchiveError("the archive's list of files is packed in a way that pgbak never uses");
}

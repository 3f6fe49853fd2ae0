import { crc32 } from 'node:zlib';

/** What an archive is to hold; much of it is nothing that 7-Zip itself would write. */
export interface WrittenEntry {
  /** With `/` or anything else in it. */
  name: string;
  content: string | Buffer;
  isDirectory?: boolean;
  /** With the kind of file: 0o120777 is a symbolic link to what its content names. */
  unixMode?: number;
  /** How large it is said to be. */
  saidBytes?: number;
  /** Whether its checksum is left out. */
  isUnchecked?: boolean;
}

const SIGNATURE = Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4]);
const HEADER_BYTES = 32;
const PLACE = { startCrc: 8, offset: 12, size: 20, crc: 28 };
const UNIX_MODE_KNOWN = 0x8000;

/**
 * An archive by hand, each entry stored as it is: `DOC/7zFormat.txt` of 7-Zip's source. The names may be such as no file
 * system has.
 */
export function sevenZipOf(entries: readonly WrittenEntry[]): Buffer {
  const contents = entries.map(({ content }) => Buffer.from(content));
  const filled = entries.flatMap((entry, index) => {
    const content = contents[index] ?? Buffer.alloc(0);
    return content.length === 0 ? [] : [{ ...entry, content }];
  });
  const isEmpty = contents.map(({ length }) => length === 0);
  const streams =
    filled.length === 0
      ? []
      : [
          0x04,
          0x06,
          ...number(0),
          ...number(filled.length),
          0x09,
          ...filled.flatMap(({ content }) => number(content.length)),
          0,
          0x07,
          0x0b,
          ...number(filled.length),
          0,
          ...filled.flatMap(() => [1, 1, 0]),
          0x0c,
          ...filled.flatMap(({ content, saidBytes }) => number(saidBytes ?? content.length)),
          0x0a,
          0,
          ...bits(filled.map(({ isUnchecked }) => isUnchecked !== true)),
          ...filled.flatMap(({ content, isUnchecked }) => (isUnchecked === true ? [] : uint32(crc32(content)))),
          0,
          0x08,
          0,
          0,
        ];
  const names = [...Buffer.from(entries.map(({ name }) => `${name}\0`).join(''), 'utf16le')];
  const attributes = entries.flatMap(({ isDirectory = false, unixMode = isDirectory ? 0o40755 : 0o100644 }) =>
    uint32(((unixMode << 16) | UNIX_MODE_KNOWN | (isDirectory ? 0x10 : 0)) >>> 0),
  );
  const emptyFiles = entries.filter((_entry, index) => isEmpty[index]).map(({ isDirectory }) => isDirectory !== true);
  const files = [
    0x05,
    ...number(entries.length),
    ...property(0x0e, bits(isEmpty)),
    ...(emptyFiles.length === 0 ? [] : property(0x0f, bits(emptyFiles))),
    ...property(0x11, [0, ...names]),
    ...property(0x15, [1, 0, ...attributes]),
    0,
  ];
  const packed = Buffer.concat(filled.map(({ content }) => content));
  const header = Buffer.from([0x01, ...streams, ...files, 0]);
  const start = Buffer.alloc(HEADER_BYTES);
  SIGNATURE.copy(start);
  start.writeBigUInt64LE(BigInt(packed.length), PLACE.offset);
  start.writeBigUInt64LE(BigInt(header.length), PLACE.size);
  return signed(Buffer.concat([start, packed, header]));
}

/** The same bytes with good checksums over the headers, so that what was changed there is read. */
export function signed(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  if (bytes.length < HEADER_BYTES) return bytes;
  const from = HEADER_BYTES + Number(bytes.readBigUInt64LE(PLACE.offset));
  const to = from + Number(bytes.readBigUInt64LE(PLACE.size));
  bytes.writeUInt32LE(crc32(bytes.subarray(from, to)), PLACE.crc);
  bytes.writeUInt32LE(crc32(bytes.subarray(PLACE.offset, HEADER_BYTES)), PLACE.startCrc);
  return bytes;
}

/** An archive whose packed header is the one entry of another archive, made with `-m0=lzma:d=64k -mhc=off`. */
export function packedHeaderOf(archive: Buffer, header: Buffer): Buffer {
  const end = HEADER_BYTES + Number(archive.readBigUInt64LE(PLACE.offset));
  const packed = archive.subarray(HEADER_BYTES, end);
  const coder = archive.subarray(
    archive.indexOf(LZMA, end),
    archive.indexOf(LZMA, end) + LZMA.length + LZMA_PROPERTIES,
  );
  const packInfo = [0x06, ...number(0), 1, 0x09, ...number(packed.length), 0];
  const folders = [0x07, 0x0b, 1, 0, 1, ...coder, 0x0c, ...number(header.length)];
  const info = Buffer.from([0x17, ...packInfo, ...folders, 0x0a, 1, ...uint32(crc32(header)), 0, 0]);
  const start = Buffer.from(archive.subarray(0, HEADER_BYTES));
  start.writeBigUInt64LE(BigInt(packed.length), PLACE.offset);
  start.writeBigUInt64LE(BigInt(info.length), PLACE.size);
  return signed(Buffer.concat([start, packed, info]));
}

/** The coder LZMA with its five bytes of properties. */
const LZMA = Buffer.from([0x23, 3, 1, 1, 5]);
const LZMA_PROPERTIES = 5;

function property(kind: number, content: readonly number[]): number[] {
  return [kind, ...number(content.length), ...content];
}

/** In nine bytes where one does not do. */
function number(value: number): number[] {
  if (value < 0x80) return [value];
  const bytes = Buffer.alloc(9, 0xff);
  bytes.writeBigUInt64LE(BigInt(value), 1);
  return [...bytes];
}

function uint32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return [...bytes];
}

function bits(flags: readonly boolean[]): number[] {
  const bytes = Array.from({ length: Math.ceil(flags.length / 8) }, () => 0);
  for (const [index, flag] of flags.entries()) {
    const at = index >> 3;
    if (flag) bytes[at] = (bytes[at] ?? 0) | (0x80 >> (index & 7));
  }
  return bytes;
}

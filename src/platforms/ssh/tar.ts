/**
 * Writes tar archives as GNU tar and busybox read them: names of any length (`@LongLink`) and of any bytes.
 * Owners are left to whoever unpacks.
 */

export interface TarEntry {
  readonly path: string;
  readonly kind: 'file' | 'executable' | 'link' | 'folder';
  /** Of files, in bytes. */
  readonly size: number;
  /** Of links: where they point. */
  readonly link?: string;
  /** Seconds since the epoch. Default 0. */
  readonly modifiedAt?: number;
  /** Only for its owner. */
  readonly private?: boolean;
}

const BLOCK = 512;
const NAME_BYTES = 100;
/** Readers take an archive in records of this size. */
const RECORD = 20 * BLOCK;
const LARGEST_OCTAL = 0o77777777777;
const LONG = '././@LongLink';

/** The header of an entry; the content of a file comes behind it, then `padding` of its size. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = Buffer.from(entry.kind === 'folder' ? `${entry.path}/` : entry.path);
  const link = Buffer.from(entry.link ?? '');
  const parts: Buffer[] = [];
  if (link.length > NAME_BYTES) parts.push(longName('K', link));
  if (path.length > NAME_BYTES) parts.push(longName('L', path));
  const types = { file: '0', executable: '0', link: '2', folder: '5' } as const;
  const open = entry.kind === 'file' ? 0o644 : 0o755;
  parts.push(
    header({
      path,
      link,
      mode: entry.private === true ? open & 0o700 : open,
      size: entry.kind === 'file' || entry.kind === 'executable' ? entry.size : 0,
      modifiedAt: entry.modifiedAt ?? 0,
      type: types[entry.kind],
    }),
  );
  return Buffer.concat(parts);
}

/** What fills the last block of a file of this size. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** A small file, whole. */
export function tarFile(entry: Omit<TarEntry, 'size' | 'kind'>, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const size = bytes.length;
  return Buffer.concat([tarHeader({ ...entry, kind: 'file', size }), bytes, padding(size)]);
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(RECORD);
}

function longName(type: 'K' | 'L', name: Buffer): Buffer {
  const size = name.length + 1;
  const head = header({
    path: Buffer.from(LONG),
    link: Buffer.alloc(0),
    mode: 0o644,
    size,
    modifiedAt: 0,
    type,
  });
  return Buffer.concat([head, name, Buffer.alloc(1), padding(size)]);
}

interface Header {
  readonly path: Buffer;
  readonly link: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly modifiedAt: number;
  readonly type: string;
}

function header({ path, link, mode, size, modifiedAt, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  path.copy(block, 0, 0, NAME_BYTES);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  writeNumber(block, size, 124);
  writeNumber(block, modifiedAt, 136);
  block.write('        ', 148);
  block.write(type, 156);
  link.copy(block, 157, 0, NAME_BYTES);
  block.write('ustar  \0', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

/** In octal, or, where that is too short (from 8 GiB), in binary as GNU tar does. */
function writeNumber(block: Buffer, value: number, offset: number): void {
  if (value <= LARGEST_OCTAL) {
    block.write(octal(value, 11), offset);
    return;
  }
  block.writeUInt8(0x80, offset);
  block.writeBigUInt64BE(BigInt(value), offset + 4);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

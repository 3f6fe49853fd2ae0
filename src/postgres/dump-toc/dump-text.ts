/**
 * The names of PostgreSQL's encodings in the Encoding Standard
 * (https://www.postgresql.org/docs/current/multibyte.html).
 */
const LABELS: Readonly<Record<string, string>> = {
  UTF8: 'utf-8',
  SQL_ASCII: 'utf-8',
  EUC_CN: 'gbk',
  EUC_JP: 'euc-jp',
  EUC_JIS_2004: 'euc-jp',
  EUC_KR: 'euc-kr',
  UHC: 'euc-kr',
  GBK: 'gbk',
  GB18030: 'gb18030',
  BIG5: 'big5',
  SJIS: 'shift_jis',
  SHIFT_JIS_2004: 'shift_jis',
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  ISO_8859_5: 'iso-8859-5',
  ISO_8859_6: 'iso-8859-6',
  ISO_8859_7: 'iso-8859-7',
  ISO_8859_8: 'iso-8859-8',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  WIN866: 'ibm866',
  WIN874: 'windows-874',
};

/**
 * Decodes bytes of a dump, given as one character each. They stay as they are where there is no decoder for the
 * encoding, or where they are invalid in it. Such names look odd, but still compare equal with each other.
 */
export function textDecoderOf(encoding: string): (bytes: string) => string {
  const label = LABELS[encoding] ?? (encoding.startsWith('WIN') ? encoding.replace('WIN', 'windows-') : undefined);
  if (label === undefined) return (bytes) => bytes;
  const decoder = new TextDecoder(label, { fatal: true });
  return (bytes) => {
    if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
    try {
      return decoder.decode(Buffer.from(bytes, 'latin1'));
    } catch {
      return bytes;
    }
  };
}

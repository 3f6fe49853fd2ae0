/**
 * Facts as the metadata of an object, which goes through HTTP headers
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html): what is not printable ASCII, or may be changed
 * on the way, is written as in a URL.
 */
export function metadataOf(info: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(info).flatMap(([name, value]) => (value === '' ? [] : [[name, encoded(value)]])),
  );
}

function encoded(value: string): string {
  const text = value.replaceAll(/[^\x20-\x7e]+|%/gu, (odd) =>
    encodeURIComponent(odd.replaceAll(/\p{Surrogate}/gu, '?')),
  );
  return text.replaceAll(/^ | $|(?<= ) /g, '%20');
}

/** Reads metadata back. What other programs wrote stays as it is. */
export function factsIn(metadata: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const facts: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(metadata ?? {})) facts[name.toLowerCase()] = decoded(value);
  return facts;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The key of a listing that was asked for in the form of a URL, which XML can carry whatever is in it. */
export function listedKey(key: string, encodingType: string | undefined): string {
  return encodingType === 'url' ? decoded(key.replaceAll('+', '%20')) : key;
}

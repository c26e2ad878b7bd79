/**
 * Pieces of JSON text. A *member* is `"key":value` with a comma in front, so that pieces can be put
 * together by concatenation; `braced` makes an object of members.
 */

/** A text as JSON. Lone surrogates, which no decoded UTF-8 holds, become `\uXXXX` and read back as they were. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** `,"key":"text"`; nothing where there is no text. */
export function textMember(key: string, text: string | null): string {
  return text === null ? "" : `,"${key}":${quote(text)}`;
}

/** `,"key":12`; nothing where there is no number. */
export function numberMember(key: string, value: number | bigint | null): string {
  return value === null ? "" : `,"${key}":${value}`;
}

/** `,"key":"12"`, for ids, which are texts in ECS. */
export function idMember(key: string, value: number | bigint | null): string {
  return value === null ? "" : `,"${key}":"${value}"`;
}

/** `,"key":["a","b"]`; nothing where there is no list or an empty one. */
export function listMember(key: string, texts: readonly string[] | null): string {
  return texts === null || texts.length === 0 ? "" : `,"${key}":${JSON.stringify(texts)}`;
}

/** `,"key":{...}` of members; nothing where there are none. */
export function objectMember(key: string, members: string): string {
  return members === "" ? "" : `,"${key}":${braced(members)}`;
}

/** `{...}` of members. */
export function braced(members: string): string {
  return `{${members.slice(1)}}`;
}

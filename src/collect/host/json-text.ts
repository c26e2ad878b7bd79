/**
 * Pieces of JSON text. A *member* is `"key":value` with a comma in front, so that pieces can be put
 * together by concatenation.
 */

/** A text as JSON. Lone surrogates, which no decoded UTF-8 holds, become `\uXXXX` and read back as they were. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** `,"key":"text"`; nothing where there is no text. */
export function textMember(key: string, text: string | null): string {
  return text === null ? "" : `,"${key}":${quote(text)}`;
}

/** `,"key":"text"` of a text without quotes, backslashes and control characters; nothing where there is no text. */
export function plainMember(key: string, text: string | null): string {
  return text === null ? "" : `,"${key}":"${text}"`;
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
  return members === "" ? "" : `,"${key}":{${members.slice(1)}}`;
}

/**
 * The same text in one piece. What is put together by concatenation is kept by the engine as a tree,
 * which is walked anew whenever it becomes part of a longer text; asking for a unit makes it whole.
 */
export function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

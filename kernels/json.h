/*
 * The grammar of JSON over bytes, checked as strictly as JSON.parse does. The text is followed by a zero byte, at which
 * everything stops, and by more bytes that can be read. What looks for an end returns 0 where the text is no JSON.
 */
#ifndef KESTREL_JSON_H
#define KESTREL_JSON_H

#include "memory.h"

/* Objects and arrays within each other: what lies deeper is left. */
static uint32_t max_depth;

static inline uint32_t word_at(const uint8_t *at) {
  uint32_t word;
  __builtin_memcpy(&word, at, sizeof(word));
  return word;
}

enum {
  word_true = 0x65757274,
  word_null = 0x6c6c756e,
  /* The last four letters of false. */
  word_alse = 0x65736c61,
};

static inline uint8_t *blanks(uint8_t *at) {
  while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at += 1;
  return at;
}

/* By byte: the bytes that end the plain part of a string, control characters among them. */
static inline v128_t string_ends(v128_t block) {
  v128_t quote = wasm_i8x16_eq(block, wasm_i8x16_splat('"'));
  v128_t escape = wasm_i8x16_eq(block, wasm_i8x16_splat('\\'));
  v128_t control = wasm_i8x16_eq(wasm_v128_and(block, wasm_u8x16_splat(0xe0)), wasm_i8x16_splat(0));
  return wasm_v128_or(wasm_v128_or(quote, escape), control);
}

/* The same and what is not ASCII: as signed numbers, those bytes are below the blank as well. */
static inline v128_t ascii_ends(v128_t block) {
  v128_t quote = wasm_i8x16_eq(block, wasm_i8x16_splat('"'));
  v128_t escape = wasm_i8x16_eq(block, wasm_i8x16_splat('\\'));
  return wasm_v128_or(wasm_v128_or(quote, escape), wasm_i8x16_lt(block, wasm_i8x16_splat(' ')));
}

static inline int hex_value(uint8_t digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  uint8_t letter = digit | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The UTF-16 unit of the four digits at `at`, or -1. */
static int32_t hex_unit(const uint8_t *at) {
  int32_t unit = 0;
  for (uint32_t i = 0; i < 4; i += 1) {
    int value = hex_value(at[i]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

/* What a backslash and `letter` stand for; 0 where they stand for nothing, or for a unit in digits. */
static inline uint8_t escaped(uint8_t letter) {
  switch (letter) {
    case '"': case '\\': case '/': return letter;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

/* The string whose opening quote is before `at`; returns what follows its closing quote. */
static uint8_t *skip_string(uint8_t *at) {
  for (;;) {
    uint32_t ends = wasm_i8x16_bitmask(string_ends(load(at)));
    if (ends == 0) {
      at += block_bytes;
      continue;
    }
    at += __builtin_ctz(ends);
    if (*at == '"') return at + 1;
    if (*at != '\\') return 0;
    if (escaped(at[1]) != 0) at += 2;
    else if (at[1] == 'u' && hex_unit(at + 2) >= 0) at += 6;
    else return 0;
  }
}

static inline uint8_t *digits(uint8_t *at) {
  while (*at >= '0' && *at <= '9') at += 1;
  return at;
}

static uint8_t *skip_number(uint8_t *at) {
  if (*at == '-') at += 1;
  uint8_t *end = digits(at);
  if (end == at || (*at == '0' && end > at + 1)) return 0;
  at = end;
  if (*at == '.') {
    end = digits(at + 1);
    if (end == at + 1) return 0;
    at = end;
  }
  if ((*at | 0x20) == 'e') {
    at += at[1] == '-' || at[1] == '+' ? 2 : 1;
    end = digits(at);
    if (end == at) return 0;
    at = end;
  }
  return at;
}

static uint8_t *skip_value(uint8_t *at, uint32_t depth);

/* The rest of an array or object whose bracket is before `at`. */
static uint8_t *skip_members(uint8_t *at, uint8_t close, uint32_t depth) {
  if (depth > max_depth) return 0;
  if (*at <= ' ') at = blanks(at);
  if (*at == close) return at + 1;
  for (;;) {
    if (close == '}') {
      if (*at != '"') return 0;
      at = skip_string(at + 1);
      if (at == 0) return 0;
      if (*at != ':') at = blanks(at);
      if (*at != ':') return 0;
      at += 1;
      if (*at <= ' ') at = blanks(at);
    }
    at = skip_value(at, depth);
    if (at == 0) return 0;
    if (*at <= ' ') at = blanks(at);
    if (*at == close) return at + 1;
    if (*at != ',') return 0;
    at += 1;
    if (*at <= ' ') at = blanks(at);
  }
}

/* The value at `at`, within `depth` objects and arrays. */
static uint8_t *skip_value(uint8_t *at, uint32_t depth) {
  switch (*at) {
    case '"': return skip_string(at + 1);
    case '{': return skip_members(at + 1, '}', depth + 1);
    case '[': return skip_members(at + 1, ']', depth + 1);
    case 't': return word_at(at) == word_true ? at + 4 : 0;
    case 'f': return word_at(at + 1) == word_alse ? at + 5 : 0;
    case 'n': return word_at(at) == word_null ? at + 4 : 0;
    default: return skip_number(at);
  }
}

#endif

/* Values of wanted places to words on the tape. Whatever returns 0 leaves the line to the plain decoder. */
#ifndef KESTREL_VALUES_H
#define KESTREL_VALUES_H

#include "shape.h"

/* The canonical form of the address that the text of an id is, as an id; 0 where it is none. */
IMPORT("address") uint32_t host_address(uint32_t id);
/* ns since the epoch of `length` bytes, or `no_time`. */
IMPORT("date") int64_t host_date(const uint8_t *text, uint32_t length);

/*
 * A cell on the tape begins with its column and, in the high byte, one of these:
 * reference: the value. number: two words, low then high. Lists: their count, then values of that form.
 */
enum cell_kind { cell_reference = 0, cell_number = 1, cell_references = 2, cell_numbers = 3 };

enum { column_bits = 24 };
static const int64_t no_time = INT64_MIN;
static const int64_t ns_per_second = 1000000000;

static uint32_t *tape;
static uint32_t *tape_end;
/* Whether an array is being read: its values go on the tape without columns. */
static bool in_list;
static uint32_t mistyped;
static bool has_own;
static int64_t own_ns;
/* Where the next text that had escapes goes; it stays until the end of the line. */
static uint8_t *scratch_at;

static bool put_reference(const struct node *node, uint32_t value) {
  if (tape + 2 > tape_end) return false;
  if (!in_list) *tape++ = (uint32_t)node->column | cell_reference << column_bits;
  *tape++ = value;
  return true;
}

static bool put_number(const struct node *node, int64_t value) {
  if (tape + 3 > tape_end) return false;
  if (!in_list) {
    if (node->column < 0) return true;
    *tape++ = (uint32_t)node->column | cell_number << column_bits;
  }
  *tape++ = (uint32_t)value;
  *tape++ = (uint32_t)(value >> 32);
  return true;
}

/*
 * Texts of the line at hand whose ids are not looked up yet: their words on the tape are written all together, since the
 * processor then waits for many places in memory at once.
 */
enum { max_waiting = 512 };
static struct waiting {
  uint32_t *word;
  const uint8_t *text;
  uint32_t length;
  uint32_t hash;
  enum text_kind kind;
  const struct entry *entry;
} waiting[max_waiting];
static uint32_t waiting_count;

static void look_up_waiting(void) {
  uint32_t mask = slot_count - 1;
  for (uint32_t i = 0; i < waiting_count; i += 1) {
    const struct slot *slot = &slots[waiting[i].hash & mask];
    waiting[i].entry = slot->hash == waiting[i].hash ? slot->entry : 0;
  }
  for (uint32_t i = 0; i < waiting_count; i += 1) {
    const struct entry *entry = waiting[i].entry;
    uint32_t length = waiting[i].length;
    bool is_found = entry != 0 && (entry->size & length_mask) == length && is_same(entry->text, waiting[i].text, length);
    *waiting[i].word = is_found ? entry->id : 0;
  }
  for (uint32_t i = 0; i < waiting_count; i += 1) {
    const struct waiting *text = &waiting[i];
    if (*text->word == 0) *text->word = intern(text->text, text->length, text->hash, text->kind);
  }
  waiting_count = 0;
}

/* Stores a text of a place; its bytes stay until the end of the line. */
static bool put_waiting(const struct node *node, const uint8_t *text, uint32_t length, uint32_t hash, enum text_kind kind) {
  if (!put_reference(node, 0)) return false;
  if (waiting_count == max_waiting) look_up_waiting();
  waiting[waiting_count++] = (struct waiting){tape - 1, text, length, hash, kind, 0};
  return true;
}

/* Bytes of the valid UTF-8 sequence at `at`, 2 to 4, or 0. */
static uint32_t utf8_length(const uint8_t *at) {
  uint8_t first = at[0], second = at[1];
  if (first < 0xc2 || first > 0xf4 || (second & 0xc0) != 0x80) return 0;
  if (first < 0xe0) return 2;
  if ((at[2] & 0xc0) != 0x80) return 0;
  if (first < 0xf0) {
    if (first == 0xe0 && second < 0xa0) return 0;
    /* Halves of surrogate pairs. */
    if (first == 0xed && second > 0x9f) return 0;
    return 3;
  }
  if ((at[3] & 0xc0) != 0x80) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return 4;
}

static uint8_t *write_utf8(uint8_t *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = code;
  } else if (code < 0x800) {
    *to++ = 0xc0 | code >> 6;
    *to++ = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    *to++ = 0xe0 | code >> 12;
    *to++ = 0x80 | (code >> 6 & 0x3f);
    *to++ = 0x80 | (code & 0x3f);
  } else {
    *to++ = 0xf0 | code >> 18;
    *to++ = 0x80 | (code >> 12 & 0x3f);
    *to++ = 0x80 | (code >> 6 & 0x3f);
    *to++ = 0x80 | (code & 0x3f);
  }
  return to;
}

/* The code point of the escape with digits at `*at`, which is moved past it; -1 where it is none. */
static int32_t unicode_escape(uint8_t **at) {
  int32_t unit = hex_unit(*at + 2);
  *at += 6;
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff || (*at)[0] != '\\' || (*at)[1] != 'u') return -1;
  int32_t low = hex_unit(*at + 2);
  if (low < 0xdc00 || low > 0xdfff) return -1;
  *at += 6;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/*
 * Stores a string with escapes or beyond ASCII from `start`, of which the bytes before `at` are plain. Returns what follows
 * its closing quote. Lone halves of surrogate pairs and broken UTF-8 are left.
 */
static uint8_t *unusual_text(const struct node *node, const uint8_t *start, uint8_t *at) {
  uint8_t *text = scratch_at;
  uint8_t *to = text;
  copy_blocks(to, start, at - start);
  to += at - start;
  uint8_t beyond = 0;
  for (;;) {
    v128_t block = load(at);
    wasm_v128_store(to, block);
    uint32_t ends = wasm_i8x16_bitmask(ascii_ends(block));
    uint32_t count = ends == 0 ? block_bytes : (uint32_t)__builtin_ctz(ends);
    at += count;
    to += count;
    if (ends == 0) continue;
    if (*at == '"') break;
    if (*at >= 0x80) {
      uint32_t size = utf8_length(at);
      if (size == 0) return 0;
      for (uint32_t i = 0; i < size; i += 1) *to++ = *at++;
      beyond = 1;
      continue;
    }
    if (*at != '\\') return 0;
    uint8_t plain = escaped(at[1]);
    if (plain != 0) {
      *to++ = plain;
      at += 2;
      continue;
    }
    if (at[1] != 'u') return 0;
    int32_t code = unicode_escape(&at);
    if (code < 0) return 0;
    if (code >= 0x80) beyond = 1;
    to = write_utf8(to, code);
  }
  scratch_at = to;
  uint32_t length = to - text;
  enum text_kind kind = beyond ? text_utf8 : text_ascii;
  return put_waiting(node, text, length, hash_text(text, length), kind) ? at + 1 : 0;
}

/* Stores the string that begins at `at`, after its quote. */
static uint8_t *put_keyword(const struct node *node, uint8_t *at) {
  const uint8_t *start = at;
  struct hash sums = hash_start();
  for (;;) {
    v128_t block = load(at);
    uint32_t ends = wasm_i8x16_bitmask(ascii_ends(block));
    if (ends == 0) {
      hash_block(&sums, block);
      at += block_bytes;
      continue;
    }
    uint32_t count = __builtin_ctz(ends);
    at += count;
    if (*at != '"') return unusual_text(node, start, at);
    uint32_t length = at - start;
    uint32_t hash = hash_end(sums, block, count, length);
    return put_waiting(node, start, length, hash, text_ascii) ? at + 1 : 0;
  }
}

/* The end of an ASCII string without escapes, at its quote; 0 for any other. */
static uint8_t *plain_end(uint8_t *at) {
  for (;;) {
    uint32_t ends = wasm_i8x16_bitmask(ascii_ends(load(at)));
    if (ends != 0) {
      at += __builtin_ctz(ends);
      return *at == '"' ? at : 0;
    }
    at += block_bytes;
  }
}

/* Whether a text is an IPv4 address in its only form. */
static bool is_dotted_address(const uint8_t *at, uint32_t length) {
  const uint8_t *end = at + length;
  for (uint32_t part = 0; part < 4; part += 1) {
    uint32_t value = 0;
    const uint8_t *start = at;
    while (at < end && at < start + 3 && *at >= '0' && *at <= '9') value = value * 10 + *at++ - '0';
    if (at == start || value > 255 || (*start == '0' && at > start + 1)) return false;
    if (part == 3) return at == end;
    if (at >= end || *at++ != '.') return false;
  }
  return false;
}

/* What the host said of texts that are no dotted addresses, by their last bits; emptied with the table. */
enum { known_addresses = 1024 };
static struct {
  uint32_t text;
  uint32_t address;
} addresses[known_addresses];
static uint32_t addresses_generation;

static uint32_t address_of(uint32_t text) {
  if (addresses_generation != texts.generation) {
    __builtin_memset(addresses, 0, sizeof(addresses));
    addresses_generation = texts.generation;
  }
  uint32_t at = text & (known_addresses - 1);
  if (addresses[at].text != text) {
    tell_host();
    addresses[at].address = host_address(text);
    addresses[at].text = text;
  }
  return addresses[at].address;
}

static bool put_address(const struct node *node, const uint8_t *text, uint32_t length) {
  if (is_dotted_address(text, length)) return put_waiting(node, text, length, hash_text(text, length), text_ascii);
  uint32_t address = address_of(intern_text(text, length, text_ascii));
  if (address != 0) return put_reference(node, address);
  mistyped += 1;
  return true;
}

/* The number of `count` digits; a large one where some is none. */
static inline uint32_t number_of(const uint8_t *at, uint32_t count) {
  uint32_t value = 0;
  for (uint32_t i = 0; i < count; i += 1) {
    uint32_t digit = at[i] - '0';
    if (digit > 9) return UINT32_MAX / 2;
    value = value * 10 + digit;
  }
  return value;
}

static const uint16_t days_before[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
static const uint32_t fraction_units[10] = {0, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};

/* Days since 1970-01-01 of `2026-01-02`, within 1970 to 2199; -1 for anything else, and for a leap day. */
static int32_t day_of(const uint8_t *at) {
  if (at[4] != '-' || at[7] != '-') return -1;
  uint32_t year = number_of(at, 4), month = number_of(at + 5, 2), day = number_of(at + 8, 2);
  if (year < 1970 || year > 2199 || month < 1 || month > 12) return -1;
  if (day < 1 || day > (uint32_t)(days_before[month] - days_before[month - 1])) return -1;
  bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  uint32_t before = year - 1;
  /* Up to the end of 1969 there were 477 leap days. */
  uint32_t leap_days = before / 4 - before / 100 + before / 400 - 477;
  return (year - 1970) * 365 + leap_days + days_before[month - 1] + (is_leap && month > 2) + day - 1;
}

/* The date that was read last: neighbouring events share it more often than not. */
static uint8_t known_date[block_bytes];
static int32_t known_day = -1;

/* ns since the epoch of `2026-01-02T03:04:05.678901234Z`, or `no_time` for any other form. */
static int64_t usual_time(const uint8_t *at, uint32_t length) {
  if (length < 20 || length > 30 || at[length - 1] != 'Z') return no_time;
  if (at[10] != 'T' || at[13] != ':' || at[16] != ':') return no_time;
  if (!is_same(known_date, at, 10) || known_day < 0) {
    known_day = day_of(at);
    if (known_day < 0) return no_time;
    wasm_v128_store(known_date, load(at));
  }
  uint32_t hour = number_of(at + 11, 2), minute = number_of(at + 14, 2), second = number_of(at + 17, 2);
  if (hour > 23 || minute > 59 || second > 59) return no_time;
  uint32_t fraction = 0;
  if (length > 20) {
    uint32_t count = length - 21;
    if (at[19] != '.' || count == 0) return no_time;
    fraction = number_of(at + 20, count);
    if (fraction > 999999999) return no_time;
    fraction *= fraction_units[count];
  }
  int64_t seconds = (int64_t)known_day * 86400 + hour * 3600 + minute * 60 + second;
  return seconds * ns_per_second + fraction;
}

static bool put_time(const struct node *node, int64_t time_ns) {
  if (node->flags & is_timestamp) {
    own_ns = time_ns;
    has_own = true;
  }
  return put_number(node, time_ns);
}

static bool put_date(const struct node *node, const uint8_t *text, uint32_t length) {
  int64_t time_ns = usual_time(text, length);
  if (time_ns == no_time) {
    tell_host();
    time_ns = host_date(text, length);
    if (time_ns == no_time) return false;
  }
  return put_time(node, time_ns);
}

/* The string at `at`, after its quote. */
static uint8_t *put_text(const struct node *node, uint8_t *at) {
  if (node->kind == kind_keyword) return put_keyword(node, at);
  if (node->kind != kind_address && node->kind != kind_date) return 0;
  uint8_t *end = plain_end(at);
  if (end == 0) return 0;
  uint32_t length = end - at;
  bool is_put = node->kind == kind_date ? put_date(node, at, length) : put_address(node, at, length);
  return is_put ? end + 1 : 0;
}

static uint8_t *put_boolean(const struct node *node, uint8_t *at, bool value) {
  uint32_t length = value ? 4 : 5;
  if (value ? word_at(at) != word_true : word_at(at + 1) != word_alse) return 0;
  if (node->kind == kind_boolean) return put_reference(node, value ? 2 : 1) ? at + length : 0;
  if (node->kind != kind_keyword) return 0;
  return put_waiting(node, at, length, hash_text(at, length), text_ascii) ? at + length : 0;
}

/* Integers of at most this many digits are exact as numbers of the host. */
enum { exact_digits = 15 };

/* ms since the epoch that are within 64 bits as ns. */
static const int64_t max_ms = INT64_MAX / 1000000;

/* An integer that is exact; any other number is left. */
static uint8_t *put_integer(const struct node *node, uint8_t *start) {
  bool is_negative = *start == '-';
  uint8_t *at = start + is_negative;
  uint8_t *first = at;
  int64_t value = 0;
  while (*at >= '0' && *at <= '9' && at <= first + exact_digits) value = value * 10 + *at++ - '0';
  uint32_t count = at - first;
  if (count == 0 || count > exact_digits || (*first == '0' && count > 1)) return 0;
  if (*at == '.' || (*at | 0x20) == 'e' || (is_negative && value == 0)) return 0;
  if (is_negative) value = -value;
  bool is_put = false;
  if (node->kind == kind_long) is_put = put_number(node, value);
  if (node->kind == kind_double) {
    double number = (double)value;
    int64_t bits;
    __builtin_memcpy(&bits, &number, sizeof(bits));
    is_put = put_number(node, bits);
  }
  uint32_t length = at - start;
  if (node->kind == kind_keyword) is_put = put_waiting(node, start, length, hash_text(start, length), text_ascii);
  if (node->kind == kind_date && value <= max_ms && value >= -max_ms) is_put = put_time(node, value * 1000000);
  return is_put ? at : 0;
}

#endif

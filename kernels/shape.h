/*
 * The places that values are wanted for, as a tree, and what lines before had in common with the one at hand: which key
 * follows which, and the text that a value had last with the cells it gave. Events of one source are much alike, so most
 * keys need only be compared with the one expected, and many values with the one before.
 */
#ifndef KESTREL_SHAPE_H
#define KESTREL_SHAPE_H

#include "json.h"
#include "texts.h"

enum place_kind {
  kind_none = 0,
  kind_keyword = 1,
  kind_address = 2,
  kind_boolean = 3,
  kind_long = 4,
  kind_double = 5,
  kind_date = 6,
  /* Left to the plain decoder. */
  kind_special = 7,
};

enum node_flag { is_timestamp = 1, /* A null at this place must be seen by the plain decoder. */ leaves_null = 2 };

/* A place; the first three members are written by the host: src/event/path-tree.ts has the same order. */
struct node {
  uint32_t kind;
  /* Index of the column in the layout, or -1. */
  int32_t column;
  uint32_t flags;
  /* Serial number of the line that named it last: a second time on one line needs care. */
  uint32_t visit;
  /* The key that came first in the last object, and another one that did before. */
  struct member *first[2];
};

/* A key, or several with dots between, that leads from one place to another. */
struct key {
  struct node *from;
  struct node *to;
  const uint8_t *text;
  uint32_t length;
  uint32_t hash;
};

/* The last value of a key: its text and what it put on the tape. */
struct memo {
  uint8_t *text;
  uint32_t length;
  uint32_t text_room;
  uint32_t *words;
  uint32_t word_count;
  uint32_t word_room;
  /* That of the string table plus one: never that of a memo that holds nothing. */
  uint32_t generation;
  /* Within how many objects and arrays the value was. */
  uint32_t depth;
  /* Values in a row that differed from the one before. */
  uint32_t misses;
};

/* A key that was seen in objects at a place. */
struct member {
  struct node *from;
  /* Where the value belongs; 0 where no one wants it. */
  struct node *to;
  /* The keys that followed the last two times that they differed. */
  struct member *next[2];
  struct memo memo;
  uint32_t hash;
  /* Bytes of the key with its closing quote. */
  uint32_t length;
  uint8_t key[];
};

enum {
  /* Keys that are remembered; further ones are looked up each time. */
  max_members = 8192,
  max_key = 1024,
  /* Misses after which a key's values are not compared any more. */
  max_misses = 24,
  max_memo_text = 1024,
  max_memo_words = 256,
};

struct scanner {
  struct node *nodes;
  struct key *keys;
  uint32_t key_slots;
  struct member **members;
  uint32_t member_slots;
  uint32_t member_count;
  uint32_t nesting;
  uint32_t list_values;
  /* A dotted key was seen: it may name a place within an object that is remembered as a whole. */
  bool has_dotted;
  uint32_t visit;
  /* Read and written by the host from here on: src/event/line-kernel.ts has the same order. */
  struct {
    uint8_t *input;
    uint32_t input_bytes;
    uint32_t *lines;
    uint32_t line_room;
    uint32_t *tape;
    uint32_t has_own;
    /* The last line's own time, if it has one; the time of the newest line so far. */
    int64_t own_ns;
    int64_t newest_ns;
  } shared;
  uint8_t *scratch;
};

static struct scanner *scanner;
/* Stands for keys that are not remembered. */
static struct member passing;
/* An object was taken from memory on this line, and then a dotted key was met: the line is to be read anew. */
static bool used_object_memo;
static bool reads_again;

static inline uint32_t key_hash(const struct node *from, uint32_t hash) {
  return hash ^ (uint32_t)from * 0x9e3779b1u;
}

static const struct key *find_key(const struct node *from, const uint8_t *text, uint32_t length, uint32_t hash) {
  uint32_t mask = scanner->key_slots - 1;
  uint32_t wanted = key_hash(from, hash);
  for (uint32_t at = wanted & mask;; at = (at + 1) & mask) {
    const struct key *key = &scanner->keys[at];
    if (key->from == 0) return 0;
    if (key->hash == wanted && key->from == from && key->length == length && is_same(key->text, text, length)) {
      return key;
    }
  }
}

/*
 * Of a dotted key that leads to no place: whether that is because there is none. Else it needs the plain decoder.
 */
static bool leads_nowhere(const struct node *from, const uint8_t *text, uint32_t length) {
  const uint8_t *end = text + length;
  for (const uint8_t *at = text; at <= end;) {
    const uint8_t *stop = at;
    while (stop < end && *stop != '.') stop += 1;
    if (stop == at) return false;
    uint32_t size = stop - at;
    const struct key *key = find_key(from, at, size, hash_text(at, size));
    if (key == 0) return true;
    from = key->to;
    if (from->kind == kind_special) return false;
    at = stop + 1;
  }
  return false;
}

/* Doubles the table of members, which holds pointers by hash. */
static void double_members(void) {
  struct member **old = scanner->members;
  uint32_t count = scanner->member_slots;
  scanner->member_slots = count * 2;
  scanner->members = take_cleared(count * 2 * sizeof(*old));
  for (uint32_t i = 0; i < count; i += 1) {
    if (old[i] == 0) continue;
    uint32_t at = old[i]->hash & (count * 2 - 1);
    while (scanner->members[at] != 0) at = (at + 1) & (count * 2 - 1);
    scanner->members[at] = old[i];
  }
  give_back(old, count * sizeof(*old));
}

static struct member *add_member(struct node *from, struct node *to, const uint8_t *key, uint32_t length, uint32_t hash) {
  if (scanner->member_count >= max_members || length > max_key) {
    passing = (struct member){.to = to, .length = length + 1, .memo.misses = max_misses};
    return &passing;
  }
  scanner->member_count += 1;
  if (scanner->member_count * 2 > scanner->member_slots) double_members();
  uint32_t bytes = sizeof(struct member) + length + 1 + 2 * block_bytes;
  struct member *member = take(bytes);
  *member = (struct member){.from = from, .to = to, .hash = hash, .length = length + 1};
  copy_blocks(member->key, key, length + 1);
  uint32_t at = hash & (scanner->member_slots - 1);
  while (scanner->members[at] != 0) at = (at + 1) & (scanner->member_slots - 1);
  scanner->members[at] = member;
  return member;
}

static inline bool is_key_at(const struct member *member, const uint8_t *at) {
  if (member->length > block_bytes) return is_same(member->key, at, member->length);
  v128_t difference = wasm_v128_xor(load(member->key), load(at));
  return !wasm_v128_any_true(wasm_v128_and(difference, prefix(member->length)));
}

/* The member of a place whose key begins at `at`, after its quote; 0 to leave the line. */
static struct member *find_member(struct node *from, const uint8_t *at) {
  const uint8_t *end = at;
  struct hash sums = hash_start();
  uint32_t dots = 0;
  uint32_t count;
  v128_t block;
  for (;;) {
    block = load(end);
    uint32_t ends = wasm_i8x16_bitmask(ascii_ends(block));
    uint32_t points = wasm_i8x16_bitmask(wasm_i8x16_eq(block, wasm_i8x16_splat('.')));
    if (ends != 0) {
      count = __builtin_ctz(ends);
      dots |= points & ((1u << count) - 1);
      break;
    }
    dots |= points;
    hash_block(&sums, block);
    end += block_bytes;
  }
  end += count;
  if (*end != '"') return 0;
  uint32_t length = end - at;
  uint32_t plain = hash_end(sums, block, count, length);
  uint32_t hash = key_hash(from, plain);
  uint32_t mask = scanner->member_slots - 1;
  for (uint32_t i = hash & mask; scanner->members[i] != 0; i = (i + 1) & mask) {
    struct member *member = scanner->members[i];
    if (member->hash == hash && member->from == from && member->length == length + 1 && is_key_at(member, at)) {
      return member;
    }
  }
  const struct key *key = find_key(from, at, length, plain);
  if (dots != 0) {
    if (key == 0 && !leads_nowhere(from, at, length)) return 0;
    if (key != 0) {
      scanner->has_dotted = true;
      if (used_object_memo) {
        reads_again = true;
        return 0;
      }
    }
  }
  return add_member(from, key == 0 ? 0 : key->to, at, length, hash);
}

#endif

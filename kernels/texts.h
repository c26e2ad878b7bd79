/* The string table: texts to ids from 1 on, found by their bytes (UTF-8). */
#ifndef KESTREL_TEXTS_H
#define KESTREL_TEXTS_H

#include "memory.h"

enum text_kind { text_ascii = 0, text_utf8 = 1 };

enum {
  /* Estimated bytes of an entry beside its text. */
  entry_overhead = 64,
  start_slots = 4096,
  start_ids = 4096,
  first_chunk = 0x10000,
  later_chunk = 0x40000,
  kind_shift = 30,
  length_mask = (1 << kind_shift) - 1,
};

/* A text in the arena, filled up with zeros to (length >> 2) + 1 words. */
struct entry {
  uint32_t id;
  /* Its length and, in the highest bits, its kind. */
  uint32_t size;
  uint8_t text[];
};

/* Open addressing; no entry is free. */
struct slot {
  uint32_t hash;
  struct entry *entry;
};

/* A piece of the arena. Pieces are linked in the order in which they are filled, and are never given back. */
struct chunk {
  struct chunk *next;
  uint32_t bytes;
  uint8_t unused[56];
};

/* Read by the host: src/event/string-table.ts has the same order. */
static struct {
  /* Texts there are. */
  uint32_t count;
  uint32_t generation;
  uint32_t size_bytes;
  /* By id; 0 where the host keeps the text, since it is no UTF-8. */
  struct entry **entries;
  uint8_t *scratch;
  uint32_t scratch_bytes;
} texts;

static uint32_t id_room;
static struct slot *slots;
static uint32_t slot_count;
static struct chunk *first;
static struct chunk *filling;
static uint8_t *arena_at;
static uint8_t *arena_end;

static const uint64_t prime1 = 0x9e3779b185ebca87ull;
static const uint64_t prime2 = 0xc2b2ae3d27d4eb4full;

static inline uint64_t rotate(uint64_t value, uint32_t bits) { return value << bits | value >> (64 - bits); }

/* Two sums over alternate words of eight bytes. */
struct hash {
  uint64_t even;
  uint64_t odd;
};

static inline struct hash hash_start(void) { return (struct hash){prime1, prime2}; }

static inline void hash_block(struct hash *hash, v128_t block) {
  hash->even = rotate(hash->even + (uint64_t)wasm_i64x2_extract_lane(block, 0) * prime2, 31) * prime1;
  hash->odd = rotate(hash->odd + (uint64_t)wasm_i64x2_extract_lane(block, 1) * prime2, 29) * prime1;
}

/* The last block, of which `count` (0 to 15) bytes belong to the text of `length` bytes. */
static inline uint32_t hash_end(struct hash hash, v128_t block, uint32_t count, uint32_t length) {
  hash_block(&hash, wasm_v128_and(block, prefix(count)));
  uint64_t both = (hash.even ^ rotate(hash.odd, 32) ^ length) * prime1;
  return (uint32_t)((both ^ both >> 29) * prime2 >> 32);
}

static uint32_t hash_text(const uint8_t *text, uint32_t length) {
  struct hash hash = hash_start();
  uint32_t left = length;
  for (; left >= block_bytes; left -= block_bytes) {
    hash_block(&hash, load(text));
    text += block_bytes;
  }
  return hash_end(hash, load(text), left, length);
}

static struct slot *free_slot(uint32_t hash) {
  uint32_t at = hash & (slot_count - 1);
  while (slots[at].entry != 0) at = (at + 1) & (slot_count - 1);
  return &slots[at];
}

static void take_slots(uint32_t count) {
  slots = take_cleared(count * sizeof(struct slot));
  slot_count = count;
}

static void double_slots(void) {
  struct slot *old = slots;
  uint32_t count = slot_count;
  take_slots(count * 2);
  for (uint32_t i = 0; i < count; i += 1) {
    if (old[i].entry != 0) *free_slot(old[i].hash) = old[i];
  }
  give_back(old, count * sizeof(struct slot));
}

static void begin_chunk(struct chunk *chunk) {
  filling = chunk;
  arena_at = (uint8_t *)(chunk + 1);
  arena_end = (uint8_t *)chunk + chunk->bytes - 2 * block_bytes;
}

static struct chunk *take_chunk(uint32_t bytes) {
  struct chunk *chunk = take(bytes);
  chunk->next = 0;
  chunk->bytes = bytes;
  return chunk;
}

/* Goes on in a piece of the arena that has room for `bytes`. */
static void next_chunk(uint32_t bytes) {
  uint32_t wanted = bytes + sizeof(struct chunk) + 2 * block_bytes;
  struct chunk *next = filling->next;
  if (next == 0 || next->bytes < wanted) {
    struct chunk *made = take_chunk(wanted <= later_chunk ? later_chunk : 1u << class_of(wanted));
    made->next = next;
    filling->next = made;
    next = made;
  }
  begin_chunk(next);
}

static uint32_t next_id(uint32_t bytes) {
  uint32_t id = texts.count + 1;
  texts.count = id;
  texts.size_bytes += bytes + entry_overhead;
  if (id >= id_room) {
    uint32_t known = id_room * sizeof(struct entry *);
    texts.entries = grow(texts.entries, known, known * 2);
    id_room *= 2;
  }
  return id;
}

static uint32_t add_text(const uint8_t *text, uint32_t length, uint32_t hash, enum text_kind kind) {
  uint32_t id = next_id(length);
  uint32_t bytes = sizeof(struct entry) + ((length >> 2) + 1) * 4;
  if (arena_at + bytes > arena_end) next_chunk(bytes);
  struct entry *entry = (struct entry *)arena_at;
  arena_at += bytes;
  *entry = (struct entry){.id = id, .size = length | (uint32_t)kind << kind_shift};
  uint8_t *to = entry->text;
  uint32_t left = length;
  for (; left >= block_bytes; left -= block_bytes) {
    wasm_v128_store(to, load(text));
    text += block_bytes;
    to += block_bytes;
  }
  wasm_v128_store(to, wasm_v128_and(load(text), prefix(left)));
  texts.entries[id] = entry;
  *free_slot(hash) = (struct slot){hash, entry};
  /* Filled to five eighths at most. */
  if (id * 8 > slot_count * 5) double_slots();
  return id;
}

/* The id of a text; sixteen bytes after it can be read. */
static uint32_t intern(const uint8_t *text, uint32_t length, uint32_t hash, enum text_kind kind) {
  uint32_t mask = slot_count - 1;
  for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
    const struct slot *slot = &slots[at];
    if (slot->entry == 0) return add_text(text, length, hash, kind);
    if (slot->hash != hash || (slot->entry->size & length_mask) != length) continue;
    if (is_same(slot->entry->text, text, length)) return slot->entry->id;
  }
}

static uint32_t intern_text(const uint8_t *text, uint32_t length, enum text_kind kind) {
  return intern(text, length, hash_text(text, length), kind);
}

enum { scratch_slack = 64 };

static void reserve_scratch(uint32_t bytes) {
  if (bytes + scratch_slack <= texts.scratch_bytes) return;
  give_back(texts.scratch, texts.scratch_bytes);
  texts.scratch_bytes = 1u << class_of(bytes + scratch_slack);
  texts.scratch = take(texts.scratch_bytes);
  has_moved = true;
}

enum { start_scratch = 4096 };

/* Makes the table; returns where the host finds `texts`. To be called once, first. */
EXPORT("create") uint32_t texts_create(void) {
  take_slots(start_slots);
  first = take_chunk(first_chunk);
  begin_chunk(first);
  id_room = start_ids;
  texts.entries = take(id_room * sizeof(struct entry *));
  texts.scratch_bytes = start_scratch;
  texts.scratch = take(texts.scratch_bytes);
  has_moved = false;
  return (uint32_t)&texts;
}

/* Makes room for `bytes` in the scratch memory, where the host lays texts down. */
EXPORT("reserve") void texts_reserve(uint32_t bytes) {
  reserve_scratch(bytes);
  tell_host();
}

/* The id of the text of `length` bytes in the scratch memory. */
EXPORT("intern") uint32_t texts_intern(uint32_t length, uint32_t is_ascii) {
  uint32_t id = intern_text(texts.scratch, length, is_ascii ? text_ascii : text_utf8);
  tell_host();
  return id;
}

/* The next id, for a text that the host keeps; `bytes` is its size. */
EXPORT("number") uint32_t texts_number(uint32_t bytes) {
  uint32_t id = next_id(bytes);
  texts.entries[id] = 0;
  tell_host();
  return id;
}

/* Empties the table; its memory is used again. */
EXPORT("clear") void texts_clear(void) {
  __builtin_memset(slots, 0, slot_count * sizeof(struct slot));
  texts.count = 0;
  begin_chunk(first);
  texts.size_bytes = 0;
  texts.generation += 1;
}

#endif

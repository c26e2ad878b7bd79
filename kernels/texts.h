/* The string table: texts to ids from 1 on, found by their bytes (UTF-8). */
#ifndef KESTREL_TEXTS_H
#define KESTREL_TEXTS_H

#include "memory.h"

enum text_kind { text_ascii = 0, text_utf8 = 1, /* Kept by the host: it is no UTF-8. */ text_host = 2 };

/* Estimated bytes of an entry beside its text. */
enum { entry_overhead = 64, start_slots = 4096, start_arena = 0x10000, arena_slack = 64 };

/* Where a text lies: `start` counts bytes from the arena's first. */
struct place {
  uint32_t start;
  uint32_t length;
  uint32_t kind;
  /* Id of the address that the text is, `no_address`, or 0 while nobody asked. */
  int32_t address;
};

enum { no_address = -1 };

/* Open addressing; id 0 is free. */
struct slot {
  uint32_t hash;
  uint32_t id;
  uint32_t start;
  uint32_t length;
};

/* Read by the host: src/event/text-kernel.ts has the same order. */
static struct {
  /* Texts there are. */
  uint32_t count;
  uint32_t generation;
  uint32_t size_bytes;
  /* Texts one after the other, each filled up with zeros to (length >> 2) + 1 words. */
  uint8_t *arena;
  uint32_t arena_end;
  /* By id. */
  struct place *places;
  uint8_t *scratch;
  uint32_t scratch_bytes;
} texts;

static uint32_t arena_bytes;
static uint32_t place_count;
static struct slot *slots;
static uint32_t slot_count;

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
  while (slots[at].id != 0) at = (at + 1) & (slot_count - 1);
  return &slots[at];
}

static void take_slots(uint32_t count) {
  slots = take(count * sizeof(struct slot));
  slot_count = count;
  __builtin_memset(slots, 0, count * sizeof(struct slot));
}

static void double_slots(void) {
  struct slot *old = slots;
  uint32_t count = slot_count;
  take_slots(count * 2);
  for (uint32_t i = 0; i < count; i += 1) {
    if (old[i].id != 0) *free_slot(old[i].hash) = old[i];
  }
  give_back(old, count * sizeof(struct slot));
}

static uint32_t next_id(uint32_t bytes) {
  uint32_t id = texts.count + 1;
  texts.count = id;
  texts.size_bytes += bytes + entry_overhead;
  if (id >= place_count) {
    uint32_t known = place_count * sizeof(struct place);
    texts.places = grow(texts.places, known, known * 2);
    place_count *= 2;
  }
  return id;
}

static uint32_t add_text(const uint8_t *text, uint32_t length, uint32_t hash, enum text_kind kind) {
  uint32_t id = next_id(length);
  uint32_t start = texts.arena_end;
  texts.arena_end += ((length >> 2) + 1) * 4;
  if (texts.arena_end + arena_slack > arena_bytes) {
    uint32_t wanted = texts.arena_end + arena_slack;
    uint32_t larger = arena_bytes * 2 > wanted ? arena_bytes * 2 : 1u << class_of(wanted);
    texts.arena = grow(texts.arena, arena_bytes, larger);
    arena_bytes = larger;
  }
  uint8_t *to = texts.arena + start;
  uint32_t left = length;
  for (; left >= block_bytes; left -= block_bytes) {
    wasm_v128_store(to, load(text));
    text += block_bytes;
    to += block_bytes;
  }
  wasm_v128_store(to, wasm_v128_and(load(text), prefix(left)));
  texts.places[id] = (struct place){start, length, kind, 0};
  *free_slot(hash) = (struct slot){hash, id, start, length};
  if (id * 2 > slot_count) double_slots();
  return id;
}

/* The id of a text; sixteen bytes after it can be read. It must not lie in the arena. */
static inline uint32_t intern(const uint8_t *text, uint32_t length, uint32_t hash, enum text_kind kind) {
  uint32_t mask = slot_count - 1;
  for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
    const struct slot *slot = &slots[at];
    if (slot->id == 0) return add_text(text, length, hash, kind);
    if (slot->hash != hash || slot->length != length) continue;
    if (is_same(texts.arena + slot->start, text, length)) return slot->id;
  }
}

static uint32_t intern_text(const uint8_t *text, uint32_t length, enum text_kind kind) {
  return intern(text, length, hash_text(text, length), kind);
}

static void reserve_scratch(uint32_t bytes) {
  if (bytes + arena_slack <= texts.scratch_bytes) return;
  give_back(texts.scratch, texts.scratch_bytes);
  texts.scratch_bytes = 1u << class_of(bytes + arena_slack);
  texts.scratch = take(texts.scratch_bytes);
  has_moved = true;
}

/* Makes the table; returns where the host finds `texts`. To be called once, first. */
EXPORT("create") uint32_t texts_create(void) {
  take_slots(start_slots);
  arena_bytes = start_arena;
  texts.arena = take(arena_bytes);
  place_count = start_slots;
  texts.places = take(place_count * sizeof(struct place));
  texts.scratch_bytes = 4096;
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
  texts.places[id] = (struct place){0, 0, text_host, 0};
  tell_host();
  return id;
}

/* Empties the table; its memory is used again. */
EXPORT("clear") void texts_clear(void) {
  __builtin_memset(slots, 0, slot_count * sizeof(struct slot));
  texts.count = 0;
  texts.arena_end = 0;
  texts.size_bytes = 0;
  texts.generation += 1;
}

#endif

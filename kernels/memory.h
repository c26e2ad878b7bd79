/* Memory of the kernel: blocks of powers of two, and reads of sixteen bytes at once. */
#ifndef KESTREL_MEMORY_H
#define KESTREL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("host"), import_name(name)))

/* Tells the host that memory grew or that a region moved: its views are void. */
IMPORT("moved") void host_moved(void);

/* Where the linker lets the heap begin. */
extern uint8_t __heap_base;

enum { page_bytes = 0x10000, smallest_class = 6, block_bytes = 16 };

static uint32_t heap_end;
/* By class (the power of two): blocks that were given back, linked by their first word. */
static uint32_t *free_blocks[32];
/* Whether the host must be told before it reads anything. */
static bool has_moved;

static uint32_t class_of(uint32_t bytes) {
  uint32_t class = smallest_class;
  while ((1u << class) < bytes) class += 1;
  return class;
}

/* New memory, which is zeros. Traps where there is no more. */
static void *extend_heap(uint32_t bytes) {
  if (heap_end == 0) heap_end = ((uint32_t)&__heap_base + 63) & ~63u;
  uint32_t start = heap_end;
  uint64_t end = (uint64_t)start + bytes;
  uint64_t there = (uint64_t)__builtin_wasm_memory_size(0) * page_bytes;
  if (end > there) {
    if (__builtin_wasm_memory_grow(0, (end - there + page_bytes - 1) / page_bytes) == (uint32_t)-1) {
      __builtin_trap();
    }
    has_moved = true;
  }
  heap_end = (uint32_t)end;
  return (void *)start;
}

static void *free_block(uint32_t class) {
  uint32_t *block = free_blocks[class];
  if (block != 0) free_blocks[class] = (uint32_t *)*block;
  return block;
}

/* `bytes` of memory, at most 1 GiB. */
static void *take(uint32_t bytes) {
  uint32_t class = class_of(bytes);
  void *block = free_block(class);
  return block != 0 ? block : extend_heap(1u << class);
}

/* The same, cleared. */
static void *take_cleared(uint32_t bytes) {
  uint32_t class = class_of(bytes);
  void *block = free_block(class);
  if (block == 0) return extend_heap(1u << class);
  __builtin_memset(block, 0, bytes);
  return block;
}

/* Gives back what `take` gave for as many bytes. */
static void give_back(void *memory, uint32_t bytes) {
  uint32_t class = class_of(bytes);
  *(uint32_t *)memory = (uint32_t)free_blocks[class];
  free_blocks[class] = memory;
}

/* A larger block with the same first bytes, in place of one that is given back. */
static void *grow(void *memory, uint32_t bytes, uint32_t wanted) {
  void *larger = take(wanted);
  __builtin_memcpy(larger, memory, bytes);
  give_back(memory, bytes);
  has_moved = true;
  return larger;
}

/* To be called last by whatever the host calls. */
static void tell_host(void) {
  if (!has_moved) return;
  has_moved = false;
  host_moved();
}

/* From `prefix_masks + 16 - n` on: `n` bytes of ones, then zeros. */
static const uint8_t prefix_masks[32] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static inline v128_t load(const void *at) { return wasm_v128_load(at); }

/* Ones in the first `count` (0 to 16) bytes. */
static inline v128_t prefix(uint32_t count) { return load(prefix_masks + block_bytes - count); }

/* Whether `length` bytes are the same; sixteen bytes more of both can be read. */
static inline bool is_same(const uint8_t *a, const uint8_t *b, uint32_t length) {
  for (; length >= block_bytes; length -= block_bytes) {
    if (wasm_v128_any_true(wasm_v128_xor(load(a), load(b)))) return false;
    a += block_bytes;
    b += block_bytes;
  }
  return !wasm_v128_any_true(wasm_v128_and(wasm_v128_xor(load(a), load(b)), prefix(length)));
}

/* Copies `length` bytes, and up to sixteen more. */
static inline void copy_blocks(uint8_t *to, const uint8_t *from, uint32_t length) {
  for (uint32_t i = 0; i <= length; i += block_bytes) wasm_v128_store(to + i, load(from + i));
}

#endif

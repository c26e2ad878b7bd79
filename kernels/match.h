/*
 * Which of many tests hold for the texts of a column: the tests that all rules ask of one field, laid down by
 * src/event/text-matcher.ts. What is found of a text is remembered by its id. Only ASCII texts are looked at here;
 * others, and what is left to try of these (regular expressions), are reported to the host, which says what came of it.
 */
#ifndef KESTREL_MATCH_H
#define KESTREL_MATCH_H

#include "json.h"
#include "texts.h"

/* Words of the plan in which the host lays tests down; places are words from its start. */
struct plan {
  /* Tests there are: atoms `0 <= atom < atoms`. */
  uint32_t atoms;
  uint32_t equals_at;
  uint32_t equals;
  uint32_t triggers_at;
  uint32_t triggers;
  uint32_t patterns_at;
  uint32_t patterns;
  /* Patterns without a trigger, tried on every text: the first so many. */
  uint32_t always;
  uint32_t networks_at;
  uint32_t networks;
};

/* A network as far as IPv4 addresses go: those that have the bits of `base` where `mask` has ones. */
struct network {
  uint32_t base;
  uint32_t mask;
  uint32_t atom;
};

/* A text that tests for equality ask for; folded (small letters only) where case does not matter. */
struct equal {
  uint32_t bytes_at;
  uint32_t length;
  uint32_t is_folded;
  uint32_t atoms_at;
  uint32_t atoms;
};

/* A folded text of 1 to 8 bytes that occurs, folded, in every text for which one of its patterns holds. */
struct trigger {
  uint32_t bytes_at;
  uint32_t length;
  /* Its patterns follow each other. */
  uint32_t first_pattern;
  uint32_t patterns;
};

enum pattern_kind {
  /* The one piece tells; `pieces_at` is where its bytes are, `pieces` how many. */
  pattern_piece = 0,
  /* All pieces, in order, tell. */
  pattern_glob = 1,
  /* The host decides, where the pieces are there. */
  pattern_host = 2,
  /* The automaton decides, where the pieces are there. */
  pattern_automaton = 3,
};

enum trigger_place { anywhere = 0, after_start = 1, before_end = 2 };

enum pattern_flag { folded_pieces = 1, anchored_start = 2, anchored_end = 4 };

struct pattern {
  uint32_t kind;
  uint32_t atom;
  uint32_t flags;
  /* Bounds of the length of texts for which it holds. */
  uint32_t shortest;
  uint32_t longest;
  /* Where the trigger must end, counted in bytes from the start or to the end. */
  uint32_t place;
  uint32_t distance;
  uint32_t pieces_at;
  uint32_t pieces;
  uint32_t automaton_at;
};

/* A regular expression: state 0 accepts nothing any more, state 1 whatever follows. */
struct automaton {
  uint32_t start;
  uint32_t classes;
  uint8_t class_of[128];
  /* By state: whether a text that ends there matches. */
  uint8_t accepts[256];
  /* By state, then by class. */
  uint8_t table[];
};

/* Bytes between two stars of a wildcard pattern; where some are wild, `?` stands for any. */
struct piece {
  uint32_t bytes_at;
  uint32_t length;
  uint32_t is_wild;
};

struct equal_slot {
  uint32_t hash;
  const struct equal *equal;
};

/* A trigger as it is compared: its bytes and which of the last eight bytes they are. */
struct ending {
  uint64_t bytes;
  uint64_t mask;
  uint32_t length;
  uint32_t first_pattern;
  uint32_t patterns;
  /* The next one with the same key. */
  const struct ending *next;
};

struct ending_slot {
  uint32_t key;
  const struct ending *first;
};

/* Triggers that are found by their last 4, 2 or 1 bytes, the key. */
struct endings {
  uint32_t count;
  /* Whether there is a key of that hash: a bit a hash, of which the highest bits count. */
  uint8_t *bits;
  uint32_t bit_count;
  uint32_t shift;
  struct ending_slot *slots;
  uint32_t slot_mask;
};

enum { key_sizes = 3 };
static const uint32_t key_bytes[key_sizes] = {4, 2, 1};

/* A set of atoms that the host has numbered. */
struct atom_set {
  uint32_t hash;
  uint32_t profile;
  uint32_t bits[];
};

enum {
  memo_page_ids = 256,
  memo_page_bytes = memo_page_ids * 4,
  first_sets = 64,
  /* Texts that are looked at in one call. */
  match_room = 4096,
  report_words = 0x4000,
};

/* In a memo: nothing is known (0), the host was asked, or else the profile + 1. */
static const uint32_t asked = 0xffffffffu;

struct matcher {
  /* Read by the host: bytes of what it remembers. */
  uint32_t memo_bytes;
  uint32_t plan_bytes;
  uint32_t *plan;
  const struct pattern *patterns;
  uint32_t pattern_count;
  uint32_t always_count;
  const struct network *networks;
  uint32_t network_count;
  /* Of the lengths of `equal` texts: a bit each, the last for all that are longer. */
  uint64_t equal_lengths;
  struct equal_slot *equal_slots;
  uint32_t equal_mask;
  struct ending *all_endings;
  uint32_t ending_count;
  struct endings endings[key_sizes];
  /* By pattern: the text that it was tried on last. */
  uint32_t *tried;
  uint32_t text_number;
  /* Words of a set of atoms. */
  uint32_t stride;
  /* Words of the largest report on a text. */
  uint32_t report_most;
  /* By id: pages of the memo. */
  uint32_t **pages;
  uint32_t page_room;
  struct atom_set **sets;
  uint32_t set_slots;
  uint32_t set_count;
};

/* Read and written by the host: src/event/text-matcher.ts has the same order. */
static struct {
  /* Ids, or cells that are no id: 0 or negative. */
  int32_t *ids;
  /* By place in `ids`: the profile; 0 for what is no id. */
  uint32_t *profiles;
  uint32_t *report;
  /* Of the last call: all profiles combined, ids, cells below 0, texts scanned, their bytes, patterns tried. */
  uint32_t some;
  uint32_t id_count;
  uint32_t list_count;
  uint32_t scans;
  uint32_t bytes;
  uint32_t tries;
} matching;

/* The text at hand. */
static const uint8_t *text_at;
static uint32_t text_length;
/* The same with small letters only; enough zeros before and after it for reads of blocks. */
static uint8_t *folded_room;
static uint32_t folded_bytes;
static uint8_t *folded;
/* Its atoms, a bit each. */
static uint32_t *found;
/* Their number, and a hash of which. */
static uint32_t found_count;
static uint32_t found_hash;
/* Words of the report, and where it is written. */
static uint32_t report_room;
static uint32_t *report_at;
static uint32_t *report_end;

static uint32_t report_bytes(void) { return report_room * 4 + 2 * block_bytes; }

static inline bool is_noted(uint32_t atom) { return (found[atom >> 5] >> (atom & 31) & 1) != 0; }

/* Hashes of atoms add up, so that their order is no matter. */
static inline uint32_t atom_hash(uint32_t atom) {
  uint64_t mixed = (atom + 1) * prime1;
  return (uint32_t)((mixed ^ mixed >> 29) * prime2 >> 32);
}

static inline void note(uint32_t atom) {
  if (is_noted(atom)) return;
  found[atom >> 5] |= 1u << (atom & 31);
  found_count += 1;
  found_hash += atom_hash(atom);
}

static inline const void *at_word(const struct matcher *with, uint32_t place) { return with->plan + place; }

static inline v128_t fold(v128_t block) {
  v128_t is_capital = wasm_u8x16_lt(wasm_i8x16_sub(block, wasm_i8x16_splat('A')), wasm_i8x16_splat(26));
  return wasm_v128_or(block, wasm_v128_and(is_capital, wasm_i8x16_splat(0x20)));
}

static void fold_text(void) {
  uint32_t wanted = text_length + 4 * block_bytes;
  if (wanted > folded_bytes) {
    if (folded_bytes > 0) give_back(folded_room, folded_bytes);
    folded_bytes = 1u << class_of(wanted);
    folded_room = take_cleared(folded_bytes);
    folded = folded_room + block_bytes;
  }
  uint32_t at = 0;
  for (; at + block_bytes <= text_length; at += block_bytes) wasm_v128_store(folded + at, fold(load(text_at + at)));
  wasm_v128_store(folded + at, wasm_v128_and(fold(load(text_at + at)), prefix(text_length - at)));
}

static bool is_wild_same(const uint8_t *wanted, const uint8_t *at, uint32_t length) {
  for (uint32_t i = 0; i < length; i += 1) {
    if (wanted[i] != at[i] && wanted[i] != '?') return false;
  }
  return true;
}

static inline bool is_piece_at(const struct matcher *with, const struct piece *piece, const uint8_t *at) {
  const uint8_t *wanted = at_word(with, piece->bytes_at);
  return piece->is_wild != 0 ? is_wild_same(wanted, at, piece->length) : is_same(wanted, at, piece->length);
}

/* Where the piece ends that is found first in `[at, end)`; 0 where there is none. */
static const uint8_t *find_piece(const struct matcher *with, const struct piece *piece, const uint8_t *at,
                                 const uint8_t *end) {
  const uint8_t *wanted = at_word(with, piece->bytes_at);
  uint32_t last = piece->length - 1;
  v128_t first_byte = wasm_i8x16_splat((int8_t)wanted[0]);
  v128_t last_byte = wasm_i8x16_splat((int8_t)wanted[last]);
  bool any_first = wanted[0] == '?';
  bool any_last = wanted[last] == '?';
  for (; at + last < end; at += block_bytes) {
    uint32_t places = 0xffff;
    if (!any_first) places &= wasm_i8x16_bitmask(wasm_i8x16_eq(load(at), first_byte));
    if (!any_last) places &= wasm_i8x16_bitmask(wasm_i8x16_eq(load(at + last), last_byte));
    for (; places != 0; places &= places - 1) {
      const uint8_t *place = at + __builtin_ctz(places);
      if (place + last >= end) return 0;
      if (is_piece_at(with, piece, place)) return place + last + 1;
    }
  }
  return 0;
}

/* Whether the whole text has the pattern's pieces where they belong. */
static bool has_pieces(const struct matcher *with, const struct pattern *pattern) {
  const struct piece *piece = at_word(with, pattern->pieces_at);
  const struct piece *last = piece + pattern->pieces;
  bool starts = (pattern->flags & anchored_start) != 0;
  bool ends = (pattern->flags & anchored_end) != 0;
  if (piece == last) return text_length == 0 || !starts;
  const uint8_t *at = (pattern->flags & folded_pieces) != 0 ? folded : text_at;
  const uint8_t *end = at + text_length;
  if (starts) {
    if (piece->length > text_length || !is_piece_at(with, piece, at)) return false;
    // A pattern without a star is one piece.
    if (pattern->pieces == 1 && ends) return text_length == piece->length;
    at += piece->length;
    piece += 1;
  }
  if (ends && piece < last) {
    last -= 1;
    if (end - at < (int32_t)last->length || !is_piece_at(with, last, end - last->length)) return false;
    end -= last->length;
  }
  // The leftmost place of each piece leaves most room for the next.
  for (; piece < last; piece += 1) {
    at = find_piece(with, piece, at, end);
    if (at == 0) return false;
  }
  return true;
}

static bool is_accepted(const struct automaton *automaton) {
  uint32_t classes = automaton->classes;
  uint32_t state = automaton->start;
  for (uint32_t i = 0; i < text_length && state > 1; i += 1) {
    state = automaton->table[state * classes + automaton->class_of[text_at[i]]];
  }
  return automaton->accepts[state] != 0;
}

/* A pattern whose one piece ends where its trigger does, after `end` bytes. */
static inline void try_piece(const struct matcher *with, const struct pattern *pattern, uint32_t end) {
  uint32_t length = pattern->pieces;
  if (end < length || ((pattern->flags & anchored_start) != 0 && end > length)) return;
  if ((pattern->flags & anchored_end) != 0 && end != text_length) return;
  const uint8_t *from = ((pattern->flags & folded_pieces) != 0 ? folded : text_at) + end - length;
  if (is_same(at_word(with, pattern->pieces_at), from, length)) note(pattern->atom);
}

static void try_pattern(struct matcher *with, uint32_t number, uint32_t end) {
  const struct pattern *pattern = with->patterns + number;
  if (is_noted(pattern->atom)) return;
  if (pattern->kind == pattern_piece) {
    try_piece(with, pattern, end);
    return;
  }
  if (pattern->place != anywhere &&
      pattern->distance != (pattern->place == after_start ? end : text_length - end)) {
    return;
  }
  if (with->tried[number] == with->text_number) return;
  with->tried[number] = with->text_number;
  if (text_length < pattern->shortest || text_length > pattern->longest) return;
  matching.tries += 1;
  if (!has_pieces(with, pattern)) return;
  if (pattern->kind == pattern_host) *report_at++ = number;
  else if (pattern->kind == pattern_glob || is_accepted(at_word(with, pattern->automaton_at))) note(pattern->atom);
}

static void find_equals(const struct matcher *with) {
  uint32_t class = text_length < 63 ? text_length : 63;
  if ((with->equal_lengths >> class & 1) == 0) return;
  uint32_t hash = hash_text(folded, text_length);
  for (uint32_t at = hash & with->equal_mask;; at = (at + 1) & with->equal_mask) {
    const struct equal_slot *slot = &with->equal_slots[at];
    if (slot->equal == 0) return;
    if (slot->hash != hash || slot->equal->length != text_length) continue;
    const struct equal *equal = slot->equal;
    if (!is_same(at_word(with, equal->bytes_at), equal->is_folded != 0 ? folded : text_at, text_length)) continue;
    const uint32_t *atoms = at_word(with, equal->atoms_at);
    for (uint32_t i = 0; i < equal->atoms; i += 1) note(atoms[i]);
  }
}

/* Reads dotted decimal without leading zeros, as src/base/ip.ts does. */
static bool read_address(uint32_t *address) {
  uint32_t value = 0;
  uint32_t at = 0;
  for (uint32_t part = 0; part < 4; part += 1) {
    uint32_t start = at;
    uint32_t octet = 0;
    while (at < text_length && at < start + 3 && text_at[at] >= '0' && text_at[at] <= '9') {
      octet = octet * 10 + text_at[at] - '0';
      at += 1;
    }
    if (at == start || octet > 255 || (text_at[start] == '0' && at > start + 1)) return false;
    value = value << 8 | octet;
    if (part == 3) break;
    if (at == text_length || text_at[at] != '.') return false;
    at += 1;
  }
  *address = value;
  return at == text_length;
}

/* Networks of IPv4 addresses are looked up here; what may be another address is left to the host. */
static void find_networks(const struct matcher *with) {
  uint32_t address;
  if (!read_address(&address)) {
    for (uint32_t i = 0; i < text_length && i < 8; i += 1) {
      if (text_at[i] != ':') continue;
      *report_at++ = with->pattern_count;
      return;
    }
    return;
  }
  for (uint32_t i = 0; i < with->network_count; i += 1) {
    const struct network *network = with->networks + i;
    if ((address & network->mask) == network->base) note(network->atom);
  }
}

static inline uint32_t key_hash_of(uint32_t key) { return key * 0x9e3779b1u; }

/* The triggers that may end after `end` bytes, where `key` does. */
static void try_endings(struct matcher *with, const struct endings *endings, uint32_t key, uint32_t hash,
                        uint32_t end) {
  for (uint32_t at = hash & endings->slot_mask;; at = (at + 1) & endings->slot_mask) {
    const struct ending_slot *slot = &endings->slots[at];
    if (slot->first == 0) return;
    if (slot->key != key) continue;
    uint64_t bytes;
    __builtin_memcpy(&bytes, folded + end - 8, 8);
    for (const struct ending *ending = slot->first; ending != 0; ending = ending->next) {
      if ((bytes & ending->mask) != ending->bytes || ending->length > end) continue;
      for (uint32_t i = 0; i < ending->patterns; i += 1) try_pattern(with, ending->first_pattern + i, end);
    }
    return;
  }
}

/* Looks at each place for triggers of one size of key. */
static inline void scan_endings(struct matcher *with, uint32_t size) {
  const struct endings *endings = &with->endings[size];
  if (endings->count == 0) return;
  const uint8_t *bits = endings->bits;
  uint32_t shift = endings->shift;
  uint32_t unused = 32 - key_bytes[size] * 8;
  const uint8_t *last = folded - 4;
  uint32_t length = text_length;
  for (uint32_t end = key_bytes[size]; end <= length; end += 1) {
    uint32_t key = word_at(last + end) >> unused;
    uint32_t hash = key_hash_of(key);
    uint32_t bit = hash >> shift;
    if ((bits[bit >> 3] >> (bit & 7) & 1) != 0) try_endings(with, endings, key, hash, end);
  }
}

static uint32_t *memo_of(struct matcher *with, uint32_t id) {
  uint32_t page = id / memo_page_ids;
  if (page >= with->page_room) {
    uint32_t room = with->page_room == 0 ? 64 : with->page_room;
    while (room <= page) room *= 2;
    uint32_t **pages = take_cleared(room * sizeof(uint32_t *));
    if (with->page_room > 0) {
      __builtin_memcpy(pages, with->pages, with->page_room * sizeof(uint32_t *));
      give_back(with->pages, with->page_room * sizeof(uint32_t *));
    }
    with->memo_bytes += (room - with->page_room) * sizeof(uint32_t *);
    with->pages = pages;
    with->page_room = room;
  }
  if (with->pages[page] == 0) {
    with->pages[page] = take_cleared(memo_page_bytes);
    with->memo_bytes += memo_page_bytes;
  }
  return with->pages[page] + id % memo_page_ids;
}

/* What the memo says of an id. */
static inline uint32_t known_of(const struct matcher *with, uint32_t id) {
  uint32_t page = id / memo_page_ids;
  if (page >= with->page_room || with->pages[page] == 0) return 0;
  return with->pages[page][id % memo_page_ids];
}

static uint32_t set_bytes(const struct matcher *with) {
  return sizeof(struct atom_set) + with->stride * 4 + block_bytes;
}

/* The slot of a set of atoms: that which holds it, or a free one. */
static struct atom_set **set_slot(struct matcher *with, const uint32_t *bits, uint32_t hash) {
  for (uint32_t at = hash & (with->set_slots - 1);; at = (at + 1) & (with->set_slots - 1)) {
    struct atom_set *set = with->sets[at];
    if (set == 0) return &with->sets[at];
    if (set->hash != hash) continue;
    if (is_same((const uint8_t *)set->bits, (const uint8_t *)bits, with->stride * 4)) return &with->sets[at];
  }
}

static void double_sets(struct matcher *with) {
  struct atom_set **old = with->sets;
  uint32_t count = with->set_slots;
  with->set_slots = count * 2;
  with->sets = take_cleared(with->set_slots * sizeof(struct atom_set *));
  for (uint32_t i = 0; i < count; i += 1) {
    if (old[i] != 0) *set_slot(with, old[i]->bits, old[i]->hash) = old[i];
  }
  give_back(old, count * sizeof(struct atom_set *));
  with->memo_bytes += count * sizeof(struct atom_set *);
}

static uint32_t set_hash(const struct matcher *with, const uint32_t *bits) {
  uint32_t hash = 0;
  for (uint32_t i = 0; i < with->stride; i += 1) {
    for (uint32_t word = bits[i]; word != 0; word &= word - 1) hash += atom_hash(i * 32 + __builtin_ctz(word));
  }
  return hash;
}

static void next_text(struct matcher *with) {
  with->text_number += 1;
  if (with->text_number != 0) return;
  __builtin_memset(with->tried, 0, with->pattern_count * 4);
  with->text_number = 1;
}

/* A report: words (these included), id, whether the text is ASCII, then the atoms found, a bit each, and the patterns left. */
enum { report_header = 3 };

/*
 * Finds the atoms of a text and remembers them, or reports the text. False where the report has no room.
 */
static bool look_at(struct matcher *with, uint32_t id, uint32_t *memo) {
  if (report_at + with->report_most > report_end) return false;
  uint32_t *record = report_at;
  report_at = record + report_header + with->stride;
  const struct entry *entry = texts.entries[id];
  bool is_ascii = entry != 0 && entry->size >> kind_shift == text_ascii;
  found = record + report_header;
  __builtin_memset(found, 0, with->stride * 4);
  found_count = found_hash = 0;
  if (is_ascii) {
    text_at = entry->text;
    text_length = entry->size & length_mask;
    next_text(with);
    matching.scans += 1;
    matching.bytes += text_length;
    fold_text();
    find_equals(with);
    if (with->network_count > 0) find_networks(with);
    for (uint32_t i = 0; i < with->always_count; i += 1) try_pattern(with, i, 0);
    scan_endings(with, 0);
    scan_endings(with, 1);
    scan_endings(with, 2);
    if (report_at == record + report_header + with->stride) {
      if (found_count == 0) {
        report_at = record;
        *memo = 1;
        return true;
      }
      struct atom_set *set = *set_slot(with, found, found_hash);
      if (set != 0) {
        report_at = record;
        *memo = set->profile + 1;
        return true;
      }
    }
  }
  record[0] = report_at - record;
  record[1] = id;
  record[2] = is_ascii;
  *memo = asked;
  return true;
}

/*
 * Fills the profiles of the first `count` ids. Where that needs the host, the report's end is returned and the call is to
 * be made again when each record was answered by `learn`; else where the report begins.
 */
EXPORT("match") uint32_t *match(struct matcher *with, uint32_t count) {
  matching.scans = matching.bytes = matching.tries = 0;
  report_at = matching.report;
  report_end = matching.report + report_room;
  const int32_t *ids = matching.ids;
  uint32_t *profiles = matching.profiles;
  uint32_t some = 0, id_count = 0, list_count = 0;
  for (uint32_t i = 0; i < count; i += 1) {
    int32_t id = ids[i];
    uint32_t profile = 0;
    if (id > 0) {
      id_count += 1;
      uint32_t known = known_of(with, (uint32_t)id);
      if (known == 0) {
        uint32_t *memo = memo_of(with, (uint32_t)id);
        if (!look_at(with, (uint32_t)id, memo)) break;
        known = *memo;
      }
      if (known != asked) profile = known - 1;
      some |= profile;
    } else {
      list_count += id < 0;
    }
    profiles[i] = profile;
  }
  matching.some = some;
  matching.id_count = id_count;
  matching.list_count = list_count;
  tell_host();
  return report_at;
}

/* The profile of a reported text, whose atoms' bits the host has completed. */
EXPORT("learn") void matcher_learn(struct matcher *with, const uint32_t *record, uint32_t profile) {
  *memo_of(with, record[1]) = profile + 1;
  if (profile != 0) {
    const uint32_t *bits = record + report_header;
    uint32_t hash = set_hash(with, bits);
    struct atom_set **slot = set_slot(with, bits, hash);
    if (*slot == 0) {
      struct atom_set *set = take_cleared(set_bytes(with));
      set->hash = hash;
      set->profile = profile;
      __builtin_memcpy(set->bits, bits, with->stride * 4);
      *slot = set;
      with->set_count += 1;
      with->memo_bytes += set_bytes(with);
      if (with->set_count * 2 > with->set_slots) double_sets(with);
    }
  }
  tell_host();
}

static void take_sets(struct matcher *with) {
  with->set_slots = first_sets;
  with->sets = take_cleared(first_sets * sizeof(struct atom_set *));
  with->memo_bytes += first_sets * sizeof(struct atom_set *);
}

static void drop_memo(struct matcher *with) {
  for (uint32_t i = 0; i < with->page_room; i += 1) {
    if (with->pages[i] == 0) continue;
    give_back(with->pages[i], memo_page_bytes);
    with->memo_bytes -= memo_page_bytes;
  }
  if (with->page_room > 0) {
    give_back(with->pages, with->page_room * sizeof(uint32_t *));
    with->memo_bytes -= with->page_room * sizeof(uint32_t *);
  }
  with->page_room = 0;
  for (uint32_t i = 0; i < with->set_slots; i += 1) {
    if (with->sets[i] == 0) continue;
    give_back(with->sets[i], set_bytes(with));
    with->memo_bytes -= set_bytes(with);
  }
  give_back(with->sets, with->set_slots * sizeof(struct atom_set *));
  with->memo_bytes -= with->set_slots * sizeof(struct atom_set *);
  with->set_count = 0;
}

/* Forgets all texts and profiles. */
EXPORT("forget") void matcher_forget(struct matcher *with) {
  drop_memo(with);
  take_sets(with);
  tell_host();
}

static void lay_equals(struct matcher *with, const struct plan *plan) {
  const struct equal *equals = at_word(with, plan->equals_at);
  uint32_t slots_wanted = 2;
  while (slots_wanted < plan->equals * 2) slots_wanted *= 2;
  with->equal_slots = take_cleared(slots_wanted * sizeof(struct equal_slot));
  with->equal_mask = slots_wanted - 1;
  for (uint32_t i = 0; i < plan->equals; i += 1) {
    const struct equal *equal = equals + i;
    with->equal_lengths |= 1ull << (equal->length < 63 ? equal->length : 63);
    text_at = at_word(with, equal->bytes_at);
    text_length = equal->length;
    fold_text();
    uint32_t hash = hash_text(folded, text_length);
    uint32_t at = hash & with->equal_mask;
    while (with->equal_slots[at].equal != 0) at = (at + 1) & with->equal_mask;
    with->equal_slots[at] = (struct equal_slot){hash, equal};
  }
}

/* By a trigger's length: the size of its key. */
static uint32_t key_size(uint32_t length) { return length >= 4 ? 0 : length >= 2 ? 1 : 2; }

/* 64 bits a key, so that one place in sixty is looked at in vain; at most 8 kB, which stay in the fastest memory. */
static void take_endings(struct endings *endings) {
  uint32_t bits = 9;
  while (bits < 16 && 1u << bits < endings->count * 64) bits += 1;
  uint32_t slots_wanted = 2;
  while (slots_wanted < endings->count * 2) slots_wanted *= 2;
  endings->shift = 32 - bits;
  endings->bit_count = 1u << bits;
  endings->bits = take_cleared(endings->bit_count >> 3);
  endings->slots = take_cleared(slots_wanted * sizeof(struct ending_slot));
  endings->slot_mask = slots_wanted - 1;
}

static void lay_ending(struct matcher *with, const struct trigger *trigger, struct ending *ending) {
  uint8_t last[8] = {0};
  __builtin_memcpy(last + 8 - trigger->length, at_word(with, trigger->bytes_at), trigger->length);
  uint32_t size = key_size(trigger->length);
  struct endings *endings = &with->endings[size];
  uint32_t key = word_at(last + 4) >> (32 - key_bytes[size] * 8);
  uint32_t hash = key_hash_of(key);
  uint32_t bit = hash >> endings->shift;
  endings->bits[bit >> 3] |= 1u << (bit & 7);
  uint32_t at = hash & endings->slot_mask;
  while (endings->slots[at].first != 0 && endings->slots[at].key != key) at = (at + 1) & endings->slot_mask;
  struct ending_slot *slot = &endings->slots[at];
  ending->length = trigger->length;
  ending->first_pattern = trigger->first_pattern;
  ending->patterns = trigger->patterns;
  __builtin_memcpy(&ending->bytes, last, 8);
  ending->mask = ~0ull << (64 - trigger->length * 8);
  ending->next = slot->first;
  *slot = (struct ending_slot){key, ending};
}

static void lay_triggers(struct matcher *with, const struct plan *plan) {
  const struct trigger *triggers = at_word(with, plan->triggers_at);
  with->ending_count = plan->triggers;
  with->all_endings = take(plan->triggers * sizeof(struct ending));
  for (uint32_t i = 0; i < plan->triggers; i += 1) with->endings[key_size(triggers[i].length)].count += 1;
  for (uint32_t size = 0; size < key_sizes; size += 1) take_endings(&with->endings[size]);
  for (uint32_t i = 0; i < plan->triggers; i += 1) lay_ending(with, triggers + i, with->all_endings + i);
}

/* Room for a plan, which the host writes. */
EXPORT("plan") void *matcher_plan(uint32_t bytes) {
  void *plan = take(bytes);
  tell_host();
  return plan;
}

/* Where the host finds `matching`. */
EXPORT("matching") void *matcher_shared(void) { return &matching; }

static void reserve_report(uint32_t words) {
  if (matching.ids == 0) {
    matching.ids = take(match_room * 4);
    matching.profiles = take(match_room * 4);
  }
  if (words <= report_room) return;
  if (report_room > 0) give_back(matching.report, report_bytes());
  report_room = words < report_words ? report_words : words;
  matching.report = take(report_bytes());
}

/* A matcher of the plan of `bytes`, whose memory it owns from now on; blocks of memory can be read after them. */
EXPORT("matcher") struct matcher *matcher_create(uint32_t *words, uint32_t bytes) {
  const struct plan *plan = (const struct plan *)words;
  struct matcher *with = take_cleared(sizeof(struct matcher));
  with->plan = words;
  with->plan_bytes = bytes;
  with->patterns = at_word(with, plan->patterns_at);
  with->pattern_count = plan->patterns;
  with->always_count = plan->always;
  with->tried = take_cleared(plan->patterns * 4);
  with->stride = (plan->atoms + 31) / 32;
  with->report_most = report_header + with->stride + plan->patterns + 1;
  with->networks = at_word(with, plan->networks_at);
  with->network_count = plan->networks;
  reserve_report(with->report_most);
  lay_equals(with, plan);
  lay_triggers(with, plan);
  take_sets(with);
  tell_host();
  return with;
}

/* Gives its memory back. */
EXPORT("drop") void matcher_drop(struct matcher *with) {
  drop_memo(with);
  for (uint32_t size = 0; size < key_sizes; size += 1) {
    struct endings *endings = &with->endings[size];
    give_back(endings->bits, endings->bit_count >> 3);
    give_back(endings->slots, (endings->slot_mask + 1) * sizeof(struct ending_slot));
  }
  give_back(with->all_endings, with->ending_count * sizeof(struct ending));
  give_back(with->equal_slots, (with->equal_mask + 1) * sizeof(struct equal_slot));
  give_back(with->tried, with->pattern_count * 4);
  give_back(with->plan, with->plan_bytes);
  give_back(with, sizeof(struct matcher));
}

#endif

/*
 * Lines of JSON to rows of cells: what src/event/scanner.ts runs. Built by scripts/build-kernel.mjs. A line that is in any
 * way unusual (a place named twice, a list of records, a value that needs conversion, broken JSON) is left to the plain
 * decoder, so that both always agree.
 */
#include "match.h"
#include "values.h"

static uint8_t *read_object(uint8_t *at, struct node *place, uint32_t depth);

/* The list that begins at `at`, after its bracket; none within another. */
static uint8_t *read_list(uint8_t *at, struct node *node, uint32_t depth);

/* A value at a wanted place; returns what follows it. */
static uint8_t *read_value(uint8_t *at, struct node *node, uint32_t depth) {
  uint8_t byte = *at;
  if (node->kind == kind_special) {
    return (node->flags & leaves_null) == 0 && word_at(at) == word_null ? at + 4 : 0;
  }
  if (byte == '"') return node->kind == kind_none ? skip_string(at + 1) : put_text(node, at + 1);
  if (byte == '{') return node->kind == kind_none && !in_list ? read_object(at + 1, node, depth + 1) : 0;
  if (byte == '[') return in_list ? 0 : read_list(at + 1, node, depth + 1);
  if (node->kind == kind_none) return skip_value(at, depth);
  if (byte == 't' || byte == 'f') return put_boolean(node, at, byte == 't');
  if (byte == 'n') return word_at(at) == word_null ? at + 4 : 0;
  return put_integer(node, at);
}

/* Ends the list that begins at `cell` on the tape: one value is no list, none is nothing. */
static bool end_list(const struct node *node, uint32_t *cell) {
  bool is_number = node->kind == kind_long || node->kind == kind_double || node->kind == kind_date;
  uint32_t words = tape - (cell + 2);
  uint32_t count = is_number ? words / 2 : words;
  if (count == 0) {
    tape = cell;
    return true;
  }
  if ((node->flags & is_timestamp) != 0 || count > scanner->list_values) return false;
  if (count > 1) {
    *cell = (uint32_t)node->column | (is_number ? cell_numbers : cell_references) << column_bits;
    cell[1] = count;
    return true;
  }
  *cell = (uint32_t)node->column | (is_number ? cell_number : cell_reference) << column_bits;
  for (uint32_t i = 0; i < words; i += 1) cell[1 + i] = cell[2 + i];
  if (waiting_count > 0 && waiting[waiting_count - 1].word == cell + 2) waiting[waiting_count - 1].word -= 1;
  tape -= 1;
  return true;
}

static uint8_t *read_list(uint8_t *at, struct node *node, uint32_t depth) {
  if (depth > max_depth || tape + 2 > tape_end) return 0;
  uint32_t *cell = tape;
  tape += 2;
  in_list = true;
  if (*at <= ' ') at = blanks(at);
  if (*at != ']') {
    for (;;) {
      at = read_value(at, node, depth);
      if (at == 0) return 0;
      if (*at <= ' ') at = blanks(at);
      if (*at == ']') break;
      if (*at != ',') return 0;
      at += 1;
      if (*at <= ' ') at = blanks(at);
    }
  }
  in_list = false;
  return end_list(node, cell) ? at + 1 : 0;
}

/* Whether a memo may be used for the value that begins with `byte`. */
static inline bool may_repeat(uint8_t byte) { return byte != '{' || !scanner->has_dotted; }

/* What follows the value at `at` if its text is the last one's, whose cells are put on the tape; else 0. */
static inline uint8_t *repeat(struct memo *memo, uint8_t *at, uint32_t depth) {
  if (memo->generation != texts.generation + 1 || memo->depth != depth) return 0;
  if (!is_same(memo->text, at, memo->length)) return 0;
  uint8_t *end = at + memo->length;
  if (*end != ',' && *end != '}') return 0;
  if (tape + memo->word_count > tape_end) return 0;
  copy_blocks((uint8_t *)tape, (const uint8_t *)memo->words, memo->word_count * 4);
  tape += memo->word_count;
  return end;
}

static void *room_for(void *memory, uint32_t *room, uint32_t bytes) {
  if (bytes + 2 * block_bytes <= *room) return memory;
  if (memory != 0) give_back(memory, *room);
  *room = 1u << class_of(bytes + 2 * block_bytes);
  return take(*room);
}

/* What is to be remembered when the line's texts have their ids. */
enum { max_lessons = 128 };
static struct lesson {
  struct memo *memo;
  const uint8_t *text;
  const uint32_t *words;
  uint32_t length;
  uint32_t count;
  uint32_t depth;
} lessons[max_lessons];
static uint32_t lesson_count;

static void learn(void) {
  for (uint32_t i = 0; i < lesson_count; i += 1) {
    const struct lesson *lesson = &lessons[i];
    struct memo *memo = lesson->memo;
    memo->text = room_for(memo->text, &memo->text_room, lesson->length);
    copy_blocks(memo->text, lesson->text, lesson->length);
    memo->words = room_for(memo->words, &memo->word_room, lesson->count * 4);
    copy_blocks((uint8_t *)memo->words, (const uint8_t *)lesson->words, lesson->count * 4);
    memo->length = lesson->length;
    memo->word_count = lesson->count;
    memo->depth = lesson->depth;
    memo->generation = texts.generation + 1;
  }
}

/* The value of a member, from memory where it is the last one. */
static uint8_t *read_member(struct member *member, uint8_t *at, uint32_t depth) {
  struct node *node = member->to;
  if (node != 0) {
    if (node->visit == scanner->visit) return 0;
    node->visit = scanner->visit;
  } else if (*at != '{' && *at != '[') {
    return skip_value(at, depth);
  }
  struct memo *memo = &member->memo;
  bool is_steady = memo->misses < max_misses && may_repeat(*at);
  if (is_steady) {
    uint8_t *end = repeat(memo, at, depth);
    if (end != 0) {
      memo->misses = 0;
      used_object_memo |= *at == '{';
      return end;
    }
    memo->misses += 1;
  }
  uint32_t *words = tape;
  uint32_t mistyped_before = mistyped;
  bool had_own = has_own;
  uint8_t *end = node == 0 ? skip_value(at, depth) : read_value(at, node, depth);
  if (!is_steady || end == 0 || mistyped != mistyped_before || has_own != had_own || !may_repeat(*at)) return end;
  uint32_t length = end - at;
  uint32_t count = tape - words;
  if (length <= max_memo_text && count <= max_memo_words && lesson_count < max_lessons) {
    lessons[lesson_count++] = (struct lesson){memo, at, words, length, count, depth};
  }
  return end;
}

/* The key that is expected at `at`, after its quote, or 0; of two that came before, the last is tried first. */
static inline struct member *expected(struct member **next, const uint8_t *at) {
  struct member *member = next[0];
  if (member == 0) return 0;
  if (is_key_at(member, at)) return member;
  struct member *other = next[1];
  if (other == 0 || !is_key_at(other, at)) return 0;
  next[1] = member;
  next[0] = other;
  return other;
}

/* The rest of an object of a wanted place, whose brace is before `at`. */
static uint8_t *read_object(uint8_t *at, struct node *place, uint32_t depth) {
  if (depth > max_depth) return 0;
  if (*at <= ' ') at = blanks(at);
  if (*at == '}') return at + 1;
  struct member **next = place->first;
  for (;;) {
    if (*at != '"') return 0;
    struct member *member = expected(next, at + 1);
    if (member == 0) {
      member = find_member(place, at + 1);
      if (member == 0) return 0;
      if (member != &passing) {
        next[1] = next[0];
        next[0] = member;
      }
    }
    at += member->length + 1;
    if (*at != ':') at = blanks(at);
    if (*at != ':') return 0;
    at += 1;
    if (*at <= ' ') at = blanks(at);
    next = member->next;
    at = read_member(member, at, depth);
    if (at == 0) return 0;
    if (member == &passing) next[0] = next[1] = 0;
    if (*at <= ' ') at = blanks(at);
    if (*at == '}') return at + 1;
    if (*at != ',') return 0;
    at += 1;
    if (*at <= ' ') at = blanks(at);
  }
}

/* A whole line: one object between blanks. */
static bool read_line(uint8_t *start, uint8_t *end) {
  scanner->visit += 1;
  in_list = false;
  mistyped = 0;
  has_own = false;
  used_object_memo = false;
  reads_again = false;
  waiting_count = 0;
  lesson_count = 0;
  scratch_at = scanner->scratch;
  uint8_t *at = blanks(start);
  if (*at != '{') return false;
  at = read_object(at + 1, scanner->nodes, 1);
  return at != 0 && blanks(at) == end;
}

/* A row on the tape: words (these included), order, mistyped values, time as two words; then its cells. */
enum { row_words = 5 };
enum row_order { in_order = 0, /* The line has no time. */ untimed = 1, /* It is older than one before. */ late = 2 };

/* Enough for the lines that the host brings in at once; a single longer line may be left. */
enum { tape_words = 0x20000 };

static bool read_row(const uint32_t *line) {
  int64_t *newest_ns = &scanner->shared.newest_ns;
  uint8_t *start = scanner->shared.input + line[0];
  uint8_t *end = scanner->shared.input + line[1];
  uint32_t *row = tape;
  *end = 0;
  tape += row_words;
  bool is_read = read_line(start, end);
  if (!is_read && reads_again) {
    tape = row + row_words;
    is_read = read_line(start, end);
  }
  if (!is_read) {
    tape = row;
    return false;
  }
  look_up_waiting();
  learn();
  enum row_order order = !has_own ? untimed : own_ns < *newest_ns ? late : in_order;
  if (order == in_order) *newest_ns = own_ns;
  row[0] = tape - row;
  row[1] = order;
  row[2] = mistyped;
  row[3] = (uint32_t)*newest_ns;
  row[4] = (uint32_t)(*newest_ns >> 32);
  return true;
}

/*
 * Reads lines `[first, last)` of the scanner's list, until one is left; returns how many became rows on the tape. A row's
 * time is its own, or that of the one before where it has none or an older one; before the first that is the newest so far.
 */
EXPORT("scan") uint32_t scan(struct scanner *with, uint32_t first, uint32_t last) {
  scanner = with;
  max_depth = with->nesting;
  tape = with->shared.tape;
  tape_end = tape + tape_words - row_words;
  uint32_t at = first;
  while (at < last && read_row(with->shared.lines + at * 2)) at += 1;
  with->shared.has_own = has_own;
  with->shared.own_ns = own_ns;
  tell_host();
  return at - first;
}

/* Input and list of lines get at least so much room; what they held is gone. */
EXPORT("room") void scanner_room(struct scanner *with, uint32_t bytes, uint32_t lines) {
  bytes += 4 * block_bytes;
  if (bytes > with->shared.input_bytes) {
    if (with->shared.input_bytes > 0) {
      give_back(with->shared.input, with->shared.input_bytes);
      give_back(with->scratch, with->shared.input_bytes);
    }
    with->shared.input_bytes = 1u << class_of(bytes);
    with->shared.input = take(with->shared.input_bytes);
    with->scratch = take(with->shared.input_bytes);
    has_moved = true;
  }
  if (lines > with->shared.line_room) {
    if (with->shared.line_room > 0) give_back(with->shared.lines, with->shared.line_room * 8);
    with->shared.line_room = lines;
    with->shared.lines = take(lines * 8);
    has_moved = true;
  }
  tell_host();
}

/* A scanner of a tree with `nodes` places and `keys` keys; the first place is the root. */
EXPORT("scanner") struct scanner *scanner_create(uint32_t nodes, uint32_t keys, uint32_t nesting, uint32_t list_values) {
  struct scanner *with = take(sizeof(struct scanner));
  *with = (struct scanner){.nesting = nesting, .list_values = list_values, .member_slots = 256};
  with->nodes = take_cleared(nodes * sizeof(struct node));
  with->key_slots = 2u << class_of(keys);
  with->keys = take_cleared(with->key_slots * sizeof(struct key));
  with->members = take_cleared(with->member_slots * sizeof(struct member *));
  with->shared.tape = take(tape_words * 4);
  tell_host();
  return with;
}

/* Where the host reads and writes the scanner's shared part. */
EXPORT("shared") void *scanner_shared(struct scanner *with) { return &with->shared; }

/* Says what is wanted at a place. */
EXPORT("place") void scanner_place(struct scanner *with, uint32_t node, uint32_t kind, int32_t column, uint32_t flags) {
  with->nodes[node].kind = kind;
  with->nodes[node].column = column;
  with->nodes[node].flags = flags;
}

/* The key of `length` bytes in the texts' scratch memory leads from one place to another. */
EXPORT("key") void scanner_key(struct scanner *with, uint32_t from, uint32_t to, uint32_t length) {
  uint8_t *text = take(length + 2 * block_bytes);
  copy_blocks(text, texts.scratch, length);
  struct node *place = with->nodes + from;
  uint32_t hash = key_hash(place, hash_text(text, length));
  uint32_t at = hash & (with->key_slots - 1);
  while (with->keys[at].from != 0) at = (at + 1) & (with->key_slots - 1);
  with->keys[at] = (struct key){place, with->nodes + to, text, length, hash};
  tell_host();
}

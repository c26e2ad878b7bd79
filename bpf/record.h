/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * What the sensor writes into the ring buffer. src/collect/ebpf/record-layout.ts is the same in
 * TypeScript; a test compares the two by the object's BTF.
 *
 * A record is a `struct record` followed by its texts, one after the other, `text_bytes[i]` bytes
 * each. Texts that are one string end with a NUL; paths are lists of names, leaf first, each with its
 * NUL; arguments and environment are lists of strings; messages are bytes. What the numbers and texts
 * of a kind mean stands beside the kind.
 */
#ifndef KESTREL_RECORD_H
#define KESTREL_RECORD_H

#include "kernel-types.h"

#define RECORD_NUMBERS 20
#define RECORD_TEXTS 6

/* Bytes that texts may take; a text that would go over is cut off. */
#define TEXT_AREA 0x8000
/* Longest arguments, environment, string and message, bytes; powers of two. */
#define ARGS_MAX 0x4000
#define ENV_MAX 0x4000
#define STRING_MAX 0x1000
#define MESSAGE_MAX 0x200

enum record_kind {
	/*
	 * parent's pid, its start; leaders of group and session; terminal (major << 32 | minor, or
	 * -1); namespaces of pids and mounts; 7-14 facts of the program's file; 15 bytes of all
	 * arguments; 16 of all environment. Texts: executable (path), filename (string), arguments,
	 * wanted environment and perhaps more of it, working directory (path).
	 */
	RECORD_EXEC = 1,
	/* child's pid, its start. */
	RECORD_FORK = 2,
	/* exit code as wait(2) gives it. */
	RECORD_EXIT = 3,
	/* code of the call, result, arguments 0-4; 7-14 facts of the file. Texts: path. */
	RECORD_FILE = 4,
	/*
	 * code of the call, result, arguments 0-4. Texts: two times a path as given (string) and the
	 * folder that it starts from (path).
	 */
	RECORD_PATHS = 5,
	/*
	 * code of the call, result, family, socket type, protocol, ports (local << 16 | remote, host
	 * order), 6-7 local and 8-9 remote address; 10 bytes sent, 11 received. Texts: address of
	 * the call (sockaddr).
	 */
	RECORD_SOCKET = 6,
	/* as RECORD_SOCKET. Texts: address of the call (sockaddr), message. */
	RECORD_DNS = 7,
	/* code of the call, result, arguments 0-5. Texts: string, string, path of a descriptor. */
	RECORD_CALL = 8,
	/* code of the call, then ids before: uid, euid, suid, gid, egid, sgid, effective, permitted. */
	RECORD_CREDENTIALS = 9,
	/* taints. Texts: name. */
	RECORD_MODULE = 10,
};

/* Flags of a record. */
#define RECORD_TRUNCATED 1 /* a text was cut off */
#define RECORD_CREATED 2   /* the call made the file */

struct record {
	u32 size; /* of the whole record, bytes */
	u16 kind;
	u16 flags;
	u64 time_ns;	/* since boot */
	u64 start_ns;	/* start of the group's leader, since boot */
	u64 cgroup_id;
	u32 pid;	/* thread group */
	u32 tid;
	u32 uid, euid, suid, gid, egid, sgid;
	u64 cap_effective, cap_permitted;
	char comm[16];
	u32 text_bytes[RECORD_TEXTS];
	u32 texts_bytes; /* of all texts; where the next one begins while they are written */
	u32 unused;
	u64 numbers[RECORD_NUMBERS];
};

/* A record of a fork or an exit ends after so many numbers. */
#define SHORT_NUMBERS 2

#define ENV_NAME_BITS 1024
/* Knuth's multiplier for hashes; the upper ten bits of the product are the bit's place. */
#define ENV_NAME_HASH(head) ((u32)((head)*0x9e3779b1u) >> 22)

/* What user space sets; one of them. */
struct settings {
	u64 scope_cgroup; /* only this group and those below; 0 for all */
	s64 scope_uid;	  /* only this user; -1 for all */
	u32 scope_level;  /* depth of scope_cgroup, found out here; 0 while unknown */
	u32 own_pid;	  /* never told of */
	u32 wants_environment;
	u32 wants_headers; /* first bytes of what is written */
	u32 wants_opens;   /* files opened to be written, not only those that are made */
	u32 is_closed;	   /* nobody reads any more: nothing is told */
	u32 folders;	   /* of the map of that name, how many are set; 0: files anywhere are told of */
	u32 unused;
	/* a bit for the hash of the first four bytes of each `NAME=` that is wanted */
	u64 environment_names[ENV_NAME_BITS / 64];
};

#define FOLDERS_MAX 16
#define FOLDER_BYTES 256

/* A folder that files have to be below to be told of: its names as in a path, leaf first, each with its NUL. */
struct folder {
	u32 bytes; /* at most FOLDER_BYTES */
	char names[FOLDER_BYTES];
};

/* Indices of the counters, one set for each processor. */
enum counter {
	COUNT_SENT = 0,
	COUNT_LOST = 1,
	COUNT_OUT_OF_SCOPE = 2,
	COUNT_NOT_WANTED = 3,
	COUNT_TRUNCATED = 4,
	COUNTERS = 8,
};

/*
 * A hook's cookie: bits 0-7 code of the call; then, four bits each and 15 for none, the places of
 * its arguments: 8 first path or string, 12 folder of that, 16 second, 20 folder of that, 24
 * descriptor. Bits 28-31 say what is asked before anything is told (enum test).
 */
#define COOKIE_CODE(cookie) ((u32)(cookie)&0xff)
#define COOKIE_PLACE(cookie, shift) ((u32)((cookie) >> (shift)) & 0xf)
#define NO_PLACE 15

enum test {
	TEST_NONE = 0,
	TEST_SUCCESS = 1,
	TEST_EXECUTABLE = 2, /* of mmap and mprotect: executable and (writable or without a file) */
	TEST_NAME = 3,	     /* of prctl: PR_SET_NAME */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * The sensor's kernel side: tracepoints only. What a system call did is read when it returns, from
 * its registers and from the kernel's own objects; what must be read from user memory is marked by
 * its text (paths as given, addresses and messages).
 */
#include "kernel-types.h"
#include "record.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* include/linux/fs.h */
#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000
/* include/uapi/linux/stat.h */
#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_IFSOCK 0140000
/* include/linux/socket.h, include/uapi/linux/in.h */
#define AF_INET 2
#define AF_INET6 10
#define DNS_PORT 53
/* include/net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_CLOSE 7
/* include/uapi/asm-generic/mman-common.h */
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
#define PR_SET_NAME 15
#define EINPROGRESS 115
/* Bytes of texts and what they are made from; a power of two. */
#define WORK_AREA 0x10000
/*
 * Variables of an environment that are looked at, and whose pointers are read at a time: fewer than
 * the words of the auxiliary vector behind them, since what is behind that may not be in memory.
 */
#define VARIABLES_MAX 2048
#define VARIABLES_READ 32
/* Names on a path, and folders that mounts add. */
#define PATH_DEPTH 48
#define NAME_BYTES 256
/* Code that tells of the end of a connection (hook-table.ts). */
#define CODE_DISCONNECT 250
#define CODE_URING 251

struct scratch {
	struct record record;
	/* behind the texts is room for an environment */
	u8 texts[WORK_AREA + 8];
	u64 variables[VARIABLES_READ];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 0x1000000);
} events SEC(".maps");

/* Two for each processor: a soft interrupt may come in the middle of a system call's program. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FOLDERS_MAX);
	__type(key, u32);
	__type(value, struct folder);
} folders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct file_key {
	u64 inode;
	u32 device;
	u32 pid;
};

/* Files that a process has written to, so that only the first write is told. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct file_key);
	__type(value, u8);
} written_files SEC(".maps");

struct identity {
	u64 start_ns, cgroup_id;
	u32 pid, tid;
	u32 uid, euid, suid, gid, egid, sgid;
	u64 cap_effective, cap_permitted;
	char comm[16];
};

/* Whose connection a socket is: its end is seen in no process' context. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct identity);
} socket_owners SEC(".maps");

/* Credentials while a call that changes them is under way, by thread. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct identity);
} credentials_before SEC(".maps");

static __always_inline void count(u32 index)
{
	u64 *counter = bpf_map_lookup_elem(&counters, &index);
	if (counter)
		*counter += 1;
}

static __always_inline struct settings *current_settings(void)
{
	u32 zero = 0;
	return bpf_map_lookup_elem(&settings, &zero);
}

/* The level of the scope's group is not known to user space within a namespace of groups. */
static __noinline u32 find_level(u64 group)
{
	for (u32 level = 1; level < 24; level++)
		if (bpf_get_current_ancestor_cgroup_id(level) == group)
			return level;
	return 0;
}

static __always_inline int in_scope(struct settings *set, u32 pid)
{
	if (set->own_pid == pid || set->is_closed)
		return 0;
	if (set->scope_cgroup) {
		if (!set->scope_level)
			set->scope_level = find_level(set->scope_cgroup);
		if (!set->scope_level ||
		    bpf_get_current_ancestor_cgroup_id(set->scope_level) != set->scope_cgroup)
			return 0;
	}
	if (set->scope_uid >= 0 && (u32)bpf_get_current_uid_gid() != (u32)set->scope_uid)
		return 0;
	return 1;
}

/* Pointers in the kernel's structures may be null wherever the verifier can't tell. */
static __always_inline void identify(struct identity *who, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	const struct cred *cred = task->cred;

	who->start_ns = leader ? leader->start_boottime : 0;
	who->cgroup_id = bpf_get_current_cgroup_id();
	who->pid = task->tgid;
	who->tid = task->pid;
	bpf_get_current_comm(who->comm, sizeof(who->comm));
	if (!cred)
		return;
	who->uid = cred->uid.val;
	who->euid = cred->euid.val;
	who->suid = cred->suid.val;
	who->gid = cred->gid.val;
	who->egid = cred->egid.val;
	who->sgid = cred->sgid.val;
	who->cap_effective = *(u64 *)&cred->cap_effective;
	who->cap_permitted = *(u64 *)&cred->cap_permitted;
}

static __always_inline void begin(struct record *record, u16 kind)
{
	record->kind = kind;
	record->flags = 0;
	record->time_ns = bpf_ktime_get_boot_ns();
	for (int i = 0; i < RECORD_TEXTS; i++)
		record->text_bytes[i] = 0;
	record->texts_bytes = 0;
}

static __always_inline int is_told_of(void)
{
	struct settings *set = current_settings();

	if (set && in_scope(set, bpf_get_current_pid_tgid() >> 32))
		return 1;
	count(COUNT_OUT_OF_SCOPE);
	return 0;
}

/* The record to fill in for what the current task did; null where it is not asked for. */
static __always_inline struct scratch *open_record(u16 kind)
{
	u32 slot = bpf_get_smp_processor_id() * 2;
	struct scratch *to;

	if (!is_told_of())
		return 0;
	to = bpf_map_lookup_elem(&scratches, &slot);
	if (!to)
		return 0;
	begin(&to->record, kind);
	identify((struct identity *)&to->record.start_ns, bpf_get_current_task_btf());
	return to;
}

#define SHORT_BYTES (offsetof(struct record, numbers) + 8 * SHORT_NUMBERS)

/* The same, written into the ring right away: only the first SHORT_NUMBERS are there, and no texts. */
static __always_inline struct record *open_short_record(u16 kind)
{
	struct record *record;

	if (!is_told_of())
		return 0;
	record = bpf_ringbuf_reserve(&events, SHORT_BYTES, 0);
	if (!record) {
		count(COUNT_LOST);
		return 0;
	}
	begin(record, kind);
	record->size = SHORT_BYTES;
	identify((struct identity *)&record->start_ns, bpf_get_current_task_btf());
	return record;
}

/* Of all records since the reader took the last one, the first wakes it up if it waits, and no other does. */
static __always_inline void send_short(struct record *record)
{
	bpf_ringbuf_submit(record, 0);
	count(COUNT_SENT);
}

static __always_inline void send(struct scratch *to)
{
	u32 size = sizeof(struct record) + (to->record.texts_bytes & (TEXT_AREA - 1));

	to->record.size = size;
	if (to->record.flags & RECORD_TRUNCATED)
		count(COUNT_TRUNCATED);
	count(bpf_ringbuf_output(&events, to, size, 0) ? COUNT_LOST : COUNT_SENT);
}

/* Keeps a place below TEXT_AREA in a way that the compiler can't take for needless. */
#define BOUND(at) asm volatile("%0 &= %1" : "+r"(at) : "i"(TEXT_AREA - 1))

static __always_inline void end_text(struct scratch *to, u32 text, u32 begin_at)
{
	to->record.text_bytes[text] = to->record.texts_bytes - begin_at;
}

/* A string of at most STRING_MAX bytes, its NUL included. */
static __always_inline void add_string(struct scratch *to, u32 text, const void *from, int is_user)
{
	u32 at = to->record.texts_bytes;
	long length;

	if (at >= TEXT_AREA - STRING_MAX) {
		to->record.flags |= RECORD_TRUNCATED;
		return;
	}
	BOUND(at);
	length = is_user ? bpf_probe_read_user_str(&to->texts[at], STRING_MAX, from) :
			   bpf_probe_read_kernel_str(&to->texts[at], STRING_MAX, from);
	if (length <= 0)
		return;
	if (length == STRING_MAX)
		to->record.flags |= RECORD_TRUNCATED;
	to->record.text_bytes[text] = length;
	to->record.texts_bytes = at + (length & (2 * STRING_MAX - 1));
}

/* Bytes of user memory, at most `max` (a power of two, not above ARGS_MAX). */
static __always_inline void add_user_bytes(struct scratch *to, u32 text, u64 from, u64 length,
					   u32 max)
{
	u32 at = to->record.texts_bytes;

	if (length == 0)
		return;
	if (at >= TEXT_AREA - max) {
		to->record.flags |= RECORD_TRUNCATED;
		return;
	}
	BOUND(at);
	if (length >= max) {
		if (length > max)
			to->record.flags |= RECORD_TRUNCATED;
		length = max;
	}
	length &= 2 * max - 1;
	asm volatile("" : "+r"(length));
	if (length > max || bpf_probe_read_user(&to->texts[at], length, (const void *)from))
		return;
	to->record.text_bytes[text] = length;
	to->record.texts_bytes = at + length;
}

struct walk {
	struct scratch *to;
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *root; /* of that mount */
	u32 has_names; /* a count would keep the verifier busy for each of its values */
};

/* What a name on a path says: d_parent, the hash and length of d_name, and its bytes. */
struct link {
	struct dentry *parent;
	u64 hash_and_length;
	const unsigned char *name;
};

static __always_inline void read_link(struct link *link, struct dentry *dentry)
{
	struct dentry *none = 0;

	/* They follow each other in all kernels so far, so that one copy will do. */
	if (bpf_core_field_offset(none->d_name.name) - bpf_core_field_offset(none->d_parent) == 16) {
		bpf_core_read(link, sizeof(*link), &dentry->d_parent);
	} else {
		link->parent = BPF_CORE_READ(dentry, d_parent);
		link->name = BPF_CORE_READ(dentry, d_name.name);
	}
}

/* One step from a name towards the root; 1 where it is reached. */
static long walk_up(u32 index, struct walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct scratch *to = walk->to;
	struct link link = {};
	u32 at;
	long length;

	if (dentry == walk->root) {
		struct mount *mount = walk->mount;
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above != mount) {
			walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			walk->mount = above;
			walk->root = BPF_CORE_READ(above, mnt.mnt_root);
			return 0;
		}
		if (walk->has_names)
			return 1;
	}
	read_link(&link, dentry);
	if (link.parent == dentry && walk->has_names)
		return 1;
	at = to->record.texts_bytes;
	if (at >= TEXT_AREA - STRING_MAX) {
		to->record.flags |= RECORD_TRUNCATED;
		return 1;
	}
	BOUND(at);
	length = bpf_probe_read_kernel_str(&to->texts[at], NAME_BYTES, link.name);
	if (length <= 0)
		return 1;
	to->record.texts_bytes = at + (length & (2 * NAME_BYTES - 1));
	walk->has_names = 1;
	walk->dentry = link.parent;
	return link.parent == dentry;
}

/* The names of a path from the kernel's objects, leaf first. */
static __always_inline void add_path(struct scratch *to, u32 text, const struct path *path)
{
	u32 at = to->record.texts_bytes;
	struct walk walk = { .to = to };
	struct path found = {};

	bpf_core_read(&found, sizeof(found), path);
	if (!found.dentry)
		return;
	walk.dentry = found.dentry;
	if (found.mnt) {
		walk.mount = (void *)found.mnt - bpf_core_field_offset(struct mount, mnt);
		walk.root = BPF_CORE_READ(found.mnt, mnt_root);
	}
	bpf_loop(PATH_DEPTH, walk_up, &walk, 0);
	end_text(to, text, at);
}

/* A path that was added last, from its place in the texts to their end. */
struct search {
	struct scratch *to;
	u32 begin;
	u32 folders;
	u32 is_below;
};

/* Leaf first, the names of a path below a folder end with those of the folder. */
static long ask_folder(u32 index, struct search *search)
{
	struct folder *folder = bpf_map_lookup_elem(&folders, &index);
	struct scratch *to = search->to;
	u32 end = to->record.texts_bytes;
	u32 length = folder ? folder->bytes : FOLDER_BYTES + 1;
	u32 at, before;

	if (index >= search->folders)
		return 1;
	if (!folder || length > FOLDER_BYTES || end - search->begin < length)
		return 0;
	at = end - length;
	before = at - 1;
	BOUND(before);
	if (at > search->begin && to->texts[before])
		return 0;
	for (u32 i = 0; i < FOLDER_BYTES; i++) {
		u32 place = at + i;

		if (i >= length)
			break;
		BOUND(place);
		if (to->texts[place] != (u8)folder->names[i])
			return 0;
	}
	search->is_below = 1;
	return 1;
}

/* Adds a file's path; 0 where it is below none of the folders that are asked for. */
static __always_inline int add_file_path(struct scratch *to, const struct path *path)
{
	struct settings *set = current_settings();
	struct search search = { .to = to, .begin = to->record.texts_bytes };

	add_path(to, 0, path);
	if (!set || !set->folders)
		return 1;
	search.folders = set->folders;
	bpf_loop(FOLDERS_MAX, ask_folder, &search, 0);
	if (!search.is_below)
		count(COUNT_OUT_OF_SCOPE);
	return search.is_below;
}

static __always_inline struct file *file_of(int fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct files_struct *files = task->files;
	struct fdtable *table = files ? files->fdt : 0;
	struct file *file = 0;

	if (fd < 0 || !table || (u32)fd >= table->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return file;
}

/* Reads a member by a pointer that the verifier follows, or by one that is a mere number to it. */
#define MEMBER(is_followed, from, member) \
	((is_followed) ? (from)->member : BPF_CORE_READ(from, member))

/* numbers 7-14: inode, device, size, mode, owner << 32 | group, links, times of change and status */
static __always_inline void add_facts(struct scratch *to, struct inode *inode, int followed)
{
	struct super_block *super = MEMBER(followed, inode, i_sb);
	u64 *n = to->record.numbers;

	n[7] = MEMBER(followed, inode, i_ino);
	n[8] = super ? MEMBER(followed, super, s_dev) : 0;
	n[9] = MEMBER(followed, inode, i_size);
	n[10] = MEMBER(followed, inode, i_mode);
	n[11] = (u64)MEMBER(followed, inode, i_uid.val) << 32 | MEMBER(followed, inode, i_gid.val);
	n[12] = MEMBER(followed, inode, i_nlink);
	n[13] = 0;
	n[14] = 0;
	if (bpf_core_field_exists(inode->i_mtime_sec)) {
		n[13] = MEMBER(followed, inode, i_mtime_sec) * 1000000000ull +
			MEMBER(followed, inode, i_mtime_nsec);
		/* I_CTIME_QUERIED of include/linux/fs.h: since 6.13 a mark of the kernel's own. */
		n[14] = MEMBER(followed, inode, i_ctime_sec) * 1000000000ull +
			(MEMBER(followed, inode, i_ctime_nsec) & ~(1u << 31));
	} else if (bpf_core_field_exists(((struct inode___timespec *)0)->i_mtime)) {
		struct inode___timespec *old = (void *)inode;

		n[13] = MEMBER(followed, old, i_mtime.tv_sec) * 1000000000ull +
			MEMBER(followed, old, i_mtime.tv_nsec);
		if (bpf_core_field_exists(old->i_ctime))
			n[14] = MEMBER(followed, old, i_ctime.tv_sec) * 1000000000ull +
				MEMBER(followed, old, i_ctime.tv_nsec);
		else if (bpf_core_field_exists(old->__i_ctime))
			n[14] = MEMBER(followed, old, __i_ctime.tv_sec) * 1000000000ull +
				MEMBER(followed, old, __i_ctime.tv_nsec);
	}
}

static __always_inline void clear_facts(struct scratch *to)
{
	for (int i = 7; i < 15; i++)
		to->record.numbers[i] = 0;
}

/* numbers 0-6 of RECORD_EXEC */
static __always_inline void add_relations(struct scratch *to, struct task_struct *task)
{
	struct task_struct *parent = task->real_parent;
	struct signal_struct *signal = task->signal;
	struct nsproxy *spaces = task->nsproxy;
	struct task_struct *leader = parent ? parent->group_leader : 0;
	struct pid *group = signal ? signal->pids[2] : 0;   /* PIDTYPE_PGID */
	struct pid *session = signal ? signal->pids[3] : 0; /* PIDTYPE_SID */
	struct tty_struct *tty = signal ? signal->tty : 0;
	struct tty_driver *driver = tty ? tty->driver : 0;
	struct pid_namespace *pids = spaces ? spaces->pid_ns_for_children : 0;
	struct mnt_namespace *mounts = spaces ? spaces->mnt_ns : 0;
	u64 *n = to->record.numbers;

	n[0] = parent ? parent->tgid : 0;
	n[1] = leader ? leader->start_boottime : 0;
	n[2] = group ? BPF_CORE_READ(group, numbers[0].nr) : 0;
	n[3] = session ? BPF_CORE_READ(session, numbers[0].nr) : 0;
	n[4] = -1;
	if (driver)
		n[4] = (u64)driver->major << 32 | (u32)(driver->minor_start + tty->index);
	n[5] = pids ? pids->ns.inum : 0;
	n[6] = mounts ? mounts->ns.inum : 0;
}

/*
 * The arguments. The environment follows them in memory, so that the same copy brings it to where its
 * text begins; 1 where it did.
 */
static __always_inline int add_arguments(struct scratch *to, struct mm_struct *mm, u64 environment)
{
	u64 arguments = to->record.numbers[15];
	u64 bytes = arguments + environment;
	u32 at = to->record.texts_bytes;

	if (environment && arguments <= ARGS_MAX && at < TEXT_AREA - ARGS_MAX &&
	    mm->env_start == mm->arg_end) {
		BOUND(at);
		asm volatile("" : "+r"(bytes));
		if (bytes <= ARGS_MAX + ENV_MAX &&
		    !bpf_probe_read_user(&to->texts[at], bytes, (const void *)mm->arg_start)) {
			to->record.text_bytes[2] = arguments;
			to->record.texts_bytes = at + arguments;
			return 1;
		}
	}
	add_user_bytes(to, 2, mm->arg_start, arguments, ARGS_MAX);
	return 0;
}

/* Of a new program. */
struct variables {
	struct scratch *to;
	struct settings *set;
	u64 pointers;  /* where the pointers to its variables are */
	u64 from;      /* where the variables are, */
	u32 bytes;     /* how many bytes, */
	u32 copied_at; /* and where they are in the texts */
	u32 is_found;  /* the pointers lead to the variables */
};

/* Keeps the variable at that place of the texts; those that are kept are moved together. */
static __noinline void add_variable(struct scratch *to, u64 from)
{
	u32 at = to->record.texts_bytes;
	long length;

	if (at >= TEXT_AREA - STRING_MAX) {
		to->record.flags |= RECORD_TRUNCATED;
		return;
	}
	BOUND(at);
	length = bpf_probe_read_kernel_str(&to->texts[at], STRING_MAX,
					   &to->texts[from & (WORK_AREA - 1)]);
	if (length > 0)
		to->record.texts_bytes = at + (length & (2 * STRING_MAX - 1));
}

/* Looks at some variables, and keeps those whose names may be wanted; 1 at their end. */
static long add_variables(u32 index, struct variables *all)
{
	struct settings *set = all->set;
	struct scratch *to = all->to;
	u64 pointers = all->pointers + index * sizeof(to->variables);

	if (bpf_probe_read_user(to->variables, sizeof(to->variables), (const void *)pointers))
		return 1;
	if (index == 0)
		all->is_found = to->variables[0] == all->from;
	if (!all->is_found)
		return 1;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VARIABLES_READ; i++) {
		u64 from = to->variables[i] - all->from;
		u32 hash;

		if (from >= all->bytes)
			return 1;
		from = (from + all->copied_at) & (WORK_AREA - 1);
		hash = ENV_NAME_HASH(*(u32 *)&to->texts[from]);
		if (set->environment_names[hash / 64] >> (hash % 64) & 1)
			add_variable(to, from);
	}
	return 0;
}

/*
 * The variables that are wanted: the whole environment would be most of what is written of an exec.
 * They are found by the pointers that a new program finds on its stack, behind the number of its
 * arguments and the pointers to them. `bytes` of the environment are copied already, or `is_copied`
 * is 0.
 */
static __always_inline void add_environment(struct scratch *to, struct settings *set,
					    struct mm_struct *mm, u64 bytes, int is_copied)
{
	u32 at = to->record.texts_bytes;
	struct variables all = { .to = to, .set = set, .from = mm->env_start, .copied_at = at };
	u64 arguments = 0;
	u32 end;

	BOUND(at);
	asm volatile("" : "+r"(bytes));
	if (bytes == 0 || bytes > ENV_MAX)
		return;
	if (!is_copied && bpf_probe_read_user(&to->texts[at], bytes, (const void *)all.from))
		return;
	bpf_probe_read_user(&arguments, sizeof(arguments), (const void *)mm->start_stack);
	all.pointers = mm->start_stack + 8 * (arguments + 2);
	end = at + bytes;
	*(u64 *)&to->texts[end & (WORK_AREA - 1)] = 0;
	all.bytes = bytes;
	if (bpf_loop(VARIABLES_MAX / VARIABLES_READ, add_variables, &all, 0) ==
	    VARIABLES_MAX / VARIABLES_READ)
		to->record.flags |= RECORD_TRUNCATED;
	if (all.is_found) {
		end_text(to, 3, at);
	} else if (end < TEXT_AREA) {
		/* Of a program of 32 bits, for example: all of it. */
		to->record.text_bytes[3] = bytes;
		to->record.texts_bytes = end;
	} else {
		to->record.flags |= RECORD_TRUNCATED;
	}
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct scratch *to = open_record(RECORD_EXEC);
	struct settings *set = current_settings();
	struct mm_struct *mm = task->mm;
	struct file *exe = mm ? mm->exe_file : 0;
	struct inode *inode = exe ? exe->f_inode : 0;
	struct fs_struct *fs = task->fs;
	u64 *n, environment;
	int is_copied;

	if (!to || !set || !mm)
		return 0;
	n = to->record.numbers;
	add_relations(to, task);
	if (inode)
		add_facts(to, inode, 1);
	else
		clear_facts(to);
	if (exe)
		add_path(to, 0, &exe->f_path);
	add_string(to, 1, bprm->filename, 0);
	n[15] = mm->arg_end - mm->arg_start;
	n[16] = mm->env_end - mm->env_start;
	environment = set->wants_environment ? n[16] : 0;
	if (environment > ENV_MAX) {
		to->record.flags |= RECORD_TRUNCATED;
		environment = ENV_MAX;
	}
	is_copied = add_arguments(to, mm, environment);
	add_environment(to, set, mm, environment, is_copied);
	if (fs)
		add_path(to, 4, &fs->pwd);
	send(to);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct record *record;

	if (child->pid != child->tgid)
		return 0;
	record = open_short_record(RECORD_FORK);
	if (!record)
		return 0;
	record->numbers[0] = child->tgid;
	record->numbers[1] = child->start_boottime;
	send_short(record);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct record *record;

	if (!signal || signal->live.counter != 0)
		return 0;
	record = open_short_record(RECORD_EXIT);
	if (!record)
		return 0;
	record->numbers[0] = signal->group_exit_code;
	if (!record->numbers[0])
		record->numbers[0] = task->exit_code;
	record->numbers[1] = 0;
	send_short(record);
	return 0;
}

struct exit_context {
	u64 common;
	int number;
	int unused;
	long result;
};

/* The argument of the call at `place`. */
static __always_inline u64 argument(u32 place)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	switch (place) {
	case 0: return regs->di;
	case 1: return regs->si;
	case 2: return regs->dx;
	case 3: return regs->r10;
	case 4: return regs->r8;
	case 5: return regs->r9;
	}
#elif defined(__TARGET_ARCH_arm64)
	switch (place) {
	case 0: return regs->orig_x0;
	case 1: return regs->regs[1];
	case 2: return regs->regs[2];
	case 3: return regs->regs[3];
	case 4: return regs->regs[4];
	case 5: return regs->regs[5];
	}
#endif
	return 0;
}

static __always_inline void add_call(struct scratch *to, u64 cookie, long result)
{
	u64 *n = to->record.numbers;

	n[0] = COOKIE_CODE(cookie);
	n[1] = result;
	n[2] = argument(0);
	n[3] = argument(1);
	n[4] = argument(2);
	n[5] = argument(3);
	n[6] = argument(4);
}

/* Calls that open a file: told where they made it or may write to it. */
SEC("tracepoint/open")
int call_open(struct exit_context *ctx)
{
	struct settings *set = current_settings();
	struct scratch *to;
	struct file *file;
	u32 mode;

	if (ctx->result < 0 || !set)
		return 0;
	file = file_of(ctx->result);
	mode = file ? BPF_CORE_READ(file, f_mode) : 0;
	if (!(mode & (set->wants_opens ? FMODE_WRITE | FMODE_CREATED : FMODE_CREATED)) ||
	    (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFREG) {
		count(COUNT_NOT_WANTED);
		return 0;
	}
	to = open_record(RECORD_FILE);
	if (!to)
		return 0;
	add_call(to, bpf_get_attach_cookie(ctx), ctx->result);
	if (mode & FMODE_CREATED)
		to->record.flags |= RECORD_CREATED;
	add_facts(to, BPF_CORE_READ(file, f_inode), 0);
	if (add_file_path(to, &file->f_path))
		send(to);
	return 0;
}

/* Calls that write to a descriptor: the first time that a process does so to a file. */
SEC("tracepoint/write")
int call_write(struct exit_context *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	struct settings *set = current_settings();
	struct file_key key = {};
	struct scratch *to;
	struct inode *inode;
	struct file *file;
	u8 one = 1;

	if (ctx->result <= 0 || !set)
		return 0;
	file = file_of(argument(COOKIE_PLACE(cookie, 24)));
	inode = file ? BPF_CORE_READ(file, f_inode) : 0;
	if (!inode || (BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG)
		return 0;
	key.inode = BPF_CORE_READ(inode, i_ino);
	key.device = BPF_CORE_READ(inode, i_sb, s_dev);
	key.pid = bpf_get_current_pid_tgid() >> 32;
	if (bpf_map_lookup_elem(&written_files, &key)) {
		count(COUNT_NOT_WANTED);
		return 0;
	}
	to = open_record(RECORD_FILE);
	if (!to)
		return 0;
	bpf_map_update_elem(&written_files, &key, &one, BPF_ANY);
	add_call(to, cookie, ctx->result);
	add_facts(to, inode, 0);
	if (!add_file_path(to, &file->f_path))
		return 0;
	if (COOKIE_PLACE(cookie, 8) != NO_PLACE && set->wants_headers)
		add_user_bytes(to, 1, argument(COOKIE_PLACE(cookie, 8)),
			       ctx->result > 16 ? 16 : ctx->result, 16);
	send(to);
	return 0;
}

/* Calls that change what a descriptor leads to. */
SEC("tracepoint/described")
int call_described(struct exit_context *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	struct scratch *to;
	struct file *file;

	if (ctx->result < 0)
		return 0;
	file = file_of(argument(COOKIE_PLACE(cookie, 24)));
	if (!file)
		return 0;
	to = open_record(RECORD_FILE);
	if (!to)
		return 0;
	add_call(to, cookie, ctx->result);
	add_facts(to, BPF_CORE_READ(file, f_inode), 0);
	if (add_file_path(to, &file->f_path))
		send(to);
	return 0;
}

/* The folder that a relative path starts from. */
static __always_inline void add_folder(struct scratch *to, u32 text, u32 place)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fs_struct *fs = task->fs;
	int fd = place == NO_PLACE ? -1 : (int)argument(place);
	struct file *file = fd < 0 ? 0 : file_of(fd);

	if (file)
		add_path(to, text, &file->f_path);
	else if (fs)
		add_path(to, text, &fs->pwd);
}

static __always_inline void add_path_as_given(struct scratch *to, u32 text, u32 place, u32 folder)
{
	u32 at = to->record.texts_bytes;
	u8 first = 0;

	if (place == NO_PLACE)
		return;
	add_string(to, text, (const void *)argument(place), 1);
	bpf_probe_read_kernel(&first, 1, &to->texts[at & (TEXT_AREA - 1)]);
	if (first != '/')
		add_folder(to, text + 1, folder);
}

/* Calls that name files by their paths. */
SEC("tracepoint/paths")
int call_paths(struct exit_context *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	struct scratch *to;

	if (ctx->result < 0)
		return 0;
	to = open_record(RECORD_PATHS);
	if (!to)
		return 0;
	add_call(to, cookie, ctx->result);
	add_path_as_given(to, 0, COOKIE_PLACE(cookie, 8), COOKIE_PLACE(cookie, 12));
	add_path_as_given(to, 2, COOKIE_PLACE(cookie, 16), COOKIE_PLACE(cookie, 20));
	send(to);
	return 0;
}

static __always_inline struct socket *socket_of(int fd)
{
	struct file *file = file_of(fd);

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	return BPF_CORE_READ(file, private_data);
}

/* numbers 2-9 of RECORD_SOCKET */
static __always_inline void add_socket(struct scratch *to, struct sock *sk)
{
	u64 *n = to->record.numbers;
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	n[2] = family;
	n[3] = BPF_CORE_READ(sk, sk_type);
	n[4] = BPF_CORE_READ(sk, sk_protocol);
	for (int i = 5; i < 12; i++)
		n[i] = 0;
	if (family == AF_INET) {
		n[6] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		n[8] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	} else if (family == AF_INET6) {
		bpf_core_read(&n[6], 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(&n[8], 16, &sk->__sk_common.skc_v6_daddr);
	} else
		return;
	n[5] = (u64)BPF_CORE_READ(sk, __sk_common.skc_num) << 16 |
	       __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

/* connect, bind, listen (descriptor at place 0, address perhaps at 1) and accept (a new descriptor) */
SEC("tracepoint/socket")
int call_socket(struct exit_context *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	u32 place = COOKIE_PLACE(cookie, 24);
	u32 address = COOKIE_PLACE(cookie, 8);
	struct identity who;
	struct socket *socket;
	struct scratch *to;
	struct sock *sk;
	u64 key;

	if (ctx->result < 0 && (place == NO_PLACE || address == NO_PLACE))
		return 0;
	socket = socket_of(place == NO_PLACE ? ctx->result : (int)argument(place));
	sk = socket ? BPF_CORE_READ(socket, sk) : 0;
	if (!sk)
		return 0;
	to = open_record(RECORD_SOCKET);
	if (!to)
		return 0;
	add_socket(to, sk);
	to->record.numbers[0] = COOKIE_CODE(cookie);
	to->record.numbers[1] = ctx->result;
	if (address != NO_PLACE)
		add_user_bytes(to, 0, argument(address), argument(address + 1), 128);
	if (address == NO_PLACE || ctx->result == 0 || ctx->result == -EINPROGRESS) {
		key = (u64)sk;
		__builtin_memcpy(&who, &to->record.start_ns, sizeof(who));
		bpf_map_update_elem(&socket_owners, &key, &who, BPF_ANY);
	}
	send(to);
	return 0;
}

/* The end of a TCP connection; it may come in a soft interrupt, whoever runs then. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_state, struct sock *sk, int old_state, int new_state)
{
	u32 slot = bpf_get_smp_processor_id() * 2 + 1;
	u64 key = (u64)sk;
	struct tcp_sock *tcp = (void *)sk;
	struct identity *who;
	struct scratch *to;

	if (new_state != TCP_CLOSE)
		return 0;
	who = bpf_map_lookup_elem(&socket_owners, &key);
	to = bpf_map_lookup_elem(&scratches, &slot);
	if (!who || !to)
		return 0;
	if (old_state >= TCP_ESTABLISHED && old_state != 2 && old_state != 10) {
		begin(&to->record, RECORD_SOCKET);
		__builtin_memcpy(&to->record.start_ns, who, sizeof(*who));
		add_socket(to, sk);
		to->record.numbers[0] = CODE_DISCONNECT;
		to->record.numbers[1] = 0;
		/* the port in the common part is given back by now */
		to->record.numbers[5] |=
			(u64)__builtin_bswap16(BPF_CORE_READ((struct inet_sock *)sk, inet_sport)) << 16;
		to->record.numbers[10] = BPF_CORE_READ(tcp, bytes_acked);
		to->record.numbers[11] = BPF_CORE_READ(tcp, bytes_received);
		send(to);
	}
	bpf_map_delete_elem(&socket_owners, &key);
	return 0;
}

struct user_message {
	u64 name;
	u32 name_bytes;
	u32 unused;
	u64 vectors;
	u64 vector_count;
};

struct user_vector {
	u64 base, bytes;
};

/* The message of a call that sends or receives, and the address that it names. */
static __always_inline int find_message(u64 cookie, long result, struct user_vector *message,
					struct user_vector *address)
{
	u32 form = COOKIE_PLACE(cookie, 8);
	struct user_message header = {};

	if (form == 0) { /* sendto, recvfrom */
		message->base = argument(1);
		message->bytes = result;
		address->base = argument(4);
		address->bytes = address->base ? 28 : 0;
		return 1;
	}
	if (form == 3) { /* write, read */
		message->base = argument(1);
		message->bytes = result;
		return 1;
	}
	/* sendmsg, recvmsg; the first message of sendmmsg, recvmmsg */
	if (bpf_probe_read_user(&header, sizeof(header), (const void *)argument(1)))
		return 0;
	if (bpf_probe_read_user(message, sizeof(*message), (const void *)header.vectors))
		return 0;
	if (form == 1 && message->bytes > (u64)result)
		message->bytes = result;
	address->base = header.name;
	address->bytes = header.name ? 28 : 0;
	return 1;
}

SEC("tracepoint/dns")
int call_dns(struct exit_context *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	struct user_vector message = {}, address = {};
	struct socket *socket;
	struct scratch *to;
	struct sock *sk;
	u16 family, port, named = 0;

	if (ctx->result <= 0)
		return 0;
	socket = socket_of((int)argument(0));
	sk = socket ? BPF_CORE_READ(socket, sk) : 0;
	if (!sk)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (port != DNS_PORT && port != 0)
		return 0;
	if (!find_message(cookie, ctx->result, &message, &address))
		return 0;
	if (port == 0) {
		if (!address.base)
			return 0;
		bpf_probe_read_user(&named, 2, (const void *)(address.base + 2));
		if (__builtin_bswap16(named) != DNS_PORT)
			return 0;
	}
	to = open_record(RECORD_DNS);
	if (!to)
		return 0;
	add_socket(to, sk);
	to->record.numbers[0] = COOKIE_CODE(cookie);
	to->record.numbers[1] = ctx->result;
	add_user_bytes(to, 0, address.base, address.bytes, 32);
	add_user_bytes(to, 1, message.base, message.bytes, MESSAGE_MAX);
	send(to);
	return 0;
}

/* Whether a mapping that can be run is worth telling: writable as well, or of no file. */
static __always_inline int is_odd_mapping(u64 cookie)
{
	u64 protection = argument(2);
	struct file *file;

	if (!(protection & PROT_EXEC))
		return 0;
	if (protection & PROT_WRITE)
		return 1;
	if (COOKIE_PLACE(cookie, 24) == NO_PLACE)
		return 0;
	if (argument(3) & MAP_ANONYMOUS)
		return 1;
	file = file_of((int)argument(4));
	return file && BPF_CORE_READ(file, f_inode, i_nlink) == 0;
}

SEC("tracepoint/call")
int call_other(struct exit_context *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	u32 test = COOKIE_PLACE(cookie, 28);
	u32 first = COOKIE_PLACE(cookie, 8), second = COOKIE_PLACE(cookie, 16);
	u32 place = COOKIE_PLACE(cookie, 24);
	struct scratch *to;
	struct file *file;

	if (test != TEST_NONE && ctx->result < 0)
		return 0;
	if ((test == TEST_EXECUTABLE && !is_odd_mapping(cookie)) ||
	    (test == TEST_NAME && argument(0) != PR_SET_NAME)) {
		count(COUNT_NOT_WANTED);
		return 0;
	}
	to = open_record(RECORD_CALL);
	if (!to)
		return 0;
	add_call(to, cookie, ctx->result);
	to->record.numbers[7] = argument(5);
	if (first != NO_PLACE)
		add_string(to, 0, (const void *)argument(first), 1);
	if (second != NO_PLACE)
		add_string(to, 1, (const void *)argument(second), 1);
	file = place == NO_PLACE ? 0 : file_of((int)argument(place));
	if (file)
		add_path(to, 2, &file->f_path);
	send(to);
	return 0;
}

SEC("tracepoint/credentials_enter")
int credentials_enter(void *ctx)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct identity who = {};

	identify(&who, bpf_get_current_task_btf());
	bpf_map_update_elem(&credentials_before, &thread, &who, BPF_ANY);
	return 0;
}

SEC("tracepoint/credentials_exit")
int credentials_exit(struct exit_context *ctx)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct identity *before = bpf_map_lookup_elem(&credentials_before, &thread);
	struct scratch *to;
	u64 *n;

	if (!before)
		return 0;
	to = ctx->result < 0 ? 0 : open_record(RECORD_CREDENTIALS);
	if (to) {
		n = to->record.numbers;
		n[0] = COOKIE_CODE(bpf_get_attach_cookie(ctx));
		n[1] = before->uid;
		n[2] = before->euid;
		n[3] = before->suid;
		n[4] = before->gid;
		n[5] = before->egid;
		n[6] = before->sgid;
		n[7] = before->cap_effective;
		n[8] = before->cap_permitted;
		send(to);
	}
	bpf_map_delete_elem(&credentials_before, &thread);
	return 0;
}

SEC("tp_btf/module_load")
int BPF_PROG(module_loaded, struct module *module)
{
	struct scratch *to = open_record(RECORD_MODULE);

	if (!to)
		return 0;
	to->record.numbers[0] = BPF_CORE_READ(module, taints);
	add_string(to, 0, module->name, 0);
	send(to);
	return 0;
}

/* Work handed to io_uring passes no system call of its own. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(uring_submitted, struct io_kiocb *request)
{
	struct scratch *to = open_record(RECORD_CALL);
	u64 *n;

	if (!to)
		return 0;
	n = to->record.numbers;
	n[0] = CODE_URING;
	n[1] = 0;
	n[2] = BPF_CORE_READ(request, opcode);
	for (int i = 3; i < 8; i++)
		n[i] = 0;
	send(to);
	return 0;
}

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
/* Names on a path, and folders that mounts add. */
#define PATH_DEPTH 48
#define NAME_BYTES 256
/* Code that tells of the end of a connection (hook-table.ts). */
#define CODE_DISCONNECT 250
#define CODE_URING 251

struct scratch {
	struct record record;
	u8 texts[TEXT_AREA + ARGS_MAX];
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
	if (set->own_pid == pid)
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

static __always_inline void identify(struct identity *who, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);

	who->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	who->cgroup_id = bpf_get_current_cgroup_id();
	who->pid = BPF_CORE_READ(task, tgid);
	who->tid = BPF_CORE_READ(task, pid);
	who->uid = BPF_CORE_READ(cred, uid.val);
	who->euid = BPF_CORE_READ(cred, euid.val);
	who->suid = BPF_CORE_READ(cred, suid.val);
	who->gid = BPF_CORE_READ(cred, gid.val);
	who->egid = BPF_CORE_READ(cred, egid.val);
	who->sgid = BPF_CORE_READ(cred, sgid.val);
	bpf_core_read(&who->cap_effective, 8, &cred->cap_effective);
	bpf_core_read(&who->cap_permitted, 8, &cred->cap_permitted);
	bpf_core_read(who->comm, sizeof(who->comm), &task->comm);
}

static __always_inline void begin(struct scratch *to, u16 kind)
{
	struct record *record = &to->record;

	record->kind = kind;
	record->flags = 0;
	record->time_ns = bpf_ktime_get_boot_ns();
	for (int i = 0; i < RECORD_TEXTS; i++)
		record->text_bytes[i] = 0;
	to->record.texts_bytes = 0;
}

/* The record to fill in for what the current task did; null where it is not asked for. */
static __always_inline struct scratch *open_record(u16 kind)
{
	struct settings *set = current_settings();
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 slot = bpf_get_smp_processor_id() * 2;
	struct scratch *to;

	if (!set || !in_scope(set, bpf_get_current_pid_tgid() >> 32)) {
		count(COUNT_OUT_OF_SCOPE);
		return 0;
	}
	to = bpf_map_lookup_elem(&scratches, &slot);
	if (!to)
		return 0;
	begin(to, kind);
	identify((struct identity *)&to->record.start_ns, task);
	return to;
}

static __always_inline void send(struct scratch *to)
{
	u32 size = sizeof(struct record) + (to->record.texts_bytes & (TEXT_AREA - 1));

	to->record.size = size;
	if (to->record.flags & RECORD_TRUNCATED)
		count(COUNT_TRUNCATED);
	count(bpf_ringbuf_output(&events, to, size, BPF_RB_NO_WAKEUP) ? COUNT_LOST : COUNT_SENT);
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
	u32 names;
};

/* One step from a name towards the root; 1 where it is reached. */
static long walk_up(u32 index, struct walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct scratch *to = walk->to;
	struct dentry *parent;
	struct mount *mount = walk->mount;
	u32 at;
	long length;

	if (mount && dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above != mount) {
			walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			walk->mount = above;
			return 0;
		}
		if (walk->names > 0)
			return 1;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry && walk->names > 0)
		return 1;
	at = to->record.texts_bytes;
	if (at >= TEXT_AREA - STRING_MAX) {
		to->record.flags |= RECORD_TRUNCATED;
		return 1;
	}
	BOUND(at);
	length = bpf_probe_read_kernel_str(&to->texts[at], NAME_BYTES,
					   BPF_CORE_READ(dentry, d_name.name));
	if (length <= 0)
		return 1;
	to->record.texts_bytes = at + (length & (2 * NAME_BYTES - 1));
	walk->names += 1;
	walk->dentry = parent;
	return parent == dentry;
}

/* The names of a path from the kernel's objects, leaf first. */
static __always_inline void add_path(struct scratch *to, u32 text, struct vfsmount *vfsmount,
				     struct dentry *dentry)
{
	u32 at = to->record.texts_bytes;
	struct walk walk = { .to = to, .dentry = dentry, .names = 0 };

	if (!dentry)
		return;
	walk.mount = vfsmount ? (void *)vfsmount - bpf_core_field_offset(struct mount, mnt) : 0;
	bpf_loop(PATH_DEPTH, walk_up, &walk, 0);
	end_text(to, text, at);
}

static __always_inline struct file *file_of(int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = 0;

	if (fd < 0 || !table || (u32)fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	return file;
}

/* numbers 7-14: inode, device, size, mode, owner << 32 | group, links, times of change and status */
static __always_inline void add_facts(struct scratch *to, struct inode *inode)
{
	u64 *n = to->record.numbers;

	n[7] = BPF_CORE_READ(inode, i_ino);
	n[8] = BPF_CORE_READ(inode, i_sb, s_dev);
	n[9] = BPF_CORE_READ(inode, i_size);
	n[10] = BPF_CORE_READ(inode, i_mode);
	n[11] = (u64)BPF_CORE_READ(inode, i_uid.val) << 32 | BPF_CORE_READ(inode, i_gid.val);
	n[12] = BPF_CORE_READ(inode, i_nlink);
	n[13] = 0;
	n[14] = 0;
	if (bpf_core_field_exists(inode->i_mtime_sec)) {
		n[13] = BPF_CORE_READ(inode, i_mtime_sec) * 1000000000ull +
			BPF_CORE_READ(inode, i_mtime_nsec);
		n[14] = BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ull +
			BPF_CORE_READ(inode, i_ctime_nsec);
	} else if (bpf_core_field_exists(((struct inode___timespec *)0)->i_mtime)) {
		struct inode___timespec *old = (void *)inode;

		n[13] = BPF_CORE_READ(old, i_mtime.tv_sec) * 1000000000ull +
			BPF_CORE_READ(old, i_mtime.tv_nsec);
	}
}

static __always_inline u32 leader_of(struct task_struct *task, u32 type)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[type]);

	return pid ? BPF_CORE_READ(pid, numbers[0].nr) : 0;
}

static __always_inline u64 terminal_of(struct task_struct *task)
{
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);

	if (!tty)
		return -1;
	return (u64)BPF_CORE_READ(tty, driver, major) << 32 |
	       (u32)(BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index));
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct scratch *to = open_record(RECORD_EXEC);
	struct settings *set = current_settings();
	struct mm_struct *mm;
	struct file *exe;
	u64 *n, from;

	if (!to || !set)
		return 0;
	n = to->record.numbers;
	mm = BPF_CORE_READ(task, mm);
	exe = BPF_CORE_READ(mm, exe_file);
	n[0] = BPF_CORE_READ(task, real_parent, tgid);
	n[1] = BPF_CORE_READ(task, real_parent, group_leader, start_boottime);
	n[2] = leader_of(task, 2); /* PIDTYPE_PGID */
	n[3] = leader_of(task, 3); /* PIDTYPE_SID */
	n[4] = terminal_of(task);
	n[5] = BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum);
	n[6] = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	add_facts(to, BPF_CORE_READ(exe, f_inode));
	add_path(to, 0, BPF_CORE_READ(exe, f_path.mnt), BPF_CORE_READ(exe, f_path.dentry));
	add_string(to, 1, BPF_CORE_READ(bprm, filename), 0);
	from = BPF_CORE_READ(mm, arg_start);
	n[15] = BPF_CORE_READ(mm, arg_end) - from;
	add_user_bytes(to, 2, from, n[15], ARGS_MAX);
	from = BPF_CORE_READ(mm, env_start);
	n[16] = BPF_CORE_READ(mm, env_end) - from;
	if (set->wants_environment)
		add_user_bytes(to, 3, from, n[16] > ENV_MAX ? ENV_MAX : n[16], ENV_MAX);
	add_path(to, 4, BPF_CORE_READ(task, fs, pwd.mnt), BPF_CORE_READ(task, fs, pwd.dentry));
	send(to);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct scratch *to;

	if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid))
		return 0;
	to = open_record(RECORD_FORK);
	if (!to)
		return 0;
	to->record.numbers[0] = BPF_CORE_READ(child, tgid);
	to->record.numbers[1] = BPF_CORE_READ(child, start_boottime);
	send(to);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct scratch *to;

	if (BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	to = open_record(RECORD_EXIT);
	if (!to)
		return 0;
	to->record.numbers[0] = BPF_CORE_READ(task, signal, group_exit_code);
	if (!to->record.numbers[0])
		to->record.numbers[0] = BPF_CORE_READ(task, exit_code);
	send(to);
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
	case 0: return BPF_CORE_READ(regs, di);
	case 1: return BPF_CORE_READ(regs, si);
	case 2: return BPF_CORE_READ(regs, dx);
	case 3: return BPF_CORE_READ(regs, r10);
	case 4: return BPF_CORE_READ(regs, r8);
	case 5: return BPF_CORE_READ(regs, r9);
	}
#elif defined(__TARGET_ARCH_arm64)
	switch (place) {
	case 0: return BPF_CORE_READ(regs, orig_x0);
	case 1: return BPF_CORE_READ(regs, regs[1]);
	case 2: return BPF_CORE_READ(regs, regs[2]);
	case 3: return BPF_CORE_READ(regs, regs[3]);
	case 4: return BPF_CORE_READ(regs, regs[4]);
	case 5: return BPF_CORE_READ(regs, regs[5]);
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
	add_facts(to, BPF_CORE_READ(file, f_inode));
	add_path(to, 0, BPF_CORE_READ(file, f_path.mnt), BPF_CORE_READ(file, f_path.dentry));
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
	add_facts(to, inode);
	add_path(to, 0, BPF_CORE_READ(file, f_path.mnt), BPF_CORE_READ(file, f_path.dentry));
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
	add_facts(to, BPF_CORE_READ(file, f_inode));
	add_path(to, 0, BPF_CORE_READ(file, f_path.mnt), BPF_CORE_READ(file, f_path.dentry));
	send(to);
	return 0;
}

/* The folder that a relative path starts from. */
static __always_inline void add_folder(struct scratch *to, u32 text, u32 place)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int fd = place == NO_PLACE ? -1 : (int)argument(place);
	struct file *file = fd < 0 ? 0 : file_of(fd);

	if (file)
		add_path(to, text, BPF_CORE_READ(file, f_path.mnt),
			 BPF_CORE_READ(file, f_path.dentry));
	else
		add_path(to, text, BPF_CORE_READ(task, fs, pwd.mnt),
			 BPF_CORE_READ(task, fs, pwd.dentry));
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
		begin(to, RECORD_SOCKET);
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
		add_path(to, 2, BPF_CORE_READ(file, f_path.mnt),
			 BPF_CORE_READ(file, f_path.dentry));
	send(to);
	return 0;
}

SEC("tracepoint/credentials_enter")
int credentials_enter(void *ctx)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct identity who = {};

	identify(&who, (void *)bpf_get_current_task());
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

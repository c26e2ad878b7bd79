# System calls that no command makes: each group on nothing but this process, its child and its name spaces.
use strict;
use POSIX ();
my $x86 = (POSIX::uname())[4] eq "x86_64";
my %numbers = $x86
    ? (mmap => 9, mprotect => 10, shmget => 29, ptrace => 101, chroot => 161, mount => 165, umount => 166, keyctl => 250,
       unshare => 272, perf_event_open => 298, setns => 308, bpf => 321, pivot_root => 155, userfaultfd => 323, io_uring_setup => 425, shmctl => 31,
       capset => 126)
    : (mmap => 222, mprotect => 226, shmget => 194, ptrace => 117, chroot => 51, mount => 40, umount => 39, keyctl => 219,
       unshare => 97, perf_event_open => 241, setns => 268, bpf => 280, pivot_root => 41, userfaultfd => 282, io_uring_setup => 425, shmctl => 195,
       capset => 91);
sub call { my $name = shift; return syscall($numbers{$name}, @_); }

my %groups = (
    ptrace => sub {
        my $child = fork();
        if ($child == 0) { select undef, undef, undef, 2; exit 0; }
        call("ptrace", 0x4206, $child, 0, 0);    # PTRACE_SEIZE
        call("ptrace", 17, $child, 0, 0);        # PTRACE_DETACH
        kill 9, $child;
        waitpid $child, 0;
    },
    memory => sub {
        my $address = call("mmap", 0, 4096, 7, 0x22, -1, 0);
        call("mprotect", $address, 4096, 7);
        my $id = call("shmget", 0, 4096, 0600);
        call("shmctl", $id, 0, 0);
    },
    namespaces => sub {
        call("unshare", 0x00020000);
        call("mount", my $none = "none", my $at = "/mnt", my $type = "tmpfs", 0, 0);
        call("umount", $at, 0);
        open my $own, "<", "/proc/self/ns/uts";
        call("setns", fileno($own), 0);
        call("chroot", my $root = "/tmp");
    },
    kernel => sub {
        call("bpf", 0, my $attributes = pack("L4 x112", 2, 4, 8, 1), 128);    # an array of one element
        call("perf_event_open", my $event = pack("L2 Q14", 1, 120, 1), 0, -1, -1, 0);
        call("io_uring_setup", 1, my $parameters = "\0" x 120);
        call("userfaultfd", 1);
        call("keyctl", 0, -3, 0);
    },
);
my $group = $groups{shift() // ""} or die "no such group";
$group->();
